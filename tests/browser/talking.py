"""What people do on the page, in their words."""


def answers(page):
    return page.locator("#log .answer")


def answer_number(page, number):
    answer = answers(page).nth(number - 1)
    answer.wait_for()
    return answer


def write(page, text):
    page.fill("#text", text)
    page.press("#text", "Enter")


def ask(page, text):
    """Say ``text`` and return the answer to it."""
    before = answers(page).count()
    write(page, text)
    return answer_number(page, before + 1)


def said(page):
    return page.locator("#log .customer .bubble").all_inner_texts()


def notice(page):
    strip = page.locator("#notice")
    strip.wait_for()
    return strip.inner_text()
