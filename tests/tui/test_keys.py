"""Keys as they are pressed: remapped ones, those of every preset, those that are typed, and the two that stay."""

import asyncio
import string
from collections.abc import Iterator

import pytest
from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.dom import DOMNode
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget

from tests.tui.factories import agent_store, deck, healthy_store
from tests.tui.test_app import here, table_of, text_of, typed, until
from tui.app import FleetdeckApp
from tui.chrome.key_line import KeyLine
from tui.chrome.prompt import Prompt, PromptInput
from tui.chrome.typed import is_typing
from tui.keys.bindings import ALWAYS
from tui.keys.keymap import KeyMap, Keys
from tui.keys.presets import PRESETS
from tui.screens.deck import DeckScreen
from tui.screens.help import FindInput, HelpScreen, live_keys

pytestmark = pytest.mark.anyio

SIZE = (120, 40)


def with_keys(keys: Keys, view: str = "agents", **more: object) -> FleetdeckApp:
    return deck(agent_store(), view, read_keys=lambda: KeyMap(keys=keys, name="test"), **more)


# ── Remapping ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_remapped_key_is_in_footer_help_palette_and_tabs_and_the_old_one_is_dead() -> None:
    app = with_keys({"app.pause": ("f9",), "app.view.queues": ("Q",)})
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("p", "6")
        assert (app.paused, here(pilot)) == (False, "agents")
        lines = text_of(pilot).splitlines()
        assert "f9 pause" in lines[-1]
        assert "Q queues" in lines[0]
        assert "6 queues" not in lines[0]
        keys = {key.id: key.keys for key in live_keys(app.screen)}
        assert (keys["app.pause"], keys["app.view.queues"]) == ("f9", "Q")
        await pilot.press("ctrl+p")
        await typed(pilot, "view queues")
        await until(pilot, lambda: "key Q" in text_of(pilot))
        await pilot.press("escape", "f9", "Q")
        assert (app.paused, here(pilot)) == (True, "queues")


async def test_a_key_bound_to_nothing_is_nowhere() -> None:
    async with with_keys({"app.pause": ()}).run_test(size=SIZE) as pilot:
        await pilot.press("p")
        assert not pilot.app.paused  # type: ignore[attr-defined]
        assert "pause" not in text_of(pilot).splitlines()[-1]
        assert "app.pause" not in {key.id for key in live_keys(pilot.app.screen)}


async def test_two_keys_change_places() -> None:
    app = with_keys({"app.pause": ("q",), "app.quit": ("p",)})
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("q")
        assert app.paused
        await pilot.press("p")
    assert app.return_code == 0


async def test_a_click_on_the_footer_does_what_the_remapped_key_does() -> None:
    app = with_keys({"app.pause": ("f9",)})
    async with app.run_test(size=SIZE) as pilot:
        line = text_of(pilot).splitlines()[-1]
        await pilot.click(KeyLine, offset=(line.index("f9 pause"), 0))
        assert app.paused


async def test_keys_are_read_again_and_a_mistake_leaves_them_as_they_are() -> None:
    found = [KeyMap(keys={"app.pause": ("f9",)}, name="mine"), KeyMap(problem="keys.yaml:3: no such key"), KeyMap()]
    app = deck(healthy_store(), read_keys=lambda: found.pop(0))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await typed(pilot, ":keys")
        await pilot.press("enter")
        await until(pilot, lambda: "keys.yaml:3" in text_of(pilot))
        await pilot.press("f9")
        assert app.paused
        await typed(pilot, ":keys")
        await pilot.press("enter", "p")
        assert not app.paused
        assert "p pause" in text_of(pilot).splitlines()[-1]


async def test_keys_that_cannot_be_used_are_told_at_the_start() -> None:
    app = deck(healthy_store(), read_keys=lambda: KeyMap(problem="keys as before: keys.yaml:2: [/red] is no key"))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await until(pilot, lambda: "keys.yaml:2: [/red]" in text_of(pilot))
        await pilot.press("p")
        assert app.paused


async def test_every_key_of_everything_that_can_have_the_focus_has_an_id() -> None:
    for view in ("overview", "agents", "agent coder-1", "sources"):
        async with deck(agent_store(), view).run_test(size=SIZE) as pilot:
            await pilot.pause()
            assert nameless(pilot.app.screen) == []
            for keys in (("question_mark",), ("slash",), ("colon",), ("ctrl+y",), ("ctrl+p",)):
                await pilot.press(*keys)
                assert nameless(pilot.app.screen) == []
                await pilot.press("escape", "escape")


def nameless(screen: Screen[object]) -> list[str]:
    """The keys without an id of everything on a screen that may hear one."""
    nodes: list[DOMNode] = [screen.app, screen, *(node for node in screen.walk_children(Widget) if node.can_focus)]
    return [f"{type(node).__name__} {key}" for node in nodes for key, binding in node._bindings if not binding.id]


