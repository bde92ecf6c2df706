"""What editors and customers do, in the words of the tests."""

import http.cookiejar
import json
import os
import secrets
import time
import urllib.request


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


def within(seconds):
    """Return the seconds that a machine as busy as this one may take for what takes ``seconds`` on a free one.

    Two busy processes for each core are the assistant's, the console's and the customers' own.
    """
    return seconds * max(1.0, os.getloadavg()[0] / (2 * (os.cpu_count() or 1)))


def open_intent(page, project, label):
    page.goto(f"{project.url}/intents/{label}")
    page.wait_for_selector("form.edit")


def told(page):
    """Return the sentence that the console says about what was just done."""
    return page.locator("main .told").first.inner_text()


def progress(page, project):
    return page.request.get(f"{project.url}/progress", headers={"Accept": "application/json"}).json()


def wait_until_quiet(page, project, seconds=300):
    """Wait on the publish page until nothing is measured or published any more."""
    deadline = time.monotonic() + within(seconds)
    while time.monotonic() < deadline:
        seen = progress(page, project)
        if not seen["working"] and not (seen["open"] and seen["publication"]["state"] == "running"):
            page.goto(f"{project.url}/publish")
            return seen
        time.sleep(0.3)
    raise AssertionError(f"it took too long: {seen}")


def edit_answer(page, project, label, old, new):
    """Change some words of an intent's own answer and save."""
    open_intent(page, project, label)
    card = page.locator(f"#utter_{label}")
    area = card.locator("textarea[name=text]")
    assert old in area.input_value()
    area.fill(area.input_value().replace(old, new, 1))
    card.locator("button.main").click()
    assert "检查通过" in told(page), told(page)


def measure(page, project):
    """Train the draft, compare it, and wait for the report."""
    page.goto(f"{project.url}/publish")
    page.get_by_role("button", name="训练并比较").click()
    return wait_until_quiet(page, project)


def publish(page, message):
    """Ask for the publication of what stands in the draft; does not wait for its end."""
    page.fill("[name=message]", message)
    if page.locator("[name=reason]").count():
        page.fill("[name=reason]", "测试里的一句新问法带来的微小波动")
    page.get_by_role("button", name="发布", exact=True).click()


def empty_draft(page, project):
    page.goto(f"{project.url}/draft")
    if page.locator("[name=sure]").count():
        page.check("[name=sure]")
        page.get_by_role("button", name="清空草稿").click()
    assert "和已发布的一样" in page.locator("main").inner_text()
