"""Finds the places of values in a shell's text.

A scanner of the quoting of POSIX shells, as far as dash and bash agree; where they do not, or a value
could not be kept from having an effect, the place has a ``refusal``. Its own, since ``shlex`` knows words
alone, and bashlex (GPL) parses whole commands and raises at what it does not know. Time is in proportion
to the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from .here_documents import announced, extent
from .shell_contexts import MARK, Context, Document, Place

_DEEPEST = 8  # texts within texts: back quotes and here-documents
_PLAIN = re.compile(r"[^\0'\"\\$`#(){}\[\]<>;&|\s]+")
_OPERATOR = re.compile(r"([A-Za-z0-9_]+|[@*?$!#-])?(?:(:?[-=+?])|(##?|%%?))?")
_CASE = re.compile(r"case\s")
_NESTED = "quotes within ${...} within quotes differ by shell"
_OPEN = "behind something that is opened, and not closed where it should be"


def places(text: str) -> list[Place]:
    """The place of each ``MARK`` in a shell's text, in their order."""
    return _Scanner(text, Context.WORD, 0).run()


@dataclass(slots=True)
class _Frame:
    """Something that has been opened. Kinds: the closing text of code, quotes and the like."""

    closing: str
    context: Context
    depth: int = 0
    pending: list[Document] = field(default_factory=list)
    refusal: str = ""

    @property
    def is_double(self) -> bool:
        return self.context in (Context.DOUBLE, Context.DOCUMENT, Context.BRACES)


