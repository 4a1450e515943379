"""Status files in every shape that was met: nothing invented, nothing lost, never a crash."""

import json
import os
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents_registry.problems import Problems
from agents_registry.records import AGENTS, read_records
from agents_registry.sources.agent_status import AgentStatusFile
from fleet.clock import ManualClock
from fleet.errors import Fault, OutsideError, ParseError
from fleet.json_salvage import read_json, whole_json
from fleet.model import Discovery, Sighting
from fleet.ports import Limits
from tests.agents_registry.web import NOW

pytestmark = pytest.mark.anyio

PLANNER = {"status": "running", "last_seen": 1770000000, "pid": 41}
CODER = {"name": "coder", "type": "testing", "status": "idle", "last_seen": "2026-02-02T02:40:00Z", "tasks_queued": 3}
FLAT = {"planner": PLANNER, "coder": CODER, "last_update": 1770000001}
NESTED = {
    "agents": {"planner": PLANNER, "coder": CODER},
    "last_update": 1,
    "orchestrator": {"status": "idle", "pid": 2},
}
MIXED = {"coder": CODER, "agents": {"planner": PLANNER}, "last_update": 1770000001}
LISTED = [{"id": "planner", **PLANNER}, CODER]


def source(path: Path, limits: Limits | None = None) -> AgentStatusFile:
    return AgentStatusFile(path, ManualClock(NOW), limits or Limits())


async def found_in(tmp_path: Path, content: bytes | str | Any, limits: Limits | None = None) -> Discovery:
    path = tmp_path / "agent_status.json"
    if not isinstance(content, bytes):
        content = (content if isinstance(content, str) else json.dumps(content)).encode()
    path.write_bytes(content)
    return await source(path, limits).discover()


def by_name(found: Discovery) -> dict[str, Sighting]:
    return {one.name: one for one in found.sightings}


@pytest.mark.parametrize("shape", [FLAT, NESTED, MIXED, LISTED, {"agents": LISTED}], ids=str)
async def test_every_shape_gives_the_same_two_agents(tmp_path: Path, shape: Any) -> None:
    found = await found_in(tmp_path, shape)
    agents = by_name(found)
    assert set(agents) == {"planner", "coder"}
    assert found.complete
    assert not found.problems
    planner, coder = agents["planner"].claim, agents["coder"].claim
    assert planner and planner.status == "running" and planner.at == datetime.fromtimestamp(1770000000, UTC)
    assert agents["planner"].pid == 41
    assert coder and coder.at == planner.at.replace() and coder.tasks_queued == 3 and coder.tasks_failed is None
    assert agents["coder"].kind == "testing"


async def test_the_real_mixed_file_has_233_agents(shared: Path) -> None:
    path = shared / "fixtures/tools-automation/root_agent_status.json"
    found = await source(path).discover()
    names = {one.name for one in found.sightings}
    raw = json.loads(path.read_text())
    assert names == (set(raw) - {"agents", "last_update"}) | {"test_agent"}
    assert len(found.sightings) == 233
    assert found.complete
    assert not found.problems


async def test_the_real_nested_file_has_33_agents_and_no_orchestrator(shared: Path) -> None:
    found = await source(shared / "fixtures/tools-automation/config_agent_status.json").discover()
    assert len(found.sightings) == 33
    assert "orchestrator" not in by_name(found)


async def test_the_real_truncated_file_gives_what_is_whole(shared: Path) -> None:
    found = await source(shared / "fixtures/tools-automation/agents_agent_status.TRUNCATED.json").discover()
    assert [one.name for one in found.sightings] == ["AppleProAgent"]
    assert not found.complete
    assert "cut off" in found.problems[0]


async def test_the_tail_of_an_older_document_is_left_out(tmp_path: Path) -> None:
    newer, older = json.dumps({"agents": {"planner": PLANNER}}), json.dumps(NESTED, indent=2)
    found = await found_in(tmp_path, newer + older[len(newer) :])
    assert set(by_name(found)) == {"planner"}
    assert not found.complete
    assert f"from byte {len(newer)}" in found.problems[0]


async def test_a_lfs_pointer_says_how_big_the_data_is(tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match=r"Git-LFS pointer for 1,234 bytes"):
        await found_in(tmp_path, "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1234\n")


