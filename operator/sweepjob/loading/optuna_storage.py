"""Reads a study from a storage of Optuna's: SQLite, or a journal."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from .errors import LoadError

_SQLITE = b"SQLite format 3\0"
# As in create_study(storage=...): sqlite:///study.db, postgresql+psycopg2://user@host/db.
_URL = re.compile(r"(sqlite|mysql|postgresql|redis)(?:\+\w+)?://")
_NO_DATABASE = (
    "a database is not read. Copy the study into a file with optuna.copy_study(from_study_name=..., "
    "from_storage=..., to_storage='sqlite:///study.db'), and give the file"
)
_NO_OPTUNA = "reading a study needs the package optuna: pip install 'sweepjob[optuna]'"


@dataclass(frozen=True)
class Study:
    """A study of Optuna's, read into memory. Its values are those of Optuna's ``Study``."""

    name: str
    directions: tuple[Any, ...]
    metric_names: Sequence[str] | None
    trials: Sequence[Any]
    user_attrs: Mapping[str, Any] = field(default_factory=dict)


def is_study(name: str) -> bool:
    """Return whether a name is that of a storage of Optuna's: SQLite, a journal, or a database's URL."""
    if _URL.match(name):
        return True
    if not Path(name).is_file():
        return False  # of a pipe, what is read here would be missing afterwards
    try:
        with Path(name).open("rb") as file:
            head = file.read(200)
    except OSError:
        return False
    return head.startswith(_SQLITE) or head.startswith(b'{"op_code"')


def read_study(name: str, study: str | None) -> Study:
    """Return a study of a storage.

    Args:
        name: name of the file, of SQLite or a journal, or Optuna's URL of one of SQLite. A copy is
            read, so that it does not change.
        study: name of the study; None for the only one.

    Raises:
        LoadError: there is no such file or study, or the package is missing.
    """
    try:
        import optuna
    except ImportError:
        raise LoadError(f"{name}: {_NO_OPTUNA}") from None
    name = _file_of(name)
    if not Path(name).is_file():
        raise LoadError(f"{name}: is no file; give a SQLite file or a journal of Optuna's")
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
            return Study(
                study,
                tuple(found.directions),
                found.metric_names,
                found.get_trials(),
                dict(found.user_attrs),
            )
        except LoadError:
            raise
        except Exception as error:  # noqa: BLE001 - Optuna believes what a storage has
            why = f"{type(error).__name__}: {error}".partition("\n")[0]
            raise LoadError(f"{name}: Optuna cannot read it: {why}") from None


def _file_of(name: str) -> str:
    """Return the file of a name, which may be a URL.

    Raises:
        LoadError: it is the URL of a database that is no file; the message has no password.
    """
    url = _URL.match(name)
    if url is None:
        return name
    if url.group(1) != "sqlite":
        shown = f"{url.group()}{name[url.end() :].rpartition('@')[2]}"
        raise LoadError(f"{shown}: {_NO_DATABASE}")
    return name[url.end() :].removeprefix("/")


def _storage(optuna: Any, file: Path) -> Any:
    with file.open("rb") as opened:
        if opened.read(len(_SQLITE)) == _SQLITE:
            return f"sqlite:///{file}"
    try:
        backend: Any = import_module("optuna.storages.journal").JournalFileBackend
    except ImportError:  # Optuna 3
        backend = optuna.storages.JournalFileStorage
    return optuna.storages.JournalStorage(backend(str(file)))
