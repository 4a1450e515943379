"""A Rollout of Argo Rollouts: `kubectl argo rollouts undo --to-revision`. The plug-in prints no JSON, so what there is
is asked of `kubectl get`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from actions.reverting import kube
from actions.reverting.cluster import ClusterOptions, kubectl
from actions.reverting.commands import missing_programs, program_fact
from actions.reverting.way import Way, only_whole
from config.kinds import Kind, never
from config.values import FilePath, Seconds
from fleet.actions.plan import Fact, Plan, Step
from fleet.actions.ports import ActReach, Rolling
from fleet.actions.revision import Revision, Revisions
from fleet.errors import RefusedError

_REVISION = "rollout.argoproj.io/revision"
_HASH = "rollouts-pod-template-hash"


class ArgoOptions(ClusterOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A Rollout of a cluster."""

    rollout: Annotated[str, Meta(pattern=r"^[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?$")]
    """The name of the Rollout."""
    program: FilePath = "kubectl"
    """The kubectl program, which finds the plug-in `argo rollouts`."""
    within: Seconds = Seconds(600)
    """How long the roll-out with its own steps may take."""


class ArgoRolling(Way):
    """Rolls a Rollout."""

    def __init__(self, options: ArgoOptions, reach: ActReach) -> None:
        super().__init__(reach)
        self._options = options
        self._run = kubectl(options, reach)
        self.target = f"{options.context}/{options.namespace}/rollout/{options.rollout}"

    async def revisions(self) -> Revisions:
        """The ReplicaSets that the Rollout owns; live is what it is told to run, whether it is through or not."""
        rollout = await self._rollout()
        now, stable = (kube.text(kube.part(rollout, "status", name)) for name in ("currentPodHash", "stableRS"))
        made: list[Revision | None] = []
        for one in kube.owned(kube.part(await self._get("replicasets.apps"), "items"), _uid(rollout)):
            mark = kube.text(kube.part(one, "metadata", "labels", _HASH))
            number = kube.text(kube.part(one, "metadata", "annotations", _REVISION))
            author = "stable" if mark and mark == stable else ""
            template = kube.part(one, "spec", "template")
            made.append(kube.revision(one, number, template, live=bool(now) and mark == now, author=author))
        return Revisions(target=self.target, revisions=kube.in_order(made), warnings=kube.managed_by(rollout))

    async def facts(self, to: Revision) -> tuple[Fact, ...]:
        """The Rollout as it is addressed, and its phase."""
        rollout = await self._rollout()
        steps = kube.part(rollout, "spec", "strategy", "canary", "steps")
        phase = kube.text(kube.part(rollout, "status", "phase")) or "not known"
        message = kube.text(kube.part(rollout, "status", "message"), 120)
        own = f"{len(steps)} canary steps of its own" if isinstance(steps, list) else "as its strategy says"
        return (
            program_fact(self._run.planned((self._options.program,)).argv[0]),
            Fact("context", self._options.context),
            Fact("namespace", self._options.namespace),
            Fact("phase", f"{phase}: {message}" if message else phase),
            Fact("strategy", own),
        )

    async def steps(self, to: Revision, shares: Sequence[float]) -> tuple[Step, ...]:
        """The undo, and the wait for it."""
        only_whole(shares, f"{self._options.rollout} (its own strategy has the stages)")
        if not to.name.isdecimal():
            raise RefusedError(f"{to.name} is no number of a revision")
        undo = self._argo("undo", self._options.rollout, f"--to-revision={to.name}")
        wait = self._argo("status", self._options.rollout, f"--timeout={self._options.within:.0f}s")
        return (
            Step(title=f"undo to revision {to.called}", target=self.target, effect=self._run.planned(undo)),
            Step(
                title="wait until it is healthy",
                target=self.target,
                effect=self._run.planned(wait, timeout_s=self._options.within + 30),
            ),
        )

    def undo(self, to: Revision, live: Revision | None) -> tuple[str, ...]:
        """The template that was live stays in the history."""
        return tuple(f"{one}, under a new number" for one in super().undo(to, live))

    async def blast(self, to: Revision) -> tuple[str, ...]:
        """The pods that are replaced."""
        pods = kube.number(kube.part(await self._rollout(), "status", "replicas"))
        return (f"{pods} pods are replaced, as its strategy says",)

    async def wrong(self, plan: Plan) -> str:
        """Whether it is healthy, and what is stable is what it was told to run."""
        status = kube.part(await self._rollout(), "status")
        phase = kube.text(kube.part(status, "phase")) or "not known"
        if phase != "Healthy":
            return f"the Rollout is {phase}"
        if kube.part(status, "stableRS") != kube.part(status, "currentPodHash"):
            return "what is stable is another revision"
        return ""

    async def _rollout(self) -> dict[str, Any]:
        return await self._get(f"rollouts.argoproj.io/{self._options.rollout}")

    async def _get(self, what: str) -> dict[str, Any]:
        words = (self._options.program, *self._place(), "get", what, "--output=json")
        return kube.document(await self._run.read(words))

    def _argo(self, *words: str) -> tuple[str, ...]:
        # The plug-in's name comes first: kubectl looks for no plug-in behind flags.
        return (self._options.program, "argo", "rollouts", *words, *self._place())

    def _place(self) -> tuple[str, ...]:
        return (f"--context={self._options.context}", f"--namespace={self._options.namespace}")


def _uid(rollout: dict[str, Any]) -> str:
    return kube.text(kube.part(rollout, "metadata", "uid"))


def _build(options: ArgoOptions, reach: ActReach) -> Rolling:
    return ArgoRolling(options, reach)


def _missing(options: ArgoOptions, root: Path) -> dict[str, str]:
    return missing_programs(root, program=(options.program,))


KIND = Kind[Rolling](name="argo_rollouts", options=ArgoOptions, build=_build, staged=never, missing=_missing)
