"""Advisories from a checkout of pypa/advisory-database, for machines that cannot ask a server.

Its files are in the format of OSV: ``vulns/PACKAGE/ID.yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from .tools import ReleaseError

# Thousands of files are read; parsing them takes a minute.
_MODIFIED = re.compile(r"""^modified: ["']?(\d{4}-\d{2}-\d{2})""", re.MULTILINE)


def newest(database: Path) -> date:
    """Return the day of the newest change of an advisory.

    Raises:
        ReleaseError: the folder has no advisories.
    """
    days = [
        day[1]
        for file in database.glob("vulns/*/*.yaml")
        if (day := _MODIFIED.search(file.read_text()))
    ]
    if not days:
        raise ReleaseError(
            f"{database} has no advisories (vulns/PACKAGE/ID.yaml): name a checkout of "
            "pypa/advisory-database"
        )
    return date.fromisoformat(max(days))


def audit(requirements: Iterable[tuple[str, str]], database: Path) -> dict[str, Any]:
    """Return what is known about these versions, in the form of pip-audit's JSON."""
    folders: dict[str, Path] = {str(canonicalize_name(f.name)): f for f in database.glob("vulns/*")}
    dependencies = []
    for name, version in requirements:
        files = sorted(folders[name].glob("*.yaml")) if name in folders else []
        advisories = [yaml.safe_load(file.read_text()) for file in files]
        hits = [hit for body in advisories if (hit := _hit(body, name, version))]
        dependencies.append({"name": name, "version": version, "vulns": hits})
    return {"dependencies": dependencies}


def _hit(advisory: Mapping[str, Any], name: str, version: str) -> dict[str, Any] | None:
    """Return the id of an advisory and the versions that fix it, if it is about this version."""
    if "withdrawn" in advisory:
        return None
    affected = [
        entry
        for entry in advisory.get("affected", [])
        if canonicalize_name(entry["package"]["name"]) == name
    ]
    if not any(_is_affected(entry, Version(version)) for entry in affected):
        return None
    fixes = [
        event["fixed"]
        for entry in affected
        for versions in _ranges(entry)
        for event in versions["events"]
        if "fixed" in event
    ]
    return {"id": advisory["id"], "fix_versions": fixes}


def _is_affected(entry: Mapping[str, Any], version: Version) -> bool:
    listed = {parsed for text in entry.get("versions", []) if (parsed := _parse(text))}
    return version in listed or any(
        _is_in_range(versions["events"], version) for versions in _ranges(entry)
    )


def _ranges(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the ranges of versions; the others are of commits."""
    return [found for found in entry.get("ranges", []) if found["type"] == "ECOSYSTEM"]


def _is_in_range(events: Iterable[Mapping[str, str]], version: Version) -> bool:
    """Whether the last event up to a version introduces the vulnerability."""
    affected = False
    pairs = [next(iter(event.items())) for event in events]
    for kind, text in sorted(pairs, key=lambda pair: _order(pair[1])):
        begins = _order(text)
        if begins < version or (begins == version and kind != "last_affected"):
            affected = kind == "introduced"
    return affected


def _order(text: str) -> Version:
    # An event that nobody can order comes first: rather one advisory too many than one too few.
    return _parse(text) or Version("0")


def _parse(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None
