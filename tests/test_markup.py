"""No text from outside reaches a widget as markup, and none a terminal past the widgets: held by the source itself."""

from pathlib import Path

import pytest

from tests.markup_rules import EXCEPTIONS, violations

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "tui").rglob("*.py"))


def test_the_dashboard_keeps_the_rules() -> None:
    found = [
        line for path in SOURCES for line in violations(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT)))
    ]
    assert not found, "\n".join(found)


def test_each_exception_is_a_file_that_is_there() -> None:
    assert not [file for file in EXCEPTIONS if not (ROOT / file).is_file()]


@pytest.mark.parametrize(
    "planted",
    [
        "from textual.widgets import DataTable",
        "from textual.widgets import RichLog, Static",
        "from rich import print",
        "from rich.markup import render",
        "import rich.markup",
        "Static('x')",
        "Static('x', markup=True)",
        "Static('x', markup=flag)",
        "Static(title, markup=False)",
        "Static(f'task {task.title}', markup=False)",
        "Static('[b]x', markup=False)",
        "Label(row.name, markup=False)",
        "Text.from_markup('x')",
        "Text.from_ansi(error)",
        "Content.from_markup(name)",
        "Content.from_text(name)",
        "matcher = None; matcher.to_content(x)",
        "Text(agent.name)",
        "Text(f'{agent.name}')",
        "Content(agent.name)",
        "Segment(agent.name)",
        "Text(str(error))",
        "Text('a' + name)",
        "line.append(agent.name, style)",
        "self.notify('done')",
        "self.notify('done', markup=True)",
        "self.notify(message, markup=False)",
        "self.notify(f'{error}', markup=False)",
        "self.notify('x', title=name, markup=False)",
        "self.query_one('#fault', Static).update(message)",
        "self.query_one('#fault', Static).update(scrub(message))",
        "self.box.update(f'{name}')",
        "self.box.update('[red]x')",
        "self.border_title = name",
        "self.tooltip = f'{name}'",
        "box.placeholder = error",
        "yield_ = Hit(1, matcher.highlight(name), go)",
        "Hit(1, ink.write(name), go, help=name)",
        "DiscoveryHit(name, go)",
        "SystemCommand(name, 'help', go)",
        "SystemCommand('x', f'{agent}', go)",
        "Option(name, markup=False)",
        "print(name)",
        "console.print(name)",
        "self.app.console.print(f'{name}')",
        "self.log(name)",
        "self.app.log.error(name)",
        "sys.stdout.write(name)",
        "self._driver.write(name)",
        "def f(name: str) -> None:\n    text = name\n    Static(text, markup=False)",
        "for name in agents:\n    SystemCommand(f'{name}', 'x', go)",
    ],
)
def test_what_is_planted_is_found(planted: str) -> None:
    assert violations(planted)


@pytest.mark.parametrize(
    "harmless",
    [
        "from textual.widgets import Static, Input",
        "Static(id='sign', markup=False)",
        "Static('nothing here', markup=False)",
        "Static(ink.write(title), markup=False)",
        "Text('─' * width, ink.rule, end='')",
        "Text('\\n').join(lines)",
        "line.append('─' * 3, style)",
        "lines.append(title)",
        "self.notify('nothing here to filter', markup=False)",
        "self.notify(scrub(message), severity='error', markup=False)",
        "self.query_one('#fault', Static).update(Ink(variables).write(message, Tone.DOWN))",
        "rows.update(found)",
        "known.update((key, value) for key, value in pairs)",
        "def f() -> Text: ...\nbox.query_one('#x').update(self.f())",
        "def f(line: Text) -> None:\n    self.query_one('#x').update(line)",
        "line = joined(parts)\nself.query_one('#x').update(line)",
        "for number, name in enumerate(VIEWS, 1):\n    SystemCommand(f'view {name}', f'key {number}', go)",
        "SystemCommand('quit', 'leave', go)",
        "self.border_title = 'Agents'",
        "log.error('x', exc_info=error)",
        "console.print(compositor.render_update(full=True))",
    ],
)
def test_what_is_harmless_is_let_pass(harmless: str) -> None:
    assert violations(harmless) == []
