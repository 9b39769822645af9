"""Reads sweeps whose code is a folder of this machine."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..api.spec_parser import parse_sweepjob
from ..render.table import print_message
from .azure import ConversionOptions
from .code import CodeSnapshot, snapshot
from .sweep_files import LoadedSweep, read_sweep


def read_sweep_with_code(
    name: str, directory: str | None, options: ConversionOptions | None = None
) -> tuple[LoadedSweep, CodeSnapshot | None]:
    """Read the only sweep of a file, with the code of its trials, and print what is noteworthy.

    Args:
        name: file name; ``-`` for standard input.
        directory: the folder of the code; None for the one that an Azure file names, if it exists.
        options: for a file of Azure's; by default its folder and the current map.

    Returns:
        The sweep, whose manifest refers to the snapshot, and the snapshot; None without code.

    Raises:
        LoadError: the file or the folder cannot be read.
        InvalidSpec: the sweep has errors, all of which are listed.
    """
    sweep = read_sweep(name, options)
    folder = directory or _named_folder(name, sweep.code_folder)
    if folder is None:
        return sweep, None
    code = snapshot(folder)
    print_message(f"code: {code}")
    for warning in code.warnings:
        print_message(f"warning: {warning}")
    manifest = with_code(sweep.manifest, code)
    return replace(sweep, manifest=manifest, spec=parse_sweepjob(manifest)), code


def _named_folder(name: str, folder: str) -> str | None:
    """Return the folder that an Azure file names, which is relative to the file."""
    if not folder:
        return None
    path = Path(folder) if name == "-" else Path(name).parent / folder
    if path.is_file():
        path = path.parent
    if path.is_dir():
        return str(path)
    print_message(
        f"warning: trial.code: {folder!r}: there is no folder {path}; trials run without it. Give "
        "--code DIR"
    )
    return None


def with_code(manifest: Mapping[str, Any], code: CodeSnapshot) -> dict[str, Any]:
    """Return a SweepJob object whose trials run the code of a snapshot.

    Args:
        manifest: the object; other code in it is replaced, its mount path stays.
        code: the snapshot.
    """
    made = copy.deepcopy(dict(manifest))
    trial = made["spec"]["trial"]
    before = trial.get("code") or {}
    kept = {key: before[key] for key in ("mountPath",) if key in before}
    replaced = {key: value for key, value in before.items() if key not in kept}
    trial["code"] = {**code.to_spec(), **kept}
    if replaced and replaced != code.to_spec():
        print_message(f"note: --code {code.directory} takes the place of spec.trial.code")
    return made
