import asyncio
import hashlib
from datetime import datetime, timedelta

import pytest

from finlit import settings
from finlit.secret_checks import DEVELOPMENT_KEY
from finlit.settings import SettingsError, parse
from tests import wechat


def secret(purpose):
    """Return a secret such as a production has one for each purpose."""
    return hashlib.sha256(purpose.encode()).hexdigest()


GOOD_SECRET = secret("sessions")
PRODUCTION = {
    "FINLIT_ENV": "production",
    "FINLIT_SESSION_SECRET": GOOD_SECRET,
    "FINLIT_IDENTITY_KEY": secret("identity"),
    "FINLIT_CODE_WEBHOOK_URL": "https://gateway.example/code",
    "FINLIT_CODE_WEBHOOK_SECRET": secret("codes"),
}


def test_production_refuses_to_start_without_a_real_secret():
    with pytest.raises(SettingsError, match="FINLIT_SESSION_SECRET"):
        parse({"FINLIT_ENV": "production"})
    with pytest.raises(SettingsError, match="32"):
        parse({"FINLIT_ENV": "production", "FINLIT_SESSION_SECRET": "short"})
    assert parse(PRODUCTION).is_production


def test_production_refuses_a_fixed_clock():
    with pytest.raises(SettingsError, match="FINLIT_NOW"):
        parse(PRODUCTION | {"FINLIT_NOW": "2026-11-23T10:00"})
    with pytest.raises(SettingsError, match="FINLIT_CLOCK_SHIFT"):
        parse(PRODUCTION | {"FINLIT_CLOCK_SHIFT": "-60"})


def test_production_draws_unpredictably_and_tests_repeatably():
    with pytest.raises(SettingsError, match="FINLIT_RANDOM_SEED"):
        parse(PRODUCTION | {"FINLIT_RANDOM_SEED": "1"})
    seeded = parse({"FINLIT_RANDOM_SEED": "1"})
    assert seeded.randomness().random() == seeded.randomness().random()
    assert parse({}).randomness().random() != parse({}).randomness().random()


def test_development_makes_a_secret_of_its_own_each_time():
    assert parse({}).session_secret != parse({}).session_secret


@pytest.mark.parametrize(
    ("name", "value"),
    [("FINLIT_PORT", "http"), ("FINLIT_PORT", "70000"), ("FINLIT_PROCESSES", "0"), ("FINLIT_PROCESSES", "zwei"), ("FINLIT_ENV", "prod"), ("FINLIT_NOW", "gestern"), ("FINLIT_CLOCK_SHIFT", "bald"),
     ("FINLIT_MESSAGES_PER_MINUTE", "-1"), ("FINLIT_MESSAGE_MAX_CHARS", "viel")],
)  # fmt: skip
def test_a_wrong_value_is_named_in_one_chinese_line(name, value):
    with pytest.raises(SettingsError, match=name) as caught:
        parse({name: value})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("url", ["postgres://finlit:secret@host/db", "mysql://finlit:secret@host/db", "finlit.db"])
def test_an_address_of_no_known_database_is_refused_and_its_password_not_shown(url):
    with pytest.raises(SettingsError, match="DATABASE_URL.*postgresql://") as caught:
        parse({"DATABASE_URL": url})
    assert "secret" not in str(caught.value)


def test_settings_in_a_stack_trace_show_no_secret():
    shown = repr(parse({"DATABASE_URL": "postgresql://finlit:hunter2@host/db", "FINLIT_SESSION_SECRET": GOOD_SECRET}))
    assert "hunter2" not in shown and GOOD_SECRET not in shown


def test_a_fixed_time_is_in_shanghai():
    assert parse({"FINLIT_NOW": "2026-11-23T10:00"}).now().isoformat() == "2026-11-23T10:00:00+08:00"


