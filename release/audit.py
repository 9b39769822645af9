"""``make audit``: known vulnerabilities of the locked dependencies of the package and the images."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from tests.cluster.console import ClusterError
from tests.cluster.layout import PROJECT

from . import advisories, licenses, tools

# The flags of `uv export` by what is audited. The package with all extras includes the operator's image.
_AUDITED = {
    "package and operator's image": ("--no-dev", "--all-extras"),
    "trainer's image": ("--only-group", "trainer"),
}
# Days. New advisories appear every week.
_RECENT = 30
_REMEDY = "it needs the network: repeat make audit with a connection, or with ADVISORIES"


def run_audit(
    folder: Path, database: Path | None = None, today: date | None = None
) -> tuple[bool, str]:
    """Audit all locked dependencies.

    Args:
        folder: folder for intermediate files.
        database: a checkout of pypa/advisory-database; None asks the package index.
        today: the date; None for that of the clock, in UTC.

    Returns:
        Whether everything was audited and nothing was found, and the result in Markdown.

    Raises:
        ReleaseError: the database has no advisories.
    """
    folder.mkdir(parents=True, exist_ok=True)
    current, heading = _source(database, today or datetime.now(UTC).date())
    clean, lines = current, [heading, ""]
    for index, (name, selection) in enumerate(_AUDITED.items()):
        locked = tools.requirements(PROJECT, *selection)
        if database is None:
            output, errors = _pip_audit(folder / f"audit-{index}.txt", locked)
        else:
            output = json.dumps(advisories.audit(licenses.locked_packages(locked), database))
            errors = ""
        complete, text = describe(name, output, errors)
        clean &= complete
        lines.append(text)
    return clean, "\n".join(lines)


def _source(database: Path | None, today: date) -> tuple[bool, str]:
    """Return whether the advisories are recent, and where they come from."""
    if database is None:
        return True, f"By pip-audit on {today}:"
    said = f"By a checkout of pypa/advisory-database on {today}"
    newest = advisories.newest(database)
    days = (today - newest).days
    since = f"its newest advisory is of {newest}"
    if days <= _RECENT:
        return True, f"{said}; {since}:"
    return False, f"{said}; **not complete**, {since}, {days} days ago: update the checkout:"


def _pip_audit(file: Path, locked: str) -> tuple[str, str]:
    """Return the standard output and the standard error of pip-audit."""
    file.write_text(locked)
    program = str(tools.environment() / "bin" / "pip-audit")
    command = [program, "--requirement", str(file), "--disable-pip", "--format", "json"]
    command += ["--progress-spinner", "off"]
    done = subprocess.run(command, text=True, capture_output=True, check=False)
    return done.stdout, done.stderr


def describe(name: str, output: str, errors: str) -> tuple[bool, str]:
    """Return whether one audit is complete and found nothing, and its result in Markdown.

    Args:
        name: what was audited.
        output: standard output of pip-audit; no JSON if it could not finish.
        errors: standard error of pip-audit.
    """
    try:
        dependencies: list[dict[str, Any]] = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        reason = (errors.strip().splitlines() or ["pip-audit printed nothing"])[-1]
        return False, f"- {name}: **not audited** ({reason}); {_REMEDY}"
    skipped = [found for found in dependencies if "skip_reason" in found]
    if len(skipped) == len(dependencies):
        reason = skipped[0]["skip_reason"] if skipped else "there are no dependencies"
        return False, f"- {name}: **not audited** ({reason}, and so on for all others); {_REMEDY}"
    lines = [f"  - {found['name']}: not audited ({found['skip_reason']})" for found in skipped]
    vulnerable = 0
    for found in dependencies:
        for hit in found.get("vulns", []):
            vulnerable += 1
            fixed = ", ".join(hit["fix_versions"]) or "none"
            lines.append(f"  - {found['name']} {found['version']}: {hit['id']}, fixed in {fixed}")
    counts = f"{len(dependencies) - len(skipped)} dependencies, {vulnerable} known vulnerabilities"
    return not lines, "\n".join([f"- {name}: {counts}", *lines])


def add_argument(parser: argparse.ArgumentParser) -> None:
    """Let the command name a checkout of advisories."""
    parser.add_argument(
        "--advisories",
        type=lambda text: Path(text) if text else None,
        help="a checkout of pypa/advisory-database; the package index is asked by default",
    )


def main() -> int:
    """Print the result, and return 1 if something was found or could not be audited."""
    parser = argparse.ArgumentParser(prog="python -m release.audit", description=__doc__)
    add_argument(parser)
    try:
        clean, text = run_audit(PROJECT / "build" / "audit", parser.parse_args().advisories)
    except (ClusterError, tools.ReleaseError) as error:
        print(f"error: not audited: {error}", file=sys.stderr)
        return 1
    print(text)
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
