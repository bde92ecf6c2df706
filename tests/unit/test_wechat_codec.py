from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finlit.channels.wechat_codec import MOST_BODY_BYTES, Codec, Refused, parse_xml, to_xml
from tests import wechat

NOW = wechat.now()
MODES = ("plain", "compatible", "safe")
SEALED = ("compatible", "safe")


def decode(settings, query, body, now=NOW):
    return Codec(settings).decode(wechat.lists(query), body, now)


@pytest.mark.parametrize("mode", MODES)
def test_a_message_of_the_platform_is_read_in_each_mode(mode):
    settings = wechat.config(mode)
    incoming = decode(settings, *wechat.deliver(wechat.message("逾期会上征信吗"), settings, NOW))
    assert (incoming["Content"], incoming.kind, incoming.openid) == ("逾期会上征信吗", "text", "oUser_1")
    assert incoming.sealed is (mode != "plain")


@pytest.mark.parametrize("mode", MODES)
def test_the_address_is_verified_and_the_echo_returned(mode):
    settings = wechat.config(mode)
    query, _ = wechat.deliver(wechat.message(), settings, NOW)
    assert Codec(settings).verify_url(wechat.lists(query | {"echostr": "5927782489442352469"}), NOW) == (
        "5927782489442352469"
    )


@pytest.mark.parametrize(
    "change",
    [
        {"signature": "0" * 40},
        {"signature": ""},
        {"nonce": "other"},
        {"timestamp": "abc"},
        {"echostr": "<script>alert(1)</script>"},
        {"echostr": "1" * 200},
        {"echostr": ""},
    ],
)
def test_an_address_check_that_is_not_the_platforms_is_refused(change):
    settings = wechat.config()
    query, _ = wechat.deliver(wechat.message(), settings, NOW)
    with pytest.raises(Refused):
        Codec(settings).verify_url(wechat.lists(query | {"echostr": "123"} | change), NOW)


@pytest.mark.parametrize("mode", SEALED)
@pytest.mark.parametrize(
    "change",
    [{"msg_signature": "0" * 40}, {"msg_signature": ""}, {"nonce": "x"}, {"encrypt_type": ""}, {"encrypt_type": "raw"}],
)
def test_a_wrong_query_is_refused(mode, change):
    settings = wechat.config(mode)
    query, body = wechat.deliver(wechat.message(), settings, NOW)
    with pytest.raises(Refused):
        decode(settings, query | change, body)


@pytest.mark.parametrize("mode", SEALED)
def test_the_signature_is_no_substitute_for_the_msg_signature(mode):
    settings = wechat.config(mode)
    query, body = wechat.deliver(wechat.message(), settings, NOW)
    with pytest.raises(Refused):
        decode(settings, query | {"msg_signature": query["signature"]}, body)


@pytest.mark.parametrize("mode", SEALED)
def test_a_plain_message_with_a_valid_plain_signature_is_refused_where_messages_are_encrypted(mode):
    plain, sealed = wechat.config("plain"), wechat.config(mode)
    query, body = wechat.deliver(wechat.message("我欠多少"), plain, NOW)
    for change in ({}, {"encrypt_type": "aes"}, {"encrypt_type": "aes", "msg_signature": query["signature"]}):
        with pytest.raises(Refused):
            decode(sealed, query | change, body)


def test_compatible_mode_ignores_the_plain_part():
    settings = wechat.config("compatible")
    query, body = wechat.deliver(wechat.message("真的", openid="oReal"), settings, NOW)
    forged = body.replace("真的".encode(), "假的".encode()).replace(b"oReal", b"oFake")
    assert forged != body
    incoming = decode(settings, query, forged)
    assert (incoming["Content"], incoming.openid) == ("真的", "oReal")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_a_stale_or_future_timestamp_is_refused(mode, seconds):
    settings = wechat.config(mode)
    query, body = wechat.deliver(wechat.message(), settings, NOW + timedelta(seconds=seconds))
    with pytest.raises(Refused, match="timestamp"):
        decode(settings, query, body)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seconds", [-299, 0, 299])
