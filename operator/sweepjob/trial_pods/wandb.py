"""What the client of Weights & Biases finds in a trial: where it writes, and the trial's parameters."""

from __future__ import annotations

import json
from typing import Any

from ..api import names
from ..search.space import Assignment

Manifest = dict[str, Any]
FOLDER = "/etc/sweepjob-wandb"
FILE = "parameters.json"


def wandb_variables(path: str) -> dict[str, str]:
    """Return the client's variables.

    Args:
        path: the folder that the sidecar reads. The home of the trainer's user may not be writable, so
            the client's other folders are below it, too.
    """
    return {
        "WANDB_MODE": "offline",
        "WANDB_DIR": path,
        "WANDB_CONFIG_DIR": f"{path}/.config",
        "WANDB_CACHE_DIR": f"{path}/.cache",
        "WANDB_DATA_DIR": f"{path}/.data",
        # As an agent of W&B does: wandb.config has these values, whatever wandb.init says.
        "WANDB_SWEEP_PARAM_PATH": f"{FOLDER}/{FILE}",
    }


def add_parameters_file(template: Manifest, trainer: Manifest, assignment: Assignment) -> None:
    """Mount the file with the trial's parameters, from an annotation of the pod.

    Args:
        template: the pod template; changed.
        trainer: its trainer; changed.
        assignment: the trial's parameters.
    """
    pod, meta = template["spec"], template.setdefault("metadata", {})
    text = parameters_file(assignment)
    meta["annotations"] = {**meta.get("annotations", {}), names.ANNOTATION_WANDB: text}
    field = {"fieldPath": f"metadata.annotations['{names.ANNOTATION_WANDB}']"}
    volume = {
        "name": names.VOLUME_WANDB,
        "downwardAPI": {"items": [{"path": FILE, "fieldRef": field}]},
    }
    mount = {"name": names.VOLUME_WANDB, "mountPath": FOLDER, "readOnly": True}
    pod["volumes"] = [*pod.get("volumes", []), volume]
    trainer["volumeMounts"] = [*(trainer.get("volumeMounts") or []), mount]


def parameters_file(assignment: Assignment) -> str:
    """Return the parameters in the form of W&B's configuration files, which are YAML."""
    values = {name: {"desc": None, "value": value} for name, value in assignment.items()}
    return _yaml({"wandb_version": 1, **values})


def _yaml(value: Any) -> str:
    """Return a value as JSON that the client's YAML 1.1 reads alike: there, 1e-05 is a text."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(key)}: {_yaml(v)}' for key, v in value.items())}}}"
    text = json.dumps(value)
    if isinstance(value, float) and "e" in text and "." not in text:
        return text.replace("e", ".0e")
    return text
