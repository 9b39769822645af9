"""Cases of another folder, whose right outcome is not written down."""

from __future__ import annotations

from pathlib import Path

from .case import Case
from .expectation import Result

# Servers by the addresses that sweeps have for them, and what they ask for.
_SERVERS = {"127.0.0.1:5055": "", "127.0.0.1:5056": "me:secret", "127.0.0.1:5057": ""}


def foreign_cases(folder: Path, environment: str) -> list[Case]:
    """The folders that have a sweep."""
    every = [sweep.parent for sweep in sorted(folder.glob("*/sweep.yaml"))]
    return [
        Case(
            each.name,
            each,
            environment,
            server=_server_of((each / "sweep.yaml").read_text()),
            beside=[other for other in every if other != each],
        )
        for each in every
    ]


def _server_of(sweep: str) -> dict[str, str] | None:
    for address, authorization in _SERVERS.items():
        if address in sweep:
            return {"address": address, "authorization": authorization}
    return None


def outcome(result: Result) -> str:
    """In one line: the exit code, the sweep, and each trial with its values."""
    status = result.sweep.get("status") or {}
    parts = [f"exit {result.exit}", f"{result.seconds:.1f} s", str(status.get("phase", "no sweep"))]
    for trial in result.trials[:4]:
        state = trial.get("status") or {}
        curve = state.get("curve") or {}
        values = str(curve.get("values", "")).split()
        shown = " ".join(values[:8]) + " ..." * (len(values) > 8)
        text = f"{state.get('phase')} {curve.get('reports', 0)} [{shown}]"
        if state.get("phase") != "Succeeded":
            text += f" {' '.join(str(state.get('message', '')).split())[-200:]}"
        parts.append(text)
    parts += [f"... {len(result.trials)} trials"] * (len(result.trials) > 4)
    if not result.sweep:
        parts.append(" ".join(result.printed.split())[-300:])
    return "; ".join(parts)
