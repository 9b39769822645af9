"""Reads a workflow with the models that are generated from Argo's API, and prints what is left of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import yaml
from hera.workflows.models import Workflow

found = yaml.safe_load(Path(sys.argv[1]).read_text())
model = Workflow.model_validate(found)
print(
    json.dumps(model.model_dump(by_alias=True, exclude_none=True, exclude_unset=True, mode="json"))
)
