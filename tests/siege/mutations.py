"""Mutations: what makes a request that could be answered into one that nobody sends who means well.

Each takes what a request has at one level, as values, text, bytes or headers, and gives it back changed.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from tests.fuzz.mutations import mutated
from tests.siege.wire import Headers

_DEEP: Final = 2_000
_MANY: Final = 300
_TOKEN: Final = re.compile(r"\w+|[^\w\s]")
_WORDS: Final = (
    *("{", "}", "(", ")", "[", "]", "!", "$", "$v0", "@skip", "@nothing(if: 1)", "...", "... on Call", "...F0", "on"),
    *("__schema", "__type", "__typename", "query", "mutation", "subscription", "fragment F9 on Call { id }", "null"),
    *("true", "ENUM", "calls", "customers", "document", "idd", "transcriptt", '"', '"""', '"\\ud800"', '"\\u{110000}"'),
    *("#", "\ufeff", "\x00", "\u2028", "\ud800", "\x7f", "👩‍👩‍👧", "é" * 500, "a" * 5000, '"' + "b" * 20_000 + '"'),
)
_EDGES: Final = (
    *("0", "-0", "-1", "2147483647", "2147483648", "-2147483649", "9007199254740993", "1" * 400, "9" * 5_000),
    *("1e308", "1e309", "-1e400", "0.1e-400", "00", "1.", ".5", "1_000", "0x10", "NaN", "Infinity", "1e999999999"),
)
_NUMBER: Final = re.compile(r"-?\b\d+(?:\.\d+)?\b")


def document(query: str, chance: random.Random) -> str:
    """A document that is another one, or none any more."""
    return chance.choice(_OF_DOCUMENTS)(query, chance)


def _without_tokens(query: str, chance: random.Random) -> str:
    places = [found.span() for found in _TOKEN.finditer(query)]
    begin, end = chance.choice(places)[0], chance.choice(places)[1]
    return query[: min(begin, end)] + query[max(begin, end) :]


def _with_a_word(query: str, chance: random.Random) -> str:
    begin, end = chance.choice([found.span() for found in _TOKEN.finditer(query)])
    return query[:begin] + chance.choice(_WORDS) + query[chance.choice([begin, end]) :]


def _at_an_edge(query: str, chance: random.Random) -> str:
    places = [found.span() for found in _NUMBER.finditer(query)]
    if not places:
        return f"{{ calls(first: {chance.choice(_EDGES)}) {{ nodes {{ id }} }} }}"
    begin, end = chance.choice(places)
    return query[:begin] + chance.choice(_EDGES) + query[end:]


def _repeated(query: str, chance: random.Random) -> str:
    """A piece of it, many times."""
    begin, end = chance.choice([found.span() for found in _TOKEN.finditer(query)])
    return query[:begin] + (query[begin:end] + " ") * chance.choice([2, 50, _MANY]) + query[end:]


def _cut(query: str, chance: random.Random) -> str:
    return query[: chance.randrange(len(query) + 1)]


def _twice(query: str, _: random.Random) -> str:
    return f"{query}\n{query}"


def _heavy(_: str, chance: random.Random) -> str:
    """What is known to have brought other servers down."""
    many, deep = chance.choice([3, _MANY]), chance.choice([3, _DEEP])
    return chance.choice(
        [
            "{" + " ".join(f"a{n}: calls(first: 100) {{ totalCount }}" for n in range(many)) + "}",
            "{ calls { nodes { id " + "@skip(if: false) " * many + "} } }",
            "{ __typename " + "@a" * many + " }",
            "{ calls { nodes { customer { calls { nodes " * (many % 7) + "{ id }" + " } } } } }" * (many % 7),
            "{" + "a {" * deep + "}" * deep + "}",
            "{ calls(where: " + "{and: [" * deep + "]}" * deep + ") { totalCount } }",
            "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
            "{ ...F0 } "
            + " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(many))
            + f" fragment F{many} on Query {{ __typename }}",
            "{ __schema { types { fields { type {"
            + " ofType {" * (deep % 200)
            + " name"
            + " }" * (deep % 200)
            + "} } } }",
            "{ nodes(ids: [" + '"x" ' * many * 10 + "]) { id } }",
            "query (" + " ".join(f"$a{n}: Int" for n in range(many)) + ") { __typename }",
            '{ calls(where: {search: "' + "word " * many * 5 + '"}) { totalCount } }',
            "{ " + "call " * many + "}",
            "subscription { calls { nodes { id } } }",
            'mutation { deleteCall(id: "1") { id } }',
        ]
    )


