"""The pod that reads the outputs of trials from their volumes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..api import names
from ..api.spec.outputs import Output

MOUNT = "/outputs"
START_TIMEOUT = 120  # seconds
_POD_LIFETIME = 3600  # seconds, should nobody delete it
_USER = 65532  # nonroot of distroless images


def output_reader(name: str, sweep: Mapping[str, Any], outputs: Sequence[Output]) -> dict[str, Any]:
    """Return a pod that mounts volumes and sleeps. It has the trial's image, which needs sleep and tar.

    Args:
        name: name of the pod.
        sweep: the SweepJob object.
        outputs: the outputs to mount, each at ``MOUNT/NAME``.
    """
    mounts = [
        {"name": o.volume_name, "mountPath": f"{MOUNT}/{o.name}", "readOnly": True} for o in outputs
    ]
    container = {
        "name": names.TRAINER,
        "image": _image(sweep),
        "command": ["sleep", str(_POD_LIFETIME)],
        "volumeMounts": mounts,
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    security = {
        "runAsNonRoot": True,
        "runAsUser": _USER,
        "fsGroup": _USER,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    spec = {
        "restartPolicy": "Never",
        "activeDeadlineSeconds": _POD_LIFETIME,
        "automountServiceAccountToken": False,
        "securityContext": security,
        "containers": [container],
        "volumes": [{"name": o.volume_name, **o.volume} for o in outputs],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def _image(sweep: Mapping[str, Any]) -> str:
    trial = sweep["spec"]["trial"]
    if "template" not in trial:
        return str(trial["image"])
    containers = trial["template"]["spec"]["containers"]
    named = [c for c in containers if c.get("name") == names.TRAINER]
    return str((named or containers)[0]["image"])
