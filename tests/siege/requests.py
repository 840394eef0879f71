"""The siege of requests: as many as are wanted, each of them odd somewhere, at every door of a gateway that runs.

    python -m tests.siege.requests [--requests 20000] [--seed 1] [--only NUMBER]

A quarter of them are documents that `schemathesis` makes of the gateway's schema, where that is installed; the others
are our own (`tests.siege.asked`). They go over sockets to a process that serves in front of a simulated Vapi. The
figures say how it answered; a finding is printed with its number, by which ``--only`` asks it again.

What counts as a finding: a 5xx; no answer to a request that is whole; an answer of ``/graphql`` that is no JSON; more
than one line of the log for one request, or a line that tells of no event; a secret in an answer or in the log; an
answer that takes longer than `SLOW` seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import contextlib
import dataclasses
import importlib.util
import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import httpx
from graphql import GraphQLSchema, build_client_schema, get_introspection_query

from gateway import app
from gateway.domain.principal import EVERY_SCOPE, Scope
from gateway.services.keys import Wish
from gateway.simulator.app import create
from gateway.simulator.server import Server
from gateway.simulator.signing import Bearer, Hmac, Secret
from tests.cli.processes import PATIENCE
from tests.e2e.gateways import quick_settings
from tests.siege import watching
from tests.siege.asked import GRAPHQL, Asked, Place
from tests.siege.wire import Answer, Request, ask
from tests.web import issuer

SLOW: Final = 5.0
_SHARE_OF_SCHEMATHESIS: Final = 4
_AFTER_NOTHING: Final = 0.02
"""How long the log is waited for where no answer says that a request is over, in seconds."""
_KEY_SET: Final = "keys.json"
_LASTS: Final = 3_600
"""How long tokens open something, in seconds."""
_SHOWN: Final = 2_000
_REMARKS: Final = 10
_SERVER_ERROR: Final = 500

VAPI_KEY: Final = "canary-vapi-private-key"
IDENTITY_KEY: Final = "canary-identity-key"
WEBHOOK_SECRET: Final = "canary-webhook-secret"
WEBHOOK_TOKEN: Final = "canary-webhook-token"
SIGNING_KEY: Final = "canary-signing-key"
_SECRETS: Final = (VAPI_KEY, IDENTITY_KEY, WEBHOOK_SECRET, WEBHOOK_TOKEN, SIGNING_KEY)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Besieged:
    """A gateway as a process, and what is known of it. ``secrets`` must never come out of it."""

    port: int
    pid: int
    log: watching.Log
    place: Place
    secrets: Sequence[str]


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be: what, and the request that did it."""

    number: int
    what: str
    request: Request
    answer: Answer


