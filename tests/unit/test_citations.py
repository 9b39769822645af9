"""Citations of the reference of Azure's semantics, and the form of the decision records."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SEMANTICS = ROOT / "docs" / "reference" / "azure-semantics.md"
DECISIONS = ROOT / "docs" / "explanation" / "decisions"
RECORDS = sorted(DECISIONS.glob("0*.md"))
_CITATION = re.compile(r'Azure semantics, "(\w[^"]+)"')
_HEADING = re.compile(r"^##+ (?:[\d.]+ )?(.+)$", re.MULTILINE)
_STATUS = re.compile(
    r"accepted(, amended by \[\d{4}\]\(\d{4}-[a-z-]+\.md\))?"
    r"|superseded by \[\d{4}\]\(\d{4}-[a-z-]+\.md\)"
)


def test_every_cited_heading_of_azures_semantics_exists() -> None:
    headings = set(_HEADING.findall(SEMANTICS.read_text()))
    sources = [*(ROOT / "operator").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
    # A citation may continue on the next line of its comment.
    texts = {path: re.sub(r"\n[ #]*", " ", path.read_text()) for path in sources}
    cited = {
        (path.name, heading) for path, text in texts.items() for heading in _CITATION.findall(text)
    }
    assert len(cited) > 10
    assert {(path, heading) for path, heading in cited if heading not in headings} == set()


@pytest.mark.parametrize("record", RECORDS, ids=[record.stem for record in RECORDS])
def test_a_record_has_the_form_of_an_adr(record: Path) -> None:
    title, *lines = record.read_text().splitlines()
    fields = dict(line.split(": ", 1) for line in lines if line.startswith(("Status: ", "Date: ")))
    assert title.startswith(f"# {record.name[:4]}: ")
    assert _STATUS.fullmatch(fields["Status"])
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", fields["Date"])
    headings = [line for line in lines if line.startswith("## ")]
    assert headings == ["## Context", "## Decision", "## Consequences"]


def test_the_index_lists_every_record() -> None:
    index = (DECISIONS / "README.md").read_text()
    listed = re.findall(
        r"^\| \[(\d{4})\]\((.+?)\) \| (.+?) \| .+ \| (\S+) \|$", index, re.MULTILINE
    )
    expected = []
    for record in RECORDS:
        text = record.read_text()
        title = text.partition("\n")[0].removeprefix(f"# {record.name[:4]}: ")
        date = re.search(r"^Date: (.+)$", text, re.MULTILINE)
        assert date is not None
        expected.append((record.name[:4], record.name, title, date[1]))
    assert listed == expected
