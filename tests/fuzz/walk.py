"""A walk through everything that the dashboard can show, by keys, over one batch of hostile texts after the other."""

import re
from collections import Counter
from functools import partial
from pathlib import Path

from msgspec import Struct, field

from fleet.view_line import TABS
from tests.fuzz.dashboard import Dashboard
from tests.fuzz.ecma48 import Finding
from tests.fuzz.outputs import findings_in, has_marker

_PASTE, _END = "\x1b[200~", "\x1b[201~"
_PASTED = "Zpasted \x9d52;c;4242\x9c \x9b4242J \u202e \u2028 [/red] [@click=app.quit] Zend"
"""What a clipboard can hold. Terminals keep an escape back when they paste."""
_PAGE_UP, _ESCAPE, _ENTER, _PALETTE = "\x1b[5~", "\x1b", "\r", "\x10"
_ESCAPE_WHOLE = "\x1b[27u"
"""Escape in the words of the kitty keyboard protocol: a bare one that is followed by another key within a tenth of a
second is that key with alt."""
_SUGGESTED = re.compile(r"agent Z\w{4}z")
WALKED = ("overview", "agents", "tasks", "queues", "backlog", "sources", "events")
"""The views that are filled."""
JUDGED = {"alerts": "Alerts", "silences": "Silences", "slos": "SLOs", "gates": "Gates"}
"""The views of what is wrong, with the beginnings of their titles."""
TITLES = {view: view.capitalize() for view in WALKED}


class Report(Struct):
    """What a walk came to: strings by their kind, bytes and tokens that were read, and what must not be."""

    kinds: Counter[str] = field(default_factory=Counter)
    strings: int = 0
    screens: int = 0
    seen: int = 0
    bytes: int = 0
    tokens: int = 0
    printed: int = 0
    findings: list[Finding] = field(default_factory=list)

    def add(self, kinds: list[str]) -> None:
        """Strings were shown."""
        self.strings += len(kinds)
        self.kinds.update(kind.partition(" + ")[0] for kind in kinds)


