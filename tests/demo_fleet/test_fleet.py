"""The fleet as a whole: the same bytes twice, a configuration that names all of it, and nothing left behind."""

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
import yaml

from demo_fleet.fleet import DemoFleet
from demo_fleet.scenario import Effect
from fleet.clock import SystemClock
from tests.demo_fleet.fleets import contents, frozen
from tests.demo_fleet.wire import PATIENCE_S, ask

pytestmark = pytest.mark.anyio
_COORDINATOR = ("/health", "/status", "/api/tasks/analytics", "/api/agents/status", "/metrics")


async def _everything(folder: Path, base_port: int) -> list[bytes]:
    """All that the fleet serves and writes, at a few moments of the script."""
    found: list[bytes] = []
    async with frozen(folder, agents=12, base_port=base_port) as it:
        for t in (0.0, 30.0, 170.5, 400.25):
            await it.to(t)
            for name in it.fleet.world.names:
                # Who hangs says nothing, however long it is waited for; the others answer, however long that takes.
                hangs = Effect.HANGING in it.fleet.world.scenario.effects(name, t)
                for page in ("health", "metrics"):
                    try:
                        found.append(await ask(it.fleet.url(name, page), patience_s=0.2 if hangs else PATIENCE_S))
                    except (ConnectionError, TimeoutError) as error:
                        found.append(type(error).__name__.encode())
            found += [await ask(it.fleet.coordinator_url + path) for path in _COORDINATOR]
            found += contents(folder)
        found.append(it.fleet.config_text().encode())
    return found


async def test_the_same_seed_and_steps_give_the_same_bytes(tmp_path: Path) -> None:
    probe = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    # Below those that connections of others get: one that is taken meanwhile is passed over.
    base = 20_000 + probe.sockets[0].getsockname()[1] % 12_000
    probe.close()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    one = await _everything(tmp_path / "one", base)
    two = await _everything(tmp_path / "two", base)
    assert len(one) > 120
    assert one == two


async def test_the_configuration_names_all_of_it(tmp_path: Path) -> None:
    async with frozen(tmp_path) as it:
        config = yaml.safe_load(it.fleet.config_text())
        kinds = {
            section: [entry["kind"] for entry in config[section]] for section in ("discovery", "queues", "backlog")
        }
        assert kinds["discovery"] == ["static", "agent_status", "coordinator", "file_sd"]
        assert kinds["backlog"] == ["markdown", "batch_progress", "todo_list", "csv"]
        static = {agent["name"] for agent in config["discovery"][0]["agents"]}
        assert static | set(it.fleet.world.travellers) == set(it.fleet.world.names)
        for entry in (*config["discovery"], *config["backlog"]):
            if "path" in entry:
                assert (tmp_path / entry["path"]).is_file()


async def test_the_written_configuration_is_private_and_has_absolute_paths_elsewhere(tmp_path: Path) -> None:
    folder = tmp_path / "fleet"
    folder.mkdir()
    async with frozen(folder) as it:
        it.fleet.write_config(folder / "fleetdeck.yaml")
        it.fleet.write_config(tmp_path / "elsewhere.yaml")
        inside = yaml.safe_load((folder / "fleetdeck.yaml").read_text(encoding="utf-8"))
        outside = yaml.safe_load((tmp_path / "elsewhere.yaml").read_text(encoding="utf-8"))
    assert inside["backlog"][0]["path"] == "TODO.md"
    assert outside["backlog"][0]["path"] == str(folder / "TODO.md")
    assert (tmp_path / "elsewhere.yaml").stat().st_mode & 0o777 == 0o600


async def test_a_running_clock_moves_it_and_nothing_is_left(tmp_path: Path) -> None:
    before = len(psutil.Process().net_connections(kind="tcp"))
    fleet = DemoFleet(agents=6, clock=SystemClock(), folder=tmp_path, redis=False, speed=400.0)
    progress = tmp_path / "todo_batch_progress.json"
    async with fleet:
        port = urlsplit(fleet.url(fleet.world.names[0], "health")).port
        assert port is not None
        first = progress.read_bytes()
        async with asyncio.timeout(20):
            while progress.read_bytes() == first:  # noqa: ASYNC110  # a file tells nobody when it changes
                await asyncio.sleep(0.02)
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
    assert len(psutil.Process().net_connections(kind="tcp")) <= before + 1  # TIME_WAIT of the try above
    assert not [task for task in asyncio.all_tasks() if "demo" in task.get_name()]


async def test_a_start_that_fails_leaves_nothing_listening(tmp_path: Path) -> None:
    fleet = DemoFleet(agents=3, clock=SystemClock(), folder=tmp_path / "missing", redis=False)
    with pytest.raises(FileNotFoundError):
        await fleet.__aenter__()
    assert fleet.listening == 1  # only the coordinator is counted, and it has stopped


async def test_a_fleet_of_one(tmp_path: Path) -> None:
    async with frozen(tmp_path, agents=1) as it:
        await it.to(100)
        assert (await ask(it.fleet.url("planner-1", "health"))).startswith(b"HTTP/1.1 200")
        assert "file_sd" not in it.fleet.config_text()
    with pytest.raises(ValueError, match="one agent at least"):
        DemoFleet(agents=0, clock=SystemClock(), folder=tmp_path)
