"""Who may come into the console, and what a role may not do."""

from tests.console.acting import open_intent, told
from tests.console.conftest import PASSWORDS


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
    open_intent(page, project, "fee_waiver")
    assert page.locator("main button.main").count() == 0
    csrf = page.get_attribute("meta[name=csrf]", "content")
    status = page.evaluate(
        "async csrf => (await fetch('/measure', {method: 'POST', headers: {'X-CSRF-Token': csrf}})).status", csrf
    )
    assert status == 403
    assert page.goto(project.url + "/users").status == 403


def test_a_form_without_its_token_is_refused(sign_in, project):
    page = sign_in("lin")
    assert page.evaluate("async () => (await fetch('/measure', {method: 'POST'})).status") == 400


def test_passwords_are_hashed_and_appear_nowhere(project):
    content = b"".join(p.read_bytes() for p in (project.folder / "var").glob("finlit.db*"))
    assert b"$argon2id$" in content
    assert not any(password.encode() in content for password in PASSWORDS.values())
