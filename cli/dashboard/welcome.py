"""The first start: no configuration, and a terminal to ask what to do about it."""

import os
from pathlib import Path

from msgspec.structs import replace

from cli.interrupts import hear_interrupts
from cli.settings import load_config, start_logging
from cli.wishes import DEMO_AGENTS, DEMO_SEED, Wishes
from config.find import FILE_NAME
from tui.terminal.capabilities import capabilities


def welcome(wishes: Wishes) -> None:
    """Offer the demo fleet and a look at this machine, and go on with what is chosen; on nothing, with nothing."""
    from cli.dashboard.dashboard import forget_empty_no_color
    from cli.dashboard.ending import run_app
    from tui.themed import Look
    from tui.welcome import Choice, WelcomeApp

    forget_empty_no_color()
    look = Look(terminal=capabilities(os.environ, wishes.ascii), theme=wishes.theme or "")
    app = WelcomeApp(look)
    run_app(app)
    choice = app.return_value
    if choice is None:
        return
    hear_interrupts()
    start_logging()
    if choice is Choice.DEMO:
        from cli.demo import watch

        watch(DEMO_AGENTS, DEMO_SEED, wishes)
        return
    from cli.dashboard.dashboard import open_dashboard
    from cli.init import write

    write(Path(FILE_NAME))
    # What was kept of a fleet of the same name elsewhere has nothing to do with this one's first start.
    open_dashboard(load_config(Path(FILE_NAME)), replace(wishes, view_text=wishes.view_text or "overview"))