# ── Presets ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_vim_moves_marks_opens_and_goes_back() -> None:
    async with with_keys(PRESETS["vim"]).run_test(size=SIZE) as pilot:
        first = table_of(pilot).cursor_key
        await pilot.press("j", "v", "j", "v", "g", "g", "n")
        assert len(table_of(pilot).marked) == 2
        assert table_of(pilot).cursor_key == table_of(pilot).marked[0] != first
        await pilot.press("l")
        assert here(pilot) == "AgentScreen"
        await pilot.press("h")
        assert here(pilot) == "agents"
        await typed(pilot, ":q")
        await pilot.press("enter")
    assert pilot.app.return_code == 0


async def test_emacs_moves_filters_commands_and_gives_up() -> None:
    async with with_keys(PRESETS["emacs"]).run_test(size=SIZE) as pilot:
        first = table_of(pilot).cursor_key
        await pilot.press("ctrl+n", "ctrl+n", "ctrl+p")
        assert table_of(pilot).cursor_key != first
        await pilot.press("ctrl+s", *"coder", "enter")
        assert "/coder" in text_of(pilot)
        await pilot.press("ctrl+g")
        assert "/coder" not in text_of(pilot)
        await pilot.press("alt+x")
        assert pilot.app.screen.query_one(Prompt).is_open
        await pilot.press(*"ab", "ctrl+b", "c", "ctrl+g")
        assert not pilot.app.screen.query_one(Prompt).is_open


async def test_tmux_safe_pages_by_the_page_keys_alone() -> None:
    async with with_keys(PRESETS["tmux-safe"]).run_test(size=(120, 12)) as pilot:
        first = table_of(pilot).cursor_key
        await pilot.press("ctrl+f", "ctrl+b", "ctrl+a")
        assert (table_of(pilot).cursor_key, table_of(pilot).marked) == (first, ())
        await pilot.press("pagedown")
        assert table_of(pilot).cursor_key != first


# ── The two that stay ──────────────────────────────────────────────────────────────────────────────────────────────

OPENERS = ("view", "filter", "command", "palette", "help", "search in the help", "copy as", "columns")
PROMPTS = ("filter", "command")


async def opened(pilot: Pilot[None], place: str) -> None:
    """Open a prompt or sheet, whatever the keys are."""
    app = pilot.app
    assert isinstance(app, FleetdeckApp)
    screen = app.screen
    assert isinstance(screen, DeckScreen)
    if place == "filter":
        screen.action_filter()
    elif place == "command":
        app.action_command()
    elif place == "palette":
        app.action_command_palette()
    elif place.endswith("help"):
        app.action_help()
    elif place == "copy as":
        screen.action_copy_as()
    elif place == "columns":
        table_of(pilot).action_columns()
    await pilot.pause()
    if place.startswith("search") and isinstance(app.screen, HelpScreen):
        app.screen.action_find()
        await pilot.pause()


@pytest.mark.parametrize("preset", PRESETS)
async def test_quit_and_help_work_from_everywhere(preset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[str] = []
    app = with_keys(PRESETS[preset])
    async with app.run_test(size=SIZE) as pilot:
        with monkeypatch.context() as patch:
            for place in OPENERS:
                patch.setattr(FleetdeckApp, "exit", lambda _, place=place: left.append(place))
                await opened(pilot, place)
                await pilot.press("ctrl+q", "f1")
                assert isinstance(app.screen, HelpScreen)
                while len(app.screen_stack) > 1:
                    await app.pop_screen()
                app.screen.query_one(Prompt).close()
                table_of(pilot).focus()
                await pilot.pause()
        await pilot.press("ctrl+q")
    assert left == list(OPENERS)
    assert app.return_code == 0


async def test_ctrl_c_says_how_to_quit() -> None:
    async with with_keys({"app.quit": ("Q",)}).run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press("ctrl+c")
        await until(pilot, lambda: "Q or ^q quits" in text_of(pilot))


# ── What is typed ──────────────────────────────────────────────────────────────────────────────────────────────────


def all_keys() -> Iterator[events.Key]:
    """An event for everything that a keyboard sends: every character, every control key, every sequence."""
    sequences = [char for char in string.printable if char.isprintable()] + [chr(code) for code in range(32)] + ["\x7f"]
    sequences += [
        f"\x1b{char}" for char in string.ascii_letters + string.digits + string.punctuation if char not in "[O"
    ]
    sequences += [*ANSI_SEQUENCES_KEYS, "ö", "界"]
    for sequence in sequences:
        parser = XTermParser(debug=False)
        for event in (*parser.feed(sequence), *parser.feed("")):
            if isinstance(event, events.Key):
                yield event


Ran = list[tuple[DOMNode | None, str]]


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> Ran:
    """Whose actions were run, and which."""
    found: Ran = []
    run = App.run_action

    async def noted(app: App[object], action: str, default_namespace: DOMNode | None = None) -> bool:
        done = await run(app, action, default_namespace)
        if done:
            found.append((default_namespace, action))
        return done

    monkeypatch.setattr(App, "run_action", noted)
    return found


def leads_out(app: FleetdeckApp, key: str) -> bool:
    """Whether `key` may end what is open: what comes after it is for another place."""
    active = app.screen.active_bindings.get(key)
    if active is None:
        return False
    name = active.binding.id or ""
    last = name.rpartition(".")[2]
    return last in {"close", "cancel", "done", "run", "apply", "choose", "find"} or last.isdigit() or key == "ctrl+c"


@pytest.mark.parametrize(
    ("place", "preset"),
    # Nothing of the other two presets is bound on a sheet.
    [
        (place, preset)
        for place in OPENERS[1:]
        for preset in PRESETS
        if place in PROMPTS or preset in ("default", "emacs")
    ],
)
async def test_no_key_reaches_what_is_behind(place: str, preset: str, ran: Ran) -> None:
    """All keys in one burst, as a paste or a fast hand on a slow link sends them."""
    app = with_keys(PRESETS[preset])
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, place)
        behind = app.screen
        typing = is_typing(behind)
        ran.clear()
        keys = [event for event in all_keys() if event.key not in ("ctrl+q", "f1") and not leads_out(app, event.key)]
        assert len(keys) > 300
        for event in keys:
            app.post_message(event)
        await pilot.pause()
        await pilot.pause()
        assert app.screen is behind
        assert is_typing(behind) == typing
        below = [screen for screen in app.screen_stack if screen is not behind]
        fallen = [(type(node).__name__, action) for node, action in ran if reaches(node, behind, below, app)]
        assert [one for one in fallen if one[1] not in ALWAYS] == []
        assert (app.paused, app.is_running) == (False, True)


