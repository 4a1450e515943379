"""Names of keys, what the classes declare, and which choices are refused: no terminal, no files."""

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

from tui.app import FleetdeckApp
from tui.keys import names as key_names
from tui.keys.declared import _classes, declared
from tui.keys.keymap import Declared, KeyMap, Layer, in_force, may_write, mistakes
from tui.keys.names import canonical, is_everywhere, shown, written
from tui.keys.presets import PREFIXES, PRESETS

EVERY = declared()
IDS = [one.id for one in EVERY]


def texts(chosen: dict[str, tuple[str, ...]], base: str = "default") -> dict[str, str]:
    """What is said of each id of a choice."""
    return {wrong.id: wrong.text for wrong in mistakes(EVERY, chosen, PRESETS[base])}


def declare(name: str, *keys: str, layer: Layer = Layer.APP, **more: Any) -> Declared:
    return Declared(id=name, keys=keys, description=name, layer=layer, homes=frozenset({layer.value}), **more)


# ── Names ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("?", "question_mark"),
        (":", "colon"),
        ("/", "slash"),
        ("+", "plus"),
        (",", "comma"),
        ("esc", "escape"),
        ("pgdn", "pagedown"),
        ("meta+v", "alt+v"),
        ("Ctrl+C", "ctrl+c"),
        ("alt+X", "alt+shift+x"),
        ("shift+x", "X"),
        ("shift+left", "shift+left"),
        ("ctrl+space", "ctrl+@"),
        ("ctrl++", "ctrl+plus"),
        ("shift+ctrl+left", "ctrl+shift+left"),
        ("question_mark", "question_mark"),
        (" ", "space"),
        ("ö", "ö"),
    ],
)
def test_a_key_is_read_as_operators_write_it(text: str, key: str) -> None:
    assert canonical(text) == key
    assert canonical(written(key)) == key


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no key"),
        ("C-x", "did you mean ctrl+x?"),
        ("ctrl-x", "did you mean ctrl+x?"),
        ("M-x", "did you mean alt+x?"),
        ("pagdown", "did you mean pagedown?"),
        ("ctrll+x", "no modifier"),
        ("ctrl+i", "write tab"),
        ("ctrl+m", "write enter"),
        ("ctrl+[", "write escape"),
        ("shift+?", "write the character"),
        ("\x1b", "no key"),
        ("gg", "no key"),
        ("f25", "no key"),
    ],
)
def test_what_is_no_key_is_told_with_what_was_meant(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=r"key|write|modifier") as caught:
        canonical(text)
    assert said in str(caught.value)


@given(st.text(max_size=12))
def test_any_text_is_a_key_or_a_sentence(text: str) -> None:
    try:
        key = canonical(text)
    except ValueError as error:
        assert str(error)
    else:
        assert canonical(written(key)) == key
        assert shown(key).isprintable()


def sent_by_terminals() -> set[str]:
    """Every key that Textual makes of what terminals without a newer protocol send."""
    sequences = [chr(code) for code in range(128)] + list(ANSI_SEQUENCES_KEYS)
    sequences += [f"\x1b{chr(code)}" for code in range(1, 128)]
    found: set[str] = set()
    for sequence in sequences:
        parser = XTermParser(debug=False)
        for event in (*parser.feed(sequence), *parser.feed("")):
            if isinstance(event, events.Key):
                found.add(event.key)
    return found


def test_what_every_terminal_sends_is_what_textual_hears() -> None:
    heard = sent_by_terminals()
    claimed = {"+".join([*mods, base]) for mods, bases in key_names._EVERYWHERE.items() for base in bases}
    assert claimed <= heard
    assert {canonical(char) for char in string.printable if char.isprintable()} <= heard
    assert not any(map(is_everywhere, ("ctrl+shift+p", "alt+less_than_sign", "super+c", "alt+b", "ctrl+1")))


# ── What is declared ───────────────────────────────────────────────────────────────────────────────────────────────


def test_every_binding_of_every_class_has_an_id_and_says_what_it_does() -> None:
    """Those that are inherited from Textual, too: a class of ours takes over none that it has not named."""
    nameless = {
        f"{node.__qualname__}: {key}"
        for node in _classes()
        # A base of applications or screens is never run by itself.
        if node is FleetdeckApp or not (issubclass(node, App) or (issubclass(node, Screen) and node.__subclasses__()))
        for key, binding in node._merged_bindings or ()
        if not (binding.id and binding.description)
    }
    assert not nameless


def test_ids_are_unique_and_no_node_has_two_on_one_key() -> None:
    owners: dict[str, set[str]] = {}
    for node in _classes():
        for binding in Binding.make_bindings(node.__dict__.get("BINDINGS", ())):
            owners.setdefault(binding.id or "", set()).add(f"{binding.action} {binding.description}")
    assert {name: found for name, found in owners.items() if len(found) > 1 and not name.startswith("table.")} == {}
    clashes = {
        (one.id, other.id, key)
        for one in EVERY
        for other in EVERY
        if one.id < other.id and one.homes & other.homes
        for key in set(one.keys) & set(other.keys)
    }
    assert not clashes


def test_there_are_nodes_of_every_layer() -> None:
    assert {one.layer for one in EVERY} == set(Layer)
    assert issubclass(_classes()[0], DOMNode)


