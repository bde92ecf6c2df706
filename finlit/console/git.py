"""Git, as far as the console needs it; every call names its folder and never asks anybody anything."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

LONGEST = 60.0  # seconds for one command


class GitFailed(RuntimeError):
    """A command failed; the message is Git's own last line."""


@dataclass(frozen=True)
class Author:
    """In whose name a commit is made."""

    name: str
    email: str

    def environment(self) -> dict[str, str]:
        return {
            "GIT_AUTHOR_NAME": self.name,
            "GIT_AUTHOR_EMAIL": self.email,
            "GIT_COMMITTER_NAME": self.name,
            "GIT_COMMITTER_EMAIL": self.email,
        }


@dataclass(frozen=True)
class Commit:
    """One line of the history."""

    id: str
    author: str
    at: datetime
    message: str


def run(folder: Path, *arguments: str, author: Author | None = None, extra: Mapping[str, str] | None = None) -> str:
    """Return what ``git …`` prints in ``folder``; raises GitFailed."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment.update({"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C.UTF-8", **(extra or {})})
    if author is not None:
        environment.update(author.environment())
    command = ["git", "-c", "core.quotePath=false", "-c", "commit.gpgSign=false", *arguments]
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, timeout=LONGEST, check=False, text=True
        )
    except (OSError, subprocess.TimeoutExpired) as fault:
        raise GitFailed(str(fault)) from fault
    if done.returncode != 0:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise GitFailed(lines[-1] if lines else f"git {arguments[0]}")
    return done.stdout


def succeeds(folder: Path, *arguments: str) -> bool:
    """Say whether the command ends without fault."""
    try:
        run(folder, *arguments)
    except GitFailed:
        return False
    return True


def head(folder: Path, name: str = "HEAD") -> str:
    """Return the commit that ``name`` stands for."""
    return run(folder, "rev-parse", "--verify", f"{name}^{{commit}}").strip()


def branch(folder: Path) -> str:
    """Return the branch that is checked out; raises GitFailed when none is."""
    return run(folder, "symbolic-ref", "--short", "HEAD").strip()


def changed_files(folder: Path, before: str, after: str) -> list[str]:
    """Return the files that differ between two commits, sorted."""
    return sorted(filter(None, run(folder, "diff", "--name-only", "--no-renames", before, after).split("\n")))


def diff(folder: Path, before: str, after: str, paths: Sequence[str] = ()) -> str:
    """Return the difference as text, three lines around each change."""
    return run(folder, "diff", "--no-color", "--no-renames", before, after, "--", *paths)


def history(folder: Path, revisions: str, most: int, paths: Sequence[str] = ()) -> list[Commit]:
    """Return the newest commits of ``revisions`` first."""
    out = run(folder, "log", f"-{most}", "--format=%H%x1f%an%x1f%aI%x1f%s", revisions, "--", *paths)
    parts = [line.split("\x1f", 3) for line in out.splitlines() if line]
    return [Commit(key, author, datetime.fromisoformat(at), message) for key, author, at, message in parts]


def commit_files(folder: Path, files: Sequence[str], message: str, author: Author) -> str | None:
    """Commit ``files`` as they are in the worktree; returns the commit, None when nothing changed."""
    run(folder, "add", "--", *files)
    if succeeds(folder, "diff", "--cached", "--quiet"):
        return None
    run(folder, "commit", "--quiet", "--no-verify", "-m", message, author=author)
    return head(folder)
