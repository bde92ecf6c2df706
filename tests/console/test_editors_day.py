"""An editor's day in real browsers: two people, one project, a running assistant."""

import time

from tests.console.acting import Customer, edit_answer, measure, open_intent, publish, told, wait_until_quiet, within

ANSWER = "fee_waiver"
ODD = "那个啥能给俺免掉点不嘞嘛呗"


def test_an_editors_day(sign_in, project):
    """Inbox, assign, edit, hint, try, train, compare, publish, see it in the running chat, take it back."""
    customer = Customer(project)
    customer.ask(ODD)
    customer.ask("转人工")

    page = sign_in("wang")
    page.goto(project.url + "/inbox")
    group = page.locator("form.group", has_text=ODD).first
    group.locator("select").select_option(ANSWER)
    group.get_by_role("button", name="加进草稿").click()
    assert "学会" in told(page), told(page)
    assert page.locator("form.group", has_text=ODD).count() == 0

    open_intent(page, project, ANSWER)
    assert page.locator("#sentences", has_text=ODD).count() == 1
    page.fill("[data-hint]", "罚息能不能少收点")
    page.wait_for_selector("[data-hintbox] ul li", timeout=60_000)
    assert "%" in page.locator("[data-hintbox]").inner_text()
    page.fill("[data-hint]", "")
    edit_answer(page, project, ANSWER, "下一步：", "下一步：先别急，")

    begun = time.monotonic()
    measure(page, project)
    assert page.locator("table.figures").count() == 1, page.locator("main").inner_text()

    page.goto(project.url + "/try")
    page.fill("#try [name=text]", "能不能减免罚息")
    page.click("#try button.main")
    page.wait_for_selector("[data-side=draft] .assistant", timeout=60_000)
    page.wait_for_selector("[data-side=published] .assistant", timeout=60_000)
    assert "先别急" in page.locator("[data-side=draft]").inner_text()
    assert "先别急" not in page.locator("[data-side=published]").inner_text()

    page.goto(project.url + "/publish")
    publish(page, "收件箱里的减免问法")
    seen = wait_until_quiet(page, project)
    assert seen["publication"]["state"] == "published", seen
    assert time.monotonic() - begun < within(240), "an example edit in under four minutes"
    assert project.git("log", "-1", "--format=%an|%s").strip() == "王编辑|收件箱里的减免问法"
    assert project.git("status", "--porcelain", "--untracked-files=no") == ""
    assert "先别急" in Customer(project).ask(ODD)

    other = sign_in("lin")
    other.goto(project.url + "/publish")
    other.on("dialog", lambda dialog: dialog.accept())
    begun = time.monotonic()
    other.locator("tr", has_text="收件箱里的减免问法").get_by_role("button", name="回退").click()
    seen = wait_until_quiet(other, project)
    assert seen["publication"]["state"] == "published", seen
    assert ODD not in (project.folder / "data/faq/fees.yml").read_text()
    assert "先别急" not in Customer(project).ask("能不能减免罚息")
    assert "rollback" not in project.git("branch", "--list", "draft/*")
