"""Bodies in chunks, packed, contradictory and malformed, at each of the sidecar's servers."""

from __future__ import annotations

import contextlib
import errno
import gzip
import http.client
import io
import json
import socket
import struct
import time
import zlib
from collections.abc import Iterator
from email.message import Message
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweepjob.sidecar import request_body
from sweepjob.sidecar.request_body import BadBody
from sweepjob.sidecar.server import Handler
from sweepjob.sidecar.sources.pushgateway import PushGateway, pushgateway_handler

from tests.processor_time import assert_within

from .sidecars import METRIC, TRIAL, Sidecar, raw, serve

REPORT = {"run_id": TRIAL, "key": METRIC, "value": 0.5, "timestamp": 1, "step": 0}
METHOD = b"POST /api/2.0/mlflow/runs/log-metric HTTP/1.1\r\nHost: x\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"

# Without the time, which would differ between the processes that collect the tests.
packed = partial(gzip.compress, mtime=0)


@pytest.fixture
def sidecar(tmp_path: Path) -> Iterator[Sidecar]:
    opened = Sidecar(tmp_path)
    yield opened
    opened.close()


@pytest.fixture(params=[False, True], ids=["answering", "forwarding"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sidecar]:
    """A sidecar, and one in front of another."""
    behind = Sidecar(tmp_path / "behind")
    front = Sidecar(tmp_path / "front", behind.url) if request.param else behind
    yield front
    for each in {front, behind}:
        each.close()


def chunks(data: bytes, size: int, extension: bytes = b"") -> bytes:
    pieces = [data[n : n + size] for n in range(0, len(data), size)]
    return b"".join(b"%x%s\r\n%s\r\n" % (len(p), extension, p) for p in pieces) + b"0\r\n\r\n"


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize("extension", [b"", b";name=value"])
def test_a_chunked_report_arrives(either: Sidecar, size: int, extension: bytes) -> None:
    body = chunks(json.dumps(REPORT).encode(), size, extension)
    assert raw(either.port, METHOD + CHUNKED + b"\r\n" + body).startswith(b"HTTP/1.1 200")
    assert either.values == [0.5]


def test_a_request_after_a_chunked_body_is_read(either: Sidecar) -> None:
    first, second = (json.dumps({**REPORT, "step": n}).encode() for n in (1, 2))
    trailer = chunks(first, 10)[:-2] + b"Checksum: 1\r\n\r\n"
    length = b"Content-Length: %d\r\n\r\n" % len(second)
    data = METHOD + CHUNKED + b"\r\n" + trailer + METHOD + length + second
    assert raw(either.port, data).count(b"HTTP/1.1 200") == 2
    assert either.values == [0.5, 0.5]


@pytest.mark.parametrize(
    ("head", "body", "status"),
    [
        (CHUNKED + b"Content-Length: 5\r\n", b"5\r\nhello\r\n0\r\n\r\n", 400),
        (b"Content-Length: 5\r\nContent-Length: 6\r\n", b"hello", 400),
        (b"Content-Length: -5\r\n", b"hello", 400),
        (b"Content-Length: 0x5\r\n", b"hello", 400),
        (b"Content-Length: " + b"9" * 30 + b"\r\n", b"hello", 413),
        (b"Content-Length: 50\r\n", b"hello", 400),
        (b"Transfer-Encoding: gzip, chunked\r\n", b"", 501),
        (b"Transfer-Encoding: identity\r\n", b"hello", 501),
        (CHUNKED, b"5\r\nhel", 400),
        (CHUNKED, b"5\r\nhelloX\r\n0\r\n\r\n", 400),
        (CHUNKED, b"-5\r\nhello\r\n0\r\n\r\n", 400),
        (CHUNKED, b"0x5\r\nhello\r\n0\r\n\r\n", 400),
        (CHUNKED, b"5_0\r\nhello\r\n0\r\n\r\n", 400),
        (CHUNKED, b"\r\nhello\r\n0\r\n\r\n", 400),
        (CHUNKED, b"5\nhello\n0\n\n", 400),
        (CHUNKED, b"f" * 20 + b"\r\n", 400),
        (CHUNKED, b"5" * 20_000, 400),
        (CHUNKED, b"0\r\n" + b"a: b\r\n" * 200, 400),
    ],
)
def test_a_body_of_unknown_length_is_refused(
    either: Sidecar, head: bytes, body: bytes, status: int
) -> None:
    answer = raw(either.port, METHOD + head + b"\r\n" + body)
    assert answer.startswith(b"HTTP/1.1 %d" % status)
    assert b"Connection: close" in answer
    assert either.values == []


def test_too_much_in_chunks_is_refused(either: Sidecar, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_body, "LIMIT", 1000)
    answer = raw(either.port, METHOD + CHUNKED + b"\r\n" + chunks(b"x" * 2000, 300))
    assert answer.startswith(b"HTTP/1.1 413")


def test_a_refusal_within_a_body_is_answered(either: Sidecar) -> None:
    """The client sends all of it before it looks for an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", either.port, timeout=50)
    body = b"x" * (request_body.LIMIT + 1)
    connection.request("POST", "/api/2.0/mlflow/runs/log-metric", body)
    answer = connection.getresponse()
    assert answer.status == 413
    said = json.loads(answer.read())["message"]
    assert said.startswith("POST /api/2.0/mlflow/runs/log-metric: a body")
    assert f"may have {request_body.LIMIT} bytes at most" in said
    connection.close()


@pytest.mark.parametrize(
    ("coding", "packed"),
    [("gzip", packed), ("deflate", zlib.compress), ("identity", bytes)],
)
def test_compressed_reports_count(either: Sidecar, coding: str, packed: object) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", either.port, timeout=50)
    body = packed(json.dumps(REPORT).encode())  # type: ignore[operator]  # a parameter of the test
    headers = {"Content-Encoding": coding}
    connection.request("POST", "/api/2.0/mlflow/runs/log-metric", body, headers)
    assert connection.getresponse().read() == b"{}"
    connection.close()
    assert either.values == [0.5]


@pytest.mark.parametrize(
    ("coding", "body", "status"),
    [
        (b"gzip", b"not gzip", 400),
        (b"gzip", packed(b"x" * 100)[:-9], 400),
        (b"gzip", packed(b"x" * (request_body.LIMIT + 1)), 413),
        (b"br", b"x", 415),
    ],
)
def test_invalid_compression_is_refused(
    sidecar: Sidecar, coding: bytes, body: bytes, status: int
) -> None:
    head = b"Content-Encoding: %s\r\nContent-Length: %d\r\n\r\n" % (coding, len(body))
    assert raw(sidecar.port, METHOD + head + body).startswith(b"HTTP/1.1 %d" % status)


def test_expect_100_continue_is_answered(either: Sidecar) -> None:
    body = json.dumps(REPORT).encode()
    with socket.create_connection(("127.0.0.1", either.port), timeout=50) as connection:
        head = b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body)
        connection.sendall(METHOD + head)
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
    assert either.values == [0.5]


def test_a_push_in_chunks_counts(sidecar: Sidecar) -> None:
    gateway = serve(pushgateway_handler(PushGateway(sidecar.store)), sidecar.store)
    head = b"PUT /metrics/job/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = chunks(b"score 0.25\nloss 1\n", 4)
    assert raw(gateway.server_address[1], head + body).startswith(b"HTTP/1.1 200")
    assert raw(gateway.server_address[1], head + b"zz\r\n").startswith(b"HTTP/1.1 400")
    gateway.shutdown()
    gateway.server_close()
    assert sidecar.values == [0.25]


@pytest.mark.parametrize("length", ["9" * 5000, "\xb2", "9" * 19])
def test_a_length_that_is_no_number_of_bytes_is_refused(length: str) -> None:
    headers = Message()
    headers["Content-Length"] = length
    with pytest.raises(BadBody):
        request_body.whole(headers, io.BytesIO(b""))


@given(st.lists(st.sampled_from(['"', "\\", ",", "[", "{", "x", "\n", "\xfc"]), max_size=60))
def test_values_are_counted_outside_of_texts(letters: list[str]) -> None:
    data, count, is_text, is_escaped = "".join(letters), 0, False, False
    for letter in data:
        if is_escaped:
            is_escaped = False
        elif is_text and letter == "\\":
            is_escaped = True
        elif letter == '"':
            is_text = not is_text
        elif not is_text:
            count += letter in ",[{"
    with pytest.MonkeyPatch.context() as patch:
        for most in (count, count - 1):
            patch.setattr(request_body, "_MAX_VALUES", max(most, data.count('"')))
            is_too_many = count > request_body._MAX_VALUES
            assert request_body._has_too_many_values(data.encode()) is is_too_many


@pytest.mark.parametrize(
    "data",
    [
        b'"' + b'\\"' * 2_000_000 + b"," * 100_001,
        b'"\\' * 1_300_000 + b"," * 100_001,
        b'""' * 1_900_000 + b"," * 100_001,
        b'"\n\\\\",' * 600_000,
        b"," * 4_000_000,
        b'"' + b"," * 4_000_000,
    ],
    ids=lambda data: data[:6],
)
def test_counting_takes_time_in_proportion_to_the_length(data: bytes) -> None:
    def count() -> None:
        with contextlib.suppress(BadBody):
            request_body.check_values(data)

    assert_within(5, count)


@pytest.mark.parametrize("name", ["params", "schema"])
def test_texts_with_many_commas_are_accepted(either: Sidecar, name: str) -> None:
    long = ",".join(["conv3x3"] * 750)
    if name == "params":
        call, more = (
            "runs/log-batch",
            {"params": [{"key": f"p{n}", "value": long} for n in range(200)]},
        )
    else:
        columns = [{"name": f"c{n}", "type": "double"} for n in range(60_000)]
        dataset = {
            "name": "train",
            "digest": "1",
            "schema": json.dumps({"mlflow_colspec": columns}),
        }
        call, more = "runs/log-inputs", {"datasets": [{"dataset": dataset, "tags": []}]}
    run = either.create()
    either.ask("POST", call, {"run_id": run, **more})


PUSHED = b"PUT /metrics/job/x HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n"
PACKED = packed(b"score 0.25\n")


@pytest.fixture
def gateway(sidecar: Sidecar) -> Iterator[int]:
    """The port of a push gateway."""
    opened = serve(pushgateway_handler(PushGateway(sidecar.store)), sidecar.store)
    yield opened.server_address[1]
    opened.shutdown()
    opened.server_close()


@pytest.mark.parametrize(
    ("coding", "body", "status", "reported"),
    [
        ("gzip", PACKED, 200, [0.25]),
        ("gzip", PACKED + packed(b"loss 1\n"), 200, [0.25]),
        ("gzip", packed(b"loss 1\n") + PACKED, 200, [0.25]),
        ("deflate", zlib.compress(b"score 0.25\n"), 200, [0.25]),
        ("gzip", PACKED[:-1], 400, []),
        ("gzip", PACKED[:-8], 400, []),
        ("gzip", PACKED + b"rest", 400, []),
        ("gzip", b"score 1", 400, []),
        ("snappy", b"score 1", 415, []),
        ("gzip", packed(bytes(20_000_000)), 413, []),
        ("gzip", packed(bytes(9_000_000)) * 2, 413, []),
    ],
)
def test_a_push_is_decompressed_as_a_whole_or_refused(
    sidecar: Sidecar, gateway: int, coding: str, body: bytes, status: int, reported: list[float]
) -> None:
    head = PUSHED % len(body) + f"Content-Encoding: {coding}\r\n\r\n".encode()
    assert raw(gateway, head + body).startswith(f"HTTP/1.1 {status}".encode())
    assert sidecar.values == reported


class _LargeAnswers(Handler):
    def answer(self) -> None:
        with contextlib.suppress(BadBody):
            self.body()
        self.send(200, "x" * 20_000_000)


class _Mistake(Handler):
    def answer(self) -> None:
        raise RuntimeError("a mistake of the sidecar's own")


def disconnect(port: int) -> None:
    """Begin a request, and reset the connection in the middle of its body."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=50)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.sendall(PUSHED % 1000 + b"\r\nhalf")
    connection.shutdown(socket.SHUT_WR)
    time.sleep(0.2)
    connection.close()


def test_clients_that_disconnect_cost_at_most_one_line_of_log(
    sidecar: Sidecar, gateway: int, capfd: pytest.CaptureFixture[str]
) -> None:
    large = serve(_LargeAnswers, sidecar.store)
    for port in [gateway, sidecar.port, large.server_address[1]] * 3:
        disconnect(port)
    time.sleep(0.5)
    large.shutdown()
    large.server_close()
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) <= 1, "no traceback, and not a line for each"
    assert all(
        "a client closed its connection in the middle of a request" in line for line in lines
    )


class _BrokenConnection(Handler):
    def answer(self) -> None:
        raise OSError(errno.EHOSTUNREACH, "No route to host")


def test_connections_that_break_cost_one_line_of_log(
    sidecar: Sidecar, capfd: pytest.CaptureFixture[str]
) -> None:
    broken = serve(_BrokenConnection, sidecar.store)
    for _ in range(3):
        assert raw(broken.server_address[1], PUSHED % 0 + b"\r\n") == b""
    broken.shutdown()
    broken.server_close()
    (line,) = capfd.readouterr().err.splitlines()
    assert "a client closed its connection in the middle of a request" in line


def test_a_mistake_of_the_sidecars_own_has_one_traceback(
    sidecar: Sidecar, capfd: pytest.CaptureFixture[str]
) -> None:
    mistaken = serve(_Mistake, sidecar.store)
    for _ in range(3):
        answer = raw(mistaken.server_address[1], PUSHED % 0 + b"\r\n")
        assert answer.startswith(b"HTTP/1.1 500")
        assert b"a mistake of the sidecar's own" in answer
    mistaken.shutdown()
    mistaken.server_close()
    assert capfd.readouterr().err.count("RuntimeError: a mistake of the sidecar's own") == 1
