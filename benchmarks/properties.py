"""Try every property of the money code on many random cases; write how many held to docs/benchmarks/properties.md.

The properties are the ``@given`` tests of the money modules, the same ones that ``make test`` runs
with fewer cases. A violated property ends the run with its smallest example.
"""

from __future__ import annotations

import argparse
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from finlit.settings import PROJECT_ROOT

OUT = PROJECT_ROOT / "docs" / "benchmarks" / "properties.md"
FILES = ("allocation", "ledger", "what_if", "instalments", "fees", "money")
CASES = 10_000
_TEST = re.compile(r"^tests/unit/test_(\w+)\.py::test_(\w+):$")
_PASSED = re.compile(r"(\d+) passing, (\d+) failing")


@dataclass(frozen=True)
class Tried:
    """One property, and how many random cases held and did not."""

    module: str
    name: str
    held: int
    violated: int


def read(statistics: str) -> Iterator[Tried]:
    """Yield the properties of hypothesis's statistics."""
    module = name = ""
    for line in statistics.splitlines():
        if found := _TEST.match(line.strip()):
            module, name = found[1], found[2].replace("_", " ")
        elif name and (found := _PASSED.search(line)):
            yield Tried(module, name, int(found[1]), int(found[2]))
            name = ""


def _report(tried: list[Tried], cases: int, seed: int) -> str:
    rows = [f"| {each.module} | {each.name} | {each.held:,} | {each.violated} |" for each in tried]
    return "\n".join(
        [
            "# 还款分配和还款计划：随机案例",
            "",
            f"{date.today()} 跑的，每条性质 {cases:,} 个随机案例，种子 {seed}。`make properties` 重跑，`make properties SEED={seed}` 跑同一批。",
            "",
            f"共 {len(tried)} 条性质、{sum(each.held for each in tried):,} 个案例成立，{sum(each.violated for each in tried)} 个不成立。",
            "",
            "| 模块 | 性质（测试名） | 成立 | 不成立 |",
            "| --- | --- | --- | --- |",
            *rows,
            "",
        ]
    )


def main() -> int:
    """Run the properties; returns 1 when one was violated or fewer cases were tried than asked for."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    seed = arguments.parse_args().seed
    files = [f"tests/unit/test_{name}.py" for name in FILES]
    options = [
        "--hypothesis-profile=full",
        "--hypothesis-show-statistics",
        f"--hypothesis-seed={seed}",
        "-m",
        "hypothesis",
    ]
    print(f"· 每条性质 {CASES:,} 个案例，种子 {seed}，要好几分钟…", flush=True)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *files, *options], capture_output=True, text=True, cwd=PROJECT_ROOT
    )
    tried = list(read(done.stdout))
    short = [each for each in tried if each.held < CASES or each.violated]
    if done.returncode or not tried or short:
        print(done.stdout[-4000:], *(f"✗ {each.module}：{each.name} 只成立 {each.held} 个" for each in short), sep="\n")
        return 1
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(_report(tried, CASES, seed), encoding="utf-8")
    print(
        f"✓ {len(tried)} 条性质，{sum(each.held for each in tried):,} 个案例都成立，见 {OUT.relative_to(PROJECT_ROOT)}"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
