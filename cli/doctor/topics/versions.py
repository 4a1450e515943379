"""Versions: what to write into a report."""

import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from cli.doctor.finding import Finding, Topic, bad, ok
from cli.doctor.place import Place


def look(place: Place) -> Iterator[Finding]:
    for name in ("fleetdeck", "textual"):
        try:
            yield ok(f"{name} {version(name)}")
        except PackageNotFoundError:
            yield bad(f"{name} is not installed as a package", "pip install .")
    yield ok(f"{platform.python_implementation()} {platform.python_version()}")
    yield ok(platform.platform(terse=True))


TOPIC = Topic(name="versions", about="what to write into a report", rank=11, look=look)
