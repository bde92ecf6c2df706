"""Measure one system in a process of its own: ``python -m benchmarks.measure ours|stock train|measure``; prints JSON.

``--most N`` trains on at most N sentences of each intent, the same ones for both systems: with its 100
epochs stock Rasa needs about six hours for all of them on two cores. ``--epochs N`` lets it learn from all
of them with fewer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import resource
import shutil
import statistics
import time
from pathlib import Path
from typing import Any

from finlit.cli import evaluate
from finlit.cli.quiet import silence
from finlit.evaluation.scores import summarise
from finlit.settings import PROJECT_ROOT

STOCK = PROJECT_ROOT / "var" / "stock"
SETS = {"heldout": "tests/nlu/heldout.tsv", "real_dev": "../shared/eval/real_dev.tsv"}
TURNS = ["罚息怎么算", "借呗可以提前还款吗", "怎么查征信", "还款日是几号", "扣款失败怎么回事"] * 8
FALLBACK = "nlu_fallback"
_EXAMPLES = re.compile(r"(?:^    - .*\n)+", re.MULTILINE)  # the sentences of one intent
_INTENT_EPOCHS = re.compile(r"(name: DIETClassifier\n +epochs: )\d+")


def shared_content(most: int | None) -> Path:
    """Return the content that both systems learn from: ``data/``, or a copy with ``most`` sentences an intent."""
    if most is None:
        return PROJECT_ROOT / "data"
    copy = PROJECT_ROOT / "var" / "bench-data"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(PROJECT_ROOT / "data", copy)
    for path in [*copy.glob("faq/*.yml"), *copy.glob("tasks/*.yml")]:
        path.write_text(_EXAMPLES.sub(lambda block: _spread(block[0], most), path.read_text(encoding="utf-8")), "utf-8")
    return copy


def _spread(block: str, most: int) -> str:
    lines = block.splitlines(keepends=True)
    step = max(1.0, len(lines) / most)
    return "".join(lines[int(number * step)] for number in range(min(most, len(lines))))


def stock_content(data_dir: Path, epochs: int | None = None) -> None:
    """Write the same examples, answers and rules in the form that stock Rasa reads without our importer.

    ``epochs`` is what its intent classifier trains instead of the 100 of ``rasa init``.
    """
    from rasa.shared.importers.importer import TrainingDataImporter

    importer = TrainingDataImporter.load_from_config("config.yml", "domain.yml", [str(data_dir)])
    shutil.rmtree(STOCK / "data", ignore_errors=True)
    (STOCK / "data").mkdir(parents=True)
    data = importer.get_nlu_data()
    intents: dict[str, list[str]] = {}
    for message in data.intent_examples:
        intents.setdefault(message.get("intent"), []).append(message.get("text"))
    nlu = [{"intent": name, "examples": "".join(f"- {text}\n" for text in texts)} for name, texts in intents.items()]
    answers = {name: [{"text": "好的"}] for name in importer.get_domain().responses}
    domain = {"version": "3.1", "intents": sorted({*intents, FALLBACK}), "responses": answers}
    rules = [
        {"rule": name, "steps": [{"intent": name}, {"action": f"utter_{name}"}]}
        for name in intents
        if f"utter_{name}" in answers and name != "restart"
    ]
    rules.append({"rule": FALLBACK, "steps": [{"intent": FALLBACK}, {"action": "utter_nlu_fallback"}]})
    stories = [
        {"story": f"story {number}", "steps": rule["steps"] + rules[number - 1]["steps"]}
        for number, rule in enumerate(rules[:10])
    ]
    import yaml

    for name, document in (("nlu", {"nlu": nlu}), ("rules", {"rules": rules, "stories": stories})):
        text = yaml.safe_dump({"version": "3.1", **document}, allow_unicode=True, sort_keys=False)
        (STOCK / "data" / f"{name}.yml").write_text(text, encoding="utf-8")
    (STOCK / "domain.yml").write_text(yaml.safe_dump(domain, allow_unicode=True), encoding="utf-8")
    config = (PROJECT_ROOT / "benchmarks" / "stock" / "config.yml").read_text(encoding="utf-8")
    if epochs is not None:
        config = _INTENT_EPOCHS.sub(rf"\g<1>{epochs}", config)
    (STOCK / "config.yml").write_text(config, encoding="utf-8")


def train(system: str, most: int | None, epochs: int | None = None) -> float:
    """Train from nothing (no cache) and return the seconds that it took."""
    import rasa

    os.environ["RASA_CACHE_DIRECTORY"] = str(PROJECT_ROOT / "var" / f"bench-cache-{system}")
    shutil.rmtree(os.environ["RASA_CACHE_DIRECTORY"], ignore_errors=True)
    output = PROJECT_ROOT / "var" / f"bench-{system}"
    shutil.rmtree(output, ignore_errors=True)
    content = shared_content(most)
    base = STOCK if system == "stock" else PROJECT_ROOT
    if system == "stock":
        stock_content(content, epochs)
        content = STOCK / "data"
    started = time.perf_counter()
    rasa.train(
        domain=str(base / "domain.yml"), config=str(base / "config.yml"),
        training_files=[str(content)], output=str(output), force_training=True,
    )  # fmt: skip
    return time.perf_counter() - started


class Stock:
    """Stock Rasa under the interface that ``finlit evaluate`` measures: it answers, or falls back."""

    def __init__(self, agent: Any) -> None:
        self.agent = agent

    async def parse(self, text: str) -> dict[str, Any]:
        """Return what Rasa understood, with its decision in our words."""
        from rasa.core.channels.channel import UserMessage

        data = dict(await self.agent.processor.parse_message(UserMessage(text)))
        ranking = [entry for entry in data.get("intent_ranking") or () if entry["name"] != FALLBACK]
        kind = "refused" if data["intent"]["name"] == FALLBACK else "answered"
        return {**data, "intent_ranking": ranking, "decision": {"kind": kind}}


async def measure(system: str) -> dict[str, Any]:
    """Return load time, scores, latencies and memory of a trained system."""
    from rasa.core.agent import Agent
    from rasa.core.channels.channel import CollectingOutputChannel, UserMessage

    model = str(PROJECT_ROOT / "var" / f"bench-{system}")
    started = time.perf_counter()
    if system == "ours":
        from finlit.dialogue.in_process import Assistant

        assistant: Any = Assistant(model)
    else:
        assistant = Stock(Agent.load(model))
    result: dict[str, Any] = {"load_s": round(time.perf_counter() - started, 2), "sets": {}}
    for name, where in SETS.items():
        path = PROJECT_ROOT / where
        if path.is_file():
            result["sets"][name] = summarise(await evaluate.measure(assistant, evaluate.read_rows(path)))
    times = []
    for number, text in enumerate(TURNS):
        before = time.perf_counter()
        await assistant.agent.handle_message(UserMessage(text, CollectingOutputChannel(), f"bench-{number % 8}"))
        times.append((time.perf_counter() - before) * 1000)
    result["turn_ms"] = {"p50": round(statistics.median(times), 2), "max": round(max(times), 2)}
    result["memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return result


def main() -> None:
    """Train and measure the system named on the command line."""
    silence()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("system", choices=["ours", "stock"])
    parser.add_argument("action", choices=["train", "measure"])
    parser.add_argument("--most", type=int)
    parser.add_argument("--epochs", type=int)
    args = parser.parse_args()
    os.chdir(PROJECT_ROOT)
    if args.action == "train":
        print(json.dumps({"train_s": round(train(args.system, args.most, args.epochs), 1)}))
    else:
        print(json.dumps(asyncio.run(measure(args.system)), ensure_ascii=False))


if __name__ == "__main__":
    main()
