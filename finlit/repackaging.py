"""The model of the same understanding with other answers: a copy with the answers exchanged, in a second or two.

Answers are not learnt: they stand in the model as part of the domain. Rasa would read and fingerprint
seventeen thousand sentences, learn the rules again and pack all anew, which takes a minute and more.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from finlit.content import topics

# What the running assistant reads by itself; nothing of it is in a model.
READ_WHEN_RUNNING = ("data/facts.yml", "data/quiz.yml", "data/wechat_menu.yml")
METADATA, DOMAIN = "metadata.json", "components/domain_provider/domain.yml"
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def learnt_part(path: Path, name: str) -> bytes:
    """Return what training makes of the file ``name``: all of it, of a topic file all but the words of answers."""
    content = path.read_bytes()
    if name in READ_WHEN_RUNNING:
        return b""
    if not name.startswith(("data/faq/", "data/tasks/")) or path.suffix != ".yml":
        return content
    try:
        document = yaml.load(content, Loader=topics.Loader)
    except (yaml.YAMLError, UnicodeDecodeError):
        return content
    if not isinstance(document, dict) or not isinstance(document.get("responses"), dict):
        return content
    document["responses"] = {answer: len(variants) for answer, variants in document["responses"].items()}
    return json.dumps(document, ensure_ascii=False, default=str).encode()


def answers_of(root: Path) -> dict[str, list[dict[str, Any]]]:
    """Return all answers of a checkout under the names that Rasa knows."""
    domain = yaml.load((root / "domain.yml").read_text(encoding="utf-8"), Loader=topics.Loader)
    answers = dict(domain.get("responses") or {})
    for response in topics.read(root / "data").responses:
        answers.setdefault(response.name.replace("/", "__"), []).append(response.body)
    return answers


def with_answers(source: Path, root: Path, target: Path) -> None:
    """Write to ``target`` the model ``source`` with the answers of ``root``, whole or not at all.

    Raises KeyError when ``source`` is not a model whose parts are where they are expected.
    """
    answers = answers_of(root)
    digest = hashlib.sha256(json.dumps(answers, sort_keys=True, default=str).encode()).hexdigest()
    changes: dict[str, Callable[[bytes], bytes]] = {
        METADATA: lambda content: _metadata(content, answers, digest),
        DOMAIN: lambda content: _domain(content, answers),
    }
    part = target.with_name(f".{target.name}.part")
    try:
        # Mostly numbers that hardly shrink further: the strongest compression would take ten times as long.
        with tarfile.open(source, "r:gz") as old, tarfile.open(part, "w:gz", compresslevel=1) as new:
            for member in old:
                change = changes.pop(member.name, None)
                content = old.extractfile(member)
                if change is not None and content is not None:
                    changed = change(content.read())
                    member.size = len(changed)
                    content = io.BytesIO(changed)  # type: ignore[assignment]
                new.addfile(member, content)
        if changes:
            raise KeyError(f"{source.name} has no {' or '.join(changes)}")
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _metadata(content: bytes, answers: dict[str, Any], digest: str) -> bytes:
    metadata = json.loads(content)
    metadata["domain"]["responses"] = answers
    metadata["model_id"] = uuid.UUID(digest[:32]).hex
    return json.dumps(metadata).encode()


def _domain(content: bytes, answers: dict[str, Any]) -> bytes:
    domain = yaml.load(content, Loader=topics.Loader)
    domain["responses"] = answers
    return yaml.dump(domain, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10_000).encode()
