"""What the source of the dashboard may not do with a text, read off its syntax tree.

A stock widget reads a `str` as markup, or sends it to the terminal as it is. So under `tui/` a text reaches a widget
as a `Text` or `Content` that was built from scrubbed plain text (`tui.ink`, `tui.cells`), with `markup=False` wherever
a widget could read some. The checker knows no types: it refuses what it cannot see to be harmless. What is harmless
all the same says so at the end of its line, `# ours: why`, or its file stands in `EXCEPTIONS` with the reason.
"""

import ast
import re
from collections.abc import Iterator

EXCEPTIONS = {
    "tui/ink.py": "the seam itself: every text is made `steady` there",
    "tui/cells.py": "the seam itself: a cell is made to `fit`, which scrubs",
    "tui/table/painter.py": "segments of texts that `tui.cells` made fit",
    "tui/terminal/guard.py": "the report of a crash, scrubbed line by line",
    "tui/palette.py": "a name made `steady`, brought out without reading markup",
    "tui/terminal/thrift.py": "writes the frames that it made of the compositor's picture",
    "tui/snapshot.py": "prints the compositor's own picture into a string",
}
"""Files in which a `Text`, `Content` or `Segment` may be made of something else than a literal, or written."""

WIDGETS = {"Static", "Label", "Input"}
"""Widgets of Textual's that are used. Each other one needs a look at what it does with a `str` first."""

_NEEDS_MARKUP_FALSE = {"Static", "Label", "Button", "Option", "Checkbox", "RadioButton", "Link", "RichLog", "Tooltip"}
_MAKERS = {"Text", "Content", "Segment"}
_SINKS = {"Static": (0,), "Label": (0,), "Hit": (1,), "DiscoveryHit": (0,), "SystemCommand": (0, 1), "Option": (0,)}
"""Constructors that take a text for people, and at which places."""
_SINK_KEYWORDS = {"help", "content", "prompt", "match_display", "display", "title"}
_PROPERTIES = {"border_title", "border_subtitle", "tooltip", "placeholder", "sub_title"}
_INK = {"write", "muted", "cell", "sign"}
_LINES = {"joined", "between", "highlighted"}
_KEEPERS = {"join", "assemble", "copy", "stylize"}
_READS_MARKUP = {"from_markup", "from_ansi", "from_text", "render_markup", "to_content"}
_OURS = re.compile(r"  # ours: \w")
_FORBIDDEN_IMPORTS = {"rich.markup", "rich.prompt", "rich.status", "textual.markup"}


def violations(source: str, file: str = "tui/planted.py") -> list[str]:
    """What is wrong with the text of `file`, a sentence each, with its line."""
    tree = ast.parse(source)
    checker = _Checker(tree, file)
    found = [(getattr(node, "lineno", 0), word) for node in ast.walk(tree) for word in checker.wrong(node)]
    excused = {number for number, line in enumerate(source.splitlines(), 1) if _OURS.search(line)}
    return [f"{file}:{line}: {word}" for line, word in found if line not in excused]


