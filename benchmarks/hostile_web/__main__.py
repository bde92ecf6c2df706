"""``python -m benchmarks.hostile_web --each 10000 --report docs/benchmarks/fuzz-web.md``; 1 when something was found."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from benchmarks.hostile_web.findings import report
from benchmarks.hostile_web.running import run


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description="把敌意请求发给本机启动的服务器")
    parser.add_argument("--each", type=int, default=10_000, help="每个地址多少次")
    parser.add_argument("--seed", type=int, default=20261124)
    parser.add_argument("--minutes", type=float, default=60.0, help="最多多久，到时就停，如实报告次数")
    parser.add_argument("--report", type=Path)
    args = parser.parse_args()
    found, seconds = run(args.each, args.seed, 60 * args.minutes)
    text = report(found, seconds, args.seed, os.getloadavg()[0])
    if args.report:
        args.report.parent.mkdir(parents=True, exist_ok=True)
        args.report.write_text(text, encoding="utf-8")
    print(text)
    return 1 if found.faults else 0


if __name__ == "__main__":
    sys.exit(main())
