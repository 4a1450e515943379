"""Rules, objectives and gates follow their files and the configuration; a broken edit changes nothing."""

import asyncio
import os
from pathlib import Path

import pytest

from cli.judging.objectives import SLOS
from cli.judging.ruling import RULES
from fleet.alerts.model import AlertState
from fleet.model import SourceState
from tests.cli.test_reload import Live, live
from tests.test_deck import until

NONE = "default_rules: false\n"
NAMED = NONE + "rules: [rules.yml]\n"


def rules(*names: str, more: str = "") -> str:
    listed = "".join(f"  - {{alert: {name}, expr: vector(1){more}}}\n" for name in names)
    return f"groups:\n- name: g\n  interval: 100ms\n  rules:\n{listed}"


def firing(it: Live) -> set[str]:
    return {row.name for row in it.store.alerts.values() if row.state is AlertState.FIRING}


def looked(it: Live, job: str) -> bool:
    """Has the files looked at."""
    it.deck.hurry(job)
    return True


async def look(it: Live, text: str | None = None, file: str = "rules.yml", job: str = RULES) -> None:
    """Edit a file, and have it looked at."""
    if text is not None:
        (it.path.parent / file).write_text(text)
    await asyncio.sleep(0)
    it.deck.hurry(job)


async def says(it: Live, words: str, job: str = RULES) -> None:
    def there() -> bool:
        it.deck.hurry(job)
        return job in it.store.sources and any(words in one for one in it.store.sources[job].problems)

    await until(there)


async def well(it: Live, job: str = RULES) -> None:
    def right() -> bool:
        it.deck.hurry(job)
        source = it.store.sources.get(job)
        return source is not None and source.state is SourceState.OK and not source.problems

    await until(right)


@pytest.mark.anyio
async def test_rules_come_with_an_edit_and_their_alerts_end_when_they_go(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(rules("A", "B"))
    async with live(tmp_path, NONE) as it:
        assert RULES not in it.store.sources
        assert not (await it.edited(NAMED)).bad
        await until(lambda: firing(it) == {"A", "B"})
        since = {row.name: row.since for row in it.store.alerts.values()}
        (tmp_path / "rules.yml").write_text(rules("A", "C"))
        await until(lambda: looked(it, RULES) and firing(it) == {"A", "C"})
        assert next(row.since for row in it.store.alerts.values() if row.name == "A") == since["A"]
        assert not (await it.edited(NONE)).bad
        await until(lambda: not firing(it))
        assert RULES not in it.store.sources
        assert not (await it.edited(NAMED)).bad
        await until(lambda: firing(it) == {"A", "C"})


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ("groups: [", "rules.yml"),
        ("", "is empty"),
        (rules("A", more=", for: soon"), "no duration"),
        (rules("A").replace("vector(1)", "vector(1"), "unclosed"),
        ("groups: []\nnothing: here\n", "unknown key"),
        ("\x00", "control character"),
        ("a: &a [x, x, x, x, x]\n" + "".join(f"b{n}: &a [*a, *a, *a, *a, *a]\n" for n in range(12)), "alias"),
    ],
    ids=["cut", "empty", "duration", "expression", "unknown", "control", "bomb"],
)
async def test_a_broken_edit_keeps_the_rules_that_were_right(tmp_path: Path, broken: str, words: str) -> None:
    (tmp_path / "rules.yml").write_text(rules("A", "B"))
    (tmp_path / "other.yml").write_text(rules("Other"))
    async with live(tmp_path, NONE + "rules: [rules.yml, other.yml]\n") as it:
        await until(lambda: firing(it) == {"A", "B", "Other"})
        await look(it, broken)
        await says(it, words)
        await says(it, "go on until it is right")
        assert firing(it) == {"A", "B", "Other"}
        await look(it, rules("A", "New"))
        await until(lambda: looked(it, RULES) and firing(it) == {"A", "New", "Other"})
        await well(it)


@pytest.mark.anyio
async def test_a_rule_file_that_is_no_file_any_more_keeps_its_rules(tmp_path: Path) -> None:
    path = tmp_path / "rules.yml"
    path.write_text(rules("A"))
    async with live(tmp_path, NAMED) as it:
        await until(lambda: firing(it) == {"A"})
        for what in ("folder", "fifo", "link", "nothing"):
            path.unlink()
            if what == "folder":
                path.mkdir()
            elif what == "fifo":
                os.mkfifo(path)
            elif what == "link":
                path.symlink_to("nowhere")
            await says(it, "go on until it is right")
            assert firing(it) == {"A"}
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink(missing_ok=True)
            path.write_text(rules("A"))
            await well(it)
        assert firing(it) == {"A"}


@pytest.mark.anyio
async def test_a_file_of_a_pattern_that_is_deleted_takes_its_rules_along(tmp_path: Path) -> None:
    (tmp_path / "a.rules").write_text(rules("A"))
    (tmp_path / "b.rules").write_text(rules("B"))
    async with live(tmp_path, NONE + "rules: ['*.rules']\n") as it:
        await until(lambda: firing(it) == {"A", "B"})
        (tmp_path / "b.rules").unlink()
        await until(lambda: looked(it, RULES) and firing(it) == {"A"})
        (tmp_path / "c.rules").write_text(rules("C"))
        await until(lambda: looked(it, RULES) and firing(it) == {"A", "C"})


def objective(name: str, target: str = "0.99") -> str:
    return (
        "apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: " + name + "}\nspec:\n  service: s\n"
        "  budgetingMethod: Occurrences\n  timeWindow: [{duration: 1d, isRolling: true}]\n"
        "  indicator: {metadata: {name: i}, spec: {thresholdMetric: {metricSource: {type: Prometheus, "
        "spec: {query: vector(1)}}}}}\n  objectives: [{op: lte, value: 2, target: " + target + "}]\n"
    )


@pytest.mark.anyio
async def test_a_broken_edit_keeps_the_objectives_that_were_right(tmp_path: Path) -> None:
    (tmp_path / "slo.yml").write_text(objective("one"))
    async with live(tmp_path, NONE + "slo_files: [slo.yml]\n") as it:
        await until(lambda: set(it.store.slos) == {"one"})
        for broken, words in (("", "is empty"), ("a: [", "slo.yml"), (objective("one", "1.5"), "objective")):
            await look(it, broken, "slo.yml", SLOS)
            await says(it, words, SLOS)
            await says(it, "goes on until it is right", SLOS)
            assert set(it.store.slos) == {"one"}
        await look(it, objective("two"), "slo.yml", SLOS)
        await until(lambda: looked(it, SLOS) and set(it.store.slos) == {"two"})
        await well(it, SLOS)
        assert not (await it.edited(NONE)).bad
        await until(lambda: not it.store.slos)


@pytest.mark.anyio
async def test_gates_and_objectives_of_the_configuration_follow_it(tmp_path: Path) -> None:
    gate = "gates: {g: {expr: vector(2), target: '%s'}}\n"
    async with live(tmp_path, NONE + gate % ">1") as it:
        await until(lambda: "g" in it.store.gates and it.store.gates["g"].state.value == "pass")
        assert not (await it.edited(NONE + gate % ">3")).bad
        await until(lambda: it.store.gates["g"].state.value == "fail")
        assert (await it.edited(NONE + gate % "many")).bad
        assert it.store.gates["g"].target == ">3"
        slo = "slos: [{name: s, objective: 99%, window: 1d, availability: true}]\n"
        assert not (await it.edited(NONE + slo)).bad
        await until(lambda: not it.store.gates and set(it.store.slos) == {"s"})
