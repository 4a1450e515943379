"""The link: whether it is drawn thriftily, and why."""

from collections.abc import Iterator

from cli.doctor.finding import Finding, Topic, ok
from cli.doctor.place import Place
from tui.terminal.profile import VARIABLE, decide


def look(place: Place) -> Iterator[Finding]:
    profile = decide(place.environ)
    pace = f"at most {profile.frames_per_s:g} frames and {profile.flushes_per_s:g} updates of data a second"
    if profile.slow_link:
        yield ok(f"a slow link: {pace} ({profile.why}); --no-slow-link or {VARIABLE}=0 draws more")
    else:
        yield ok(f"a fast link: {pace} ({profile.why}); --slow-link or {VARIABLE}=1 draws less")


TOPIC = Topic(name="link", about="drawn thriftily or not, and why", rank=3, look=look)