def test_an_override_holds_in_its_block_in_tasks_and_in_threads_and_nowhere_else():
    before = settings.load()
    moment = datetime(2030, 1, 2, 3, 4, tzinfo=settings.SHANGHAI)

    async def seen():
        return await asyncio.gather(
            asyncio.create_task(asyncio.to_thread(lambda: settings.load().database_url)),
            asyncio.create_task(asyncio.to_thread(lambda: settings.load().now())),
        )

    with settings.overridden(database_url="sqlite:///elsewhere.db", fixed_now=moment):
        assert asyncio.run(seen()) == ["sqlite:///elsewhere.db", moment]
        with settings.overridden(fixed_now=moment + timedelta(minutes=16)):
            assert settings.load().database_url == "sqlite:///elsewhere.db"
            assert settings.load().now() == moment + timedelta(minutes=16)
        assert settings.load().now() == moment
    assert settings.load() is before


def test_an_override_ends_even_when_its_block_fails_and_knows_its_settings():
    before = settings.load()
    with pytest.raises(RuntimeError), settings.overridden(port=1):
        raise RuntimeError
    assert settings.load() is before
    with pytest.raises(TypeError), settings.overridden(databse_url="x"):
        pass


def test_two_conversations_at_once_each_keep_their_own_clock():
    async def clock(day):
        with settings.overridden(fixed_now=datetime(2030, 1, day, tzinfo=settings.SHANGHAI)):
            await asyncio.sleep(0.01)
            return settings.load().now().day

    async def both():
        return await asyncio.gather(clock(1), clock(2))

    assert asyncio.run(both()) == [1, 2]


def test_without_its_settings_wechat_is_off():
    assert parse({}).wechat is None


def test_with_its_settings_wechat_is_on_and_no_secret_shows_in_a_log():
    settings = parse(wechat.environment())
    assert settings.wechat.mode == "safe" and len(settings.wechat.aes_key) == 32
    for name in ("WECHAT_TOKEN", "WECHAT_APP_SECRET", "WECHAT_ENCODING_AES_KEY"):
        assert wechat.environment()[name] not in repr(settings)
    assert str(settings.wechat.aes_key) not in repr(settings)


@pytest.mark.parametrize(
    "change, named",
    [
        ({"WECHAT_TOKEN": ""}, "WECHAT_TOKEN"),
        ({"WECHAT_TOKEN": "a b"}, "WECHAT_TOKEN"),
        ({"WECHAT_APP_SECRET": ""}, "WECHAT_APP_SECRET"),
        ({"WECHAT_ENCODING_AES_KEY": "short"}, "WECHAT_ENCODING_AES_KEY"),
        ({"WECHAT_MODE": "none"}, "WECHAT_MODE"),
        ({"WECHAT_ACCOUNT_TYPE": "vip"}, "WECHAT_ACCOUNT_TYPE"),
        ({"WECHAT_API_BASE": "http://evil.example"}, "WECHAT_API_BASE"),
        ({"WECHAT_API_BASE": "http://127.0.0.1.evil.example:80"}, "WECHAT_API_BASE"),
    ],
)
def test_wrong_wechat_settings_are_named(change, named):
    with pytest.raises(SettingsError, match=named):
        parse(wechat.environment() | change)


@pytest.mark.parametrize(
    "change, named",
    [
        ({"WECHAT_MODE": "plain"}, "plain"),
        ({"WECHAT_TOKEN": "short"}, "WECHAT_TOKEN"),
        ({"WECHAT_APP_SECRET": "x" * 32}, "WECHAT_APP_SECRET"),
        ({"WECHAT_ENCODING_AES_KEY": wechat.AES_KEY}, "WECHAT_ENCODING_AES_KEY"),
        ({"WECHAT_ENCODING_AES_KEY": "A" * 43}, "WECHAT_ENCODING_AES_KEY"),
        ({"WECHAT_API_BASE": "http://127.0.0.1:5999"}, "WECHAT_API_BASE"),
    ],
)
def test_production_takes_no_weak_wechat_settings(change, named):
    account = wechat.environment() | {
        "WECHAT_APP_SECRET": secret("wechat")[:32], "WECHAT_ENCODING_AES_KEY": secret("aes")[:43],
    }  # fmt: skip
    assert parse(PRODUCTION | account).wechat
    with pytest.raises(SettingsError, match=named):
        parse(PRODUCTION | account | change)


