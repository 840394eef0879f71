"""Runs a server for as long as somebody holds the other end of this process's standard input.

The pipe closes when its holder is done, and also when the holder is killed: either way the server ends and its folder
goes. Run as a script of the standard library alone: ``keeper.py FOLDER USER COMMAND…``, where an empty user is the one
who runs it.
"""

from __future__ import annotations

import pwd
import shutil
import signal
import subprocess
import sys
import threading
from typing import Any


def keep(folder: str, user: str | None, command: list[str]) -> int:
    """Run a command until standard input ends, or it does; then remove its folder. Its exit code."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, cwd=folder, **identity(user)) as server:  # noqa: S603  # as told
        threading.Thread(target=_end_with_the_input, args=(server,), daemon=True).start()
        code = server.wait()
    shutil.rmtree(folder, ignore_errors=True)
    return code


def identity(user: str | None) -> dict[str, Any]:
    """What `subprocess` needs to run something as that user, with nothing left of one's own rights."""
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": ()} if user else {}


def _end_with_the_input(server: subprocess.Popen[bytes]) -> None:
    sys.stdin.buffer.read()
    server.send_signal(signal.SIGINT)


if __name__ == "__main__":
    _, folder, user, *command = sys.argv
    sys.exit(keep(folder, user or None, command))
