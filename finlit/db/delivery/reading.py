"""From files to values: each line is read once; a fault is told with its file, line and column."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from finlit.db.delivery.columns import BY_NAME, DELIVERY, FILES, DeliveredFile
from finlit.db.delivery.values import Parse, Refused, nearest

MOST_FAULTS = 100  # told one by one; more are counted
_LONGEST_SHOWN = 40


@dataclass
class Faults:
    """What is wrong with a delivery, one line each."""

    lines: list[str] = field(default_factory=list)
    more: int = 0

    def add(self, file: str, line: int | None, message: str) -> None:
        """Note one fault; ``line`` is as an editor counts, None for the whole file."""
        if len(self.lines) >= MOST_FAULTS:
            self.more += 1
            return
        self.lines.append(f"{file}{'' if line is None else f' 第 {line} 行'}：{message}")

    def __bool__(self) -> bool:
        return bool(self.lines)


class BadDelivery(ValueError):
    """The delivery was refused and nothing was changed; ``faults`` says why."""

    def __init__(self, faults: Faults) -> None:
        super().__init__("\n".join(faults.lines))
        self.faults = faults


@dataclass(frozen=True)
class Delivery:
    """A folder whose files are all there and all text; nothing inside has been looked at yet."""

    folder: Path
    digest: str
    present: tuple[DeliveredFile, ...]


def look_at(folder: Path) -> Delivery:
    """Return the delivery in ``folder``; raises BadDelivery for missing, unknown or unreadable files."""
    faults = Faults()
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    if not names:
        faults.add(str(folder), None, "没有这个文件夹，或者里面是空的")
        raise BadDelivery(faults)
    known = [file.file_name for file in BY_NAME.values()]
    for name in names:
        if name not in known and not name.startswith("."):
            faults.add(name, None, f"不认识这个文件{nearest(name, known)}")
    present = tuple(file for file in FILES if file.file_name in names)
    for file in (DELIVERY, *FILES):
        if file.required and file.file_name not in names:
            faults.add(file.file_name, None, "缺这个文件（没有内容也要有表头）")
    digest = hashlib.sha256()
    for file in (DELIVERY, *present):
        if file.file_name in names:
            _digest(folder / file.file_name, digest, faults)
    if faults:
        raise BadDelivery(faults)
    return Delivery(folder, digest.hexdigest(), present)


def _digest(path: Path, digest: Any, faults: Faults) -> None:
    digest.update(path.name.encode())
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            digest.update(line)
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                faults.add(path.name, number, "不是 UTF-8 编码（可能是 GBK）：请另存为 UTF-8 的 CSV")
                return


def as_of(delivery: Delivery, now: datetime, faults: Faults) -> datetime | None:
    """Return until when the delivery's data is complete; None when that is not to be read."""
    found = list(rows(delivery, DELIVERY, faults))
    if faults:
        return None
    if len(found) != 1:
        faults.add(DELIVERY.file_name, None, "要正好一行数据")
        return None
    line, (moment,) = found[0]
    if moment > now:
        faults.add(DELIVERY.file_name, line, "as_of：是将来的时间")
        return None
    return moment  # type: ignore[no-any-return]


def rows(delivery: Delivery, file: DeliveredFile, faults: Faults) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Yield each good line's number and values in the order of ``file.columns``; bad ones go to ``faults``."""
    path = delivery.folder / file.file_name
    with path.open(encoding="utf-8-sig", newline="") as opened:
        reader = csv.reader(opened, strict=True)
        try:
            header = [name.strip() for name in next(reader, [])]
            places = _places(file, header, faults)
            if places is None:
                return
            readers = _readers(file, places)
            line = reader.line_num + 1
            for fields in reader:
                if fields:
                    values = _read(fields, readers) if len(fields) == len(header) else None
                    if values is None:
                        _refuse(file, line, fields, len(header), places, faults)
                    else:
                        yield line, values
                line = reader.line_num + 1
        except csv.Error:
            faults.add(file.file_name, reader.line_num, "引号没有配对，或者这一行不是 CSV")


def _places(file: DeliveredFile, header: list[str], faults: Faults) -> list[int | None] | None:
    """Return where each column stands, None for one that is left out; None when the header is wrong."""
    names = [column.name for column in file.columns]
    before = len(faults.lines) + faults.more
    for name in header:
        if name not in names:
            free = [each for each in names if each not in header] or names
            faults.add(file.file_name, 1, f"不认识列「{_shown(name)}」{nearest(name, free)}")
    for name in sorted({name for name in header if header.count(name) > 1}):
        faults.add(file.file_name, 1, f"列 {name} 出现了不止一次")
    for column in file.columns:
        if column.must_be_there and column.name not in header:
            faults.add(file.file_name, 1, f"缺列 {column.name}（{column.about}）")
    if len(faults.lines) + faults.more > before:
        return None
    return [header.index(name) if name in header else None for name in names]


def _readers(file: DeliveredFile, places: list[int | None]) -> list[tuple[int | None, str, bool, Parse]]:
    """Return what ``_read`` needs of each column, looked up once: millions of lines follow."""
    columns = zip(file.columns, places, strict=True)
    return [(place, column.default, column.must_be_there, column.parse) for column, place in columns]


def _read(fields: list[str], readers: list[tuple[int | None, str, bool, Parse]]) -> tuple[Any, ...] | None:
    """Return the values of a line, None for one that is not good."""
    found: list[Any] = []
    try:
        for place, default, must_be_there, parse in readers:
            text = default if place is None else fields[place].strip() or default
            if text:
                found.append(parse(text))
            elif must_be_there:
                return None
            else:
                found.append(None)
    except Refused:
        return None
    return tuple(found)


def _refuse(
    file: DeliveredFile, line: int, fields: list[str], width: int, places: list[int | None], faults: Faults
) -> None:
    """Note everything that is wrong with a line."""
    if len(fields) != width:
        faults.add(file.file_name, line, f"有 {len(fields)} 列，表头是 {width} 列（内容里有逗号要加引号）")
        return
    for column, place in zip(file.columns, places, strict=True):
        text = ("" if place is None else fields[place].strip()) or column.default
        if not text and column.must_be_there:
            faults.add(file.file_name, line, f"{column.name}：不能空着（{column.about}）")
            continue
        try:
            if text:
                column.parse(text)
        except Refused as refused:
            faults.add(file.file_name, line, f"{column.name}：「{_shown(text)}」{refused}")


def _shown(text: str) -> str:
    from finlit.privacy import mask

    cut = text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
    return mask("".join(char if char.isprintable() else "?" for char in cut))
