"""Real objects with one thing in them replaced by anything, for parsers that nobody may break."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

_ODD = st.sampled_from(
    [
        *(
            "",
            "NaN",
            "1e999",
            "-1",
            "1970-01-01T00:00:00Z",
            "9999-12-31T23:59:60Z",
            "\ud800",
            "9" * 5000,
        ),
        *(10**400, -1, 2**63, float("inf"), float("nan"), [[[[]]]], {"": {}}),
    ]
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | _ODD,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


def mutate(data: st.DataObject, value: Any, depth: int = 0) -> Any:
    """A value with one thing in it replaced, or left out.

    Args:
        depth: 0 for an object that is to stay one.
    """
    ends = not value or not isinstance(value, dict | list) or data.draw(st.integers(0, 3)) == 0
    if depth and ends:
        return data.draw(json_values)
    if isinstance(value, dict):
        key = data.draw(st.sampled_from(sorted(value)))
        if data.draw(st.integers(0, 5)) == 0:
            return {k: inner for k, inner in value.items() if k != key}
        return {**value, key: mutate(data, value[key], depth + 1)}
    position = data.draw(st.integers(0, len(value) - 1))
    return [*value[:position], mutate(data, value[position], depth + 1), *value[position + 1 :]]
