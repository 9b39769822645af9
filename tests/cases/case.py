"""Cases as they are written down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
_INPUTS = ("spec", "files", "variants")


@dataclass(frozen=True)
class Case:
    """One input, in one environment.

    Attributes:
        name: of the folder, the variant and the environment.
        folder: with the sweep and the scripts.
        spec: merged into the sweep's spec.
        files: written into the copy of the folder; texts by name.
        expect: what must come out; None where that is not known.
        server: settings of the tracking server that it needs, None for none.
        beside: folders that its scripts may refer to as ``../NAME``.
    """

    name: str
    folder: Path
    environment: str = "plain"
    spec: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    expect: Mapping[str, Any] | None = None
    server: Mapping[str, Any] | None = None
    beside: Sequence[Path] = ()

    @property
    def script(self) -> str:
        return str((self.expect or {}).get("script", ""))

    @property
    def is_extra(self) -> bool:
        return bool((self.expect or {}).get("extra"))


def cases_in(folder: Path) -> Iterator[Case]:
    """The cases of a folder: itself in each of its environments, and its variants in the first."""
    given: dict[str, Any] = yaml.safe_load((folder / "expect.yaml").read_text())
    own = {key: value for key, value in given.items() if key not in _INPUTS}
    if not own.pop("only_variants", False):
        yield from _cases(folder.name, folder, own, {})
    for name, variant in (given.get("variants") or {}).items():
        inputs = {key: variant[key] for key in ("spec", "files") if key in variant}
        changed = {key: value for key, value in variant.items() if key not in _INPUTS}
        one = {"environments": own.get("environments", ["plain"])[:1]}
        yield from _cases(f"{folder.name}/{name}", folder, {**own, **one, **changed}, inputs)


def _cases(
    name: str, folder: Path, expect: Mapping[str, Any], inputs: Mapping[str, Any]
) -> Iterator[Case]:
    environments = expect.get("environments", ["plain"])
    for environment in environments:
        shown = f"{name} ({environment})" if len(environments) > 1 else name
        yield Case(shown, folder, environment, expect=expect, server=expect.get("server"), **inputs)


def all_cases() -> list[Case]:
    """Every case of this folder."""
    folders = sorted(file.parent for file in FOLDER.glob("*/expect.yaml"))
    return [case for folder in folders for case in cases_in(folder)]


def merge(target: Any, patch: Any) -> Any:
    """A JSON merge patch (RFC 7396)."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), value)
    return merged
