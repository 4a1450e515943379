"""What is done to the whole process: its rights are taken, it is stopped and goes on."""

import asyncio
import json
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.faults.fleet import FILES, HEALTHY
from tests.faults.watching import Watching
from tests.hostile_server import HostileServer

EVERY_S = 4.0
AGENTS = 60
AT_ONCE_S = EVERY_S / 5
NO_STOP_S = 2.0
"""A pause that is shorter is none to the supervisor: what was missed in it is caught up at once, as it should."""
NAMED = 11
"""Agents in the files: ten in the status file, and one target."""


@pytest.mark.skipif(sys.platform != "linux", reason="how root gives up the right to read everything is Linux's own")
def test_permission_lost_on_every_file_and_given_back(tmp_path: Path) -> None:
    for name, content in FILES.values():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    (tmp_path / "targets.json").write_text('[{"targets": ["127.0.0.1:9"], "labels": {"agent_name": "from-file"}}]')
    (tmp_path / "fleetdeck.yaml").write_text(
        "every: 250ms\nhost: false\nprobes: {queue: {every: 250ms}, backlog: {every: 250ms}, metrics: {every: 1h}}\n"
        "discovery:\n- {kind: agent_status, path: status.json}\n- {kind: file_sd, files: [targets.json]}\n"
        "queues:\n- {kind: task_file, path: jobs.json}\n"
        "backlog:\n- {kind: markdown, path: TODO.md}\n- {kind: batch_progress, path: progress.json}\n"
        "- {kind: todo_list, path: todos.json}\n"
        "- {kind: csv, path: tracker.csv, status_column: Status, done: [Complete]}\n"
        "default_rules: false\nrules: [rules.yml]\nslo_files: [slo.yml]\nalerts:\n"
        "- {kind: alerts_json, name: alerts_json, path: alerts.json, every: 250ms}\n"
        "- {kind: todo_monitoring, name: todo_monitoring, path: monitor.json, every: 250ms}\n"
        "- {kind: alert_files, name: alert_files, folder: alerts.d, every: 250ms}\n"
    )
    jobs = {
        "discovery:agent_status:status.json",
        "discovery:file_sd:targets.json",
        "queue:jobs.json",
        *("rules", "slos", "alerts:alerts_json", "alerts:todo_monitoring", "alerts:alert_files"),
        *(f"backlog:{name}" for name in ("TODO.md", "progress.json", "todos.json", "tracker.csv")),
    }
    files = [tmp_path / name for name in ("targets.json", *(name for name, _ in FILES.values()))]
    with Watching(tmp_path / "fleetdeck.yaml", unprivileged=True) as deck:
        before = deck.until(
            # What a source named is a row a moment later.
            lambda known: (
                all(known["sources"].get(job, [""])[0] == "ok" for job in jobs) and len(known["states"]) == NAMED
            )
        )
        for file in files:
            file.chmod(0)
        during = deck.until(
            lambda known: all("permission denied" in " ".join(known["sources"][job]).lower() for job in jobs)
        )
        assert (during["done"], during["queued"]) == (before["done"], before["queued"])
        assert set(during["states"]) == set(before["states"])
        for file in files:
            file.chmod(0o600)
        after = deck.until(lambda known: all(known["sources"][job][0] == "ok" for job in jobs))
        assert (after["done"], after["queued"]) == (before["done"], before["queued"])


@pytest.mark.anyio
async def test_a_process_that_was_stopped_goes_on_without_a_burst_or_an_alarm(tmp_path: Path) -> None:
    asked: list[float] = []

    async def answer(writer: asyncio.StreamWriter) -> None:
        asked.append(time.monotonic())
        writer.write(HEALTHY)
        await writer.drain()

    async with HostileServer() as server:
        server.add("/health", answer)
        agents = [{"name": f"a{number}", "health": server.url("/health")} for number in range(AGENTS)]
        (tmp_path / "fleetdeck.yaml").write_text(
            f"every: {EVERY_S}\nhost: false\ndiscovery: [{{kind: static, agents: {json.dumps(agents)}}}]\n"
        )
        deck = await asyncio.to_thread(Watching, tmp_path / "fleetdeck.yaml")
        try:
            await asyncio.to_thread(deck.until, lambda known: list(known["states"].values()) == ["up"] * AGENTS)
            before = of_agents(await asyncio.to_thread(deck.known))
            deck.process.send_signal(signal.SIGSTOP)
            await asyncio.sleep(EVERY_S + 1)  # all have missed their turn
            deck.process.send_signal(signal.SIGCONT)
            began, count = time.monotonic(), len(asked)
            async with asyncio.timeout(15 * EVERY_S):
                while len(asked) < count + AGENTS:  # noqa: ASYNC110  # the server tells nobody
                    await asyncio.sleep(0.01)
            after = of_agents(await asyncio.to_thread(deck.known))
        finally:
            await asyncio.to_thread(deck.__exit__, None, None, None)
    assert after == before, "nobody is called stale or down for what was not looked at"
    times = [at - began for at in asked[count:]]
    most = max(sum(start <= at < start + AT_ONCE_S for at in times) for start in times)
    # A busy machine may pause us or them, too, on top of what is due anyway.
    allowed = AGENTS * (NO_STOP_S + AT_ONCE_S) / EVERY_S
    assert most <= allowed, f"{most} of {AGENTS} were asked within a fifth of the interval"


def of_agents(known: dict[str, Any]) -> list[str]:
    """The events that are none of fleetdeck itself, which rightly tells of a stop of ten seconds."""
    return [event for event in known["events"] if not event.startswith("fleetdeck: ")]