def test_a_timestamp_within_the_window_is_believed(mode, seconds):
    settings = wechat.config(mode)
    query, body = wechat.deliver(wechat.message(), settings, NOW + timedelta(seconds=seconds))
    assert decode(settings, query, body).kind == "text"


def test_a_message_for_another_account_is_refused():
    settings, other = wechat.config(), wechat.config(WECHAT_APP_ID="wxother")
    with pytest.raises(Refused, match="another account"):
        decode(settings, *wechat.deliver(wechat.message(), other, NOW))


def test_a_parameter_given_twice_is_refused():
    settings = wechat.config()
    query, body = wechat.deliver(wechat.message(), settings, NOW)
    twice = wechat.lists(query) | {"msg_signature": [query["msg_signature"], "0" * 40]}
    with pytest.raises(Refused):
        Codec(settings).decode(twice, body, NOW)


def test_a_body_beyond_the_limit_is_not_even_parsed():
    settings = wechat.config()
    query, _ = wechat.deliver(wechat.message(), settings, NOW)
    with pytest.raises(Refused, match="large"):
        decode(settings, query, b"<" * (MOST_BODY_BYTES + 1))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"<xml>",
        b"<xml><Encrypt>a</Encrypt><Encrypt>b</Encrypt></xml>",
        b'<!DOCTYPE x [<!ENTITY e "boom">]><xml><Encrypt>&e;</Encrypt></xml>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><xml><Encrypt>a</Encrypt></xml>',
        b'<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1/x">%p;]><xml/>',
        b"<?xml-stylesheet href='x'?><xml><Encrypt>a</Encrypt></xml>",
        b"<xml>" + b"<a>" * 50 + b"</a>" * 50 + b"</xml>",
        b"<xml>" + b"<a/>" * 500 + b"</xml>",
        b"<xml><a>" + b"x" * 20_000 + b"</a></xml>",
        b"<xml><Encrypt>\xff\xfe</Encrypt></xml>",
        '<?xml version="1.0" encoding="utf-16"?><xml><Encrypt>a</Encrypt></xml>'.encode("utf-16"),
        b"<xml><Encrypt>&undefined;</Encrypt></xml>",
    ],
)
def test_hostile_xml_is_refused(body):
    with pytest.raises(Refused):
        parse_xml(body)


@pytest.mark.parametrize(
    "change",
    [
        {"FromUserName": ""},
        {"FromUserName": "a b"},
        {"FromUserName": "o" * 65},
        {"ToUserName": "<x>"},
        {"CreateTime": "yesterday"},
        {"CreateTime": "١٢٣"},
        {"MsgId": ""},
        {"MsgId": "-1"},
        {"MsgType": ""},
        {"MsgType": "te xt"},
        {"MsgType": "event"},
    ],
)
def test_decrypted_content_is_checked_too(change):
    settings = wechat.config()
    with pytest.raises(Refused):
        decode(settings, *wechat.deliver(wechat.message() | change, settings, NOW))


def test_nested_fields_are_read_by_their_path():
    xml = "<xml><Event>scancode_push</Event><ScanCodeInfo><ScanType>qrcode</ScanType><ScanResult>1</ScanResult></ScanCodeInfo></xml>"
    assert parse_xml(xml.encode())["ScanCodeInfo/ScanResult"] == "1"


def test_several_photos_in_one_event_are_no_doubled_field():
    item = "<item><PicMd5Sum>{}</PicMd5Sum></item>"
    xml = f"<xml><SendPicsInfo><PicList>{item.format('a')}{item.format('b')}</PicList></SendPicsInfo></xml>"
    assert parse_xml(xml.encode())["SendPicsInfo/PicList/item/PicMd5Sum"] == "a\nb"


