"""`MachinePerformer`: carries out one effect of a plan on this machine or from it."""

import asyncio
import re
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace

from actions.performing.command import run
from actions.performing.files import FileWorker
from actions.performing.http import send
from actions.performing.redis import write
from fleet.actions.action import Result, Sent
from fleet.actions.plan import HOLE_OPEN, HOLE_SHUT, CommandRun, Effect, HttpRequest, RedisWrite
from fleet.actions.ports import Tell
from fleet.clock import Clock, SystemClock
from fleet.ports import HttpSender

_HOLE: Final = re.compile(f"{HOLE_OPEN}([A-Za-z_][A-Za-z0-9_.-]*){HOLE_SHUT}")


class MachinePerformer:
    """Implements `fleet.actions.ports.Performer`. Relative secret files are taken from `root`; `clock` names what is
    kept aside."""

    def __init__(self, http: HttpSender, root: Path, *, clock: Clock | None = None) -> None:
        self._http = http
        self._root = root
        self._files = FileWorker(clock or SystemClock())

    async def perform(self, effect: Effect, *, key: str = "", tell: Tell | None = None) -> Result:
        """Carry `effect` out, once, as `Performer` says."""
        try:
            open_hole = _HOLE.search(msgspec.json.encode(effect).decode())
        except UnicodeEncodeError:
            return Result(sent=Sent.NO, fault="half a character (a lone surrogate), which UTF-8 cannot write")
        if open_hole is not None:
            return Result(sent=Sent.NO, fault=f"what stands for {open_hole[1]} was not brought by an earlier step")
        began = asyncio.get_running_loop().time()
        result = await self._carried_out(effect, key, tell)
        return replace(result, took_s=asyncio.get_running_loop().time() - began)

    async def _carried_out(self, effect: Effect, key: str, tell: Tell | None) -> Result:
        if isinstance(effect, HttpRequest):
            return await send(effect, self._http, self._root, key)
        if isinstance(effect, CommandRun):
            return await run(effect, self._root, tell)
        if isinstance(effect, RedisWrite):
            return await write(effect, self._root)
        return await self._files.work(effect)
