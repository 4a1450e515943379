"""The alert pane over 500 alerts that fire, with the book and the silencer that fleetdeck itself uses:

    python -m benchmarks.workers.alert_pane FOLDER

Half of the alerts are called AgentDown, half QueueGrowing. Silences are kept in a file in FOLDER. It ends as any
dashboard does.
"""

import os
import sys
from datetime import timedelta
from pathlib import Path

from actions.silencing import LocalSilencer
from cli.dashboard import garbage
from fleet.alerts.book import AlertBook
from fleet.alerts.model import AlertReading
from fleet.clock import SystemClock
from fleet.store import Store
from fleet.view_line import ViewLine
from journal.silences import SilenceFile
from tui.terminal.profile import decide, prepare

ALERTS = 500
_NAMES = (("AgentDown", "critical"), ("QueueGrowing", "warning"))


def main() -> None:
    """Run the dashboard, at the pace and with the garbage collected as `fleetdeck` does it."""
    profile = decide(os.environ)
    prepare(profile, os.environ)
    garbage.hold()
    from tui.app import FleetdeckApp  # Textual reads the pace when it is imported

    folder = Path(sys.argv[1])
    store, clock = Store(), SystemClock()
    now = store.now = clock.now()
    book = AlertBook(store)
    readings = [
        AlertReading(
            labels={"alertname": name, "severity": severity, "agent": f"agent-{number:05}", "job": "agents"},
            annotations={"summary": f"agent-{number:05} needs a look"},
            value=float(number),
            since=now - timedelta(seconds=number),
            fired_at=now - timedelta(seconds=number),
            expr="up == 0",
        )
        for number in range(ALERTS // 2)
        for name, severity in _NAMES
    ]
    book.deliver("rules", readings, now)
    silencer = LocalSilencer(store, book, SilenceFile(folder / "silences"), clock)
    line = ViewLine(view="alerts")

    async def start() -> None:
        garbage.release()
        await garbage.keep(app.idle_s)

    app = FleetdeckApp(
        store,
        fleet_name="bench",
        clock=clock,
        view=line,
        profile=profile,
        silencer=silencer,
        operator="bench@here",
        on_start=start,
    )
    app.run()


if __name__ == "__main__":
    main()
