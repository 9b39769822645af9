"""``make audit``: known vulnerabilities of the locked dependencies of the package and the images."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.cluster.console import ClusterError
from tests.cluster.layout import PROJECT

from . import tools

# The flags of `uv export` by what is audited. The package with all extras includes the operator's image.
_AUDITED = {
    "package and operator's image": ("--no-dev", "--all-extras"),
    "trainer's image": ("--only-group", "trainer"),
}


def run_audit(folder: Path) -> tuple[bool, str]:
    """Audit all locked dependencies.

    Args:
        folder: folder for intermediate files.

    Returns:
        Whether everything was audited and nothing was found, and the result in Markdown.
    """
    folder.mkdir(parents=True, exist_ok=True)
    clean, lines = True, [f"By pip-audit on {datetime.now(UTC).date()}:", ""]
    for index, (name, selection) in enumerate(_AUDITED.items()):
        locked = folder / f"audit-{index}.txt"
        locked.write_text(tools.requirements(PROJECT, *selection))
        program = str(tools.environment() / "bin" / "pip-audit")
        command = [program, "--requirement", str(locked), "--disable-pip", "--format", "json"]
        command += ["--progress-spinner", "off"]
        done = subprocess.run(command, text=True, capture_output=True, check=False)
        complete, text = describe(name, done.stdout, done.stderr)
        clean &= complete
        lines.append(text)
    return clean, "\n".join(lines)


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
        remedy = "it needs the network: repeat make audit with a connection"
        return False, f"- {name}: **not audited** ({reason}); {remedy}"
    skipped = [found for found in dependencies if "skip_reason" in found]
    if len(skipped) == len(dependencies):
        reason = skipped[0]["skip_reason"] if skipped else "there are no dependencies"
        return False, f"- {name}: **not audited** ({reason}, and so on for all others)"
    lines = [f"  - {found['name']}: not audited ({found['skip_reason']})" for found in skipped]
    vulnerable = 0
    for found in dependencies:
        for hit in found.get("vulns", []):
            vulnerable += 1
            fixed = ", ".join(hit["fix_versions"]) or "none"
            lines.append(f"  - {found['name']} {found['version']}: {hit['id']}, fixed in {fixed}")
    counts = f"{len(dependencies) - len(skipped)} dependencies, {vulnerable} known vulnerabilities"
    return not lines, "\n".join([f"- {name}: {counts}", *lines])


def main() -> int:
    """Print the result, and return 1 if something was found or could not be audited."""
    try:
        clean, text = run_audit(PROJECT / "build" / "audit")
    except ClusterError as error:
        print(f"error: not audited: {error}", file=sys.stderr)
        return 1
    print(text)
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
