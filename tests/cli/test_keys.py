"""``gateway keys``: making a key, seeing it, taking it back."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import re
import sqlite3
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from gateway import app
from gateway.cli.keys import bound, ending, named, table
from gateway.cli.main import main
from gateway.domain.keys import ApiKey, digest
from gateway.domain.principal import Principal, Scope
from gateway.settings import load

ASSISTANT = "0b7d4d6e-0000-4000-8000-00000000000a"
NOON = dt.datetime(2026, 8, 20, 12, tzinfo=dt.UTC)
KEY = ApiKey(id="0a1b2c3d4e5f", name="reports", digest=digest("s"), scopes=frozenset({Scope.EXPORT}), created_at=NOON)
TOKEN = re.compile(r"vcg_[0-9a-f]{12}_[0-9a-f]{64}\n")


@pytest.fixture(autouse=True)
def _data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the commands keep is the test's own; they need nothing of Vapi."""
    for name in ("GATEWAY_SETTINGS_FILE", "GATEWAY_DATABASE_URL", "GATEWAY_IDENTITY_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GATEWAY_DATA_DIR", str(tmp_path))


def run(*arguments: str) -> Result:
    """What ``gateway keys`` with these arguments prints, and its status."""
    return CliRunner().invoke(main, ["keys", *arguments])


def known(token: str) -> Principal | None:
    """Whom a gateway over the same data knows by a token."""

    async def ask() -> Principal | None:
        kept = app.maintenance(load())
        async with kept.opened():
            try:
                return await kept.keys.known(token.strip())
            finally:
                await kept.keys.close()

    return asyncio.run(ask())


def test_a_key_is_printed_once_and_alone_and_opens_what_was_said(tmp_path: Path) -> None:
    made = run(
        *("create", "--name", "Ada", "--scopes", "calls:read, content:read"),
        *("--customer", "id:ada", "--assistant", ASSISTANT.upper()),
    )
    assert made.exit_code == 0
    assert TOKEN.fullmatch(made.stdout)
    assert made.stderr.startswith("Key ")
    assert "for 1 customer and 1 assistant, with calls:read,content:read." in made.stderr
    found = known(made.stdout)
    assert found is not None
    assert found.scopes == {Scope.CALLS_READ, Scope.CONTENT_READ}
    assert (found.customers, found.assistants) == (frozenset({"id:ada"}), frozenset({ASSISTANT}))
    secret = made.stdout.strip().rpartition("_")[2]
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert secret.encode() not in kept
    assert bytes.fromhex(secret) not in kept


def test_keys_are_listed_with_what_they_may_and_without_what_they_are() -> None:
    assert run("list").stdout == "There are no keys; gateway keys create makes one.\n"
    token = run("create", "--name", "reports", "--expires", "P30D").stdout.strip()
    head, row = run("list").stdout.splitlines()
    assert head.split("  ")[0] == "ID"
    assert row.startswith(f"{token.split('_')[1]}  reports  valid  calls:read,customers:read  all calls")
    assert token.split("_")[2] not in row


def test_a_key_that_was_used_says_when() -> None:
    token = run("create", "--name", "reports").stdout
    assert run("list").stdout.splitlines()[1].split()[-2:] == ["-", "-"]
    assert known(token) is not None
    used = dt.datetime.fromisoformat(run("list").stdout.splitlines()[1].split()[-1])
    assert abs(app.utc_now() - used) < dt.timedelta(minutes=1)


def test_a_revoked_key_opens_nothing_and_stays_in_the_list() -> None:
    token = run("create", "--name", "reports").stdout
    key_id = token.split("_")[1]
    assert run("revoke", key_id).stdout == f"Key {key_id} is revoked.\n"
    assert known(token) is None
    assert "revoked" in run("list").stdout
    again = run("revoke", key_id)
    assert (again.exit_code, again.stdout) == (1, "")
    assert f"there is no key {key_id} that opens anything" in again.stderr


@pytest.mark.parametrize("stated", ["", "reports", "0A1B2C3D4E5F", f"vcg_{KEY.id}_{64 * 'e'}"])
def test_what_is_no_id_is_not_repeated_since_it_may_be_a_whole_key(stated: str) -> None:
    refused = run("revoke", stated)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "what gateway keys list shows" in " ".join(refused.stderr.split())
    assert not stated or stated not in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--scopes", "calls:write"], "“calls:write” is no scope; there are calls:read, customers:read"),
        (["--scopes", " , "], "it names no scope"),
        (["--trusted-only"], "state --customer too"),
        (["--customer", "ada@example.com"], "it is no customer's key"),
        (["--assistant", "zzz"], "it is no assistant's id"),
        (["--assistant", ""], "it is no assistant's id"),
        (["--expires", "soon"], "a duration from now (P30D) or a date"),
        (["--expires", "-P1D"], "is over already"),
        (["--name", " "], "a name has 1 to 100 characters"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_makes_no_key(arguments: list[str], said: str) -> None:
    made = run("create", "--name", "reports", *arguments)
    assert (made.exit_code, made.stdout) == (2, "")
    assert said in " ".join(made.stderr.replace("│", "").split())
    assert "no keys" in run("list").stdout


def test_a_key_made_for_a_mirror_that_is_not_there_yet_makes_its_tables(tmp_path: Path) -> None:
    assert run("create", "--name", "first").exit_code == 0
    with sqlite3.connect(tmp_path / "mirror.sqlite") as file:
        assert file.execute("SELECT count(*) FROM api_keys").fetchone() == (1,)
    file.close()


def test_a_key_ends_at_a_date_or_after_a_while() -> None:
    assert ending("P30D", NOON) == NOON + dt.timedelta(days=30)
    assert ending("2027-01-01", NOON) == dt.datetime(2027, 1, 1, tzinfo=dt.UTC)


def test_a_name_is_one_line() -> None:
    assert named("  Ada’s page ") == "Ada’s page"
    for wrong in ("", "a\nb", "a" * 101, "\x1b[2J"):
        with pytest.raises(click.BadParameter):
            named(wrong)


def test_the_list_says_what_keys_are_bound_to_in_numbers_alone() -> None:
    two = frozenset({"id:ada", "id:grace"})
    assert bound(KEY) == "all calls"
    assert bound(dataclasses.replace(KEY, customers=two)) == "2 customers"
    assert bound(dataclasses.replace(KEY, customers=two, assistants=frozenset({"a"}))) == "2 customers and 1 assistant"
    assert bound(dataclasses.replace(KEY, customers=two, trusts_servers_only=True)) == (
        "2 customers as servers stated them"
    )


def test_the_list_tells_valid_keys_from_those_that_are_over() -> None:
    keys = [
        KEY,
        dataclasses.replace(KEY, expires_at=NOON + dt.timedelta(days=1)),
        dataclasses.replace(KEY, expires_at=NOON),
        dataclasses.replace(KEY, expires_at=NOON, revoked_at=NOON),
    ]
    assert [line.split()[2] for line in table(keys, NOON)[1:]] == ["valid", "valid", "expired", "revoked"]
