"""Attacks that other monitors fell to, one test a class: each is named after the CVE of Glances (2026) that showed it.

The classes that concern credentials in use stand in `test_secrets.py`.
"""

import ast
import asyncio
import http.client
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents_registry.problems import Problems
from agents_registry.targets import discovery, groups_from_json
from cli.self_metrics import is_own_host, offer
from config.values import Listen
from fleet.errors import Fault, OutsideError
from fleet.model import AgentStatus, ProbeKind, SelfReading, Source
from fleet.ports import Limits
from fleet.store import Store
from tests.cli.conftest import Run
from tests.hostile_server import HostileServer, reply
from tests.real_prometheus import free_port
from transport.forbidden import address_of, is_forbidden, is_service
from transport.http.client import HttpClient

ROOT = Path(__file__).parents[2]
PACKAGES = ("fleet", "config", "transport", "agents_registry", "collectors", "tui", "cli")
CANARY = "canary-4242"


def calls(packages: tuple[str, ...]) -> Iterator[tuple[str, str, ast.Call]]:
    """(file, dotted name, call) of every call in `packages`."""
    for path in (path for package in packages for path in sorted((ROOT / package).rglob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield str(path.relative_to(ROOT)), ast.unparse(node.func), node


# ── CVE-2026-32608: commands made of names of processes ─────────────────────────────────────────────────────────────


def test_cve_2026_32608_no_shell_is_ever_asked() -> None:
    shells = {
        "os.system",
        "os.popen",
        "subprocess.getoutput",
        "subprocess.getstatusoutput",
        "asyncio.create_subprocess_shell",
    }
    found = [
        (file, name)
        for file, name, call in calls(PACKAGES)
        if name in shells or any(word.arg == "shell" for word in call.keywords)
    ]
    assert not found


def test_cve_2026_32608_a_process_is_shown_by_its_name_and_nothing_of_it_is_run(tmp_path: Path, fleetdeck: Run) -> None:
    script = tmp_path / "planner.py"
    script.write_text("import sys; print(flush=True); sys.stdin.read()")
    mine = f"fuzz-known-attack-{os.getpid()}"
    hostile = [f"$(touch {CANARY})", f"`touch {CANARY}`", f"--password={CANARY}", mine]
    with subprocess.Popen([sys.executable, script, *hostile], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        (tmp_path / "fleetdeck.yaml").write_text(f"host: false\ndiscovery: [{{kind: processes, match: {mine}}}]\n")
        done = fleetdeck("get", "agents", "-o", "json")
        process.communicate(b"")
    assert [row["name"] for row in json.loads(done.stdout)] == ["planner"]
    assert not list(tmp_path.glob(CANARY))


# ── CVE-2026-32609: arguments of programs, and of ourselves, told to whoever asks ───────────────────────────────────


def test_cve_2026_32609_arguments_are_matched_and_never_shown(tmp_path: Path, fleetdeck: Run) -> None:
    script = tmp_path / "worker.py"
    script.write_text("import sys; print(flush=True); sys.stdin.read()")
    with subprocess.Popen(
        [sys.executable, script, "--token", CANARY, "fuzz-arguments"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        (tmp_path / "fleetdeck.yaml").write_text("host: false\ndiscovery: [{kind: processes, match: fuzz-arguments}]\n")
        said = "".join(
            done.stdout + done.stderr
            for view in ("agents", "sources", "events")
            for done in [fleetdeck("get", view, "-o", "json")]
        )
        process.communicate(b"")
    assert "worker" in said
    assert CANARY not in said


# ── CVE-2026-32632, 46611: DNS rebinding; CVE-2026-32610, 46608: permissive CORS; 32633: credentials of others ──────


@pytest.fixture
def own_page() -> Iterator[int]:
    port = free_port()
    store = Store()
    store.self_.put("self", SelfReading(probes=1))
    store.status.put("a", AgentStatus(name=f"http://user:{CANARY}@host/"))
    store.sources.put("s", Source(id="s", kind=ProbeKind.QUEUE, target=CANARY, error=CANARY))
    with offer(Listen("127.0.0.1", port), store):
        yield port


def asked(port: int, host: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.putrequest(method, "/metrics", skip_host=True)
    for name, value in {"Host": host, **headers}.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    connection.close()
    return found


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:9105",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "",
        "[::1].evil",
        "0x7f.1",
    ],
)
def test_cve_2026_32632_a_name_that_was_rebound_to_loopback_gets_nothing(own_page: int, host: str) -> None:
    status, _, body = asked(own_page, host)
    assert status == 403
    assert b"fleetdeck_probes" not in body


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:9105", "localhost:9105", "LOCALHOST", "[::1]:9105", "10.1.2.3:1"]
)
def test_cve_2026_32632_addresses_and_localhost_get_the_page(own_page: int, host: str) -> None:
    status, _, body = asked(own_page, host)
    assert (status, b"fleetdeck_probes 1.0" in body) == (200, True)
    assert is_own_host(host)


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_cve_2026_32610_no_origin_may_read_the_page(own_page: int, method: str) -> None:
    _, headers, _ = asked(own_page, "127.0.0.1", method, Origin="http://evil.example")
    assert not [name for name in headers if name.startswith("access-control-")]


def test_cve_2026_32633_the_page_has_numbers_and_no_text_of_the_fleet(own_page: int) -> None:
    _, _, body = asked(own_page, "127.0.0.1")
    assert CANARY.encode() not in body


# ── CVE-2026-46607: values that run when they are read ──────────────────────────────────────────────────────────────


def test_cve_2026_46607_nothing_is_read_that_could_run() -> None:
    modules = {"pickle", "marshal", "shelve", "dill", "jsonpickle", "xmlrpc", "code", "imp"}
    wrong = []
    for path in (path for package in (*PACKAGES, "demo_fleet") for path in sorted((ROOT / package).rglob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            wrong += [(str(path), name) for name in names if name.split(".")[0] in modules]
    called = {
        "eval",
        "exec",
        "compile",
        "__import__",
        "yaml.load",
        "yaml.unsafe_load",
        "yaml.full_load",
        "yaml.load_all",
    }
    wrong += [(file, name) for file, name, _ in calls((*PACKAGES, "demo_fleet")) if name in called]
    assert not wrong


# ── CVE-2026-35587: requests that a document sends us on ────────────────────────────────────────────────────────────

FORBIDDEN = [
    "169.254.169.254", "169.254.0.1", "2852039166", "0xa9fea9fe", "0xA9.0xFE.0xA9.0xFE", "0251.0376.0251.0376",
    "169.254.43518", "[fe80::1]", "[fe80::1%25eth0]", "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]",
    "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::1]",
    "[fd00:ec2::254]", "metadata.google.internal", "METADATA.google.internal.", "100.100.100.200", "168.63.129.16",
]  # fmt: skip
ALLOWED = [
    "127.0.0.1",
    "10.0.0.1",
    "192.168.1.9",
    "8.8.8.8",
    "[::1]",
    "[2001:db8::1]",
    "agent-1",
    "agents.example",
    "169.254.example",
]


@pytest.mark.parametrize("host", FORBIDDEN)
def test_cve_2026_35587_a_target_list_cannot_send_us_to_a_metadata_service(host: str) -> None:
    assert is_forbidden(host)
    no_meta: dict[str, str] = {}
    document = json.dumps([{"targets": [f"{host}:80", "ok:1"]}]).encode()
    groups = [(group, no_meta) for group in groups_from_json(document)]
    found = discovery(groups, Problems(), Limits())
    assert [one.name for one in found.sightings] == ["ok:1"]
    assert len(found.problems) == 1


@pytest.mark.parametrize("host", ALLOWED)
def test_other_addresses_may_stand_in_a_target_list(host: str) -> None:
    assert not is_forbidden(host)


def test_a_spelling_that_is_no_address_is_a_name() -> None:
    assert [address_of(text) for text in ("0x", "1.2.3.4.5", "256.1.1.1", "0x1ffffffff", "99999999999")] == [None] * 5
    assert is_service("169.254.169.254")
    assert not is_service("169.254.7.7")


@pytest.mark.anyio
@pytest.mark.parametrize("host", FORBIDDEN[:8])
async def test_cve_2026_35587_a_redirect_cannot_either(host: str) -> None:
    client = HttpClient(Limits(), environ={})
    try:
        async with HostileServer() as server:
            server.add("/from", reply("302 Found", b"", f"Location: http://{host}/latest/meta-data/"))
            with pytest.raises(OutsideError) as caught:
                await client.get(server.url("/from"))
    finally:
        await client.aclose()
    assert caught.value.fault is Fault.PROTOCOL


@pytest.mark.anyio
@pytest.mark.parametrize("close", [False, True])
async def test_cve_2026_35587_a_name_that_leads_to_a_metadata_service_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, close: bool
) -> None:
    looked_up: list[object] = []

    def to_metadata(host: object, *_: object, **__: object) -> list[object]:
        looked_up.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", 80))]

    monkeypatch.setattr(socket, "getaddrinfo", to_metadata)
    client = HttpClient(Limits(), environ={})
    try:
        async with asyncio.timeout(20):
            with pytest.raises(OutsideError, match="metadata service") as caught:
                await client.get("http://innocent.example/", close=close, timeout_s=10)
    finally:
        await client.aclose()
    assert caught.value.fault is Fault.PROTOCOL
    assert looked_up
