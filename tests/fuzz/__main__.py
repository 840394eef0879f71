"""``python -m tests.fuzz --calls 10000 --seed 1``: decode that many random calls, each as it is and mutated."""

from __future__ import annotations

import argparse
import sys

from tests.fuzz.run import run, table


def main() -> int:
    """Run, print the figures, and fail where anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--calls", type=int, default=10_000, help="how many calls")
    parser.add_argument("--seed", type=int, default=1, help="which ones")
    options = parser.parse_args()
    figures = run(options.calls, options.seed)
    sys.stdout.write(table(figures) + "\n")
    return 1 if figures.failures else 0


if __name__ == "__main__":
    sys.exit(main())
