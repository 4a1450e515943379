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
_MOST_LINKS = 40


class Watched:
    """Paths to watch, each with what is to be told of it; `*` may stand in a path's last segment.

    Symbolic links on the way are watched too, since files are also replaced by turning a link (Kubernetes does).
    """

    def __init__(self, paths: Iterable[tuple[Path, str]]) -> None:
        self._by_folder: dict[Path, list[tuple[str, str]]] = {}
        for path, who in paths:
            for place in places(path):
                self._by_folder.setdefault(place.parent.resolve(), []).append((place.name, who))

    def folders(self) -> list[Path]:
        """The folders that are there."""
        return [folder for folder in self._by_folder if folder.is_dir()]

    def concerned(self, path: Path) -> set[str]:
        """Who is to be told that `path` changed."""
        known = self._by_folder.get(path.parent, [])
        return {who for name, who in known if fnmatch.fnmatchcase(path.name, name)}


def places(path: Path) -> list[Path]:
    """Where a change may change what stands at `path`: at every symbolic link on the way to it, and at its end.
    Links in the root folder are the system's own, which nobody turns."""
    found: list[Path] = []
    rest = path.absolute()
    try:
        while (link := _next_link(rest, found)) is not None and len(found) < _MOST_LINKS:
            found.append(link)
            rest = link.parent / link.readlink() / rest.relative_to(link)
    except OSError:
        pass  # It is being turned just now; what was found so far is as good a hint.
    return [*found, rest]


def _next_link(path: Path, known: list[Path]) -> Path | None:
    steps = (step for step in (*reversed(path.parents), path) if step.parent != step.parent.parent)
    return next((step for step in steps if step not in known and step.is_symlink()), None)


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
