"""`fleetdeck doctor`: what it says of a terminal, of none, of what is broken, and what it never says."""

import json
import os
import re
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from cli.doctor.examination import GLYPHS, topics
from cli.doctor.finding import Finding, State
from cli.doctor.mending import fault_of, mend
from cli.doctor.place import Place
from cli.doctor.topics import keys, permissions, terminal, time
from fleet.ascii import in_ascii
from fleet.errors import Fault, OutsideError
from fleet.model import ProbeKind, Source
from tests.cli.conftest import Run
from tests.cli.test_demo import Terminal

CANARY = "canary-secret-5d1e"
PLAIN = {"TERM": "xterm-256color", "COLORTERM": "", "LC_ALL": "C.UTF-8", "NO_COLOR": "", "TMUX": "", "STY": ""}


def told(fleetdeck: Run, *arguments: str, code: int = 0, **environ: str) -> list[Finding]:
    """The findings of one run."""
    done = fleetdeck("doctor", "-o", "json", "--wait", "50", *arguments, **(PLAIN | environ))
    assert done.returncode == code, done.stderr + done.stdout
    found = [Finding(**one) for one in json.loads(done.stdout)]
    assert code == int(any(one.state == State.BAD for one in found))
    return found


def one_with(found: list[Finding], words: str) -> Finding:
    hits = [one for one in found if words in one.what]
    assert len(hits) == 1, (words, found)
    return hits[0]


# ── everything ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_a_configuration_and_a_terminal_all_topics_have_a_word(fleetdeck: Run) -> None:
    done = fleetdeck("doctor", **PLAIN)
    assert (done.returncode, "\x1b" in done.stdout) == (0, False)
    named = [line[8:].split()[0] for line in done.stdout.splitlines() if not line[8:].startswith(" ")]
    assert named == [topic.name for topic in topics()]
    assert "fleetdeck init" in done.stdout
    assert "all of it works" in done.stderr


def test_nothing_of_the_home_need_be_writable(fleetdeck: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    home = str(tmp_path / "file")
    found = told(fleetdeck, code=1, HOME=home, XDG_STATE_HOME=home, XDG_CONFIG_HOME=home)
    bad = [one for one in found if one.state == State.BAD]
    assert [one.topic for one in bad] == ["permissions"]
    assert "XDG_STATE_HOME" in bad[0].mend


def test_in_a_terminal_it_says_what_the_dashboard_will_do(tmp_path: Path) -> None:
    shown = Terminal(tmp_path, "doctor", "terminal", "colours", COLORTERM="truecolor", TMUX="", STY="")
    assert shown.ended() == 0
    assert "the live view opens" in shown.rest
    assert "120×40" in shown.rest
    assert "all colours (COLORTERM=truecolor)" in shown.rest
    assert all(len(line) <= 120 for line in shown.rest.splitlines())


def test_a_terminal_that_cannot_draw_is_bad_and_the_mend_is_said(tmp_path: Path) -> None:
    shown = Terminal(tmp_path, "doctor", "terminal", TERM="dumb")
    assert shown.ended() == 1
    assert re.search("✗ bad .*TERM=dumb cannot move its cursor", shown.rest)
    assert "TERM=xterm-256color" in shown.rest


def test_without_utf_8_every_word_and_glyph_is_ascii(fleetdeck: Run) -> None:
    done = fleetdeck("doctor", **(PLAIN | {"LC_ALL": "C"}))
    assert done.stdout.isascii()
    assert "only ASCII is drawn: LC_ALL=C" in done.stdout
    assert len({in_ascii(glyph) for glyph in GLYPHS.values()}) == len(State)


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"NO_COLOR": "1"}, "no colours (NO_COLOR is set)"),
        ({"FORCE_COLOR": "3"}, "all colours (FORCE_COLOR=3)"),
        ({"TERM": "xterm"}, "the terminal's own 16 colours (TERM=xterm)"),
        ({"TERM": "vt9999\x1b]0;x\x07"}, "colours (TERM=vt9999\\x1b"),
    ],
)
def test_colours_and_where_they_come_from(fleetdeck: Run, environ: dict[str, str], words: str) -> None:
    found = told(fleetdeck, "colours", code=0, **environ)
    assert one_with(found, words)


def test_ssh_is_a_slow_link_and_its_colours_can_be_had_back(fleetdeck: Run) -> None:
    found = told(fleetdeck, "link", "colours", SSH_CONNECTION="a 1 b 2")
    assert "10 frames" in one_with(found, "a slow link").what
    assert "SendEnv COLORTERM" in one_with(found, "256 colours").mend
    assert told(fleetdeck, "link", code=1, FLEETDECK_SLOW_LINK="maybe")[0].what.startswith("FLEETDECK_SLOW_LINK")


