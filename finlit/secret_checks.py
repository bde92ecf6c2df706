"""Whether the secrets of a production setting are secrets: drawn at random, ours alone, each for one purpose."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

from finlit.setting_values import SettingsError

SECRETS = (
    "FINLIT_SESSION_SECRET", "FINLIT_IDENTITY_KEY", "FINLIT_CODE_WEBHOOK_SECRET", "FINLIT_HOST_TOKEN_SECRET",
    "WECHAT_APP_SECRET", "WECHAT_ENCODING_AES_KEY",
)  # fmt: skip
DEVELOPMENT_KEY = "only-for-development: production refuses to start without a key of its own"
FEWEST_DIFFERENT = 10  # characters


def check(values: Mapping[str, str]) -> None:
    """Raise SettingsError, in Chinese and without the secret itself, when one that is set isn't worth its name."""
    given = {name: values[name] for name in SECRETS if values.get(name)}
    for name, secret in given.items():
        if secret == DEVELOPMENT_KEY or len(set(secret)) < FEWEST_DIFFERENT or _is_a_row(secret):
            raise SettingsError(f"生产环境的 {name} 不像随机生成的：请换一个随机字符串，不能用例子里的。")
    for one, other in combinations(given, 2):
        if given[one] == given[other]:
            raise SettingsError(f"{one} 和 {other} 是同一个值：请各用各的，一个泄露了不会连累另一个。")


def _is_a_row(secret: str) -> bool:
    """Say whether most characters follow their neighbour in the alphabet, as in ``abcdef…``."""
    close = sum(abs(ord(before) - ord(after)) <= 1 for before, after in zip(secret, secret[1:]))
    return close * 2 > len(secret)
