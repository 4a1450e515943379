"""The kinds of task that can be submitted: where to, with which fields, confirmed how."""

from fleet.actions.template import Field as FormField
from fleet.actions.template import Template
from fleet.views.columns import count_column, name_column, word_column
from fleet.views.view import Cell, Column, Field, Look, SortValue, Tone, View, attribute

TIERS = {0: "none", 1: "y", 2: "name", 3: "code"}
"""How an act of that tier is confirmed, in a word."""


def _to(row: Template) -> str:
    """The agents and queues that it may be submitted to; else its own target."""
    if not row.agents:
        return row.target
    return f"{row.agents[0]} +{len(row.agents) - 1:,}" if len(row.agents) > 1 else row.agents[0]


def _note(row: Template, _: Look) -> Cell:
    return Cell(row.error, Tone.DOWN) if row.error else Cell(row.help, Tone.MUTED)


def _form(field: FormField) -> dict[str, str]:
    star = ", required" if field.required else ""
    return {"field": field.name, "type": f"{field.type}{star}", "help": field.help}


def _order(row: Template, _: Look) -> tuple[SortValue, ...]:
    return (0 if row.error else 1, row.name)


VIEW: View[Template] = View(
    name="templates",
    title="Templates",
    rows=lambda store: store.templates,
    columns=(
        name_column("name", "TEMPLATE", 16, lambda r: r.name),
        word_column("kind", "KIND", 12, lambda r: r.kind, priority=2),
        word_column("to", "TO", 18, _to, grow=2, priority=1),
        word_column("confirm", "CONFIRM", 7, lambda r: TIERS.get(r.tier, ""), priority=3),
        count_column("fields", "FIELDS", 6, lambda r: len(r.fields), priority=4),
        word_column("queue", "QUEUE", 12, lambda r: r.queue, priority=5),
        Column(id="help", title="HELP", width=20, grow=5, priority=1, cell=_note, sort=lambda r, _: r.error or r.help),
    ),
    fields=(
        attribute("name"),
        attribute("kind"),
        attribute("target"),
        attribute("help"),
        attribute("tier"),
        Field("fields", lambda r, _: [_form(field) for field in r.fields]),
        Field("agents", lambda r, _: list(r.agents)),
        attribute("queue"),
        attribute("cancels"),
        attribute("error"),
    ),
    order=_order,
    words=lambda r: f"{r.name} {r.kind} {r.target} {r.help} {r.queue} {r.error}",
    fault=lambda r: bool(r.error),
    empty="no templates: write what can be submitted under templates: in the configuration",
)