def test_a_topic_that_there_is_not_is_a_usage_error(fleetdeck: Run) -> None:
    done = fleetdeck("doctor", "sorces")
    assert (done.returncode, "did you mean sources?" in done.stderr) == (2, True)
    assert fleetdeck("doctor", "link", "--try").returncode == 2


# ── clipboard ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_ways_to_the_clipboard_in_their_order(fleetdeck: Run, tmp_path: Path) -> None:
    program(tmp_path, "xclip", "cat > copied")
    # Nothing but it: what else is on this machine is none of the test's business.
    at_home = told(
        fleetdeck, "clipboard", PATH=str(tmp_path), DISPLAY=":0", SSH_CONNECTION="", SSH_TTY="", WAYLAND_DISPLAY=""
    )
    assert [one.what.partition(",")[0] for one in at_home] == ["way 1: xclip", "way 2: OSC 52 to the terminal"]
    nowhere = told(fleetdeck, "clipboard", TERM="linux", DISPLAY="", WAYLAND_DISPLAY="")
    assert nowhere[0].state == State.NOTE


def test_a_try_says_which_program_took_the_word_and_which_did_not(fleetdeck: Run, tmp_path: Path) -> None:
    program(tmp_path, "xclip", f"cat > {tmp_path}/copied")
    program(tmp_path, "xsel", "echo 'no display' >&2; exit 3")
    path = f"{tmp_path}:{os.environ['PATH']}"
    quiet = {"PATH": path, "DISPLAY": ":0", "SSH_CONNECTION": "", "SSH_TTY": "", "WAYLAND_DISPLAY": ""}
    found = told(fleetdeck, "clipboard", "--try", code=1, **quiet)
    assert [one.state for one in found] == [State.OK, State.BAD, State.NOTE]
    assert "no display" in found[1].what
    assert (tmp_path / "copied").read_text() == "fleetdeck-clipboard-test"


def test_a_try_in_a_terminal_sends_osc_52(tmp_path: Path) -> None:
    shown = Terminal(
        tmp_path, "doctor", "clipboard", "--try", TMUX="", STY="", DISPLAY="", WAYLAND_DISPLAY="", SSH_TTY="x"
    )
    assert shown.ended() == 0
    assert "\x1b]52;c;ZmxlZXRkZWNrLWNsaXBib2FyZC10ZXN0\x07" in shown.rest


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


# ── configuration and sources ──────────────────────────────────────────────────────────────────────────────────────


def test_every_mistake_of_a_configuration_is_named_with_its_line(fleetdeck: Run, tmp_path: Path) -> None:
    (tmp_path / "fleetdeck.yaml").write_text(f"evry: 5s\npassword: {CANARY}\ndiscovery: 3\n")
    found = told(fleetdeck, "configuration", "sources", code=1)
    bad = [one.what for one in found if one.state == State.BAD]
    assert [line.split(": ")[0] for line in bad] == [f"fleetdeck.yaml:{number}" for number in (1, 2, 3)]
    assert CANARY not in str(found)


def test_a_configuration_that_is_not_there_is_bad(fleetdeck: Run) -> None:
    assert "no such file" in told(fleetdeck, "-c", "none.yaml", "configuration", code=1)[0].what


