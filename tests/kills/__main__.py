"""The proof that a kill at any moment loses nothing and doubles nothing.

    python -m tests.kills                          200 kills, ten mirrors of 3,000 calls
    python -m tests.kills --kills 20 --mirrors 1 --calls 1000

Prints a line for each mirror; exits 1 where anything was lost, doubled or left different.
"""

from __future__ import annotations

import argparse
import sys

from tests.kills.run import rounds


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--mirrors", type=int, default=10)
    parser.add_argument("--calls", type=int, default=3000)
    parser.add_argument("--longest", type=float, default=2.5, help="seconds from listening to a kill at most")
    parser.add_argument("--seed", type=int, default=1)
    stated = parser.parse_args()
    wrong = 0
    for number in range(stated.mirrors):
        kills = stated.kills // stated.mirrors
        found = rounds(kills=kills, calls=stated.calls, seed=stated.seed + number, longest=stated.longest)
        wrong += len(found.wrong)
        print(  # noqa: T201  # what the command is for
            f"mirror {number + 1}: {found.kills} kills ({found.killed_starting} while it started, "
            f"{found.killed_walking} before history was walked), {found.calls} calls, {found.acknowledged} of "
            f"{found.posted} webhooks acknowledged: {len(found.wrong)} wrong",
            flush=True,
        )
        for line in found.wrong[:20]:
            print(f"  {line}", flush=True)  # noqa: T201  # the same
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