class _Scanner:
    def __init__(self, text: str, context: Context, depth: int) -> None:
        self.text, self.at, self.level = text, 0, depth
        self.frames = [_Frame("", context)]
        self.found: list[Place] = []
        self.doubt = "it stands too deep" if depth > _DEEPEST else ""
        self.starts_word = True

    def run(self) -> list[Place]:
        while self.at < len(self.text):
            frame = self.frames[-1]
            if frame.context is Context.ARITHMETIC:
                self._arithmetic(frame)
            elif frame.is_double:
                self._double(frame)
            else:
                self._code(frame)
        return self.found

    def _place(self, context: Context, length: int = 1, before: str = "") -> None:
        self.at += length
        refusal = self.frames[-1].refusal or self.doubt
        if before and context is Context.ARITHMETIC:
            refusal = refusal or f"behind {before} in arithmetic"
        redirected = self.text[self.at : self.at + 1] in ("<", ">") and context is Context.WORD
        self.found.append(Place(context, 0, before, redirected, refusal=refusal))
        self.starts_word = False

    def _open(self, closing: str, context: Context, length: int, refusal: str = "") -> None:
        self.at += length
        refusal = self.frames[-1].refusal or refusal
        self.frames.append(_Frame(closing, context, refusal=refusal))
        self.starts_word = True

    def _close(self, length: int = 1) -> None:
        self.at += length
        if self.frames.pop().pending:
            self.doubt = self.doubt or _OPEN
        self.starts_word = False

    # Outside of quotes.

    def _code(self, frame: _Frame) -> None:
        char = self.text[self.at]
        if char == MARK:
            self._place(Context.WORD)
        elif char in "\\$`":
            self._special(Context.WORD)
        elif char == "'":
            self._single_quoted()
        elif char == '"':
            within = frame.closing == "}" and self.frames[-2].is_double
            self._open('"', Context.DOUBLE, 1, _NESTED if within else "")
        elif frame.closing == "}":
            self._close() if char == "}" else self._word(frame)
        elif char in "()":
            self._parenthesis(frame, char)
        elif char in " \t\r\f\v;&|<>\n#":
            self._separator(frame, char)
        else:
            self._word(frame)

    def _separator(self, frame: _Frame, char: str) -> None:
        if char == "#":
            end = self.text.find("\n", self.at) if self.starts_word else self.at + 1
            self._stretch(end, Context.COMMENT)
            self.starts_word = False
            return
        self.starts_word = True
        if self.text.startswith("<<", self.at):
            self._announce(frame)
            return
        self.at += 1
        if char == "\n":
            self._documents(frame)

    def _word(self, frame: _Frame) -> None:
        if frame.closing == ")" and self.starts_word and _CASE.match(self.text, self.at):
            self.doubt = "behind a case in $(...), whose end shells find in different ways"
        plain = _PLAIN.match(self.text, self.at)
        self.at = plain.end() if plain else self.at + 1
        self.starts_word = False

    def _parenthesis(self, frame: _Frame, char: str) -> None:
        self.starts_word = True
        if char == "(" and self.text.startswith("((", self.at):
            self._open("))", Context.ARITHMETIC, 2)
        elif char == "(":
            self.at, frame.depth = self.at + 1, frame.depth + 1
        elif frame.depth or frame.closing != ")":
            self.at, frame.depth = self.at + 1, max(0, frame.depth - 1)
        else:
            self._close()

    def _single_quoted(self) -> None:
        self.at += 1
        self._stretch(self.text.find("'", self.at), Context.SINGLE)
        self.at += 1
        self.starts_word = False

    def _stretch(self, end: int, context: Context, document: Document | None = None) -> None:
        """Up to there every value is in the same place."""
        end = len(self.text) if end < 0 else end
        for _ in range(self.text.count(MARK, self.at, end)):
            self._place(context, 0)
            self.found[-1] = replace(self.found[-1], document=document, is_redirected=False)
        self.at = end

    def _dollar_quoted(self) -> None:
        """``$'...'``: older shells see single quotes there, which end earlier."""
        begin = self.at = self.at + 2
        while (end := self.text.find("'", self.at)) >= 0:
            escapes = end - len(self.text[begin:end].rstrip("\\")) - begin
            if escapes % 2 == 0:
                break
            self.doubt = self.doubt or "behind a \\' in $'...', which some shells take for its end"
            self._stretch(end, Context.DOLLAR)
            begin = self.at = end + 1
        self._stretch(end, Context.DOLLAR)
        self.at += 1
        self.starts_word = False

    # In double quotes, here-documents and ${...} inside them.

    def _double(self, frame: _Frame) -> None:
        char = self.text[self.at]
        if char == MARK:
            self._place(frame.context)
        elif char in "\\$`":
            self._special(frame.context)
        elif char == frame.closing:
            self._close()
        elif char == '"' and frame.context is Context.BRACES:
            self._open('"', Context.DOUBLE, 1, _NESTED)
        else:
            plain = _PLAIN.match(self.text, self.at)
            self.at = plain.end() if plain else self.at + 1

    def _special(self, context: Context) -> None:
        """A backslash, a dollar or a back quote, where they have a meaning."""
        text, char, follows = self.text, self.text[self.at], self.text[self.at + 1 : self.at + 2]
        if char == "`":
            self._back_quotes(context)
        elif follows == MARK:
            self._place(context, 2, before=char)
        elif char == "\\":
            self.at += 2
            self.starts_word = False
        elif follows == "'" and context is Context.WORD:
            self._dollar_quoted()
        elif text.startswith("$((", self.at):
            self._open("))", Context.ARITHMETIC, 3)
        elif follows == "(":
            self._open(")", Context.WORD, 2)
        elif follows == "[":
            self._open("]", Context.ARITHMETIC, 2)
        elif follows == "{":
            self._braces(context)
        else:
            self.at += 1 if follows in ('"', "'") else 2
            self.starts_word = False

    def _braces(self, around: Context) -> None:
        """``${NAME:-...}`` and ``${NAME#...}``, a pattern, in which quotes count also within quotes."""
        operator = _OPERATOR.match(self.text, self.at + 2)
        assert operator is not None, "it may be empty"
        inside = Context.WORD if around is Context.WORD or operator[3] else Context.BRACES
        refusal = ""
        if around in (Context.DOCUMENT, Context.ARITHMETIC):
            refusal = f"${{...}} {around.value} differs by shell"
        elif not operator[1]:
            refusal = "the name of a variable cannot be a value"
        elif not (operator[2] or operator[3]):
            refusal = "with this operator it may be anything in ${...}"
        self._open("}", inside, operator.end() - self.at, refusal)
        self.starts_word = False

    def _back_quotes(self, around: Context) -> None:
        """What is inside is a text of its own, from which backslashes are taken before it is read."""
        escaped = "\\`$" if around is Context.WORD else '\\`$"'
        begin, chars = self.at + 1, list[str]()
        end = begin
        while end < len(self.text) and self.text[end] != "`":
            if self.text[end] == "\\" and self.text[end + 1 : end + 2] in tuple(escaped):
                if self.text[end + 1] == '"' and around is not Context.DOUBLE:
                    self.doubt = self.doubt or f"back quotes {around.value} differ by shell"
                end += 1
            chars.append(self.text[end])
            end += 1
        for place in self._inside("".join(chars), Context.WORD):
            refusal = place.refusal or (
                f"behind {place.before} in back quotes" * bool(place.before)
            )
            self.found.append(replace(place, back_quotes=place.back_quotes + 1, refusal=refusal))
        self.at = end + 1
        self.starts_word = False

    def _inside(self, text: str, context: Context) -> list[Place]:
        """The places of a text within this one."""
        inner = _Scanner(text, context, self.level + 1)
        inner.doubt = self.frames[-1].refusal or self.doubt or inner.doubt
        found = (
            inner.run()
            if self.level < _DEEPEST
            else [Place(context, refusal=inner.doubt) for _ in range(text.count(MARK))]
        )
        if len(inner.frames) > 1 or inner.frames[0].pending:
            self.doubt = self.doubt or _OPEN
        return found

    # Arithmetic.

    def _arithmetic(self, frame: _Frame) -> None:
        char = self.text[self.at]
        if char == MARK:
            self._place(Context.ARITHMETIC)
        elif char in "\\$`":
            self._special(Context.ARITHMETIC)
        elif self.text.startswith(frame.closing, self.at) and not frame.depth:
            self._close(len(frame.closing))
        elif char in "'\"" or (char == ")" and not frame.depth):
            self.doubt = self.doubt or "behind a (( that may not be arithmetic; put a blank between"
            self.at += 1
        else:
            frame.depth += {"(": 1, ")": -1}.get(char, 0)
            self.at += 1

    # Here-documents.

    def _announce(self, frame: _Frame) -> None:
        """``<<WORD``: the document begins in the next line."""
        if self.text.startswith("<<<", self.at):
            self.at += 3
            return
        document, end = announced(self.text, self.at)
        if MARK in document.delimiter:
            self.doubt = self.doubt or "the delimiter of a here-document cannot be a value"
            self._stretch(end, Context.WORD)
        else:
            frame.pending.append(document)
        self.at, self.starts_word = end, False

    def _documents(self, frame: _Frame) -> None:
        pending, frame.pending = frame.pending, []
        for document in pending:
            end, after = extent(self.text, self.at, document)
            if document.is_literal:
                self._stretch(end, Context.LITERAL, document)
            else:
                for place in self._inside(self.text[self.at : end], Context.DOCUMENT):
                    # Also what stands in a command within the document may end it.
                    self.found.append(replace(place, document=document))
            self.at = after
