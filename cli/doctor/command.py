"""The command `fleetdeck doctor`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.doctor.finding import Finding


def complete_topic(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of topics for the shell."""
    from cli.doctor.examination import topics

    return [CompletionItem(one.name, help=one.about) for one in topics() if one.name.startswith(incomplete)]


@click.command("doctor")
@click.argument("names", nargs=-1, metavar="[TOPIC]...", shell_complete=complete_topic)
@click.option("--config", "-c", "config_path", type=click.Path(path_type=Path), metavar="FILE", help="As everywhere.")
@click.option(
    "--wait",
    "wait_s",
    default=10.0,
    show_default=True,
    type=click.FloatRange(0.1, 600),
    metavar="SECONDS",
    help="How long the sweep over the sources may take.",
)
@click.option("--try", "trying", is_flag=True, help="With clipboard: copy a word by every way, and say which took it.")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def doctor(
    ctx: click.Context, names: tuple[str, ...], config_path: Path | None, wait_s: float, trying: bool, output: str
) -> None:
    """Say what of terminal, clipboard, colours, sources and permissions works, and how to mend the rest.

    Exits 1 where something does not work. Without TOPIC all are looked at: terminal, colours, link, clipboard, keys,
    time, configuration, sources, permissions, acting, versions.

    \b
    fleetdeck doctor                       everything
    fleetdeck doctor clipboard --try       copies a word, and says by which way
    fleetdeck doctor sources -o json       for a machine
    """
    from cli.doctor.examination import chosen, examined
    from cli.doctor.place import Place
    from cli.settings import start_logging

    wanted = chosen(names)
    if trying and all(topic.name != "clipboard" for topic in wanted):
        raise click.UsageError("--try is of the topic clipboard")
    start_logging()
    settings = ctx.find_object(dict) or {}
    place = Place(config_path or settings.get("config"), wait_s=wait_s, trying=trying)
    findings = _printed(examined(wanted, place), max(len(topic.name) for topic in wanted), output)
    if any(one.state == "bad" for one in findings):
        ctx.exit(1)


def _printed(found: "Iterator[Finding]", wide: int, output: str) -> "list[Finding]":
    """Print findings as they come (JSON: all at once), and the sum of them on stderr; returns them."""
    from cli.doctor.examination import as_json, lines_of
    from cli.plain_output import write_data

    findings, topic = [], ""
    for one in found:
        findings.append(one)
        if output == "text":
            click.echo("\n".join(lines_of(one, wide, is_first=one.topic != topic)))
            topic = one.topic
    if output == "json":
        write_data(as_json(findings), "json")
    click.echo(f"fleetdeck: {_sum(findings)}", err=True)
    return findings


def _sum(findings: "list[Finding]") -> str:
    bad, notes = (sum(one.state == state for one in findings) for state in ("bad", "note"))
    words = "all of it works" if not bad else "1 thing does not work" if bad == 1 else f"{bad} things do not work"
    return words + (f"; {notes} note{'' if notes == 1 else 's'}" if notes else "")