_OF_DOCUMENTS: Final[Sequence[Callable[[str, random.Random], str]]] = (
    *(_without_tokens, _with_a_word, _with_a_word, _at_an_edge, _repeated, _cut, _twice, _heavy),
)


def value(parameters: dict[str, Any], chance: random.Random) -> Any:
    """The parameters of a request with something at any depth that does not belong there."""
    if chance.random() < 0.1:
        return chance.choice([None, [], [parameters], [parameters] * _MANY, "text", 1, True])
    if chance.random() < 0.1:
        return {**parameters, chance.choice(_NAMES): chance.choice(_VALUES)}
    return mutated(parameters, chance)[0]


_NAMES: Final = ("query", "variables", "operationName", "extensions", "documentId", "id", "__proto__", "")
_VALUES: Final[Sequence[Any]] = (
    *(None, "", "x" * 200_000, 10**400, [[]] * _MANY, {"persistedQuery": 1}, {"persistedQuery": {"version": "1"}}),
    *({"persistedQuery": {"version": 1, "sha256Hash": "a" * 64}}, {"persistedQuery": {"version": 1, "sha256Hash": []}}),
    *("sha256:" + "0" * 64, {"a": {"b": {"c": [1e308, -1]}}}, "\ud800", "\x00"),
)


def body(written: bytes, chance: random.Random) -> bytes:
    """JSON that is not quite JSON, or says something twice."""
    at = chance.randrange(len(written) + 1)
    deep = chance.choice([50, _DEEP, 50_000])
    pieces: list[bytes] = [
        written[:at],
        written[:at] + chance.randbytes(chance.choice([1, 4, 300])) + written[at:],
        written[:at] + b"\xff\xfe\xed\xa0\x80" + written[at:],
        written[:at] + written[at + chance.choice([1, 2, 20]) :],
        written + written,
        b"\xef\xbb\xbf" + written,
        written.decode("utf-8", "replace").encode("utf-16"),
        written.replace(b"{", b'{"query": "{ __typename }", "variables": [], ', 1),
        written.replace(b"}", b', "query": null, "query": 1}', 1),
        written.replace(b'"', b"'"),
        written.replace(b":", b": \\ud800", 1),
        written.replace(b"{", b'{"v": "\\ud800\\udc00\\ud800", ', 1),
        written.replace(b"{", b'{"variables": {"v0": NaN, "v1": -Infinity, "v2": 1e999}, ', 1),
        written.replace(b"{", b'{"variables": {"v0": ' + b"9" * 10_000 + b"}, ", 1),
        b'{"query": "{ __typename }", "variables": ' + b'{"a":' * deep + b"1" + b"}" * deep + b"}",
        b"[" * deep,
        b"[" + b",".join([written] * chance.choice([1, 2, 50])) + b"]",
        b'{"query": "{ __typename }", "x": "' + b"a" * chance.choice([10, 200_000, 1_500_000]) + b'"}',
        b"",
        b"null",
        chance.randbytes(200),
    ]
    return chance.choice(pieces)


_ODD_HEADERS: Final = (
    *(
        (b"Content-Type", kind)
        for kind in (b"text/plain", b"application/x-www-form-urlencoded", b"", b"a/b/c", b"\xe9")
    ),
    *((b"Content-Type", kind) for kind in (b"application/json; charset=utf-16", b"multipart/form-data; boundary=x")),
    *(
        (b"Content-Type", kind)
        for kind in (b"application/graphql", b"APPLICATION/JSON;CHARSET=UTF-8", b"application/json,")
    ),
    *(
        (b"Accept", kind)
        for kind in (b"*/*", b"text/html", b"", b"application/graphql-response+json", b"a/b;q=9", b"\xff")
    ),
    *((b"Accept", kind) for kind in (b"application/json;q=0, */*;q=0", b"a," * 2000, b"text/event-stream")),
    *((b"X-Request-Id", name) for name in (b"a" * 65, b"mine-1", b"\xc3\xa9", b"../../etc", b"a b", b"")),
    *((b"Origin", name) for name in (b"null", b"https://evil.example", b"http://localhost", b"*", b"", b"\xff://")),
    *(
        (b"Host", name)
        for name in (b"evil.example", b"127.0.0.1:1", b"[::1]", b"a:b:c", b"", b"a" * 300, b"localhost.")
    ),
    *((b"Sec-Fetch-Site", name) for name in (b"cross-site", b"same-origin", b"none", b"\x01")),
    *((b"Content-Encoding", name) for name in (b"gzip", b"br", b"deflate, gzip", b"identity", b"\xff")),
    *((b"Accept-Encoding", name) for name in (b"gzip", b"*;q=0", b"zstd, br")),
    *((b"X-Forwarded-For", name) for name in (b"10.0.0.1", b"127.0.0.1, a", b"," * 500, b"::1%eth0")),
    *((b"Forwarded", name) for name in (b"for=unknown", b'for="[::1]:1";host=evil')),
    *((b"If-None-Match", name) for name in (b"*", b'"a"', b"W/", b'"' * 100)),
    *(
        (b"Range", name)
        for name in (b"bytes=0-", b"bytes=-1", b"bytes=5-1", b"bytes=0-1,2-3", b"lines=1", b"bytes=" + b"9" * 99)
    ),
    *((b"Cookie", name) for name in (b"session=1", b"=" * 999)),
    *((b"Expect", name) for name in (b"100-continue", b"200-ok")),
    *((b"Upgrade", name) for name in (b"websocket", b"h2c")),
    *((b"Content-Length", name) for name in (b"0", b"+1", b"-1", b"1e3", b"9" * 30, b"0x10", b"")),
    *((b"Transfer-Encoding", name) for name in (b"chunked", b"identity", b"gzip, chunked", b"\x0bchunked")),
    *((b"Connection", name) for name in (b"close", b"keep-alive, upgrade", b"transfer-encoding")),
    *((b"Access-Control-Request-Method", name) for name in (b"POST", b"DELETE")),
    *((b"X-Http-Method-Override", name) for name in (b"POST", b"DELETE")),
)
_OF_LENGTH: Final = (b"content-length", b"transfer-encoding")
_OF_MANNER: Final = (b"expect", b"upgrade", b"connection")


