"""When a model is still good: a hash of everything that training reads, without importing Rasa."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from finlit.settings import Settings

MANIFEST = "manifest.json"
# What training reads: content, structure, configuration, and the code that the model runs on.
INPUTS = ("config.yml", "domain.yml", "data/**/*", "finlit/nlu/*.py", "finlit/text.py", "finlit/content/importer.py",
          "finlit/dialogue/outrank_policy.py", "requirements.txt")  # fmt: skip


def inputs_hash(root: Path) -> str:
    """Return one hash over all inputs of training."""
    digest = hashlib.sha256()
    for pattern in INPUTS:
        for path in sorted(root.glob(pattern)):
            if path.is_file():
                digest.update(path.relative_to(root).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def is_current(settings: Settings) -> bool:
    """Say whether the newest model was trained from the present inputs."""
    try:
        manifest = json.loads((settings.models_dir / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        return False
    model = settings.models_dir / str(manifest.get("model"))
    return model.is_file() and manifest.get("inputs") == inputs_hash(settings.root)


def remember(settings: Settings, model_path: str) -> None:
    """Note which inputs the model was trained from, and keep only the two newest models."""
    manifest = {"model": Path(model_path).name, "inputs": inputs_hash(settings.root)}
    (settings.models_dir / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    for old in sorted(settings.models_dir.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)[:-2]:
        old.unlink()
