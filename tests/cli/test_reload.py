"""Live reload: a good edit is applied, a broken one is reported and the running configuration stays."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cli.deck import Deck
from cli.kinds import kind_tables
from cli.reload import JOB_ID, ConfigFile, Reloaded
from config.load import load
from fleet.clock import SystemClock
from fleet.model import SourceState
from fleet.store import Store
from tests.cli.test_demo import Terminal
from tests.hostile_server import HostileServer, reply
from tests.test_deck import HEALTHY, states, until

HEAD = "every: 100ms\ntimeout: 20s\nstale_after: 50\nkeep_gone: 1h\nhost: false\n"
"""Stale is what is not seen for 5 s: a busy machine pauses for longer than three rounds of 100 ms."""


class Live:
    """A deck whose configuration is followed; `told` are the reports of its reloads."""

    def __init__(self, folder: Path, text: str) -> None:
        self.path = folder / "fleetdeck.yaml"
        self.path.write_text(HEAD + text)
        self.store = Store()
        clock = SystemClock()
        config = load(self.path, kind_tables())
        self.deck = Deck(config, self.store, clock)
        self.told: list[Reloaded] = []
        self.file = ConfigFile(self.deck, config, kind_tables(), clock.now(), self.told.append)
        self.file.follow()

    def edit(self, text: str) -> None:
        """As editors do that write beside the file and rename."""
        beside = self.path.with_suffix(".new")
        beside.write_text(HEAD + text)
        beside.replace(self.path)

    async def edited(self, text: str) -> Reloaded:
        """Edit, and wait for what comes of it."""
        before = len(self.told)
        self.edit(text)
        await until(lambda: len(self.told) > before)
        return self.told[-1]

    @property
    def row(self) -> str:
        source = self.store.sources[JOB_ID]
        return source.error or "; ".join(source.problems) or source.summary


@asynccontextmanager
async def live(folder: Path, text: str) -> AsyncIterator[Live]:
    it = Live(folder, text)
    work = asyncio.create_task(it.deck.run())
    try:
        await until(lambda: JOB_ID in it.store.sources and it.store.sources[JOB_ID].state is SourceState.OK)
        yield it
    finally:
        assert not work.done(), f"it ended by itself: {work.exception()!r}"
        work.cancel()
        await asyncio.wait([work])


def static(server: HostileServer, *names: str) -> str:
    return json.dumps([{"name": name, "health": server.url(f"/{name}")} for name in names])


@pytest.mark.anyio
async def test_entries_come_and_go_and_what_stays_is_not_disturbed(tmp_path: Path) -> None:
    (tmp_path / "TODO.md").write_text("- [x] one\n- [ ] two\n")
    (tmp_path / "jobs.json").write_text('{"tasks": [{"id": "t", "status": "queued"}]}')
    queues = "queues: [{kind: task_file, path: jobs.json}]\n"
    async with HostileServer() as server:
        for name in ("a", "b", "c"):
            server.add(f"/{name}", HEALTHY)
        first = f"discovery: [{{kind: static, agents: {static(server, 'a', 'b')}}}]\n"
        async with live(tmp_path, first + queues) as it:
            await until(lambda: states(it.store) == {"a": "up", "b": "up"} and it.store.queues and it.store.tasks)
            since, connections = it.store.status["a"].since, server.connections
            points = len(it.store.history.points(("agent", "a", "latency_s")))

            second = f"discovery: [{{kind: static, agents: {static(server, 'a', 'c')}}}]\n"
            said = await it.edited(second + "backlog: [{kind: markdown, path: TODO.md}]\n")
            assert (said.text, said.bad) == ("configuration: 1 added, 1 changed, 1 removed", False)
            await until(lambda: states(it.store) == {"a": "up", "c": "up"} and it.store.backlog)
            assert it.store.status["a"].since == since
            assert len(it.store.history.points(("agent", "a", "latency_s"))) >= points
            assert server.connections <= connections + 1, "the connections of those that stay are kept"
            assert (list(it.store.queues), list(it.store.tasks)) == ([], [])
            assert "queue:jobs" not in it.store.sources
            assert "health:b" not in it.store.sources, "who was taken away is not gone but no more"
            assert re.fullmatch(r"loaded \d\d:\d\d:\d\dZ: 1 discovery, 0 queues, 1 backlog", it.row)
            assert [event.detail for event in it.store.events.values() if event.after == "reloaded"] == [
                "1 added, 1 changed, 1 removed"
            ]


@pytest.mark.anyio
async def test_a_broken_edit_is_reported_and_the_running_one_stays(tmp_path: Path) -> None:
    async with HostileServer() as server:
        server.add("/a", HEALTHY)
        good = f"discovery: [{{kind: static, agents: {static(server, 'a')}}}]\n"
        async with live(tmp_path, good) as it:
            await until(lambda: states(it.store) == {"a": "up"})
            said = await it.edited(good + "queues: [{kind: task_file, pth: x}]\n")
            assert said.bad
            assert "fleetdeck.yaml:7: queues[0].pth: unknown key; did you mean path?" in said.text
            assert said.text.endswith("the running configuration stays")
            assert "fleetdeck.yaml:7:" in it.row
            looks = len(server.seen)
            await until(lambda: len(server.seen) > looks + 3)
            assert states(it.store) == {"a": "up"}
            await until(lambda: any("fleetdeck.yaml:7" in event.detail for event in it.store.events.values()))
            said = await it.edited(good)
            assert not said.bad
            assert it.store.sources[JOB_ID].state is SourceState.OK


@pytest.mark.anyio
async def test_intervals_and_limits_apply_to_what_runs(tmp_path: Path) -> None:
    async with HostileServer() as server:
        server.add("/a", HEALTHY)
        agents = f"discovery: [{{kind: static, agents: {static(server, 'a')}}}]\n"
        async with live(tmp_path, "probes: {health: {every: 1h}}\n" + agents) as it:
            await until(lambda: states(it.store) == {"a": "up"})
            assert it.store.sources["health:a"].every_s == 3600
            said = await it.edited("probes: {health: {every: 100ms, down_after: 4}}\n" + agents)
            assert said.text == "configuration: intervals and limits of probes"
            looks = len(server.seen)
            await until(lambda: len(server.seen) > looks + 3)
            assert it.store.sources["health:a"].every_s == 0.1
            server.add("/a", reply("404 Not Found", b"no"))
            await until(lambda: states(it.store) == {"a": "down"})
            assert it.store.health["a"].failures >= 4
            await it.edited("probes: {health: {every: 100ms, down_after: 4}}\nlimits: {body_bytes: 1024}\n" + agents)
            server.add("/a", reply("200 OK", b"x" * 2000))
            await until(lambda: "2,000 bytes, the limit is 1,024" in it.store.health["a"].error)


@pytest.mark.anyio
async def test_what_needs_a_new_start_is_named(tmp_path: Path) -> None:
    async with live(tmp_path, "") as it:
        said = await it.edited("self_metrics: 127.0.0.1:9105\n")
        assert said.text == "configuration: nothing that applies now changed; at the next start: self_metrics"
        assert it.row == "self_metrics changed, which applies at the next start"
        await it.edited("")
        await until(lambda: it.row.startswith("loaded"))


@pytest.mark.anyio
async def test_a_part_that_cannot_be_made_changes_nothing_and_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "TODO.md").write_text("- [ ] one\n")
    backlog = "backlog: [{kind: markdown, path: TODO.md}]\n"
    secret = 'discovery: [{kind: http_sd, url: "http://127.0.0.1:1/", auth: {secret: {file: token}}}]\n'
    async with live(tmp_path, backlog) as it:
        await until(lambda: "TODO.md" in it.store.backlog)
        said = await it.edited(secret)
        assert said.bad
        assert "token cannot be read" in said.text
        assert "TODO.md" in it.store.backlog
        (tmp_path / "token").touch(mode=0o600)
        (tmp_path / "token").write_text("s3cret")
        it.file.reload()
        await until(lambda: "TODO.md" not in it.store.backlog and "discovery:http_sd:127.0.0.1:1" in it.store.sources)


@pytest.mark.anyio
async def test_a_file_that_is_emptied_or_taken_away_for_a_moment_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "TODO.md").write_text("- [ ] one\n")
    backlog = "backlog: [{kind: markdown, path: TODO.md}]\n"
    async with live(tmp_path, backlog) as it:
        await until(lambda: "TODO.md" in it.store.backlog)
        it.path.write_text("")
        await until(lambda: it.told and it.told[-1].text.startswith("configuration: fleetdeck.yaml is empty"))
        it.path.unlink()
        await until(lambda: "no file" in it.told[-1].text)
        it.path.mkdir()
        await until(lambda: "no regular file" in it.told[-1].text)
        it.path.rmdir()
        assert "TODO.md" in it.store.backlog
        it.edit(backlog)
        # Who looked between the two has once more told that there is no file.
        await until(lambda: not it.told[-1].bad)
        assert "TODO.md" in it.store.backlog


@pytest.mark.anyio
async def test_a_link_that_is_turned_is_an_edit(tmp_path: Path) -> None:
    """As Kubernetes replaces a mounted file: `config.yaml → ..data/config.yaml`, and `..data` is turned by a rename."""
    for version, text in (("1", "keep_gone: 1m\n"), ("2", "keep_gone: 2m\n")):
        (tmp_path / f"..{version}").mkdir()
        (tmp_path / f"..{version}" / "fleetdeck.yaml").write_text("host: false\n" + text)
    (tmp_path / "..data").symlink_to("..1")
    path = tmp_path / "linked" / "fleetdeck.yaml"
    path.parent.mkdir()
    it = Live(path.parent, "")
    path.unlink()
    path.symlink_to("../..data/fleetdeck.yaml")
    work = asyncio.create_task(it.deck.run())
    try:
        await until(lambda: it.told)
        assert it.told[-1].text == "configuration: keep_gone, intervals and limits of probes"
        (tmp_path / "..tmp").symlink_to("..2")
        (tmp_path / "..tmp").replace(tmp_path / "..data")
        await until(lambda: len(it.told) == 2)
        assert it.told[-1].text == "configuration: keep_gone"
    finally:
        work.cancel()
        await asyncio.wait([work])


@pytest.mark.anyio
async def test_asked_for_by_hand_it_says_that_nothing_changed(tmp_path: Path) -> None:
    async with live(tmp_path, "") as it:
        it.file.reload()
        await until(lambda: it.told)
        assert it.told == [Reloaded("configuration: nothing that applies now changed")]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_said_and_everything_goes_on(tmp_path: Path) -> None:
    state = tmp_path / "state" / "fleetdeck"
    state.mkdir(parents=True)
    (state / "fleetdeck.log").symlink_to("/dev/full")
    file = tmp_path / "fleetdeck.yaml"
    file.write_text("host: false\ndiscovery: [{kind: static, agents: [{name: anna}]}]\n")
    terminal = Terminal(tmp_path, "--view", "agents")
    terminal.until("anna")
    file.write_text("what is this\n")
    terminal.until("the log cannot be written: No space left on device")
    file.write_text("host: false\ndiscovery: [{kind: static, agents: [{name: carla}]}]\n")
    terminal.until("carla")
    terminal.press("q")
    assert terminal.ended() == 0
    assert "Traceback" not in terminal.rest


def test_the_dashboard_says_what_is_wrong_and_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "fleetdeck.yaml"
    file.write_text("host: false\ndiscovery: [{kind: static, agents: [{name: anna}]}]\n")
    terminal = Terminal(tmp_path, "--view", "agents")
    terminal.until("anna")
    file.write_text("host: false\ndiscovery: [{kind: static, agents: [{nme: bert}]}]\n")
    terminal.until("the configuration is wrong")
    terminal.press("8")
    terminal.until("agents.0..nme")
    file.write_text("host: false\ndiscovery: [{kind: static, agents: [{name: carla}]}]\n")
    terminal.until("loaded ")
    terminal.press("2")
    terminal.until("carla")
    terminal.press(":reload\r")
    terminal.until("nothing that applies now changed")
    terminal.press("q")
    assert terminal.ended() == 0
