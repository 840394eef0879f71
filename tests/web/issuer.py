"""An issuer of tokens: its keys, the set that it publishes, and tokens as it signs them."""

from __future__ import annotations

import base64
import datetime as dt
import functools
import json
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt import api_jws
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

ISSUER: Final = "https://issuer.example.com/"
AUDIENCE: Final = "https://calls.example.com"
NOW: Final = dt.datetime(2026, 8, 19, 12, 30, tzinfo=dt.UTC)
SECONDS: Final = int(NOW.timestamp())


def rsa_key(name: str = "one", *, bits: int = 2048) -> rsa.RSAPrivateKey:
    """A private RSA key, the same for one name."""
    return _rsa_key(name, bits)


def ec_key(name: str = "one", *, bits: int = 256) -> ec.EllipticCurvePrivateKey:
    """A private key on the curve of so many bits, the same for one name."""
    return _ec_key(name, bits)


@functools.cache
def ed_key() -> ed25519.Ed25519PrivateKey:
    """A private Ed25519 key."""
    return ed25519.Ed25519PrivateKey.generate()


def private_key(algorithm: str) -> Any:
    """A private key for an algorithm."""
    curves = {"ES256": 256, "ES384": 384, "ES512": 521}
    if algorithm in curves:
        return ec_key(bits=curves[algorithm])
    return ed_key() if algorithm == "EdDSA" else rsa_key()


def jwk(key: Any, kid: str | None = "one", **more: Any) -> dict[str, Any]:
    """The public half of a key as a member of a set."""
    public = key.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        made = RSAAlgorithm.to_jwk(public, as_dict=True)
    elif isinstance(public, ec.EllipticCurvePublicKey):
        made = ECAlgorithm.to_jwk(public, as_dict=True)
    else:
        made = OKPAlgorithm.to_jwk(public, as_dict=True)
    made.pop("key_ops", None)
    return {**made, **({} if kid is None else {"kid": kid}), "use": "sig", **more}


def published(*keys: dict[str, Any]) -> bytes:
    """A set of keys, as it is published."""
    return json.dumps({"keys": list(keys)}).encode()


def pem(key: Any) -> bytes:
    """The public half of a key as PEM."""
    made: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return made


def claims(**stated: Any) -> dict[str, Any]:
    """The claims of a token that holds now, but for what is stated; a claim that is stated as None is left out."""
    usual = {"iss": ISSUER, "aud": AUDIENCE, "sub": "user_ada", "iat": SECONDS - 60, "exp": SECONDS + 600}
    return {name: value for name, value in {**usual, **stated}.items() if value is not None}


def token(
    key: Any = None,
    algorithm: str = "RS256",
    *,
    kid: str | None = "one",
    header: dict[str, Any] | None = None,
    **stated: Any,
) -> str:
    """A token that the issuer has signed."""
    named = {} if kid is None else {"kid": kid}
    body = json.dumps(claims(**stated)).encode()  # PyJWT would refuse to sign claims that are none
    return api_jws.encode(body, key or private_key(algorithm), algorithm, headers={**named, **(header or {})})


def forged(header: dict[str, Any], stated: dict[str, Any], signature: bytes = b"") -> str:
    """A token of any parts, as somebody writes it who has no key."""
    return ".".join(map(base64url, (json.dumps(header).encode(), json.dumps(stated).encode(), signature)))


def base64url(text: bytes) -> str:
    """As the parts of tokens are written."""
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


@functools.cache
def _rsa_key(_name: str, bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@functools.cache
def _ec_key(_name: str, bits: int) -> ec.EllipticCurvePrivateKey:
    curve = {256: ec.SECP256R1(), 384: ec.SECP384R1(), 521: ec.SECP521R1()}[bits]
    return ec.generate_private_key(curve)
