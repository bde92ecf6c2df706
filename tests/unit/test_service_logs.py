import io
import json
import logging

import pytest
import structlog

from finlit import masked_logs, request_id, service_logs, settings
from finlit.settings import SettingsError, overridden

PHONE = "13812345678"


@pytest.fixture
def logged(monkeypatch):
    """Begin to log in a form; the lines that were written."""
    before = logging.getLogRecordFactory(), structlog.get_config()
    root, levels = logging.getLogger(), {name: logging.getLogger(name).level for name in service_logs.OWN}
    handlers = list(root.handlers)
    written = io.StringIO()
    masked_logs.install(logging.ERROR)

    def begin(**changes):
        monkeypatch.setattr("sys.stderr", written)
        with overridden(**changes) as current:
            service_logs.begin("assistant", current)
        return lambda: written.getvalue().splitlines()

    yield begin
    for handler in set(root.handlers) - set(handlers):
        root.removeHandler(handler)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    logging.setLogRecordFactory(before[0])
    structlog.configure(**before[1])


def test_json_lines_say_who_for_which_request_and_what(logged):
    lines = logged(log_format="json")
    name = request_id.begin("request-0001")
    logging.getLogger("finlit.channels.web").info("answered %s", "well", extra={"fields": {"milliseconds": 3}})
    line = json.loads(lines()[0])
    assert line.pop("time").endswith("+08:00")
    assert line == {
        "level": "info", "process": "assistant", "request": name, "logger": "finlit.channels.web",
        "message": "answered well", "milliseconds": 3,
    }  # fmt: skip


@pytest.mark.parametrize("form", ["text", "json"])
def test_message_fields_and_traceback_are_masked_in_either_form(logged, form):
    lines = logged(log_format=form)
    try:
        raise ValueError(f"no such phone {PHONE}")
    except ValueError:
        logging.getLogger("finlit").exception("%s failed", PHONE, extra={"fields": {"about": PHONE}})
    said = "\n".join(lines())
    assert PHONE not in said and said.count("138****5678") == 3 and "ValueError" in said
    assert form == "text" or len(lines()) == 1


def test_fields_cannot_pretend_to_be_another_request_or_process(logged):
    lines = logged(log_format="json")
    request_id.begin("request-0001")
    logging.getLogger("finlit").info("x", extra={"fields": {"request": "other", "process": "other"}})
    line = json.loads(lines()[0])
    assert (line["request"], line["process"]) == ("request-0001", "assistant")


def test_text_lines_name_the_request_and_the_level_is_a_setting(logged):
    lines = logged(log_format="text", log_level="warning")
    request_id.begin("request-0001")
    logging.getLogger("finlit.x").info("not worth a line")
    logging.getLogger("finlit.x").warning("look here", extra={"fields": {"status": 503}})
    (line,) = lines()
    assert line.endswith("WARNING assistant [request-0001] finlit.x: look here status=503")


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "new\nline-0123", "空格空格空格空格"])
def test_a_name_that_is_no_name_is_replaced(given):
    name = request_id.begin(given)
    assert name != given and len(name) == 16 and request_id.current() == name


@pytest.mark.parametrize(("setting", "value"), [("FINLIT_LOG_FORMAT", "xml"), ("FINLIT_LOG_LEVEL", "debug")])
def test_forms_and_levels_that_do_not_exist_are_refused(setting, value):
    with pytest.raises(SettingsError, match=setting):  # debug would write what customers say
        settings.parse({setting: value})
