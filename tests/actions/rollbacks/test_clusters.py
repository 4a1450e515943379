"""kubectl and Argo Rollouts: a stand-in keeps a workload in a folder and speaks the formats of the real programs."""

import json
from pathlib import Path
from typing import Any

import pytest

from fleet.actions.action import ActionState
from fleet.actions.plan import CommandRun
from fleet.errors import OutsideError, RefusedError
from tests.actions.rollbacks.bench import bench, program

_KUBECTL = """#!/usr/bin/env python3
import json, pathlib, sys
path = pathlib.Path(__file__).with_name("cluster.json")
cluster = json.loads(path.read_text())
flags = [word for word in sys.argv[1:] if word.startswith("--")]
words = [word for word in sys.argv[1:] if not word.startswith("--")]
if "--context=prod" not in flags or "--namespace=agents" not in flags:
    sys.exit("error: context or namespace")
argo = words[:2] == ["argo", "rollouts"]
words = words[2:] if argo else words
mark = "rollout.argoproj.io/revision" if cluster["argo"] else "deployment.kubernetes.io/revision"
sets = cluster["sets"]
live = lambda: max(sets, key=lambda name: sets[name]["number"])
if words[0] == "get" and words[1] == "replicasets.apps":
    print(json.dumps({"apiVersion": "v1", "kind": "List", "items": [
        {"metadata": {"name": name, "creationTimestamp": one["made"], "labels": {"rollouts-pod-template-hash": name},
                      "annotations": {mark: str(one["number"]), "kubernetes.io/change-cause": one["cause"]},
                      "ownerReferences": [{"uid": one.get("owner", "u-1"), "kind": "Deployment"}]},
         "spec": {"template": {"spec": {"containers": [{"image": one["image"]}]}}}} for name, one in sets.items()]}))
elif words[0] == "get":
    now = live()
    print(json.dumps({"kind": "Deployment", "metadata": {"name": "gateway", "uid": "u-1", "generation": 4,
        "labels": cluster["labels"], "annotations": {mark: str(sets[now]["number"])}},
        "spec": {"replicas": 3, "strategy": {"canary": {"steps": [{"setWeight": 20}]}}},
        "status": {"observedGeneration": 4, "replicas": 3, "updatedReplicas": cluster["updated"],
                   "availableReplicas": 3, "currentPodHash": now, "stableRS": now if cluster["updated"] == 3 else "?",
                   "phase": "Healthy" if cluster["updated"] == 3 else "Degraded"}}))
elif words[:2] == ["rollout", "undo"] or words[:1] == ["undo"]:
    number = int(next(flag for flag in flags if flag.startswith("--to-revision=")).partition("=")[2])
    name = next((name for name in sets if sets[name]["number"] == number), None)
    if name is None:
        sys.exit(f"error: unable to find specified revision {number} in history")
    sets[name]["number"] = max(one["number"] for one in sets.values()) + 1
    cluster["updated"] = cluster["after"]
    path.write_text(json.dumps(cluster))
    print("deployment.apps/gateway rolled back")
elif words[:2] == ["rollout", "status"] or words[:1] == ["status"]:
    if cluster["updated"] == 3:
        print('deployment "gateway" successfully rolled out')
    else:
        sys.exit("error: timed out waiting for the condition")
else:
    sys.exit("unknown command " + " ".join(words))
"""


def _cluster(root: Path, argo: bool = False, after: int = 3, **labels: str) -> str:
    sets = {
        f"gateway-{name}": {
            "number": number,
            "image": f"registry/gateway:1.{number}",
            "cause": f"release 1.{number}",
            "made": f"2026-02-0{number}T08:00:00Z",
        }
        for number, name in ((1, "aaa"), (2, "bbb"), (3, "ccc"))
    }
    other: dict[str, Any] = {"number": 9, "image": "x", "cause": "", "made": "2026-02-09T08:00:00Z", "owner": "u-2"}
    state = {"argo": argo, "sets": sets, "labels": labels, "updated": 3, "after": after}
    (root / "cluster.json").write_text(json.dumps(state | {"other": other}))
    return str(program(root / "kubectl", _KUBECTL))


