"""How long a lender's delivery of 100,000 customers takes to import, and how much memory, on SQLite and PostgreSQL.

``make bench-import`` (under scripts/with-postgres): writes the CSV files of generated customers, then runs
``finlit db import`` as the lender would, each time in a process of its own: a first time, the same delivery
again, a later delivery in which nothing changed, and one with a single bad line for an empty database.
Writes docs/benchmarks/import.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from finlit import settings
from finlit.db import engine, generate
from finlit.db.delivery.columns import BY_NAME
from finlit.db.sample import build
from finlit.settings import PROJECT_ROOT, SHANGHAI

PAGE = PROJECT_ROOT / "docs" / "benchmarks" / "import.md"
FILES = ("loans", "instalments", "repayments", "allocations", "credit_events")
STEPS = {
    "first": "第一次导入（空库）",
    "same": "同一份再导一次",
    "later": "晚一小时的一份，内容全一样",
    "bad": "空库，其中一行写错",
}


@dataclass(frozen=True)
class Run:
    """One run of ``finlit db import``: exit code, what it said, seconds of the clock and of the processor, peak memory."""

    code: int
    said: str
    seconds: float
    processor: float
    megabytes: float
    rows: int


def write(folder: Path, customers: int, at: datetime) -> int:
    """Write the delivery of ``customers`` generated customers as of ``at``; returns how many lines of data."""
    folder.mkdir()
    _say_as_of(folder, at)
    shapes = [_rests(shape, at.date()) for shape in generate.SHAPES]
    lines = 0
    with (folder / "customers.csv").open("w", encoding="utf-8") as out:
        out.write("customer_id,name,phone\n")
        for number in range(1, customers + 1):
            out.write(f"{generate.customer_id(number)},客户{number},{generate.FIRST_PHONE + number}\n")
            lines += 1
    for name in FILES:
        with (folder / f"{name}.csv").open("w", encoding="utf-8") as out:
            out.write(",".join(column.name for column in BY_NAME[name].columns) + "\n")
            for loan, customer, shape in _loans(customers):
                rests = shapes[shape][name]
                first = f"{loan},{customer}" if name == "loans" else loan
                out.write("".join(f"{first},{rest}\n" for rest in rests))
                lines += len(rests)
    return lines


def _say_as_of(folder: Path, at: datetime) -> None:
    (folder / "delivery.csv").write_text(f"as_of\n{at.isoformat(timespec='seconds')}\n", "utf-8")


def _loans(customers: int) -> Iterator[tuple[str, str, int]]:
    for number in range(1, customers + 1):
        for place, shape in enumerate(generate.shapes_of(number), start=1):
            customer = generate.customer_id(number)
            yield f"{customer}-{place}", customer, shape


def _rests(shape: Any, today: date) -> dict[str, list[str]]:
    """Return each file's lines of one loan, without the ids at their beginning."""
    loan, _ = build("", "", shape, today)
    rows = {
        "loans": [loan],
        "instalments": loan.instalments,
        "repayments": loan.repayments,
        "allocations": [part for paid in loan.repayments for part in paid.allocations],
        "credit_events": loan.credit_events,
    }
    return {
        name: [
            ",".join(
                _field(row, column.name)
                for column in BY_NAME[name].columns
                if column.name not in ("loan_id", "customer_id")
            )
            for row in found
        ]
        for name, found in rows.items()
    }


def _field(row: Any, name: str) -> str:
    owner = {"reference": "repayment", "number": "instalment"}.get(name)
    source = row if owner is None or hasattr(row, name) else getattr(row, owner)
    value = getattr(source, name)
    return "" if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)


def spoil(folder: Path) -> str:
    """Make one amount in the middle of the instalments wrong; return file and line as the import should name them."""
    path = folder / "instalments.csv"
    count = sum(1 for _ in path.open(encoding="utf-8"))
    copy = path.with_suffix(".new")
    with path.open(encoding="utf-8") as lines, copy.open("w", encoding="utf-8") as out:
        for number, line in enumerate(lines, start=1):
            fields = line.split(",")
            out.write(",".join([*fields[:3], "0.005", *fields[4:]]) if number == count // 2 else line)
    copy.replace(path)
    return f"instalments.csv 第 {count // 2} 行"


def run(url: str, folder: Path) -> Run:
    """Import ``folder`` in a process of its own."""
    command = [str(Path(sys.executable).with_name("finlit")), "db", "import", str(folder)]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=said, stderr=said, env={**os.environ, "DATABASE_URL": url})
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        return Run(
            process.returncode, said.read(), seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, _rows(url)
        )


