"""Reads a study of Optuna's: a search space, and results that a warm start takes."""

from __future__ import annotations

import math
import shutil
import tempfile
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

from ..api import names
from ..api.parsing.float_text import format_float
from ..api.sweeptrial.serialization import trial_manifest
from ..search.space import Scalar
from ..timestamps import format_time
from .azure.conversion import PLACEHOLDER, Conversion, ConversionOptions, Section
from .azure.metadata import initialize_manifest, label_queue
from .azure.result_check import check_result
from .errors import LoadError
from .names import parameter_name
from .ranges import plain, quantized, stepped_uniform

_SQLITE = b"SQLite format 3\0"
_NO_OPTUNA = "reading a study needs the package optuna: pip install 'sweepjob[optuna]'"
_REPORTS = (
    "metrics.source is logs: have the program print name=value, or set mlflow and log with MLflow"
)
_NAMESPACE = "local"  # of sweeps in folders


@dataclass(frozen=True)
class ConvertedStudy:
    """A study as a sweep, and its trials.

    Attributes:
        conversion: has the SweepJob that goes on from the study.
        source: the finished SweepJob that stands for the study.
        trials: its SweepTrials.
    """

    conversion: Conversion
    source: dict[str, Any]
    trials: list[dict[str, Any]] = field(default_factory=list)


def is_study(name: str) -> bool:
    """Return whether a file is a storage of Optuna's: SQLite, or a journal."""
    try:
        with Path(name).open("rb") as file:
            head = file.read(200)
    except OSError:
        return False
    return head.startswith(_SQLITE) or head.startswith(b'{"op_code"')


def read_study(name: str, study: str | None) -> Any:
    """Return a study of a storage.

    Args:
        name: name of the file, of SQLite or a journal. A copy is read, so that it does not change.
        study: name of the study; None for the only one.

    Raises:
        LoadError: there is no such file or study, or the package is missing.
    """
    try:
        import optuna
        from sqlalchemy.exc import SQLAlchemyError
    except ImportError:
        raise LoadError(f"{name}: {_NO_OPTUNA}") from None
    if not Path(name).is_file():
        raise LoadError(f"{name}: is no file; give a SQLite file or a journal of Optuna's")
    errors = (optuna.exceptions.OptunaError, SQLAlchemyError)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        for part in (name, f"{name}-wal"):  # what SQLite has not written into the file yet
            if Path(part).is_file():
                shutil.copy(part, Path(folder) / f"study{part[len(name) :]}")
        try:
            storage = _storage(optuna, Path(folder) / "study")
            known = [summary.study_name for summary in optuna.get_all_study_summaries(storage)]
            if study is None and len(known) == 1:
                [study] = known
            if study not in known:
                listed = ", ".join(known) or "none"
                raise LoadError(f"{name}: --study must name one of its studies: {listed}")
            found = optuna.load_study(study_name=study, storage=storage)
            # Held in memory: the copy is deleted.
            return _Study(study, tuple(found.directions), found.metric_names, found.get_trials())
        except (*errors, RuntimeError, ValueError, KeyError) as error:
            raise LoadError(f"{name}: Optuna cannot read it: {error}") from None


@dataclass(frozen=True)
class _Study:
    name: str
    directions: tuple[Any, ...]
    metric_names: Sequence[str] | None
    trials: Sequence[Any]


def _storage(optuna: Any, file: Path) -> Any:
    with file.open("rb") as opened:
        if opened.read(len(_SQLITE)) == _SQLITE:
            return f"sqlite:///{file}"
    try:
        backend: Any = import_module("optuna.storages.journal").JournalFileBackend
    except ImportError:  # Optuna 3
        backend = optuna.storages.JournalFileStorage
    return optuna.storages.JournalStorage(backend(str(file)))


