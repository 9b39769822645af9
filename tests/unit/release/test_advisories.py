"""Known vulnerabilities by a checkout of advisories."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from release import advisories, audit, licenses
from release.tools import ReleaseError

TODAY = date(2026, 11, 30)


def database(folder: Path, *bodies: dict[str, Any], days: int = 0) -> Path:
    """Write advisories, each with the format of the real ones."""
    for number, body in enumerate(bodies):
        file = folder / "vulns" / body["affected"][0]["package"]["name"] / f"PYSEC-{number}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        modified = f"{TODAY - timedelta(days=days)}T00:00:00Z"
        file.write_text(yaml.safe_dump({"id": file.stem, "modified": modified, **body}))
    return folder


def advisory(name: str, *events: dict[str, str], **more: Any) -> dict[str, Any]:
    ranges = [{"type": "ECOSYSTEM", "events": list(events)}] if events else []
    package = {"ecosystem": "PyPI", "name": name}
    return {"affected": [{"package": package, "ranges": ranges, **more}]}


def hits(folder: Path, name: str, version: str) -> list[str]:
    [found] = advisories.audit([(name, version)], folder)["dependencies"]
    return [hit["id"] for hit in found["vulns"]]


@pytest.mark.parametrize(
    ("version", "affected"),
    [
        *[("0.9", False), ("1.0", True), ("1.9.1", True), ("2.0rc1", True), ("2.0", False)],
        *[("2.5", False), ("3.0", True), ("3.1", True), ("3.1.post1", False)],
    ],
)
def test_ranges_of_versions(tmp_path: Path, version: str, affected: bool) -> None:
    events = (
        {"fixed": "2.0"},  # in no order
        {"introduced": "1.0"},
        {"introduced": "3.0"},
        {"last_affected": "3.1"},
    )
    database(tmp_path, advisory("a", *events))
    assert hits(tmp_path, "a", version) == (["PYSEC-0"] if affected else [])


def test_listed_versions_count_without_a_range(tmp_path: Path) -> None:
    database(tmp_path, advisory("a", versions=["1.0.0", "not a version"]))
    assert hits(tmp_path, "a", "1.0")
    assert not hits(tmp_path, "a", "1.1")


def test_a_range_without_an_end_affects_all_later_versions(tmp_path: Path) -> None:
    database(tmp_path, advisory("a", {"introduced": "0"}))
    assert hits(tmp_path, "a", "99")


def test_names_are_compared_as_the_index_compares_them(tmp_path: Path) -> None:
    database(tmp_path, advisory("Some.Package", {"introduced": "0"}))
    assert hits(tmp_path, "some-package", "1.0")


def test_withdrawn_advisories_and_ranges_of_commits_do_not_count(tmp_path: Path) -> None:
    commits = [{"type": "GIT", "repo": "x", "events": [{"introduced": "0"}]}]
    database(
        tmp_path,
        {**advisory("a", {"introduced": "0"}), "withdrawn": "2026-01-01T00:00:00Z"},
        advisory("a", ranges=commits),
    )
    assert not hits(tmp_path, "a", "1.0")


def run(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[bool, str]:
    monkeypatch.setattr("release.tools.requirements", lambda *_: "a==1.0 \\\n    --hash=x\n")
    return audit.run_audit(tmp_path, folder, TODAY)


def test_a_recent_checkout_is_a_complete_audit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = database(tmp_path / "db", advisory("b", {"introduced": "0"}), days=3)
    clean, text = run(folder, tmp_path, monkeypatch)
    assert clean
    assert f"its newest advisory is of {TODAY - timedelta(days=3)}:" in text
    assert "1 dependencies, 0 known vulnerabilities" in text


def test_what_a_checkout_knows_is_reported_with_its_fix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = database(tmp_path / "db", advisory("a", {"introduced": "0"}, {"fixed": "1.1"}))
    clean, text = run(folder, tmp_path, monkeypatch)
    assert not clean
    assert "a 1.0: PYSEC-0, fixed in 1.1" in text


def test_an_old_checkout_is_not_called_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = database(tmp_path / "db", advisory("b", {"introduced": "0"}), days=31)
    clean, text = run(folder, tmp_path, monkeypatch)
    assert not clean
    assert "**not complete**" in text
    assert "31 days ago: update the checkout" in text


def test_a_folder_without_advisories_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match=r"has no advisories.*checkout of pypa/advisory-data"):
        audit.run_audit(tmp_path, tmp_path)


def test_versions_are_those_of_the_lock_file() -> None:
    locked = "a==1.0 ; python_version < '3.12' \\\n    --hash=x\nb==2.0 \\\n    --hash=y\n"
    assert licenses.locked_packages(locked) == [("a", "1.0"), ("b", "2.0")]
