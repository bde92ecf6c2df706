"""``python -m benchmarks.load --report docs/benchmarks/load.md``; 1 when an answer was lost, doubled or crossed."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks.load.results import plot, report
from benchmarks.load.running import run


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description="两个渠道的压力测试，只在本机")
    parser.add_argument("--users", type=int, default=200, help="每个渠道几个人")
    parser.add_argument("--every", type=float, default=10.0, help="每人几秒一句")
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--seed", type=int, default=20261124)
    parser.add_argument("--report", type=Path)
    args = parser.parse_args()
    results, figures = run(args.users, args.every, args.seconds, args.seed)
    text = report(results, figures)
    if args.report:
        args.report.write_text(text, encoding="utf-8")
        content = json.dumps(figures, ensure_ascii=False, indent=1) + "\n"
        args.report.with_suffix(".json").write_text(content, encoding="utf-8")
        plot(results, str(args.report.with_suffix(".png")))
    print(text)
    return 1 if results.faults else 0


if __name__ == "__main__":
    sys.exit(main())
