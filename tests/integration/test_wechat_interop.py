"""Messages signed and encrypted by two other implementations, both ways: wechatpy (Python) and wechat-crypto (Node)."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from finlit.channels.wechat_codec import Codec, parse_xml, to_xml
from finlit.settings import PROJECT_ROOT
from tests import wechat

HERE = Path(__file__).parent / "interop"
COMMANDS = {
    "wechatpy": [str(PROJECT_ROOT / ".venv-tools" / "bin" / "python"), str(HERE / "crypt.py")],
    "wechat-crypto": ["node", str(HERE / "crypt.js")],
}
TEXTS = ["逾期会上征信吗", "a", "😭" * 50, "]]>&<x>", "长" * 600, *("还" * n for n in range(1, 33))]


def is_there(name):
    if name == "wechatpy":
        return subprocess.run([COMMANDS[name][0], "-c", "import wechatpy"], capture_output=True).returncode == 0
    return shutil.which("node") is not None and (HERE / "node_modules" / "wechat-crypto").is_dir()


@pytest.fixture(scope="module", params=sorted(COMMANDS))
def other(request):
    name = request.param
    if not is_there(name):
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"no {name} here: scripts/interop-packages")
    settings = wechat.config()

    def ask(**what):
        given = {"token": settings.token, "aes_key": wechat.AES_KEY, "app_id": settings.app_id, "nonce": "n1", **what}
        done = subprocess.run(COMMANDS[name], input=json.dumps(given), capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    return ask


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: f"{text[:4]}-{len(text)}")
def test_we_read_what_the_other_one_signed_and_encrypted(other, text):
    settings, now = wechat.config(), wechat.now()
    stamp = str(int(now.timestamp()))
    sealed = other(plain=to_xml(wechat.message(text)), stamp=stamp)
    query = {"timestamp": stamp, "nonce": "n1", "encrypt_type": "aes", "msg_signature": sealed["signature"]}
    body = to_xml({"ToUserName": wechat.ACCOUNT, "Encrypt": sealed["cipher"]}).encode()
    assert Codec(settings).decode(wechat.lists(query), body, now)["Content"] == text


@pytest.mark.parametrize("text", TEXTS[:8], ids=lambda text: f"{text[:4]}-{len(text)}")
def test_the_other_one_reads_what_we_signed_and_encrypted(other, text):
    settings, now = wechat.config(), wechat.now()
    codec = Codec(settings)
    incoming = codec.decode(
        *[(wechat.lists(q), b) for q, b in [wechat.deliver(wechat.message(), settings, now)]][0], now
    )
    reply = parse_xml(codec.reply(incoming, text, now).encode())
    opened = other(cipher=reply["Encrypt"], stamp=reply["TimeStamp"], nonce=reply["Nonce"])
    assert opened["signature"] == reply["MsgSignature"]
    assert parse_xml(opened["plain"].encode())["Content"] == text
