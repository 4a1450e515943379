"""The records of big acts: what changed is appended, and whatever a crash leaves, what was kept is found again."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from actions.record_journal import applied, head_line, line_of
from actions.records import Records
from fleet.actions.action import Action, ActionState, Item
from fleet.actions.plan import plan_bytes, plan_sha256, public
from fleet.errors import RefusedError
from tests.actions.runner_bench import AT, Bench, plan

MANY = 300


def big(state: ActionState = ActionState.CONFIRMED, items: int = MANY) -> Action:
    made = plan(items=items)
    row = tuple(Item(words=words) for words in made.items)
    return Action(id="k1", plan=public(made), state=state, planned_at=AT, changed_at=AT, items=row)


def sent(action: Action, number: int, state: ActionState = ActionState.SENT) -> Action:
    items = list(action.items)
    items[number] = replace(items[number], state=state, tries=1, found={"id": f"t{number}"})
    return replace(action, items=tuple(items), state=ActionState.RUNNING, outcome=f"at {number}")


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    records = Records(tmp_path)
    yield records
    # What ends is written whole, which ends its journal.
    records.write_changes(big(ActionState.CANCELLED), ())


def test_a_change_costs_what_changed(tmp_path: Path, records: Records) -> None:
    action = big()
    records.write_changes(action, range(MANY))
    before = (tmp_path / "k1.json").stat()
    for number in range(10):
        action = sent(action, number)
        records.write_changes(action, [number])
    assert (tmp_path / "k1.json").stat() == before
    assert (tmp_path / "k1.journal").stat().st_size < 10 * 300
    assert Records(tmp_path).read() == (action,)
    ended = replace(action, state=ActionState.FAILED, ended_at=AT)
    records.write_changes(ended, ())
    assert Records(tmp_path).read() == (ended,)
    assert not (tmp_path / "k1.journal").exists()


def test_a_journal_that_has_grown_is_begun_anew(tmp_path: Path, records: Records) -> None:
    action = replace(big(), output="")
    records.write_changes(action, range(MANY))
    largest = 0
    for number in range(200):
        action = replace(sent(action, number), output=f"{number:0>20000}")
        records.write_changes(action, [number])
        largest = max(largest, (tmp_path / "k1.journal").stat().st_size)
    assert largest < 1_100_000
    assert Records(tmp_path).read() == (action,)


@given(cut=st.integers(0, 2000), changes=st.lists(st.integers(0, MANY - 1), max_size=6))
def test_a_torn_end_takes_nothing_else_away(cut: int, changes: list[int]) -> None:
    record = b"{}"
    states, journal, ends = [big()], head_line(record), [0]
    for number in changes:
        states.append(sent(states[-1], number))
        ends.append(len(journal := journal + line_of(states[-2], states[-1], [number])))
    ends[0] = len(head_line(record))
    cut = min(len(journal), ends[0] + cut)
    whole = max(place for place, end in enumerate(ends) if end <= cut)
    assert applied(big(), record, journal[:cut]) == states[whole]
    assert applied(big(), b"another", journal[:cut]) is None


@pytest.mark.parametrize("rest", [b"", b"\xff\xfe\n", b"[" * 9_000 + b"\n", b'{"row": {"state": "no"}}\n', b"{}\n"])
def test_what_is_no_line_is_left_alone(rest: bytes) -> None:
    first = sent(big(), 3)
    journal = head_line(b"r") + line_of(big(), first, [3]) + rest + line_of(first, sent(first, 4), [4])
    found = applied(big(), b"r", journal)
    assert found is not None
    assert found.items[3] == first.items[3]
    assert found.items[4].state in (ActionState.PLANNED, ActionState.SENT)


def test_the_journal_of_an_older_record_is_left_alone(tmp_path: Path, records: Records) -> None:
    records.write_changes(big(), range(MANY))
    records.write_changes(sent(big(), 1), [1])
    old = (tmp_path / "k1.journal").read_bytes()
    records.write(big(ActionState.UNKNOWN))
    # A crash may come between the new record and the end of the old journal.
    (tmp_path / "k1.journal").write_bytes(old)
    assert Records(tmp_path).read() == (big(ActionState.UNKNOWN),)


def test_where_nothing_can_be_appended_it_is_refused_and_then_written_whole(
    tmp_path: Path, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    records.write_changes(big(), range(MANY))

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fdatasync", full)
        with pytest.raises(RefusedError, match=r"cannot be kept.*No space left"):
            records.write_changes(sent(big(), 1), [1])
    again = sent(big(), 2)
    records.write_changes(again, [2])
    assert Records(tmp_path).read() == (again,)


def test_only_what_others_changed_is_read(tmp_path: Path, records: Records) -> None:
    # Three looks within one tick of a file system's clock are no looks of a second each.
    os.utime(tmp_path, (1, 1))
    here = Records(tmp_path)
    assert here.changed(()) == ()
    records.write_changes(big(), range(MANY))
    assert here.changed({"k1"}) == ()
    assert here.changed(()) == (big(),)
    assert here.changed(()) == here.changed(()) == ()
    action = sent(big(), 7)
    # Nothing in the folder itself is other than before.
    records.write_changes(action, [7])
    assert here.changed(()) == (action,)
    assert here.changed(()) == ()
    assert records.changed(()) == ()


@pytest.mark.anyio
async def test_the_records_of_a_batch_grow_with_its_items_and_not_with_their_square(tmp_path: Path) -> None:
    written = []

    class Counting(Records):
        def _write(self, action: Action) -> bytes:
            data = super()._write(action)
            written.append(len(data))
            return data

    bench = Bench(tmp_path, records=Counting(tmp_path / "acts"))
    row = await bench.run(plan(items=MANY))
    assert row.state is ActionState.SUCCEEDED
    assert len(bench.world.sends) == MANY
    assert len(written) == 2
    assert Records(tmp_path / "acts").read() == (row,)


@pytest.mark.anyio
async def test_an_item_of_a_batch_is_on_disk_as_sent_before_it_leaves(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    seen = []
    perform = bench.world.perform

    async def looked(effect, *, key="", tell=None):  # type: ignore[no-untyped-def]
        (kept,) = Records(tmp_path / "acts").read()
        number = int(key.partition("-")[2] or 0)
        seen.append(kept.items[number].state)
        return await perform(effect, key=key, tell=tell)

    bench.world.perform = looked  # type: ignore[method-assign]
    await bench.run(plan(items=120))
    assert seen == [ActionState.SENT] * 120


def test_the_hash_of_a_plan_leaves_the_moment_out_alone(tmp_path: Path) -> None:
    import hashlib
    from datetime import timedelta

    import msgspec

    made = plan(items=3, title='a trap: "made_at":"2026-03-14T09:30:00Z",', values=({"made_at": "x", "": 1},))
    fields = msgspec.to_builtins(made)
    del fields["made_at"]
    assert plan_bytes(made) == msgspec.json.encode(fields, order="sorted")
    assert plan_sha256(made) == hashlib.sha256(plan_bytes(public(made))).hexdigest()
    assert plan_sha256(replace(made, made_at=AT + timedelta(days=1))) == plan_sha256(made)
