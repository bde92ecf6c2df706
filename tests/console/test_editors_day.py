"""An editor's day in real browsers: two people, one project, a running assistant."""

import http.cookiejar
import json
import re
import secrets
import threading
import time
import urllib.request

import pytest
from playwright.sync_api import expect

from tests.console.conftest import PASSWORDS, TABLET

ANSWER = "fee_waiver"
NEW_LINE = "先别急：减免要和放款机构谈，谈之前先列好自己的情况。[ADVICE]"


class Customer:
    """Somebody who talks to the running assistant through the web channel."""

    def __init__(self, project):
        self.address = f"http://127.0.0.1:{project.chat}/webhooks/web"
        jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        self.next = self._json("history")["next"]

    def _json(self, path, body=None):
        data = json.dumps(body).encode() if body else None
        request = urllib.request.Request(f"{self.address}/{path}", data, {"Content-Type": "application/json"})
        with self.opener.open(request, timeout=20) as response:
            return json.loads(response.read())

    def ask(self, text):
        found = self._json("message", {"text": text, "id": secrets.token_hex(8), "after": self.next})
        self.next = found["next"]
        return "\n".join(turn["text"] for turn in found["turns"] if turn["from"] != "customer")


def open_intent(page, project, label):
    page.goto(f"{project.url}/intents/{label}")
    page.wait_for_selector("form.edit")


def told(page):
    return page.locator(".told").first.inner_text()