def convert_study(study: Any, options: ConversionOptions, metric: str | None) -> ConvertedStudy:
    """Convert a study.

    Args:
        study: what ``read_study`` returned.
        options: what the study does not have: image, command, trials, names, GPUs and queue.
        metric: name of the metric; None for that of the study.

    Raises:
        ConversionError: it cannot be converted; the error has every reason.
    """
    conversion = Conversion(options)
    top = conversion.section({}, "study")
    if len(study.directions) != 1:
        message = (
            "has several objectives, and a sweep has one; load one of them into a study of its own"
        )
        top.reject("directions", [d.name.lower() for d in study.directions], message)
    metadata = initialize_manifest(conversion, study.name, "study", "study")
    space, theirs = _space(top, study.trials)
    primary = metric or (study.metric_names[0] if study.metric_names else None)
    if primary is None:
        primary = "objective"
        message = (
            "is not named: primaryMetric is objective; --metric gives the name that trials report"
        )
        top.note("metric_names", None, message)
    objective = {"goal": study.directions[0].name.lower(), "primaryMetric": primary}
    source_name = f"{metadata['name']}-study"[: names.SWEEP_NAME_LIMIT]
    conversion.manifest["spec"] = {
        "objective": objective,
        "samplingAlgorithm": {"type": "bayesian"},
        "searchSpace": space,
        "limits": _limits(top, options, study),
        "warmStart": {"sweeps": [source_name]},
        "metrics": {"source": "logs"},
        "trial": _trial(top, options, theirs),
    }
    top.note("metric_names", primary, _REPORTS)
    trials = _results(top, study.trials, theirs, source_name)
    if not trials:
        del conversion.manifest["spec"]["warmStart"]
        top.note("trials", len(study.trials), "none has a result, so that there is no warmStart")
    label_queue(conversion)
    checked = check_result(conversion, lambda path: path)
    return ConvertedStudy(checked, _source(checked, source_name, len(trials)), trials)


def _limits(top: Section, options: ConversionOptions, study: Any) -> dict[str, Any]:
    total = options.trials or len(study.trials) or 1
    if options.trials is None:
        message = (
            f"limits.maxTotalTrials is {total}, as many as the study has; --trials gives another"
        )
        top.note("trials", len(study.trials), message)
    return {"maxTotalTrials": total, "maxConcurrentTrials": 1}


def _trial(top: Section, options: ConversionOptions, theirs: Mapping[str, str]) -> dict[str, Any]:
    words = (f"--{name}=${{{{search_space.{ours}}}}}" for ours, name in theirs.items())
    command = options.command or " ".join(["python", PLACEHOLDER, *words])
    if options.command is None or options.image is None:
        message = "a study has no program: --image and --command give one, or fill in REPLACE-ME"
        top.note("objective", None, message)
    trial: dict[str, Any] = {"image": options.image or PLACEHOLDER, "command": command}
    if options.gpus:
        trial["resources"] = {"limits": {"nvidia.com/gpu": options.gpus}}
    return trial


