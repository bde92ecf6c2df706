from hypothesis import given
from hypothesis import strategies as st

from finlit.text import compact, fingerprint, is_only_signs, normalise


def test_traditional_full_width_and_capitals_become_one_form():
    assert normalise("請問ＡＰＰ逾期１天會上徵信嗎？") == "请问app逾期1天会上征信吗?"


def test_spaces_between_chinese_words_go_and_around_latin_words_stay():
    assert compact("花呗  逾期 了") == "花呗逾期了"
    assert compact("APP 还款") == "app 还款"


def test_wechat_emotes_are_not_words():
    assert normalise("没钱还了[流泪]") == "没钱还了"


def test_sentences_that_differ_in_dress_only_are_equal():
    assert fingerprint("花呗，怎么还？") == fingerprint("花呗怎么还!!")


def test_emoji_and_dots_are_only_signs():
    assert is_only_signs("😭😭……")
    assert not is_only_signs("😭还不上")


@given(st.text(max_size=400))
def test_normalising_any_text_twice_is_normalising_it_once(text):
    assert normalise(normalise(text)) == normalise(text)
