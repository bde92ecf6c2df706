"""Changing content in a draft: previews, hints, two people, saving the smallest change, the keyboard."""

from playwright.sync_api import expect

from tests.console.acting import empty_draft, measure, open_intent, told

ANSWER = "fee_waiver"


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


def test_two_windows_do_not_overwrite_each_other_in_the_same_draft(sign_in, project):
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
    first.get_by_role("button", name="撤销这一次").first.click()
    open_intent(first, project, "fee_dispute")
    assert first.locator("#utter_fee_dispute [name=question]").input_value() == was
    empty_draft(first, project)


def test_saving_without_a_change_leaves_git_clean(sign_in, project):
    """Every content file as text, every answer of every intent, every concept, every fact."""
    page = sign_in("lin")
    folder = project.folder / "var/drafts/lin"
    head = project.git("rev-parse", "HEAD", cwd=folder)
    pages = []
    for listed, pattern in (
        ("/files", "a[href^='/files/']"),
        ("/topics", "a[href^='/intents/']"),
        ("/facts", "a[href^='/facts/']"),
    ):
        page.goto(project.url + listed)
        pages += page.eval_on_selector_all(f"main {pattern}", "links => links.map(link => link.href)")
    pages += [project.url + path for path in ("/lexicon", "/words")]
    forms = 0
    for address in dict.fromkeys(pages):
        forms += page.evaluate(SAVE_ALL, address)
    assert forms > 200, forms
    assert project.git("rev-parse", "HEAD", cwd=folder) == head
    assert project.git("status", "--porcelain", cwd=folder) == ""


# Sends every form of a page that saves content exactly as the page shows it; returns how many.
SAVE_ALL = """async address => {
  const page = new DOMParser().parseFromString(await (await fetch(address)).text(), 'text/html');
  let sent = 0;
  for (const form of page.querySelectorAll('form[data-saves]')) {
    const body = new URLSearchParams(new FormData(form));
    const answer = await fetch(new URL(form.getAttribute('action') || address, address), {method: 'POST', body});
    const told = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('main .told');
    if (!told || !told.textContent.includes('一个字节也没动')) throw new Error(address + ': ' + (told && told.textContent));
    sent += 1;
  }
  return sent;
}"""


def test_a_faulty_answer_cannot_be_published(sign_in, project):
    page = sign_in("lin")
    open_intent(page, project, ANSWER)
    page.locator(f"#utter_{ANSWER} textarea").fill("三天内不上征信，最多罚 99 元。[ADVICE]")
    page.locator(f"#utter_{ANSWER} button.main").click()
    assert "错误" in told(page)
    measure(page, project)
    assert "个错误" in page.locator("main").inner_text()
    assert page.locator("[name=message]").count() == 0
    empty_draft(page, project)


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


def test_a_question_of_the_quiz_a_prompt_of_a_task_and_a_word_are_changed_without_seeing_a_file(sign_in, project):
    page = sign_in("lin")
    page.goto(project.url + "/quiz/overdue-jail")
    page.fill("[name=D]", "会被限制出行")
    page.get_by_role("button", name="存进草稿").click()
    assert "检查通过" in told(page), told(page)
    page.goto(project.url + "/answers/utter_fee_penalty_calculate_ask_amount")
    card = page.locator("[id=utter_fee_penalty_calculate_ask_amount]")  # it stands among its task's other answers
    area = card.locator("textarea[name=text]")
    area.fill(area.input_value().replace("请给一个数", "请写一个数"))
    card.get_by_role("button", name="存进草稿").click()
    assert "检查通过" in told(page), told(page)
    page.goto(project.url + "/words?sentence=循环贷能停催吗")
    assert "循环贷" not in page.locator(".cut .tag").all_inner_texts()
    page.fill("[name=words]", "循环贷，停催")
    page.get_by_role("button", name="加进草稿").click()
    assert "检查通过" in told(page), told(page)
    page.goto(project.url + "/words?sentence=循环贷能停催吗")
    assert {"循环贷", "停催"} <= set(page.locator(".cut .tag").all_inner_texts())
    changed = project.git("diff", "--stat", "main", cwd=project.folder / "var/drafts/lin")
    assert "4 insertions(+), 1 deletion(-)" in changed, changed
    empty_draft(page, project)