class Walk:
    """Takes one dashboard through its batches."""

    def __init__(self, dashboard: Dashboard, folder: Path, report: Report) -> None:
        self._dashboard, self._folder, self._report = dashboard, folder, report
        self._leading: dict[str, list[str]] = {}

    def batch(self, *, thorough: bool) -> None:
        """A new batch on every screen; `thorough` looks at the rarer ones too."""
        answer = self._dashboard.ask("fill")
        self._report.add(answer["samples"])
        self._leading = answer["leading"]
        for view in WALKED:
            self._go(view)
            if view != "overview":
                self._open_first_row(view)
        self._judged()
        if thorough:
            self._filter()
            self._ask_for_names()
            self._toasts()
            self._print()

    def _go(self, view: str) -> None:
        """Open a view by its number, and find the markers of its rows."""
        number, title = TABS.index(view) + 1, TITLES[view]
        self._dashboard.press(str(number), lambda shown: title in title_of(shown) and "›" not in title_of(shown), title)
        self._see(view)

    def _see(self, view: str) -> None:
        markers = self._leading.get(view, [])
        self._dashboard.see(markers, f"the {view} of this batch")
        self._report.screens += 1
        self._report.seen += len(markers)

    def _open_first_row(self, view: str) -> None:
        """The agent's page, or the details of a row; back again."""
        self._dashboard.press("g" + _ENTER, lambda shown: "›" in title_of(shown), f"the first of the {view}")
        if view == "agents":
            self._see("metrics")
        self._dashboard.press("G\t" + _PAGE_UP + "g")
        self._dashboard.ask("settle")
        self._dashboard.press(_ESCAPE, lambda shown: "›" not in title_of(shown), f"the {view} again")
        self._report.screens += 1

    def _judged(self) -> None:
        """What is wrong: alerts in lines and one by one, silences, objectives and gates; a page, and why, of each."""
        for view, title in JUDGED.items():
            self._dashboard.press(f":{view}{_ENTER}", partial(_has_title, title), view)
            self._see("alert_groups" if view == "alerts" else view)
            self._open_first(view)
        self._dashboard.press(f":alerts{_ENTER}", lambda shown: "Alerts" in title_of(shown), "the alerts again")
        self._dashboard.press("t")
        self._dashboard.ask("settle")
        self._open_first("alerts, one a line")
        self._dashboard.press("t")
        self._dashboard.ask("settle")
        self._report.screens += 1

    def _open_first(self, view: str) -> None:
        """The page of the first row, and why it is red."""
        press = self._dashboard.press
        for keys in ("g" + _ENTER, "gw"):
            press(keys)
            self._dashboard.ask("settle")
            press("G" + _PAGE_UP + "g")
            self._dashboard.ask("settle")
            for _ in range(2):
                press(_ESCAPE_WHOLE)
                self._dashboard.ask("settle")
            self._report.screens += 1

    def _filter(self) -> None:
        """A filter that all names match, one that cannot be read, and one that is pasted."""
        press = self._dashboard.press
        self._go("agents")
        press("/Z" + _ENTER, lambda shown: "  /Z" in title_of(shown), "the filter in the title")
        press("/(" + _PASTE + _PASTED + _END, lambda shown: "Zend" in shown, "what was pasted")
        press(_ESCAPE, _prompt_is_closed, "the closed prompt")
        press(_ESCAPE, lambda shown: "  /Z" not in title_of(shown), "all agents again")
        self._report.screens += 2

    def _ask_for_names(self) -> None:
        """Names from outside where the operator types: completion, palette, an agent that is not there, help."""
        press, name = self._dashboard.press, self._leading["agents"][0]
        press(":agent Z", lambda shown: _SUGGESTED.search(_bottom(shown)) is not None, "a name that is suggested")
        press("\t")
        press(_ESCAPE, _prompt_is_closed, "the closed prompt")
        press(":agent Znobody", lambda shown: "Znobody" in _bottom(shown), "what was typed")
        press(_ENTER, lambda shown: "no agent" in _bottom(shown), "what is wrong with it")
        press(_ESCAPE, _prompt_is_closed, "the closed prompt")
        press(_PALETTE, lambda shown: "Search for commands" in shown, "the palette")
        press(f"agent {name[:-1].lower()}", lambda shown: "open its page" in shown, "a name in the palette")
        press(_PASTE + _PASTED + _END, lambda shown: "Zend" in shown, "what was pasted")
        press(_ESCAPE, lambda shown: "Zend" not in shown, "the view behind the palette")
        press("?", lambda shown: "Keys that work here" in shown, "the help")
        press(_ESCAPE, lambda shown: "Keys that work here" not in shown, "the view behind the help")
        self._report.screens += 4

    def _toasts(self) -> None:
        self._report.add(self._dashboard.ask("say"))
        self._dashboard.ask("settle")
        self._report.screens += 1

    def _print(self) -> None:
        """What `get` prints, and the log."""
        for name in self._dashboard.ask(f"print {self._folder}"):
            content = (self._folder / name).read_bytes()
            self._report.printed += 1
            self._report.findings += findings_in(content, name)
            missing = [word for word in self._leading.get(name.partition(".")[0], []) if not has_marker(content, word)]
            if missing:
                self._report.findings.append(Finding(f"{name} lacks {missing[:5]}", ""))
        self._report.add(self._dashboard.ask("log"))
        for log in sorted((self._folder / "state" / "fleetdeck").glob("fleetdeck.log*")):
            self._report.findings += findings_in(log.read_bytes(), log.name)


def _has_title(title: str, shown: str) -> bool:
    return title in title_of(shown)


def title_of(shown: str) -> str:
    """The second line of the screen, which says what is shown."""
    return shown.split("\n")[1]


def _bottom(shown: str) -> str:
    """The lines at the bottom: the prompt and what is wrong with it, the keys."""
    return "\n".join(shown.split("\n")[-5:])


def _prompt_is_closed(shown: str) -> bool:
    return "/ filter" in _bottom(shown)
