"""The page looks as it did: compared pictures. Renew them with UPDATE_SCREENSHOTS=1, and look at them."""

import io
import os
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageFilter

from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.states import ANSWER, CRISIS, PROMPT, TABLE, show
from tests.browser.talking import write

SCREENSHOTS = Path(__file__).parent / "screenshots"
SIZES = {"phone": PHONE, "desktop": DESKTOP}
MOST_CHANGED = 0.01  # share of the pixels; a line that moves changes more, the edges of letters less
VISIBLE = 48  # of 255


def compare(page, name):
    page.evaluate("document.activeElement.blur()")
    page.mouse.move(0, 0)
    page.wait_for_timeout(150)
    seen = Image.open(io.BytesIO(page.screenshot(animations="disabled", caret="hide"))).convert("RGB")
    baseline = SCREENSHOTS / f"{name}.png"
    if os.environ.get("UPDATE_SCREENSHOTS"):
        SCREENSHOTS.mkdir(exist_ok=True)
        seen.quantize(128).save(baseline, optimize=True)
    expected = Image.open(baseline).convert("RGB")
    assert seen.size == expected.size
    soft = [picture.filter(ImageFilter.BoxBlur(1)) for picture in (seen, expected)]
    difference = ImageChops.difference(*soft).convert("L")
    changed = sum(difference.histogram()[VISIBLE:]) / (seen.size[0] * seen.size[1])
    if changed >= MOST_CHANGED:
        seen.save(SCREENSHOTS / f"{name}.seen.png")
    assert changed < MOST_CHANGED, f"{changed:.1%} of {name} changed; compare it with {name}.seen.png"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("name", "turns", "options"),
    [
        ("welcome", [], {}),
        ("answer", [ANSWER], {}),
        ("answer-dark", [ANSWER], {"color_scheme": "dark"}),
        ("verified", [ANSWER], {"more": {"verified": True}}),
        ("form", [PROMPT], {}),
        ("table", [TABLE], {}),
        ("table-dark", [TABLE], {"color_scheme": "dark"}),
        ("crisis", [CRISIS], {}),
    ],
)
def test_a_state_looks_as_it_did(open_page, size, name, turns, options):
    compare(show(open_page, turns, SIZES[size], **options), f"{name}-{size}")


@pytest.mark.parametrize("size", SIZES)
def test_an_error_looks_as_it_did(open_page, size):
    page = show(open_page, [ANSWER], SIZES[size])
    page.route("**/webhooks/web/message*", lambda route: route.fulfill(status=503, json={"error": "trouble"}))
    write(page, "能减免吗")
    page.locator("#notice[data-kind=trouble]").wait_for()
    page.locator("#typing").wait_for(state="hidden")
    compare(page, f"error-{size}")


@pytest.mark.parametrize("size", SIZES)
def test_being_offline_looks_as_it_did(open_page, size):
    page = show(open_page, [ANSWER], SIZES[size])
    page.context.set_offline(True)
    page.locator("#notice[data-kind=offline]").wait_for()
    write(page, "能减免吗")
    page.locator("#typing").wait_for(state="hidden")
    page.locator(".pending .state:has-text('待发送')").wait_for()
    compare(page, f"offline-{size}")


def test_the_menu_looks_as_it_did(open_page):
    page = show(open_page, [ANSWER], PHONE)
    page.click("#menu-button")
    compare(page, "menu-phone")