def headers(stated: Headers, chance: random.Random) -> tuple[Headers, bool]:
    """The headers with one more, another or none of a kind; and whether they still say truly how long the body is."""
    name, odd = chance.choice(_ODD_HEADERS)
    others = tuple(header for header in stated if header[0].lower() != name.lower())
    changed: Sequence[tuple[bytes, bytes]] = chance.choice(
        [
            (*others, (name, odd)),
            (*stated, (name, odd)),
            (*others, (name.lower(), odd), (name.upper(), odd)),
            chance.sample(stated, max(0, len(stated) - 1)),
            (*stated, *((b"X-Filler-%d" % n, b"x" * 50) for n in range(chance.choice([5, 200, 3000])))),
            (*stated, (b"X-Long", b"x" * chance.choice([5_000, 100_000]))),
        ]
    )
    whole = not any(name.lower() in _OF_LENGTH + _OF_MANNER for name, _ in changed)
    return tuple(changed), whole


def wire(sent: bytes, chance: random.Random) -> bytes:
    """The bytes of a request, changed wherever they are."""
    at = chance.randrange(len(sent) + 1)
    head = sent.find(b"\r\n\r\n") + 1
    early = chance.randrange(head + 1)
    return chance.choice(
        [
            sent[:at],
            sent[:early],
            sent[:early] + chance.randbytes(3) + sent[early:],
            sent[:early] + b"\r\n" + sent[early:],
            sent[:early] + b"\x00" + sent[early:],
            sent.replace(b"\r\n", b"\n"),
            sent.replace(b"HTTP/1.1", chance.choice([b"HTTP/1.0", b"HTTP/9.9", b"HTTP/2", b"", b"ICY"]), 1),
            sent.replace(b"Content-Length", b"Transfer-Encoding: chunked\r\nContent-Length", 1),
            sent.replace(b"Content-Length: ", b"Content-Length: 1", 1),
            sent.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\nZ\r\n", 1),
            sent.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Type: a/b\r\n\r\n", 1),
            sent + sent,
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + sent,
            chance.randbytes(500),
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + chance.randbytes(60),
        ]
    )


def text(stated: str, chance: random.Random) -> bytes:
    """A piece of an address, as bytes."""
    odd = [b"%00", b"%ff%fe", b"%2e%2e%2f", b"../..", b"%", b"%zz", b"?", b"#", b";", b"//", b"\xc3\xa9", b"%ED%A0%80"]
    odd += [b"a" * 3_000, b"0", b"-1", b"[]", b"%25", b"+", b"%0d%0aX-Injected:%201", b"@", b"\\", b"{}", b"*"]
    written = stated.encode()
    at = chance.randrange(len(written) + 1)
    return chance.choice([written[:at] + chance.choice(odd) + written[at:], chance.choice(odd), written * 2, b""])


def as_json(parameters: Any) -> bytes:
    """JSON as it is sent; half a character stays what it is, escaped."""
    return json.dumps(parameters, ensure_ascii=True).encode()
