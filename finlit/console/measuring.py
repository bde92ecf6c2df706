"""What a draft is like beside the published state: checks, training, figures, conversations.

The report is kept by the two commits that it compares, so that publishing what was just measured
does not measure again.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from finlit import training
from finlit.console import git, touched
from finlit.console.drafts import Draft
from finlit.console.models import ModelFailed, Models, environment_for, seed_model
from finlit.content import checks, files, topics
from finlit.evaluation import compare
from finlit.settings import Settings

HELD_OUT = "tests/nlu/heldout.tsv"
CONVERSATIONS_WITHIN = 900.0
TRAIN_WITHIN = 900.0  # a busy machine is waited for; an idle one needs less than ninety seconds
CHANGED_MEANWHILE = "检查的时候草稿又改过，改的没有检查到。请再来一次。"
Progress = Callable[[str], None]


class Blocked(RuntimeError):
    """Why the draft can't be published, in Chinese."""


def problems_in(draft: Draft, settings: Settings) -> list[Any]:
    """Return what ``finlit validate`` says about the draft."""
    return checks.problems(replace(settings, root=draft.folder))


def changed_answers(draft: Draft, settings: Settings) -> set[str] | None:
    """Return the answers that differ when nothing else does; None when understanding or rules changed, too."""
    touched = draft.changed_files()
    if any(not name.startswith(("data/faq/", "data/tasks/", "data/facts.yml", "data/quiz.yml")) for name in touched):
        return None
    before, after = topics.read(settings.data_dir), topics.read(draft.folder / "data")
    if [(e.label, e.text) for e in before.examples] != [(e.label, e.text) for e in after.examples]:
        return None
    steps = ({intent: [name for name, _ in found] for intent, found in side.rules.items()} for side in (before, after))
    if next(steps) != next(steps):
        return None
    old = {response.name: response.body for response in before.responses}
    return {response.name for response in after.responses if old.get(response.name) != response.body}


def play_conversations(settings: Settings, folder: Path, only: list[str] | None = None) -> dict[str, Any]:
    """Play the conversation tests of a checkout; returns how many, which failed, and how long. Raises Blocked.

    A run of all of them is remembered: what each was answered says what an edit touches.
    """
    if not list((folder / "tests" / "conversations").glob("test_*.yml")) or only == []:
        return {"played": 0, "failed": [], "seconds": 0.0}
    out = folder / "var" / "conversations.xml"
    out.parent.mkdir(exist_ok=True)
    out.unlink(missing_ok=True)
    started = time.monotonic()
    command = [sys.executable, "-m", "finlit.cli.main", "test-conversations", *(only or ()), "--junit", str(out)]
    environment = {**environment_for(settings, folder), "FINLIT_ENV": "test"}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=CONVERSATIONS_WITHIN,
            check=False,
        )
        cases = ElementTree.parse(out).getroot().iter("testcase")
    except (OSError, subprocess.TimeoutExpired, ElementTree.ParseError) as fault:
        detail = done.stderr.strip().splitlines()[-1:] if "done" in locals() else []
        raise Blocked(f"对话测试没有跑完：{(detail or [str(fault)])[0]}") from fault
    played, failed = 0, []
    said: dict[str, list[str]] = {}
    for case in cases:
        played += 1
        said[str(case.get("name"))] = touched.answers_in(case)
        failure = case.find("failure")
        if failure is not None:
            failed.append({"title": case.get("name"), "file": f"{case.get('file')}:{case.get('line')}",
                           "why": failure.get("message"), "talk": failure.text or ""})  # fmt: skip
    if only is None:
        touched.remember(settings.var_dir, said)
    return {"played": played, "failed": failed, "seconds": round(time.monotonic() - started, 1)}