@pytest.mark.parametrize("moments", range(4))
async def test_what_is_still_typed_into_a_filter_when_all_is_taken_down_harms_nothing(moments: int) -> None:
    async with deck(agent_store()).run_test(size=SIZE) as pilot:
        await typed(pilot, "/")
        for key in "x~":
            pilot.app.post_message(events.Key(key, key))
        for _ in range(moments):
            await asyncio.sleep(0)


def reaches(node: DOMNode | None, top: Screen[object], below: list[Screen[object]], app: FleetdeckApp) -> bool:
    """Whether `node` is the application, a screen behind the one on top, or, while something is typed, the screen."""
    if node is app or node in below:
        return True
    return isinstance(node, DeckScreen) and node is top


async def test_a_command_typed_in_one_burst_lands_in_the_prompt_and_is_run() -> None:
    async with deck(agent_store()).run_test(size=SIZE) as pilot:
        parser = XTermParser(debug=False)
        for event in parser.feed(":sources faults\r"):
            if isinstance(event, events.Key):
                pilot.app.post_message(event)
        await until(pilot, lambda: here(pilot) == "sources" and table_of(pilot).faults_only)


async def test_a_remapped_way_out_of_the_prompt_is_the_only_one() -> None:
    async with with_keys({"prompt.close": ("ctrl+g",)}).run_test(size=SIZE) as pilot:
        await typed(pilot, "/coder")
        await pilot.press("escape")
        assert pilot.app.screen.query_one(Prompt).is_open
        assert pilot.app.screen.query_one(PromptInput).value == "coder"
        await pilot.press("ctrl+g")
        assert not pilot.app.screen.query_one(Prompt).is_open


async def test_alt_and_a_letter_is_no_letter() -> None:
    async with with_keys({}).run_test(size=SIZE) as pilot:
        await pilot.press("colon", "a", "alt+x", "b")
        assert pilot.app.screen.query_one(PromptInput).value == "ab"


# ── The help ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_help_is_searched() -> None:
    async with with_keys({}).run_test(size=(80, 24)) as pilot:
        await pilot.press("question_mark", "slash", *"faults")
        await pilot.pause()
        text = text_of(pilot)
        assert "screen.faults" in text
        assert "table.down" not in text
        await pilot.press("escape")
        assert "table.down" in text_of(pilot)
        assert not pilot.app.screen.query_one(FindInput).display
        await pilot.press("slash", *"zzz")
        await pilot.pause()
        assert "nothing of this is bound" in text_of(pilot)
        await pilot.press("escape", "escape")
        assert here(pilot) == "agents"


async def test_the_help_fits_eighty_columns() -> None:
    async with with_keys(PRESETS["emacs"]).run_test(size=(80, 60)) as pilot:
        await pilot.press("question_mark")
        await pilot.pause()
        lines = text_of(pilot).splitlines()
        ids = [key.id for key in live_keys(pilot.app.screen_stack[0])]
        shown = [name for name in ids if any(line.rstrip().endswith(name) for line in lines)]
        assert len(shown) > 25
