"""Converts files of Azure's with junk in them: a refusal with paths, and never another error."""

from __future__ import annotations

import copy
import random

import pytest
import yaml
from sweepjob.loading.azure import (
    ConversionError,
    ConversionOptions,
    UnsupportedFileError,
    convert,
    convert_pipeline,
)

from .azure_requests import BINDINGS, NESTED, OF_2023, SPECIFICATION
from .cli.azure_steps import PIPELINE
from .cli.azure_sweeps import AUTUMN, SPRING, SUMMER
from .junk import JUNK, places

REQUESTS = [BINDINGS, NESTED, OF_2023, SPECIFICATION]
FILES = [PIPELINE, *map(yaml.safe_load, (SPRING, SUMMER, AUTUMN)), *REQUESTS]


@pytest.mark.parametrize("seed", range(3))
def test_junk_is_refused_with_one_line_for_each_cause(seed: int) -> None:
    numbers = random.Random(seed)
    refused = 0
    for _ in range(100):
        data = copy.deepcopy(numbers.choice(FILES))
        for _ in range(numbers.randint(1, 3)):
            node, key = numbers.choice(list(places(data)))
            node[key] = copy.deepcopy(numbers.choice(JUNK))
        options = ConversionOptions(is_lazy=numbers.random() < 0.2, local=numbers.random() < 0.2)
        errors: list[ConversionError | None] = []
        try:
            if data.get("type") == "pipeline":
                errors = [step.error for step in convert_pipeline(data, options, "stem")]
            else:
                convert(data, options, "stem")
        except ConversionError as error:
            errors = [error]
        except UnsupportedFileError as error:
            refused += bool(str(error))
        for found in filter(None, errors):
            lines = list(map(str, found.problems))
            assert lines
            assert len(set(lines)) == len(lines), lines
            refused += 1
    assert refused > 30
