"""The demo: runs a sweep on a local cluster and prints its best trial.

make demo                           the digits sweep
make demo SWEEP=my-sweep.yaml       another one

In a terminal it ends with the page of the sweep, which it serves until Ctrl-C.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from examples import demo_plan
from examples.demo_plan import Progress
from examples.own_cluster import agreed, describe
from tests.cluster import layout, packages
from tests.cluster import target as clusters
from tests.cluster.console import ClusterError, say, watched_by
from tests.cluster.target import Target

NAMESPACE = "sweepjob-demo"
_PUBLISHED_TRAINER = "sweepjob/trainer:0.2.0"
_ENDS = ("Complete", "Failed")
_TIMEOUT = 1800.0  # seconds
_DURATIONS = "demo-durations.json"


def main() -> int:
    """Run the demo, and return the exit code."""
    sweep_file = Path(sys.argv[1] if len(sys.argv) > 1 else "examples/digits/sweep.yaml")
    try:
        return _demo(sweep_file)
    except ClusterError as error:
        say(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        say("\ninterrupted; the sweep goes on in the cluster, 'make clean' takes both down")
        return 130


def _demo(sweep_file: Path) -> int:
    folder, own = layout.cache(), "SWEEPJOB_KUBECONFIG" in os.environ
    phases = [demo_plan.INSTALL, demo_plan.RUN]
    target = None
    if own:
        target = clusters.prepare()
        say("\n".join(describe(target, NAMESPACE, sweep_file)))
        if not agreed():
            say("nothing was changed")
            return 1
    else:
        packages.require_machine()
        phases = demo_plan.build_phases()
    phases = demo_plan.with_recorded(phases, folder / _DURATIONS)
    say("\n".join(demo_plan.announce(phases, demo_plan.free_gigabytes(folder), folder)))
    progress_bar = Progress(phases, folder / _DURATIONS)
    with progress_bar.shown(), watched_by(progress_bar):
        say("1. A cluster and the project's images")
        target = target or clusters.prepare()
        say("2. The operator")
        clusters.install(target)
        clusters.make_namespace(target, NAMESPACE)
        say(f"3. The sweep: kubectl apply -f {sweep_file}")
        with progress_bar.phase(demo_plan.RUN.title):
            name = _apply(target, sweep_file)
            sweep = _follow(target, name, progress_bar)
    trials = target.get("sweeptrials", "-n", NAMESPACE, "-l", f"sweepjob.dev/sweep={name}")["items"]
    trials.sort(key=lambda trial: trial["spec"]["index"])
    print(f"\n{table(trials)}\n\n{conclusion(sweep)}\n", flush=True)
    _show_page(target, name, trials)
    return 0 if sweep["status"]["phase"] == "Complete" else 1


def _apply(target: Target, sweep_file: Path) -> str:
    text = sweep_file.read_text().replace(_PUBLISHED_TRAINER, target.images["trainer"])
    local = ("-n", NAMESPACE, "-f", "-")
    target.kubectl("delete", "--ignore-not-found", "--wait", *local, stdin=text)
    output = target.kubectl("apply", *local, stdin=text)
    return output.split()[0].partition("/")[2]


def _follow(target: Target, name: str, bar: Progress) -> Any:
    """Print a line at each change of the sweep's status until it has ended."""
    last_line = ""
    deadline = time.monotonic() + _TIMEOUT
    while time.monotonic() < deadline:
        sweep = target.get("sweepjob", name, "-n", NAMESPACE)
        line = progress(sweep.get("status") or {})
        if line != last_line:
            bar.before_line()
            print(line, flush=True)
            last_line = line
            bar.advance(share_of(sweep.get("status") or {}))
        phase = (sweep.get("status") or {}).get("phase")
        if phase in _ENDS:
            return sweep
        if phase == "Invalid":
            raise ClusterError(_condition(sweep["status"], "Accepted")["message"])
        time.sleep(0.5)
    raise ClusterError(
        f"the sweep did not end within {_TIMEOUT:.0f} s; see: kubectl describe sweepjob {name}"
    )


def share_of(status: Mapping[str, Any]) -> float:
    """Return how many of the trials have ended, from 0 to 1."""
    ended, _, total = str(status.get("progress") or "0/1").partition("/")
    return int(ended) / max(1, int(total or 1))


def progress(status: Mapping[str, Any]) -> str:
    """Return a line with the numbers of trials, the best value, and the warning of a degraded sweep."""
    trials = status.get("trials") or {}
    if not trials:
        return "  waiting for the operator"
    best = status.get("best")
    parts = [
        f"  {status['progress']:>6} trials ended",
        f"{trials['running']} running, {trials['queued']} queued",
        f"{trials['earlyStopped']} stopped early",
        f"best {float(best['value']):.4f} ({best['trial']})" if best else "no value yet",
    ]
    degraded = _condition(status, "Degraded")
    warning = f"\n         ! {degraded['message']}" if degraded.get("status") == "True" else ""
    return " | ".join(parts) + warning


