"""Tags and notes of trials: what is allowed, what is read, and that the operator leaves them alone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sweepjob.api.parsing.lenient_reader import LenientReader
from sweepjob.api.sweeptrial.annotations import (
    LONGEST_KEY,
    LONGEST_NOTE,
    LONGEST_VALUE,
    MOST_TAGS,
    AnnotationChange,
    TagFilter,
    check_tag,
    format_tags,
    parse_note,
    parse_tags,
)
from sweepjob.api.sweeptrial.serialization import parse_record
from sweepjob.dashboard.document import build_document
from sweepjob.objective import Goal
from sweepjob.read_model.trial_view import TrialView

from .cli.bodies import NOW, sweep_body, trial_body


def tagged(labels: dict[str, Any], note: Any = None, index: int = 0) -> dict[str, Any]:
    body = trial_body(index, [0.1])
    body["metadata"]["labels"] |= labels
    body["metadata"]["annotations"] = {} if note is None else {"sweepjob.dev/note": note}
    return body


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("keep", ""),
        ("a", "B_c.d-9"),
        ("k" * LONGEST_KEY, "v" * LONGEST_VALUE),
        ("Team.Owner_1", "0"),
    ],
)
def test_a_tag_is_a_valid_label(key: str, value: str) -> None:
    check_tag(key, value)
    labels = AnnotationChange({key: value}).metadata()["labels"]
    assert labels == {f"sweepjob.dev/tag-{key}": value}
    [label] = labels
    assert len(label.partition("/")[2]) <= 63


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("", "x", "a key has 1 to 59 characters"),
        ("-a", "x", "begins and ends with a letter or a digit"),
        ("a-", "x", "tag 'a-': a key has"),
        ("a/b", "x", "tag 'a/b'"),
        ("a b", "", "tag 'a b'"),
        ("é", "", "tag 'é'"),
        ("k" * (LONGEST_KEY + 1), "", "a key has 1 to 59"),
        ("a\n", "", r"tag 'a\n'"),
        ("k", "two words", "Write free text as a note"),
        ("k", "x\n", r"the value 'x\n' is not allowed"),
        ("k", "-x", "the value '-x' is not allowed"),
        ("k", "v" * (LONGEST_VALUE + 1), "at most 63 characters"),
        ("k", "<b>", "the value '<b>'"),
    ],
)
def test_what_is_no_label_is_refused_with_the_remedy(key: str, value: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        AnnotationChange({key: value}).check({})


def test_a_note_is_any_text_of_bounded_length() -> None:
    AnnotationChange(note="first line\n\tsecond <b> \u202e line").check({})
    AnnotationChange(note="x" * LONGEST_NOTE).check({})
    with pytest.raises(ValueError, match="the note has 2,001 characters; a note has at most 2,000"):
        AnnotationChange(note="x" * (LONGEST_NOTE + 1)).check({})
    with pytest.raises(ValueError, match=r"control character U\+001B at position 3; remove it"):
        AnnotationChange(note="ab\x1b[31m").check({})
    with pytest.raises(ValueError, match=r"U\+D800"):
        AnnotationChange(note="\ud800").check({})


def test_a_trial_has_so_many_tags_at_most() -> None:
    full = {f"t{n}": "" for n in range(MOST_TAGS)}
    with pytest.raises(ValueError, match="at most 32 tags; remove some, or write a note"):
        AnnotationChange({"new": ""}).check(full)
    AnnotationChange({"new": "", "t0": None}).check(full)
    AnnotationChange({"t0": "x"}).check(full)
    # kubectl has added more: they can be changed and removed.
    AnnotationChange({"more": "x", "t1": None}).check({**full, "more": ""})


def test_a_change_merges_into_the_metadata() -> None:
    change = AnnotationChange({"keep": "yes", "old": None}, "text")
    assert change.metadata() == {
        "labels": {"sweepjob.dev/tag-keep": "yes", "sweepjob.dev/tag-old": None},
        "annotations": {"sweepjob.dev/note": "text"},
    }
    assert AnnotationChange(note="").metadata() == {"annotations": {"sweepjob.dev/note": None}}
    assert AnnotationChange({}).metadata() == {}
    assert AnnotationChange.parse(change.dump()) == change
    assert AnnotationChange.parse({"tags": {"a": None}}).note is None


@pytest.mark.parametrize(
    "data",
    [
        *([], None, "x", {"tag": {}}, {"tags": []}, {"tags": {"a": 1}}, {"tags": {"a": ["b"]}}),
        *({"note": 1}, {"tags": {}, "note": "x", "spec": {"stop": True}}),
    ],
)
def test_a_malformed_change_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match=r"tags|note"):
        AnnotationChange.parse(data)


def test_a_record_has_its_tags_and_its_view_the_note() -> None:
    body = tagged({"sweepjob.dev/tag-b": "2", "sweepjob.dev/tag-a": "", "other": "x"}, "good")
    view = TrialView.of(body, Goal.MAXIMIZE)
    assert dict(view.tags) == {"a": "", "b": "2"}
    assert dict(view.record.tags) == {"a": "", "b": "2"}
    assert view.note == "good"
    assert format_tags(view.tags) == "a,b=2"
    plain = TrialView.of(trial_body(1, [0.1]), Goal.MAXIMIZE)
    assert (dict(plain.tags), plain.note) == ({}, "")


@pytest.mark.parametrize("labels", [None, [], "x", {"sweepjob.dev/tag-a": 3}])
@pytest.mark.parametrize("annotations", [None, [], {"sweepjob.dev/note": {"x": 1}}])
def test_metadata_that_cannot_be_read_holds_no_trial_up(labels: Any, annotations: Any) -> None:
    body = trial_body(0, [0.1])
    body["metadata"] |= {"labels": labels, "annotations": annotations}
    record = parse_record(body)
    assert not record.is_unmanaged
    assert TrialView.of(body, Goal.MAXIMIZE).note == ""


def test_tags_of_others_do_not_fill_the_cache_and_a_long_note_is_cut_with_a_word() -> None:
    many = {f"sweepjob.dev/tag-t{n:04}": "x" for n in range(5000)}
    body = tagged(many, "y" * 100_000)
    assert len(parse_record(body).tags) == MOST_TAGS
    view = TrialView.of(body, Goal.MAXIMIZE)
    assert len(view.tags) == 5000
    assert view.note.endswith("y ... (cut: the note has 100,000 characters)")
    meta = LenientReader(body["metadata"], "metadata")
    assert len(parse_tags(meta, 3)) == 3
    assert len(parse_note(meta)) < LONGEST_NOTE + 100


def test_a_document_has_them_only_where_there_are_any() -> None:
    bodies = [tagged({"sweepjob.dev/tag-keep": "yes"}, "good"), trial_body(1, [0.1])]
    first, second = build_document(sweep_body(), bodies, NOW)["trials"]
    assert (first["tags"], first["note"]) == ({"keep": "yes"}, "good")
    assert not {"tags", "note"} & set(second)


def test_a_filter_takes_a_key_or_a_value() -> None:
    tags = {"keep": "yes", "old": ""}
    assert TagFilter.parse("keep").matches(tags)
    assert TagFilter.parse("keep=yes").matches(tags)
    assert TagFilter.parse("old=").matches(tags)
    assert not TagFilter.parse("keep=").matches(tags)
    assert not TagFilter.parse("keep=no").matches(tags)
    assert not TagFilter.parse("new").matches(tags)
    with pytest.raises(ValueError, match="a key has"):
        TagFilter.parse("=yes")
