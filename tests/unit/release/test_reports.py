"""The release notes, the audit, the licences, and the workflow."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from sweepjob import __version__

from release import audit, changelog, licenses
from release.tools import ReleaseError

ROOT = Path(__file__).parents[3]
CHANGES = "# Changelog\n\n## [1.1.0] - unreleased\n\n### Added\n\n- New.\n\n## [1.0.0] - 2026-01-02\n\n- Old.\n\n## [0.9.0]\n"


def test_the_notes_are_the_section_of_the_version() -> None:
    assert changelog.section(CHANGES, "1.1.0") == ("unreleased", "### Added\n\n- New.")
    assert changelog.section(CHANGES, "1.0.0") == ("2026-01-02", "- Old.")
    with pytest.raises(ReleaseError, match=r"no section '## \[2\.0\.0\]"):
        changelog.section(CHANGES, "2.0.0")
    with pytest.raises(ReleaseError, match=r"\[0\.9\.0\] of CHANGELOG\.md is empty"):
        changelog.section(CHANGES, "0.9.0")
    text = changelog.notes("1.0.0", "c0ffee", "- Old.", "- package: **not audited** (offline)")
    assert text.index("c0ffee") < text.index("- Old.") < text.index("not audited")


def test_the_changelog_has_a_section_of_the_next_release() -> None:
    _, text = changelog.section((ROOT / "CHANGELOG.md").read_text(), __version__)
    assert "### Added" in text


def dependency(name: str, *ids: str, **more: object) -> dict[str, object]:
    vulns = [{"id": found, "fix_versions": ["2.0"] if found != "NOFIX" else []} for found in ids]
    return {"name": name, "version": "1.0", "vulns": vulns, **more}


def test_links_into_the_repository_are_no_links_in_the_notes() -> None:
    text = "## [1.0.0] - 2026-01-02\n\n- [Warnings](docs/w.md) and [SemVer](https://semver.org).\n"
    _, notes = changelog.section(text, "1.0.0")
    assert notes == "- Warnings and [SemVer](https://semver.org)."


def test_licenses_are_those_of_the_metadata() -> None:
    locked = "rich==15.0.0 \\\n    --hash=sha256:1\ncolorama==0.4.6 ; sys_platform == 'win32' \\\n"
    assert licenses.locked_packages(locked) == [("rich", "15.0.0")]
    assert licenses.license_of("pyyaml").startswith("MIT")
    with pytest.raises(ReleaseError, match="no-such-package is locked but not installed"):
        licenses.license_of("no-such-package")


@pytest.mark.parametrize(
    ("output", "errors", "said"),
    [
        (
            "",
            "WARNING: x\nConnectionError: offline",
            r"not audited\*\* \(ConnectionError: offline\); it needs the net",
        ),
        ("[]", "", "not audited"),
        ('{"dependencies": []}', "", "not audited"),
        (
            json.dumps({"dependencies": [{"name": "a", "skip_reason": "not found"}]}),
            "",
            r"not audited\*\* \(not found, .*; it needs the network.*, or with ADVISORIES",
        ),
    ],
)
def test_an_audit_that_could_not_finish_is_not_called_clean(
    output: str, errors: str, said: str
) -> None:
    clean, text = audit.describe("package", output, errors)
    assert not clean
    assert re.search(said, text)


def test_what_an_audit_found_and_left_out_is_listed() -> None:
    found = [
        dependency("a"),
        dependency("b", "CVE-1", "NOFIX"),
        {"name": "c", "skip_reason": "local"},
    ]
    clean, text = audit.describe("package", json.dumps({"dependencies": found}), "")
    assert not clean
    assert "2 dependencies, 2 known vulnerabilities" in text
    assert "b 1.0: CVE-1, fixed in 2.0" in text
    assert "b 1.0: NOFIX, fixed in none" in text
    assert "c: not audited (local)" in text
    complete = json.dumps({"dependencies": found[:1]})
    assert audit.describe("p", complete, "") == (
        True,
        "- p: 1 dependencies, 0 known vulnerabilities",
    )


def test_the_workflow_makes_what_make_release_makes() -> None:
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text()
    workflow = yaml.safe_load(text)
    makefile = (ROOT / "Makefile").read_text()
    recipe = makefile[makefile.index("\nrelease:") : makefile.index(".PHONY: audit")]
    known = set(re.findall(r"\$\((\w+)\)", recipe)) - {"PYTHON"}
    runs = [step["run"] for step in workflow["jobs"]["release"]["steps"] if "run" in step]
    [command] = [run for run in runs if run.startswith("make ")]
    given = set(re.findall(r"(\w+)=", command)) | set(workflow["jobs"]["release"]["env"])
    # A variable that make does not know would be ignored without a word.
    assert given - {"TAG"} <= known
    assert {"VERSION", "SIGNING_KEY", "REGISTRY", "RELEASE_URL"} <= given
    assert not re.search(
        r"\$\{\{ *(github\.event|github\.head_ref)", text
    )  # text of strangers in a shell