def _space(top: Section, trials: Sequence[Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the search space, and Optuna's names of the parameters by ours."""
    seen: dict[str, list[Any]] = {}
    with_parameters = [trial for trial in trials if trial.distributions]
    for trial in with_parameters:
        for name, distribution in trial.distributions.items():
            seen.setdefault(name, []).append(distribution)
    space: dict[str, Any] = {}
    theirs: dict[str, str] = {}
    for name, distributions in seen.items():
        section = top.section(f"distributions.{name}")
        ours = parameter_name(section, name, space)
        theirs[ours] = name
        if len(distributions) < len(with_parameters):
            message = (
                f"is in {len(distributions)} of {len(with_parameters)} trials: a space that depends on "
                "earlier choices has to be written by hand, with objects among the values of a choice"
            )
            section.reject("", name, message)
        space[ours] = _expression(section, distributions)
    if not space:
        top.reject(
            "trials", len(trials), "no trial has parameters, and so there is no search space"
        )
    return space, theirs


def _expression(section: Section, distributions: Sequence[Any]) -> dict[str, Any]:
    last = distributions[-1]
    if any(one != last for one in distributions):
        message = "differs between trials; the distribution of the last trial is taken"
        section.note("", str(last), message)
    kind = type(last).__name__
    if kind == "CategoricalDistribution":
        for value in last.choices:
            if not isinstance(value, Scalar):
                section.reject("choices", value, "must be a number, a text or a boolean")
        return {"type": "choice", "values": list(last.choices)}
    if kind not in ("FloatDistribution", "IntDistribution"):
        section.reject("", kind, "is unknown; known: float, int and categorical distributions")
        return {}
    low, high = Decimal(repr(last.low)), Decimal(repr(last.high))
    step = None if last.step is None else Decimal(repr(last.step))
    if last.log:
        half = Decimal("0.5") if kind == "IntDistribution" else Decimal(0)
        bounds = {"low": plain(low - half), "high": plain(high + half)}
        return quantized({"type": "loguniform", **bounds}, Decimal(1) if half else None)
    if step is None:
        return {"type": "uniform", "minValue": plain(low), "maxValue": plain(high)}
    try:
        return stepped_uniform(low, high, step)
    except ValueError as error:
        section.reject("step", str(step), str(error))
        return {}


def _results(
    top: Section, trials: Sequence[Any], theirs: Mapping[str, str], sweep: str
) -> list[dict[str, Any]]:
    left_out: Counter[str] = Counter()
    found: list[dict[str, Any]] = []
    for trial in trials:
        state = trial.state.name.lower()
        value = trial.values[0] if trial.values and state == "complete" else None
        if value is None or not math.isfinite(value) or set(theirs.values()) != set(trial.params):
            left_out[state if state != "complete" else "complete, but without a usable result"] += 1
            continue
        assignment = {ours: trial.params[name] for ours, name in theirs.items()}
        found.append(_record(trial, assignment, sweep, len(found), value))
    for state, count in left_out.items():
        top.note(f"trials.{state}", count, "not carried over: only complete trials have a result")
    if any(trial.intermediate_values for trial in trials):
        message = (
            "not carried over: the value of a trial is its only report, since the best one counts"
        )
        top.note("trials.intermediate_values", "...", message)
    return found


def _record(
    trial: Any, assignment: dict[str, Any], sweep: str, index: int, value: float
) -> dict[str, Any]:
    body = trial_manifest(
        _NAMESPACE, sweep, _uid(sweep), index, assignment, f"Optuna's trial {trial.number}"
    )
    text = format_float(float(value))
    started = format_time(trial.datetime_start.timestamp())
    body["metadata"] |= {
        "uid": _uid(f"{sweep}-{index}"),
        "resourceVersion": str(index + 2),
        "creationTimestamp": started,
        "generation": 1,
    }
    body["status"] = {
        "phase": "Succeeded",
        "attempt": 1,
        "startTime": started,
        "completionTime": format_time(trial.datetime_complete.timestamp()),
        "reason": "Completed",
        "message": f"a trial of Optuna's, number {trial.number}",
        "curve": {
            "version": 2,
            "reports": 1,
            "values": text,
            "last": text,
            "best": text,
            "bestInterval": 1,
        },
    }
    return body


def _uid(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{names.GROUP}/optuna/{name}"))


def _source(conversion: Conversion, name: str, count: int) -> dict[str, Any]:
    spec = {key: value for key, value in conversion.manifest["spec"].items() if key != "warmStart"}
    spec["limits"] = {"maxTotalTrials": max(1, count)}
    condition = {
        "type": "Complete",
        "status": "True",
        "reason": "AllTrialsEnded",
        "message": f"{count} trials of a study of Optuna's",
    }
    return {
        **conversion.manifest,
        "metadata": {
            "name": name,
            "namespace": _NAMESPACE,
            "uid": _uid(name),
            "generation": 1,
            "resourceVersion": "1",
        },
        "spec": spec,
        "status": {"phase": "Complete", "observedGeneration": 1, "conditions": [condition]},
    }
