"""Reads tables into pandas data frames: CSV, TSV, JSON lines, Parquet, from files, folders and URLs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

_READERS = {
    ".csv": "csv",
    ".txt": "csv",
    ".data": "csv",
    ".tsv": "tsv",
    ".json": "json",
    ".jsonl": "json",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_COMPRESSIONS = (".gz", ".bz2", ".xz", ".zip")


def read_table(path: str, kind: str = "", **options: Any) -> Any:
    """Return the data frame of a file, a folder of files, or a URL.

    Args:
        path: The path or the URL. The files of a folder are read in the order of their names.
        kind: ``csv``, ``tsv``, ``json`` or ``parquet``; by the suffix of each file by default.
        options: Arguments of pandas' function.

    Raises:
        RuntimeError: pandas is not installed.
        FileNotFoundError: There is no such file, or the folder has no table.
        ValueError: A file is no table, by its suffix.
    """
    try:
        import pandas
    except ImportError:
        raise RuntimeError(
            "to_pandas_dataframe needs pandas in the image: pip install pandas"
        ) from None
    is_url = "://" in path
    files = [path] if is_url or not Path(path).is_dir() else _tables_in(Path(path), kind)
    frames = [_read(pandas, file, kind or _kind(file), options) for file in files]
    return frames[0] if len(frames) == 1 else pandas.concat(frames, ignore_index=True)


def _tables_in(folder: Path, kind: str) -> list[str]:
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    found = [str(file) for file in files if kind or _suffix(str(file)) in _READERS]
    if not found:
        listed = ", ".join(file.name for file in files[:5]) or "no files"
        raise FileNotFoundError(
            f"{folder} has no table ({', '.join(_READERS)}); there are: {listed}"
        )
    return found


def _suffix(file: str) -> str:
    """Return the suffix of a file or a URL, without that of its compression."""
    path = Path(file.partition("?")[0])
    name = path.stem if path.suffix in _COMPRESSIONS else path.name
    return Path(name).suffix.lower()


def _kind(file: str) -> str:
    suffix = _suffix(file)
    if suffix in _READERS or "://" in file:
        return _READERS.get(suffix, "csv")
    raise ValueError(f"{file}: no table by its suffix; there are: {', '.join(_READERS)}")


def _read(pandas: Any, file: str, kind: str, options: dict[str, Any]) -> Any:
    if kind == "parquet":
        return pandas.read_parquet(file, **options)
    if kind == "json":
        return pandas.read_json(file, lines=_has_lines(file), **options)
    if kind == "tsv":
        options = {"sep": "\t", **options}
    return pandas.read_csv(file, **options)


def _has_lines(file: str) -> bool:
    """Return whether a JSON file has an object a line, instead of one array."""
    if "://" in file or _suffix(file) == ".jsonl":
        return _suffix(file) == ".jsonl"
    with open(file, "rb") as opened:
        return opened.read(1) != b"["
