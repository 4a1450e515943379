"""The short form of the soak: an hour of the demo fleet with the dashboard on it, in some fifteen seconds."""

import subprocess
import sys
from pathlib import Path


def test_an_hour_grows_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.soak", "--hours", "1", "--every", "100"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("flat") == 9, done.stdout
