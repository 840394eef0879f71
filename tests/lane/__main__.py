"""``python -m tests.lane --queries 5000 --seed 1``: compare that many questions of random episodes."""

from __future__ import annotations

import argparse
import asyncio
import sys

from tests.lane.run import endless, numbered, run


def main() -> int:
    """Run, print every difference and the figures, and fail where there was a difference."""
    parser = argparse.ArgumentParser(prog="python -m tests.lane", description=__doc__)
    parser.add_argument("--queries", type=int, default=5000, help="how many questions")
    parser.add_argument("--seed", type=int, default=1, help="which ones")
    parser.add_argument("--most", type=int, default=5, help="after how many differences to stop")
    parser.add_argument("--episode", type=int, help="this episode alone, as a difference names it")
    options = parser.parse_args()
    episodes = endless(options.seed) if options.episode is None else [numbered(options.episode)]
    found = asyncio.run(run(options.queries, episodes, most=options.most, told=_printed))
    _printed(found.table)
    return 1 if found.differences else 0


def _printed(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
