"""Training, and when a model is still good: a hash of everything that training reads.

Importing this module does not import Rasa; ``train`` does.
"""

from __future__ import annotations

import fcntl
import gc
import hashlib
import json
import os
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finlit import repackaging
from finlit.content import files
from finlit.settings import Settings

MANIFEST = "manifest.json"
SELDOM = (100_000, 50, 100)  # objects and rounds after which the collector looks at the young, the older, all
MODELS_KEPT = 10  # so that a publication can be taken back without training
# What training reads: content, structure, configuration, and the code that the model runs on.
INPUTS = ("config.yml", "domain.yml", "data/**/*", "finlit/nlu/*.py", "finlit/text.py", "finlit/content/importer.py",
          "finlit/dialogue/outrank_policy.py", "finlit/dialogue/step_policy.py", "requirements.txt")  # fmt: skip


class TrainingFailed(RuntimeError):
    """Why there is no new model, in Chinese, for whoever asked for it."""


@dataclass(frozen=True)
class Trained:
    """The model (file name) that fits the present inputs, and whether it was made just now."""

    model: str
    is_new: bool


def _hash(root: Path, part: Callable[[Path, str], bytes]) -> str:
    digest = hashlib.sha256()
    for pattern in INPUTS:
        for path in sorted(root.glob(pattern)):
            if path.is_file() and not path.name.startswith("."):  # a save in progress is no input
                name = path.relative_to(root).as_posix()
                digest.update(name.encode())
                digest.update(part(path, name))
    return digest.hexdigest()


def inputs_hash(root: Path) -> str:
    """Return one hash over all inputs of training."""
    return _hash(root, lambda path, _: path.read_bytes())


def learnt_hash(root: Path) -> str:
    """Return one hash over what is learnt from the inputs: everything but the words of answers, and facts."""
    return _hash(root, repackaging.learnt_part)


