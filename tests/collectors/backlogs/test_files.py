"""What all backlog probes do with the file on disk, whatever is in it."""

import os
from pathlib import Path
from typing import cast

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleet.clock import ManualClock
from fleet.errors import Fault, OutsideError
from fleet.ports import Limits, Probe
from fleet.text import scrub
from fleet.work import BacklogReading
from tests.collectors.backlogs.conftest import KINDS, LATER, MakeProbe, ReadBytes

pytestmark = pytest.mark.anyio

OPTIONS: dict[str, dict[str, object]] = {
    "markdown": {},
    "batch_progress": {},
    "todo_list": {},
    "csv": {"status_column": "Status", "done": ["Complete"]},
}


async def look(probe: Probe) -> BacklogReading:
    return cast(BacklogReading, await probe.probe())


def test_the_kinds_are_those_of_the_configuration() -> None:
    assert set(KINDS) == set(OPTIONS)
    assert all(kind.every_s == 30.0 for kind in KINDS.values())


@pytest.mark.parametrize("kind", OPTIONS)
def test_options_are_strict(kind: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="colour"):
        msgspec.convert({"path": "a", "colour": "red", **OPTIONS[kind]}, KINDS[kind].options)
    with pytest.raises(msgspec.ValidationError, match="path"):
        msgspec.convert(OPTIONS[kind], KINDS[kind].options)


async def test_an_unchanged_file_gives_the_same_reading(tmp_path: Path, make: MakeProbe) -> None:
    (tmp_path / "TODO.md").write_text("- [x] a\n- [ ] b\n")
    probe = make("markdown", path="TODO.md")
    first = await look(probe)
    assert (first.name, first.kind, first.total, first.done) == ("TODO.md", "markdown", 2, 1)
    assert await look(probe) is first
    os.utime(tmp_path / "TODO.md", ns=(0, 0))
    assert await look(probe) is first


async def test_a_changed_file_gives_a_new_one(tmp_path: Path, make: MakeProbe) -> None:
    path = tmp_path / "TODO.md"
    path.write_text("- [ ] a\n")
    probe = make("markdown", path="TODO.md")
    await look(probe)
    (tmp_path / "new").write_text("- [x] a\n- [x] b\n")
    (tmp_path / "new").replace(path)
    assert (await look(probe)).done == 2


async def test_a_change_within_the_grain_of_file_times_is_not_missed(tmp_path: Path, make: MakeProbe) -> None:
    path = tmp_path / "TODO.md"
    path.write_text("- [ ] a\n")
    written = path.stat().st_mtime_ns
    clock = ManualClock(LATER.now().fromtimestamp(written / 1e9, LATER.now().tzinfo))
    probe = make("markdown", path="TODO.md", clock=clock)
    assert (await look(probe)).done == 0
    with path.open("r+") as file:
        file.write("- [x] a\n")
    os.utime(path, ns=(written, written))
    assert (await look(probe)).done == 1


async def test_a_file_that_is_truncated_fails_and_recovers(tmp_path: Path, make: MakeProbe) -> None:
    path = tmp_path / "progress.json"
    whole = b'{"total_todos": 40, "processed": 10, "batches_completed": 1}'
    path.write_bytes(whole)
    probe = make("batch_progress", path="progress.json")
    good = await look(probe)
    for broken, said in ((whole[:30], "at byte 20"), (b"", "an empty file")):
        path.write_bytes(broken)
        with pytest.raises(OutsideError, match=said) as caught:
            await probe.probe()
        assert caught.value.fault is Fault.PAYLOAD
        assert "progress.json" in caught.value.detail
    path.write_bytes(whole)
    assert await look(probe) == good


async def test_a_file_that_is_swapped_for_something_else(tmp_path: Path, make: MakeProbe) -> None:
    path = tmp_path / "TODO.md"
    probe = make("markdown", path="TODO.md")
    with pytest.raises(OutsideError) as missing:
        await probe.probe()
    assert missing.value.fault is Fault.MISSING
    path.mkdir()
    with pytest.raises(OutsideError, match="no regular file"):
        await probe.probe()
    path.rmdir()
    os.mkfifo(path)
    with pytest.raises(OutsideError, match="no regular file"):
        await probe.probe()
    path.unlink()
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12345\n")
    with pytest.raises(OutsideError, match="Git-LFS pointer for 12,345 bytes"):
        await probe.probe()


async def test_a_file_over_the_limit_is_refused(tmp_path: Path, make: MakeProbe) -> None:
    (tmp_path / "TODO.md").write_text("- [ ] a\n" * 100)
    with pytest.raises(OutsideError) as caught:
        await make("markdown", path="TODO.md", limits=Limits(file_bytes=100)).probe()
    assert caught.value.fault is Fault.LIMIT


async def test_an_absolute_path_stands_alone(tmp_path: Path, make: MakeProbe) -> None:
    (tmp_path / "sub").mkdir()
    path = tmp_path / "sub" / "TODO.md"
    path.write_text("- [ ] a\n")
    probe = make("markdown", path=str(path))
    assert probe.target == str(path)
    assert (await look(probe)).name == "TODO.md"


almost_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["todos", "id", "status", "title", "total_todos", "processed", "file", "total", "done"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
).map(msgspec.json.encode)
words = st.lists(
    st.sampled_from(['"', ",", ";", "\n", "\r", "\0", "Status", "Complete", "id", "x", "é", "\u2028"])
).map(lambda parts: "".join(parts).encode())


@pytest.mark.parametrize("kind", OPTIONS)
@given(
    st.binary(max_size=300) | almost_json | words, st.integers(0, 60), st.sampled_from(["f.json", "f.jsonl", "f.txt"])
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_give_a_reading_or_a_named_failure(
    read: ReadBytes, kind: str, content: bytes, cut: int, name: str
) -> None:
    try:
        reading = read(kind, content[: len(content) - cut] if cut % 2 else content, name, **OPTIONS[kind])
    except OutsideError as error:
        assert name in error.detail
        assert error.detail == scrub(error.detail)
        return
    msgspec.json.encode(reading)
    assert reading.done is None or reading.total is None or 0 <= reading.done <= reading.total
    assert all(text == scrub(text) for text in (*reading.anomalies, *(section.title for section in reading.sections)))
