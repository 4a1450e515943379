"""A walk through every view, page, sheet, prompt, palette and toast of the dashboard, and what may be sent on it."""

import re
from collections.abc import Callable
from functools import partial

from fleet.view_line import TABS
from tests.terminals.session import Session
from tui.terminal.capabilities import Depth

_SGR = re.compile(rb"\x1b\[([\d;]*)m")
_SEQUENCE = re.compile(rb"\x1b(?:\[[<=>?]?[\d;:]*[ -/]*[@-~]|\][^\x07]*\x07|[@-Z\\-~])")
_ATTRIBUTES = {"", "0", "1", "2", "4", "7", "22", "24", "27"}
_SIXTEEN = {str(first + number) for first in (30, 40, 90, 100) for number in range(8)} | {"39", "49"}
_LONG = {"2": 5, "5": 3}

STATES = ("down", "degraded", "stale", "unknown", "waiting", "up")


def walk(session: Session) -> None:
    """Go through everything."""

    def show(name: str, keys: str, shows: str | Callable[[str], bool]) -> None:
        session.press(keys)
        session.wait(shows, name)
        session.quiet(0.15)

    def close(name: str, shown: str) -> None:
        # Escape and a key that comes before it was read are one key.
        session.wait(shown, name)
        show(name, "\x1b", lambda text: shown not in text)

    session.wait("sources 4/6")
    for number, view in enumerate(TABS, 1):
        title = "SLOs" if view == "slos" else view.capitalize()
        show(view, str(number), partial(_is_titled, title))
        if view not in ("overview", "alerts", "slos", "tasks"):  # none of these is in the store
            show(f"{view} page", "g\r", lambda text: "esc back" in text)
            close(view, "esc back")
    session.press("2")
    show("columns", "C", "width")
    close("agents", "width")
    show("copy as", "\x19", "Markdown")
    close("agents", "Markdown")
    show("help", "?", "Keys that work here")
    close("agents", "Keys that work here")
    show("filter", "/state:down\r", lambda text: "state:down" in _title(text))
    show("a wrong filter", "/(\r", lambda text: "/(" in _bottom(text) and "\n" in text)
    close("agents", "esc close")
    show("prompt", ":theme ", ":theme")
    close("agents", "esc close")
    show("palette", "\x10", "Search for commands")
    show("palette of agents", "coder", "agent coder")
    close("agents", "agent coder")
    show("themes", ":theme\r", "Search for themes")
    close("agents", "Search for themes")
    show("toast", "\x03", "quits")
    show("marks", " ", "1 marked")
    show("overview", "1\tj", lambda text: "Worst agents" in text and "q quit" in text)


def sgr_outside(raw: bytes, depth: Depth) -> set[str]:
    """The SGR parameters in what was sent that a terminal of this depth need not know."""
    return {code for found in set(_SGR.findall(raw)) for code in _codes(found.decode()) if not _is_known(code, depth)}


def text_of(raw: bytes) -> bytes:
    """What was sent without its sequences."""
    return _SEQUENCE.sub(b"", raw)


def _codes(parameters: str) -> list[str]:
    parts, codes, at = parameters.split(";"), [], 0
    while at < len(parts):
        size = _LONG[parts[at + 1]] if parts[at] in ("38", "48") else 1
        codes.append(";".join(parts[at : at + size]))
        at += size
    return codes


def _is_known(code: str, depth: Depth) -> bool:
    if code in _ATTRIBUTES:
        return True
    if depth is Depth.NONE:
        return False
    if code in _SIXTEEN:
        return True
    return (depth is not Depth.ANSI and code.startswith(("38;5;", "48;5;"))) or (
        depth is Depth.TRUE and code.startswith(("38;2;", "48;2;"))
    )


def _is_titled(title: str, text: str) -> bool:
    return title in _title(text)


def _title(text: str) -> str:
    return text.split("\n")[1]


def _bottom(text: str) -> str:
    return "\n".join(text.split("\n")[-5:])
