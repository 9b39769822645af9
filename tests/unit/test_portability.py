"""What runs on macOS, too: nothing that only Linux has is needed to import the package, nor to run a sweep
on one machine.

``make lint`` checks the rest: mypy knows what each platform's standard library has.
"""

from __future__ import annotations

import ast
import base64
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sweepjob import protocol
from sweepjob.sidecar.sources.open_file_watch import InotifyUnavailable, OpenFiles

from tests.syntax_trees import syntax_tree

from .event_files import VERSION, event, scalar
from .local.runs import LEVELS, Local, sweep

PACKAGE = Path(__file__).parents[2] / "operator" / "sweepjob"
SITE = Path(__file__).parent / "without_linux" / "sitecustomize.py"

# Of the standard library: what only Linux has, and what no system has any more that is not Linux.
LINUX_MODULES = {"spwd", "ossaudiodev", "nis"}
LINUX_NAMES = {
    *(
        "CLONE_NEWNS",
        "EFD_CLOEXEC",
        "GRND_NONBLOCK",
        "MFD_CLOEXEC",
        "O_DIRECT",
        "O_NOATIME",
        "O_PATH",
    ),
    *(
        "O_TMPFILE",
        "P_PIDFD",
        "RWF_NOWAIT",
        "SCHED_BATCH",
        "copy_file_range",
        "eventfd",
        "getrandom",
    ),
    *("getxattr", "listxattr", "memfd_create", "pidfd_open", "pidfd_send_signal", "posix_fadvise"),
    *("prlimit", "sched_getaffinity", "sched_getparam", "sched_getscheduler", "sched_setaffinity"),
    *("sched_setscheduler", "setns", "setxattr", "splice", "timerfd_create", "unshare"),
    *("epoll", "sigtimedwait", "sigwaitinfo", "SIGPWR", "SIGSTKFLT", "SIGRTMIN", "SIGRTMAX"),
    *("AF_NETLINK", "AF_PACKET", "AF_VSOCK", "MSG_ERRQUEUE", "MSG_NOSIGNAL", "SO_BINDTODEVICE"),
    *("SO_MARK", "SO_PEERCRED", "SOCK_CLOEXEC", "SOCK_NONBLOCK", "TCP_CORK", "TCP_QUICKACK"),
    *("TCP_USER_TIMEOUT", "F_ADD_SEALS", "F_GETPIPE_SZ", "F_SETPIPE_SZ", "MAP_POPULATE"),
}
# Of the C library, by ctypes; and the folders that only Linux has.
LINUX_CALLS = {"inotify_init1", "inotify_add_watch", "prctl", "signalfd"}
LINUX_FOLDERS = ("/proc", "/sys")
GUARDED = {
    "ingest/serving.py": "its resident memory is 0 without /proc",
    "local/supervisor.py": "asks sys.platform first",
    "sidecar/sources/open_file_watch.py": "raises InotifyUnavailable",
}


# Each writes three reports in the way of its source.
EVENTS = b"".join([VERSION, *(event(scalar("score", value)) for value in (0.25, 0.5, 0.75))])
CODES = {
    "file": """
import json, os, time
with open(os.environ["SWEEPJOB_METRICS_PATH"], "a") as file:
    for value in 0.25, 0.5, 0.75:
        print(json.dumps({"score": value}), file=file, flush=True)
        time.sleep(0.3)
""",
    "tensorboard": f"""
import base64, os
os.makedirs(os.environ["SWEEPJOB_METRICS_PATH"], exist_ok=True)
with open(os.environ["SWEEPJOB_METRICS_PATH"] + "/events.out.tfevents.1", "wb") as file:
    file.write(base64.b64decode({base64.b64encode(EVENTS).decode()!r}))
""",
}
TRIALS = {
    source: {"image": "none", "command": [sys.executable, "-c", code]}
    for source, code in CODES.items()
}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for file in PACKAGE.rglob("*.py"):
        yield file.relative_to(PACKAGE).as_posix(), syntax_tree(file.read_text())


def at_import(node: ast.AST) -> Iterator[ast.AST]:
    """What is evaluated when a module is imported: everything but the bodies of functions."""
    yield node
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        evaluated = [
            *node.decorator_list,
            *node.args.defaults,
            *filter(None, node.args.kw_defaults),
        ]
    elif isinstance(node, ast.Lambda):
        evaluated = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
    else:
        evaluated = [*ast.iter_child_nodes(node)]
    for child in evaluated:
        yield from at_import(child)


def names_of(node: ast.AST) -> set[str]:
    """The names that a node takes from another module, and the paths in it."""
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        return {*(alias.name for alias in node.names), *([node.module] if node.module else [])}
    if isinstance(node, ast.Attribute):
        return {node.attr}
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {f for f in LINUX_FOLDERS if node.value == f or node.value.startswith(f"{f}/")}
    return set()


def test_modules_import_without_linux_only_features() -> None:
    linux = {*LINUX_MODULES, *LINUX_NAMES, *LINUX_CALLS, *LINUX_FOLDERS}
    found = {
        path: used
        for path, tree in modules()
        if (used := {name for node in at_import(tree) for name in names_of(node) & linux})
    }
    assert found == {}


