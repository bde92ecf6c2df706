"""The HTML page of ``finlit evaluate --report``: scores, confusion matrix, every wrong row with its neighbours."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from finlit import settings
from finlit.content import topics
from finlit.evaluation.scores import Outcome
from finlit.text import fingerprint

NEIGHBOURS = 3
_STYLE = """
body{font:15px/1.6 system-ui,"Noto Sans CJK SC",sans-serif;max-width:1100px;margin:2em auto;padding:0 1em;color:#1b1f24}
table{border-collapse:collapse;width:100%;margin:1em 0}td,th{border:1px solid #d0d7de;padding:.3em .5em;text-align:left;vertical-align:top}
th{background:#f6f8fa}td.number{text-align:right;font-variant-numeric:tabular-nums}img{max-width:100%}.wrong{color:#b42318}
"""


class Neighbours:
    """Finds the training sentences that look most like a row."""

    def __init__(self, examples: Sequence[topics.Example]) -> None:
        self._examples = list(examples)
        self._vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)
        self._matrix = self._vectorizer.fit_transform([fingerprint(example.text) for example in self._examples])

    def of(self, text: str) -> list[topics.Example]:
        """Return the nearest examples, nearest first."""
        likeness = (self._matrix @ self._vectorizer.transform([fingerprint(text)]).T).toarray().ravel()
        return [self._examples[i] for i in np.argsort(-likeness)[:NEIGHBOURS] if likeness[i] > 0]


def confusion_picture(outcomes: Sequence[Outcome]) -> str:
    """Return the confusion matrix as a PNG in a data address; rows are labels, columns predictions."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    names = sorted({outcome.intent for outcome in outcomes} | {outcome.predicted for outcome in outcomes})
    index = {name: i for i, name in enumerate(names)}
    matrix = np.zeros((len(names), len(names)))
    for outcome in outcomes:
        matrix[index[outcome.intent], index[outcome.predicted]] += 1
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    size = max(6.0, 0.22 * len(names))
    figure, axis = plt.subplots(figsize=(size, size))
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axis.set_xticks(range(len(names)), names, rotation=90, fontsize=6)
    axis.set_yticks(range(len(names)), names, fontsize=6)
    axis.set_xlabel("predicted")
    axis.set_ylabel("label")
    for row, column in zip(*np.nonzero(matrix)):
        if row != column:
            axis.text(column, row, int(matrix[row, column]), ha="center", va="center", fontsize=5, color="#b42318")
    figure.tight_layout()
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=120)
    plt.close(figure)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    def cell(value: Any) -> str:
        kind = ' class="number"' if isinstance(value, (int, float)) else ""
        text = f"{value:.3f}" if isinstance(value, float) else str(value)
        return f"<td{kind}>{html.escape(text).replace(chr(10), '<br>')}</td>"

    top = "".join(f"<th>{html.escape(name)}</th>" for name in head)
    body = "".join(f"<tr>{''.join(cell(value) for value in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _wrong_rows(outcomes: Sequence[Outcome], neighbours: Neighbours) -> list[list[Any]]:
    rows = []
    for outcome in outcomes:
        if outcome.right:
            continue
        near = "\n".join(f"{example.text} ← {example.label}" for example in neighbours.of(outcome.text))
        sure = outcome.ranking[0][1] if outcome.ranking else 0.0
        done = {"answered": "直接答了", "asked": "反问", "refused": "没答"}.get(outcome.kind, outcome.kind)
        rows.append([outcome.text, outcome.intent, outcome.predicted, float(sure), done, near])
    return sorted(rows, key=lambda row: (row[1], -row[3]))


def write_report(
    folder: Path,
    source: str,
    outcomes: Sequence[Outcome],
    summary: dict[str, Any],
    per_intent: dict[str, dict[str, float]],
) -> Path:
    """Write ``index.html`` into ``folder`` and return its path."""
    neighbours = Neighbours(topics.read(settings.load().data_dir).examples)
    figures = [[name, value if not isinstance(value, dict) else str(value)] for name, value in summary.items()]
    scores = [[name, *score.values()] for name, score in sorted(per_intent.items(), key=lambda item: item[1]["f1"])]
    wrong = _wrong_rows(outcomes, neighbours)
    page = f"""<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>理解报告：{html.escape(source)}</title>
<style>{_STYLE}</style><h1>理解报告：{html.escape(source)}</h1>{_table(["指标", "值"], figures)}
<h2>每个意图</h2>{_table(["意图", "句数", "精确率", "召回率", "F1"], scores)}
<h2>混淆矩阵</h2><p>行是标注，列是模型的第一选择；红色数字是错的句数。</p><img alt="混淆矩阵" src="{confusion_picture(outcomes)}">
<h2 class="wrong">答错的 {len(wrong)} 句</h2>
{_table(["问句", "应为", "第一选择", "把握", "结果", "最像的训练句"], wrong)}</html>"""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "index.html"
    path.write_text(page, encoding="utf-8")
    return path
