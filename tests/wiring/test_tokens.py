"""The issuer whose tokens are believed, as the settings say."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from click.testing import CliRunner

from gateway.domain.principal import Scope
from gateway.errors import SettingsInvalid
from gateway.observe.events import silence
from gateway.settings import load
from gateway.web.tokens import Tokens
from gateway.wiring.catalogs import catalog_of
from gateway.wiring.tokens import tokens
from tests.web.issuer import AUDIENCE, ISSUER, NOW, jwk, published, rsa_key, token
from tests.wiring.stated import settings

URL: Final = "https://issuer.example.com/jwks.json"
KEY: Final = b"an identity key of 32 characters"
NAMED: Final[dict[str, Any]] = {"jwt_jwks_url": URL, "jwt_issuer": ISSUER, "jwt_audience": AUDIENCE}


def made(
    transport: httpx.AsyncBaseTransport | None = None, **stated: Any
) -> tuple[Tokens | None, contextlib.AbstractAsyncContextManager[object]]:
    """What these settings make."""
    configured = settings(**stated)
    return tokens(
        configured,
        catalog_of(configured),
        KEY,
        clock=lambda: NOW,
        timer=lambda: 0.0,
        listen=silence,
        transport=transport,
    )


def file(tmp_path: Path, body: bytes = b"") -> Path:
    """A file with keys."""
    path = tmp_path / "jwks.json"
    path.write_bytes(body or published(jwk(rsa_key())))
    return path


def test_without_a_setting_there_are_no_tokens() -> None:
    assert made()[0] is None


@pytest.mark.anyio
async def test_a_token_is_told_by_the_keys_that_its_issuer_publishes() -> None:
    asked: list[httpx.Request] = []

    def issuer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, content=published(jwk(rsa_key())))

    known_by, opened = made(httpx.MockTransport(issuer), **NAMED, jwt_customer_claim="sub")
    assert known_by is not None
    async with opened:
        principal = await known_by.known(token())
    assert principal is not None
    assert principal.customers == frozenset({"id:user_ada"})
    assert principal.scopes == {Scope.CALLS_READ}
    assert [str(request.url) for request in asked] == [URL]
    assert "authorization" not in asked[0].headers


@pytest.mark.anyio
async def test_every_knob_is_handed_on(tmp_path: Path) -> None:
    known_by, opened = made(
        jwt_jwks_file=file(tmp_path),
        jwt_issuer=ISSUER,
        jwt_audience=AUDIENCE,
        jwt_algorithms=("RS256",),
        jwt_leeway_seconds=0,
        jwt_scopes_claim="permissions",
        jwt_scopes=("calls:read", "content:read"),
        jwt_customer_claim="crm",
        jwt_customer_attribute="externalId",
        jwt_assistants_claim="bots",
        binding_trust="server",
    )
    assert known_by is not None
    async with opened:
        principal = await known_by.known(token(crm="crm-9", bots=["a-1"]))
        scoped = await known_by.known(token(permissions=["export"]))
        assert await known_by.known(token(algorithm="RS384")) is None
        assert await known_by.known(token(exp=int(NOW.timestamp()))) is None
    assert principal is not None
    assert scoped is not None
    assert principal.scopes == {Scope.CALLS_READ, Scope.CONTENT_READ}
    assert (principal.customers, principal.assistants) == (frozenset({"ext:crm-9"}), frozenset({"a-1"}))
    assert principal.trusts_servers_only
    assert scoped.scopes == {Scope.EXPORT}


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ({**NAMED, "jwt_jwks_file": Path("x")}, "both set"),
        ({**NAMED, "jwt_issuer": None}, "GATEWAY_JWT_ISSUER is not set"),
        ({**NAMED, "jwt_audience": None}, "GATEWAY_JWT_AUDIENCE is not set"),
        ({**NAMED, "jwt_audience": ""}, "GATEWAY_JWT_AUDIENCE is not set"),
        ({**NAMED, "jwt_jwks_url": None}, "GATEWAY_JWT_ISSUER is set, but not where the keys are"),
        ({"jwt_audience": AUDIENCE}, "GATEWAY_JWT_AUDIENCE is set"),
        ({"jwt_audience": AUDIENCE}, "set GATEWAY_JWT_JWKS_URL or GATEWAY_JWT_JWKS_FILE as well"),
        ({"jwt_customer_claim": "sub"}, "GATEWAY_JWT_CUSTOMER_CLAIM is set"),
        ({"jwt_assistants_claim": "bots"}, "GATEWAY_JWT_ASSISTANTS_CLAIM is set"),
        ({**NAMED, "jwt_scopes": ("calls:raed",)}, "“calls:raed” is no scope"),
        ({**NAMED, "jwt_jwks_url": None, "jwt_jwks_file": Path("/no/such/file")}, "/no/such/file cannot be used"),
        *(
            ({**NAMED, "jwt_jwks_url": url}, "must begin with https://")
            for url in (
                "http://issuer.example.com/jwks.json",
                "http://127.0.0.1.example.com/",
                "http://localhost@issuer.example.com/",
                "file:///etc/passwd",
                "issuer.example.com",
                "https://",
                "https://[::1",
            )
        ),
    ],
)
def test_an_issuer_that_cannot_be_used_stops_the_start_and_says_what_is_wrong(
    stated: dict[str, Any], told: str
) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        made(**stated)
    assert told in str(refused.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9000/jwks", "http://[::1]/jwks", "http://localhost/jwks"])
def test_keys_of_this_machine_may_come_without_tls(url: str) -> None:
    assert made(**{**NAMED, "jwt_jwks_url": url})[0] is not None


@pytest.mark.parametrize(("body", "told"), [(b"<html>", "no JSON"), (b"{}", "no key set"), (b" " * 2**21, "larger")])
def test_a_file_that_holds_no_keys_is_named(tmp_path: Path, body: bytes, told: str) -> None:
    with pytest.raises(SettingsInvalid, match=f"jwks.json cannot be used: .*{told}"):
        made(**{**NAMED, "jwt_jwks_url": None, "jwt_jwks_file": file(tmp_path, body)})


@pytest.mark.parametrize("algorithm", ["HS256", "none", "ES256K", "", "rs256"])
def test_an_algorithm_that_needs_a_secret_or_none_at_all_stops_the_start(algorithm: str) -> None:
    stated = f"RS256,{algorithm}" if algorithm else ","
    with CliRunner(env={"GATEWAY_JWT_ALGORITHMS": stated}).isolation(), pytest.raises(SettingsInvalid) as refused:
        load()
    assert "GATEWAY_JWT_ALGORITHMS" in str(refused.value)


def test_several_algorithms_are_parted_by_commas() -> None:
    with CliRunner(env={"GATEWAY_JWT_ALGORITHMS": "ES256, EdDSA"}).isolation():
        assert load().jwt_algorithms == ("ES256", "EdDSA")
