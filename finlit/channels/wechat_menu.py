"""The account's menu: editors write ``data/wechat_menu.yml``, the platform gets its form, clicks come back as keys."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

logger = logging.getLogger(__name__)

MENU_FILE = "wechat_menu.yml"
MOST_GROUPS, MOST_ITEMS = 3, 5
MOST_GROUP_CHARS, MOST_ITEM_CHARS = 4, 8  # Chinese ones, as the platform shows them without cutting


class BadMenu(ValueError):
    """The file can't become a menu; the text is for editors, in Chinese."""


@dataclass(frozen=True)
class Item:
    """One item; ``label`` is the intent that a click means, and the key that the platform sends back."""

    title: str
    label: str


@dataclass(frozen=True)
class Menu:
    """Groups of items, as editors wrote them."""

    groups: tuple[tuple[str, tuple[Item, ...]], ...]

    def items(self) -> Iterator[Item]:
        for _, items in self.groups:
            yield from items

    def item(self, key: str) -> Item | None:
        """Return the item of a click; None for a key that is not, or no longer, offered."""
        return next((item for item in self.items() if item.label == key), None)

    def for_platform(self) -> dict[str, Any]:
        """Return the menu as ``/cgi-bin/menu/create`` takes it."""
        return {
            "button": [
                {
                    "name": title,
                    "sub_button": [{"type": "click", "name": item.title, "key": item.label} for item in items],
                }
                for title, items in self.groups
            ]
        }


def load(data_dir: Path) -> Menu:
    """Return the checked menu; raises BadMenu."""
    try:
        written = yaml.safe_load((data_dir / MENU_FILE).read_text(encoding="utf-8"))
        groups = tuple(
            (
                str(group["title"]),
                tuple(Item(str(each["title"]), str(each["payload"]).removeprefix("/")) for each in group["buttons"]),
            )
            for group in written
        )
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise BadMenu(f"data/{MENU_FILE} 读不懂：每组要有 title 和 buttons，每项要有 title 和 payload。") from error
    _check(groups)
    return Menu(groups)


class LiveMenu:
    """The menu that is published now: a changed file is read again, a broken one leaves the last good menu."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._seen = self._modified()
        self._menu = load(data_dir)

    def _modified(self) -> int:
        try:
            return (self._data_dir / MENU_FILE).stat().st_mtime_ns
        except OSError:
            return 0

    def now(self) -> Menu:
        """Return the menu by which a click of this moment is understood."""
        modified = self._modified()
        if modified != self._seen:
            self._seen = modified
            try:
                self._menu = load(self._data_dir)
            except BadMenu:
                logger.exception("the changed menu is not used")
        return self._menu


def _check(groups: tuple[tuple[str, tuple[Item, ...]], ...]) -> None:
    if not 1 <= len(groups) <= MOST_GROUPS:
        raise BadMenu(f"菜单有 {len(groups)} 组，应是一到 {MOST_GROUPS} 组。")
    seen: set[str] = set()
    for title, items in groups:
        if not 1 <= len(title) <= MOST_GROUP_CHARS:
            raise BadMenu(f"菜单组名「{title}」最多 {MOST_GROUP_CHARS} 个字。")
        if not 1 <= len(items) <= MOST_ITEMS:
            raise BadMenu(f"菜单「{title}」有 {len(items)} 项，应是一到 {MOST_ITEMS} 项。")
        for item in items:
            if not 1 <= len(item.title) <= MOST_ITEM_CHARS:
                raise BadMenu(f"菜单项「{item.title}」最多 {MOST_ITEM_CHARS} 个字。")
            if item.label in seen:
                raise BadMenu(f"菜单里 /{item.label} 出现了两次。")
            seen.add(item.label)
