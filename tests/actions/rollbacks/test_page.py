"""The examples of docs/rollbacks.md are right, and every kind has one."""

import re
from pathlib import Path

from config.kinds import installed_kinds
from config.load import load

PAGE = Path(__file__).parents[3] / "docs" / "rollbacks.md"


def test_every_example_can_be_loaded_and_every_kind_has_one(tmp_path: Path) -> None:
    kinds = installed_kinds()
    used: set[str] = set()
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    for number, block in enumerate(blocks):
        path = tmp_path / f"{number}.yaml"
        path.write_text(block, encoding="utf-8")
        used.update(entry.kind.name for entry in load(path, kinds).rollbacks)
    assert used == set(kinds.rollbacks)
