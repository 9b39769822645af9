"""The line of a log that says why a script failed, with what usual libraries write."""

from __future__ import annotations

import pytest
from sweepjob.api.messages.no_result import summary_of

_HYDRA = "Set the environment variable HYDRA_FULL_ERROR=1 for a complete stack trace."
_TRACEBACK = (
    'Traceback (most recent call last):\n  File "/a/train.py", line 3, in <module>\n    main()\n'
)


@pytest.mark.parametrize(
    ("log", "why"),
    [
        (["epoch 1", "ValueError: no column: x"], "ValueError: no column: x"),
        (["usage: t.py [-h]", "t.py: error: unrecognized arguments: true"], "t.py: error: unrecognized arguments: true"),
        (["RuntimeError: retried", "no data in /data"], "no data in /data"),
        (["LexerNoViableAltException: +name=é", "       ^", "See https://hydra.cc/docs", _HYDRA], "LexerNoViableAltException: +name=é"),
        (["Error executing job with overrides: ['lr=1']", "Traceback (most recent call last):", "ValueError: bad", "", _HYDRA], "ValueError: bad"),
        (["Could not override 'lr'.", "To append to your config use +lr=1", "Key 'lr' is not in struct", "    full_key: lr", "    object_type=dict", _HYDRA], "Key 'lr' is not in struct"),
        (["Usage: t.py [OPTIONS]", "Try 't.py --help' for help.", "╭─ Error ─────────╮", "│ No such option: --lr │", "╰─────────────────╯"], "No such option: --lr"),
        (["╭─ Unrecognized options ─╮", "│ Unrecognized options: --x │", "│ ──────── │", "│ For full helptext, run t.py --help │", "╰─────╯"], "Unrecognized options: --x"),
        (["ERROR: Could not consume arg: --flag", "Usage: t.py LR", "", "For detailed information on this command, run:", "  t.py --help"], "ERROR: Could not consume arg: --flag"),
        (["Traceback (most recent call last):", "AssertionError"], "AssertionError"),
        (["pydantic.ValidationError: 1 validation error for S", "lr", "    For further information visit https://errors.pydantic.dev"], "pydantic.ValidationError: 1 validation error for S"),
        (["-----"], "-----"),
        (["usage: t.py"], "usage: t.py"),
    ],
)  # fmt: skip
def test_the_line_that_says_why(log: list[str], why: str) -> None:
    message = "the trainer ended with exit code 1: " + "\n".join(log)
    assert summary_of(message) == f"the trainer ended with exit code 1: {why}"


@pytest.mark.parametrize(
    "behind",
    [
        "CUDA kernel errors might be asynchronously reported at some other API call.\nFor debugging consider passing CUDA_LAUNCH_BLOCKING=1\nCompile with `TORCH_USE_CUDA_DSA` to enable device-side assertions.",
        "LogisticRegression does not accept missing values.\nYou can find all estimators at https://scikit-learn.org/stable",
        "added by add_note",
        f"{_TRACEBACK}subprocess.CalledProcessError: Command '['python', 'train.py']' returned non-zero exit status 1.",
        "\nERROR conda.cli.main_run:execute(47): `conda run python train.py` failed. (See above for error)",
        "make: *** [Makefile:3: train] Error 1",
        "2026/01/01 12:00:00 ERROR mlflow.cli: === Run (ID 'abc') failed ===",
        "wandb: \nwandb: View run at: https://wandb.ai/x\nwandb: Find logs at: ./wandb/run-x/logs",
        "--------------------\nFor simplicity, JAX has removed its internal frames from the traceback.",
        f"Exception ignored in: <function X.__del__ at 0x7f>\n{_TRACEBACK}TypeError: 'NoneType' object is not callable",
        "/usr/lib/resource_tracker.py:254: UserWarning: resource_tracker: leaked\n  warnings.warn('leaked')",
        "[rank0]:[W501 12:00:00.0 ProcessGroupNCCL.cpp:1250] Warning: WARNING: not destroyed",
        "  0%|          | 0/10 [00:00<?, ?it/s]",
        f"E0501 12:00:00.0 1 api.py:881] failed (exitcode: 1) local_rank: 0 (pid: 12) of binary: python\n{_TRACEBACK}"
        "torch.distributed.elastic.multiprocessing.errors.ChildFailedError: \n=====\ntrain.py FAILED\n-----\nFailures:\n"
        "  <NO_OTHER_FAILURES>\n-----\nRoot Cause (first observed failure):\n[0]:\n  time      : 2026-01-01_12:00:00\n"
        "  exitcode  : 1 (pid: 123)\n  traceback : To enable traceback see: https://pytorch.org\n=====",
        "--------\nprterun detected that one or more processes exited with non-zero status, thus causing\n"
        "the job to be terminated. The first process to do so was:\n\n   Process name: [x,0]\n   Exit code:    1\n--------",
    ],
)  # fmt: skip
def test_what_is_behind_the_exception_of_a_script(behind: str) -> None:
    for prefix in ("", "[rank0]: "):
        lines = f"{_TRACEBACK}ValueError: bad".split("\n")
        log = "".join(f"{prefix}{line}\n" for line in lines)
        message = f"the trainer ended with exit code 1: epoch 1\n{log}{behind}"
        assert summary_of(message) == "the trainer ended with exit code 1: ValueError: bad"