class Measuring:
    """Makes and keeps the reports."""

    def __init__(self, settings: Settings, models: Models) -> None:
        self._settings = settings
        self._models = models

    def kept(self, draft: Draft) -> dict[str, Any] | None:
        """Return the report of exactly this draft against exactly this published state, None when there is none."""
        try:
            report = json.loads(self._path(draft).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        same = (report.get("draft"), report.get("published")) == (draft.head(), draft.published())
        return dict(report) if same else None

    def _path(self, draft: Draft) -> Path:
        return self._settings.var_dir / "reports" / f"{draft.name}.json"

    def report(self, draft: Draft, progress: Progress, play: bool = True) -> dict[str, Any]:
        """Return the report on the draft, made now unless it is kept; raises Blocked and ModelFailed.

        Without ``play`` no conversation is played yet.
        """
        known = self.kept(draft)
        if known is not None:
            return known
        started = time.monotonic()
        report: dict[str, Any] = {"draft": draft.head(), "published": draft.published()}
        progress("检查内容")
        found = problems_in(draft, self._settings)
        report["errors"] = [str(p) for p in found if p.severity == "error"]
        report["warnings"] = sum(p.severity == "warning" for p in found)
        if not report["errors"]:
            self._measure(draft, report, progress, play)
        if draft.head() != report["draft"]:
            raise Blocked(CHANGED_MEANWHILE)
        report["seconds"] = round(time.monotonic() - started, 1)
        self._path(draft).parent.mkdir(parents=True, exist_ok=True)
        files.write(self._path(draft), json.dumps(report, ensure_ascii=False))
        return report

    def _measure(self, draft: Draft, report: dict[str, Any], progress: Progress, play: bool) -> None:
        seed_model(draft, self._settings)
        answers = changed_answers(draft, self._settings)
        progress("训练" if answers is None else "换上新答案")
        report["model"] = self._model(draft)
        progress("在保留集上比较")
        before = self._rows(self._settings.root, self._settings.root)
        after = self._rows(draft.folder, self._settings.root)
        report["comparison"] = asdict(compare.compare(before, after))
        report["is_worse"] = compare.compare(before, after).is_worse
        progress("演对话测试" if play else "对话测试上线后再演")
        only = (
            []
            if not play
            else None
            if answers is None
            else touched.by(draft.folder, answers, draft.changed_files(), touched.remembered(self._settings.var_dir))
        )
        report["conversations"] = play_conversations(self._settings, draft.folder, only)
        report["conversations"]["all"] = only is None

    def _model(self, draft: Draft) -> dict[str, Any]:
        models, inputs = draft.folder / "models", training.inputs_hash(draft.folder)
        kept = training.model_for(models, inputs) or training.with_other_answers(
            draft.folder, models, inputs, self._settings.models_dir
        )
        if kept is not None:
            training.use(models, kept, inputs, training.learnt_hash(draft.folder))
            return {"model": kept, "is_new": False, "seconds": 0.0}
        return self._models.ask(draft.folder, "train", timeout=TRAIN_WITHIN)

    def _rows(self, folder: Path, root: Path) -> list[Any]:
        """Return what a checkout's model makes of the published held-out set; kept for this code and this set."""
        model = training.current_model(folder / "models")
        if model is None:
            raise ModelFailed("还没有训练好的模型：请先运行 make train。")
        code = git.run(folder, "rev-parse", "HEAD:finlit").strip()
        asked = git.run(root, "hash-object", HELD_OUT).strip()
        learnt = training.learnt_of(folder / "models", model.name) or model.name  # other answers, the same rows
        path = self._settings.var_dir / "rows" / f"{learnt[:24]}-{code[:10]}-{asked[:10]}.jsonl"
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._models.ask(folder, "evaluate", timeout=TRAIN_WITHIN, file=str(root / HELD_OUT), rows=str(path))
        return compare.read_rows(path)


def must_not_be_published(report: dict[str, Any], reason: str) -> str | None:
    """Return why the report forbids publishing, None when it does not."""
    if report.get("errors"):
        return f"检查有 {len(report['errors'])} 个错误，先改好。第一个：{report['errors'][0]}"
    failed = report.get("conversations", {}).get("failed", [])
    if failed:
        return f"{len(failed)} 个对话测试没有通过。第一个：{failed[0]['title']}"
    if report.get("is_worse") and not reason.strip():
        return "指标变差了：要发布请写明理由。"
    return None
