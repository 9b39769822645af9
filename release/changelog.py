"""The release notes: the section of the changelog, and the result of the audit."""

from __future__ import annotations

import re

from .tools import ReleaseError


def section(text: str, version: str) -> tuple[str, str]:
    """Return the date and the text of the section of a version.

    Args:
        text: a changelog in the format of Keep a Changelog.
        version: the version.

    Raises:
        ReleaseError: it has no section of the version, or an empty one.
    """
    headings = r"^## \[(.+?)\](?: - (.+))?$\n"
    parts = re.split(headings, text, flags=re.MULTILINE)
    for found, date, body in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        if found == version:
            if not body.strip():
                raise ReleaseError(f"the section [{version}] of CHANGELOG.md is empty")
            # Links to files of the repository lead nowhere from a page of a release.
            return (date or "unreleased"), re.sub(
                r"\[([^\]]+)\]\((?!https?:)[^)]+\)", r"\1", body.strip()
            )
    raise ReleaseError(f"CHANGELOG.md has no section '## [{version}] - YYYY-MM-DD'; write one")


def notes(version: str, commit: str, changes: str, audit: str) -> str:
    """Return the release notes.

    Args:
        version: the version.
        commit: hash of the commit.
        changes: the section of the changelog.
        audit: result of the audit.
    """
    parts = (
        f"# SweepJob {version}",
        f"Made from commit {commit}. `SHA256SUMS` lists all files; docs/how-to/verify-release.md in "
        "the sources says how to verify and install them.",
        changes,
        f"## Known vulnerabilities of dependencies\n\n{audit}",
    )
    return "\n\n".join(parts) + "\n"
