"""A PostgreSQL server of our own, on a free port of the loopback, for as long as it is wanted and no longer.

It has a password of its own, so that nobody else on the machine can use it; as root it runs as another user, since
PostgreSQL refuses root; the locale is C and the encoding UTF-8. A process beside it (`tests.keeper`) ends it and
removes its folder, also when this process is killed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

import psycopg
from sqlalchemy import URL

from tests import keeper
from tests.binaries import Binaries

PATIENCE: Final = 60.0
"""How many seconds the server may take to start."""
_UNPRIVILEGED: Final = "nobody"
_HASTY: Final = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
"""What a crash of the machine would lose is of no use after it."""


class ServerFailed(Exception):
    """The binaries are there, but no server came of them; the message says why, in PostgreSQL's words."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """One server and its data. ``user`` owns both; None is the one who runs this."""

    binaries: Binaries
    folder: Path
    port: int
    user: str | None
    password: str = dataclasses.field(repr=False)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def secret(self) -> Path:
        """The file from which ``initdb`` reads the password."""
        return self.folder / "password"

    @property
    def url(self) -> URL:
        """Its address for SQLAlchemy, sync and async alike."""
        return URL.create("postgresql+psycopg", "postgres", self.password, "127.0.0.1", self.port, "postgres")


@contextlib.contextmanager
def running(binaries: Binaries, *, durable: bool) -> Iterator[URL]:
    """The address of a new server. Raises `ServerFailed`."""
    folder = Path(tempfile.mkdtemp(prefix="gateway-postgres-"))
    try:
        cluster = _cluster(binaries, folder)
        _initialise(cluster)
        with _serving(cluster, durable=durable):
            yield cluster.url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _cluster(binaries: Binaries, folder: Path) -> Cluster:
    root = os.geteuid() == 0
    return Cluster(
        binaries=binaries.readable_by_all(folder) if root else binaries,
        folder=folder,
        port=_free_port(),
        user=_UNPRIVILEGED if root else None,
        password=secrets.token_hex(),
    )


def _initialise(cluster: Cluster) -> None:
    cluster.folder.chmod(0o755)
    cluster.data.mkdir(mode=0o700)
    cluster.secret.touch(mode=0o600)
    cluster.secret.write_text(cluster.password)
    if cluster.user:
        shutil.chown(cluster.data, cluster.user)
        shutil.chown(cluster.secret, cluster.user)
    try:
        _run_initdb(cluster)
    except subprocess.CalledProcessError as failed:
        raise ServerFailed(
            f"{cluster.binaries.initdb} ended with {failed.returncode}: {failed.stderr.strip()}"
        ) from failed
    except OSError as error:
        raise ServerFailed(f"{cluster.binaries.initdb} cannot be run by {cluster.user or 'you'}: {error}") from error


def _run_initdb(cluster: Cluster) -> None:
    files: list[str | Path] = [cluster.binaries.initdb, "--pgdata", cluster.data, "--pwfile", cluster.secret]
    options = ["--username", "postgres", "--auth", "scram-sha-256", "--locale", "C", "--encoding", "UTF8", "--no-sync"]
    subprocess.run(  # noqa: S603  # a server of our own
        [*files, *options],
        cwd=cluster.folder,
        capture_output=True,
        text=True,
        check=True,
        **keeper.identity(cluster.user),
    )


@contextlib.contextmanager
def _serving(cluster: Cluster, *, durable: bool) -> Iterator[None]:
    files: list[str | Path] = [cluster.binaries.postgres, "-D", cluster.data]
    settings = [f"--{setting}" for setting in _settings(cluster, durable=durable)]
    with (
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(  # noqa: S603  # a server of our own
            [sys.executable, "-I", keeper.__file__, cluster.folder, cluster.user or "", *files, *settings],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for the tests; they end the server
        ) as kept,
    ):
        _wait_until_ready(cluster, kept, log)
        yield  # leaving closes the keeper's input, and waits for its end


def _settings(cluster: Cluster, *, durable: bool) -> tuple[str, ...]:
    address = (f"port={cluster.port}", "listen_addresses=127.0.0.1", "unix_socket_directories=")
    return address if durable else (*address, *_HASTY)


def _wait_until_ready(cluster: Cluster, kept: subprocess.Popen[bytes], log: IO[str]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not _answers(cluster.url):
        if kept.poll() is not None or time.monotonic() > deadline:
            log.seek(0)
            raise ServerFailed(f"{cluster.binaries.postgres} does not answer: {log.read().strip()}")
        time.sleep(0.02)


def _answers(url: URL) -> bool:
    try:
        psycopg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False)).close()
    except psycopg.OperationalError:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
