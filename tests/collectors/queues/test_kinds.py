"""The folder's kinds are found, and their options are strict."""

from typing import Any

import msgspec
import pytest

from config.kinds import load_kinds
from config.values import decode_hook


def test_all_kinds_are_found() -> None:
    kinds = load_kinds("collectors.queues")
    assert {"coordinator", "task_file", "redis_stream", "redis_list"} <= kinds.keys()
    assert (kinds["coordinator"].every_s, kinds["task_file"].every_s) == (15.0, 10.0)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("coordinator", {"url": "http://h", "auth": {"header": "X-Auth-Token", "secret": {"env": "TOKEN"}}}),
        ("task_file", {"path": "q.json", "limit": 1000, "dead_letter": "d.json"}),
        ("redis_stream", {"url": "redis://h", "stream": "s", "group": "g", "jobs": "job:*", "stuck_after": "5m"}),
        ("redis_list", {"url": "redis://h", "key": "k", "processing": "p", "dead_letter": "d", "oldest": "left"}),
    ],
)
def test_options_are_strict(kind: str, options: dict[str, Any]) -> None:
    wanted = load_kinds("collectors.queues")[kind].options
    msgspec.convert(options, wanted, dec_hook=decode_hook)
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.convert({**options, "colour": "red"}, wanted, dec_hook=decode_hook)
