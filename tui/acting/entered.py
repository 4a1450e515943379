"""The lines of the dialog that confirms a plan: which there are by its tier, what each wants, and what is missing."""

from collections.abc import Mapping

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


def missing(boxes: Mapping[str, FormInput], word: str) -> tuple[FormInput | None, str]:
    """The first line that is not as it must be, and what is wrong with it; `word` is what confirms the target."""
    target, reason, code = boxes.get("target"), boxes.get("reason"), boxes.get("code")
    if target is not None and target.value.strip() != word:
        return target, f"type {word} to confirm"
    if reason is not None and not reason.value.strip():
        return reason, "a reason is wanted: whoever comes next will ask"
    if code is not None and not code.value.strip():
        return code, "a one-time code is wanted"
    return None, ""
