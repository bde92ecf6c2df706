"""States of the page with fixed content, for looking at it: the server's part is played by fixed answers."""

import json
from datetime import datetime, timezone

from tests.browser.conftest import PHONE

AT = 1795399200  # 2026-11-23 10:00 in Shanghai
SOURCES = [
    {"id": "F-FEE-02", "title": "逾期罚息上浮幅度", "cite": "银发〔2003〕251 号第三条", "since": "2004-01-01", "until": None},
    {"id": "CONTRACT", "title": "以合同和 App 为准", "cite": "你的借款合同和 App 内页面", "since": None, "until": None},
]  # fmt: skip
QUESTION = {"n": 1, "at": AT, "from": "customer", "text": "罚息怎么算", "id": "question-1"}
ANSWER = {
    "n": 2, "at": AT + 1, "from": "assistant",
    "text": "罚息按逾期本金、按天算，具体比例以合同为准。\n· 一般是在合同利率上加收 30%–50%。\n"
    "· 罚息利率已含正常利率，不再叠加。\n下一步：看合同的罚息条款，告诉我本金、利率和天数，我来算。",
    "buttons": [{"title": "帮我算一算"}, {"title": "能减免吗"}],
    "custom": {"answer": "utter_fee_penalty", "sources": SOURCES},
}  # fmt: skip
PROMPT = {
    "n": 2, "at": AT + 1, "from": "assistant", "text": "逾期的本金是多少元？\n· 只写数字就行，例如 10000。\n· 不清楚可以说「不知道」。",
    "buttons": [{"title": "不知道"}, {"title": "不算了"}], "custom": {"answer": "utter_ask_amount", "wants_number": True},
}  # fmt: skip
TABLE = {
    "n": 2, "at": AT + 1, "from": "assistant",
    "text": "两种还法利息相差 171.06 元，等额本金总利息少。\n下一步：每月能多还一点的，选等额本金更省。",
    "buttons": [{"title": "换一个期限"}],
    "custom": {
        "answer": "utter_plan_compare",
        "chart": {"title": "每月还款", "unit": "元", "series": [
            {"name": "等额本息", "points": [[1, 945.6], [4, 945.6], [8, 945.6], [12, 945.6]]},
            {"name": "等额本金", "points": [[1, 1033.33], [4, 983.33], [8, 916.67], [12, 850]]},
        ]},
        "table": {"caption": "10,000 元、12 期、年利率 24%", "columns": ["", "等额本息", "等额本金", "先息后本"], "rows": [
            ["第 1 期", "945.60", "1,033.33", "200.00"], ["第 4 期", "945.60", "983.33", "200.00"],
            ["第 12 期", "945.60", "850.00", "10,200.00"], ["总利息", "1,347.15", "1,300.00", "2,400.00"],
        ]},
        "details": [{"title": "怎么算的", "lines": ["月利率 = 24% ÷ 12 = 2%", "等额本金每期本金 = 10,000 ÷ 12 = 833.33 元"]}],
        "sources": SOURCES[1:],
    },
}  # fmt: skip
CRISIS = {
    "n": 2, "at": AT + 1, "from": "assistant",
    "text": "听到你这么说，我很担心你。现在先保护好自己。\n· 请马上打 12356；已经有危险，立刻打 110 或 120。\n"
    "· 叫一个信得过的人来陪你。\n别的事都可以以后再说。我在这里，你愿意多说一点吗？",
    "buttons": [{"title": "转人工"}], "custom": {"answer": "utter_crisis", "sources": SOURCES},
}  # fmt: skip


def news(turns, **more):
    return {"talk": "fixed", "turns": turns, "next": len(turns), "busy": False, "verified": False, **more}


def show(open_page, turns, viewport=PHONE, question=QUESTION, **options):
    """Open the page as it looks when the server says that ``turns`` were said."""
    turns = [question, *turns] if turns else []
    found = news(turns, **options.pop("more", {}))

    def play(page):
        page.clock.set_fixed_time(datetime.fromtimestamp(AT + 60, timezone.utc))
        page.route("**/webhooks/web/history*", lambda route: route.fulfill(json=found))
        stream = f"event: news\ndata: {json.dumps(found)}\n\n"
        page.route(
            "**/webhooks/web/stream*", lambda route: route.fulfill(body=stream, content_type="text/event-stream")
        )

    page = open_page(viewport, before=play, **options)
    if turns:
        page.locator("#log .answer").last.wait_for()
    return page