def _deployment(root: Path, **labels: str) -> dict[str, Any]:
    place = {"context": "prod", "namespace": "agents", "workload": "deployment/gateway"}
    return {"kind": "kubectl", "name": "gateway", "program": _cluster(root, False, 3, **labels), **place}


@pytest.mark.anyio
async def test_a_deployment_is_undone_to_a_revision_which_keeps_its_name_and_not_its_number(tmp_path: Path) -> None:
    async with bench(tmp_path, _deployment(tmp_path)) as it:
        known = await it.book.revisions("gateway")
        assert [(one.id, one.name, one.live) for one in known.revisions] == [
            ("gateway-ccc", "3", True),
            ("gateway-bbb", "2", False),
            ("gateway-aaa", "1", False),
        ]
        assert known.revisions[0].changed == "release 1.3; registry/gateway:1.3"
        plan = await it.book.plan("gateway", "2")
        effects = [step.effect for step in plan.steps if isinstance(step.effect, CommandRun)]
        assert effects[0].argv[1:] == (
            "--context=prod",
            "--namespace=agents",
            "rollout",
            "undo",
            "deployment/gateway",
            "--to-revision=2",
        )
        done = await it.carry_out(plan)
        assert done.state is ActionState.SUCCEEDED
        live = (await it.book.revisions("gateway")).live
        assert live is not None
        assert (live.id, live.name) == ("gateway-bbb", "4")
        assert (await it.carry_out(await it.book.plan_undo(done))).state is ActionState.SUCCEEDED
        assert await it.book.live_of(plan) == "gateway-ccc"


@pytest.mark.anyio
async def test_a_roll_out_that_does_not_come_through_has_failed(tmp_path: Path) -> None:
    rolled = _deployment(tmp_path)
    state = json.loads((tmp_path / "cluster.json").read_text())
    (tmp_path / "cluster.json").write_text(json.dumps(state | {"after": 1}))
    async with bench(tmp_path, rolled) as it:
        done = await it.carry_out(await it.book.plan("gateway", "2"))
        assert done.state is ActionState.FAILED
        assert "timed out waiting" in done.items[0].sentence
        assert (await it.seen(done.plan, it.clock.now())).sentence == "1 of 3 replicas are updated"


@pytest.mark.anyio
async def test_who_manages_it_is_said_and_stages_are_the_clusters(tmp_path: Path) -> None:
    rolled = _deployment(tmp_path, **{"argocd.argoproj.io/instance": "agents"})
    async with bench(tmp_path, rolled | {"managed_by": "the platform team"}) as it:
        warnings = (await it.book.plan("gateway", "1")).warnings
        assert warnings[:2] == (
            "managed by the platform team: it may put back what is rolled back here",
            "managed by Argo CD: it may put back what is rolled back here",
        )
        with pytest.raises(RefusedError, match="pod by pod"):
            await it.book.plan("gateway", "1", staged=True)


@pytest.mark.anyio
async def test_a_rollout_of_argo_is_undone_by_the_plug_in(tmp_path: Path) -> None:
    rolled = {
        "kind": "argo_rollouts",
        "name": "gateway",
        "program": _cluster(tmp_path, argo=True),
        "context": "prod",
        "namespace": "agents",
        "rollout": "gateway",
    }
    async with bench(tmp_path, rolled) as it:
        plan = await it.book.plan("gateway", "1")
        effect = plan.steps[0].effect
        assert isinstance(effect, CommandRun)
        assert effect.argv[1:6] == ("argo", "rollouts", "undo", "gateway", "--to-revision=1")
        assert ("strategy", "1 canary steps of its own") in {(fact.name, fact.value) for fact in plan.facts}
        assert (await it.carry_out(plan)).state is ActionState.SUCCEEDED
        assert await it.book.live_of(plan) == "gateway-aaa"


@pytest.mark.anyio
async def test_a_cluster_that_cannot_be_asked_is_an_error_in_words(tmp_path: Path) -> None:
    rolled = _deployment(tmp_path) | {"namespace": "other"}
    async with bench(tmp_path, rolled) as it:
        with pytest.raises(OutsideError, match="context or namespace"):
            await it.book.plan("gateway")
