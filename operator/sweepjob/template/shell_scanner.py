"""Finds the positions of values in a shell's text.

It scans the quoting of POSIX shells as far as dash and bash agree. Where they differ, or where a value
could take effect as syntax, the position has a ``refusal``. The time is linear in the text.

Written by hand: ``shlex`` splits words only, and bashlex (GPL) parses whole commands and raises at syntax
that it does not know.
"""

from __future__ import annotations

import re
from dataclasses import replace

from .here_documents import find_end, parse_operator
from .scanner_state import MAX_DEPTH, UNCLOSED, Frame, ScannerState
from .shell_contexts import MARK, Context, ShellPosition

_PLAIN = re.compile(r"[^\0'\"\\$`#(){}\[\]<>;&|\s]+")
_OPERATOR = re.compile(r"([A-Za-z0-9_]+|[@*?$!#-])?(?:(:?[-=+?])|(##?|%%?))?")
_CASE = re.compile(r"case\s")
_NESTED = "quotes within ${...} within quotes differ by shell"


def find_positions(text: str) -> list[ShellPosition]:
    """Return the position of each ``MARK`` in a shell's text, in their order."""
    return _Scanner(text, Context.WORD, 0).run()


class _Scanner(ScannerState):
    """Scans one text; a text within it, such as that of back quotes, has a scanner of its own."""

    def run(self) -> list[ShellPosition]:
        while self.at < len(self.text):
            frame = self.frames[-1]
            if frame.context is Context.ARITHMETIC:
                self._arithmetic(frame)
            elif frame.is_double:
                self._double(frame)
            else:
                self._code(frame)
        return self.positions

    # Outside of quotes

    def _code(self, frame: Frame) -> None:
        char = self.text[self.at]
        if char == MARK:
            self._record(Context.WORD)
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

    def _separator(self, frame: Frame, char: str) -> None:
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

    def _word(self, frame: Frame) -> None:
        if frame.closing == ")" and self.starts_word and _CASE.match(self.text, self.at):
            self.refusal = "behind a case in $(...), whose end shells find in different ways"
        plain = _PLAIN.match(self.text, self.at)
        self.at = plain.end() if plain else self.at + 1
        self.starts_word = False

    def _parenthesis(self, frame: Frame, char: str) -> None:
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

    def _dollar_quoted(self) -> None:
        """``$'...'``: older shells read single quotes there, which end earlier."""
        begin = self.at = self.at + 2
        while (end := self.text.find("'", self.at)) >= 0:
            escapes = end - len(self.text[begin:end].rstrip("\\")) - begin
            if escapes % 2 == 0:
                break
            self.refusal = (
                self.refusal or "behind a \\' in $'...', which some shells take for its end"
            )
            self._stretch(end, Context.DOLLAR)
            begin = self.at = end + 1
        self._stretch(end, Context.DOLLAR)
        self.at += 1
        self.starts_word = False

    # In double quotes, here-documents and ${...} inside them.

    def _double(self, frame: Frame) -> None:
        char = self.text[self.at]
        if char == MARK:
            self._record(frame.context)
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
        """Scan a backslash, a dollar or a back quote where it is special."""
        text, char, follows = self.text, self.text[self.at], self.text[self.at + 1 : self.at + 2]
        if char == "`":
            self._back_quotes(context)
        elif follows == MARK:
            self._record(context, 2, before=char)
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
        """``${NAME:-...}``, or ``${NAME#...}``: quotes in its pattern are special even within quotes."""
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
        """Scan the text between back quotes separately, with one level of backslashes removed."""
        escaped = "\\`$" if around is Context.WORD else '\\`$"'
        begin, chars = self.at + 1, list[str]()
        end = begin
        while end < len(self.text) and self.text[end] != "`":
            if self.text[end] == "\\" and self.text[end + 1 : end + 2] in tuple(escaped):
                if self.text[end + 1] == '"' and around is not Context.DOUBLE:
                    self.refusal = self.refusal or f"back quotes {around.value} differ by shell"
                end += 1
            chars.append(self.text[end])
            end += 1
        for position in self._inside("".join(chars), Context.WORD):
            refusal = position.refusal or (
                f"behind {position.before} in back quotes" * bool(position.before)
            )
            self.positions.append(
                replace(position, back_quotes=position.back_quotes + 1, refusal=refusal)
            )
        self.at = end + 1
        self.starts_word = False

    def _inside(self, text: str, context: Context) -> list[ShellPosition]:
        """Return the positions in a text within this one."""
        inner = _Scanner(text, context, self.depth + 1)
        inner.refusal = self.frames[-1].refusal or self.refusal or inner.refusal
        found = (
            inner.run()
            if self.depth < MAX_DEPTH
            else [ShellPosition(context, refusal=inner.refusal) for _ in range(text.count(MARK))]
        )
        if len(inner.frames) > 1 or inner.frames[0].pending:
            self.refusal = self.refusal or UNCLOSED
        return found

    # Arithmetic.

    def _arithmetic(self, frame: Frame) -> None:
        char = self.text[self.at]
        if char == MARK:
            self._record(Context.ARITHMETIC)
        elif char in "\\$`":
            self._special(Context.ARITHMETIC)
        elif self.text.startswith(frame.closing, self.at) and not frame.depth:
            self._close(len(frame.closing))
        elif char in "'\"" or (char == ")" and not frame.depth):
            self.refusal = (
                self.refusal or "behind a (( that may not be arithmetic; put a blank between"
            )
            self.at += 1
        else:
            frame.depth += {"(": 1, ")": -1}.get(char, 0)
            self.at += 1

    # Here-documents.

    def _announce(self, frame: Frame) -> None:
        """``<<WORD``: the document begins at the next line."""
        if self.text.startswith("<<<", self.at):
            self.at += 3
            return
        here_document, end = parse_operator(self.text, self.at)
        if MARK in here_document.delimiter:
            self.refusal = self.refusal or "the delimiter of a here-document cannot be a value"
            self._stretch(end, Context.WORD)
        else:
            frame.pending.append(here_document)
        self.at, self.starts_word = end, False

    def _documents(self, frame: Frame) -> None:
        pending, frame.pending = frame.pending, []
        for here_document in pending:
            end, after = find_end(self.text, self.at, here_document)
            if here_document.is_literal:
                self._stretch(end, Context.LITERAL, here_document)
            else:
                for position in self._inside(self.text[self.at : end], Context.DOCUMENT):
                    # A value within a command substitution of the document may end the document as well.
                    self.positions.append(replace(position, here_document=here_document))
            self.at = after
