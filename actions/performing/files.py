"""Work on files of a plan: each piece either wholly done or not at all, in a thread, and to be stopped between two
chunks. What stood there before is never overwritten but replaced by one rename, or kept aside."""

import asyncio
import threading
from typing import Final

from actions.performing.archiving import archive
from actions.performing.restoring import MOST_BYTES, restore
from actions.performing.swapping import HalfDoneError, StoppedError, copy, link
from fleet.actions.action import Result, Sent
from fleet.actions.plan import FileWork
from fleet.clock import Clock
from fleet.errors import RefusedError
from fleet.text import scrub
from fleet.times import span_text

_STAMP: Final = "%Y%m%dT%H%M%SZ"


class FileWorker:
    """`clock` gives the stamp of what is kept aside; `most_bytes` is how much an archive may unpack to."""

    def __init__(self, clock: Clock, *, most_bytes: int = MOST_BYTES) -> None:
        self._clock = clock
        self._most_bytes = most_bytes

    async def work(self, effect: FileWork) -> Result:
        """Do it. Never raises for what happens outside; cancelled, it waits until the thread has cleaned up."""
        stop = threading.Event()
        working = asyncio.ensure_future(asyncio.to_thread(self._done, effect, stop))
        cancelled, timed_out = False, False
        while not working.done():
            try:
                async with asyncio.timeout(None if stop.is_set() else effect.timeout_s):
                    await asyncio.shield(working)
            except TimeoutError:
                timed_out = True
                stop.set()
            except asyncio.CancelledError:
                cancelled = True
                stop.set()
        if cancelled:
            raise asyncio.CancelledError
        result = working.result()
        if timed_out and result.sent is Sent.NO:
            return Result(sent=Sent.NO, timed_out=True, fault=f"not done within {span_text(effect.timeout_s)}; undone")
        return result

    def _done(self, effect: FileWork, stop: threading.Event) -> Result:
        try:
            return Result(sent=Sent.YES, status=0, text=self._text(effect, stop))
        except HalfDoneError as error:
            return Result(sent=Sent.MAYBE, fault=scrub(str(error)))
        except StoppedError:
            return Result(sent=Sent.NO, fault="stopped before anything was changed")
        except RefusedError as error:
            return Result(sent=Sent.NO, fault=scrub(str(error)))
        except (OSError, ValueError) as error:
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
            named = getattr(error, "filename", None) or effect.path
            return Result(sent=Sent.NO, fault=scrub(f"{named}: {reason}; nothing was changed"))

    def _text(self, effect: FileWork, stop: threading.Event) -> str:
        if effect.work == "link":
            return link(effect.path, effect.source, effect.was)
        if effect.work == "copy":
            return copy(effect.path, effect.source, effect.sha256, stop, is_new=effect.new)
        if effect.work == "archive":
            return archive(effect.path, effect.source, stop)
        stamp = self._clock.now().strftime(_STAMP)
        most_bytes, outward = self._most_bytes, effect.outward
        return restore(effect.path, effect.source, effect.sha256, stamp, stop, most_bytes=most_bytes, outward=outward)
