"""A simulated fleet: its target servers, and the configurations that watch it with fleetdeck and with Prometheus."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from benchmarks.pages import agent_name
from benchmarks.worker import ROOT, line_of, pipe

_PER_SERVER = 2_500
"""Agents of one server process: each holds a listening socket and a connection per client, all of them files."""
_START_S = 60.0


class Fleet:
    """`with Fleet(1000, folder) as fleet`: the agents answer. `still`: always the same."""

    def __init__(self, agents: int, folder: Path, *, still: bool = False) -> None:
        self.agents = agents
        self.folder = folder
        self._servers: list[subprocess.Popen[bytes]] = []
        self._still = still
        self.origins: list[str] = []

    def __enter__(self) -> Self:
        try:
            for first in range(0, self.agents, _PER_SERVER):
                self._start(first, min(_PER_SERVER, self.agents - first))
            for server in self._servers:
                self.origins += json.loads(line_of(server, _START_S))
        except BaseException:
            self._stop()
            raise
        self._write_targets()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    # ── What it is told ────────────────────────────────────────────────────────────────────────────────────────────

    def move(self) -> None:
        """From now on every scrape shows other values."""
        self._tell(self._servers, "move")

    def still(self) -> None:
        """From now on every scrape shows the same."""
        self._tell(self._servers, "still")

    def poke(self, index: int) -> None:
        """One more task waits for the agent `index`: the one number that changes."""
        self._tell([self._servers[index // _PER_SERVER]], f"poke {index}")

    def served(self) -> Counter[str]:
        """Answers so far, by client and page, such as `prometheus metrics`."""
        self._tell(self._servers, "stats")
        return sum((Counter(json.loads(line_of(server, _START_S))) for server in self._servers), Counter[str]())

    # ── Who watches it ─────────────────────────────────────────────────────────────────────────────────────────────

    def fleetdeck(
        self,
        name: str,
        *,
        every: str,
        agents: int | None = None,
        health: bool = False,
        host: bool = True,
        often: Mapping[int, str] = MappingProxyType({}),
    ) -> Path:
        """Write a configuration that watches the first `agents` (or all), `every` so often, some more `often`."""
        watched = range(self.agents if agents is None else agents)
        groups = [self._group(index, health=health, every=often.get(index, "")) for index in watched]
        (self.folder / f"{name}-targets.json").write_text(json.dumps(groups), encoding="utf-8")
        file = self.folder / f"{name}.yaml"
        file.write_text(
            f"name: {name}\nevery: {every}\nhost: {'true' if host else 'false'}\n"
            f"discovery: [{{kind: file_sd, files: [{name}-targets.json]}}]\n",
            encoding="utf-8",
        )
        return file

    def prometheus(self, *, every: str) -> str:
        """The text of a configuration that watches the same agents."""
        return (
            f"global: {{scrape_interval: {every}, scrape_timeout: {every}}}\n"
            f"scrape_configs: [{{job_name: agents, file_sd_configs: [{{files: [{self.folder}/targets.json]}}]}}]\n"
        )

    def urls(self) -> list[str]:
        """The addresses of all metrics pages."""
        return [f"http://{origin}/metrics" for origin in self.origins]

    def _group(self, index: int, *, health: bool = False, every: str = "") -> dict[str, object]:
        labels = {"agent_name": agent_name(index), "agent_type": "coder", "env": "prod"}
        if health:
            labels["__health_path__"] = "/health"
        if every:
            labels["__scrape_interval__"] = every
        return {"targets": [self.origins[index]], "labels": labels}

    def _write_targets(self) -> None:
        groups = [self._group(index) for index in range(self.agents)]
        (self.folder / "targets.json").write_text(json.dumps(groups), encoding="utf-8")

    # ── Its processes ──────────────────────────────────────────────────────────────────────────────────────────────

    def _start(self, first: int, count: int) -> None:
        command = [sys.executable, "-m", "benchmarks.targets", str(first), str(count)]
        self._servers.append(
            subprocess.Popen(
                command + (["--still"] if self._still else []),
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
            )
        )

    def _tell(self, servers: list["subprocess.Popen[bytes]"], order: str) -> None:
        for server in servers:
            pipe(server.stdin).write(order.encode() + b"\n")

    def _stop(self) -> None:
        for server in self._servers:
            pipe(server.stdin).close()
        for server in self._servers:
            try:
                server.wait(5)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
            pipe(server.stdout).close()
