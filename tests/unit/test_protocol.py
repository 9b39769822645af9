"""The wire format: what is written is read again, and anything else is refused."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweepjob import protocol

floats = st.floats(allow_nan=False)


@given(values=st.lists(floats, max_size=50), seen=st.lists(st.text(max_size=20), max_size=5))
def test_push(values: list[float], seen: list[str]) -> None:
    push = protocol.Push("team", "sweep-1", 3, tuple(values), tuple(seen))
    assert protocol.Push.parse(push.dump()) == push


def test_values_that_json_does_not_have() -> None:
    push = protocol.Push("n", "t", 1, (math.nan, math.inf, -math.inf))
    json.loads(push.dump(), parse_constant=lambda c: pytest.fail(f"bare {c} in JSON"))
    nan, high, low = protocol.Push.parse(push.dump()).values
    assert math.isnan(nan)
    assert (high, low) == (math.inf, -math.inf)


GOOD = {"namespace": "n", "trial": "t", "first": 1, "values": [1], "seen": []}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'{"namespace": "n"}',
        b"[" * 100_000,
        json.dumps({**GOOD, "first": 0}).encode(),
        json.dumps({**GOOD, "values": [True]}).encode(),
        json.dumps({**GOOD, "values": ["x"]}).encode(),
        json.dumps({**GOOD, "values": [None]}).encode(),
        json.dumps({**GOOD, "values": [1] * (protocol.MAX_BATCH + 1)}).encode(),
        json.dumps({**GOOD, "seen": ["x"] * (protocol.MAX_NAMES + 1)}).encode(),
        json.dumps({**GOOD, "first": "many"}).encode(),
        json.dumps({**GOOD, "first": 1e999}).encode(),
        json.dumps({**GOOD, "values": [10**400]}).encode(),
    ],
)
def test_hostile_bodies_are_refused(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any ValueError is an answer of 400
        protocol.Push.parse(body)


@given(values=st.lists(floats, max_size=2000), seen=st.lists(st.text(max_size=250), max_size=50))
def test_a_summary_always_fits_and_keeps_the_newest(values: list[float], seen: list[str]) -> None:
    summary = protocol.Summary(
        len(values), min(values, default=None), None, tuple(values), tuple(seen)
    )
    text = summary.dump()
    assert len(text) <= protocol.TERMINATION_MESSAGE_LIMIT
    again = protocol.Summary.parse(text)
    assert again is not None
    assert again.count == len(values)
    assert again.tail == tuple(values[len(values) - len(again.tail) :])


NAMES = {
    "chinese": "评估" + "问" * 248,
    "emoji": "😀" * 250,
    "control characters": "\x01" * 250,
    "quotes": '"' * 250,
    "lone surrogates": "\ud800" * 250,
    "ascii": "a" * 250,
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("limit", [protocol.MAX_BODY, 16_000, 4096])
def test_a_push_fits_with_any_names(name: str, limit: int) -> None:
    seen = tuple(f"{n}{name}" for n in range(protocol.MAX_NAMES))
    values = tuple(-math.pi * 1e-300 * n for n in range(protocol.MAX_BATCH))
    body = protocol.Push("team-" * 12, "sweep-1" * 8, 7, values, seen).fit(limit)
    assert len(body) <= limit
    push = protocol.Push.parse(body)
    assert push.values == values[: len(push.values)]
    assert len(push.values) >= 1
    assert len(push.metric_names) == protocol.MAX_NAMES
    if limit == protocol.MAX_BODY:
        assert push.values == values, "there is room for all"
    assert all(text.startswith(str(n)) for n, text in enumerate(push.metric_names))


@given(name=st.text(max_size=400), limit=st.integers(8, 300))
def test_a_truncated_name_is_marked(name: str, limit: int) -> None:
    short = protocol.shorten(name, limit)
    assert len(short.encode()) <= limit
    if short != name:
        assert short.endswith("…")
        assert name.startswith(short[:-1])
        assert len(name.encode()) > limit


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_summary_fits_in_bytes_and_keeps_its_tail(name: str) -> None:
    seen = tuple(f"{n}{name}" for n in range(protocol.MAX_NAMES))
    values = tuple(n / 7 for n in range(300))
    text = protocol.Summary(300, 0.0, 1.0, values, seen).dump()
    assert len(text.encode()) <= protocol.TERMINATION_MESSAGE_LIMIT
    summary = protocol.Summary.parse(text)
    assert summary is not None
    assert len(summary.tail) > 100
    assert summary.tail == values[-len(summary.tail) :]
    assert summary.metric_names[0].startswith("0")
    assert summary.metric_names[-1] == "…", "there are more than fit"


@pytest.mark.parametrize("metric", ["acc", "val/评估 1", "x" * 250])
def test_a_metric_of_a_nested_run_is_named_with_the_run(metric: str) -> None:
    seen = ("loss", protocol.in_nested_run(metric, "fold (1)"))
    assert protocol.nested_run(metric, seen) == "fold (1)"
    assert protocol.nested_run("loss", seen) is None
    assert protocol.nested_run(metric[:-1], seen) is None


@pytest.mark.parametrize("text", ["", "x", "{}", "[]", '{"count": "a"}'])
def test_other_texts_are_no_summary(text: str) -> None:
    assert protocol.Summary.parse(text) is None


notices = st.lists(
    st.builds(protocol.Notice.of, st.sampled_from(["AmbiguousMetric", "x"]), st.text(max_size=900)),
    max_size=protocol.MAX_NOTICES,
).map(tuple)


@given(
    notices=notices,
    values=st.lists(floats, max_size=400),
    seen=st.lists(st.text(max_size=250), max_size=50),
)
def test_notices_are_independent_of_other_fields(
    notices: tuple[protocol.Notice, ...], values: list[float], seen: list[str]
) -> None:
    push = protocol.Push("team", "sweep-1", 1, tuple(values), (), notices)
    assert protocol.Push.parse(push.dump()) == push
    text = protocol.Summary(len(values), None, None, tuple(values), tuple(seen), notices).dump()
    assert len(text) <= protocol.TERMINATION_MESSAGE_LIMIT
    summary = protocol.Summary.parse(text)
    assert summary is not None
    assert summary.notices == notices


@pytest.mark.parametrize(
    "said",
    [
        None,
        1,
        "x",
        {},
        [1],
        [[]],
        [["a"]],
        [[["a"], {"b": 1}]],
        [["x", "y"]] * 9,
        [["a", "b" * 10**4]],
    ],
)
def test_notices_are_limited_in_number_and_size(said: object) -> None:
    push = protocol.Push.parse(json.dumps({**GOOD, "notices": said}).encode())
    assert len(push.notices) <= protocol.MAX_NOTICES
    for notice in push.notices:
        assert notice.reason == protocol.REPORTS_INCOMPLETE
        assert len(json.dumps(notice.message)) - 2 <= protocol.MAX_NOTICE
        assert notice.message.isprintable()


@pytest.mark.parametrize(
    "message",
    [
        """a line '{"acc": 0.' is cut""",
        r"the path C:\\runs\\1",
        "the metric 'точность' of run '验证'",
        "emoji \U0001f389 at the end",
    ],
)
def test_a_notice_arrives_as_it_was_written(message: str) -> None:
    notice = protocol.Notice.of("AmbiguousMetric", message)
    assert notice.message == message
    push = protocol.Push("team", "sweep-1", 1, (), (), (notice,))
    assert protocol.Push.parse(push.dump()).notices == (notice,)


@pytest.mark.parametrize("character", ["x", '"', "\\", "ü", "\U0001f389"])
@pytest.mark.parametrize("length", [40, 499, 500, 501, 5000])
def test_a_long_notice_is_cut_by_its_length_in_json(character: str, length: int) -> None:
    text = character * length
    notice = protocol.Notice.of("ReportsIncomplete", text)
    size = len(json.dumps(notice.message)) - 2
    if len(json.dumps(text)) - 2 <= protocol.MAX_NOTICE:
        assert notice.message == text
    else:
        assert notice.message.endswith("...")
        assert protocol.MAX_NOTICE - 12 <= size <= protocol.MAX_NOTICE
    assert protocol.Notice.of("ReportsIncomplete", notice.message) == notice


def test_notices_are_safe_for_a_terminal() -> None:
    assert protocol.Notice.of("ReportsIncomplete", "a\x1b[2Jb\nc").message == "a?[2Jb?c"


def test_sidecars_and_operators_without_notices() -> None:
    assert protocol.Push.parse(json.dumps(GOOD).encode()).notices == ()
    old = {"count": 1, "low": None, "high": None, "tail": [], "seen": []}
    assert protocol.Summary.parse(json.dumps(old)) == protocol.Summary(1, None, None, (), ())