def test_a_retry_has_the_same_key_and_another_body_another_hash():
    settings = wechat.config()
    fields = wechat.message(msg_id=7)
    first = decode(settings, *wechat.deliver(fields, settings, NOW, nonce="a"))
    retry = decode(settings, *wechat.deliver(fields, settings, NOW + timedelta(seconds=5), nonce="b"))
    forged = decode(settings, *wechat.deliver(fields | {"Content": "别的"}, settings, NOW))
    assert first.key == retry.key == forged.key
    assert first.body_hash == retry.body_hash != forged.body_hash


@pytest.mark.parametrize(
    "change", [{"FromUserName": "oOther"}, {"CreateTime": "1"}, {"MsgId": "8"}], ids=["person", "time", "id"]
)
def test_each_part_of_the_key_counts(change):
    settings = wechat.config()
    fields = wechat.message(msg_id=7)
    keys = {decode(settings, *wechat.deliver(each, settings, NOW)).key for each in (fields, fields | change)}
    assert len(keys) == 2


def test_two_events_of_one_second_are_two_when_event_or_event_key_differ():
    settings = wechat.config()
    events = [
        wechat.event("CLICK", created=5, EventKey="a"),
        wechat.event("CLICK", created=5, EventKey="b"),
        wechat.event("VIEW", created=5, EventKey="a"),
    ]
    assert len({decode(settings, *wechat.deliver(each, settings, NOW)).key for each in events}) == 3


@pytest.mark.parametrize("mode", MODES)
def test_a_reply_goes_back_to_the_sender_in_the_form_in_which_the_message_came(mode):
    settings = wechat.config(mode)
    codec = Codec(settings)
    incoming = decode(settings, *wechat.deliver(wechat.message(), settings, NOW))
    fields = parse_xml(codec.reply(incoming, "会。]]><x>&", NOW).encode())
    if mode != "plain":
        assert set(fields) == {"Encrypt", "MsgSignature", "TimeStamp", "Nonce"}
        wanted = wechat.sha1(settings.token, fields["TimeStamp"], fields["Nonce"], fields["Encrypt"])
        assert fields["MsgSignature"] == wanted
        fields = parse_xml(codec.decrypt(fields["Encrypt"]))
    assert fields["Content"] == "会。]]><x>&"
    assert (fields["ToUserName"], fields["FromUserName"]) == ("oUser_1", wechat.ACCOUNT)


@given(st.text(max_size=700))
def test_whatever_text_is_sent_comes_back_less_what_xml_cannot_hold(text):
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode(errors="ignore").decode()
    codec = Codec(wechat.config())
    got = parse_xml(codec.decrypt(codec.encrypt(to_xml({"Content": text}).encode())))["Content"]
    allowed = [
        c for c in text.replace("\r\n", "\n").replace("\r", "\n") if c in "\t\n" or " " <= c < "\ufffe" or c > "\uffff"
    ]
    assert got == "".join(allowed)


@given(st.binary(max_size=2000), st.dictionaries(st.text(max_size=15), st.lists(st.text(max_size=50), max_size=3)))
def test_no_request_whatever_does_anything_but_be_refused(body, query):
    for mode in MODES:
        codec = Codec(wechat.config(mode))
        for attempt in (lambda c=codec: c.decode(query, body, NOW), lambda c=codec: c.verify_url(query, NOW)):
            with pytest.raises(Refused):
                attempt()


@given(st.binary(max_size=200))
def test_no_cipher_text_whatever_does_anything_but_be_refused(raw):
    import base64

    settings = wechat.config()
    query, _ = wechat.deliver(wechat.message(), settings, NOW)
    cipher = base64.b64encode(raw).decode()
    query["msg_signature"] = wechat.sha1(settings.token, query["timestamp"], query["nonce"], cipher)
    with pytest.raises(Refused):
        decode(settings, query, to_xml({"Encrypt": cipher}).encode())


@pytest.mark.parametrize("text", ["还" * 10, "x" * 31, "x" * 32, "x" * 33])
def test_every_length_of_padding_is_undone(text):
    codec = Codec(wechat.config())
    for extra in range(33):
        content = (text + "y" * extra).encode()
        assert codec.decrypt(codec.encrypt(content)) == content
