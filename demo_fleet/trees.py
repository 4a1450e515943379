"""Two small trees in the demo's folder that can be rolled back for real: releases behind a link, and a git repository.

The releases are a file each; the repository has a commit and a tag for each release, made with fixed times and without
the configuration of whoever runs the demo.
"""

import shutil
import subprocess
from pathlib import Path

FOLDER = "trees"
SITE = f"{FOLDER}/site"
PROMPTS = f"{FOLDER}/prompts"
CURRENT = f"{SITE}/current"
RELEASES = f"{SITE}/releases"
NOTE = "CHANGES"
_RELEASES = (
    ("2026-01-09", "the first release of the status page"),
    ("2026-01-16", "incidents are shown with their time zone"),
    ("2026-01-23", "a new colour scheme, which nobody can read"),
)
_TAGS = (
    ("v1.0.0", 1767952800, "Prompts of the planner", "Plan in at most five steps.\n"),
    ("v1.1.0", 1768557600, "Ask before a release", "Plan in at most five steps.\nAsk a person before a release.\n"),
    ("v1.2.0", 1769162400, "Shorter prompts", "Plan.\n"),
)
_ENV = {"PATH": "/usr/local/bin:/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}
_PATIENCE_S = 20.0


def find_git() -> str | None:
    """The path of git, or None."""
    return shutil.which("git")


def make_site(folder: Path) -> None:
    """Make the releases and the link to the newest, unless they are there. Blocking. Raises OSError."""
    (folder / FOLDER).mkdir(exist_ok=True)
    if (folder / SITE).exists():
        return
    for name, note in _RELEASES:
        release = folder / RELEASES / name
        release.mkdir(parents=True)
        (release / NOTE).write_text(f"{note}\n", encoding="utf-8")
        (release / "index.html").write_text(f"<!doctype html>\n<title>{name}</title>\n", encoding="utf-8")
    (folder / CURRENT).symlink_to(Path("releases") / _RELEASES[-1][0])


def make_prompts(folder: Path, git: str) -> None:
    """Make the repository with its newest release checked out, unless it is there. Blocking. Raises OSError."""
    tree = folder / PROMPTS
    if tree.exists():
        return
    tree.mkdir()
    for words, given in ((("init", "-q", "-b", "main"), b""), (("fast-import", "--quiet"), _history())):
        _run(git, tree, words, given)
    _run(git, tree, ("reset", "-q", "--hard", "main"), b"")


def _history() -> bytes:
    """All commits and tags, as a stream for `git fast-import`."""
    parts: list[bytes] = []
    for tag, at, subject, text in _TAGS:
        person = f"R. Almeida <r.almeida@example.org> {at} +0000"
        head = f"commit refs/heads/main\ncommitter {person}\n"
        parts += [head.encode(), _data(subject), b"M 100644 inline planner.md\n", _data(text)]
        parts += [f"\ntag {tag}\nfrom refs/heads/main\ntagger {person}\n".encode(), _data(subject)]
    return b"".join(parts)


def _data(text: str) -> bytes:
    payload = text.encode()
    return b"data %d\n%s\n" % (len(payload), payload)


def _run(git: str, tree: Path, words: tuple[str, ...], given: bytes) -> None:
    try:
        done = subprocess.run(  # noqa: S603  # our own command, no shell
            (git, *words), cwd=tree, input=given, capture_output=True, env=_ENV, timeout=_PATIENCE_S, check=False
        )
    except subprocess.SubprocessError as error:
        raise OSError(f"git {words[0]}: {error}") from error
    if done.returncode != 0:
        raise OSError(f"git {words[0]}: {done.stderr.decode('utf-8', 'replace').strip()[:200]}")
