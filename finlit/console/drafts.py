"""An editor's draft: a Git branch ``draft/<name>`` with a worktree of its own below ``var/drafts``.

Why Git: a save is a commit, so it is never lost, has a name and can be undone; two editors can't
overwrite each other, because their branches are merged when one of them publishes, and what does
not merge is shown to a person. A draft is a whole checkout, so it trains and answers by itself.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from finlit.console import git
from finlit.content import files

# What editors may change. Anything else in a draft is a mistake and is not published.
EDITABLE = ("data/", "tests/nlu/", "tests/conversations/", "domain.yml")
_mended: set[Path] = set()
_locks: dict[Path, Lock] = {}
_locks_lock = Lock()


class Conflict(RuntimeError):
    """What was published meanwhile touches the same lines; ``files`` need a decision."""

    def __init__(self, names: list[str]) -> None:
        super().__init__("、".join(names))
        self.files = names


class MovedOn(RuntimeError):
    """The draft is no longer at the commit that was asked for."""


class NotEditable(ValueError):
    """The path is not content."""


@dataclass(frozen=True)
class Saved:
    """What a save did: the commit, None when nothing had changed."""

    commit: str | None


class Draft:
    """One editor's draft in the repository at ``root``."""

    def __init__(self, root: Path, name: str) -> None:
        self.root = root
        self.name = name
        self.branch = f"draft/{name}"
        self.folder = root / "var" / "drafts" / name

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the draft: one change at a time in this process."""
        with _locks_lock:
            lock = _locks.setdefault(self.folder, Lock())
        with lock:
            yield

    def open(self) -> Draft:
        """Make the worktree if it is not there; returns the draft."""
        with self.alone():
            if not self.exists():
                self._make()
            self._share_training_cache()
        return self

    def mend(self, author: git.Author) -> None:
        """Put in order what a killed console left: once for each process, before anything else is done here.

        A change that was written and not committed is committed; half a merge is as if it had not begun.
        """
        with self.alone():
            if self.folder in _mended:
                return
            for left in self._git_folder().glob("*.lock"):
                left.unlink(missing_ok=True)  # this process is the only one that writes here, and holds the draft
            for begun, undone in (("MERGE_HEAD", "merge"), ("REVERT_HEAD", "revert")):
                if git.succeeds(self.folder, "rev-parse", "--verify", "--quiet", begun):
                    git.succeeds(self.folder, undone, "--abort")
            for pattern in ("data/**/.*.*", "tests/**/.*.*", ".domain.yml.*"):
                for left in self.folder.glob(pattern):
                    left.unlink(missing_ok=True)  # a file that a save had begun to write
            changed = [line[3:] for line in git.run(self.folder, "status", "--porcelain", "-uall").splitlines()]
            mine = [name for name in changed if name.startswith(EDITABLE)]
            if mine:
                git.commit_files(self.folder, mine, "找回未提交的修改", author)
            _mended.add(self.folder)

    def _git_folder(self) -> Path:
        return Path(git.run(self.folder, "rev-parse", "--absolute-git-dir").strip())

    def _make(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        git.run(self.root, "worktree", "prune")
        if git.succeeds(self.root, "rev-parse", "--verify", "--quiet", f"refs/heads/{self.branch}"):
            git.run(self.root, "worktree", "add", "--quiet", str(self.folder), self.branch)
        else:
            git.run(self.root, "worktree", "add", "--quiet", "-b", self.branch, str(self.folder), "HEAD")

    def _share_training_cache(self) -> None:
        """Let the draft train with the published checkout's cache: Rasa notes where results stand by relative path."""
        own, shared = self.folder / ".rasa", self.root / ".rasa"
        if not own.exists():
            shared.mkdir(exist_ok=True)
            own.unlink(missing_ok=True)  # a link to a cache that was removed
            own.symlink_to(shared.resolve(), target_is_directory=True)

    def exists(self) -> bool:
        return (self.folder / ".git").exists()

    def published(self) -> str:
        """Return the commit that customers see."""
        return git.head(self.root)

    def base(self) -> str:
        """Return the last published commit that the draft knows."""
        return git.run(self.folder, "merge-base", "HEAD", self.published()).strip()

    def head(self) -> str:
        return git.head(self.folder)

    def changed_files(self) -> list[str]:
        """Return the files in which the draft differs from what it started from."""
        return git.changed_files(self.folder, self.base(), "HEAD")

    def is_behind(self) -> bool:
        """Say whether something was published that the draft does not have."""
        return self.base() != self.published()

    def read(self, file: str) -> tuple[str, str]:
        """Return a content file's text and version; raises NotEditable."""
        return files.read(self.path(file))

    def path(self, file: str) -> Path:
        """Return where a content file stands; raises NotEditable for any other path."""
        path = (self.folder / file).resolve()
        inside = path.is_relative_to(self.folder.resolve())
        if not inside or not file.startswith(EDITABLE) or ".." in Path(file).parts:
            raise NotEditable(file)
        return path

    def save(self, texts: Mapping[str, str], expected: Mapping[str, str], message: str, author: git.Author) -> Saved:
        """Write files and commit them in the editor's name.

        Raises ``files.ChangedMeanwhile`` when one is not at its ``expected`` version: nothing is written then.
        """
        with self.alone():
            for file, version in expected.items():
                if files.read(self.path(file))[1] != version:
                    raise files.ChangedMeanwhile(file)
            changed = [file for file, text in texts.items() if text.encode() != self.path(file).read_bytes()]
            for file in changed:
                files.write(self.path(file), texts[file])
            return Saved(git.commit_files(self.folder, sorted(changed), message, author) if changed else None)

    def catch_up(self, author: git.Author) -> bool:
        """Bring what was published meanwhile into the draft; returns whether anything came. Raises Conflict."""
        with self.alone():
            return self._catch_up(author)

    def catch_up_from(self, commit: str, author: git.Author) -> str:
        """Return the commit that is ``commit`` with what was published meanwhile; raises MovedOn, Conflict."""
        with self.alone():
            if self.head() != commit:
                raise MovedOn
            self._catch_up(author)
            return self.head()

    def _catch_up(self, author: git.Author) -> bool:
        if not self.is_behind():
            return False
        try:
            message = "并入已发布的修改"
            git.run(self.folder, "merge", "--no-edit", "--quiet", "-m", message, self.published(), author=author)
        except git.GitFailed:
            names = git.run(self.folder, "diff", "--name-only", "--diff-filter=U").split()
            git.run(self.folder, "merge", "--abort")
            raise Conflict(names) from None
        return True

    def settle(self, choices: Mapping[str, str], author: git.Author) -> None:
        """Merge, and where lines collide take ``mine`` or ``theirs`` file by file; both stay in the history."""
        with self.alone():
            arguments = ("merge", "--no-edit", "--no-commit", "--no-ff", self.published())
            if git.succeeds(self.folder, *arguments) or git.succeeds(self.folder, "rev-parse", "MERGE_HEAD"):
                try:
                    for name in git.run(self.folder, "diff", "--name-only", "--diff-filter=U").split():
                        side = "--theirs" if choices.get(name) == "theirs" else "--ours"
                        git.run(self.folder, "checkout", side, "--", name)
                        git.run(self.folder, "add", "--", name)
                    git.run(self.folder, "commit", "--quiet", "--no-verify", "-m", "并入已发布的修改", author=author)
                except git.GitFailed:
                    git.run(self.folder, "merge", "--abort")
                    raise

    def undo(self, commit: str, author: git.Author) -> None:
        """Take one saved change back, as a change of its own. Raises GitFailed when later ones rest on it."""
        with self.alone():
            try:
                git.run(self.folder, "revert", "--no-edit", commit, author=author)
            except git.GitFailed:
                git.succeeds(self.folder, "revert", "--abort")
                raise

    def discard(self) -> None:
        """Forget every change: the draft is again what is published. The branch's old head stays in the reflog."""
        with self.alone():
            git.run(self.folder, "reset", "--hard", "--quiet", self.published())

    def remove(self) -> None:
        """Remove the draft, its worktree and its branch."""
        with self.alone():
            git.succeeds(self.root, "worktree", "remove", "--force", str(self.folder))
            shutil.rmtree(self.folder, ignore_errors=True)
            git.succeeds(self.root, "branch", "-D", self.branch)
            _mended.discard(self.folder)

    def history(self, most: int = 50) -> list[git.Commit]:
        """Return the draft's own saves since the published state, newest first."""
        return git.history(self.folder, f"{self.published()}..HEAD", most)