def wait_until_quiet(page, project, seconds=240):
    """Wait on the publish page until nothing is measured or published any more."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        seen = page.request.get(f"{project.url}/progress", headers={"Accept": "application/json"}).json()
        if not seen["working"] and not (seen["open"] and seen["publication"]["state"] == "running"):
            page.goto(f"{project.url}/publish")
            return seen
        time.sleep(0.3)
    raise AssertionError("it took too long")


def test_nobody_comes_in_without_a_password_and_guessing_is_slowed_down(browser, project):
    page = browser.new_context().new_page()
    page.goto(project.url + "/publish")
    assert "/login" in page.url
    for _ in range(5):
        page.fill("[name=name]", "nobody")
        page.fill("[name=password]", "wrong password")
        page.click("button.main")
        assert "不对" in told(page)
    page.fill("[name=name]", "nobody")
    page.fill("[name=password]", "wrong password")
    page.click("button.main")
    assert "15 分钟" in told(page)


def test_a_viewer_sees_and_cannot_change(sign_in, project):
    page = sign_in("reader")
    open_intent(page, project, ANSWER)
    assert page.locator("form.edit button.main").count() == 0
    csrf = page.get_attribute("meta[name=csrf]", "content")
    status = page.evaluate(
        "async csrf => (await fetch('/measure', {method: 'POST', headers: {'X-CSRF-Token': csrf}})).status", csrf
    )
    assert status == 403
    assert page.goto(project.url + "/users").status == 403


def test_a_form_without_its_token_is_refused(sign_in, project):
    page = sign_in("lin")
    assert page.evaluate("async () => (await fetch('/measure', {method: 'POST'})).status") == 400


def test_the_preview_follows_the_typing_and_counts_wechats_bytes(sign_in, project):
    page = sign_in("lin")
    open_intent(page, project, ANSWER)
    card = page.locator(f"#utter_{ANSWER}")
    before = int(card.locator("[data-bytes]").inner_text())
    card.locator("textarea").fill("新的一行结论。[ADVICE]")
    expect(card.locator("[data-web]")).to_contain_text("新的一行结论。")
    assert "[ADVICE]" not in card.locator("[data-web]").inner_text()
    assert int(card.locator("[data-bytes]").inner_text()) != before
    page.evaluate("dirty = false")


def test_two_editors_do_not_overwrite_each_other_in_the_same_draft(sign_in, project):
    first, second = sign_in("lin"), sign_in("lin")
    for page in (first, second):
        open_intent(page, project, "fee_dispute")
    question = first.locator("#utter_fee_dispute [name=question]")
    was = question.input_value()
    question.fill("多扣了钱怎么办")
    first.locator("#utter_fee_dispute button.main").click()
    assert "存进草稿" in told(first)
    second.locator("#utter_fee_dispute [name=question]").fill("重复扣款怎么办")
    second.locator("#utter_fee_dispute button.main").click()
    assert "被改过" in told(second)
    assert second.locator("[name=question]").input_value() == "重复扣款怎么办"
    first.goto(project.url + "/draft")
    first.locator("text=撤销这一次").first.click()
    open_intent(first, project, "fee_dispute")
    assert first.locator("#utter_fee_dispute [name=question]").input_value() == was


def test_saving_without_a_change_leaves_git_clean(sign_in, project):
    page = sign_in("lin")
    for label in (ANSWER, "overdue_consequences", "plan_compare"):
        open_intent(page, project, label)
        page.locator(f"#utter_{label} button.main").click()
        assert "一个字节也没动" in told(page)
    assert project.git("status", "--porcelain", cwd=project.folder / "var/drafts/lin") == ""


def test_an_editors_day(sign_in, project):
    """Inbox, assign, edit, hint, train, compare, publish, see it in the running chat, take it back."""
    customer = Customer(project)
    odd = "那个啥能给俺免掉点不嘞嘛呗"
    customer.ask(odd)
    customer.ask("转人工")

    page = sign_in("wang")
    page.goto(project.url + "/inbox")
    group = page.locator("form.group", has_text=odd).first
    group.locator("select").select_option(ANSWER)
    group.locator("text=加进草稿").click()
    assert "学会" in told(page), told(page)
    assert page.locator("form.group", has_text=odd).count() == 0

    open_intent(page, project, ANSWER)
    assert page.locator("#sentences", has_text=odd).count() == 1
    page.fill("[data-hint]", "罚息能不能少收点")
    page.wait_for_selector("[data-hintbox] ul li", timeout=60_000)
    assert "%" in page.locator("[data-hintbox]").inner_text()

    page.goto(project.url + "/publish")
    begun = time.monotonic()
    page.locator("text=训练并比较").last.click()
    wait_until_quiet(page, project)
    assert page.locator("table.figures").count() == 1, page.locator("main").inner_text()
    page.fill("[name=message]", "收件箱里的减免问法")
    if page.locator("[name=reason]").count():
        page.fill("[name=reason]", "测试环境里的微小波动")
    page.locator("form button.main", has_text="发布").last.click()
    seen = wait_until_quiet(page, project)
    assert seen["publication"]["state"] == "published", seen
    assert time.monotonic() - begun < 240, "an example edit in under four minutes"
    assert project.git("log", "-1", "--format=%an|%s").strip() == "王编辑|收件箱里的减免问法"
    assert project.git("status", "--porcelain", "--untracked-files=no") == ""

    page.on("dialog", lambda dialog: dialog.accept())
    page.locator("tr", has_text="收件箱里的减免问法").locator("text=回退").click()
    seen = wait_until_quiet(page, project)
    assert seen["publication"]["state"] == "published", seen
    assert odd not in (project.folder / "data/faq/fees.yml").read_text()


def test_an_answer_goes_live_within_seconds_while_customers_keep_talking(sign_in, project):
    page = sign_in("lin")
    open_intent(page, project, ANSWER)
    area = page.locator(f"#utter_{ANSWER} textarea")
    area.fill(NEW_LINE + "\n" + area.input_value().split("\n", 1)[1])
    page.locator(f"#utter_{ANSWER} button.main").click()
    assert "检查通过" in told(page), told(page)
    page.goto(project.url + "/publish")
    page.locator("text=训练并比较").last.click()
    wait_until_quiet(page, project)

    answered, stop = [], threading.Event()

    def talk(number):
        customer = Customer(project)
        while not stop.is_set():
            begun = time.monotonic()
            answered.append(bool(customer.ask("怎么还款")))
            time.sleep(max(0.0, 2.5 - (time.monotonic() - begun)))

    talkers = [threading.Thread(target=talk, args=(number,)) for number in range(5)]
    for talker in talkers:
        talker.start()
    page.fill("[name=message]", "减免的答案先安慰一句")
    page.locator("form button.main", has_text="发布").last.click()
    seen = wait_until_quiet(page, project)
    stop.set()
    for talker in talkers:
        talker.join()
    assert seen["publication"]["state"] == "published", seen
    assert all(answered) and len(answered) >= 5
    assert "先别急" in Customer(project).ask("能不能减免罚息")
    page.locator("tr", has_text="减免的答案先安慰一句").locator("a").first.click()
    took = float(re.search(r"上线用了 ([\d.]+) 秒", page.locator("main").inner_text())[1])
    assert took < 15, took


def test_a_faulty_answer_cannot_be_published(sign_in, project):
    page = sign_in("lin")
    open_intent(page, project, ANSWER)
    area = page.locator(f"#utter_{ANSWER} textarea")
    area.fill("三天内不上征信，最多罚 99 元。[ADVICE]")
    page.locator(f"#utter_{ANSWER} button.main").click()
    assert "错误" in told(page)
    page.goto(project.url + "/publish")
    page.locator("text=训练并比较").last.click()
    wait_until_quiet(page, project)
    assert "个错误" in page.locator("main").inner_text()
    assert page.locator("[name=message]").count() == 0
    page.goto(project.url + "/draft")
    page.check("[name=sure]")
    page.locator("text=清空草稿").click()
    assert "和已发布的一样" in page.locator("main").inner_text()


def test_kill_9_in_the_middle_of_a_publication_loses_nothing(sign_in, project):
    page = sign_in("lin")
    open_intent(page, project, "fee_legality")
    area = page.locator("#utter_fee_legality textarea")
    area.fill(area.input_value() + "\n下一步补充：把合同拍照留存。")
    page.locator("#utter_fee_legality button.main").click()
    assert "检查通过" in told(page), told(page)
    page.goto(project.url + "/publish")
    page.fill("[name=message]", "留存合同的提醒")
    page.locator("form button.main", has_text="发布").last.click()
    time.sleep(2.0)
    project.kill("console")
    assert Customer(project).ask("怎么还款"), "the chat goes on without the console"
    project.start("console")
    page.goto(project.url + "/publish")
    seen = wait_until_quiet(page, project)
    assert seen["publication"]["state"] == "published", seen
    assert "把合同拍照留存" in Customer(project).ask("利息合法吗，有没有上限")
    assert project.git("status", "--porcelain", "--untracked-files=no") == ""


@pytest.mark.parametrize(
    "path", ["/", "/topics", f"/intents/{ANSWER}", "/inbox", "/publish", "/facts", "/queues", "/try"]
)
def test_pages_fit_a_tablet_and_pass_axe(sign_in, project, path):
    from axe_playwright_python.sync_playwright import Axe

    page = sign_in("lin", TABLET)
    page.goto(project.url + path)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")
    found = Axe().run(page).response["violations"]
    serious = [(v["id"], v["nodes"][0]["html"][:120]) for v in found if v["impact"] in ("serious", "critical")]
    assert serious == []


def test_the_keyboard_reaches_search_and_saves(sign_in, project):
    page = sign_in("lin")
    open_intent(page, project, ANSWER)
    page.keyboard.press("/")
    page.keyboard.type("罚息")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=搜索「罚息」")
    open_intent(page, project, ANSWER)
    page.focus(f"#utter_{ANSWER} [name=question]")
    page.keyboard.press("Control+s")
    page.wait_for_selector("text=一个字节也没动")


def test_passwords_are_hashed_and_appear_nowhere(project):
    content = b"".join(p.read_bytes() for p in (project.folder / "var").glob("finlit.db*"))
    assert b"$argon2id$" in content
    assert not any(password.encode() in content for password in PASSWORDS.values())
