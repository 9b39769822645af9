"""The course of a run as an SVG: cost of a trial, and memory, against the trials that have ended."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from .course import RunHistory

_WIDTH, _HEIGHT, _LEFT, _TOP = 640, 200, 70, 30
_STYLE = "font-family:sans-serif;font-size:12px;fill:#333"


def draw(course: RunHistory, steps: int = 20) -> str:
    """Two panels, one below the other."""
    total = course.samples[-1].ended
    edges = [total * n // steps for n in range(steps + 1)]
    costs = []
    for first, last in pairwise(edges):
        if sum(first <= s.ended <= last for s in course.samples) > 1:
            costs.append((last, course.cpu_per_trial(first, last) * 1000))
    memory = [(s.ended, s.memory) for s in course.samples]
    panels = [
        _panel("operator's processor time of a trial, ms", costs, total, _TOP),
        _panel("operator's memory, MiB", memory, total, _TOP + _HEIGHT + 60),
    ]
    height = 2 * (_HEIGHT + 60) + 30
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH + _LEFT + 30} {height}">'
    ground = '<rect width="100%" height="100%" fill="white"/>'
    foot = f'<text x="{_LEFT}" y="{height - 8}" style="{_STYLE}">trials that have ended</text>'
    return "\n".join([head, ground, *panels, foot, "</svg>\n"])


def _panel(title: str, points: Sequence[tuple[int, float]], total: int, top: int) -> str:
    step = _step(max(value for _, value in points) / 4)
    most = 4 * step

    def x(ended: float) -> float:
        return _LEFT + _WIDTH * ended / total

    def y(value: float) -> float:
        return top + _HEIGHT * (1 - value / most)

    line = " ".join(f"{x(ended):.1f},{y(value):.1f}" for ended, value in points)
    parts = [f'<text x="{_LEFT}" y="{top - 8}" style="{_STYLE};font-weight:bold">{title}</text>']
    parts += [_grid(y(step * n), f"{step * n:g}") for n in range(5)]
    parts += [_tick(x, total * n // 5, top) for n in range(6)]
    parts.append(f'<polyline points="{line}" fill="none" stroke="#1f6feb" stroke-width="2"/>')
    return "\n".join(parts)


def _step(least: float) -> float:
    """The next round number."""
    power: float = 10 ** math.floor(math.log10(least))
    return next(power * n for n in (1, 2, 2.5, 4, 5, 7.5, 10) if power * n >= least)


def _grid(y: float, label: str) -> str:
    line = f'<path d="M{_LEFT} {y:.1f}h{_WIDTH}" stroke="#ddd"/>'
    text = (
        f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" style="{_STYLE}">{label}</text>'
    )
    return line + text


def _tick(x: Callable[[float], float], ended: int, top: int) -> str:
    where = f'x="{x(ended):.1f}" y="{top + _HEIGHT + 18}"'
    return f'<text {where} text-anchor="middle" style="{_STYLE}">{ended}</text>'
