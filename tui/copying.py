"""Copying: a text goes every way that may lead to the operator's clipboard, and a toast says which."""

from pathlib import Path
from typing import TypeVar

from textual.app import App
from textual.notifications import SeverityLevel

from fleet.clipboard import Clipboard, Escape, Program, Routes, Wrap, fits, osc52
from fleet.errors import Fault, OutsideError
from fleet.text import scrub, scrub_lines

R = TypeVar("R")

_AROUND = {Wrap.TMUX: " through tmux", Wrap.SCREEN: " through screen", Wrap.TMUX_IN_SCREEN: " through tmux and screen"}
_TOAST_S = 8.0
"""Longer than other toasts: it may hold a path, or a line for a file of settings."""


class TerminalOnly:
    """The clipboard where the machine is not to be touched: the terminal's own, and no file."""

    routes = Routes((Escape((Wrap.PLAIN,)),), "")

    async def pipe(self, program: Program, text: str) -> None:
        """There are no programs."""
        raise OutsideError(Fault.MISSING, program.name)

    def keep(self, text: str) -> Path:
        """There are no files."""
        raise OutsideError(Fault.MISSING, "no place for a file")


class Delivery:
    """How the copying of one text went."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.taken: list[str] = []
        self.failed: list[str] = []

    @property
    def arrived(self) -> bool:
        """Whether somebody said that it has the text; a terminal never does."""
        return bool(self.taken)

    def toast(self, what: str, size: int, hint: str) -> str:
        """`copied 3 names, 57 bytes: xclip, OSC 52 to the terminal`, with what failed and what may help."""
        parts = [f"copied {what}, {size:,} bytes: {', '.join([*self.taken, *self.sent])}", *self.failed]
        if not self.arrived and hint:
            parts.append(hint)
        return "; ".join(parts)


class CopyingApp(App[R]):
    """An application that copies. `clipboard` is the way to the machine's own."""

    machine: Clipboard = TerminalOnly()

    def copy_to_clipboard(self, text: str) -> None:
        """What Textual copies: text selected by the mouse or in an input."""
        text = scrub_lines(text, 10 * len(text) + 1)
        # What an input pastes is what was copied here; the clipboard itself is never read.
        self._clipboard = text
        self.copy(text, "the selection")

    def copy(self, text: str, what: str) -> None:
        """Copy `text`, which is `what` in words, and say how it went."""
        self.run_worker(self._copy(text, what), name="copy")

    async def _copy(self, text: str, what: str) -> None:
        size = len(text.encode())
        delivery = await self._deliver(text)
        if delivery.sent or delivery.taken:
            self._tell(delivery.toast(what, size, self.machine.routes.hint))
            return
        failed = "; ".join([*delivery.failed, "" if fits(text) else "too much for the terminal"]).strip("; ")
        try:
            path = self.machine.keep(text)
        except OutsideError as error:
            self._tell(f"not copied: {what}, {size:,} bytes: {failed or self.machine.routes.hint}; {error}", bad=True)
            return
        self._tell(f"{what}, {size:,} bytes, not in the clipboard but in {path} ({failed or self.machine.routes.hint})")

    async def _deliver(self, text: str) -> Delivery:
        delivery = Delivery()
        done = False
        for way in self.machine.routes.ways:
            if isinstance(way, Escape):
                self._send(way, text, delivery)
            elif not done or way.name == "tmux":
                try:
                    await self.machine.pipe(way, text)
                except OutsideError as error:
                    delivery.failed.append(str(error))
                else:
                    delivery.taken.append(way.name)
                    done = way.name != "tmux"
        return delivery

    def _send(self, way: Escape, text: str, delivery: Delivery) -> None:
        """Hand the sequences to the driver, which writes them whole between two frames."""
        if self._driver is None or not fits(text):
            return
        sequences = "".join(osc52(text, wrap) for wrap in way.wraps)
        self._driver.write(sequences)  # ours: OSC 52 around base64, in which nothing of the text is left to be obeyed
        around = next((_AROUND[wrap] for wrap in way.wraps if wrap in _AROUND), "")
        delivery.sent.append(f"OSC 52 to the terminal{around}")

    def _tell(self, message: str, *, bad: bool = False) -> None:
        severity: SeverityLevel = "error" if bad else "information"
        self.notify(scrub(message), severity=severity, markup=False, timeout=_TOAST_S)
