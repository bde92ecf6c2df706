"""Every page on a tablet: nothing sticks out, nothing that a screen reader stumbles over."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.console.conftest import TABLET

PAGES = ("/", "/topics", "/intents/fee_waiver", "/inbox", "/publish", "/facts", "/facts/F-FEE-02", "/lexicon", "/words",
         "/files", "/queues", "/try", "/draft", "/problems", "/search?q=罚息", "/new-intent", "/users", "/me")  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_pages_fit_a_tablet_and_pass_axe(sign_in, project, path):
    page = sign_in("lin", TABLET)
    assert page.goto(project.url + path).status == 200
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")
    found = Axe().run(page).response["violations"]
    serious = [(v["id"], v["nodes"][0]["html"][:120]) for v in found if v["impact"] in ("serious", "critical")]
    assert serious == []
