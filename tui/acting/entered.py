"""The lines of the dialog that confirms a plan: which there are by its tier, what each wants, what is
missing, and what they say together."""

from collections.abc import Mapping

from fleet.actions.action import Confirmation
from fleet.actions.plan import Plan, Tier
from tui.alerts.form import FormInput


def wanted_lines(plan: Plan) -> dict[str, str]:
    """The lines that are filled in, by what stands before them, each with what it wants."""
    if plan.tier < Tier.NAME:
        return {}
    lines = {"target": f"type {plan.word}", "reason": "why: goes on the record", "ticket": "ticket, optional"}
    if plan.tier is Tier.TWO:
        lines |= {"code": "six digits", "whose": "whose code, where it is another operator's"}
    return lines


def still_missing(boxes: Mapping[str, FormInput], word: str) -> list[str]:
    """What the lines do not have yet, in the order of the lines; empty where `enter` does it."""
    return [
        named
        for name, named in {"target": f"type {word}", "reason": "a reason", "code": "a code"}.items()
        if name in boxes and not _is_right(name, boxes[name], word)
    ]


def _is_right(name: str, box: FormInput, word: str) -> bool:
    return box.value.strip() == word if name == "target" else bool(box.value.strip())


def missing(boxes: Mapping[str, FormInput], word: str) -> tuple[FormInput | None, str]:
    """The first line that is not as it must be, and what is wrong with it; `word` is what confirms the target."""
    wrong = {
        "target": f"type {word} to confirm",
        "reason": "a reason is wanted: whoever comes next will ask",
        "code": "a one-time code is wanted",
    }
    for name, words in wrong.items():
        if name in boxes and not _is_right(name, boxes[name], word):
            return boxes[name], words
    return None, ""


def confirmation_of(boxes: Mapping[str, FormInput], by: str, *, yes: bool) -> Confirmation:
    """What was entered in the lines, by `by`; `yes`: a `y` was all that was wanted."""
    words = {name: box.value.strip() for name, box in boxes.items()}
    return Confirmation(
        by=by,
        typed=words.get("target", ""),
        reason=words.get("reason", ""),
        ticket=words.get("ticket", ""),
        code=words.get("code", ""),
        second=words.get("whose", ""),
        yes=yes,
    )
