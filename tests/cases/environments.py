"""Whose programs the trainers of a case find."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from threading import Lock

from tests.cluster import layout
from tests.e2e.environments import environment

_OWN = (
    Path(__file__).parent / "packages"
)  # a project of its own, with the groups that only cases need
_GROUPS = {
    "mlflow3": ("mlflow3", _OWN),  # with XGBoost, LightGBM, tensorboardX, prometheus_client
    "mlflow2": ("mlflow2", _OWN),
    "scripts": ("scripts", _OWN),  # libraries for arguments and for logging
    "server": ("server", _OWN),
    "wandb-newest": ("wandb-newest", _OWN),
    "wandb-oldest": ("wandb-oldest", _OWN),
    "keras": ("clients-newest", layout.PROJECT),
}
NAMES = ("plain", *_GROUPS)
_making = Lock()


@cache
def _made(name: str) -> Path:
    return environment(*_GROUPS[name]) / "bin"


def programs(name: str) -> Path:
    """The folder of an environment's programs; it is made when it is not there."""
    if name == "plain":
        return Path(sys.executable).parent
    with _making:
        return _made(name)
