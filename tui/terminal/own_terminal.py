"""An application that gives its terminal back (`tui.terminal.restoring`), leaves in good order, and goes back to the
shell when it is asked to."""

import os
from typing import TypeVar

from textual import events, on
from textual.app import App
from textual.driver import Driver

from tui.terminal.restoring import restoring

R = TypeVar("R")


class OwnTerminalApp(App[R]):
    """An application with a `restoring` driver, and `:suspend`."""

    def get_driver_class(self) -> type[Driver]:
        return restoring(super().get_driver_class())

    def __init__(self) -> None:
        super().__init__()
        self._stands = False
        self._leave_with: int | None = None

    def leave(self, code: int) -> None:
        """Exit with `code`, once the first screen stands: Textual fails where it is told to exit while it makes it."""
        if self._stands:
            self.exit(return_code=code)
        else:
            self._leave_with = code

    @on(events.Ready)
    def _screen_stands(self) -> None:
        self._stands = True
        if self._leave_with is not None:
            self.exit(return_code=self._leave_with)

    @property
    def holds_terminal(self) -> bool:
        """Whether the terminal is in a state that a shell could not be used in."""
        return bool(getattr(self._driver, "is_on", False))

    def action_suspend_process(self) -> None:
        """Back to the shell, until `fg`. The whole job is stopped, for a `make` around it would wait otherwise."""
        step_back = getattr(self._driver, "step_back", None)
        if step_back is None or os.getpgrp() == os.getsid(0):
            self.notify("there is no shell below to go back to", severity="warning", markup=False)
        else:
            step_back(whole_job=True)
