"""Tags and the note of a trial, which people set: labels and an annotation of its SweepTrial.

The operator reads them and never writes them. ``kubectl get sweeptrials -l`` finds trials by their tags.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .. import names
from ..parsing.lenient_reader import LenientReader

# A label's key has 63 characters behind the slash, and its value as many.
LONGEST_KEY = 63 - len(names.LABEL_TAG.partition("/")[2])
LONGEST_VALUE = 63
LONGEST_NOTE = 2000  # characters
MOST_TAGS = 32  # of a trial
_WORD = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?")
_ALLOWED = "letters, digits, '-', '_' and '.', and begins and ends with a letter or a digit"
# C0 controls except tab and line feed, which nobody types, and halves of characters.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
Tags = Mapping[str, str]
_NONE: Tags = {}  # shared by the trials without tags; never changed


@dataclass(frozen=True, slots=True)
class AnnotationChange:
    """A change of the tags and the note of a trial.

    Attributes:
        tags: the new values of tags by key; None removes a tag. Other tags stay.
        note: the new note; empty removes it, None leaves it.
    """

    tags: Mapping[str, str | None] = field(default_factory=dict)
    note: str | None = None

    def check(self, tags: Tags) -> None:
        """Check that a trial can have the tags and the note.

        Args:
            tags: its tags before the change.

        Raises:
            ValueError: it cannot; the message says why, and what to do.
        """
        for key, value in self.tags.items():
            check_tag(key, value or "")
        if self.note is not None:
            check_note(self.note)
        added = [key for key, value in self.tags.items() if value is not None and key not in tags]
        removed = [key for key, value in self.tags.items() if value is None and key in tags]
        if added and len(tags) + len(added) - len(removed) > MOST_TAGS:
            raise ValueError(f"a trial has at most {MOST_TAGS} tags; remove some, or write a note")

    def metadata(self) -> dict[str, Any]:
        """Return the metadata to merge into the SweepTrial."""
        labels = {names.LABEL_TAG + key: value for key, value in self.tags.items()}
        note = {} if self.note is None else {names.ANNOTATION_NOTE: self.note or None}
        changed = {"labels": labels, "annotations": note}
        return {key: values for key, values in changed.items() if values}

    def dump(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"tags": dict(self.tags)} | ({} if self.note is None else {"note": self.note})

    @classmethod
    def parse(cls, data: Any) -> AnnotationChange:
        """Read it from JSON values.

        Raises:
            ValueError: it is malformed.
        """
        if not isinstance(data, dict) or not set(data) <= {"tags", "note"}:
            raise ValueError("a change is an object with the keys tags and note")
        tags, note = data.get("tags", {}), data.get("note")
        is_map = isinstance(tags, dict) and all(
            isinstance(value, str | None) for value in tags.values()
        )
        if not is_map:
            raise ValueError("tags are an object of texts; null removes a tag")
        if not isinstance(note, str | None):
            raise ValueError("note is a text; an empty one removes the note")
        return cls(tags, note)


def check_tag(key: str, value: str) -> None:
    """Check that a tag is a valid label.

    Raises:
        ValueError: it is not; the message says why.
    """
    if len(key) > LONGEST_KEY or not _WORD.fullmatch(key):
        raise ValueError(f"tag {_quoted(key)}: a key has 1 to {LONGEST_KEY} characters: {_ALLOWED}")
    if len(value) > LONGEST_VALUE or (value and not _WORD.fullmatch(value)):
        raise ValueError(
            f"tag {key}: the value {_quoted(value)} is not allowed: a value has at most "
            f"{LONGEST_VALUE} characters: {_ALLOWED}. Write free text as a note"
        )


def check_note(text: str) -> None:
    """Check that a text can be a note.

    Raises:
        ValueError: it cannot; the message says why.
    """
    if len(text) > LONGEST_NOTE:
        raise ValueError(
            f"the note has {len(text):,} characters; a note has at most {LONGEST_NOTE:,}"
        )
    if found := _CONTROLS.search(text):
        raise ValueError(
            f"the note has the control character U+{ord(found[0]):04X} at position "
            f"{found.start() + 1}; remove it"
        )


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 100 else f"{text[:100]}...")


def parse_tags(metadata: LenientReader, most: int | None = None) -> Tags:
    """Return the tags in an object's metadata, ordered by key.

    Args:
        metadata: the metadata, also one that another program has written.
        most: how many to return at most; None for all.
    """
    labels = metadata.child("labels").data
    keys = sorted(key for key in labels if key.startswith(names.LABEL_TAG))[:most]
    found = {key.removeprefix(names.LABEL_TAG): str(labels[key]) for key in keys}
    return found or _NONE


def parse_note(metadata: LenientReader) -> str:
    """Return the note in an object's metadata; empty without one.

    A longer one, which another program has written, is cut, and says so.

    Args:
        metadata: the metadata.
    """
    text = metadata.child("annotations").text(names.ANNOTATION_NOTE)
    if len(text) <= LONGEST_NOTE:
        return text
    return f"{text[:LONGEST_NOTE]} ... (cut: the note has {len(text):,} characters)"


def format_tags(tags: Tags) -> str:
    """Return tags as a text, as kubectl shows labels: ``keep=yes,owner=ana``."""
    return ",".join(f"{key}={value}" if value else key for key, value in tags.items())


@dataclass(frozen=True, slots=True)
class TagFilter:
    """What tags of trials a user asks for.

    Attributes:
        key: the key of a tag.
        value: its value; None for any.
    """

    key: str
    value: str | None = None

    @classmethod
    def parse(cls, text: str) -> TagFilter:
        """Read ``KEY`` or ``KEY=VALUE``.

        Raises:
            ValueError: no tag can have this key or this value.
        """
        key, equals, value = text.partition("=")
        check_tag(key, value)
        return cls(key, value if equals else None)

    def matches(self, tags: Tags) -> bool:
        """Return whether a trial's tags have it."""
        return self.key in tags and self.value in (None, tags[self.key])
