"""Suggests what a misspelled word was probably meant to be.

The words are of anybody who may write a spec or a metric. difflib takes a millisecond to compare two
words of a hundred letters that repeat, so it compares few and short ones.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from itertools import islice, pairwise

_MAX_COMPARED = 400  # words
_MAX_CLOSE = 5  # words that difflib compares
_MAX_LENGTH = 60  # characters of a word
_SIMILARITY = 0.6


def closest(word: str, known: Iterable[str], similarity: float = _SIMILARITY) -> str:
    """Return the known word that is most like another one; empty where none is.

    Args:
        word: the misspelled word.
        known: the words that it may have been; the first 400 count.
        similarity: difflib's ratio that the word has at least, from 0 to 1.
    """
    own = word[:_MAX_LENGTH]
    pairs = _pairs(own)
    words = {other[:_MAX_LENGTH]: other for other in islice(known, _MAX_COMPARED)}
    likely = heapq.nlargest(_MAX_CLOSE, words, key=lambda other: _overlap(pairs, _pairs(other)))
    import difflib  # slow to import, and needed for a mistake only

    close = difflib.get_close_matches(own, likely, 1, similarity)
    return words[close[0]] if close else ""


def _pairs(word: str) -> set[str]:
    """Return the letters of a word, and its pairs of neighbours."""
    return {*word, *map("".join, pairwise(word))}


def _overlap(first: set[str], second: set[str]) -> float:
    return len(first & second) / (len(first) + len(second) or 1)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word that is most like another one; empty where none is.

    The comparison ignores case, ``-`` and ``_``.

    Args:
        word: the misspelled word.
        known: the words that it may have been.
    """
    plain = {_plain(other): other for other in islice(known, _MAX_COMPARED)}
    own = _plain(word)
    if own in plain:
        return plain[own]
    begun = [name for start, name in plain.items() if len(own) > 1 and start.startswith(own)]
    if len(begun) == 1:  # max for maximize
        return begun[0]
    return plain.get(closest(own, plain), "")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a clause with the nearest word, such as ``; did you mean uniform?``; empty without one.

    Args:
        word: the misspelled word.
        known: the words that it may have been.
    """
    found = nearest(word, known)
    return f"; did you mean {found}?" if found else ""


def _plain(word: str) -> str:
    return word[:1000].lower().replace("-", "").replace("_", "")