def _condition(status: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    return next((c for c in status.get("conditions") or () if c["type"] == kind), {})


def table(trials: Sequence[Mapping[str, Any]]) -> str:
    """Return a table of all trials: parameters, best value, phase, GPU-seconds, and reason of the end."""
    names = sorted({name for trial in trials for name in trial["spec"]["parameters"]})
    header = ["trial", *names, "best", "reports", "ended", "GPU-s", "saved", "why"]
    return _align([header, *(_row(trial, names) for trial in trials)])


def _row(trial: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    status = trial.get("status") or {}
    curve, stop = status.get("curve") or {}, status.get("stop") or {}
    gpu = status.get("gpuSeconds") or {}
    why = status.get("message", "")
    if stop.get("policy"):
        why = (
            f"{stop['policy']} at interval {stop['interval']}: {_short(stop['value'])} against "
            f"{_short(stop['threshold'])}, {stop['comparators']} others"
        )
    parameters = trial["spec"]["parameters"]
    return [
        trial["metadata"]["name"],
        *(_short(parameters.get(name, "-")) for name in names),
        _short(curve.get("best", "-")),
        str(curve.get("reports", 0)),
        status.get("phase", "Pending"),
        gpu.get("used", "0"),
        gpu.get("saved", "0"),
        why,
    ]


def _short(text: str) -> str:
    try:
        return text if text.lstrip("-").isdecimal() else f"{float(text):.4g}"
    except ValueError:
        return text


def _align(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)


def conclusion(sweep: Mapping[str, Any]) -> str:
    """Return the best trial and the GPU time of an ended sweep."""
    status = sweep["status"]
    best, gpu = status.get("best"), status["gpuSeconds"]
    if best is None:
        failed = _condition(status, "Failed")
        return f"The sweep failed: {failed.get('reason')}: {failed.get('message')}"
    metric = sweep["spec"]["objective"]["primaryMetric"]
    parameters = json.dumps(best["parameters"], indent=2)
    return (
        f"Best trial: {best['trial']} with {metric} {best['value']}\n{parameters}\n"
        f"GPU-seconds: {gpu['used']} used, about {gpu['saved']} saved by stopping early"
    )


def _show_page(target: Target, name: str, trials: Sequence[Mapping[str, Any]]) -> None:
    """Print the address of the page and what to try; a terminal gets the page until Ctrl-C."""
    if not sys.stdin.isatty():
        page = f"sweepjob ui {name} -n {NAMESPACE}"
        print(f"The page of the sweep: {page}\n\n{next_steps(target, name, trials)}", flush=True)
        return
    with contextlib.suppress(KeyboardInterrupt), _page(target, name) as address:
        steps = next_steps(target, name, trials)
        print(f"The page of the sweep: {address}\n\n{steps}\n\nCtrl-C ends the page.", flush=True)
        while True:
            time.sleep(3600)


@contextlib.contextmanager
def _page(target: Target, name: str) -> Iterator[str]:
    """Serve the page of a sweep, and give its address."""
    command = [sys.executable, "-m", "sweepjob.cli", "ui", name, "-n", NAMESPACE, "--no-browser"]
    process = subprocess.Popen(
        command, env={**os.environ, **_variables(target)}, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


def _variables(target: Target) -> dict[str, str]:
    programs = Path(target.kubectl_program).parent
    return {"KUBECONFIG": str(target.kubeconfig), "PATH": f"{programs}:{os.environ['PATH']}"}


def next_steps(target: Target, name: str, trials: Sequence[Mapping[str, Any]]) -> str:
    """Return three commands to try on the cluster.

    Args:
        target: the cluster.
        name: name of the sweep.
        trials: its trials.
    """
    stopped = (t for t in trials if ((t.get("status") or {}).get("stop") or {}).get("policy"))
    shown = next(stopped, trials[0])["metadata"]["name"] if trials else f"{name}-0"
    clean = ("make clean", "takes the cluster down")
    if target.built_in is None:
        undo = f"kubectl delete namespace {NAMESPACE} && helm uninstall {clusters.RELEASE}"
        clean = (f"{undo} -n {clusters.SYSTEM}", "removes what the demo created")
    commands = dict(
        [
            (f"sweepjob trials {name} -n {NAMESPACE}", "all trials, the best first"),
            (f"sweepjob explain {shown} -n {NAMESPACE}", "one trial, and why it ended"),
            clean,
        ]
    )
    width = max(map(len, commands))
    programs = f"{Path(target.kubectl_program).parent}:{layout.PROJECT / '.venv' / 'bin'}"
    return "\n".join(
        [
            "The cluster stays up. Once in a shell:",
            f"  export KUBECONFIG={target.kubeconfig} PATH={programs}:$PATH",
            "Then try:",
            *(f"  {command.ljust(width)}   {purpose}" for command, purpose in commands.items()),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