def read_manifest(models: Path) -> dict[str, Any]:
    """Return what ``models`` says is in use: ``model``, ``inputs`` and the ``earlier`` ones; empty when nothing is."""
    try:
        manifest = json.loads((models / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        return {}
    return manifest if isinstance(manifest, dict) else {}


def _entries(models: Path) -> list[dict[str, Any]]:
    """Return what the manifest says of each kept model, the one in use first."""
    manifest = read_manifest(models)
    return [manifest, *manifest.get("earlier", [])]


def current_model(models: Path) -> Path | None:
    """Return the model in use, None when the manifest names none that is there."""
    path = models / str(read_manifest(models).get("model") or "-")
    return path if path.is_file() else None


def is_current(settings: Settings) -> bool:
    """Say whether the model in use was trained from the present inputs."""
    manifest = read_manifest(settings.models_dir)
    return current_model(settings.models_dir) is not None and manifest.get("inputs") == inputs_hash(settings.root)


def model_for(models: Path, inputs: str) -> str | None:
    """Return a kept model that was trained from exactly these inputs, None when there is none."""
    for entry in _entries(models):
        if entry.get("inputs") == inputs and (models / str(entry.get("model"))).is_file():
            return str(entry["model"])
    return None


def learnt_of(models: Path, model: str) -> str:
    """Return the hash of what a kept model has learnt, empty when that is not known."""
    return next((str(e.get("learnt") or "") for e in _entries(models) if e.get("model") == model), "")


def use(models: Path, model: str, inputs: str, learnt: str = "") -> None:
    """Make ``model`` the one in use, in one step that a crash can't halve; old models are removed.

    ``learnt`` is the hash of what it has learnt, when it is new here.
    """
    earlier = [
        {key: e.get(key, "") for key in ("model", "inputs", "learnt")}
        for e in _entries(models)
        if e.get("model") not in (None, model)
    ]
    kept = earlier[: MODELS_KEPT - 1]
    document = {"model": model, "inputs": inputs, "learnt": learnt or learnt_of(models, model), "earlier": kept}
    files.write(models / MANIFEST, json.dumps(document, indent=1) + "\n")
    names = {model, *(entry["model"] for entry in kept)}
    for path in models.glob("*.tar.gz"):
        if path.name not in names:
            path.unlink(missing_ok=True)


def _with(models: Path, learnt: str) -> list[Path]:
    found = [models / str(entry.get("model")) for entry in _entries(models) if entry.get("learnt") == learnt]
    return [path for path in found if path.is_file()]


def with_other_answers(root: Path, models: Path, inputs: str, *also_kept_in: Path) -> str | None:
    """Make the model for ``inputs`` from a kept one that has learnt the same; None when there is none.

    Takes a second or two and no Rasa; the new model, in ``models``, is not in use yet.
    """
    learnt = learnt_hash(root)
    for source in (source for folder in (models, *also_kept_in) for source in _with(folder, learnt)):
        target = models / f"{source.name.split('-answers-')[0].removesuffix('.tar.gz')}-answers-{inputs[:12]}.tar.gz"
        try:
            repackaging.with_answers(source, root, target)
        except (KeyError, OSError, ValueError, tarfile.TarError):  # not a model as we know it: train
            continue
        return target.name
    return None


@contextmanager
def _alone(models: Path) -> Iterator[None]:
    """Wait until no other process trains here: a killed console may have left one running."""
    models.mkdir(parents=True, exist_ok=True)
    with (models / ".training").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def train(settings: Settings, force: bool = False) -> Trained:
    """Train in ``settings.root`` when the inputs changed; raises TrainingFailed. Changes the working directory."""
    os.chdir(settings.root)
    with _alone(settings.models_dir):
        inputs = inputs_hash(settings.root)
        kept = None if force else model_for(settings.models_dir, inputs)
        if kept is not None:
            use(settings.models_dir, kept, inputs, learnt_hash(settings.root))
            return Trained(kept, is_new=False)
        model = None if force else with_other_answers(settings.root, settings.models_dir, inputs)
        model = model or _rasa_train()
        use(settings.models_dir, model, inputs, learnt_hash(settings.root))
        return Trained(model, is_new=True)


@contextmanager
def _lighter() -> Iterator[None]:
    """Leave out what takes a third of a training and brings nothing.

    Rasa packs with the strongest compression, which makes a model of 9 MB instead of 10; the collector looks
    again and again through some millions of objects that all stay; and every sentence is hashed before and
    after every component for a cache of parts, where our manifest already knows that the sentences changed.
    """
    from rasa.engine.storage import local_model_storage
    from rasa.engine.training import graph_trainer
    from rasa.engine.training.hooks import TrainingHook

    whole, caching = local_model_storage.TarSafe, graph_trainer.TrainingHook
    graph_trainer.TrainingHook = type(
        "NoCache", (TrainingHook,), {"on_before_node": lambda *_, **__: {}, "on_after_node": lambda *_, **__: None}
    )
    local_model_storage.TarSafe = type("TarSafe", (whole,), {"gzopen": classmethod(_packed_quickly)})
    often = gc.get_threshold()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*often)
        local_model_storage.TarSafe, graph_trainer.TrainingHook = whole, caching


def _packed_quickly(cls: type[tarfile.TarFile], name: str, mode: str = "r", *args: Any, **more: Any) -> tarfile.TarFile:
    return tarfile.TarFile.gzopen.__func__(cls, name, mode, *args, **{**more, "compresslevel": 1})  # type: ignore[attr-defined]


def _rasa_train() -> str:
    import rasa
    from rasa.shared.exceptions import RasaException

    try:
        with _lighter():
            result = rasa.train(
                domain="domain.yml", config="config.yml", training_files=["data"], output="models", force_training=True
            )
    except RasaException as error:
        reason = str(error).strip().splitlines()
        raise TrainingFailed("训练没有成功：\n  " + "\n  ".join(reason[:8]) + "\n请先运行 finlit validate。") from error
    if result.code != 0 or result.model is None:
        raise TrainingFailed("训练没有成功：请先运行 finlit validate，看是哪个文件哪一行有问题。")
    return Path(result.model).name
