"""Tests that terminals and spreadsheets do not act on untrusted text."""

from __future__ import annotations

import csv
import io
import json
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweepjob.dashboard.event_stream import dump_json
from sweepjob.dashboard.html_report import _data
from sweepjob.render import escaping, output_formats, table
from sweepjob.render.best_parameters import shell_quote

# Sequences that terminals act on: clear the screen, set the title, write to the clipboard, a C1 CSI,
# carriage return; and controls of the text direction.
HOSTILE = [
    "\x1b[2J\x1b[31mred",
    "\x1b]0;title\x07",
    "\x1b]52;c;cm0gLXJm\x07",
    "\x9b31mred",
    "fine\rnot fine",
    "\u202egnp.exe",
    "a\x08\x08b",
    "\x7f",
    "line\u2028separator",
    "half\ud800",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_control_characters_are_not_printed(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    table.print_output(table.format_table(["NAME", text], [["a", text], [f"{text}\nforged", "b"]]))
    table.print_message(f"error: {text}")
    output_formats.print_rows([{"name": "a", "parameters": {text: text}}], "csv", "sweeptrial")
    output_formats.print_rows([{"name": "a", "parameters": {text: text}}], "json", "sweeptrial")
    output_formats.print_rows([{"name": "a", "parameters": {text: text}}], "yaml", "sweeptrial")
    printed = "".join(capsys.readouterr())
    assert all(c.isprintable() or c == "\n" for c in printed), repr(printed)
    assert "\nforged" not in printed, "a cell stays in its line"


@given(st.text())
def test_json_reads_back_the_same(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    assert json.loads(output_formats.json_text({"value": text})) == {"value": text}


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ('=HYPERLINK("http://x","y")', '\'=HYPERLINK("http://x","y")'),
        ("+1+1", "'+1+1"),
        ("-cmd|' /C calc'!A0", "'-cmd|' /C calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("\t=1", "'\t=1"),
        ("-1e-05", "-1e-05"),
        ("+3.5", "+3.5"),
        ("-inf", "-inf"),
        ("adam", "adam"),
        ("", ""),
    ],
)
def test_csv_cells_are_no_formulas(text: str, cell: str) -> None:
    assert escaping.escape_csv_cell(text) == cell


def test_parameter_names_are_no_formulas(capsys: pytest.CaptureFixture[str]) -> None:
    output_formats.print_rows(
        [{"name": "a", "parameters": {"=1+1": "=2+2", "lr": 0.5}}], "csv", "sweeptrial"
    )
    read = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert read == [["name", "'=1+1", "lr"], ["a", "'=2+2", "0.5"]]


@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), max_size=40))
def test_a_shell_reads_back_the_same(text: str) -> None:
    quoted = shell_quote(text)
    assert all(c.isprintable() for c in quoted)
    done = subprocess.run(
        ["bash", "-c", f"printf %s {quoted}"], capture_output=True, check=True, timeout=20
    )
    assert done.stdout.decode() == text


def test_half_characters_can_be_written_into_reports_and_events() -> None:
    for text in (_data([{"name": "half\ud800"}]), dump_json({"name": "half\ud800"})):
        assert "half?" in text.encode().decode()