class _Checker:
    def __init__(self, tree: ast.Module, file: str) -> None:
        self._is_seam = file in EXCEPTIONS
        self._made = set(_makers_defined(tree))
        self._constant_names = set(_names_over_constants(tree))
        self._assigned = set(_names_of_text(tree, self))

    def wrong(self, node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from _imports(node)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            yield from self._assignment(node)
        elif isinstance(node, ast.Call):
            yield from self._call(node)
        elif isinstance(node, ast.Attribute) and node.attr == "log" and _is_app(node.value):
            yield "Textual's own log takes a text raw; use logging"

    # ── what a call may not do ──

    def _call(self, call: ast.Call) -> Iterator[str]:
        name = _name(call.func)
        if name in _READS_MARKUP:
            yield f"{name} reads markup or escapes"
        if name == "print":
            yield from self._print(call)
        if name in _NEEDS_MARKUP_FALSE and isinstance(call.func, ast.Name) and not _is_off(call, "markup"):
            yield f"{name} without markup=False"
        if name == "notify":
            yield from self._notify(call)
        if name in _SINKS:
            yield from self._sink(name, call)
        if name == "update" and call.args:
            yield from self._update(call)
        if not self._is_seam:
            yield from self._made_text(name, call)

    def _made_text(self, name: str, call: ast.Call) -> Iterator[str]:
        if name in _MAKERS and isinstance(call.func, ast.Name) and call.args and not self._is_literal(call.args[0]):
            yield f"{name} of a text that tui.ink did not make"
        if name == "append" and len(call.args) == 2 and not self._is_plain(call.args[0]):
            yield "a text appended with a style that tui.ink did not make"

        if name == "write" and _receiver(call) in {"stdout", "stderr", "__stdout__", "__stderr__", "_driver"}:
            yield "writes past the screen"

    def _print(self, call: ast.Call) -> Iterator[str]:
        picture = call.args[0] if call.args else None
        if not (isinstance(picture, ast.Call) and _name(picture.func) == "render_update"):
            yield "print writes past the screen, and reads markup"

    def _notify(self, call: ast.Call) -> Iterator[str]:
        if not _is_off(call, "markup"):
            yield "notify without markup=False"
        said = [*call.args[:1], *(word.value for word in call.keywords if word.arg in ("message", "title"))]
        if not all(self._is_literal(text) or _is_call_of(text, {"scrub", "steady"}) for text in said):
            yield "notify with a text that is not scrubbed; use say"

    def _sink(self, name: str, call: ast.Call) -> Iterator[str]:
        shown = [call.args[place] for place in _SINKS[name] if place < len(call.args)]
        shown += [word.value for word in call.keywords if word.arg in _SINK_KEYWORDS]
        if not all(self._is_plain(text) for text in shown):
            yield f"{name} of a text that tui.ink did not make"

    def _update(self, call: ast.Call) -> Iterator[str]:
        text = call.args[0]
        of_widget = isinstance(call.func, ast.Attribute) and _is_call_of(call.func.value, {"query_one"})
        if (of_widget or _is_stringy(text)) and not self._is_plain(text):
            yield "update with a text that tui.ink did not make"

    def _assignment(self, node: ast.Assign | ast.AnnAssign) -> Iterator[str]:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = [target.attr for target in targets if isinstance(target, ast.Attribute)]
        for name in names:
            if name in _PROPERTIES and node.value is not None and not self._is_plain(node.value):
                yield f"{name} of a text that tui.ink did not make"

    # ── what is harmless ──

    def _is_plain(self, node: ast.expr) -> bool:
        """A literal, or something that builds a `Text` or `Content`."""
        if self._is_literal(node):
            return True
        if isinstance(node, ast.Name):
            return node.id in self._assigned
        if isinstance(node, ast.IfExp):
            return self._is_plain(node.body) and self._is_plain(node.orelse)
        if not isinstance(node, ast.Call):
            return False
        name = _name(node.func)
        if name in _MAKERS | _LINES | self._made:
            return True
        return isinstance(node.func, ast.Attribute) and name in _INK | _KEEPERS

    def _is_literal(self, node: ast.expr) -> bool:
        """A text that stands in the source, whole or in parts, and has nothing in it that markup could be."""
        if isinstance(node, ast.Constant):
            return node.value is None or (isinstance(node.value, str) and "[" not in node.value)
        if isinstance(node, ast.JoinedStr):
            return all(self._is_literal(part) for part in node.values)
        if isinstance(node, ast.FormattedValue):
            return isinstance(node.value, ast.Name) and node.value.id in self._constant_names
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            return self._is_literal(node.left)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self._is_literal(node.left) and self._is_literal(node.right)
        if isinstance(node, ast.IfExp):
            return self._is_literal(node.body) and self._is_literal(node.orelse)
        return isinstance(node, ast.Name) and (node.id.isupper() or node.id in self._constant_names)


def _imports(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
    names = [alias.name for alias in node.names]
    if module == "textual.widgets":
        yield from (f"{name} is a widget that nobody looked at" for name in names if name not in WIDGETS)
    if module == "rich" and "print" in names:
        yield "rich.print reads markup"
    for name in [module, *names, *(f"{module}.{name}" for name in names)]:
        if name in _FORBIDDEN_IMPORTS:
            yield f"{name} reads markup"


def _makers_defined(tree: ast.Module) -> Iterator[str]:
    """Functions and methods of this module that say they return a `Text` or `Content`, or a list of them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None:
            words = {part.id for part in ast.walk(node.returns) if isinstance(part, ast.Name)}
            if words and words <= {"Text", "Content", "list", "tuple", "Iterator"} and words & {"Text", "Content"}:
                yield node.name


def _names_over_constants(tree: ast.Module) -> Iterator[str]:
    """Names that a loop takes from a constant of a module (`for number, name in enumerate(VIEWS, 1)`)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.For | ast.comprehension):
            sources = [part for part in ast.walk(node.iter) if isinstance(part, ast.Name) and part.id != "enumerate"]
            if sources and all(part.id.isupper() for part in sources):
                yield from (part.id for part in ast.walk(node.target) if isinstance(part, ast.Name))


def _names_of_text(tree: ast.Module, checker: _Checker) -> Iterator[str]:
    """Parameters and names that are annotated as `Text` or `Content`, and names that only ever get one."""
    given: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and _annotates(node.annotation):
            yield node.arg
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and _annotates(node.annotation):
            yield node.target.id
        elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            given.setdefault(node.targets[0].id, []).append(node.value)
    checker._assigned = set()
    yield from (name for name, values in given.items() if all(checker._is_plain(value) for value in values))


def _annotates(annotation: ast.expr | None) -> bool:
    return isinstance(annotation, ast.Name) and annotation.id in {"Text", "Content"}


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _receiver(call: ast.Call) -> str:
    return _name(call.func.value) if isinstance(call.func, ast.Attribute) else ""


def _is_app(node: ast.expr) -> bool:
    return isinstance(node, ast.Name | ast.Attribute) and _name(node) in {"self", "app"}


def _is_off(call: ast.Call, keyword: str) -> bool:
    given = [word.value for word in call.keywords if word.arg == keyword]
    return bool(given) and isinstance(given[0], ast.Constant) and given[0].value is False


def _is_call_of(node: ast.expr, names: set[str]) -> bool:
    return isinstance(node, ast.Call) and _name(node.func) in names


def _is_stringy(node: ast.expr) -> bool:
    """Whether it can only be a text: a literal, an f-string, `str(…)`, `….format(…)`, texts that are joined."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    if isinstance(node, ast.BinOp):
        return _is_stringy(node.left) or _is_stringy(node.right)
    return isinstance(node, ast.JoinedStr) or _is_call_of(node, {"str", "format", "repr", "scrub"})
