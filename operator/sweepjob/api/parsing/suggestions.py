"""Suggests what a misspelled word was probably meant to be."""

from __future__ import annotations

from collections.abc import Iterable

_MAX_COMPARED = 400  # words
_MAX_LENGTH = 100  # characters of a word
_SIMILARITY = 0.6


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word that is most like another one; empty where none is.

    The comparison ignores case, ``-`` and ``_``.

    Args:
        word: the misspelled word.
        known: the words that it may have been.
    """
    plain = {_plain(other): other for other in [*known][:_MAX_COMPARED]}
    own = _plain(word)
    if own in plain:
        return plain[own]
    begun = [name for start, name in plain.items() if len(own) > 1 and start.startswith(own)]
    if len(begun) == 1:  # max for maximize
        return begun[0]
    import difflib  # slow to import, and needed for a mistake only

    close = difflib.get_close_matches(own, plain, 1, _SIMILARITY)
    return plain[close[0]] if close else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a clause with the nearest word, such as ``; did you mean uniform?``; empty without one.

    Args:
        word: the misspelled word.
        known: the words that it may have been.
    """
    found = nearest(word, known)
    return f"; did you mean {found}?" if found else ""


def _plain(word: str) -> str:
    return word[:_MAX_LENGTH].lower().replace("-", "").replace("_", "")
