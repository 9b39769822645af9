"""The Python interpreters that the plug-in runs on, as pex reads them (``--complete-platform``)."""

from __future__ import annotations

from typing import Any

from packaging import tags

# Minor versions of Python 3. The plug-in contains the compiled dependencies of all of them.
PYTHONS = (11, 12, 13, 14)
_GLIBC = range(28, 16, -1)
_MACOS = (15, 0)


def describe(system: str, machine: str, python: int) -> dict[str, Any]:
    """Return the tags of the wheels that an interpreter installs, and its environment markers.

    Args:
        system: ``linux`` or ``darwin``.
        machine: processor, as Python names it on that system.
        python: minor version of Python 3.
    """
    platforms = _platforms(system, machine)
    version, name = (3, python), f"cp3{python}"
    supported = (
        *tags.cpython_tags(version, platforms=platforms),
        *tags.compatible_tags(version, name, platforms),
    )
    full = f"3.{python}.0"
    markers = {
        "implementation_name": "cpython",
        "implementation_version": full,
        "os_name": "posix",
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": system.capitalize(),
        "platform_version": "",
        "python_full_version": full,
        "python_version": f"3.{python}",
        "sys_platform": system,
    }
    return {"marker_environment": markers, "compatible_tags": [str(tag) for tag in supported]}


def _platforms(system: str, machine: str) -> list[str]:
    if system == "darwin":
        return list(tags.mac_platforms(_MACOS, machine))
    names = [f"manylinux_2_{minor}_{machine}" for minor in _GLIBC]
    return [*names, f"manylinux2014_{machine}", f"linux_{machine}"]
