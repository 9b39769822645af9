"""Finds the files of a snapshot, and refuses those that it cannot contain."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from ..errors import LoadError
from .ignore import IGNORE_FILES, IgnoreRules

_DEEPEST = 100  # folders in each other; unpacking is recursive, and paths have a limit in pods


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, a symbolic link, or an empty folder.

    Attributes:
        path: its path in the snapshot, with ``/``.
        content: the bytes of a file.
        executable: whether a file may be executed.
        link: the target of a symbolic link; empty for anything else.
        is_folder: whether it is an empty folder.
    """

    path: str
    content: bytes = b""
    executable: bool = False
    link: str = ""
    is_folder: bool = False


@dataclass(slots=True)
class Tree:
    """What was found in a folder.

    Attributes:
        entries: the contents of the snapshot, by path.
        ignored: the paths that were left out; of a folder only its own.
        ignore_file: the file with the rules; empty without one.
    """

    entries: list[Entry] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    ignore_file: str = ""


def read_tree(root: Path, most_files: int, most_bytes: int) -> Tree:
    """Read a folder.

    Args:
        root: the folder.
        most_files: maximum number of files.
        most_bytes: maximum size of the files together.

    Raises:
        LoadError: it cannot be read, is too large, or has something that a snapshot cannot contain.
    """
    rules = IgnoreRules(root)
    tree = Tree(ignore_file=rules.file)
    _check_size(root, _sizes(root, rules, tree), most_files, most_bytes)
    tree.ignored.clear()
    tree.entries = sorted(_entries(root, "", rules, tree), key=lambda entry: entry.path)
    known = {e.path for e in tree.entries}
    known |= {str(folder) for path in [*known] for folder in PurePosixPath(path).parents}
    for entry in tree.entries:
        if entry.link:
            _check_link(root, entry, known)
    return tree


def _walk(folder: Path, inside: str, rules: IgnoreRules, tree: Tree) -> Iterator[tuple[Path, str]]:
    """Return the entries of one folder that are not ignored, with their paths; folders end with ``/``."""
    rules.enter(folder, inside)
    try:
        listed = sorted(os.listdir(folder))
    except OSError as error:
        raise LoadError(
            f"{folder}: cannot be read: {error.strerror}; {_exclusion_hint(inside)}"
        ) from None
    for name in listed:
        path = folder / name
        is_folder = path.is_dir() and not path.is_symlink()
        own = f"{inside}{name}{'/' if is_folder else ''}"
        if rules.ignores(path, own):
            tree.ignored.append(own)
            continue
        try:
            name.encode()
        except UnicodeEncodeError:
            raise LoadError(f"{path!r}: its name is not UTF-8; rename it") from None
        yield path, own


def _sizes(root: Path, rules: IgnoreRules, tree: Tree) -> dict[str, int]:
    """Return the sizes of all files, found before any of them is read."""
    found, waiting = dict[str, int](), [(root, "")]
    while waiting:
        folder, inside = waiting.pop()
        for path, own in _walk(folder, inside, rules, tree):
            if own.endswith("/"):
                _check_depth(root, own)
                waiting.append((path, own))
            else:
                found[own] = path.lstat().st_size
    return found


def _check_depth(root: Path, own: str) -> None:
    if own.count("/") > _DEEPEST:
        top = f"{own.partition('/')[0]}/"
        problem = f"has more than {_DEEPEST} folders in each other"
        raise LoadError(f"{root / top}: {problem}; {_exclusion_hint(top)}")


def _check_size(root: Path, sizes: dict[str, int], most_files: int, most_bytes: int) -> None:
    if len(sizes) > most_files:
        folders: dict[str, int] = {}
        for path in sizes:
            folders[path.partition("/")[0]] = folders.get(path.partition("/")[0], 0) + 1
        listed = ", ".join(
            f"{name} ({n} files)" for name, n in sorted(folders.items(), key=lambda i: -i[1])[:3]
        )
        raise LoadError(
            f"{root}: has {len(sizes)} files, a snapshot at most {most_files}: most are in {listed}. "
            f"{too_large_remedy()}"
        )
    total = sum(sizes.values())
    if total > most_bytes:
        raise LoadError(
            f"{root}: has {total / 1e6:.0f} MB, a snapshot at most {most_bytes / 1e6:.0f}: "
            f"{largest(sizes)}. {too_large_remedy()}"
        )


def largest(sizes: dict[str, int]) -> str:
    """Return the three largest files in words.

    Args:
        sizes: bytes by path.
    """
    order = sorted(sizes.items(), key=lambda item: -item[1])[:3]
    return "largest are " + ", ".join(f"{path} ({size / 1e6:.1f} MB)" for path, size in order)


def too_large_remedy() -> str:
    """Return what to do about code that is too large for a snapshot."""
    return (
        f"List what trials do not need in {IGNORE_FILES[0]}; put data on a volume, and large code on a "
        "claim (trial.code.claim) or in an image (trial.code.image)"
    )


def _entries(folder: Path, inside: str, rules: IgnoreRules, tree: Tree) -> Iterator[Entry]:
    for path, own in _walk(folder, inside, rules, tree):
        if own.endswith("/"):
            yield from _entries(path, own, rules, tree)
        else:
            yield _entry(path, own)
    if inside and not os.listdir(folder):
        yield Entry(inside.rstrip("/"), is_folder=True)


def _entry(path: Path, own: str) -> Entry:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return Entry(own, link=os.readlink(path))
    if not stat.S_ISREG(mode):
        raise LoadError(f"{path}: is neither a file, a folder nor a link; {_exclusion_hint(own)}")
    try:
        return Entry(own, path.read_bytes(), executable=bool(mode & 0o111))
    except OSError as error:
        raise LoadError(
            f"{path}: cannot be read: {error.strerror}; {_exclusion_hint(own)}"
        ) from None


def _exclusion_hint(own: str) -> str:
    return f"leave it out: add /{own} to {IGNORE_FILES[0]}"


def _check_link(root: Path, entry: Entry, known: set[str]) -> None:
    """Refuse a link that leads nowhere in a pod."""
    target = os.path.normpath(os.path.join(os.path.dirname(entry.path), entry.link))
    if os.path.isabs(entry.link) or target.startswith(".."):
        raise LoadError(
            f"{root / entry.path}: links to {entry.link}, outside of the snapshot; copy the file "
            f"there, or {_exclusion_hint(entry.path)}"
        )
    if target.replace(os.sep, "/") not in known:
        raise LoadError(
            f"{root / entry.path}: links to {entry.link}, which the snapshot does not have; "
            f"{_exclusion_hint(entry.path)}"
        )
