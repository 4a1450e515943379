"""What another program of this machine carries out is seen here, and left to it: two real processes, one folder."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from fleet.actions.action import ActionState
from fleet.actions.plan import Tier
from fleet.errors import RefusedError
from tests.actions.runner_bench import ANN, Bench, plan

ROOT = Path(__file__).parents[2]
OTHER = """
import asyncio, sys
from pathlib import Path
from tests.actions.runner_bench import ANN, Bench, plan

async def main():
    bench = Bench(Path(sys.argv[1]), owner="bob@there")
    bench.world.hang = True
    key = await bench.runner.start(plan(items=int(sys.argv[2])), ANN)
    await bench.world.inside.wait()
    print(key, flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    if sys.argv[3] == "stop":
        await bench.runner.abort(key, "bob@there")
        await bench.runner.ended(key)

asyncio.run(main())
"""


class Other:
    """A process that is in the midst of an act, until it is told to stop it or is killed."""

    def __init__(self, path: Path, items: int) -> None:
        command = [sys.executable, "-c", OTHER, str(path), str(items), "stop"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline().strip() == "k1"

    def stop(self) -> None:
        self.process.communicate("\n", timeout=30)
        assert self.process.returncode == 0

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate(timeout=30)


def bench(path: Path) -> Bench:
    return Bench(path, sleep=lambda seconds: asyncio.sleep(0.01))


@pytest.mark.anyio
@pytest.mark.parametrize("items", [1, 300], ids=["small", "big"])
async def test_what_another_program_does_is_seen_here_and_left_to_it(tmp_path: Path, items: int) -> None:
    here = bench(tmp_path)
    await here.runner.recover()
    await here.runner.look()
    assert not here.store.actions
    other = Other(tmp_path, items)
    try:
        await here.runner.look()
        assert here.store.actions["k1"].state is ActionState.SENT
        await here.runner.look()
        assert [note[1:3] for note in here.notes] == [("", "submit begun")]
        for ask in (here.runner.abort, here.runner.reconcile):
            with pytest.raises(RefusedError, match="carried out by bob@there, not here"):
                await ask("k1", "ann@here")
        ended = asyncio.create_task(here.runner.ended("k1"))
        other.stop()
        row = await ended
        assert "stopped by bob@there" in row.outcome
        assert row.items[0].sentence == "it is not there"
        assert [note[1:3] for note in here.notes[1:]] == [("submit begun", f"submit {row.state.value}")]
        assert "by ann@here" in here.notes[1][3]
        assert here.world.sends == []
    finally:
        other.kill()


@pytest.mark.anyio
@pytest.mark.parametrize("items", [1, 300], ids=["small", "big"])
async def test_what_a_killed_program_left_is_unknown_to_who_waits_for_it(tmp_path: Path, items: int) -> None:
    here = bench(tmp_path)
    other = Other(tmp_path, items)
    try:
        await here.runner.look()
        ended = asyncio.create_task(here.runner.ended("k1"))
        await asyncio.sleep(0)
        other.kill()
        row = await ended
    finally:
        other.kill()
    assert row.state is ActionState.UNKNOWN
    assert "fleetdeck ended while it was under way" in row.outcome
    assert here.decisions() == ["intent", "outcome"]
    # Whoever comes next finds it so.
    again = bench(tmp_path)
    await again.runner.recover()
    assert again.store.actions["k1"] == row


@pytest.mark.anyio
async def test_what_is_carried_out_here_is_not_taken_from_the_records(tmp_path: Path) -> None:
    here = bench(tmp_path)
    here.world.hang = True
    await here.runner.start(plan(items=3, tier=Tier.YES), ANN)
    await here.world.inside.wait()
    before = here.store.actions["k1"]
    (tmp_path / "acts" / "k1.json").write_bytes(b"{}")
    await here.runner.look()
    assert here.store.actions["k1"] is before
    await here.runner.close()
    await here.runner.look()
    assert here.store.actions["k1"].ended


@pytest.mark.anyio
async def test_what_another_program_did_between_two_looks_is_an_event_and_what_it_did_before_is_none(
    tmp_path: Path,
) -> None:
    other = bench(tmp_path)
    await other.run(plan(key="early"))
    here = bench(tmp_path)
    await here.runner.recover()
    await here.runner.look()
    assert here.notes == []
    row = await other.run(plan(key="late"))
    await here.runner.look()
    await here.runner.look()
    assert [(note[1:3], note[4]) for note in here.notes] == [(("", "submit succeeded"), False)]
    assert row.actor in here.notes[0][3]


@pytest.mark.anyio
async def test_acts_of_other_fleets_are_not_shown(tmp_path: Path) -> None:
    here = bench(tmp_path)
    await here.run(plan(key="mine"))
    other = bench(tmp_path)
    other.runner._aftermath._fleet = "another"  # what the configuration of another fleet says
    await other.runner.look()
    assert not other.store.actions
