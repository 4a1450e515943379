"""Whether anything may be changed from here at the moment, in the words of the title and of a refusal."""

from typing import TYPE_CHECKING

from tui.context import Context

if TYPE_CHECKING:
    from fleet.actions.action import Freeze

READ_ONLY = "READ-ONLY: nothing is changed from here (read_only in the configuration, or --read-only)"
NO_ACTING = "nothing can be done from here: this is a still picture"
_KEY = "freeze"


def freeze_of(context: Context) -> "Freeze | None":
    """What the one who freezes says; None where nobody does."""
    return context.store.freeze.get(_KEY)


def why_not(context: Context) -> str:
    """Why nothing may be changed, "" where it may."""
    if context.acting is None:
        return NO_ACTING
    freeze = freeze_of(context)
    if freeze is not None:
        return (freeze.why or READ_ONLY) if freeze.frozen else ""
    return READ_ONLY if context.read_only else ""


def may_write(context: Context) -> bool:
    """Whether keys that lead to a change are offered."""
    return not why_not(context)


def tag(context: Context) -> str:
    """`READ-ONLY`, `FROZEN by anna@host since 14:01`, `UNLOCKED until 14:05`; "" where everything is as always."""
    freeze = freeze_of(context)
    if freeze is None:
        return "READ-ONLY" if context.read_only else ""
    if freeze.frozen:
        return f"FROZEN by {freeze.by}{_since(freeze, context)}" if freeze.by else _untold(freeze, context)
    if freeze.until is None:
        return ""
    store = context.store
    return f"UNLOCKED until {store.times.clock(freeze.until, store.now)}"


def _since(freeze: "Freeze", context: Context) -> str:
    store = context.store
    return "" if freeze.since is None else f" since {store.times.clock(freeze.since, store.now)}"


def _untold(freeze: "Freeze", context: Context) -> str:
    """By whom is not known: a freeze that cannot be read, or what is read-only."""
    return "READ-ONLY" if context.read_only and not freeze.why.startswith("frozen") else "FROZEN"
