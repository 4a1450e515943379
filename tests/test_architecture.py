"""The dependency rule of docs/architecture.md, read off the imports."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OWN = {
    "fleet",
    "config",
    "transport",
    "agents_registry",
    "collectors",
    "actions",
    "journal",
    "demo_fleet",
    "tui",
    "cli",
}
MAY_IMPORT = {
    "fleet": set[str](),
    "config": {"fleet"},
    "transport": {"fleet", "config"},
    "agents_registry": {"fleet", "config", "transport"},
    "collectors": {"fleet", "config", "transport"},
    "actions": {"fleet", "config", "transport"},
    "journal": {"fleet", "config", "transport"},
    "demo_fleet": {"fleet", "config"},
    "tui": {"fleet"},
    "cli": OWN,
}
OUTSIDE = {"httpx", "httpx_aiohttp", "aiohttp", "redis", "psutil", "sqlite3", "socket", "subprocess"}


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """The top-level names that a module imports, at any depth of it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_a_package_imports_only_those_below_it(package: str) -> None:
    allowed = MAY_IMPORT[package] | {package}
    wrong = {
        str(path.relative_to(ROOT)): found for path in modules(package) if (found := (imported(path) & OWN) - allowed)
    }
    assert not wrong


@pytest.mark.parametrize("package", sorted(OWN - {"tui"}))
def test_only_the_dashboard_knows_textual(package: str) -> None:
    wrong = [str(path.relative_to(ROOT)) for path in modules(package) if "textual" in imported(path)]
    assert not wrong


@pytest.mark.parametrize("package", ["fleet", "tui"])
def test_the_core_and_the_dashboard_touch_nothing_outside(package: str) -> None:
    wrong = {str(path.relative_to(ROOT)): found for path in modules(package) if (found := imported(path) & OUTSIDE)}
    assert not wrong


def nodes(package: str) -> Iterator[tuple[str, ast.AST]]:
    for path in modules(package):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            yield str(path.relative_to(ROOT)), node


def reads_a_clock(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in {"datetime", "date", "time"}
        and node.func.attr in {"now", "utcnow", "today", "time", "monotonic", "perf_counter"}
    )


def is_broad(node: ast.AST) -> bool:
    return isinstance(node, ast.ExceptHandler) and (
        node.type is None or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"})
    )


def test_only_the_clock_reads_a_clock() -> None:
    assert {where for where, node in nodes("fleet") if reads_a_clock(node)} == {"fleet/clock.py"}


def test_one_broad_except_is_enough() -> None:
    assert [where for package in OWN for where, node in nodes(package) if is_broad(node)] == [
        "collectors/supervisor.py"
    ]


def test_get_never_loads_textual(tmp_path: Path) -> None:
    (tmp_path / "fleetdeck.yaml").write_text("discovery: [{kind: static, agents: [{name: a}]}]\nhost: false\n")
    program = (
        "import sys; from cli.main import main\n"
        "try: main(['get', 'agents', '-o', 'json'])\n"
        "except SystemExit as end: code = end.code\n"
        "print(code, 'textual' in sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr.split() == ["0", "False"], done.stderr
