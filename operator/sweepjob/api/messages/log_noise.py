"""Lines at the end of a log that do not say why a script failed."""

from __future__ import annotations

import re

BORDER = "│┃|╭╮╰╯┌┐└┘─━ \t"
# Of Hydra, Fire, tyro, jsonargparse, click, pydantic, absl, Rust, CUDA, JAX, TensorFlow, R and W&B.
_HINT = re.compile(
    r"Set the environment variable HYDRA_FULL_ERROR|See https?://|full_key: |object_type=|Usage:|usage:"
    r"|For (?:further|more|full|detailed|usage|debugging|simplicity)\b|.{0,200}--help|note: |Hint: "
    r"|\[Op:|\[\[\{\{node |CUDA kernel errors might|Compile with `TORCH_USE_CUDA_DSA`|Search for `cuda"
    r"|Extension modules: |Node\.js v\d|Calls: |Execution halted|in expression starting at "
    r"|wandb:(?: (?!ERROR)|$)|\S{1,300}:\d{1,9}: \w{1,60}Warning: |warnings\.warn\(|\[W\d"
    r"|.{0,100}?\d{1,3}%\||Exception ignored in|The above exception was the direct|During handling of"
)
# What a program says that has run the script: that it failed.
_RUNNER = re.compile(
    r"subprocess\.CalledProcessError: |ERROR conda\.cli\.main_run|g?make(?:\[\d+\])?: \*\*\*"
    r"|exit status \d|.{0,100}mlflow\.cli: === Run .{0,100} failed|srun: error: |error: Recipe "
    r"|.{0,200}failed \(exitcode: |torch\.distributed\.elastic\S*ChildFailedError"
    r"|\S{1,9}run (?:detected|noticed) that|the job to be terminated|Process name: |Exit code: "
    r"|\S{1,200} FAILED$|Failures:$|<NO_OTHER_FAILURES>|Root Cause \(first|\[\d+\]:$"
    r"|(?:time|host|rank|exitcode|error_file|traceback|msg) {1,9}: "
)
# Of a stack trace of Java, JavaScript or Julia.
_FRAME = re.compile(r"\s+(?:at \S|\.\.\. \d+ more|\[\d+\] \S|@ \S)|Stacktrace:$")


def is_noise(line: str) -> bool:
    """Return whether a line does not say why a script failed.

    Args:
        line: the line, with its indentation.
    """
    bare = line.strip(BORDER)
    return (
        not any(map(str.isalnum, bare))
        or is_of_runner(bare)
        or _HINT.match(bare) is not None
        or _FRAME.match(line) is not None
    )


def is_of_runner(bare: str) -> bool:
    """Return whether a line is of a program that has run the script."""
    return _RUNNER.match(bare) is not None
