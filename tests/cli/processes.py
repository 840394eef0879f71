"""The commands as processes of their own, as a person starts them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

PATIENCE = 30


@contextlib.contextmanager
def gateway(*arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """``gateway`` with these arguments and variables, ended as Ctrl-C ends it.

    Whoever asks it is let in, unless a variable says otherwise.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith(("GATEWAY_", "VAPI_"))}
    process = subprocess.Popen(  # noqa: S603  # our own command
        [sys.executable, "-m", "gateway", *arguments],
        env={**own, "GATEWAY_ALLOW_ANONYMOUS": "1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)


def first_line(process: subprocess.Popen[str]) -> str:
    """What it prints first; it prints when its socket is bound."""
    assert process.stdout is not None
    return process.stdout.readline()