# ── Presets ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_without_mistakes_and_can_be_typed_anywhere(name: str) -> None:
    assert not mistakes(EVERY, PRESETS[name])
    for keys in PRESETS[name].values():
        assert [canonical(written(key)) for key in keys] == list(keys)
        assert any(map(is_everywhere, keys))


@pytest.mark.parametrize("name", PRESETS)
def test_nothing_loses_its_last_key_in_a_preset(name: str) -> None:
    assert [one for one, keys in in_force(EVERY, PRESETS[name]).items() if not keys] == []


def test_tmux_and_screen_take_no_key_of_the_preset_for_them() -> None:
    force = in_force(EVERY, PRESETS["tmux-safe"])
    assert {name: keys for name, keys in force.items() if PREFIXES & set(keys)} == {}


@pytest.mark.parametrize(
    ("preset", "name", "keys"),
    [
        ("vim", "table.down", {"j", "down"}),
        ("vim", "table.half_down", {"ctrl+d"}),
        ("emacs", "table.down", {"down", "ctrl+n"}),
        ("emacs", "table.page_up", {"pageup", "alt+v"}),
        ("emacs", "prompt.close", {"escape", "ctrl+g"}),
        ("emacs", "app.command", {"colon", "alt+x"}),
    ],
)
def test_a_preset_has_the_keys_that_it_is_named_for(preset: str, name: str, keys: set[str]) -> None:
    assert set(in_force(EVERY, PRESETS[preset])[name]) == keys


# ── Mistakes ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("chosen", "name", "said"),
    [
        ({"table.dwon": ("x",)}, "table.dwon", "did you mean table.down"),
        ({"table.mark": ("enter",)}, "table.mark", "enter is already table.open"),
        ({"table.mark": ("p",)}, "table.mark", "p is already app.pause"),
        ({"table.mark": ("colon",)}, "table.mark", ": is already app.command"),
        ({"screen.faults": ("j",)}, "screen.faults", "j is already page.down"),
        ({"app.pause": ("ctrl+q",)}, "app.pause", "ctrl+q is kept for app.quit_always"),
        ({"prompt.complete": ("f1",)}, "prompt.complete", "f1 is kept for app.help_always"),
        ({"app.quit_always": ("x",)}, "app.quit_always", "cannot be remapped"),
        ({"prompt.complete": ("x",)}, "prompt.complete", "x is text while something is typed"),
        ({"input.home": ("space",)}, "input.home", "is text"),
        ({"prompt.close": ()}, "prompt.close", "must have a key"),
        ({"prompt.complete": ("enter",)}, "prompt.complete", "enter is already prompt.done"),
        ({"page.down": ("x",), "help.close": ("x",)}, "page.down", "x is already help.close"),
    ],
)
def test_a_mistake_is_named(chosen: dict[str, tuple[str, ...]], name: str, said: str) -> None:
    found = texts(chosen)
    assert list(found) == [name]
    assert said in found[name]


@pytest.mark.parametrize(
    "chosen",
    [
        {"app.pause": ("P",), "table.mark": ("p",)},
        {"app.quit": ("p",), "app.pause": ("q",)},
        {"app.pause": ()},
        {"prompt.close": ("ctrl+g",)},
        {"help.find": ("s",)},
        {"help.find": ("ctrl+p",)},
        {"app.help": ("f2",)},
        {"table.down": ("down", "j"), "page.down": ("j",)},
        {"app.quit": ("Q",), "app.help": ()},
    ],
)
def test_a_choice_that_works_is_taken(chosen: dict[str, tuple[str, ...]]) -> None:
    assert texts(chosen) == {}


def test_a_choice_is_laid_over_its_preset() -> None:
    assert "already page.down" in texts({"app.pause": ("ctrl+n",)}, "emacs")["app.pause"]
    assert texts({"app.pause": ("ctrl+n",)}) == {}


def test_what_changes_the_fleet_takes_no_easy_key() -> None:
    every = (declare("act.rollback", "f8", writes=True), declare("app.pause", "p"))
    for key in ("r", "R", "ctrl+r", "enter", "space", "ctrl+shift+x"):
        assert [wrong.id for wrong in mistakes(every, {"act.rollback": (key,)})] == ["act.rollback"]
    assert not mistakes(every, {"act.rollback": ("alt+r",)})
    assert all(may_write(key) for one in EVERY if one.writes for key in one.keys)


KEYS = st.sampled_from(
    sorted({key for one in EVERY for key in one.keys} | {"x", "f5", "alt+x", "ctrl+q", "f1", "ctrl+c"})
)


@given(st.dictionaries(st.sampled_from(IDS), st.lists(KEYS, max_size=3).map(tuple), max_size=8))
def test_no_choice_that_is_taken_takes_the_ways_out(chosen: dict[str, tuple[str, ...]]) -> None:
    if mistakes(EVERY, chosen):
        return
    force = in_force(EVERY, chosen)
    assert force["app.quit_always"] == ("ctrl+q",)
    assert force["app.help_always"] == ("f1",)
    assert all(one.fixed for one in EVERY if {"ctrl+q", "f1"} & set(force[one.id]))
    assert all(force[name] for name in IDS if name.endswith(".close"))


def test_textual_hears_both_names_of_a_key_and_none_of_nothing() -> None:
    keys = KeyMap(keys={"table.mark_range": ("ctrl+@",), "app.pause": ()}).for_textual()
    assert keys == {"table.mark_range": "ctrl+@,ctrl+space", "app.pause": "unbound"}
