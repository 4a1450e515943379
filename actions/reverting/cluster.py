"""What everything that kubectl rolls has in common: where the cluster is, and how the program is run."""

from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from actions.reverting.commands import Runner
from config.values import FilePath, Seconds
from fleet.actions.ports import ActReach

KubeName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.:_@/-]{0,250}[A-Za-z0-9])?$")]


class ClusterOptions(Struct, frozen=True, kw_only=True):
    """A cluster by the kubeconfig."""

    context: KubeName
    """The context of the kubeconfig; never the current one by chance."""
    namespace: KubeName
    """The namespace."""
    kubeconfig: FilePath | None = None
    """The kubeconfig, where it is not `~/.kube/config`."""
    program: FilePath = "kubectl"
    """The kubectl program."""
    timeout: Seconds = Seconds(30)
    """How long an answer may take."""


def kubectl(options: ClusterOptions, reach: ActReach) -> Runner:
    """Runs kubectl with the kubeconfig of `options`."""
    more = {}
    if options.kubeconfig is not None:
        more["KUBECONFIG"] = str((reach.root / Path(options.kubeconfig).expanduser()).absolute())
    return Runner(reach, Path("/"), more, options.timeout)
