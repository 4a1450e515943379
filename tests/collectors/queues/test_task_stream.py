"""The streaming reader against the standard library's, for any document, cut anywhere."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.task_stream import Element, Member, Opened, Part, TrailingError, TruncatedError, parts
from fleet.errors import ParseError

scalars = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text()
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12
)
documents = st.lists(values) | st.dictionaries(st.text(), values)
indents = st.sampled_from([None, 0, 2])


def cut(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def rebuilt(found: list[Part]) -> Any:
    """The document that the parts make up, read piece by piece."""
    lists: dict[str, list[Any]] = {}
    members: dict[str, Any] = {}
    for part in found:
        if isinstance(part, Opened):
            lists[part.section] = []
            members[part.section] = lists[part.section]
            continue
        assert part.raw is not None
        if isinstance(part, Element):
            lists[part.section].append(json.loads(part.raw))
        else:
            members[part.name] = json.loads(part.raw)
    return members


@given(documents, st.integers(1, 40), indents, st.booleans())
def test_it_reads_what_the_standard_library_reads(document: Any, size: int, indent: int | None, escape: bool) -> None:
    data = json.dumps(document, indent=indent, ensure_ascii=escape).encode()
    found = rebuilt(list(parts(cut(data, size))))
    assert found == ({"": document} if isinstance(document, list) else document)


@given(documents, st.integers(1, 40), st.data())
def test_a_truncated_document_is_named_so_and_loses_nothing_before(
    document: Any, size: int, data: st.DataObject
) -> None:
    whole = json.dumps(document).encode()
    at = data.draw(st.integers(0, len(whole) - 1))
    found: list[Part] = []
    with pytest.raises(TruncatedError) as caught:
        found.extend(parts(cut(whole[:at], size)))
    assert caught.value.offset == at
    complete = list(parts([whole]))
    seen: list[Part] = []
    with pytest.raises(TruncatedError):
        seen.extend(iter(parts(cut(whole[:at], size))))
    assert found == [] or found == complete[: len(found)]
    assert seen == found


@given(st.binary(max_size=200), st.integers(1, 40))
def test_any_bytes_give_parts_or_a_parse_error(data: bytes, size: int) -> None:
    try:
        list(parts(cut(data, size)))
    except ParseError as error:
        assert error.offset is not None
        assert 0 <= error.offset <= len(data)


def test_elements_over_the_limit_are_passed_over_and_the_rest_is_read() -> None:
    document = {"tasks": [{"id": 1}, {"id": 2, "stdout": 'x"\\' * 1000}, [["deep"] * 500], "y" * 900, 1.5, {"id": 3}]}
    data = json.dumps(document).encode()
    for size in (1, 7, 100_000):
        found = [part.raw for part in parts(cut(data, size), limit=64) if isinstance(part, Element)]
        assert found == [b'{"id": 1}', None, None, None, b"1.5", b'{"id": 3}']


def test_a_shorter_text_over_a_longer_one_gives_the_first_document_and_says_where_it_ends() -> None:
    found: list[Part] = []
    with pytest.raises(TrailingError, match="at byte 9"):
        for part in parts([b'{"a":[1]}}, {"a": [2]}']):
            found.append(part)  # noqa: PERF402  # what was handed out before the error counts
    assert found == [Opened("a"), Element("a", b"1")]


@pytest.mark.parametrize("data", [b"", b" \n", b"\xef\xbb\xbf"])
def test_nothing_is_an_error_of_its_own(data: bytes) -> None:
    with pytest.raises(TruncatedError, match="the document is empty"):
        list(parts([data]))


@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_a_byte_order_mark_is_stepped_over(size: int) -> None:
    assert list(parts(cut(b'\xef\xbb\xbf{"a": 1}', size))) == [Member("a", b"1")]


@pytest.mark.parametrize("data", [b"[1,]", b'{"a" 1}', b"{1: 2}", b'{"a":1,}', b"[1 2]", b'"text"', b"12", b"{'a': 1}"])
def test_malformed_documents_name_the_byte(data: bytes) -> None:
    with pytest.raises(ParseError, match=r"at byte \d"):
        list(parts([data]))


def test_deep_nesting_does_not_recurse() -> None:
    data = b"[" + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"]"
    [_, element] = parts(cut(data, 4096))
    assert isinstance(element, Element)
    assert element.raw == data[1:-1]
