"""The licences of everything that the plug-in, the package and the operator's image bundle."""

from __future__ import annotations

import re
from importlib import metadata

from . import tools
from .source import Source
from .tools import ReleaseError

_CLASSIFIER = "License :: OSI Approved :: "
_HEAD = """\
SweepJob is licensed under Apache-2.0 (LICENSE). The operator's image bundles these packages in the locked
versions, kubectl-sweepjob some of them. The base images have their own packages and licences.
"""


def listing(source: Source) -> str:
    """Return the licences of the Python dependencies and of the scripts of the dashboard.

    Args:
        source: the commit.
    """
    locked = tools.requirements(source.folder, "--no-dev", "--extra", "operator")
    lines = [_HEAD, "Python packages:", ""]
    for name, version in locked_packages(locked):
        lines.append(f"  {name} {version}: {license_of(name)}")
    lines += ["", "Scripts of the dashboard, with their texts in the package:", ""]
    vendored = source.folder / "operator" / "sweepjob" / "dashboard" / "vendor"
    lines += [f"  {file.stem}: {file.name}" for file in sorted(vendored.glob("*.LICENSE"))]
    return "\n".join(lines) + "\n"


def locked_packages(requirements: str) -> list[tuple[str, str]]:
    """Return the names and versions in locked requirements, without packages for Windows alone."""
    found = re.findall(r"^([\w.-]+)==([^\s;]+)(.*)$", requirements, re.MULTILINE)
    return [(name, version) for name, version, rest in found if "== 'win32'" not in rest]


def license_of(name: str) -> str:
    """Return the licence of an installed package, as its metadata has it.

    Raises:
        ReleaseError: the package is not installed, or its metadata has no licence.
    """
    try:
        found = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        raise ReleaseError(f"{name} is locked but not installed: make .venv/ready") from None
    classifiers = [
        c.rpartition(" :: ")[2]
        for c in found.get_all("Classifier", [])
        if c.startswith(_CLASSIFIER)
    ]
    text = (
        _first(found.get_all("License-Expression"))
        or ", ".join(classifiers)
        or _first(found.get_all("License"))
    )
    if not text.strip():
        raise ReleaseError(f"the metadata of {name} has no licence: look it up, and name it here")
    return text.strip().splitlines()[0]


def _first(values: list[str] | None) -> str:
    return (values or [""])[0]
