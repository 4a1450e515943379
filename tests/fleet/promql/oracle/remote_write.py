"""Samples into a real Prometheus by remote write 0.1.0, which carries staleness markers and NaN bit by bit.

The protocol is a protobuf message in snappy's block format. Both are simple enough to write by hand: the message has
four kinds of fields, and snappy may leave everything uncompressed.
"""

import struct
import urllib.request
from collections.abc import Iterable, Iterator

from fleet.promql.storage import Series

_LITERAL = 1 << 16


def write(url: str, series: Iterable[Series]) -> None:
    """Give the samples of `series` to the Prometheus at `url`; they are there when this returns."""
    body = _snappy(b"".join(_field(1, _series(one)) for one in series))
    headers = {
        "Content-Encoding": "snappy",
        "Content-Type": "application/x-protobuf",
        "X-Prometheus-Remote-Write-Version": "0.1.0",
    }
    request = urllib.request.Request(f"{url}/api/v1/write", body, headers, method="POST")
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 204, answer.status


def _series(series: Series) -> bytes:
    labels = (_field(1, _field(1, name.encode()) + _field(2, value.encode())) for name, value in series.labels)
    samples = (
        _field(2, b"\x09" + struct.pack("<d", value) + b"\x10" + _varint(at_ms))
        for at_ms, value in zip(series.times, series.values, strict=True)
    )
    return b"".join((*labels, *samples))


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _snappy(content: bytes) -> bytes:
    return b"".join((_varint(len(content)), *_literals(content)))


def _literals(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), _LITERAL):
        piece = content[start : start + _LITERAL]
        yield b"\xf4" + struct.pack("<H", len(piece) - 1)
        yield piece
