"""The sections of the SweepJob's CRD that the declarations of policies and samplers make."""

from __future__ import annotations

import re
import textwrap
from typing import Any

import yaml
from sweepjob.api.plugin_schema import policy_schema, sampler_schema
from sweepjob.early_stopping.policies.registry import POLICIES
from sweepjob.plugins.registry import Registry
from sweepjob.search.samplers.registry import SAMPLERS

_INDENT = " " * 14  # of the keys of spec
_NOTE = "# Made from the declarations in operator/sweepjob by `make generated`."


def with_sections(text: str) -> str:
    """The CRD's file with both sections as the package's own declarations make them.

    Args:
        text: the file; the rest of it is written by hand and stays as it is.
    """
    made = {
        "samplingAlgorithm": sampler_schema(own(SAMPLERS)),
        "earlyTermination": policy_schema(own(POLICIES)),
    }
    for key, schema in made.items():
        dumped = yaml.safe_dump(schema, sort_keys=False, width=10_000, allow_unicode=True)
        block = f"{key}:\n{textwrap.indent(f'{_NOTE}{chr(10)}{dumped}', '  ')}"
        pattern = rf"^{_INDENT}{key}:\n(?:{_INDENT} +.*\n)+"
        text, found = re.subn(
            pattern, lambda _, made=block: textwrap.indent(made, _INDENT), text, flags=re.M
        )
        assert found == 1, f"{key} stands {found} times in the CRD"
    return text


def own(registry: Registry[Any]) -> list[Any]:
    """The package's own declarations: what happens to be installed beside it is not in the CRD."""
    return [d for d in registry.declarations() if not registry.distribution_of(d.name)]
