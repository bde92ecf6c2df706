"""``finlit wechat``: the command as an operator runs it, against the double of WeChat's API on loopback."""

import os
import subprocess

import pytest

from finlit.channels.wechat_double import WeChatDouble
from finlit.db import engine, schema
from finlit.settings import PROJECT_ROOT
from tests import wechat

TOKEN, MENU, SEND = "/cgi-bin/stable_token", "/cgi-bin/menu/get", "/cgi-bin/customservice/getkflist"


@pytest.fixture
def double():
    with WeChatDouble("wx0123456789abcdef", wechat.environment()["WECHAT_APP_SECRET"]) as started:
        yield started


@pytest.fixture
def finlit(double, database_url):
    """Run ``finlit wechat …``; return exit code, output and errors."""
    schema.migrate(engine.engine_for(database_url))

    def run(*arguments, mode="safe", account_type="service", **more):
        account = wechat.environment(mode, account_type, **{"WECHAT_API_BASE": double.url, **more})
        environment = {**os.environ, **account, "FINLIT_ENV": "test", "DATABASE_URL": database_url}
        command = [PROJECT_ROOT / ".venv" / "bin" / "finlit", "wechat", *arguments]
        done = subprocess.run(command, env=environment, cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=60)
        assert "Traceback" not in done.stderr
        assert not account["WECHAT_APP_SECRET"] or account["WECHAT_APP_SECRET"] not in done.stdout + done.stderr
        return done.returncode, done.stdout, done.stderr

    yield run
    engine.dispose(database_url)


def test_the_menu_is_shown_pushed_and_then_the_same_on_both_sides(finlit, double):
    code, said, _ = finlit("menu", "show")
    assert code == 1 and "线上的菜单和这里不一样" in said and "finlit wechat menu push" in said
    assert finlit("menu", "push")[0] == 0
    groups = double.menu["button"]
    assert 1 <= len(groups) <= 3
    assert {each["type"] for group in groups for each in group["sub_button"]} == {"click"}
    code, said, _ = finlit("menu", "show")
    assert code == 0 and "线上的菜单和这里一样" in said
    assert all(group["name"] in said for group in groups)
    double.menu["button"][0]["sub_button"][0]["name"] = "改过的"
    assert finlit("menu", "show")[0] == 1


def test_a_check_with_nothing_wrong_says_so_step_by_step(finlit, double):
    code, said, _ = finlit("check")
    assert code == 0 and "✗" not in said
    assert [line[0] for line in said.splitlines()] == ["✓"] * 4
    assert "还没有发布菜单" in said and "服务号" in said


@pytest.mark.parametrize(
    ("path", "error", "words"),
    [
        (TOKEN, 40164, "IP 白名单"),
        (TOKEN, 40001, "WECHAT_APP_SECRET"),
        (TOKEN, 40125, "AppSecret 不对"),
        (MENU, 48001, "没有这个接口的权限"),
        (SEND, 48001, "没有这个接口的权限"),
        (SEND, 45015, "48 小时"),
        (MENU, 99999, "as told"),
    ],
)
def test_what_the_platform_refuses_is_said_in_words(finlit, double, path, error, words):
    double.errors[path] = error
    code, said, _ = finlit("check")
    (line,) = [line for line in said.splitlines() if line.startswith("✗")]
    assert code == 1 and str(error) in line and words in line
    assert ("客服接口" in said) is (path != TOKEN), "without a token nothing else can be tried"


@pytest.mark.parametrize(("error", "words"), [(40164, "IP 白名单"), (48001, "没有这个接口的权限"), (40018, "太长")])
def test_a_menu_that_is_refused_says_why(finlit, double, error, words):
    double.errors["/cgi-bin/menu/create"] = error
    code, said, fault = finlit("menu", "push")
    assert code == 2 and words in fault and "已发布" not in said


def test_a_token_that_was_renewed_elsewhere_is_fetched_again_without_a_word(finlit, double):
    assert finlit("check")[0] == 0
    double.renew_token()  # the stored one answers 40001 now
    assert finlit("check")[0] == 0 and double.tokens_made == 3


def test_a_wrong_secret_and_an_unreachable_api_are_told_apart(finlit, double):
    code, said, _ = finlit("check", WECHAT_APP_SECRET="f" * 32)
    assert code == 1 and "40125" in said
    code, said, _ = finlit("check", WECHAT_API_BASE="http://127.0.0.1:9")
    assert code == 1 and "连不上 http://127.0.0.1:9" in said


def test_a_subscription_account_is_not_asked_for_what_it_cannot_have(finlit):
    code, said, _ = finlit("check", account_type="subscription")
    assert code == 0 and "订阅号" in said and "客服接口" not in said


def test_plain_mode_is_warned_of(finlit):
    code, said, _ = finlit("check", mode="plain")
    assert code == 0 and "! 明文模式：查账和核验身份不可用" in said


def test_without_an_account_a_set_of_values_to_try_with_is_given(finlit):
    code, _, fault = finlit(
        "check", WECHAT_TOKEN="", WECHAT_APP_ID="", WECHAT_APP_SECRET="", WECHAT_ENCODING_AES_KEY=""
    )
    assert code == 2 and "微信渠道没有开" in fault and "WECHAT_ENCODING_AES_KEY=" in fault
