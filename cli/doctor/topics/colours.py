"""Colours: how many, by which word of the environment, and which theme is put on."""

from collections.abc import Iterator

from cli.doctor.finding import Finding, Topic, note, ok
from cli.doctor.place import Place
from tui.terminal.capabilities import Capabilities, Depth, capabilities

_WORDS = {
    Depth.NONE: "no colours",
    Depth.ANSI: "the terminal's own 16 colours",
    Depth.INDEXED: "256 colours",
    Depth.TRUE: "all colours",
}


def look(place: Place) -> Iterator[Finding]:
    environ, can = place.environ, capabilities(place.environ)
    yield _depth(place, can)
    if environ.get("NO_COLOR") == "":
        yield note("NO_COLOR is empty, which means unset")
    if environ.get("FORCE_COLOR") and environ.get("NO_COLOR"):
        yield note("NO_COLOR and FORCE_COLOR are both set; NO_COLOR holds", "unset one of them")
    yield _theme(place, can)


def _depth(place: Place, can: Capabilities) -> Finding:
    what = f"{_WORDS[can.depth]} ({can.why_depth})"
    if can.depth is Depth.TRUE:
        return ok(what)
    if can.depth is Depth.NONE:
        return note(f"{what}; states are told apart by shape and word", "unset it for colours")
    more = "where the terminal has more: COLORTERM=truecolor"
    if place.is_remote:
        more += "; SSH passes it on with SendEnv COLORTERM here and AcceptEnv COLORTERM there"
    return note(what, more)


def _theme(place: Place, can: Capabilities) -> Finding:
    """The theme of a dashboard that is opened without `--theme`, and who chose it."""
    from tui.themed import Look

    config, kept = place.config, _kept(place)
    look = Look(terminal=can, configured="auto" if config is None else config.theme)
    theme = look.first(kept)
    if can.depth <= Depth.ANSI:
        return ok(f"theme {theme}, which is made for that")
    if kept == theme:
        return ok(f"theme {theme}, as it was left")
    if look.configured == theme:
        return ok(f"theme {theme}, as the configuration says")
    ground = "a light ground (COLORFGBG)" if can.light else "a dark ground, unless COLORFGBG says otherwise"
    return ok(f"theme {theme}, for {ground}; --theme or :theme takes another one")


def _kept(place: Place) -> str:
    """The theme that was chosen the last time; "" where none was, or nothing is kept."""
    from cli.dashboard.kept import kept_memory
    from cli.dashboard.memory_file import memory_path
    from cli.settings import state_dir

    if place.config is None:
        return ""
    try:
        memory = kept_memory(memory_path(state_dir(), place.config.name, place.config.path))
    except (OSError, ValueError):
        return ""
    return "" if memory is None else memory.theme


TOPIC = Topic(name="colours", about="how many, and which theme", rank=2, look=look)
