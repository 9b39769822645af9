"""Converts files of Katib, W&B and SageMaker with junk in them: a refusal, and never another error."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest
from sweepjob.loading.azure import ConversionError, ConversionOptions, UnsupportedFileError
from sweepjob.loading.formats import KATIB, SAGEMAKER, WANDB, convert_document

from . import foreign_files
from .junk import JUNK, places

FILES = (
    (WANDB, foreign_files.WANDB),
    (SAGEMAKER, foreign_files.TUNING_JOB),
    (KATIB, foreign_files.KATIB),
    (KATIB, foreign_files.KATIB_MANIFEST),
)
ODD: list[Any] = [
    *("NaN", "1e999", "\0", "\ud800", "${x", "{{", "%s", "--", "a b", "'", "1/0", "a" * 5000),
    *(float("inf"), float("nan"), -0.0, 2**63, [[[[]]]], {"": {}}, "2020-13-45"),
]


def convert(data: Any, kind: str) -> bool:
    """Whether it was refused."""
    try:
        converted = convert_document(data, ConversionOptions(), "stem", kind)
    except (ConversionError, UnsupportedFileError):
        return True
    json.dumps(converted.manifest)
    return False


@pytest.mark.parametrize("seed", range(3))
def test_junk_is_refused(seed: int) -> None:
    numbers = random.Random(seed)
    refused = 0
    for _ in range(100):
        kind, original = numbers.choice(FILES)
        data = copy.deepcopy(original)
        for _ in range(numbers.randint(1, 3)):
            found = list(places(data))
            if found:
                node, key = numbers.choice(found)
                node[key] = copy.deepcopy(numbers.choice(JUNK + ODD))
        refused += convert(data, kind)
    assert 0 < refused < 100


@pytest.mark.parametrize(
    ("kind", "keys", "junk"),
    [
        (KATIB, ("spec", "trialTemplate", "trialSpec"), {}),
        (KATIB, ("spec", "trialTemplate", "trialSpec"), 5),
        (WANDB, ("parameters",), {"x": {"distribution": {"a": 1}, "min": 0, "max": 1}}),
        (WANDB, ("parameters",), {"x": {"values": [1, 2], "probabilities": [True, False]}}),
        (WANDB, ("parameters",), {"x": {"values": [1], "probabilities": [float("inf")]}}),
    ],
)
def test_what_once_was_an_error(kind: str, keys: tuple[str, ...], junk: Any) -> None:
    for known, original in FILES:
        if known == kind:
            data = node = copy.deepcopy(original)
            for key in keys[:-1]:
                node = node[key]
            node[keys[-1]] = junk
            assert convert(data, kind)
