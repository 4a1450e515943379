"""What planning and carrying out a batch costs, over a local server that answers at once.

    python -m benchmarks.workers.acting ITEMS FOLDER

Everything is as it is in use: the template's kind, the runner, the audit log, the records, HTTP. Writes a line of JSON:
milliseconds of CPU, bytes written an item, and the longest piece of work that held the event loop, in milliseconds of
its thread.
"""

import asyncio
import contextlib
import json
import sys
import time
import uuid
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from actions.acting import ActionDesk
from actions.audit import AuditLog
from actions.checking import StoreChecker
from actions.freezing import Freezing
from actions.ledger import Ledger
from actions.limits import RunLimits
from actions.locks.files import FileLocks
from actions.performing.performer import MachinePerformer
from actions.preflight import Preflight
from actions.records import Records
from actions.rolling_back import RollbackBook
from actions.runner import Runner
from actions.submitting import Submissions
from cli.dashboard.garbage import release
from cli.kinds import kind_tables
from config.load import load
from fleet.actions.action import Action, ActionState, Confirmation
from fleet.actions.audit import Who
from fleet.actions.ports import ActReach
from fleet.clock import SystemClock
from fleet.store import Store
from transport.http.client import HttpClient

SERVER = """
import asyncio, sys
async def answer(reader, writer):
    head = (await reader.readuntil(b"\\r\\n\\r\\n")).lower()
    if b"content-length:" in head:
        await reader.readexactly(int(head.partition(b"content-length:")[2].split()[0]))
    writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: 12\\r\\n"
                 b"Connection: close\\r\\n\\r\\n" + b'{"id": "j1"}')
    await writer.drain()
    writer.close()
async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
asyncio.run(main())
"""
_TEMPLATE = """
templates:
  - kind: http
    name: ask
    url: http://127.0.0.1:{port}/jobs
    tier: 1
    body: {{prompt: "{{prompt}}", priority: "{{priority}}"}}
    id: id
    fields:
      - {{name: prompt, required: true, longest: 2000}}
      - {{name: priority, type: integer, default: 5}}
"""


class Longest:
    """The longest callback that an event loop ran, by the CPU time of its thread."""

    def __init__(self) -> None:
        self.ms = 0.0

    @contextlib.contextmanager
    def watched(self) -> Any:
        """Watch all callbacks meanwhile."""
        run = asyncio.Handle._run

        def timed(handle: asyncio.Handle) -> None:
            began = time.thread_time()
            run(handle)
            self.ms = max(self.ms, (time.thread_time() - began) * 1000)

        asyncio.Handle._run = timed  # type: ignore[method-assign,assignment]
        try:
            yield
        finally:
            asyncio.Handle._run = run  # type: ignore[method-assign]

    def take(self) -> float:
        """What it was since it was asked last."""
        took, self.ms = self.ms, 0.0
        return took


async def measure(items: int, folder: Path) -> dict[str, float]:
    """Plan a batch, carry it out, follow it to its end; Python looks for garbage as it does in the dashboard."""
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVER, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert server.stdout is not None  # it is a pipe
    assert server.stdin is not None
    port = int(await server.stdout.readline())
    http = None
    try:
        (folder / "fleetdeck.yaml").write_text(_TEMPLATE.format(port=port), encoding="utf-8")
        desk, http = _desk(folder)
        return await _measured(desk, items)
    finally:
        if http is not None:
            await http.aclose()
        server.stdin.close()
        await server.wait()


async def _measured(desk: ActionDesk, items: int) -> dict[str, float]:
    longest = Longest()
    release()
    text = "".join(json.dumps({"prompt": f"write part {number} of {items}"}) + "\n" for number in range(items))
    figures: dict[str, float] = {}

    async def timed(name: str, work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        cpu, written = time.process_time(), _written()
        with longest.watched():
            done = await asyncio.get_running_loop().create_task(work())
        figures[f"{name}_ms"] = (time.process_time() - cpu) * 1000
        figures[f"{name}_bytes"] = _written() - written
        figures[f"{name}_longest_ms"] = longest.take()
        return done

    async def planned() -> Any:
        return await desk.plan_submit("ask", await desk.read_items("ask", text), ())

    plan = await timed("plan", planned)

    async def carried() -> Action:
        return await desk.ended(await desk.start(plan, Confirmation(by="bench", yes=True)))

    action = await timed("carry", carried)
    await desk.close()
    if action.state is not ActionState.SUCCEEDED:
        raise RuntimeError(f"{action.state.value}: {action.outcome}")
    return figures


def _desk(folder: Path) -> tuple[ActionDesk, HttpClient]:
    config = load(folder / "fleetdeck.yaml", kind_tables())
    store, clock, http = Store(), SystemClock(), HttpClient(config.limits)
    performer = MachinePerformer(http, folder, clock=clock)
    reach = ActReach(http=http, performer=performer, root=folder, store=store, clock=clock, limits=config.limits)
    submissions = Submissions(config.templates, reach, "bench", _new_id, config.actions)
    rollbacks = RollbackBook(config.rollbacks, reach, "bench", _new_id)
    audit, locks = AuditLog(folder, Who(actor="bench"), clock), FileLocks(folder / "locks")
    ledger = Ledger(audit)
    freezing = Freezing(store, ledger, clock)
    runner = Runner(
        store,
        performer,
        audit,
        Records(folder / "actions"),
        locks,
        StoreChecker(store, clock),
        lambda plan: submissions.doer(plan.source),
        clock,
        claims=FileLocks(folder / "claims"),
        preflight=Preflight(store, freezing, locks, lambda plan: submissions.doer(plan.source), clock, None),
        note=lambda *_: None,
        owner="bench",
        ledger=ledger,
        limits=RunLimits(per_target=4),
    )
    return ActionDesk(store, runner, submissions, rollbacks, freezing, locks), http


def _new_id() -> str:
    return uuid.uuid4().hex


def _written() -> int:
    """Bytes that this process has written to files."""
    lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("wchar")).split()[1])


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(measure(int(sys.argv[1]), Path(sys.argv[2])))) + "\n")
