"""The examples of docs/rollbacks.md are right, and every kind has one."""

import json
import re
from pathlib import Path

from config.kinds import installed_kinds
from config.load import load

PAGE = Path(__file__).parents[3] / "docs" / "rollbacks.md"

GATE = {"expr": "up", "target": ">= 1"}
SLO = {"objective": "99%", "bad": "a", "total": "b"}


def test_every_example_can_be_loaded_and_every_kind_has_one(tmp_path: Path) -> None:
    kinds = installed_kinds()
    used: set[str] = set()
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    for number, block in enumerate(blocks):
        path = tmp_path / f"{number}.yaml"
        # An example shows what it is about; what it names stands elsewhere in a file.
        gates = {} if "\ngates:" in block else dict.fromkeys(re.findall(r"gate: ([\w-]+)", block), GATE)
        slos = [] if "\nslos:" in block else [{**SLO, "name": name} for name in re.findall(r"slo: ([\w-]+)", block)]
        path.write_text(f"{block}\ngates: {json.dumps(gates)}\nslos: {json.dumps(slos)}\n", encoding="utf-8")
        used.update(entry.kind.name for entry in load(path, kinds).rollbacks)
    assert used == set(kinds.rollbacks)
