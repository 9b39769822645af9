"""Answers with what Azure's client makes of sweep files: a JSON line for each line of YAML in JSON.

Run by the Python of the dependency group clients-azure-v2. A line is a JSON string with the text of a file;
the answer is the request that the client would send, or its refusal.
"""

from __future__ import annotations

import json
import logging
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")

from azure.ai.ml import load_job  # noqa: E402 - it logs while it is imported


def request_of(text: str, folder: Path) -> dict[str, Any]:
    """Return the parts of the request for a file; of a pipeline by the names of its sweep steps."""
    file = folder / "job.yml"
    file.write_text(text)
    job = load_job(file)
    if job.type == "pipeline":
        return {name: _step(job.jobs[name]) for name in job.jobs}
    made = job._to_rest_object().properties
    return {
        "search_space": made.search_space,
        "sampling_algorithm": _plain(made.sampling_algorithm),
        "limits": _plain(made.limits),
        "early_termination": _plain(made.early_termination),
        "objective": _plain(made.objective),
        "command": made.trial.command,
        "environment_variables": made.trial.environment_variables,
        "inputs": {name: getattr(v, "value", None) for name, v in (made.inputs or {}).items()},
    }


def _step(step: Any) -> dict[str, Any]:
    """Return what the request has of a sweep step, which has the keys of the file."""
    made = step._to_rest_object()
    keys = ("search_space", "sampling_algorithm", "limits", "early_termination", "objective")
    found = {key: made.get(key) for key in keys}
    inputs = {name: value.get("value") for name, value in made.get("inputs", {}).items()}
    return {**found, "command": step.trial.command, "inputs": inputs}


def _plain(found: Any) -> Any:
    return None if found is None else found.as_dict()


def main() -> None:
    """Answer each line of the standard input."""
    with tempfile.TemporaryDirectory() as folder:
        for line in sys.stdin:
            try:
                answer = {"request": request_of(json.loads(line), Path(folder))}
            except Exception as error:  # noqa: BLE001 every refusal is an answer
                answer = {"error": f"{type(error).__name__}: {error}"}
            print(json.dumps(answer, default=str), flush=True)


if __name__ == "__main__":
    main()
