"""Secrets are compared in constant time: how long an answer takes tells nobody how much of a guess was right."""

from __future__ import annotations

import ast
import datetime as dt
import hmac
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from gateway.domain import keys
from gateway.domain.keys import ApiKey
from gateway.domain.principal import EVERY_SCOPE
from gateway.domain.signatures import Doubt, Hmac, Scheme, Token, vapi_secret

GATEWAY: Final = Path(__file__).parents[1] / "gateway"
NOW: Final = dt.datetime(2026, 8, 19, 12, 30, tzinfo=dt.UTC)
STAMP: Final = str(int(NOW.timestamp()))
BODY: Final = b'{"message": {}}'

SECRETS: Final = frozenset(
    {"secret", "secrets", "signature", "password", "token", "tokens", "credential", "credentials", "bearer"}
    | {"upstream_key", "identity_key", "webhook_secrets", "digest", "hexdigest", "hashed", "right"}
)
"""What secrets, and what is made of them, are called in the code."""
_EARLY: Final = (ast.Eq, ast.NotEq, ast.In, ast.NotIn)
"""What stops at the first difference."""
NO_SECRETS: Final = {
    "domain/mirrored.py": "the digest of a document, which tells whether it has changed",
    "graph/documents.py": "the hash of a query, which whoever sent it knows",
}
"""Modules that give another thing one of these names, and which."""


class Uncompared(str):
    """A text that is compared by nothing that stops at the first difference."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        raise AssertionError("a secret was compared with ==")

    def __ne__(self, other: object) -> bool:
        raise AssertionError("a secret was compared with !=")


class UncomparedBytes(bytes):
    """The same of bytes."""

    __hash__ = bytes.__hash__

    def __eq__(self, other: object) -> bool:
        raise AssertionError("a secret was compared with ==")

    def __ne__(self, other: object) -> bool:
        raise AssertionError("a secret was compared with !=")


def signed(secret: str) -> list[tuple[bytes, bytes]]:
    """The headers of a body that was signed with a secret."""
    signature = hmac.digest(secret.encode(), f"{STAMP}.".encode() + BODY, "sha256").hex()
    return [(b"x-signature", signature.encode()), (b"x-timestamp", STAMP.encode())]


@pytest.mark.parametrize(
    ("scheme", "right", "wrong"),
    [
        (vapi_secret(Uncompared("canary")), [(b"x-vapi-secret", b"canary")], [(b"x-vapi-secret", b"canarz")]),
        (
            Token(secrets=(Uncompared("canary"),)),
            [(b"authorization", b"Bearer canary")],
            [(b"authorization", b"a")],
        ),
        (Hmac(secrets=(Uncompared("canary"),)), signed("canary"), signed("another")),
    ],
    ids=["secret", "bearer", "signature"],
)
def test_the_secret_of_a_webhook_is_compared_by_nothing_that_stops_early(
    scheme: Scheme, right: list[tuple[bytes, bytes]], wrong: list[tuple[bytes, bytes]]
) -> None:
    assert scheme.doubt(right, BODY, NOW) is None
    assert scheme.doubt(wrong, BODY, NOW) is Doubt.WRONG


def test_an_api_key_is_compared_by_nothing_that_stops_early() -> None:
    kept = UncomparedBytes(keys.digest("canary"))
    key = ApiKey(id="1", name="a", digest=kept, scopes=EVERY_SCOPE, created_at=NOW)
    assert key.has("canary")
    assert not key.has("canarz")


def comparisons(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Where something is compared with a secret, and how that is written."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and any(isinstance(op, _EARLY) for op in node.ops):
            named = {name for operand in (node.left, *node.comparators) for name in names(operand)}
            if named & SECRETS:
                yield node.lineno, ast.unparse(node)


def names(operand: ast.expr) -> Iterator[str]:
    """What an operand is called: a variable, an attribute, the function whose result it is."""
    match operand:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            yield name.lstrip("_")
        case ast.Call(func=function):
            yield from names(function)


def test_a_comparison_with_a_secret_would_be_found() -> None:
    source = "if sent == self._secret or hmac.digest(key) != sent or token in keys or length == 5: pass"
    assert len(list(comparisons(ast.parse(source)))) == 3


def test_no_module_compares_secrets_but_by_compare_digest() -> None:
    found = {
        str(path.relative_to(GATEWAY)): told
        for path in sorted(GATEWAY.rglob("*.py"))
        if path.relative_to(GATEWAY).parts[0] != "simulator"
        and (told := list(comparisons(ast.parse(path.read_text(encoding="utf-8")))))
    }
    assert {name: told for name, told in found.items() if name not in NO_SECRETS} == {}
    assert set(NO_SECRETS) <= set(found)


@pytest.mark.parametrize("name", ["domain/keys.py", "domain/signatures.py"])
def test_what_judges_a_secret_uses_compare_digest(name: str) -> None:
    tree = ast.parse((GATEWAY / name).read_text(encoding="utf-8"))
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert "hmac.compare_digest" in called
