"""What a process costs, and how it is ended."""

import contextlib
import os
import signal
import time
from pathlib import Path

import psutil


def cpu_s(pid: int) -> float:
    """User and system time of a process, its children and those that have ended, in seconds."""
    total = 0.0
    for process in _tree(pid):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def fine_cpu_s(pid: int) -> float:
    """The same for the living threads of one process in nanosecond steps where the kernel keeps them (Linux)."""
    try:
        tasks = [task.read_text() for task in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    except OSError:
        return cpu_s(pid)
    return sum(int(text.split()[0]) for text in tasks) / 1e9 if tasks else cpu_s(pid)


def memory(pid: int) -> tuple[int, int | None]:
    """Resident and proportional set size in bytes; the latter is None where the system does not tell."""
    process = psutil.Process(pid)
    try:
        return process.memory_info().rss, getattr(process.memory_full_info(), "pss", None)
    except psutil.AccessDenied:
        return process.memory_info().rss, None


def open_files(pid: int) -> int:
    """File descriptors that the process holds."""
    return psutil.Process(pid).num_fds()


def end(pid: int, number: signal.Signals, patience_s: float = 10.0) -> None:
    """End a child of this process by a signal, and by SIGKILL where it does not listen; it is reaped."""
    deadline = time.monotonic() + patience_s
    with contextlib.suppress(ProcessLookupError, ChildProcessError):
        os.kill(pid, number)
        while os.waitpid(pid, os.WNOHANG)[0] == 0:
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                return
            time.sleep(0.01)


def _tree(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []
