from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from finlit import answers
from finlit.content import facts

TODAY = date(2026, 11, 23)
REGISTRY = facts.parse(
    {
        "facts": {
            "F-FEE-02": {
                "title": "罚息利率",
                "statement": "加收 30%–50%",
                "cite": "银发〔2003〕251 号",
                "checked": "2026-11-23",
            },
            "F-CFC-05": {
                "title": "贴息",
                "statement": "到 2026-12-31",
                "cite": "财金〔2026〕1 号",
                "until": "2026-12-31",
            },
            "CONTRACT": {"title": "合同", "statement": "看合同", "cite": "以你的合同为准"},
            "ADVICE": {"title": "建议", "statement": "建议", "cite": "常识建议"},
        }
    }
)
RESPONSE = {
    "text": "罚息按天算。[CONTRACT]\n· 一般加收 30%–50%。[F-FEE-02]\n· 有贴息政策。[F-CFC-05]\n下一步：看合同。",
    "buttons": [
        {"title": "算一算", "payload": "/fee_penalty_calculate"},
        {"title": "转人工", "payload": "/human_handoff"},
    ],
    "metadata": {"reviewed": "2026-11-23"},
}


def build(today=TODAY, **changes):
    return answers.build({**RESPONSE, **changes}, "utter_fee_penalty", REGISTRY, today)


def test_citation_marks_are_data_and_never_shown():
    assert "[" not in build().text
    assert build().cites == ["CONTRACT", "F-FEE-02", "F-CFC-05"]


def test_a_line_is_said_until_its_fact_expires_and_not_a_day_longer():
    assert "贴息" in build(date(2026, 12, 31)).text
    assert "贴息" not in build(date(2027, 1, 1)).text
    assert "罚息按天算" in build(date(2027, 1, 1)).text


def test_the_web_gets_text_buttons_and_sources_as_data():
    message = answers.for_web(build(), REGISTRY)
    assert [source["id"] for source in message["custom"]["sources"]] == ["CONTRACT", "F-FEE-02", "F-CFC-05"]
    assert message["custom"]["answer"] == "utter_fee_penalty"
    assert [button["title"] for button in message["buttons"]] == ["算一算", "转人工"]


def test_wechat_gets_one_plain_text_with_numbered_choices():
    message = answers.for_wechat(build(), REGISTRY)
    assert message["text"].endswith("1. 算一算\n2. 转人工")
    assert "依据：银发〔2003〕251 号；财金〔2026〕1 号" in message["text"]
    assert message["custom"]["numbered"] is True


def test_a_prompt_for_a_number_offers_no_numbers_to_pick():
    message = answers.for_wechat(build(metadata={"wants_number": True}), REGISTRY)
    assert message["custom"]["numbered"] is False
    assert "1. " not in message["text"]


def test_markdown_is_flattened_for_wechat():
    message = answers.for_wechat(build(text="**重要**：看[合同](http://x)。[CONTRACT]"), REGISTRY)
    assert message["text"].startswith("重要：看合同。")


@given(st.lists(st.text(alphabet="还款逾期。！·\n0123abc", max_size=3000), max_size=4))
def test_no_message_ever_exceeds_what_wechat_takes_and_no_word_is_lost(texts):
    whole = [answers.for_wechat(build(text=text + "[CONTRACT]"), REGISTRY)["text"] for text in texts]
    parts = answers.split(whole)
    assert all(0 < len(part.encode()) <= answers.WECHAT_PART_BYTES < answers.WECHAT_LIMIT_BYTES for part in parts)
    assert "".join("".join(parts).split()) == "".join("".join(whole).split())


def test_a_long_text_is_cut_between_sentences():
    assert answers.split(["一句。两句。三句。"], 20) == ["一句。两句。", "三句。"]
    assert answers.split(["一句。两句。", "三句。"], 29) == ["一句。两句。\n\n三句。"]


def test_choices_stay_together_in_one_message():
    text = "句子。" * 10 + "\n" + answers.choice_lines(["甲", "乙", "丙"])
    assert answers.split([text], 60)[-1] == answers.choice_lines(["甲", "乙", "丙"])


def test_the_choices_of_a_turn_are_numbered_through():
    messages = [answers.for_wechat(build(), REGISTRY) for _ in range(2)]
    first, second = answers.wechat_turn(messages)
    assert first.endswith("1. 算一算\n2. 转人工") and second.endswith("3. 算一算\n4. 转人工")


def test_a_figure_before_a_mark_is_filled_in_and_the_mark_taken_away():
    answer = answers.build({"text": "一共 {sum}[F-FEE-02]"}, "utter_x", REGISTRY, TODAY, {"sum": "100"})
    assert (answer.text, answer.cites) == ("一共 100", ["F-FEE-02"])


def test_a_value_is_put_in_as_it_is_braces_and_marks_included():
    answer = answers.build(
        {"text": "「{words}」没听懂[ADVICE]"}, "utter_x", REGISTRY, TODAY, {"words": "{sum}[F-FEE-02]"}
    )
    assert answer.text == "「{sum}[F-FEE-02]」没听懂"


def test_a_line_without_its_value_is_left_out():
    assert answers.build({"text": "好的。\n欠 {sum}"}, "utter_x", REGISTRY, TODAY).text == "好的。"


def test_a_line_that_is_only_a_placeholder_becomes_the_lines_of_its_value():
    answer = answers.build({"text": "{lines}"}, "utter_x", REGISTRY, TODAY, {"lines": "· 甲[CONTRACT]\n· 乙[ADVICE]"})
    assert (answer.text, answer.cites) == ("· 甲\n· 乙", ["CONTRACT", "ADVICE"])


TABLE = {
    "caption": "还款计划",
    "columns": ["期数", "到期日", "应还"],
    "rows": [["1", "2026-12-05", "¥100.00"], ["2", "2027-01-05", "¥100.00"]],
}
DETAILS = [{"title": "罚息", "lines": ["¥1,000.00 × 1 天 × 36% ÷ 360 = ¥1.00"]}]


def rich(rows=TABLE["rows"], **changes):
    values = {"table": {**TABLE, "rows": rows}, "details": DETAILS}
    return answers.build({**RESPONSE, **changes}, "utter_x", REGISTRY, TODAY, values)


def test_the_web_gets_tables_and_details_as_data():
    custom = answers.for_web(rich(), REGISTRY)["custom"]
    assert (custom["table"], custom["details"]) == (TABLE, DETAILS)
    assert "sources" in custom


def test_wechat_gets_a_table_as_plain_lines_before_the_next_step():
    text = answers.for_wechat(rich(), REGISTRY)["text"]
    assert "\n还款计划\n期数｜到期日｜应还\n1｜2026-12-05｜¥100.00\n2｜2027-01-05｜¥100.00\n下一步：看合同。" in text


def test_in_wechat_a_long_table_goes_on_in_the_next_message():
    rows = [[str(number), "2026-12-05", "¥100.00"] for number in range(1, 121)]
    parts = answers.split([answers.for_wechat(rich(rows), REGISTRY)["text"]])
    assert len(parts) > 1
    assert [line.split("｜")[0] for part in parts for line in part.splitlines() if line.endswith("｜¥100.00")] == [
        row[0] for row in rows
    ]


def test_a_button_for_one_channel_is_offered_there_only():
    answer = rich(
        buttons=[{"title": "怎么算的", "payload": "/a", "only": "wechat"}, {"title": "转人工", "payload": "/b"}]
    )
    assert answers.for_web(answer, REGISTRY)["buttons"] == [{"title": "转人工", "payload": "/b"}]
    assert answers.for_wechat(answer, REGISTRY)["text"].endswith("1. 怎么算的\n2. 转人工")


def test_a_masked_number_keeps_its_asterisks_in_wechat():
    assert answers.flatten("打 138****5678，卡 6222****0123，**要紧**") == "打 138****5678，卡 6222****0123，要紧"


def test_someone_who_has_just_read_an_answer_gets_its_conclusion_and_next_step_only():
    short = answers.shortened(build())
    assert short.text == "罚息按天算。\n下一步：看合同。"
    assert short.cites == ["CONTRACT"]
    assert [button["title"] for button in short.buttons] == ["算一算", "转人工"]
