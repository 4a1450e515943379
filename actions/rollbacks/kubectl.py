"""A Deployment, StatefulSet or DaemonSet: `kubectl rollout undo --to-revision`, in a context and a namespace that are
always said."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from actions.reverting import kube
from actions.reverting.cluster import ClusterOptions, kubectl
from actions.reverting.commands import missing_programs, program_fact
from actions.reverting.way import Way, only_whole
from config.kinds import Kind, never
from config.values import Seconds
from fleet.actions.plan import Fact, Plan, Step
from fleet.actions.ports import ActReach, Rolling
from fleet.actions.revision import Revision, Revisions
from fleet.errors import RefusedError

_REVISION = "deployment.kubernetes.io/revision"


class KubectlOptions(ClusterOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A workload of a cluster."""

    workload: Annotated[str, Meta(pattern=r"^(deployment|statefulset|daemonset)/[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?$")]
    """The workload, such as `deployment/gateway`."""
    within: Seconds = Seconds(300)
    """How long the roll-out may take (`kubectl rollout status --timeout`)."""


class KubectlRolling(Way):
    """Rolls a workload."""

    def __init__(self, options: KubectlOptions, reach: ActReach) -> None:
        super().__init__(reach)
        self._options = options
        self._run = kubectl(options, reach)
        self.target = f"{options.context}/{options.namespace}/{options.workload}"

    async def revisions(self) -> Revisions:
        """The templates that the workload keeps (its `revisionHistoryLimit`), by the names of their objects."""
        workload = await self._workload()
        found = await (self._sets(workload) if self._is_deployment else self._controlled(workload))
        return Revisions(target=self.target, revisions=kube.in_order(found), warnings=kube.managed_by(workload))

    async def facts(self, to: Revision) -> tuple[Fact, ...]:
        """The workload as it is addressed, and how it is now."""
        workload = await self._workload()
        missing = kube.unfinished(workload)
        return (
            program_fact(self._run.planned((self._options.program,)).argv[0]),
            Fact("context", self._options.context),
            Fact("namespace", self._options.namespace),
            Fact("roll-out", f"under way: {missing}" if missing else "complete"),
            Fact("paused", "the workload is paused, and would not roll", bad=True)
            if kube.part(workload, "spec", "paused") is True
            else Fact("replicas", str(kube.number(kube.part(workload, "spec", "replicas")) or "–")),
        )

    async def steps(self, to: Revision, shares: Sequence[float]) -> tuple[Step, ...]:
        """The undo, and the wait for it."""
        only_whole(shares, f"{self._options.workload} (the cluster rolls it pod by pod)")
        if not to.name.isdecimal():
            raise RefusedError(f"{to.name} is no number of a revision")
        words = self._words("rollout", "undo", self._options.workload, f"--to-revision={to.name}")
        wait = self._words(
            "rollout", "status", self._options.workload, "--watch=true", f"--timeout={self._options.within:.0f}s"
        )
        return (
            Step(title=f"undo to revision {to.called}", target=self.target, effect=self._run.planned(words)),
            Step(
                title="wait for the roll-out",
                target=self.target,
                effect=self._run.planned(wait, timeout_s=self._options.within + 30),
            ),
        )

    def undo(self, to: Revision, live: Revision | None) -> tuple[str, ...]:
        """The template that was live stays in the history."""
        return tuple(f"{one}, under a new number" for one in super().undo(to, live))

    async def blast(self, to: Revision) -> tuple[str, ...]:
        """The pods that are replaced."""
        workload = await self._workload()
        field = "replicas" if kube.part(workload, "kind") != "DaemonSet" else "currentNumberScheduled"
        return (f"{kube.number(kube.part(workload, 'status', field))} pods are replaced, as its strategy says",)

    async def wrong(self, plan: Plan) -> str:
        """What the roll-out lacks."""
        return kube.unfinished(await self._workload())

    @property
    def _is_deployment(self) -> bool:
        return self._options.workload.startswith("deployment/")

    async def _sets(self, workload: dict[str, Any]) -> list[Revision | None]:
        now = kube.text(kube.part(workload, "metadata", "annotations", _REVISION))
        made: list[Revision | None] = []
        for one in kube.owned(kube.part(await self._get("replicasets.apps"), "items"), _uid(workload)):
            number = kube.text(kube.part(one, "metadata", "annotations", _REVISION))
            live = bool(now) and number == now
            made.append(kube.revision(one, number, kube.part(one, "spec", "template"), live=live))
        return made

    async def _controlled(self, workload: dict[str, Any]) -> list[Revision | None]:
        """Of a StatefulSet or DaemonSet the highest number is what it is rolled to."""
        mine = kube.owned(kube.part(await self._get("controllerrevisions.apps"), "items"), _uid(workload))
        newest = max((kube.number(kube.part(one, "revision")) for one in mine), default=0)
        return [
            kube.revision(
                one,
                kube.text(kube.part(one, "revision")),
                kube.part(one, "data", "spec", "template"),
                live=kube.number(kube.part(one, "revision")) == newest,
            )
            for one in mine
        ]

    async def _workload(self) -> dict[str, Any]:
        return await self._get(self._options.workload)

    async def _get(self, what: str) -> dict[str, Any]:
        return kube.document(await self._run.read(self._words("get", what, "--output=json")))

    def _words(self, *words: str) -> tuple[str, ...]:
        options = self._options
        return (options.program, f"--context={options.context}", f"--namespace={options.namespace}", *words)


def _uid(workload: dict[str, Any]) -> str:
    return kube.text(kube.part(workload, "metadata", "uid"))


def _build(options: KubectlOptions, reach: ActReach) -> Rolling:
    return KubectlRolling(options, reach)


def _missing(options: KubectlOptions, root: Path) -> dict[str, str]:
    return missing_programs(root, program=(options.program,))


KIND = Kind[Rolling](name="kubectl", options=KubectlOptions, build=_build, staged=never, missing=_missing)
