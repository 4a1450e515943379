"""Time: the local zone, and whether this machine has a database of zones."""

import time
from collections.abc import Iterator

from cli.doctor.finding import Finding, Topic, note, ok
from cli.doctor.place import Place
from fleet.clock import SystemClock
from fleet.time_style import LOCAL_STYLE
from fleet.time_zones import zone_names


def look(place: Place) -> Iterator[Finding]:
    zones, named = zone_names(), place.environ.get("TZ", "").removeprefix(":")
    yield ok(f"local time is {LOCAL_STYLE.title(SystemClock().now())} ({'/'.join(dict.fromkeys(time.tzname))})")
    if zones and named and "/" in named and not named.startswith("/") and named not in zones:
        # The C library takes what it does not know for UTC and says nothing.
        yield note(f"TZ={named} is no zone that this machine knows, so local time is UTC", "TZ=Europe/Berlin, say")
    if zones:
        yield ok(f"{len(zones)} time zones are known by name")
    else:
        yield note(
            "this machine has no time zones: utc, local and relative work, names such as Europe/Berlin do not",
            "install the tzdata of the system, or `pip install fleetdeck[zones]`",
        )
    shown = "utc" if place.config is None else place.config.time
    yield ok(f"times are shown in {shown}; --tz or ctrl+t changes that")


TOPIC = Topic(name="time", about="the local zone and the zones by name", rank=6, look=look)