def test_a_secret_is_looked_at_and_never_shown(fleetdeck: Run, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text(CANARY)
    config = tmp_path / "fleetdeck.yaml"
    auth = "auth: {{scheme: Bearer, secret: {{{}}}}}"
    sources = [auth.format("file: token"), auth.format("env: FLEET_TOKEN")]
    entries = "".join(f"- {{kind: http_sd, url: 'http://127.0.0.1:1/sd', {one}}}\n" for one in sources)
    config.write_text(f"host: false\ntimeout: 30s\ndiscovery:\n{entries}")
    config.chmod(0o666)
    secret.chmod(0o644)
    broken = told(fleetdeck, code=1)
    assert f"chmod 600 {secret}" in [one.mend for one in broken]
    assert "export FLEET_TOKEN=…, where fleetdeck is started" in [one.mend for one in broken]
    assert one_with(broken, "can be changed by others").mend == f"chmod go-w {config}"
    secret.chmod(0o600)
    config.chmod(0o600)
    whole = fleetdeck("doctor", "--wait", "50", FLEET_TOKEN=CANARY)
    assert whole.stdout.count("refused: nothing listens there") == 2
    log = [path.read_text(errors="replace") for path in (tmp_path / "state").rglob("*") if path.is_file()]
    assert CANARY not in "".join([str(broken), whole.stdout, whole.stderr, *log])


def test_each_source_works_or_fails_with_its_mend(fleetdeck: Run, tmp_path: Path) -> None:
    # Taken by a socket that does not listen, nobody else can have it.
    with socket.socket() as taken, HTTPServer(("127.0.0.1", 0), Closed) as server:
        taken.bind(("127.0.0.1", 0))
        dead = taken.getsockname()[1]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        (tmp_path / "fleetdeck.yaml").write_text(
            "host: false\ntimeout: 30s\ndiscovery:\n"
            f"- {{kind: http_sd, url: 'http://127.0.0.1:{server.server_port}/sd'}}\n"
            "- {kind: agent_status, path: none.json}\n"
            f"- {{kind: static, agents: [{{name: up}}, {{name: dead, health: 'http://127.0.0.1:{dead}/health'}}]}}\n"
        )
        try:
            found = told(fleetdeck, "sources", "permissions", code=1)
        finally:
            server.shutdown()
            thread.join()
    assert one_with(found, "discovery:static").state == State.OK
    assert "`auth: {scheme: Bearer" in one_with(found, "status 401").mend
    assert str(tmp_path) in one_with(found, "missing: no file").mend
    assert one_with(found, "health:dead").mend == f"is it running? nothing listens on 127.0.0.1:{dead}"
    assert "enough for" in one_with(found, "files may be open").what


class Closed(BaseHTTPRequestHandler):
    """Answers 401 to everything."""

    def do_GET(self) -> None:  # the name is http.server's
        self.send_response(401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.mark.parametrize("fault", Fault)
def test_there_is_a_mend_for_every_kind_of_fault(fault: Fault) -> None:
    error = str(OutsideError(fault, "503 of {all} things"))
    source = Source(id="x", kind=ProbeKind.HEALTH, target="http://[::1]:80/{x};$(y)", error=error)
    assert fault_of(error) is fault
    sentence = mend(Place(environ={}), source)
    assert sentence
    assert not re.search(r"\{(target|host|where|root|user)", sentence)
    assert re.search(r"`[^`']*\$\(y\)", sentence) is None


# ── single topics ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_keys_that_are_wrong_and_keys_that_a_multiplexer_keeps(tmp_path: Path) -> None:
    folder = tmp_path / "fleetdeck"
    folder.mkdir()
    environ = {"XDG_CONFIG_HOME": str(tmp_path), "TMUX": "/tmp/tmux,1,0"}
    assert [one.state for one in keys.look(Place(environ=environ))] == [State.OK, State.NOTE]
    (folder / "keys.yaml").write_text("preset: tmux-safe\n")
    assert [one.state for one in keys.look(Place(environ=environ))] == [State.OK]
    (folder / "keys.yaml").write_text("keys:\n  app.pause: x\n  table.mark: x\n  nope: y\n")
    found = list(keys.look(Place(environ=environ)))
    assert {one.state for one in found} == {State.BAD}
    assert any("x is already" in one.what for one in found)


def test_a_zone_that_nobody_knows_is_noted() -> None:
    found = list(time.look(Place(environ={"TZ": "Europe/Berlim"})))
    assert any(one.state is State.NOTE and "Europe/Berlim" in one.what for one in found)


def test_processes_of_others_that_cannot_be_seen(tmp_path: Path) -> None:
    (tmp_path / "self").mkdir()
    found = list(permissions.look(Place(environ={}, proc=tmp_path)))
    assert any("cannot be seen" in one.what and "hidepid" in one.mend for one in found)


def test_a_state_folder_that_others_can_read(fleetdeck: Run, tmp_path: Path) -> None:
    folder = tmp_path / "state" / "fleetdeck"
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    assert one_with(told(fleetdeck, "permissions"), "mode 0755").mend == f"chmod 700 {folder}"


def test_a_broken_memory_is_left_where_it_is(fleetdeck: Run, tmp_path: Path) -> None:
    from cli.dashboard.memory_file import memory_path

    (tmp_path / "fleetdeck.yaml").write_text("name: x\nhost: false\n")
    kept = memory_path(tmp_path / "state" / "fleetdeck", "x", tmp_path / "fleetdeck.yaml")
    kept.parent.mkdir(parents=True)
    kept.write_text("{")
    assert one_with(told(fleetdeck, "permissions", "colours"), "cannot be used").state == State.NOTE
    assert kept.read_text() == "{"


def test_an_unknown_terminal_is_no_trouble_of_ours() -> None:
    found = [one for one in terminal.look(Place(environ={"TERM": "nobody-knows-it"})) if "terminfo" in one.what]
    assert [one.state for one in found] == [State.NOTE]
