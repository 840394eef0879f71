"""The servers that run on Node.js: where they are installed, and whether that is possible at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

_SOURCE: Final = Path(__file__).parent / "node"
_SECONDS: Final = 180
NAMES: Final = ("mercurius", "apollo")


class NoNode(Exception):
    """These servers cannot be run here; the message says why."""


def cache() -> Path:
    """The folder of this user that what takes long to make is kept in."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    return Path(home) / "vapi-call-gateway-benchmark"


def installed() -> Path:
    """The folder with the servers and what they need, installed once for each set of versions.

    Raises:
        NoNode: there is no Node.js or npm, or npm could not install them.
    """
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise NoNode("there is no node and npm on this machine")
    wanted = (_SOURCE / "package.json").read_bytes()
    folder = cache() / f"node-{hashlib.blake2b(wanted, digest_size=6).hexdigest()}"
    shutil.copytree(_SOURCE, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules"))
    done = folder / "installed"
    if not done.exists():
        _install(npm, folder)
        done.touch()
    return folder


def described() -> str:
    """The versions of what the servers consist of."""
    versions = json.loads((_SOURCE / "package.json").read_text())["dependencies"]
    node = subprocess.run(["node", "--version"], check=True, capture_output=True, text=True).stdout.strip()  # noqa: S607
    return ", ".join([f"node {node}", *(f"{name} {version}" for name, version in versions.items())])


def _install(npm: str, folder: Path) -> None:
    command = [npm, "install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=_SECONDS)  # noqa: S603
    except subprocess.CalledProcessError as error:
        raise NoNode(f"npm install failed: {error.stderr.decode(errors='replace').strip()[-300:]}") from None
    except (subprocess.TimeoutExpired, OSError) as error:
        raise NoNode(f"npm install failed: {error}") from None
