"""What is asked in the siege of requests: each one made of a seed and a number, so that it can be made again.

A request begins as one that a gateway answers, and is then changed at some of its levels (`tests.siege.mutations`).
"""

from __future__ import annotations

import base64
import dataclasses
import json
import random
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlencode

from graphql import GraphQLSchema

from gateway.simulator.signing import Authentication, Unsigned
from tests.domain.saved_webhooks import BODIES
from tests.fuzz.mutations import mutated
from tests.siege import mutations
from tests.siege.documents import Documents, Operation
from tests.siege.wire import Headers, Request

GRAPHQL: Final = "/graphql"
WEBHOOKS: Final = "/webhooks/vapi"
_METHODS: Final = (b"GET", b"POST", b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"TRACE", b"BREW", b"get")
_KNOWN: Final = 0.65
"""How many come from somebody to whom everything is open."""
_UNCHANGED: Final = 0.15
"""How many requests stay as they can be answered."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What is known of the gateway that is besieged.

    ``known`` are values that mean something there, by the arguments that take them; ``credentials`` whole values of
    ``Authorization``, right and wrong ones, or None for none, the first of them one that opens everything; ``signers``
    are ways to prove where a webhook comes from; ``paths`` all of its routes, with parameters in braces.
    """

    schema: GraphQLSchema
    known: Mapping[str, Sequence[str]]
    credentials: Sequence[str | None]
    signers: Sequence[Authentication]
    paths: Sequence[str]
    host: bytes


class Asked:
    """All requests of a seed."""

    def __init__(self, seed: int, place: Place) -> None:
        self._seed = seed
        self._place = place
        self._documents = Documents(place.schema, place.known)

    def request(self, number: int) -> Request:
        """The request of this number."""
        chance = random.Random(f"{self._seed}/{number}")
        kinds = [self._posted, self._got, self._webhook, self._elsewhere, self._broken]
        (kind,) = chance.choices(kinds, weights=[45, 15, 20, 12, 8])
        return kind(chance)

    def document(self, query: str, number: int) -> Request:
        """A document of somebody else's making, as it is."""
        chance = random.Random(f"{self._seed}/document/{number}")
        return self._json("schemathesis", {"query": query}, self._headers(chance, known=True))

    def _posted(self, chance: random.Random) -> Request:
        operation = self._documents.operation(chance)
        levels = _levels(chance, "document", "value", "body", "headers")
        if "document" in levels:
            operation = dataclasses.replace(operation, query=mutations.document(operation.query, chance))
        parameters: Any = _parameters(operation, chance)
        if "value" in levels:
            parameters = mutations.value(parameters, chance)
        request = self._json("POST /graphql", parameters, self._headers(chance, known=chance.random() < _KNOWN))
        if "body" in levels:
            request = dataclasses.replace(request, body=mutations.body(request.body, chance))
        return _with_headers(request, chance) if "headers" in levels else request

    def _json(self, door: str, parameters: Any, headers: Headers) -> Request:
        stated = ((b"Content-Type", b"application/json"), *headers)
        body = mutations.as_json(parameters)
        return Request(door=door, method=b"POST", target=GRAPHQL.encode(), headers=stated, body=body)

    def _got(self, chance: random.Random) -> Request:
        """A query by GET, or whatever else by its address."""
        operation = self._documents.operation(chance)
        levels = _levels(chance, "document", "value", "address", "headers")
        if "document" in levels:
            operation = dataclasses.replace(operation, query=mutations.document(operation.query, chance))
        parameters = {
            name: stated if isinstance(stated, str) else json.dumps(stated)
            for name, stated in _parameters(operation, chance).items()
        }
        if "value" in levels:
            name = chance.choice(list(parameters))
            odd = chance.choice(["", "[", "null", "{}", "[]", "1", '"x"', "[" * 500, '{"a":NaN}', "\x00"])
            parameters[name] = odd
        asked = urlencode(parameters, errors="surrogatepass").encode()
        if "address" in levels:
            asked = mutations.text(asked.decode(), chance)
        target = GRAPHQL.encode() + b"?" + asked
        headers = self._headers(chance, known=chance.random() < _KNOWN)
        request = Request(door="GET /graphql", target=_no_spaces(target), headers=headers)
        return _with_headers(request, chance) if "headers" in levels else request

    def _webhook(self, chance: random.Random) -> Request:
        """A message of Vapi's, signed as it must be, or not."""
        message: Any = json.loads(chance.choice(list(BODIES.values())))
        levels = _levels(chance, "value", "body", "signature", "headers")
        if "value" in levels:
            message = mutated(message, chance)[0] if chance.random() < 0.9 else chance.choice([[], None, 1, {}, "x"])
        body = mutations.as_json(message)
        if "body" in levels:
            body = mutations.body(body, chance)
        signer = chance.choice(self._place.signers)
        signed = signer.headers(Unsigned(f"http://{self._place.host.decode()}{WEBHOOKS}", body, _now(), "msg_1"))
        stated = [(name.encode(), value.encode()) for name, value in signed.items()]
        if "signature" in levels:
            stated = _unsigned(stated, chance)
        headers = ((b"Host", self._place.host), (b"Content-Type", b"application/json"), *stated)
        request = Request(door=f"POST {WEBHOOKS}", method=b"POST", target=WEBHOOKS.encode(), headers=headers, body=body)
        return _with_headers(request, chance) if "headers" in levels else request

    def _elsewhere(self, chance: random.Random) -> Request:
        """Any route, by any method."""
        path = chance.choice(self._place.paths)
        levels = _levels(chance, "path", "method", "headers")
        filled = self._filled(path, chance).encode()
        if "path" in levels:
            filled = b"/" + mutations.text(filled.decode().lstrip("/"), chance)
        usual = b"POST" if path == WEBHOOKS else b"GET"
        method = chance.choice(_METHODS) if "method" in levels else usual
        asked = chance.choice(
            [b"", b"?kind=mono", b"?kind=stereo", b"?kind=nothing", b"?kind=video&kind=mono", b"?kind="]
        )
        headers = self._headers(chance, known=chance.random() < _KNOWN)
        request = Request(door="any route", method=method, target=_no_spaces(filled + asked), headers=headers)
        return _with_headers(request, chance) if "headers" in levels else request

    def _filled(self, path: str, chance: random.Random) -> str:
        """A route's path with values for its parameters."""
        pieces = path.split("{")
        return pieces[0] + "".join(
            quote(chance.choice(self._place.known["id"])) + piece.partition("}")[2] for piece in pieces[1:]
        )

    def _broken(self, chance: random.Random) -> Request:
        """A request of another kind, its bytes changed."""
        whole = chance.choice([self._posted, self._got, self._webhook, self._elsewhere])(chance)
        return dataclasses.replace(whole, door="broken HTTP", raw=mutations.wire(whole.sent, chance), whole=False)

    def _headers(self, chance: random.Random, *, known: bool) -> Headers:
        """Who asks, and what they take: somebody who is ``known``, or anybody."""
        credential = self._place.credentials[0] if known else chance.choice(self._place.credentials)
        if credential is not None and not known and chance.random() < 0.5:
            credential = _unlike(credential, chance)
        accept = chance.choice([b"application/json", b"application/graphql-response+json", b"*/*"])
        stated: Headers = ((b"Host", self._place.host), (b"Accept", accept))
        if credential is None:
            return stated
        return (*stated, (b"Authorization", credential.encode("utf-8", "surrogateescape").replace(b"\n", b" ")))


