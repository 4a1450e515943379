"""To-do lists of items with a state: JSON, JSON lines, todo.txt."""

from msgspec import Struct

from collectors.backlog_file import EVERY_S, BacklogFile
from config.kinds import Kind
from config.values import FilePath
from fleet.ports import Probe, Reach
from fleet.todo_items import read_todo_list


class TodoListOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of to-dos: `{"todos": [...]}` or a bare list in JSON, one object a line (.jsonl, .ndjson), or todo.txt
    (.txt).

    path: the file; a relative path is taken from the configuration's folder.
    """

    path: FilePath


def _build(options: TodoListOptions, reach: Reach) -> Probe:
    return BacklogFile(options.path, reach, read_todo_list)


KIND: Kind[Probe] = Kind("todo_list", TodoListOptions, _build, every_s=EVERY_S)
