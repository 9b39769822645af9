"""Programs and objects for Azure's v1."""

from __future__ import annotations

import re
import textwrap


def adapted(program: str) -> str:
    text = textwrap.dedent(program)
    text = re.sub(r"(?m)^(\s*)from azureml\b", r"\1from sweepjob.azureml", text)
    return re.sub(r"(?m)^(\s*)import azureml(\.\w+)*$", r"\1from sweepjob import azureml", text)
