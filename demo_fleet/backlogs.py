"""The demo's backlog documents at a moment: a Markdown plan, a batch progress file, a TODO list, a CSV tracker.

Their work gets done as the script goes on, and each claims what it really says of itself, which is wrong at times.
"""

import csv
import io
import json
import math
from typing import Any

from demo_fleet.moment import Moment
from demo_fleet.scenario import PLAN_FILE, PROGRESS_FILE, Effect
from demo_fleet.world import World

_PHASES = ("Session memory", "Tool sandbox", "Evaluation harness", "Release train")
_THINGS = (
    "Write down the contract of", "Build the first version of", "Move callers over to", "Measure the latency of",
    "Add limits to", "Test the failure of", "Review the permissions of", "Document", "Add a dashboard for",
    "Rehearse the loss of", "Clean up after", "Announce",
)  # fmt: skip
_PARTS = ("the store", "the scheduler", "the gateway", "the sandbox", "the index", "the model router", "the runner")

BATCH_TODOS = 4200
_BATCH = 10
_TRACKER_ROWS = 42
_KEPT = 300


def plan(world: World, moment: Moment) -> bytes:
    """`TODO.md`: phases of check boxes, ticked from the top; now and then a new item comes in at the bottom."""
    items = [f"{verb} {_PARTS[(index + phase) % 7]}" for phase in range(4) for index, verb in enumerate(_THINGS)]
    total = len(items) + max(0, math.floor(moment.t / 180))
    done = min(19 + math.floor(moment.t / 12), total - 3)
    false = Effect.FALSELY_COMPLETE in world.scenario.effects(PLAN_FILE, moment.t)
    lines = ["# Plan of the demo fleet", "", f"Overall progress: {100 * done // total}%", ""]
    per_phase = len(_THINGS)
    for phase, title in enumerate(_PHASES):
        first = phase * per_phase
        complete = done >= first + per_phase or (false and done > first)
        lines += [f"## Phase {phase + 1}: {title}{' ✅ COMPLETE' if complete else ''}", ""]
        lines += [_box(first + index < done, items[first + index]) for index in range(per_phase)]
        lines.append("")
    incoming = range(max(len(items), total - _KEPT), total)
    lines += ["## Incoming", "", *(_box(n < done, f"Look into report {1000 + n} of {_PARTS[n % 7]}") for n in incoming)]
    return ("\n".join(lines) + "\n").encode()


def _box(done: bool, text: str) -> str:
    return f"- [{'x' if done else ' '}] {text}"


def batch_progress(world: World, moment: Moment) -> bytes:
    """`todo_batch_progress.json`. A re-run counts the same items again, and then more is done than there is."""
    batches = min(BATCH_TODOS // _BATCH, 185 + math.floor(moment.t / 5))
    if Effect.OVERCOUNTED in world.scenario.effects(PROGRESS_FILE, moment.t):
        batches += BATCH_TODOS // _BATCH
    processed = batches * _BATCH
    failed = processed // 400
    document = {
        "total_todos": BATCH_TODOS,
        "processed": processed,
        "successful": processed - failed,
        "failed": failed,
        "batches_completed": batches,
        "current_batch": batches,
        "start_time": moment.zulu(-5400.0),
        "last_update": moment.zulu(moment.t),
    }
    return (json.dumps(document, indent=2) + "\n").encode()


def todo_list(world: World, moment: Moment) -> bytes:
    """`unified_todos.json`: findings with a status word each, and times with and without a zone."""
    total = 18 + math.floor(moment.t / 60)
    done = min(6 + math.floor(moment.t / 40), total - 4)
    todos = [_todo(world, number, done, moment) for number in range(max(0, total - _KEPT), total)]
    return json.dumps({"todos": todos}, indent=2).encode()


def _todo(world: World, number: int, done: int, moment: Moment) -> dict[str, Any]:
    created = -3600.0 + number * 60 if number < 18 else (number - 18) * 60.0
    word = (
        "completed"
        if number < done
        else "in_progress"
        if number < done + 2
        else "blocked"
        if number % 9 == 4
        else "pending"
    )
    todo: dict[str, Any] = {
        "id": f"finding-{1000 + number}",
        "title": f"{_THINGS[number % len(_THINGS)]} {_PARTS[number % 7]}",
        "description": f"Seen {1 + number % 5} times in the log of {world.names[number % len(world.names)]}",
        "category": ("infrastructure", "quality", "security")[number % 3],
        "priority": ("critical", "high", "medium", "low", "backlog")[number % 5],
        "status": word,
        "assignee": None if number % 4 == 3 else world.names[number % len(world.names)],
        "created_at": moment.zulu(created).removesuffix("Z"),
        "updated_at": moment.zulu(max(created, min(moment.t, (number - 5) * 40.0))),
        "tags": ["log_analysis"],
        "metadata": {"occurrences": 1 + number % 5},
    }
    if word == "completed":
        todo["resolution_outcome"] = "fixed"
    return todo


def tracker(world: World, moment: Moment) -> bytes:
    """`TASK-TRACKER.csv`: a row a task, `Complete` or `Not Started`."""
    done = min(_TRACKER_ROWS, 17 + math.floor(moment.t / 45))
    sheet = io.StringIO()
    rows = csv.writer(sheet, lineterminator="\r\n")
    rows.writerow(("Task ID", "Phase", "Sprint", "Task Name", "Priority", "Status", "Owner", "Effort", "Dependencies"))
    for number in range(_TRACKER_ROWS):
        phase, sprint = number // 14 + 1, number % 14 // 5 + 1
        name = f"{_THINGS[number % len(_THINGS)]} {_PARTS[number % 7]}"
        priority, status = ("P1", "P2", "P3")[number % 3], "Complete" if number < done else "Not Started"
        owner, needs = world.names[number % len(world.names)], f"TASK-{number:03d}" if number % 3 else ""
        rows.writerow(
            (f"TASK-{number + 1:03d}", phase, f"{phase}.{sprint}", name, priority, status, owner, "4h", needs)
        )
    return sheet.getvalue().encode()
