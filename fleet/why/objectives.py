"""The evidence of objectives that the engine follows."""

from fleet.slo.followed import Book
from fleet.slo.rows import Followed
from fleet.why.evidence import Evidence


def evidence_in(book: Book, name: str) -> Evidence | None:
    """How the objective of that name is measured; None for one that is not followed."""
    followed = _followed(book, name)
    if followed is None:
        return None
    meter, base = followed.meter, followed.base
    served = any(one is meter for one in book.served.values())
    return Evidence(
        indicator=followed.objective.indicator,
        inputs=meter.inputs,
        belongs=lambda labels: base is not None and meter.track_of(labels) is base,
        elsewhere=followed.definition.source.value if served else "",
    )


def _followed(book: Book, name: str) -> Followed | None:
    lines = (line for line in book.lines if name == line.base_name or name.startswith(f"{line.base_name}/"))
    return next((one for line in lines for one in line.followed() if one.name == name), None)