@pytest.mark.parametrize(
    "content",
    [b"", b" \n", b"nonsense", b'"text"', b"12", b"[" * 100_000, b'{"a":' * 100_000, b'{"a": {"status": "ru'],
    ids=["empty", "blank", "no JSON", "text", "number", "deep list", "deep map", "cut in the first"],
)
async def test_a_file_without_any_agent_is_a_failure_and_no_empty_fleet(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(OutsideError) as caught:
        await found_in(tmp_path, content)
    assert caught.value.fault is Fault.PAYLOAD
    assert "agent_status.json" in caught.value.detail


@pytest.mark.parametrize("content", [b"", b" \n", b"\xef\xbb\xbf"], ids=["empty", "blank", "byte order mark"])
async def test_an_empty_file_is_said_to_be_empty(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(OutsideError, match=r"an empty file|nothing but blanks"):
        await found_in(tmp_path, content)


async def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(OutsideError) as caught:
        await source(tmp_path / "none.json").discover()
    assert caught.value.fault is Fault.MISSING


async def test_an_empty_map_is_an_empty_fleet(tmp_path: Path) -> None:
    found = await found_in(tmp_path, {"agents": {}, "last_update": 0})
    assert found.sightings == ()
    assert found.complete


async def test_a_writer_in_the_middle_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "agent_status.json"
    whole = json.dumps(FLAT)
    path.write_text(whole[: len(whole) // 2])

    async def write_the_rest(_: float) -> None:
        path.write_text(whole)

    monkeypatch.setattr("agents_registry.sources.agent_status.asyncio.sleep", write_the_rest)
    found = await source(path).discover()
    assert found.complete
    assert len(found.sightings) == 2


async def test_an_unchanged_file_is_not_read_again_and_a_changed_one_is(tmp_path: Path) -> None:
    path = tmp_path / "agent_status.json"
    path.write_text(json.dumps(FLAT))
    os.utime(path, (1_700_000_000, 1_700_000_000))
    looking = source(path)
    first = await looking.discover()
    assert await looking.discover() is first
    path.write_text(json.dumps(FLAT | {"tester": {"status": "busy"}}))
    assert len((await looking.discover()).sightings) == 3


async def test_a_file_written_a_moment_ago_is_read_again_though_its_time_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "agent_status.json"
    looking = source(path)
    just_now = (NOW.timestamp(), NOW.timestamp())
    path.write_text(json.dumps({"a": PLANNER}))
    os.utime(path, just_now)
    await looking.discover()
    path.write_text(json.dumps({"b": PLANNER}))
    os.utime(path, just_now)
    assert set(by_name(await looking.discover())) == {"b"}


async def test_the_words_of_the_fleets_are_kept_as_they_are(tmp_path: Path) -> None:
    words = "unknown available restarting stopped idle running starting active None busy completed unresponsive"
    found = await found_in(tmp_path, {f"a {word}": {"status": word} for word in words.split()})
    assert [one.claim.status for one in found.sightings if one.claim] == words.split()
    assert not found.problems


@pytest.mark.parametrize("when", [1770000000, 1770000000.0, "1770000000", 1770000000000, "2026-02-02T02:40:00+00:00"])
async def test_times_come_as_numbers_and_texts(tmp_path: Path, when: Any) -> None:
    claim = (await found_in(tmp_path, {"x": {"last_seen": when}})).sightings[0].claim
    assert claim and claim.at == datetime.fromtimestamp(1770000000, UTC)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("status", 5),
        ("status", {"a": 1}),
        ("last_seen", "yesterday"),
        ("last_seen", [1]),
        ("pid", "many"),
        ("pid", -4),
        ("tasks_queued", 1.5),
        ("tasks_failed", True),
        ("tasks_completed", 10**400),
        ("cpu_usage", float("nan")),
        ("memory_usage", "9" * 500),
        ("type", ["a"]),
    ],
)
async def test_a_field_of_the_wrong_type_is_named_and_the_agent_kept(tmp_path: Path, field: str, value: Any) -> None:
    found = await found_in(tmp_path, {"coder": {"status": "idle", field: value}})
    assert [one.name for one in found.sightings] == ["coder"]
    assert found.problems[0].startswith(f"coder: {field} is ")
    assert found.complete


async def test_numbers_in_quotes_and_nulls_are_understood(tmp_path: Path) -> None:
    record = {"status": None, "pid": None, "tasks_queued": "6", "memory_usage": 85, "cpu_usage": 12.5, "last_seen": 0}
    found = await found_in(tmp_path, {"x": record})
    claim = found.sightings[0].claim
    assert not found.problems
    assert claim and claim.tasks_queued == 6 and claim.memory_bytes == 85 * 1024 * 1024 and claim.cpu_percent == 12.5
    assert claim.status is None and claim.at is None and found.sightings[0].pid is None


async def test_records_that_are_no_records_are_named(tmp_path: Path) -> None:
    found = await found_in(tmp_path, {"agents": {"a": 5, "b": None, "c": "idle", "d": {}}, "notes": {"x": 1}, "z": [1]})
    assert set(by_name(found)) == {"a", "b", "c", "d"}
    assert [text.split(":")[0] for text in found.problems] == ["notes", "z", "a", "b", "c"]


async def test_two_records_of_one_agent_the_one_seen_last_counts(tmp_path: Path) -> None:
    found = await found_in(
        tmp_path,
        {"x": {"status": "old", "last_seen": 1000}, "agents": {"x": {"status": "new", "last_seen": 2000}}},
    )
    assert [one.claim.status for one in found.sightings if one.claim] == ["new"]
    assert "x stands there twice" in found.problems[0]


async def test_an_agent_may_be_called_like_a_stray_key_if_it_says_so(tmp_path: Path) -> None:
    found = await found_in(
        tmp_path,
        {"orchestrator": {"name": "orchestrator", "status": "idle"}, "agents": {"name": "agents", "status": "idle"}},
    )
    assert set(by_name(found)) == {"orchestrator", "agents"}


async def test_hostile_names_and_words_are_made_harmless(tmp_path: Path) -> None:
    found = await found_in(tmp_path, {"a\x1b]52;c;x\x07": {"status": "\ud800\u202eok"}})
    assert all(text.isprintable() for text in (found.sightings[0].name, str(found.sightings[0].claim)))


async def test_more_agents_than_the_limit_are_cut_and_said(tmp_path: Path) -> None:
    found = await found_in(tmp_path, {f"a{n}": {"status": "idle"} for n in range(30)}, Limits(agents=10))
    assert len(found.sightings) == 10
    assert not found.complete
    assert "more than 10 agents" in found.problems[0]


async def test_a_thousand_bad_records_are_a_few_sentences(tmp_path: Path) -> None:
    found = await found_in(tmp_path, {f"a{n}": {"status": n} for n in range(1000)})
    assert len(found.sightings) == 1000
    assert len(found.problems) < 20
    assert "988 more" in found.problems[-1]


@pytest.mark.parametrize("shape", [FLAT, NESTED, MIXED, LISTED], ids=["flat", "nested", "mixed", "list"])
@pytest.mark.parametrize("indent", [None, 2])
def test_a_cut_anywhere_invents_nothing(shape: Any, indent: int | None) -> None:
    content = json.dumps(shape, indent=indent).encode()
    whole = read_records(shape, Problems(), most=100)
    assert whole is not None
    counts = []
    for end in range(len(content)):
        try:
            document = read_json(content[:end], nests=(AGENTS,))
        except ParseError:
            counts.append(0)
            continue
        records = read_records(document.value, Problems(), most=100)
        found = records.sightings if records else ()
        assert all(one in whole.sightings for one in found)
        counts.append(len(found))
    assert counts == sorted(counts)
    assert counts[-1] == 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["agents", "status", "last_seen", "pid", "name", "id", "tasks_queued", "cpu_usage", "x", ""]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_any_json_at_all_is_read_without_a_crash(document: Any) -> None:
    records = read_records(document, Problems(), most=5)
    if records is not None:
        names = [one.name for one in records.sightings]
        assert len(names) == len(set(names)) <= 5
        assert all(names)


@given(st.binary(max_size=60) | st.text(alphabet='{}[]",:agents0 \\', max_size=60).map(str.encode))
def test_any_bytes_at_all_are_a_value_or_a_parse_error(content: bytes) -> None:
    for read in (whole_json, read_json, partial(read_json, nests=(AGENTS,))):
        try:
            read(content)
        except ParseError as error:
            assert str(error)
