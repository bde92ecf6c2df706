"""The same with wechatpy; run by .venv-tools, because it doesn't belong beside Rasa."""

import json
import sys

from wechatpy.crypto import PrpCrypto, WeChatCrypto, _get_signature

asked = json.load(sys.stdin)
crypt = WeChatCrypto(asked["token"], asked["aes_key"], asked["app_id"])
answer = {}
if "plain" in asked:
    cipher = PrpCrypto(crypt.key).encrypt(asked["plain"], asked["app_id"])
    answer["cipher"] = cipher.decode() if isinstance(cipher, bytes) else cipher
if "cipher" in asked:
    answer["plain"] = PrpCrypto(crypt.key).decrypt(asked["cipher"], asked["app_id"])
    if isinstance(answer["plain"], bytes):
        answer["plain"] = answer["plain"].decode()
answer["signature"] = _get_signature(
    asked["token"], asked["stamp"], asked["nonce"], answer.get("cipher") or asked["cipher"]
)
json.dump(answer, sys.stdout)
