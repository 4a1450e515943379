"""keys.yaml and `fleetdeck keys`: what is taken, what is refused with its line, and that a start never fails on it."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.keys_commands import as_table, as_yaml
from cli.keys_file import Chosen, find_keys, key_map, read_keys
from fleet.errors import ConfigError
from tests.cli.conftest import Run
from tests.cli.test_demo import Terminal
from tui.keys.declared import declared
from tui.keys.keymap import in_force
from tui.keys.presets import PRESETS


def keys_file(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "keys.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def refused(path: Path) -> list[str]:
    """The mistakes of a file, without its folder."""
    with pytest.raises(ConfigError) as caught:
        read_keys(path)
    return [line.removeprefix(f"{path.parent}/") for line in str(caught.value).splitlines()]


# ── Files ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_file_is_a_preset_and_changes_to_it(tmp_path: Path) -> None:
    path = keys_file(
        tmp_path,
        """\
preset: vim
keys:
  table.down: [n, down]
  table.next_mark: ["'"]
  app.view.agents: "0"
  app.help: "?"
  app.pause: []
  app.collect: f9
""",
    )
    keys = read_keys(path).keys
    assert keys["table.open"] == ("enter", "l")
    assert keys["table.down"] == ("n", "down")
    assert (keys["app.view.agents"], keys["app.help"], keys["app.pause"]) == (("0",), ("question_mark",), ())


@pytest.mark.parametrize("text", ["", "# nothing\n", "keys:\n", "preset: default\n", "keys: {}\n"])
def test_a_file_that_changes_nothing_is_right(tmp_path: Path, text: str) -> None:
    assert read_keys(keys_file(tmp_path, text)).keys == {}


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        (
            "keys:\n  table.dwon: j\n",
            ['keys.yaml:2: keys."table.dwon": there is no such binding; did you mean table.down'],
        ),
        ("preset: vmi\n", ["keys.yaml:1: preset: no such preset; did you mean vim?"]),
        ("presets: vim\n", ["keys.yaml:1: presets: unknown key; did you mean preset?"]),
        ("keys:\n  app.pause: C-p\n", ["keys.yaml:2: keys.\"app.pause\": 'C-p' is no key; did you mean ctrl+p?"]),
        (
            "keys:\n  app.pause: j,down\n",
            ["keys.yaml:2: keys.\"app.pause\": 'j,down': several keys are a list, [j, down]"],
        ),
        ("keys:\n  app.pause: [x, {a: b}]\n", ['keys.yaml:2: keys."app.pause"[1]: must be the name of a key']),
        ("keys:\n  app.pause: {a: b}\n", ['keys.yaml:2: keys."app.pause": must be a key or a list of keys']),
        ("keys: [a]\n", ["keys.yaml:1: keys: must be a mapping"]),
        ("- a\n", ["keys.yaml:1: the top level must be a mapping"]),
        ("keys:\n  app.pause: x\n  app.pause: y\n", ['keys.yaml:3: keys."app.pause": given twice']),
        (
            "keys:\n  app.pause: f8\n\n  table.mark: f8\n",
            ['keys.yaml:4: keys."table.mark": f8 is already app.pause (pause)'],
        ),
        ("keys:\n  app.quit_always: x\n", ['keys.yaml:2: keys."app.quit_always": always ctrl+q']),
        ("keys:\n  app.quit: ctrl+q\n", ['keys.yaml:2: keys."app.quit": ctrl+q is kept for app.quit_always']),
        ("keys:\n  prompt.close: x\n", ['keys.yaml:2: keys."prompt.close": x is text while something is typed']),
        (
            "preset: emacs\nkeys:\n  app.pause: ctrl+n\n",
            ['keys.yaml:3: keys."app.pause": ctrl+n is already page.down (down)'],
        ),
        ("keys:\n  a: 1\n  b: 2\n", ["keys.yaml:2: keys.a: there is no such", "keys.yaml:3: keys.b: there is no such"]),
        ("keys: {app.help: ?}\n", ["keys.yaml:1: "]),
        (b"keys:\n  app.pause: \xff\n", ["keys.yaml:2: not UTF-8"]),
        (b"\x00", ["keys.yaml:1: a control character"]),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str | bytes, mistakes: list[str]) -> None:
    found = refused(keys_file(tmp_path, text))
    assert len(found) == len(mistakes)
    for line, start in zip(found, mistakes, strict=True):
        assert line.startswith(start)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    fifo = tmp_path / "keys.yaml"
    os.mkfifo(fifo)
    assert refused(fifo) == ["keys.yaml: no regular file"]
    assert refused(tmp_path / "none.yaml") == ["none.yaml: there is no such file"]


LINES = st.lists(
    st.tuples(
        st.sampled_from([one.id for one in declared()]) | st.text(max_size=12),
        st.sampled_from(["[]", "x", "ctrl+q", "f1", "[j, k]", "esc", "?", '"?"', "{", "ctrl+x", "1", "~", "''"])
        | st.text(max_size=12),
    ),
    max_size=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINES, st.sampled_from([*PRESETS, "x"]), st.binary(max_size=8))
def test_no_file_keeps_the_dashboard_from_opening_or_takes_the_ways_out(
    tmp_path: Path, lines: list[tuple[str, str]], preset: str, tail: bytes
) -> None:
    text = f"preset: {preset}\nkeys:\n" + "".join(f"  {name}: {key}\n" for name, key in lines)
    path = keys_file(tmp_path, text.encode(errors="replace") + tail)
    found = key_map(str(path), {})
    assert bool(found.problem) <= (not found.keys)
    force = in_force(declared(), found.keys)
    assert (force["app.quit_always"], force["app.help_always"]) == (("ctrl+q",), ("f1",))
    assert all(one.fixed for one in declared() if {"ctrl+q", "f1"} & set(force[one.id]))


def test_which_keys_are_used(tmp_path: Path) -> None:
    own = tmp_path / "config" / "fleetdeck"
    own.mkdir(parents=True)
    env = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    assert find_keys(None, env) is None
    (own / "keys.yaml").write_text("preset: emacs\n")
    assert find_keys(None, env) == own / "keys.yaml"
    assert find_keys(None, env | {"FLEETDECK_KEYS": "vim"}) == "vim"
    assert find_keys("tmux-safe", env | {"FLEETDECK_KEYS": "vim"}) == "tmux-safe"
    assert find_keys(str(own / "keys.yaml"), env) == own / "keys.yaml"
    assert key_map(None, env).keys == PRESETS["emacs"]
    with pytest.raises(ConfigError, match=r"'vmi' is neither a preset nor a file; did you mean vim\?"):
        find_keys("vmi", env)


def test_a_broken_file_is_one_sentence_for_the_operator(tmp_path: Path) -> None:
    found = key_map(str(keys_file(tmp_path, "keys:\n  a: 1\n  b: 2\n")), {})
    assert found.keys == {}
    assert "keys.yaml:2: keys.a: there is no such binding" in found.problem
    assert "(and 1 more); see `fleetdeck keys check`" in found.problem


# ── The command ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", PRESETS)
def test_the_file_that_is_printed_says_what_holds(name: str, tmp_path: Path) -> None:
    text = as_yaml(read_keys(name))
    path = keys_file(tmp_path, text)
    assert read_keys(path).keys == PRESETS[name]
    open_text = "\n".join(
        line.replace("# ", "", 1) if line.startswith("  # ") and ": [" in line else line for line in text.splitlines()
    )
    assert in_force(declared(), read_keys(keys_file(tmp_path, open_text)).keys) == in_force(declared(), PRESETS[name])


def test_the_table_has_every_binding() -> None:
    text = as_table(Chosen(name="mine", keys={"app.pause": ()}))
    for one in declared():
        assert f"  {one.id}\n" in text
    assert any(line.split() == ["–", "pause", "app.pause"] for line in text.splitlines())


def test_keys_prints_and_checks(fleetdeck: Run, tmp_path: Path) -> None:
    done = fleetdeck("keys", "--preset", "emacs")
    assert (done.returncode, done.stderr) == (0, "")
    assert "alt+x" in done.stdout
    folder = tmp_path / "config" / "fleetdeck"
    folder.mkdir(parents=True)
    (folder / "keys.yaml").write_text("keys:\n  app.puase: x\n  app.collect: ctrl+shift+p\n")
    done = fleetdeck("keys", "check")
    assert (done.returncode, done.stdout) == (2, "")
    assert "keys.yaml:2:" in done.stderr
    assert "did you mean app.pause" in done.stderr
    (folder / "keys.yaml").write_text("keys:\n  app.collect: ctrl+shift+p\n")
    done = fleetdeck("keys", "check")
    assert done.returncode == 0
    assert "only some terminals can send ctrl+shift+p" in done.stderr
    assert "ctrl+shift+p" in fleetdeck("keys").stdout
    assert fleetdeck("keys", "check", "vmi").returncode == 2


def test_a_wrong_name_on_the_command_line_is_told_at_once(fleetdeck: Run, tmp_path: Path) -> None:
    (tmp_path / "fleetdeck.yaml").write_text("discovery: [{kind: static, agents: [{name: a}]}]\nhost: false\n")
    tty = Terminal(tmp_path, "--keys", "vmi")
    tty.until("did you mean vim")
    assert tty.ended() == 2


def test_a_broken_file_is_told_in_the_dashboard_which_opens_and_ends(tmp_path: Path) -> None:
    (tmp_path / "fleetdeck.yaml").write_text("discovery: [{kind: static, agents: [{name: a}]}]\nhost: false\n")
    (tmp_path / "bad.yaml").write_text("keys:\n  app.quit: [\n")
    tty = Terminal(tmp_path, "--keys", "bad.yaml", "--view", "agents", XDG_CONFIG_HOME=str(tmp_path))
    tty.until("keys as before")
    tty.press("q")
    assert tty.ended() == 0
