"""A survey as a configuration: commented, complete, and to be edited by hand from then on."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from cli.survey.finds import Finds
from fleet.text import scrub
from fleet.times import rfc3339

_INTRO = """\
# Written by `fleetdeck init` on {when}; it is yours from now on.
#   fleetdeck config validate    says whether it is right, with the line of every mistake
#   fleetdeck                    opens the dashboard; edits of this file take effect while it runs
# Every key: docs/configuration.md, or `fleetdeck config show`.
"""

_NONE = {
    "discovery": """\
# Nothing was found that names agents. Write down what there is:
#   - kind: static
#     agents:
#       - {{name: planner-1, health: "http://127.0.0.1:9501/health", metrics: "http://127.0.0.1:9501/metrics"}}
#   - {{kind: file_sd, files: [targets/*.yml]}}             # target files, as Prometheus reads them
#   - {{kind: processes, match: 'python\\S* .*agent'}}       # processes of this machine
""",
    "queues": """\
# No queue was found. Some that there are:
#   - {{kind: redis_list, url: "redis://127.0.0.1:6379/0", key: jobs}}
#   - {{kind: task_file, path: task_queue.json}}
""",
    "backlog": """\
# No plan was found. Some that there are:
#   - {{kind: markdown, path: TODO.md}}
#   - {{kind: csv, path: tracker.csv, status_column: Status, done: [Done]}}
""",
}


def configuration(finds: Finds, name: str, now: datetime) -> str:
    """The text of a fleetdeck.yaml."""
    lines = [_INTRO.format(when=rfc3339(now)), f"name: {_flow(scrub(name, 40))}", "every: 5s"]
    for section in ("discovery", "queues", "backlog"):
        lines += ["", *_section(finds, section)]
    if finds.of("alerts"):
        lines += ["", *_section(finds, "alerts")]
    if finds.silent:
        lines += [
            "",
            "# Open, but no agent, health endpoint or metrics page was found there: " + ", ".join(finds.silent),
        ]
    if finds.busy:
        lines += ["", f"# {busy_words(finds)}"]
    return "\n".join(lines).rstrip() + "\n"


def busy_words(finds: Finds) -> str:
    """What may be missing, and how to get it."""
    return f"There may be more at {', '.join(finds.busy)}, which asked to wait or broke off: look again in a minute."


def _section(finds: Finds, section: str) -> Iterator[str]:
    entries = finds.of(section)
    agents = finds.agents if section == "discovery" else ()
    if not entries and not agents:
        yield f"{section}: []"
        yield _NONE[section].replace("{{", "{").replace("}}", "}").rstrip()
        return
    yield f"{section}:"
    if agents:
        yield "  # What answered on this machine's ports."
        yield "  - kind: static"
        yield "    agents:"
        for agent in agents:
            yield f"      # {scrub(agent.why, 200)}"
            yield f"      - {_flow(agent.keys)}"
    for entry in entries:
        yield f"  # {scrub(entry.why, 200)}"
        yield f"  - {_flow(entry.keys)}"


def _flow(value: Any) -> str:
    """YAML in one line."""
    import yaml

    text: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=10_000)
    return text.removesuffix("\n...\n").rstrip("\n")
