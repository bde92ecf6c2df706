"""Who may come into the console: passwords, limits, sessions that end."""

from datetime import timedelta

import pytest

from finlit.console import accounts
from finlit.db.tables import ConsoleSession, ConsoleUser
from tests.conftest import NOW

PASSWORD = "correct horse 8"


@pytest.fixture
def lin(session):
    return accounts.add_user(session, "lin", "林编辑", "lin@example.org", "editor", PASSWORD, NOW)


def sign_in(session, password=PASSWORD, now=NOW, name="lin", address="10.0.0.1"):
    return accounts.sign_in(session, name, password, address, now)


def test_a_password_is_stored_as_argon2_only(session, lin):
    assert lin.password_hash.startswith("$argon2id$") and PASSWORD not in lin.password_hash


@pytest.mark.parametrize(
    ("name", "role", "password"),
    [("lin", "editor", "short"), ("lin", "editor", "aaaaaaaaaaaa"), ("lin", "editor", "my lin password"),
     ("Lin x", "editor", PASSWORD), ("lin", "owner", PASSWORD)],
)  # fmt: skip
def test_a_weak_password_or_a_bad_name_or_role_is_refused(session, name, role, password):
    with pytest.raises(accounts.Refused):
        accounts.add_user(session, name, "林", "lin@example.org", role, password, NOW)


def test_a_session_belongs_to_its_token_and_ends_by_idleness_and_by_age(session, lin):
    token = sign_in(session)
    assert accounts.editor_of(session, token, NOW).name == "lin"
    assert accounts.editor_of(session, token + "x", NOW) is None
    assert accounts.editor_of(session, token, NOW + accounts.IDLE) is None
    for minutes in range(0, 12 * 60, 30):
        seen = accounts.editor_of(session, token, NOW + timedelta(minutes=minutes))
        assert seen is not None, minutes
    assert accounts.editor_of(session, token, NOW + accounts.LONGEST) is None
    assert token not in [row.token_hash for row in session.query(ConsoleSession)]


def test_after_five_failures_even_the_right_password_waits(session, lin):
    for _ in range(5):
        assert sign_in(session, "wrong") is None
    with pytest.raises(accounts.Refused, match="15 分钟"):
        sign_in(session)
    assert sign_in(session, now=NOW + timedelta(minutes=16))


def test_one_address_cannot_try_many_names(session, lin):
    for number in range(20):
        sign_in(session, name=f"name{number}")
    with pytest.raises(accounts.Refused):
        sign_in(session)
    assert sign_in(session, address="10.0.0.2")


def test_a_disabled_account_is_out_at_once_and_a_new_password_ends_its_sessions(session, lin):
    token = sign_in(session)
    lin.disabled_at = NOW
    assert accounts.editor_of(session, token, NOW) is None and sign_in(session) is None
    lin.disabled_at = None
    accounts.set_password(session, session.get(ConsoleUser, "lin"), "another good 1")
    assert accounts.editor_of(session, token, NOW) is None
    assert sign_in(session, "another good 1")


def test_roles_include_those_below_them(session, lin):
    seen = accounts.editor_of(session, sign_in(session), NOW)
    assert [seen.may(role) for role in ("viewer", "editor", "publisher", "admin")] == [True, True, False, False]
    assert not accounts.csrf_is_right(seen, None) and not accounts.csrf_is_right(seen, "x")
    assert accounts.csrf_is_right(seen, seen.csrf)
