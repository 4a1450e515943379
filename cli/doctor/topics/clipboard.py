"""The clipboard: the ways that a text would go, in order; `--try` sends one."""

import asyncio
import sys
from collections.abc import Iterator

from cli.dashboard.clipboard import MachineClipboard
from cli.doctor.finding import Finding, Topic, bad, note, ok
from cli.doctor.place import Place
from fleet.clipboard import Escape, Program, Route, Routes, Wrap, osc52
from fleet.errors import OutsideError

WORD = "fleetdeck-clipboard-test"
"""What `--try` copies."""
_AROUND = {
    Wrap.PLAIN: "plain",
    Wrap.TMUX: "wrapped for tmux",
    Wrap.SCREEN: "wrapped for screen",
    Wrap.TMUX_IN_SCREEN: "wrapped for tmux within screen",
}


def look(place: Place) -> Iterator[Finding]:
    machine = MachineClipboard(place.environ)
    routes = machine.routes
    if place.trying:
        yield from _tried(place, machine)
        return
    if not routes.ways:
        yield note(f"no way to a clipboard: {routes.hint}", "what is copied goes into a file, and the toast names it")
        return
    yield from _ways(place, routes)


def _ways(place: Place, routes: Routes) -> Iterator[Finding]:
    for number, way in enumerate(routes.ways, 1):
        yield ok(f"way {number}: {_words(way)}")
    has_program = any(isinstance(way, Program) for way in routes.ways)
    if not has_program:
        # Only a program says whether it worked.
        yield note("a terminal never says whether it took a text", f"fleetdeck doctor clipboard --try; {routes.hint}")


def _words(way: Route) -> str:
    if isinstance(way, Program):
        return f"{way.name}, a program of this machine"
    return f"OSC 52 to the terminal, {' and '.join(_AROUND[wrap] for wrap in way.wraps)}"


def _tried(place: Place, machine: MachineClipboard) -> Iterator[Finding]:
    """Each way by itself, so that one that works does not hide one that does not."""
    routes = machine.routes
    if not routes.ways:
        yield bad(f"nothing could be tried: {routes.hint}", "what is copied goes into a file, and the toast names it")
    for way in routes.ways:
        yield _sent(place, way, routes) if isinstance(way, Escape) else _piped(machine, way)


def _piped(machine: MachineClipboard, way: Program) -> Finding:
    try:
        asyncio.run(machine.pipe(way, WORD))
    except OutsideError as error:
        return bad(f"{way.name}: {error}", f"does `{' '.join(way.argv)}` work by itself?")
    return ok(f"{way.name} took {WORD!r}; paste it to see")


def _sent(place: Place, way: Escape, routes: Routes) -> Finding:
    name = next((name for name in ("stderr", "stdout") if name in place.terminals), None)
    if name is None:
        return note("OSC 52 was not tried: neither stdout nor stderr is a terminal", "run it in the terminal itself")
    stream = getattr(sys, name)
    # OSC 52 around base64 of a word of ours: nothing in it can be obeyed.
    stream.write("".join(osc52(WORD, wrap) for wrap in way.wraps))
    stream.flush()
    return ok(f"{_words(way)}: {WORD!r} was sent; paste it to see. {routes.hint}")


TOPIC = Topic(name="clipboard", about="the ways there; --try sends a word", rank=4, look=look)