@dataclasses.dataclass
class Figures:
    """What a siege showed; ``memory`` by the number of requests before it, in bytes."""

    answers: collections.Counter[tuple[str, int]] = dataclasses.field(default_factory=collections.Counter)
    codes: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    lines: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    memory: dict[int, int] = dataclasses.field(default_factory=dict)
    findings: list[Finding] = dataclasses.field(default_factory=list)
    slowest: float = 0.0
    seconds: float = 0.0

    @property
    def requests(self) -> int:
        """How many were sent."""
        return self.answers.total()

    @property
    def growth(self) -> float:
        """By what share memory grew in the second half."""
        held = list(self.memory.values())
        return held[-1] / held[len(held) // 2] - 1


@contextlib.contextmanager
def besieged(calls: int = 500, **environment: str) -> Iterator[Besieged]:
    """A gateway in front of a simulated Vapi with so many calls, all of which are in its mirror."""
    with tempfile.TemporaryDirectory(prefix="gateway-siege-") as folder, Server(_simulated(calls)) as vapi:
        file = Path(folder) / "log"
        own = {name: value for name, value in os.environ.items() if not name.startswith(("GATEWAY_", "VAPI_"))}
        about = {**own, **_settings(vapi.url, folder), **environment}
        credentials = _credentials(Path(folder))
        with file.open("wb") as log, _process(about, log.fileno()) as process:
            assert process.stdout is not None
            line = process.stdout.readline()
            if "http://" not in line:
                raise RuntimeError(f"the gateway did not start: {file.read_text(encoding='utf-8')}")
            port = int(line.partition("127.0.0.1:")[2].partition("/")[0])
            _wait_until_ready(port, credentials[0])
            _read_all(port, credentials[0])
            yield Besieged(
                port=port,
                pid=process.pid,
                log=watching.Log(file),
                place=_place(port, credentials),
                secrets=(*_SECRETS, *(each.partition(" ")[2] for each in credentials if each is not None)),
            )


def _simulated(calls: int) -> Any:
    return create(seed=1, calls=calls, live=2, private_key=VAPI_KEY)


def _settings(vapi: str, folder: str) -> dict[str, str]:
    """Nothing is paced, so that requests get as far as they can."""
    return {
        "VAPI_API_KEY": VAPI_KEY,
        "GATEWAY_UPSTREAM_URL": vapi,
        "GATEWAY_UPSTREAM_RATE": "0",
        "GATEWAY_DATA_DIR": folder,
        "GATEWAY_IDENTITY_KEY": IDENTITY_KEY,
        "GATEWAY_BACKFILL_WORKERS": "0",
        "GATEWAY_POLL_SECONDS": "2",
        "GATEWAY_HOSTS": "localhost",
        "GATEWAY_JWT_JWKS_FILE": str(Path(folder) / _KEY_SET),
        "GATEWAY_JWT_ISSUER": issuer.ISSUER,
        "GATEWAY_JWT_AUDIENCE": issuer.AUDIENCE,
        "GATEWAY_JWT_SCOPES": "calls:read,customers:read,content:read,personal:read",
        "GATEWAY_WEBHOOK_SECRETS": WEBHOOK_SECRET,
        "GATEWAY_WEBHOOK_BEARER": json.dumps({"tokens": [WEBHOOK_TOKEN]}),
        "GATEWAY_WEBHOOK_HMAC": json.dumps({"secrets": [SIGNING_KEY]}),
        "GATEWAY_RATE_PER_MINUTE": "0",
        "GATEWAY_RATE_PER_ADDRESS_PER_MINUTE": "0",
        "GATEWAY_CORS_ORIGINS": "https://app.example.com",
    }


def _credentials(folder: Path) -> tuple[str | None, ...]:
    """Keys and tokens: one that opens everything, some that open a part, and some that open nothing."""
    (folder / _KEY_SET).write_bytes(issuer.published(issuer.jwk(issuer.rsa_key())))
    kept = app.maintenance(quick_settings(data_dir=folder, identity_key=IDENTITY_KEY))

    async def made() -> list[str]:
        async with kept.opened():
            wishes = (
                Wish(name="everything", scopes=EVERY_SCOPE),
                Wish(name="little", scopes=frozenset({Scope.CALLS_READ})),
                Wish(name="bound", scopes=EVERY_SCOPE, customers=frozenset({"id:user_1"}), assistants=frozenset({"a"})),
                Wish(name="revoked", scopes=EVERY_SCOPE),
            )
            keys = [await kept.keys.create(wish) for wish in wishes]
            await kept.keys.revoke(keys[-1][0].id)
            return [token for _, token in keys]

    now = int(time.time())
    tokens = (
        issuer.token(iat=now, exp=now + _LASTS),
        issuer.token(iat=now - 2 * _LASTS, exp=now - _LASTS),
        issuer.token(iat=now, exp=now + _LASTS, aud="another"),
        issuer.token(iat=now, exp=now + _LASTS, kid="unknown"),
        issuer.token(issuer.rsa_key("another"), iat=now, exp=now + _LASTS),
        issuer.forged({"alg": "none"}, issuer.claims(exp=now + _LASTS)),
    )
    return (*(f"Bearer {each}" for each in (*asyncio.run(made()), *tokens)), "Bearer canary-of-nobody", None)


@contextlib.contextmanager
def _process(environment: dict[str, str], log: int) -> Iterator[subprocess.Popen[str]]:
    """``gateway serve`` with these variables; what it says goes to the log, since nobody reads it meanwhile."""
    command = [sys.executable, "-m", "gateway", "serve", "--port", "0"]
    process = subprocess.Popen(  # noqa: S603  # our own command
        command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)


def _wait_until_ready(port: int, credential: str | None) -> None:
    """Until it says so, and its history has been walked."""
    deadline = time.monotonic() + PATIENCE
    query = "{ mirror { backfill { done } } }"
    while True:
        with contextlib.suppress(httpx.HTTPError, KeyError, TypeError):
            ready = httpx.get(f"http://127.0.0.1:{port}/readyz").status_code
            if ready == httpx.codes.OK and _told(port, credential, query)["mirror"]["backfill"]["done"]:
                return
        if time.monotonic() > deadline:
            raise RuntimeError("the gateway is not ready")
        time.sleep(0.1)


def _told(port: int, credential: str | None, query: str) -> Any:
    """The data of the answer to a query."""
    headers = {} if credential is None else {"Authorization": credential}
    url = f"http://127.0.0.1:{port}{GRAPHQL}"
    return httpx.post(url, json={"query": query}, headers=headers, timeout=PATIENCE).json()["data"]


def _read_all(port: int, credential: str | None) -> None:
    """Have every call in memory, so that what grows from then on does not grow for that."""
    after: str | None = None
    while True:
        asked = f"(first: 100, after: {json.dumps(after)})"
        query = f"{{ calls{asked} {{ nodes {{ document }} pageInfo {{ endCursor }} }} }}"
        page = _told(port, credential, query)["calls"]
        if not page["nodes"]:
            return
        after = page["pageInfo"]["endCursor"]


def _place(port: int, credentials: Sequence[str | None]) -> Place:
    """What can be known of a gateway by asking it."""
    lists = _told(
        port,
        credentials[0],
        "{ calls(first: 40) { nodes { id globalId: id } edges { cursor } }"
        "  customers(first: 20) { nodes { key id } edges { cursor } } }",
    )
    calls, customers = lists["calls"], lists["customers"]
    cursors = [edge["cursor"] for edge in (*calls["edges"][:5], *customers["edges"][:5])]
    ids = [node["id"] for node in (*calls["nodes"], *customers["nodes"][:10])]
    return Place(
        schema=build_client_schema(_told(port, credentials[0], get_introspection_query())),
        known={
            "id": [*ids, "019fedaf-549c-7000-8625-582e741edd7f"],
            "ids": ids,
            "key": [node["key"] for node in customers["nodes"]],
            "after": cursors,
            "before": cursors,
        },
        credentials=credentials,
        signers=(Secret(WEBHOOK_SECRET), Bearer(WEBHOOK_TOKEN), Hmac(SIGNING_KEY), Secret("wrong"), Hmac("wrong")),
        paths=[route.path for route in app.build(quick_settings(data_dir=tempfile.gettempdir())).routes],  # type: ignore[attr-defined]  # all are routes
        host=f"127.0.0.1:{port}".encode(),
    )


class Siege:
    """Asks one request after the other, and looks what comes of it."""

    def __init__(self, there: Besieged) -> None:
        self._there = there
        self.figures = Figures()
        there.log.new()  # what came before is nobody's
        there.log.kinds.clear()

    def ask(self, number: int, request: Request) -> Answer:
        """Ask, count and judge."""
        answer = ask(self._there.port, request)
        if answer.status == 0:
            time.sleep(_AFTER_NOTHING)
        lines = self._there.log.new()
        self._count(request, answer)
        judged = itertools.chain(of_answer(request, answer), of_log(lines), self._of_secrets(answer, lines))
        self.figures.findings += [Finding(number, what, request, answer) for what in judged]
        return answer

    def _count(self, request: Request, answer: Answer) -> None:
        self.figures.answers[request.door, answer.status] += 1
        self.figures.codes.update(_codes(answer))
        self.figures.slowest = max(self.figures.slowest, answer.seconds)

    def _of_secrets(self, answer: Answer, lines: Sequence[str]) -> Iterator[str]:
        for where, text in (("the answer", answer.text), ("the log", "\n".join(lines))):
            for secret in watching.secrets_in(text, self._there.secrets):
                yield f"“{secret[:12]}…” is in {where}"

    def weigh(self) -> None:
        """Note how much memory is held."""
        self.figures.memory[self.figures.requests] = watching.memory(self._there.pid)


def of_answer(request: Request, answer: Answer) -> Iterator[str]:
    """What is wrong with an answer."""
    if answer.status >= _SERVER_ERROR:
        yield f"status {answer.status}"
    if answer.status == 0 and request.whole:
        yield "no answer"
    if answer.seconds > SLOW:
        yield f"{answer.seconds:.1f} s"
    if "graphql" in request.door.lower() and answer.body and not _is_json(answer):
        yield "no JSON"


def of_log(lines: Sequence[str]) -> Iterator[str]:
    """What is wrong with the lines that came while a request was answered."""
    told = watching.of_requests(lines)
    if len(told) > 1:
        yield f"{len(told)} lines of the log: {told}"
    for line in told:
        if watching.kind(line) in (watching.UNKNOWN, "RequestFailed"):
            yield f"in the log: {line}"


def _is_json(answer: Answer) -> bool:
    try:
        json.loads(answer.body.decode())
    except ValueError:
        return False
    return answer.header("content-type").partition(";")[0] in ("application/json", "application/graphql-response+json")


def _codes(answer: Answer) -> list[str]:
    """The codes of the errors in an answer."""
    with contextlib.suppress(ValueError, AttributeError, TypeError, KeyError):
        return [error["extensions"]["code"] for error in json.loads(answer.body).get("errors", ())]
    return []


def run(there: Besieged, *, requests: int, seed: int, tell: Callable[[str], None] = lambda _: None) -> Figures:
    """So many requests of a seed. Memory is weighed eleven times, first when a twentieth of them have been asked.

    ``tell`` is told how far it is at each weighing.
    """
    made = requests // _SHARE_OF_SCHEMATHESIS if importlib.util.find_spec("schemathesis") else 0
    weighed = {max(1, requests // 20), *(requests * tenth // 10 for tenth in range(1, 11))}
    asked, documents = Asked(seed, there.place), _documents(there.place.schema, seed, made) if made else []
    siege, began = Siege(there), time.monotonic()
    for number, request in enumerate(_all(asked, documents, requests), 1):
        siege.ask(number, request)
        if number in weighed:
            siege.weigh()
            tell(f"{number:,} requests after {time.monotonic() - began:.0f} s, {len(siege.figures.findings)} findings")
    siege.figures.lines = there.log.kinds
    siege.figures.seconds = time.monotonic() - began
    return siege.figures


def _all(asked: Asked, documents: Sequence[str], requests: int) -> Iterator[Request]:
    """So many requests; every fourth is one of the documents, while there are any."""
    left = iter(documents)
    for number in range(1, requests + 1):
        document = next(left, None) if number % _SHARE_OF_SCHEMATHESIS == 0 else None
        yield asked.request(number) if document is None else asked.document(document, number)


def _documents(schema: GraphQLSchema, seed: int, count: int) -> list[str]:
    """So many documents of schemathesis; some it makes several times."""
    from tests.siege.schemathesis_documents import documents

    return documents(schema, seed=seed, count=count)


def table(figures: Figures) -> str:
    """The figures, and the findings with what makes them again."""
    doors = sorted({door for door, _ in figures.answers})
    lines = [f"{figures.requests:,} requests in {figures.seconds:.0f} s, the slowest {figures.slowest:.2f} s"]
    for door in doors:
        counts = sorted((status, count) for (of, status), count in figures.answers.items() if of == door)
        told = "  ".join(f"{status or 'closed'}: {count:,}" for status, count in counts)
        lines.append(f"{door:<22} {told}")
    errors = sum(count for (_, status), count in figures.answers.items() if status >= _SERVER_ERROR)
    lines.append(f"5xx (must be 0): {errors}")
    lines.append("codes: " + ", ".join(f"{code} {count:,}" for code, count in figures.codes.most_common()))
    lines.append(f"lines of the log: {figures.lines.total():,} {dict(figures.lines.most_common())}")
    held = "  ".join(f"{at:,}: {size / 2**20:.1f}" for at, size in figures.memory.items())
    lines.append(f"memory in MiB, by requests: {held}; in the second half {figures.growth:+.1%}")
    lines.append(f"findings (must be 0): {len(figures.findings)}")
    return "\n".join([*lines, *map(_shown, figures.findings[:_REMARKS])])


def _shown(finding: Finding) -> str:
    sent, answer = finding.request.sent, finding.answer
    return (
        f"--- {finding.number}: {finding.what}\n{sent[:_SHOWN]!r}{'…' if len(sent) > _SHOWN else ''}\n"
        f"=> {answer.status} {answer.body[:_SHOWN]!r}"
    )


def only(there: Besieged, *, number: int, seed: int) -> str:
    """One of our own requests again: what is sent, what comes back, and what the log says of it."""
    siege = Siege(there)
    request = Asked(seed, there.place).request(number)
    answer = siege.ask(number, request)
    return f"{request.sent!r}\n=> {answer}\n{table_of_one(siege.figures)}"


def table_of_one(figures: Figures) -> str:
    """The findings of a single request."""
    return "\n".join(finding.what for finding in figures.findings) or "nothing was found"


def _progress(line: str) -> None:
    """Say how far it is, beside the figures."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201  # a program's answer


def main() -> int:
    """Besiege, print the figures, and fail where anything was found."""
    parser = argparse.ArgumentParser(description="Besiege a gateway with odd requests.")
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--calls", type=int, default=500, help="how many calls the simulated Vapi has")
    parser.add_argument("--only", type=int, help="ask only the request of this number, and show it")
    stated = parser.parse_args()
    with besieged(stated.calls) as there:
        if stated.only is not None:
            sys.stdout.write(only(there, number=stated.only, seed=stated.seed) + "\n")
            return 0
        figures = run(there, requests=stated.requests, seed=stated.seed, tell=_progress)
    sys.stdout.write(table(figures) + "\n")
    return 1 if figures.findings else 0


if __name__ == "__main__":
    sys.exit(main())
