"""What every screen may use: the store, the clock, the fleet's name. Wired once by the app, read by the screens."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct, field

from fleet.alerts.ports import Graphing, Silencer
from fleet.clock import Clock
from fleet.filters.saved import FilterShelf
from fleet.promql.ports import Querying
from fleet.store import Store
from fleet.why.ports import Explaining
from tui.commands import Command

if TYPE_CHECKING:
    from fleet.actions.ports import Acting


class Context(Struct, frozen=True, kw_only=True):
    """The collaborators of a screen."""

    store: Store
    clock: Clock
    fleet_name: str
    read_command: Callable[[str], Command]
    """What a line typed after `:` asks for. Raises FilterError, before anything was done, where it is nothing."""

    read_only: bool = False
    typed: Callable[[str], tuple[str, ...]] = lambda sign: ()
    """What was entered after `:` or `/` before, oldest first."""
    entered: Callable[[str, str], None] = lambda sign, text: None
    """To be told what was entered after which sign."""
    filters: FilterShelf = field(default_factory=FilterShelf)
    """The saved filters."""
    silencer: Silencer | None = None
    """Makes and ends silences; None where nothing here can."""
    operator: str = ""
    """Who sits here, as silences name it: `user@host`."""
    graphing: Graphing | None = None
    """How an expression went; None where nothing is kept."""
    querying: Querying | None = None
    """Questions in PromQL; None where nothing is kept."""
    explaining: Explaining | None = None
    """Why something is red; None where nothing can be asked."""
    acting: "Acting | None" = None
    """Plans and starts acts; None where nothing here can."""
