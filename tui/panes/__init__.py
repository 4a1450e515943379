"""The panes of the overview, one file each, exporting `PANE`.

A new pane is a new file here; nothing else needs to know of it.
"""

import pkgutil
from importlib import import_module

from tui.pane import Pane


def load_panes() -> list[type[Pane]]:
    """Every pane of this folder in its order. A module that exports no `PANE` is a TypeError that names it."""
    panes = []
    for found in pkgutil.iter_modules(__path__, __name__ + "."):
        pane = getattr(import_module(found.name), "PANE", None)
        if not (isinstance(pane, type) and issubclass(pane, Pane)):
            raise TypeError(f"{found.name} exports no PANE that is a tui.pane.Pane")
        panes.append(pane)
    return sorted(panes, key=lambda pane: (pane.ORDER, pane.__name__))
