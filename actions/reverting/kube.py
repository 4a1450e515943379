"""What kubectl says of workloads, as JSON: revisions with their templates, who manages them, and how a roll-out is.

A revision is known by the name of its ReplicaSet or ControllerRevision. Its number is no name: going back to revision 2
makes it the newest, with the next number.
Formats: Kubernetes API, apps/v1; annotations `deployment.kubernetes.io/revision`, `rollout.argoproj.io/revision`.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from fleet.actions.revision import Revision
from fleet.errors import Fault, OutsideError
from fleet.text import scrub
from fleet.times import parse_time

CAUSE: Final = "kubernetes.io/change-cause"
_GITOPS: Final = (
    ("argocd.argoproj.io/tracking-id", "Argo CD"),
    ("argocd.argoproj.io/instance", "Argo CD"),
    ("kustomize.toolkit.fluxcd.io/name", "Flux"),
    ("helm.toolkit.fluxcd.io/name", "Flux"),
)


def document(text: str) -> dict[str, Any]:
    """The JSON object that kubectl printed. Raises OutsideError."""
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (ValueError, RecursionError) as error:
        raise OutsideError(Fault.PAYLOAD, f"kubectl printed no JSON object: {scrub(str(error), 120)}") from error


def part(value: Any, *path: str) -> Any:
    """What stands at `path`; None where nothing does."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def text(value: Any, limit: int = 200) -> str:
    """A text or number, scrubbed; "" for anything else."""
    return scrub(str(value), limit) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def number(value: Any) -> int:
    """A count; 0 where the API leaves it out, as it does with zeros."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def owned(items: Any, uid: str) -> list[dict[str, Any]]:
    """The objects of a list that the object `uid` owns."""
    listed = items if isinstance(items, list) else []
    return [
        one
        for one in listed
        if isinstance(one, dict)
        and uid
        and any(part(owner, "uid") == uid for owner in part(one, "metadata", "ownerReferences") or ())
    ]


def revision(
    item: Mapping[str, Any], revision_number: str, template: Any, *, live: bool, author: str = ""
) -> Revision | None:
    """A ReplicaSet or ControllerRevision as a revision; None where it has no number."""
    name = text(part(item, "metadata", "name"))
    if not name or not revision_number:
        return None
    cause = text(part(item, "metadata", "annotations", CAUSE), 200)
    images = ", ".join(images_of(template))
    made = parse_time(part(item, "metadata", "creationTimestamp"))
    return Revision(
        id=name,
        name=revision_number,
        at=made,
        author=author,
        changed="; ".join(filter(None, (cause, images))),
        live=live,
        live_from=made,
    )


def images_of(template: Any) -> tuple[str, ...]:
    """The images of a pod template."""
    containers = part(template, "spec", "containers")
    listed = containers if isinstance(containers, list) else []
    return tuple(filter(None, (text(part(one, "image"), 120) for one in listed)))


def in_order(found: Iterable[Revision | None]) -> tuple[Revision, ...]:
    """The newest first, by their numbers."""
    made = [one for one in found if one is not None]
    return tuple(sorted(made, key=lambda one: -int(one.name) if one.name.isdecimal() else 0))


def managed_by(workload: Mapping[str, Any]) -> tuple[str, ...]:
    """Sentences on who would put a roll back: labels and annotations of Argo CD and of Flux."""
    marks = {**(part(workload, "metadata", "annotations") or {}), **(part(workload, "metadata", "labels") or {})}
    found = dict.fromkeys(who for name, who in _GITOPS if name in marks)
    return tuple(f"managed by {who}: it may put back what is rolled back here" for who in found)


def unfinished(workload: Mapping[str, Any]) -> str:
    """What is missing for a roll-out to be complete, as `kubectl rollout status` judges it; "" where nothing is."""
    status, wanted = part(workload, "status") or {}, number(part(workload, "spec", "replicas"))
    if number(part(status, "observedGeneration")) < number(part(workload, "metadata", "generation")):
        return "its controller has not taken note of it yet"
    if part(workload, "kind") == "DaemonSet":
        wanted = number(part(status, "desiredNumberScheduled"))
        updated, ready = number(part(status, "updatedNumberScheduled")), number(part(status, "numberAvailable"))
    else:
        updated = number(part(status, "updatedReplicas"))
        ready = number(part(status, "availableReplicas" if "availableReplicas" in status else "readyReplicas"))
    if updated < wanted:
        return f"{updated} of {wanted} replicas are updated"
    if number(part(status, "replicas")) > updated and part(workload, "kind") != "DaemonSet":
        return f"{number(part(status, 'replicas')) - updated} old replicas are still there"
    return "" if ready >= wanted else f"{ready} of {wanted} replicas are available"
