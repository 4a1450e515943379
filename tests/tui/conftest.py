"""What a press and a pause in a test wait for: until the dashboard has nothing left to do, however busy the machine is.
And a toast stays for as long as the test goes on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from tui.settled import settled


async def wait_for_idle(*_: float) -> None:
    """In the place of Textual's, which looks at how much CPU was used."""
    await settled()


@pytest.fixture(autouse=True)
def settling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have `run_test`, `press`, `click` and `pause` wait until all is settled."""
    run_test, pause = App.run_test, Pilot.pause

    @asynccontextmanager
    async def run_and_settle(app: App[Any], **options: Any) -> AsyncIterator[Pilot[Any]]:
        async with run_test(app, **options) as pilot:
            await settled()
            yield pilot

    async def pause_and_settle(pilot: Pilot[Any], delay: float | None = None) -> None:
        await pause(pilot, delay)
        await settled()

    monkeypatch.setattr("textual.app.wait_for_idle", wait_for_idle)
    monkeypatch.setattr("textual.pilot.wait_for_idle", wait_for_idle)
    monkeypatch.setattr(App, "run_test", run_and_settle)
    monkeypatch.setattr(Pilot, "pause", pause_and_settle)


@pytest.fixture(autouse=True)
def lasting_toasts(monkeypatch: pytest.MonkeyPatch) -> None:
    """They go after five seconds otherwise, which a busy machine may need for what is looked at next."""
    monkeypatch.setattr(App, "NOTIFICATION_TIMEOUT", 3600.0)
