"""Being told when files change, so that what stands in them is seen at once and not only at the next interval.

Only a hint: the intervals go on, because some file systems tell nobody, and a folder may not be there yet.
"""

import asyncio
import fnmatch
import logging
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

log = logging.getLogger(__name__)

_GATHER_MS = 200


class Watched:
    """Paths to watch, each with what is to be told of it; `*` may stand in a path's last segment."""

    def __init__(self, paths: Iterable[tuple[Path, str]]) -> None:
        self._by_folder: dict[Path, list[tuple[str, str]]] = {}
        for path, who in paths:
            self._by_folder.setdefault(path.parent.resolve(), []).append((path.name, who))

    def folders(self) -> list[Path]:
        """The folders that are there."""
        return [folder for folder in self._by_folder if folder.is_dir()]

    def concerned(self, path: Path) -> set[str]:
        """Who is to be told that `path` changed."""
        known = self._by_folder.get(path.parent, [])
        return {who for name, who in known if fnmatch.fnmatchcase(path.name, name)}


async def changes(watched: Watched) -> AsyncIterator[set[str]]:
    """Whom the changes of the last moments concern, as they come; ends where nothing can be watched."""
    folders = await asyncio.to_thread(watched.folders)
    if not folders:
        return
    from watchfiles import awatch

    stop = asyncio.Event()
    try:
        async for batch in awatch(*folders, watch_filter=None, recursive=False, step=_GATHER_MS, stop_event=stop):
            concerned = set().union(*(watched.concerned(Path(path)) for _, path in batch))
            if concerned:
                yield concerned
    except (OSError, RuntimeError) as error:
        # Too many watches, say, or a fault of the watcher's own. The intervals see the changes, later.
        log.warning("watching=%s error=%r", folders, error)
    finally:
        stop.set()
