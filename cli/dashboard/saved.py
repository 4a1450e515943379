"""What an operator has chosen for the eye: saved filters, times and colours, from wherever each comes."""

from typing import TYPE_CHECKING

from msgspec import Struct

from fleet.alerts.notices import NotifyWish
from fleet.errors import FilterError
from fleet.filters.saved import SavedFilters
from fleet.time_style import TimeStyle
from fleet.time_zones import time_style

if TYPE_CHECKING:
    from config.schema import Config


class Taste(Struct, frozen=True, kw_only=True):
    """What a configuration says of it."""

    filters: dict[str, str] = {}
    time: str = "utc"
    theme: str = "auto"
    notify: NotifyWish = NotifyWish()


def first_style(flag: str | None, kept: str, configured: str) -> TimeStyle:
    """How times are shown at first: as the command line says, else as they were left, else as is configured.

    Raises FilterError for a wrong flag or configuration; what was kept may have become wrong by itself.
    """
    if flag is not None:
        return time_style(flag)
    try:
        return time_style(kept or configured)
    except FilterError:
        return time_style(configured)


def saved_filters(config: "Config", *texts: str) -> SavedFilters:
    """The filters that can be used as `@name`. What was kept is only read where one of `texts` may name one."""
    kept: dict[str, str] = {}
    if any("@" in text for text in texts):
        from cli.dashboard.memory_file import MemoryFile, memory_path
        from cli.settings import state_dir

        try:
            memory, _ = MemoryFile(memory_path(state_dir(), config.name, config.path)).read()
            kept = dict(memory.filters)
        except OSError:
            # A machine without a state folder has kept nothing.
            kept = {}
    return SavedFilters(config.filters, kept)
