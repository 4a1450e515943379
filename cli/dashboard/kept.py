"""What the dashboard keeps of a fleet, read without touching it: `memory_file` moves a broken file aside."""

from pathlib import Path

import msgspec

from tui.kept.memory import VERSION, Memory, bounded

_MOST_BYTES = 1 << 20


def kept_memory(path: Path) -> Memory | None:
    """What is kept in `path` (`cli.dashboard.memory_file.memory_path`); None where nothing is yet.

    Raises OSError where it cannot be read, and ValueError where it cannot be used.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        return None
    try:
        memory = msgspec.json.decode(data, type=Memory)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError("no memory of a fleet") from error
    if memory.version != VERSION:
        raise ValueError(f"of version {memory.version}")
    return bounded(memory)
