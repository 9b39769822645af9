"""The state of the shell scanner: where it is, what is open, and the positions found so far."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from .shell_contexts import MARK, Context, HereDocument, ShellPosition

MAX_DEPTH = 8  # nested texts: back quotes and here-documents
UNCLOSED = "behind a construct that is not closed where it should be"


@dataclass(slots=True)
class Frame:
    """An open construct, such as quotes or ``$(``.

    Attributes:
        closing: the text that closes it; empty for the whole text.
        context: the context of what is inside.
        depth: number of open parentheses inside.
        pending: here-documents that begin at the next line.
        refusal: why only the plainest values can be written inside; empty when all can.
    """

    closing: str
    context: Context
    depth: int = 0
    pending: list[HereDocument] = field(default_factory=list)
    refusal: str = ""

    @property
    def is_double(self) -> bool:
        """Whether the text inside is read as in double quotes."""
        return self.context in (Context.DOUBLE, Context.DOCUMENT, Context.BRACES)


class ScannerState:
    """Where a scanner is in its text.

    Args:
        text: the shell's text, with ``MARK`` for each value.
        context: the context of the whole text.
        depth: number of texts that this one is nested in.

    Attributes:
        at: index of the next character.
        frames: the open constructs, the innermost last.
        positions: the positions of the values so far.
        refusal: why only the plainest values can be written from here on; empty when all can.
        starts_word: a word may begin here.
    """

    def __init__(self, text: str, context: Context, depth: int) -> None:
        self.text, self.at, self.depth = text, 0, depth
        self.frames = [Frame("", context)]
        self.positions: list[ShellPosition] = []
        self.refusal = "it is nested too deeply" if depth > MAX_DEPTH else ""
        self.starts_word = True

    def _record(self, context: Context, length: int = 1, before: str = "") -> None:
        self.at += length
        refusal = self.frames[-1].refusal or self.refusal
        if before and context is Context.ARITHMETIC:
            refusal = refusal or f"behind {before} in arithmetic"
        redirected = self.text[self.at : self.at + 1] in ("<", ">") and context is Context.WORD
        self.positions.append(ShellPosition(context, 0, before, redirected, refusal=refusal))
        self.starts_word = False

    def _open(self, closing: str, context: Context, length: int, refusal: str = "") -> None:
        self.at += length
        refusal = self.frames[-1].refusal or refusal
        self.frames.append(Frame(closing, context, refusal=refusal))
        self.starts_word = True

    def _close(self, length: int = 1) -> None:
        self.at += length
        if self.frames.pop().pending:
            self.refusal = self.refusal or UNCLOSED
        self.starts_word = False

    def _stretch(
        self, end: int, context: Context, here_document: HereDocument | None = None
    ) -> None:
        """Record all values up to an index, which have the same context.

        Args:
            end: the index; -1 for the end of the text.
            context: the context of the values.
            here_document: the here-document that they are in.
        """
        end = len(self.text) if end < 0 else end
        for _ in range(self.text.count(MARK, self.at, end)):
            self._record(context, 0)
            self.positions[-1] = replace(
                self.positions[-1], here_document=here_document, is_redirected=False
            )
        self.at = end
