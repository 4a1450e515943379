"""What a plan is shown as: exactly what will be sent."""

from fleet.actions.plan import ActKind, HttpRequest, Plan, Step, Target, Tier
from fleet.actions.preview import preview
from tests.tui.factories import NOW


def test_each_request_is_shown_with_the_key_that_goes_along() -> None:
    request = HttpRequest(method="POST", url="http://127.0.0.1/tasks", key_header="Idempotency-Key")
    steps = tuple(Step(title=f"task {item}", target="board", effect=request, item=item) for item in (0, 1, 1))
    plan = Plan(
        key="k1",
        act=ActKind.SUBMIT,
        kind="http",
        source="task",
        fleet="demo",
        title="submit 2 × task",
        tier=Tier.YES,
        word="task",
        targets=(Target(name="board"),),
        steps=steps,
        items=("one", "two"),
        made_at=NOW,
    )
    keys = [line.text for line in preview(plan, ()) if line.text.startswith("Idempotency-Key")]
    # The second request of an item asks what the first one does: with one key a server would take it for that.
    assert keys == ["Idempotency-Key: k1", "Idempotency-Key: k1-1", "Idempotency-Key: k1-1.2"]