def _levels(chance: random.Random, *levels: str) -> set[str]:
    if chance.random() < _UNCHANGED:
        return set()
    return set(chance.sample(levels, chance.choice([1, 1, 1, 2, 3])))


def _parameters(operation: Operation, chance: random.Random) -> dict[str, Any]:
    stated: dict[str, Any] = {"query": operation.query}
    if operation.variables or chance.random() < 0.2:
        stated["variables"] = dict(operation.variables)
    if operation.name is not None or chance.random() < 0.1:
        stated["operationName"] = operation.name
    if chance.random() < 0.1:
        extensions = [{}, {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}, {"any": [1]}]
        stated["extensions"] = chance.choice(extensions)
    if chance.random() < 0.03:
        stated["documentId"] = chance.choice(["sha256:" + "0" * 64, "x", ""])
    return stated


def _with_headers(request: Request, chance: random.Random) -> Request:
    headers, whole = mutations.headers(request.headers, chance)
    return dataclasses.replace(request, headers=headers, whole=whole and request.whole)


def _unsigned(stated: list[tuple[bytes, bytes]], chance: random.Random) -> list[tuple[bytes, bytes]]:
    """Headers that prove nothing, or something else."""
    name, value = chance.choice(stated)
    others = [header for header in stated if header[0] != name]
    odd = [
        b"",
        value[:-1],
        value + b"0",
        value.swapcase(),
        b"\xff" * 8,
        b"0",
        b"9" * 400,
        b"1e5",
        b"nan",
        b"Bearer",
        value * 50,
    ]
    return [*others, (name, chance.choice(odd))] if chance.random() < 0.8 else others


def _unlike(credential: str, chance: random.Random) -> str:
    """A credential that is nearly this one."""
    kind, _, secret = credential.partition(" ")
    at = chance.randrange(len(secret) + 1)
    odd = ["", secret, secret[:at], secret + secret[:1], secret[:at] + "A" + secret[at:], secret.swapcase(), "." * 30]
    odd += [
        f"{secret},{secret}",
        "\u00e9" * 20,
        "a" * 9_000,
        _jwt({"alg": "none"}),
        _jwt({"alg": "HS256", "kid": "../x"}),
    ]
    odd += [
        _jwt({"alg": "RS256", "kid": f"{chance.random()}"}),
        _jwt([]),
        "e30.e30.e30",
        "..",
        base64.b64encode(b"a:b").decode(),
    ]
    return f"{chance.choice([kind, kind, kind.lower(), 'Basic', 'Digest', ''])} {chance.choice(odd)}"


def _jwt(header: Any) -> str:
    """Something in the form of a token, signed by nobody."""
    pieces = (header, {"sub": "admin", "exp": 9_999_999_999, "scope": "admin"})
    written = (base64.urlsafe_b64encode(json.dumps(piece).encode()).decode().rstrip("=") for piece in pieces)
    return ".".join([*written, "AAAA"])


def _no_spaces(target: bytes) -> bytes:
    """An address as the first line of a request can hold it; what stays is odd enough."""
    return target.replace(b" ", b"%20").replace(b"\n", b"%0a").replace(b"\r", b"%0d")


def _now() -> int:
    return int(time.time() * 1000)
