"""Two models on the same questions: what got better, what got worse. Pure, no Rasa."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from finlit.content import files
from finlit.evaluation.scores import Outcome, summarise

# The figures that decide whether a publication needs a reason: name, title, and whether more is better.
FIGURES = (
    ("accuracy", "第一选择正确", True),
    ("top3_accuracy", "前三里有对的", True),
    ("answered_wrong", "直接答错", False),
    ("refused", "没答上来", False),
)
NOISE = 0.002  # a smaller change of a share is no change
KINDS = {"answered": "答", "asked": "反问", "refused": "没答"}


@dataclass(frozen=True)
class Change:
    """One question that the two models read differently; ``verdict`` is better, worse or other."""

    text: str
    intent: str
    before: str
    after: str
    verdict: str


@dataclass(frozen=True)
class Comparison:
    """Summaries of both models (as ``finlit evaluate --json`` prints them) and each changed question."""

    before: dict[str, Any]
    after: dict[str, Any]
    changes: tuple[Change, ...]

    @property
    def is_worse(self) -> bool:
        """Say whether a figure that decides got worse by more than noise."""
        return any(
            (self.before[name] - self.after[name]) * (1 if more else -1) > NOISE for name, _, more in FIGURES
        )  # fmt: skip

    def count(self, verdict: str) -> int:
        return sum(change.verdict == verdict for change in self.changes)


def _reading(outcome: Outcome) -> str:
    return f"{outcome.predicted}（{KINDS.get(outcome.kind, outcome.kind)}）"


def _rank(outcome: Outcome) -> int:
    """Return how good an outcome is: right and said, right and asked, asked with it among them, not answered, wrong."""
    if outcome.right:
        return 4 if outcome.kind == "answered" or outcome.refused else 3
    if outcome.kind == "asked":
        return 2 if outcome.intent in outcome.candidates else 1
    return 1 if outcome.refused else 0


def compare(before: Sequence[Outcome], after: Sequence[Outcome]) -> Comparison:
    """Compare outcomes of the same questions; rows that only one side has are left out."""
    earlier = {(outcome.text, outcome.intent): outcome for outcome in before}
    pairs = [(earlier[key], new) for new in after if (key := (new.text, new.intent)) in earlier]
    changes = []
    for old, new in pairs:
        if (old.predicted, old.kind) == (new.predicted, new.kind):
            continue
        step = _rank(new) - _rank(old)
        verdict = "better" if step > 0 else "worse" if step < 0 else "other"
        changes.append(Change(new.text, new.intent, _reading(old), _reading(new), verdict))
    order = {"worse": 0, "better": 1, "other": 2}
    changes.sort(key=lambda change: (order[change.verdict], change.intent))
    return Comparison(summarise([old for old, _ in pairs]), summarise([new for _, new in pairs]), tuple(changes))


def write_rows(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Write one JSON line for each outcome."""
    lines = [json.dumps(asdict(outcome), ensure_ascii=False) for outcome in outcomes]
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write(path, "\n".join(lines) + "\n")  # whole or not at all: the console keeps them


def read_rows(path: Path) -> list[Outcome]:
    """Read what ``write_rows`` wrote; raises ValueError or TypeError for anything else."""
    outcomes = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        row["ranking"] = [(name, float(value)) for name, value in row["ranking"]]
        outcomes.append(Outcome(**row))
    return outcomes


def as_markdown(comparison: Comparison, most: int = 60) -> str:
    """Return the report for a pull request, in Chinese."""
    before, after = comparison.before, comparison.after
    lines = [
        f"### 理解：{comparison.count('better')} 句变好，{comparison.count('worse')} 句变差，"
        f"{comparison.count('other')} 句变了但说不上好坏（共 {after['n']} 句）",
        "",
        "| 指标 | 之前 | 现在 | 变化 |",
        "| --- | ---: | ---: | ---: |",
    ]
    for name, title, _ in FIGURES:
        lines.append(
            f"| {title} | {before[name]:.1%} | {after[name]:.1%} | {100 * (after[name] - before[name]):+.1f} 点 |"
        )
    times = before["latency_ms"]["p50"], after["latency_ms"]["p50"]
    lines += [f"| 理解一句（毫秒，中位） | {times[0]} | {times[1]} | |", ""]
    titles = {"worse": "变差", "better": "变好", "other": "其他"}
    shown = comparison.changes[:most]
    if shown:
        lines += ["| | 问句 | 应为 | 之前 | 现在 |", "| --- | --- | --- | --- | --- |"]
        for change in shown:
            text = change.text.replace("|", "\\|")
            lines.append(f"| {titles[change.verdict]} | {text} | {change.intent} | {change.before} | {change.after} |")
    if len(comparison.changes) > most:
        lines.append(f"\n另有 {len(comparison.changes) - most} 句有变化，没有列出。")
    return "\n".join(lines) + "\n"