@pytest.mark.parametrize(
    ("log", "why"),
    [
        (f"{_TRACEBACK}ValueError: retried\nt.py: error: no data", "t.py: error: no data"),
        (f"{_TRACEBACK}ValueError: retried\n" + "epoch\n" * 20 + "no data", "no data"),
        (f"{_TRACEBACK}ValueError: retried\nKilled", "Killed"),
        (f"{_TRACEBACK}ConnectionError: retry 1\nepoch 1 loss 0.5\nassertion failed: n > 0", "assertion failed: n > 0"),
        (f"{_TRACEBACK}ConnectionError: retry 1\nepoch 1 loss 0.5\nOut of memory: bye", "Out of memory: bye"),
        (f"{_TRACEBACK}ConnectionError: retry 1\nEpoch [1/5] loss 0.5\nthe data is missing, giving up", "the data is missing, giving up"),
        (f"{_TRACEBACK}ConnectionError: retry 1\nstep=7\nthe data is missing\n{_HYDRA}", "the data is missing"),
        (f"{_TRACEBACK}ConnectionError: retry 1\nOut of memory: bye", "Out of memory: bye"),
        (f"{_TRACEBACK}ConnectionError: retry 1\nt: t.c:3: main: Assertion `n > 0' failed.", "t: t.c:3: main: Assertion `n > 0' failed."),
        (f"{_TRACEBACK}ConnectionError: retry 1\nsh: 1: train: not found", "sh: 1: train: not found"),
        (f"{_TRACEBACK}ConnectionError: retry 1\ncat: /data: No such file or directory", "cat: /data: No such file or directory"),
        (f"{_TRACEBACK}ConnectionError: retry 1\nsh: 1: /run.sh: Permission denied", "sh: 1: /run.sh: Permission denied"),
        (f"{_TRACEBACK}ValueError: bad\nepoch 3 loss 0.5", "ValueError: bad"),
        (f"{_TRACEBACK}ValueError: a\n\nDuring handling of x:\n\n{_TRACEBACK}KeyError: 'b'", "KeyError: 'b'"),
        (f"{_TRACEBACK}x.ResourceError: Graph execution error:\n\nOut of memory\n\t [[{{{{node x}}}}]]\n [Op:f]", "x.ResourceError: Graph execution error: Out of memory"),
        (f"ValueError: Caught in DataLoader worker\nOriginal {_TRACEBACK}ValueError: bad", "ValueError: bad"),
        ('  File "/a.py", line 3, in f\n    main()\nValueError: bad\nmore of it', "ValueError: bad"),
        ("Fatal Python error: Segmentation fault\n\nCurrent thread (most recent call first):\n  File \"x.py\", line 3 in f\n\nExtension modules: numpy (total: 1)", "Fatal Python error: Segmentation fault"),
        ("FATAL Flags parsing error: Unknown flag 'x'\nPass --helpshort or --helpfull to see help.", "FATAL Flags parsing error: Unknown flag 'x'"),
        ("panic: bad\n\ngoroutine 1 [running]:\nmain.main()\n\t/a/x.go:4 +0x18\nexit status 2", "panic: bad"),
        ("Error: bad\n    at Object.<anonymous> (/a/x.js:1:7)\n\nNode.js v18.0.0", "Error: bad"),
        ('Exception in thread "main" RuntimeException: bad\n\tat X.main(X.java:3)\n\t... 3 more', 'Exception in thread "main" RuntimeException: bad'),
        ("ERROR: LoadError: bad\nStacktrace:\n [1] error(s::String)\n   @ Base ./error.jl:35\nin expression starting at /a/x.jl:1", "ERROR: LoadError: bad"),
        ("Error in readRDS(x) : cannot open file\nCalls: main -> readRDS\nExecution halted", "Error in readRDS(x) : cannot open file"),
        ("wandb: ERROR api_key not configured", "wandb: ERROR api_key not configured"),
        ("terminate called after throwing an instance of 'x'\n  what():  no data", "what():  no data"),
    ],
)  # fmt: skip
def test_the_line_of_other_ends(log: str, why: str) -> None:
    message = f"the trainer ended with exit code 1: {log}"
    assert summary_of(message) == f"the trainer ended with exit code 1: {why}"
