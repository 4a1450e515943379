"""Names of hosts, looked up in threads of their own, so that a resolver that hangs delays nothing but names.

asyncio looks names up in the loop's default executor, where files are read and processes looked at, too. A few hanging
names would fill it for as long as the resolver waits. `NamesApart` is a default executor that gives look-ups, whoever
asks for them (our own connections, httpx, Redis), a few threads of their own. Those are daemons: the program need not
wait for a resolver in order to end.
"""

import asyncio
import queue
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, TypeVar

from transport.forbidden import refuse_services

T = TypeVar("T")

AT_ONCE: Final = 8
"""Look-ups under way at once."""
_KEEP_S: Final = 10.0
"""Seconds that an answer holds. A name that moves is found again within them, and at once where connecting fails."""
_KEPT: Final = 10_000

Found = list[tuple[Any, ...]]
"""What `getaddrinfo` gives: tuples of family, type, protocol, canonical name, and an address (host, port, …)."""
_Job = tuple["Future[Any]", Callable[[], Any]]


class NamesApart(ThreadPoolExecutor):
    """An executor for a loop in which `socket.getaddrinfo` runs in at most `names` threads that nothing else uses."""

    def __init__(self, *, names: int = AT_ONCE) -> None:
        super().__init__(thread_name_prefix="fleetdeck")
        self._names = _Daemons(names)

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> "Future[T]":
        if fn is socket.getaddrinfo:
            return self._names.submit(lambda: fn(*args, **kwargs))
        return super().submit(fn, *args, **kwargs)


class _Daemons:
    """At most `most` daemon threads, made when they are needed, that end when there is nothing to do."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._running = 0

    def submit(self, work: Callable[[], T]) -> "Future[T]":
        future: Future[T] = Future()
        self._jobs.put((future, work))
        with self._lock:
            if self._running < self._most:
                self._running += 1
                threading.Thread(target=self._run, name="names", daemon=True).start()
        return future

    def _run(self) -> None:
        while True:
            with self._lock:
                try:
                    future, work = self._jobs.get_nowait()
                except queue.Empty:
                    self._running -= 1
                    return
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(work())
            except (OSError, ValueError, OverflowError) as error:  # all that a look-up raises
                future.set_exception(error)


class Names:
    """Look-ups of one client: those of the same name under way at once are one, and answers hold for a while."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, Found]] = {}
        self._asked: dict[str, asyncio.Task[Found]] = {}

    async def look_up(self, host: str) -> Found:
        """The addresses of `host` for TCP, with port 0.

        Raises OSError (`socket.gaierror`), UnicodeError, and OutsideError for a name that leads where nobody may go.
        """
        loop = asyncio.get_running_loop()
        known = self._known.get(host)
        if known is not None and known[0] > loop.time():
            return known[1]
        task = self._asked.get(host)
        if task is None:
            task = self._asked[host] = loop.create_task(self._ask(host))
            task.add_done_callback(lambda done: self._answered(host, done))
        # Who is tired of waiting must not take the answer from the others.
        return await asyncio.shield(task)

    def forget(self, host: str) -> None:
        """Ask again next time: nothing answers where `host` was."""
        self._known.pop(host, None)

    def _answered(self, host: str, task: "asyncio.Task[Found]") -> None:
        self._asked.pop(host, None)
        if not task.cancelled():
            task.exception()  # seen, even where nobody waits any more

    async def _ask(self, host: str) -> Found:
        loop = asyncio.get_running_loop()
        found: Found = [*await loop.getaddrinfo(host, 0, type=socket.SOCK_STREAM)]
        refuse_services(host, (str(entry[4][0]) for entry in found))
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[host] = loop.time() + _KEEP_S, found
        return found


def with_port(found: Found, port: int) -> Found:
    """Addresses with their port filled in."""
    return [(*entry[:4], (entry[4][0], port, *entry[4][2:])) for entry in found]
