import logging

import pytest
import structlog

from finlit import masked_logs

PHONE = "13812345678"


@pytest.fixture
def logged(tmp_path):
    """What a handler of the root logger writes to a file; the record factory is put back afterwards."""
    before = logging.getLogRecordFactory(), structlog.get_config()
    masked_logs.install(logging.DEBUG)
    handler = logging.FileHandler(tmp_path / "log", encoding="utf-8")
    logging.getLogger().addHandler(handler)
    yield lambda: (tmp_path / "log").read_text(encoding="utf-8")
    logging.getLogger().removeHandler(handler)
    handler.close()
    logging.setLogRecordFactory(before[0])
    structlog.configure(**before[1])


def test_a_message_of_any_logger_is_masked(logged):
    logging.getLogger("some.library").error("could not reach %s", PHONE)
    assert "could not reach 138****5678" in logged() and PHONE not in logged()


def test_the_text_of_an_exception_is_masked_too(logged):
    try:
        raise ValueError(f"bad phone {PHONE}")
    except ValueError:
        logging.getLogger("finlit").exception("failed")
    assert "ValueError: bad phone 138****5678" in logged() and PHONE not in logged()


def test_what_rasa_logs_through_structlog_is_masked(logged):
    structlog.get_logger("rasa.core").error("processor.message.parse", parse_data_text=f"我的号码{PHONE}")
    try:
        secret = PHONE
        raise KeyError(secret)
    except KeyError:
        structlog.get_logger("rasa.core").error("failed", exc_info=True)
    assert "138****5678" in logged() and PHONE not in logged()


def test_a_record_that_cannot_be_formatted_shows_nothing_of_its_arguments(logged, capsys):
    logging.getLogger("finlit").error("%d people", PHONE)
    assert masked_logs.UNREADABLE in logged()
    assert PHONE not in logged() + capsys.readouterr().err


def test_installing_twice_masks_once(logged):
    factory = logging.getLogRecordFactory()
    masked_logs.install(logging.DEBUG)
    assert logging.getLogRecordFactory() is factory