def test_widget_origins_are_whole_origins_and_https_in_production():
    assert parse({"FINLIT_WIDGET_ORIGINS": "https://a.example, http://localhost:5710"}).widget_origins == (
        "https://a.example", "http://localhost:5710",
    )  # fmt: skip
    for wrong in ("https://a.example/path", "*", "https://*.example", "a.example", "https://a.example; script-src *"):
        with pytest.raises(SettingsError, match="FINLIT_WIDGET_ORIGINS"):
            parse({"FINLIT_WIDGET_ORIGINS": wrong})
    with pytest.raises(SettingsError, match="https"):
        parse(PRODUCTION | {"FINLIT_WIDGET_ORIGINS": "http://a.example"})


def test_trusted_proxies_are_addresses_or_networks():
    assert len(parse({"FINLIT_TRUSTED_PROXIES": "10.0.0.1,10.1.0.0/16"}).trusted_proxies) == 2
    with pytest.raises(SettingsError, match="FINLIT_TRUSTED_PROXIES"):
        parse({"FINLIT_TRUSTED_PROXIES": "everybody"})


@pytest.mark.parametrize(
    "change, named",
    [
        ({"FINLIT_CODE_SENDER": "console"}, "终端"),
        ({"FINLIT_CODE_WEBHOOK_URL": "http://gateway.example"}, "FINLIT_CODE_WEBHOOK_URL"),
        ({"FINLIT_CODE_WEBHOOK_URL": ""}, "FINLIT_CODE_WEBHOOK_URL"),
        ({"FINLIT_CODE_WEBHOOK_SECRET": "short"}, "FINLIT_CODE_WEBHOOK_SECRET"),
        ({"FINLIT_IDENTITY_KEY": ""}, "FINLIT_IDENTITY_KEY"),
        ({"FINLIT_HOST_TOKEN_SECRET": "short"}, "FINLIT_HOST_TOKEN_SECRET"),
    ],
)
def test_production_starts_with_no_weak_way_to_prove_who_one_is(change, named):
    assert parse(PRODUCTION).identity.code_sender == "webhook"
    with pytest.raises(SettingsError, match=named):
        parse(PRODUCTION | change)


@pytest.mark.parametrize(
    "name",
    ["FINLIT_SESSION_SECRET", "FINLIT_IDENTITY_KEY", "FINLIT_CODE_WEBHOOK_SECRET", "FINLIT_HOST_TOKEN_SECRET"],
)
@pytest.mark.parametrize("worthless", ["x" * 40, "ab" * 20, "abcdefghijklmnopqrstuvwxyz012345", DEVELOPMENT_KEY])
def test_production_takes_no_secret_that_nobody_drew_at_random(name, worthless):
    with pytest.raises(SettingsError, match=name) as refused:
        parse(PRODUCTION | {name: worthless})
    assert worthless not in str(refused.value)


def test_production_takes_no_secret_for_two_purposes():
    with pytest.raises(SettingsError, match="FINLIT_SESSION_SECRET 和 FINLIT_IDENTITY_KEY 是同一个值"):
        parse(PRODUCTION | {"FINLIT_IDENTITY_KEY": GOOD_SECRET})


def test_without_account_answers_nobody_has_to_set_up_a_gateway_but_the_terminal_stays_refused():
    off = {"FINLIT_ENV": "production", "FINLIT_SESSION_SECRET": GOOD_SECRET, "FINLIT_ACCOUNT_ANSWERS": "off"}
    assert parse(off).identity.account_answers is False
    with pytest.raises(SettingsError, match="终端"):
        parse(off | {"FINLIT_CODE_SENDER": "console"})


@pytest.mark.parametrize(
    "name, value",
    [("FINLIT_ACCOUNT_ANSWERS", "maybe"), ("FINLIT_CODE_SENDER", "pigeon"), ("FINLIT_WECHAT_REVERIFY_DAYS", "0"),
     ("FINLIT_CODE_WEBHOOK_TIMEOUT", "long")],
)  # fmt: skip
def test_wrong_identity_settings_are_named(name, value):
    with pytest.raises(SettingsError, match=name):
        parse({name: value})


def test_no_secret_of_the_identity_settings_shows_in_a_log():
    shown = repr(parse(PRODUCTION | {"FINLIT_HOST_TOKEN_SECRET": secret("host")}))
    assert not [each for each in ("sessions", "identity", "codes", "host") if secret(each) in shown]
