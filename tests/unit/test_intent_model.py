"""Two readers of one question: what they learn, that they learn the same twice, and that nothing is lost on disk."""

from __future__ import annotations

import jieba
import numpy as np
import pytest
import tensorflow as tf

from finlit.nlu import network as networks
from finlit.nlu.ensemble import IntentModel
from finlit.nlu.features import Analyzer
from finlit.nlu.model import softmax
from finlit.nlu.network import LONGEST, CharacterNetwork

THINGS = ("钱", "卡", "账单", "额度", "利息", "合同", "短信", "密码", "白条", "花呗", "借呗", "工资")
BEFORE = [f"先看{thing}再还款" for thing in THINGS]
AFTER = [f"先还款再看{thing}" for thing in THINGS]
TEXTS = [*BEFORE, *AFTER]
LABELS = ["look/first"] * 6 + ["look/then"] * 6 + ["pay"] * 12
NUMBERS = [0] * 12 + [1] * 12


@pytest.fixture(scope="module")
def analyzer():
    concepts = {"产品": ["花呗", "借呗", "白条"], "还款": ["还款", "还钱"], "查看": ["看"]}
    return Analyzer.of(jieba.Tokenizer(), concepts)


@pytest.fixture(scope="module")
def model(analyzer):
    return IntentModel.fit(TEXTS * 6, LABELS * 6, analyzer)


@pytest.fixture(scope="module")
def network(analyzer):
    return _network(analyzer)


def _network(analyzer, texts=TEXTS * 6, numbers=NUMBERS * 6):
    return CharacterNetwork.fit(texts, numbers, np.ones(len(texts)), analyzer.sequence)


def test_the_network_tells_apart_what_only_the_order_tells_apart(network):
    assert [int(network.scores(text).argmax()) for text in TEXTS] == NUMBERS


def test_what_is_read_without_keras_is_what_keras_reads(network, analyzer):
    keras = networks._network(tf, network._sizes(), 2, np.random.default_rng(1))
    for name in ("characters", "concepts"):
        keras.get_layer(name).set_weights([network.arrays[name]])
    for width in networks.WIDTHS:
        kernel, bias = network.arrays[f"kernel_{width}"], network.arrays[f"bias_{width}"]
        keras.get_layer(str(width)).set_weights([kernel, bias])
    keras.get_layer("out").set_weights([network.arrays["out"], network.arrays["out_bias"]])
    for text in (*TEXTS, "沒見過的話，完全不同！", "还"):
        places = network._encode(analyzer.sequence(text))[None]
        np.testing.assert_allclose(network.scores(text), keras.predict(places, verbose=0)[0], rtol=1e-4, atol=1e-5)


def test_the_same_sentences_teach_the_same_network_twice(network, analyzer):
    again = _network(analyzer)
    for name, array in network.arrays.items():
        np.testing.assert_array_equal(array, again.arrays[name], err_msg=name)


def test_a_products_name_is_one_word_for_the_network(network):
    np.testing.assert_array_equal(network.scores("先看花呗再还款"), network.scores("先看借呗再还款"))


@pytest.mark.parametrize("text", ["", " ", "？！", "𠮷" * 3, "😀", "还" * (LONGEST + 1), "x" * 10_000])
def test_any_text_at_all_gets_probabilities(model, text):
    probabilities = model.probabilities(text)
    assert probabilities.shape == (2,) and np.isfinite(probabilities).all()
    assert probabilities.sum() == pytest.approx(1)


def test_what_lies_beyond_the_longest_that_is_read_changes_nothing_for_the_network(network):
    whole = "先看账单再还款" * 30
    np.testing.assert_array_equal(network.scores(whole[:LONGEST]), network.scores(whole))


def test_both_readers_come_back_from_disk_as_they_were(model, analyzer, tmp_path):
    model.save(tmp_path)
    back = IntentModel.load(tmp_path, analyzer)
    assert back.labels == model.labels == ["look", "pay"]
    for text in (*TEXTS, "没见过的话"):
        np.testing.assert_allclose(back.probabilities(text), model.probabilities(text), atol=1e-4)
        assert back.narrow(text, "look") == model.narrow(text, "look")


def test_both_readers_have_their_say(model):
    text = "先看短信再还款"
    both = model.probabilities(text)
    assert not np.allclose(both, softmax(model.linear.logits(text)), atol=1e-3)
    assert model.labels[int(both.argmax())] == "look" and model.narrow(text, "look") == "look/then"


def test_a_long_story_teaches_less_than_a_short_question(analyzer):
    texts = ["额度没了", "额度没了"] * 20
    numbers = [0, 1] * 20
    heavier = CharacterNetwork.fit(texts, numbers, np.array([1.0, 0.2] * 20), analyzer.sequence)
    scores = heavier.scores("额度没了")
    assert scores[0] > scores[1]