def _rows(url: str) -> int:
    with engine.engine_for(url).connect() as connection:
        return sum(
            int(connection.execute(select(func.count()).select_from(table)).scalar_one()) for table in generate.FILLED
        )


def databases(folder: str, server: str | None) -> Iterator[tuple[str, str, str]]:
    """Yield each engine's name and the addresses of two empty databases."""
    yield "SQLite", f"sqlite:///{folder}/first.db", f"sqlite:///{folder}/second.db"
    if server is None:
        print("· 没有 PostgreSQL，只量 SQLite：请用 make bench-import。", flush=True)
        return
    urls = []
    for name in ("bench_import_first", "bench_import_second"):
        with engine.engine_for(server).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        urls.append(make_url(server).set(database=name).render_as_string(hide_password=False))
    yield "PostgreSQL", urls[0], urls[1]


def measure(folder: Path, work: str, server: str | None, customers: int) -> tuple[int, dict[tuple[str, str], Run]]:
    """Return how many lines were delivered, and every run by engine and step; raises SystemExit for a wrong one."""
    now = datetime.now(SHANGHAI)
    lines = write(folder, customers, now - timedelta(hours=2))
    runs = {}
    found = list(databases(work, server))
    for name, first, _ in found:
        runs[name, "first"] = _expect(run(first, folder), "已导入", lines)
        runs[name, "same"] = _expect(run(first, folder), "已经导入过", lines)
    _say_as_of(folder, now - timedelta(hours=1))
    for name, first, _ in found:
        runs[name, "later"] = _expect(run(first, folder), "已导入", lines)
        if re.search(r"(?:新增|更新|删除) [1-9]", runs[name, "later"].said):
            raise SystemExit(f"没有变化却写了库：\n{runs[name, 'later'].said}")
    place = spoil(folder)
    for name, _, second in found:
        runs[name, "bad"] = _expect(run(second, folder), f"{place}：principal_due：「0.005」", 0)
    return lines, runs


def _expect(done: Run, words: str, rows: int) -> Run:
    print(f"  {done.seconds:6.1f} 秒  {done.processor:6.1f} 秒处理器  {done.megabytes:5.0f} MB", flush=True)
    if words not in done.said or done.rows != rows:
        raise SystemExit(f"应当有 {rows} 行、说「{words}」，却是 {done.rows} 行：\n{done.said}")
    return done


def page(customers: int, lines: int, runs: dict[tuple[str, str], Run]) -> str:
    """Return the result as Markdown."""
    table = [
        f"| {name} | {words} | {found.seconds:.1f} | {found.processor:.1f} | {found.megabytes:.0f} | {found.rows:,} |"
        for (name, step), found in runs.items()
        for words in [STEPS[step]]
    ]
    said = next(found.said for (_, step), found in runs.items() if step == "bad").strip()
    return "\n".join(
        [
            "# 导入一份交付要多久",
            "",
            f"{customers:,} 位虚构客户的 CSV，共 {lines:,} 行数据；每一次都是单独的进程 `finlit db import`。"
            f"{os.cpu_count()} 核，量时负载 {os.getloadavg()[1]:.1f}，Python {platform.python_version()}，"
            f"{time.strftime('%Y-%m-%d')}。`make bench-import` 可以重来。",
            "",
            "| 数据库 | 做什么 | 秒 | 其中本进程的处理器，秒 | 本进程内存峰值，MB | 之后库里的行数 |",
            "| --- | --- | --- | --- | --- | --- |",
            *table,
            "",
            "PostgreSQL 的检查和写入在它自己的进程里，不算进处理器和内存两栏。写错的那一份说的是：",
            "",
            *(f"> {line}" for line in said.splitlines()),
            "",
        ]
    )


def main() -> None:
    """Run the benchmark and write its page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--report", type=Path, default=PAGE)
    args = parser.parse_args()
    os.environ["FINLIT_ENV"] = "test"
    settings.load.cache_clear()  # type: ignore[attr-defined]
    with tempfile.TemporaryDirectory() as work:
        lines, runs = measure(Path(work) / "delivery", work, os.environ.get("FINLIT_TEST_POSTGRES"), args.customers)
    args.report.write_text(page(args.customers, lines, runs), "utf-8")
    print(args.report.read_text("utf-8"))


if __name__ == "__main__":
    main()