def test_modules_import_without_the_c_library() -> None:
    """Windows aside, ``ctypes.CDLL(None)`` works anywhere; what it is opened for may not be there."""
    for path, tree in modules():
        assert not any("CDLL" in names_of(node) for node in at_import(tree)), path


def test_linux_only_features_have_a_fallback() -> None:
    linux = {*LINUX_CALLS, *LINUX_FOLDERS}
    found = {
        path for path, tree in modules() if any(names_of(node) & linux for node in ast.walk(tree))
    }
    assert found == set(GUARDED)


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("import os\nCPUS = os.sched_getaffinity(0)", True),
        ("from select import epoll", True),
        ("class A:\n    poll = select.epoll", True),
        ("def f(poll=select.epoll): ...", True),
        ("@select.epoll\ndef f(): ...", True),
        ("def f():\n    return select.epoll()", False),
        ("f = lambda: select.epoll()", False),
        ("MEMORY = open('/proc/meminfo').read()", True),
        ("TEXT = 'the /proc of Linux'", False),
    ],
)
def test_the_search_for_linux_only_names_finds_them(text: str, is_found: bool) -> None:
    linux = {*LINUX_NAMES, *LINUX_FOLDERS}
    assert any(names_of(node) & linux for node in at_import(syntax_tree(text))) is is_found


@pytest.fixture
def without_linux(tmp_path: Path) -> dict[str, str]:
    """The environment of a Python that has no more than macOS's has, in all processes that it starts."""
    folder = tmp_path / "python"
    folder.mkdir()
    (folder / "sweepjob").symlink_to(PACKAGE)
    (folder / "sitecustomize.py").symlink_to(SITE)
    return {**os.environ, "PYTHONPATH": str(folder), "OPENBLAS_NUM_THREADS": "1"}


def test_every_module_is_imported_without_linux(
    without_linux: dict[str, str],
) -> None:
    names = [
        ".".join(["sweepjob", *Path(path).with_suffix("").parts]).removesuffix(".__init__")
        for path, _ in modules()
        if not path.endswith("__main__.py")
    ]
    lines = ["import sys, os, select", "assert not hasattr(select, 'epoll')"]
    lines += ["assert not hasattr(os, 'pidfd_open')", *(f"import {name}" for name in names)]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        env=without_linux,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr


class NoInotify:
    """A C library without inotify, or with no instance left."""

    def __init__(self, *, has_it: bool) -> None:
        self._has_it = has_it

    def __getattr__(self, name: str) -> object:
        if not self._has_it:
            raise AttributeError(name)
        return lambda *arguments: -1


@pytest.mark.parametrize("has_it", [True, False])
def test_without_inotify_files_are_polled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_it: bool
) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda *args, **more: NoInotify(has_it=has_it))
    with pytest.raises(InotifyUnavailable, match="inotify"):
        OpenFiles(tmp_path, threading.Condition())


@pytest.mark.parametrize("source", ["file", "tensorboard"])
def test_a_sweep_runs_on_one_machine_without_inotify(
    tmp_path: Path, without_linux: dict[str, str], source: str
) -> None:
    local = Local(tmp_path)
    local.run(sweep(source, trial=TRIALS[source]), PYTHONPATH=without_linux["PYTHONPATH"])
    assert local.values() == [[0.25, 0.5, 0.75]] * len(LEVELS)


def test_without_inotify_a_sidecar_reads_until_sigterm(
    tmp_path: Path, without_linux: dict[str, str]
) -> None:
    """In a pod of a cluster whose node has no inotify instance left."""
    metrics, message = tmp_path / "metrics.jsonl", tmp_path / "message"
    settings = {
        protocol.OPERATOR_URL: "http://127.0.0.1:9",
        protocol.PRIMARY_METRIC: "score",
        protocol.NAMESPACE: "team",
        protocol.TRIAL: "sweep-0",
        protocol.SOURCE: protocol.FILE,
        protocol.SOURCE_PATH: str(metrics),
    }
    (tmp_path / "token").write_text("token")
    environment = {
        **without_linux,
        protocol.ENV_SETTINGS: json.dumps(settings),
        protocol.ENV_TOKEN_FILE: str(tmp_path / "token"),
        protocol.ENV_JOURNAL: str(tmp_path / "journal"),
        protocol.ENV_TERMINATION_LOG: str(message),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "sweepjob.sidecar"],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert "stays until SIGTERM: this system has no inotify" in process.stderr.readline()
    with metrics.open("w") as file:
        file.write('{"score": 0.25}\n')
        file.flush()
        await_text(message, "0.25")
        time.sleep(1.2)  # kept open for so long that a sidecar with inotify leaves with the trainer
        file.write('{"score": 0.5}\n')
    await_text(message, "0.5")
    time.sleep(1)
    assert process.poll() is None
    process.terminate()
    assert process.wait(60) == 0


def await_text(file: Path, text: str) -> None:
    deadline = time.monotonic() + 60
    while not (file.exists() and text in file.read_text()):
        assert time.monotonic() < deadline, f"no {text} in {file}"
        time.sleep(0.02)
