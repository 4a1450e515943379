"""Every binding that the classes of the dashboard declare, found by looking at them: there is no list to keep."""

import importlib
import pkgutil
from collections.abc import Iterator

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen
from textual.widgets import Input

import tui
from tui.keys.bindings import FIXED, WRITES
from tui.keys.keymap import Declared, Layer
from tui.keys.names import known_as


def declared() -> tuple[Declared, ...]:
    """All bindings with an id, by layer and id. Imports what of `tui` has not been imported yet."""
    classes = _classes()
    found: dict[str, Declared] = {}
    for node in classes:
        homes = frozenset(f"{home.__module__}.{home.__qualname__}" for home in classes if node in _bound(home))
        for binding in Binding.make_bindings(node.__dict__.get("BINDINGS", ())):
            if binding.id is None:
                continue
            known = found.get(binding.id)
            key = known_as(binding.key)
            keys = () if known is None else known.keys
            found[binding.id] = Declared(
                id=binding.id,
                keys=keys if key in keys else (*keys, key),
                description=binding.description,
                layer=_layer(node),
                homes=homes if known is None else homes | known.homes,
                priority=binding.priority,
                fixed=binding.group == FIXED,
                writes=binding.group == WRITES,
            )
    order = list(Layer)
    return tuple(sorted(found.values(), key=lambda one: (order.index(one.layer), one.id)))


def _classes() -> list[type[DOMNode]]:
    for module in pkgutil.walk_packages(tui.__path__, "tui."):
        importlib.import_module(module.name)
    return [node for node in dict.fromkeys(_below(DOMNode)) if node.__module__.split(".")[0] == "tui"]


def _below(node: type[DOMNode]) -> Iterator[type[DOMNode]]:
    for child in node.__subclasses__():
        yield child
        yield from _below(child)


def _bound(home: type[DOMNode]) -> list[type[DOMNode]]:
    """The classes whose bindings the nodes of `home` have (as `DOMNode._merge_bindings` finds them)."""
    found: list[type[DOMNode]] = []
    for base in reversed(home.__mro__):
        if issubclass(base, DOMNode):
            if not base._inherit_bindings:
                found.clear()
            found.append(base)
    return found


def _layer(node: type[DOMNode]) -> Layer:
    for kind, layer in ((App, Layer.APP), (ModalScreen, Layer.SHEET), (Screen, Layer.SCREEN), (Input, Layer.TYPING)):
        if issubclass(node, kind):
            return layer
    return Layer.WIDGET
