"""`fleetdeck why`: the ladder of one thing that is red, as the dashboard shows it by `w`."""

import json
from collections.abc import Collection
from pathlib import Path

import click

from cli.options import config_option, wait_option, watch_option
from cli.plain_output import write_data
from cli.settings import Failure, load_config, start_logging
from fleet.errors import FleetdeckError
from fleet.near import meant
from fleet.store import Store
from fleet.text import scrub
from fleet.why.model import Subject, SubjectKind

NAMED = ("alert", "slo", "agent", "gate")


class NotThereError(FleetdeckError):
    """Asked about something that a sweep has not found."""


@click.command("why")
@click.argument("kind", type=click.Choice(NAMED))
@click.argument("name")
@config_option
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@wait_option
@watch_option
@click.pass_context
def why(
    ctx: click.Context, kind: str, name: str, config_path: Path | None, output: str, wait_s: float, watch_s: float
) -> None:
    """Say why an alert, an objective, an agent or a gate is red, step by step, with the queries and numbers used.

    An alert's NAME may be that of several: then they are explained together. Exits 1 where nothing of that name is
    there.

    \b
    fleetdeck why agent coder-3
    fleetdeck why alert FleetAgentDown --watch 2m
    fleetdeck why slo availability -o json | jq '.steps[].finding'
    """
    from cli.observing import observe
    from fleet.why.text import as_markdown, as_tree

    start_logging()
    seen = observe(load_config(config_path or ctx.obj["config"]), wait_s, watch_s=watch_s)
    try:
        subject = subject_of(kind, name, seen.store)
    except NotThereError as error:
        raise Failure(str(error)) from error
    ladder = seen.explain(subject)
    text = as_markdown(ladder) if output == "text" else json.dumps(as_tree(ladder), indent=2) + "\n"
    write_data(text, output)


def subject_of(kind: str, name: str, store: Store) -> Subject:
    """What is asked about. Raises NotThereError, with what is near, where there is nothing of that name."""
    if kind == "alert":
        found = sorted(row.id for row in store.alerts.values() if name in (row.name, row.id))
        known = {row.name for row in store.alerts.values()}
        if len(found) == 1:
            return Subject(SubjectKind.ALERT, found[0])
        if found:
            return Subject(SubjectKind.GROUP, name, tuple(found))
    else:
        names: dict[str, Collection[str]] = {"slo": store.slos, "agent": store.status, "gate": store.gates}
        known = set(names[kind])
        if name in known:
            return Subject(SubjectKind(kind), name)
    hint = meant(name, sorted(known)) if known else f"; there is no {kind} at all"
    raise NotThereError(f"there is no {kind} {scrub(name, 80)!r}{hint}")
