"""A small fleet that is hostile in every text it gives, over files and HTTP, for the real program to collect.

What `tests.fuzz.filling` puts into the store directly comes here the way it would in life, through every reader: status
files, target lists, health bodies, metrics pages, task files, plans, tables, names of files, and the configuration.
"""

import json
import random
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

from tests.fuzz.hostile import Hostile, Sample

AGENTS, TARGETS, TASKS, ITEMS = 20, 18, 45, 30
_NO_FILE_NAME = re.compile("[/\x00]")


class HostileFleet:
    """Writes its files into `folder`, and answers over HTTP while it is open."""

    def __init__(self, folder: Path, hostile: Hostile) -> None:
        self.samples: list[Sample] = []
        self.leading: dict[str, list[str]] = {}
        self._folder = folder
        self._hostile = hostile
        self._random = random.Random(len(str(folder)))
        self._pages: dict[str, tuple[bytes, bytes]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._write()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def text(self, limit: int = 2_000_000) -> str:
        """The next hostile text."""
        sample = self._hostile.sample()
        self.samples.append(sample)
        return sample.text[:limit]

    def name(self, view: str) -> str:
        """The next hostile text, as the name of a row of `view`."""
        text = self.text()
        if self.samples[-1].leads:
            self.leading.setdefault(view, []).append(self.samples[-1].marker)
        return text

    # ── files ──

    def _write(self) -> None:
        entries = {
            "discovery": [
                {"kind": "agent_status", "path": "status.json"},
                {"kind": "file_sd", "files": ["targets.json"]},
                {"kind": "static", "agents": [self._static(number) for number in range(3)]},
                {"kind": "http_sd", "url": self._url("/sd")},
                {"kind": "metrics_page", "url": self._url("/m/0"), "name": self.text(70)},
                {"kind": "coordinator", "url": self._url("/coordinator"), "name": self.text(70)},
            ],
            "queues": [{"kind": "task_file", "path": "tasks.json", "name": self.text(70)}],
            "backlog": [
                {"kind": "markdown", "path": self._file("md", self._plan())},
                {"kind": "todo_list", "path": self._file("json", self._todos())},
                {"kind": "csv", "path": self._file("csv", self._table()), "status_column": "status", "done": ["done"]},
                {"kind": "batch_progress", "path": self._file("json", _json({"total_todos": self.text()}))},
                {"kind": "markdown", "path": f"{self.text(40)}/missing.md", "name": self.text(70)},
            ],
        }  # fmt: skip
        self._put("status.json", _json({self.name("agents"): self._record() for _ in range(AGENTS)}))
        self._put("targets.json", _json([self._target(number) for number in range(TARGETS)], clean=True))
        self._put("tasks.json", _json({"tasks": [self._task(number) for number in range(TASKS)], "completed": []}))
        self._pages["/sd"] = self._answer(
            _json([{"targets": [self.text(200)], "labels": {}}], clean=True), "application/json"
        )
        self._pages["/coordinator/api/agents/status"] = self._answer(
            _json({"agents": self._registered()}), "application/json"
        )
        for number in range(TARGETS):
            self._pages[f"/h/{number}"] = self._health(number)
            self._pages[f"/m/{number}"] = self._metrics(number)
        config = {"name": self.text(70), "every": "60s", "timeout": "4s", "host": False, "probes": {}} | entries
        self._put("fleetdeck.yaml", _yaml(_writable(config)))

    def _put(self, name: str, content: bytes) -> None:
        (self._folder / name).write_bytes(content)

    def _file(self, suffix: str, content: bytes) -> str:
        """A file with a hostile name."""
        name = _NO_FILE_NAME.sub("_", _writable_text(self.text(40)))
        while len(name.encode()) > 200:
            name = name[:-1]
        self._put(f"{name}.{suffix}", content)
        return f"{name}.{suffix}"

    def _labels(self, limit: int = 3_000) -> dict[str, str]:
        return {self.text(limit): self.text(limit) for _ in range(2)}

    def _static(self, number: int) -> dict[str, object]:
        return {"name": f"s{number} {self.text(90)}", "labels": self._labels(200)}

    def _record(self) -> dict[str, object]:
        return {
            "status": self.text(), "type": self.text(), "task": self.text(), "name": self.text(),
            "last_seen": self.text(),
            "capabilities": [self.text(), self.text()],
        }  # fmt: skip

    def _registered(self) -> dict[str, object]:
        details = [{"agent": self.text(), "project": self.text(), "last_heartbeat": self.text()} for _ in range(3)]
        return {"registered_agents": [self.text() for _ in range(4)], "controller_details": details, "total_agents": 99}

    def _target(self, number: int) -> dict[str, object]:
        address = f"127.0.0.1:{self._server.server_port}" if number else self.text(200)
        labels = {"agent_name": self.name("targets"), "agent_type": self.text(), "__metrics_path__": f"/m/{number}"}
        return {"targets": [address], "labels": {**labels, "__health_path__": f"/h/{number}", **self._labels()}}

    def _task(self, number: int) -> dict[str, object]:
        """A task; one of more than a megabyte would be counted and not read."""
        texts = {name: self.text(100_000) for name in ("type", "assigned_agent", "error")}
        status = self._random.choice(("queued", self.text(1_000)))
        created = 1_795_000_000
        return {
            "id": f"{number}{self.text(1_000)}",
            "title": self.name("tasks")[:100_000],
            "status": status,
            **texts,
        } | {"created": created}

    def _plan(self) -> bytes:
        lines = [
            f"# {self.text(3_000)}\n- [{' x'[number % 2]}] {self.text(3_000)}\n{self.text(3_000)}"
            for number in range(ITEMS)
        ]
        return _bytes("\n".join(lines))

    def _todos(self) -> bytes:
        return _json(
            {"todos": [{"id": self.text(), "title": self.text(), "status": self.text()} for _ in range(ITEMS)]}
        )

    def _table(self) -> bytes:
        rows = [f'"{number}","{self.text(3_000)}","{self.text(3_000)}"' for number in range(ITEMS)]
        return _bytes("id,title,status\n" + "\n".join(rows))

    # ── HTTP ──

    def _health(self, number: int) -> tuple[bytes, bytes]:
        body = {
            "status": self._random.choice(("ok", "degraded", self.text())), "message": self.text(),
            "version": self.text(),
            "issues": [self.text(), self.text()], "checks": {self.text(): {"status": "fail", "output": self.text()}},
            self.text(): self.text(), "url": f"http://user:canary-4242@{number}.invalid/",
        }  # fmt: skip
        kind = self._random.choice(("application/json", "text/plain", _header(self.text())))
        status = self._random.choice(("200 OK", "503 Busy", f"500 {_header(self.text())}", "302 Found"))
        if number % 5 == 1:
            return self._answer(_bytes(self.text()), kind, status)
        return self._answer(_json(body), kind, status)

    def _metrics(self, number: int) -> tuple[bytes, bytes]:
        if number % 6 == 5:
            return self._answer(_bytes(self.text()), _header(self.text()))
        lines = []
        for place in range(5):
            name = f"m{number}_{place}"
            lines += [f"# HELP {name} {_escaped(self.text())}", f"# TYPE {name} gauge"]
            lines += [f'{name}{{agent_name="{_escaped(self.text())}",x="{_escaped(self.text())}"}} {place}']
            lines += [f'{{"{_escaped(self.text(400))}"}} {place}']
        return self._answer(("\n".join(lines) + "\n").encode("utf-8", "replace"), "text/plain; version=1.0.0")

    def _answer(self, body: bytes, kind: str, status: str = "200 OK") -> tuple[bytes, bytes]:
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
        if status.startswith("302"):
            head += f"Location: {_header(self.text())}\r\n"
        return (head + "\r\n").encode("utf-8", "replace"), body

    def _url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._server.server_port}{path}"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        pages = self._pages

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # the name is http.server's
                head, body = pages.get(self.path, (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", b""))
                self.wfile.write(head + body)
                self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:
                """Nothing."""

        return Handler


def _bytes(text: str) -> bytes:
    """UTF-8, broken where the text has lone surrogates."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _json(value: object, *, clean: bool = False) -> bytes:
    """JSON with the hostile characters raw; `clean`: valid UTF-8, for readers that refuse the whole document else."""
    text = json.dumps(value, ensure_ascii=False)
    return text.encode("utf-8", "replace") if clean else _bytes(text)


def _yaml(value: object) -> bytes:
    """JSON is YAML, but for how it writes what is beyond ASCII."""
    text = json.dumps(value, ensure_ascii=False)
    return re.sub("[^\x20-\x7e]", lambda match: f"\\U{ord(match.group()):08x}", text).encode()


def _escaped(text: str) -> str:
    """A label value or help as the exposition format writes it."""
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"').replace("\r", " ")


def _header(text: str) -> str:
    return text[:300].translate({10: " ", 13: " "})


def _writable_text(text: str) -> str:
    """`text` without what YAML has no way to write: surrogates and noncharacters."""
    return "".join(
        char for char in text if not (0xD800 <= ord(char) < 0xE000) and ord(char) & 0xFFFE != 0xFFFE and char != "\x00"
    )


def _writable(value: object) -> object:
    if isinstance(value, str):
        return _writable_text(value) or "x"
    if isinstance(value, dict):
        return {_writable(name): _writable(one) for name, one in value.items()}
    return [_writable(one) for one in value] if isinstance(value, list) else value
