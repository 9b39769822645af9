"""Numbers behind a name that are no values: of progress bars, ranges, names of files, places in code."""

from __future__ import annotations

import re

_INTEGER = re.compile(rb"\d{1,3}")
# The percentage of a bar: of tqdm, also without a bar, rich, ultralytics, alive-progress, progressbar2.
_BAR = re.compile(
    r"%\s{0,4}(?:[━╸╺█-▏░▒▓]|[─■●◼]{2}|\|[#█-▏]|\| ?[#█-▏]{2}"
    r"|\[(?:[#>█-▏](?:[#>█-▏]| {2})|[#=>.-]{2}| {3}))"
)
_BAR_OF_INTEGER = re.compile(
    r"%(?:\||\s{1,4}(?:\d{1,9}/\d{1,9} \[|\(\d{1,9} of \d{1,9}\) {0,3}\|))"
)
# What follows a range in a name, ``mAP@0.5:0.95: 0.4``, perhaps with its step.
_VALUE_OF_RANGE = re.compile(rb"(?::\d{0,3}\.\d{1,9})?[\"'`]?(?::\s|\s?=)\s{0,3}[-+]?\.?\d")
_STEP_OF_RANGE = re.compile(rb":\d?\.\d{1,9}(?![\w.])")
# The range of COCO, also where no value follows, as in the heading of a table. Other metrics than the
# average precision have no such range: the value of ``recall50:0.95`` is 0.95.
_COCO_BEGINS = re.compile(rb"(?i:ap)[@_ -]?(?:0?\.50?|50)$")
_LONGEST_COCO = 9  # bytes of what it finds, and some more
_COCO_ENDS = (b".95", b"0.95", b"95")
_FILE = re.compile(
    r"[-\w./]{0,30}(?<=\.)(?:bin|ckpt|csv|h5|hdf5|joblib|jpg|json|keras|log|model|np[yz]|onnx|parquet|pb|pdf"
    r"|pickle|pkl|png|pth?|safetensors|svg|tar|tflite|tsv|txt|weights|ya?ml|zip)(?!\w)"
)
# The place of a message in the code: ``train.py:12``, and loguru's ``| train:fit:12 - ``.
_SOURCE_FILE = re.compile(rb"\.(?:py|pyx|cc|cpp|cu|go|rs|jl|R|js|ts|java|scala)$")
_MODULE = re.compile(rb"\|[ \t]{0,9}[\w.<>]{1,200}:$")
_LOOKBEHIND = 220  # bytes


def is_bar_or_file(value: bytes, rest: str) -> bool:
    """Return whether a number is the percentage of a progress bar, or a part of the name of a file.

    Args:
        value: the number.
        rest: what follows it.
    """
    if rest.startswith("%"):
        return _BAR.match(rest) is not None or (
            _INTEGER.fullmatch(value) is not None and _BAR_OF_INTEGER.match(rest) is not None
        )
    if value.endswith(b"."):
        rest = "." + rest
    return rest[:1] in (".", "-", "/", "_") and _FILE.match(rest) is not None


def is_in_range(text: bytes, name_end: int, start: int, end: int) -> bool:
    """Return whether a number belongs to the name before it: ``mAP@0.5`` in ``mAP@0.5:0.95: 0.4``.

    Args:
        text: the line.
        name_end: where the name ends.
        start: where the number begins.
        end: where it ends.
    """
    if text[name_end:start] != b":" or not text[name_end - 1 : name_end].isdigit():
        return False
    if _VALUE_OF_RANGE.match(text, end) or _STEP_OF_RANGE.match(text, end):
        return True
    before = text[max(0, name_end - _LONGEST_COCO) : name_end]
    return text[start:end] in _COCO_ENDS and _COCO_BEGINS.search(before) is not None


def is_place(text: bytes, name: slice, start: int, end: int) -> bool:
    """Return whether a number is the line of a message in the code.

    Args:
        text: the line.
        name: where the name is.
        start: where the number begins.
        end: where it ends.
    """
    if _SOURCE_FILE.search(text[name]):
        return True
    if text[name.stop : start] != b":" or text[end : end + 3] != b" - ":
        return False
    return _MODULE.search(text[max(0, name.start - _LOOKBEHIND) : name.start]) is not None
