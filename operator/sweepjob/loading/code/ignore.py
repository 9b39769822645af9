"""Which files of a folder are left out of its snapshot: an ignore file with the rules of Git."""

from __future__ import annotations

from pathlib import Path

from pathspec import GitIgnoreSpec

from ..errors import LoadError

# The first one that exists counts, as in Azure, which has no file of its own here.
IGNORE_FILES = (".sweepjobignore", ".amlignore", ".gitignore")
# Always left out, unless the ignore file takes one back with "!".
_DEFAULTS = (
    *(".git", ".hg", ".svn", ".sweepjob", "__pycache__", "*.py[cod]", ".ipynb_checkpoints"),
    *(".mypy_cache", ".pytest_cache", ".ruff_cache", ".DS_Store", "node_modules"),
)
_VIRTUAL_ENVIRONMENT = "pyvenv.cfg"


class IgnoreRules:
    """The rules of one folder.

    Args:
        root: the folder.

    Attributes:
        file: name of its ignore file; empty without one.

    Raises:
        LoadError: the ignore file cannot be read.
    """

    def __init__(self, root: Path) -> None:
        self.file = next((name for name in IGNORE_FILES if (root / name).is_file()), "")
        lines = list(_DEFAULTS)
        if self.file:
            lines += _lines(root / self.file)
        # Neither of them belongs to the code.
        lines += [f"/{name}" for name in IGNORE_FILES[:2]]
        self._spec = GitIgnoreSpec.from_lines(lines)
        self._nested: dict[str, GitIgnoreSpec] = {}

    def enter(self, folder: Path, inside: str) -> None:
        """Take the rules of a folder's own .gitignore, where the rules come from such files.

        Args:
            folder: the folder.
            inside: its path below the root, with ``/`` at its end; empty for the root.
        """
        own = folder / ".gitignore"
        if inside and self.file == ".gitignore" and own.is_file():
            self._nested[inside] = GitIgnoreSpec.from_lines(_lines(own))

    def ignores(self, path: Path, inside: str) -> bool:
        """Return whether a file or folder is left out.

        Args:
            path: the file or folder.
            inside: its path below the root; that of a folder ends with ``/``.
        """
        if inside.endswith("/") and (path / _VIRTUAL_ENVIRONMENT).is_file():
            return True
        found = self._spec.check_file(inside).include
        for folder, rules in self._nested.items():
            if inside.startswith(folder):
                nearer = rules.check_file(inside[len(folder) :]).include
                found = found if nearer is None else nearer
        return bool(found)


def _lines(file: Path) -> list[str]:
    try:
        return file.read_bytes().decode("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LoadError(f"{file}: cannot be read: {error}") from None
