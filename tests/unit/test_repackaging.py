"""Another answer is another model in a second; anything that is learnt is learnt anew."""

import io
import json
import shutil
import tarfile

import pytest
import yaml

from finlit import repackaging, training
from finlit.settings import PROJECT_ROOT

TOPIC = "data/faq/fees.yml"
LEARNT = {"components/classifier/model.npz": b"numbers" * 1000}


@pytest.fixture
def root(tmp_path):
    """A checkout with the project's content and a trained model in use."""
    shutil.copytree(PROJECT_ROOT / "data", tmp_path / "data")
    shutil.copy(PROJECT_ROOT / "domain.yml", tmp_path)
    (tmp_path / "models").mkdir()
    domain = {"version": "3.1", "intents": ["fee_waiver"], "responses": repackaging.answers_of(tmp_path)}
    files = {
        repackaging.METADATA: json.dumps({"model_id": "1", "domain": domain}).encode(),
        repackaging.DOMAIN: yaml.safe_dump(domain, allow_unicode=True).encode(),
        **LEARNT,
    }
    with tarfile.open(tmp_path / "models/first.tar.gz", "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    training.use(tmp_path / "models", "first.tar.gz", training.inputs_hash(tmp_path), training.learnt_hash(tmp_path))
    return tmp_path


def change(root, old, new, file=TOPIC):
    text = (root / file).read_text("utf-8")
    assert old in text
    (root / file).write_text(text.replace(old, new, 1), "utf-8")


def made(root):
    return training.with_other_answers(root, root / "models", training.inputs_hash(root))


def read(model, name):
    with tarfile.open(model) as archive:
        return archive.extractfile(name).read()


def test_an_edited_answer_stands_in_the_new_model_and_everything_learnt_is_the_same(root):
    change(
        root,
        "  utter_fee_waiver:\n  - text: |-\n",
        "  utter_fee_waiver:\n  - text: |-\n      先喝口水。\U0001f375[ADVICE]\n",
    )
    model = root / "models" / made(root)
    metadata, domain = json.loads(read(model, repackaging.METADATA)), yaml.safe_load(read(model, repackaging.DOMAIN))
    for part in (metadata["domain"], domain):
        assert part["responses"]["utter_fee_waiver"][0]["text"].startswith("先喝口水。\U0001f375")
        assert part["intents"] == ["fee_waiver"] and part["version"] == "3.1"
    assert metadata["model_id"] != "1"
    assert read(model, *LEARNT) == b"numbers" * 1000
    assert "先喝口水" not in read(root / "models/first.tar.gz", repackaging.DOMAIN).decode()


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (TOPIC, "    - ", "    - 这是新的一句问法\n    - "),
        (TOPIC, "action: utter_fee_waiver", "action: utter_fee_dispute"),
        (TOPIC, "  utter_fee_waiver:", "  utter_fee_waiver/new: [{text: 新}]\n  utter_fee_waiver:"),
        ("data/lexicon.yml", "concepts:\n", "concepts:\n  新概念: [新词]\n"),
        ("data/crisis/calm.txt", "\n", "\n热死我了\n"),
        ("domain.yml", "intents:\n", "intents:\n- new_one\n"),
    ],
)
def test_what_is_learnt_is_not_taken_from_another_model(root, file, old, new):
    change(root, old, new, file)
    assert made(root) is None


def test_a_changed_fact_needs_no_training_either(root):
    change(root, "title: ", "title: 新", "data/facts.yml")
    assert made(root)


def test_a_model_whose_parts_stand_elsewhere_is_left_alone_and_no_half_model_stays(root):
    with tarfile.open(root / "models/first.tar.gz", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("other"))
    change(root, "title: ", "title: 新", "data/facts.yml")
    assert made(root) is None
    assert sorted(path.name for path in (root / "models").iterdir()) == ["first.tar.gz", "manifest.json"]


def test_what_a_model_has_learnt_is_remembered_while_it_is_kept(root):
    models, learnt = root / "models", training.learnt_hash(root)
    shutil.copy(models / "first.tar.gz", models / "second.tar.gz")
    training.use(models, "second.tar.gz", "other", "other learnt")
    training.use(models, "first.tar.gz", "again")
    assert training.learnt_of(models, "first.tar.gz") == learnt
    assert training.learnt_of(models, "second.tar.gz") == "other learnt"
    assert training.learnt_of(models, "third.tar.gz") == ""
