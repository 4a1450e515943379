"""What a plan is shown as: exactly what will be sent."""

from fleet.actions.plan import ActKind, AgentsUp, Effect, FileWork, HttpRequest, Plan, Stage, Step, Target, Tier
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


def _rollback(*effects: Effect, stages: tuple[Stage, ...] = ()) -> Plan:
    return Plan(
        key="k1",
        act=ActKind.ROLLBACK,
        kind="files",
        source="web",
        fleet="demo",
        title="roll web",
        tier=Tier.NAME,
        word="web",
        targets=(Target(name="web"),),
        steps=tuple(Step(title="it", target="web", effect=effect) for effect in effects),
        stages=stages,
        made_at=NOW,
    )


def test_a_file_that_is_kept_as_a_new_one_replaces_nothing() -> None:
    kept = FileWork(work="copy", path="/kept/web.yaml-1", source="/srv/web.yaml", sha256="aa", new=True)
    put = FileWork(work="copy", path="/srv/web.yaml", source="/old/web.yaml", sha256="bb")
    texts = [line.text for line in preview(_rollback(kept, put), ()) if "sha256" in line.text]
    assert texts == [
        "copy /srv/web.yaml (sha256 aa) to the new file /kept/web.yaml-1",
        "replace /srv/web.yaml by /old/web.yaml (sha256 bb)",
    ]


def test_a_stage_says_how_long_it_waits_also_where_nothing_is_checked() -> None:
    stages = (
        Stage(title="10 %", share=0.1, hold_s=120, within_s=60),
        Stage(title="100 %", share=1.0, checks=(AgentsUp(agents=("a",)),), hold_s=10, within_s=60),
    )
    texts = [line.text for line in preview(_rollback(stages=stages), ()) if line.heading == "stage"]
    assert texts == [
        "10 %: nothing is checked, it waits 120 s",
        "100 %: within 60 s this must hold for 10 s without a break, else it stops there",
    ]
