"""What a plan that submits says in words, and what of it is not said because it is private. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec.structs import replace

from fleet.actions.plan import Step
from fleet.actions.template import Field
from fleet.actions.untold import entered
from fleet.text import scrub

WORDS: Final = 80
"""Characters of an item's words."""
NAMED: Final = 8
"""Agents that are named in one sentence."""


def expected(*, askable: bool) -> str:
    """The post-condition of a submission, in words."""
    if askable:
        return "each task is seen to end well at its target"
    return "each task is answered well (an exit code, a status); what becomes of it later is not seen from here"


def hidden(steps: Sequence[Step], items: Sequence[Mapping[str, Any]], fields: Sequence[Field]) -> tuple[Step, ...]:
    """Steps whose bodies may hold what is private are written down as hashes, and their titles do not say it."""
    private = [field.name for field in fields if field.private]
    if not private:
        return tuple(steps)
    return tuple(_hidden(step, items[step.item], private) for step in steps)


def _hidden(step: Step, item: Mapping[str, Any], private: Sequence[str]) -> Step:
    texts = tuple(text for name in private for text in entered(item.get(name)))
    return replace(step, private=True, hidden=texts, title=_masked(step.title, item, private))


def _masked(title: str, item: Mapping[str, Any], private: Sequence[str]) -> str:
    for name in private:
        if item.get(name) is not None and str(item[name]):
            title = title.replace(str(item[name]), "***").replace(scrub(str(item[name])), "***")
    return title


def title_of(template: str, number: int, agents: Sequence[str], target: str) -> str:
    """The act in a line."""
    # The address of a template may have fields in it.
    to = listed([name for name in agents if name]) or target.replace("{", "").replace("}", "")
    return f"submit {f'{number:,} × ' if number > 1 else ''}{template} to {to}"


def words_of(agent: str, item: Mapping[str, Any], fields: Sequence[Field]) -> str:
    """An item in a few words: what was entered, without what is private."""
    said = [str(item[field.name]) for field in fields if not field.private and item.get(field.name) is not None]
    return scrub(" ".join(filter(None, (agent, *said))).strip(), WORDS) or "a task"


def blast_of(steps: Sequence[Step]) -> tuple[str, ...]:
    """What is hit beside the targets: what is done beside submitting."""
    first = {step.item: step for step in reversed(steps)}
    return tuple(step.title for step in steps if len(steps) > len(first) and step.title.startswith("register "))


def given(agents: Sequence[str], items: int) -> tuple[str, ...]:
    """How many tasks each agent is given, where it is more than one, in a sentence."""
    if items < 2 or not any(agents):
        return ()
    return (f"{'each of the agents' if len(agents) > 1 else agents[0]} is given {count(items, 'task')}",)


def not_taken(items: Sequence[Mapping[str, Any]], known: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Values that the target is not known to take: it will say so itself, item by item."""
    said = []
    for name, choices in known.items():
        wrong = [str(item[name]) for item in items if item.get(name) is not None and str(item[name]) not in choices]
        if wrong and choices:
            named = listed(list(dict.fromkeys(scrub(word, 60) for word in wrong)))
            said.append(f"{count(len(wrong), 'item')} will be refused: {name} {named} is not allowed there")
    return tuple(said)


def public_values(item: Mapping[str, Any], fields: Sequence[Field]) -> dict[str, Any]:
    """What was entered, without what is private."""
    return {field.name: item[field.name] for field in fields if not field.private and item.get(field.name) is not None}


def listed(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def count(number: int, what: str) -> str:
    """`1 task`, `2 tasks`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
