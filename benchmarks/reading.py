"""Reading: what it costs to make of an upstream document what the gateway keeps."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any, TypeAlias

from benchmarks.rounds import rounds, table, work
from gateway.domain import catalog as catalogs
from gateway.domain.decode import decoder
from gateway.domain.elements import costs as costs_of
from gateway.domain.projection import projector, texts, value_reader
from gateway.domain.redaction import redact
from gateway.domain.words import words

Document: TypeAlias = dict[str, Any]


async def reading(documents: Sequence[Document], *, count: int) -> None:
    """What it costs to take secrets out of a call and to decode it, by size."""
    decode = decoder(catalogs.build(), b"benchmark")
    sized = sorted(documents, key=lambda document: len(json.dumps(document)))
    for document in (sized[len(sized) // 10], sized[len(sized) // 2], sized[-1]):
        redacted = redact(document).document
        works = {
            "redact": work(redact, document),
            "decode": work(decode, redacted),
        }
        table(title(document), await rounds(works, count=count, times=20))


async def mirroring(documents: Sequence[Document], *, count: int) -> None:
    """What it costs to make of a call what the mirror keeps of it, but for packing and writing."""
    catalog = catalogs.build()
    decode, project = decoder(catalog, b"benchmark", lists=False), projector(catalog)
    values, costs = value_reader(catalog), costs_of(catalog).read
    for document in (of_size(documents, 3_000), of_size(documents, 130_000), talkative(documents, 130_000)):
        redacted = redact(document).document
        call = decode(redacted).call
        said = "\n".join(texts(call))
        works = {
            "redact": work(redact, document),
            "decode without lists": work(decode, redacted),
            "values and costs": work(lambda call: (values(call), costs(call)), call),
            f"words of {len(said) / 1000:.1f} kB": work(words, said),
            "all of it": work(lambda document: project(decode(redact(document).document).call), document),
        }
        table(f"{title(document)} for the mirror", await rounds(works, count=count, times=20))


def title(document: Document) -> str:
    """A call by its size."""
    return f"a call of {len(json.dumps(document)) / 1000:.1f} kB"


def of_size(documents: Sequence[Document], size: int) -> Document:
    """The document that comes closest to a size, parsed anew: what is said twice stands there twice, as on the wire."""
    closest = min((json.dumps(document) for document in documents), key=lambda text: abs(len(text) - size))
    parsed: Document = json.loads(closest)
    return parsed


def talkative(documents: Sequence[Document], size: int) -> Document:
    """A call of this size in which nothing is said twice, and the transcriber tells how sure it is of each word.

    The conversation stands there three times, as in life, which makes two thirds of it such confidences.
    """
    rolls = random.Random(1)  # noqa: S311  # what is said matters to nobody
    told = of_size(documents, 10_000)
    messages: list[Document] = []
    while len(json.dumps(told)) < size:
        messages.append(turn(rolls, len(messages)))
        said = [{"role": message["role"], "content": message["message"]} for message in messages]
        transcript = "".join(f"{message['role']}: {message['message']}\n" for message in messages)
        artifact = {"messages": messages, "messagesOpenAIFormatted": said, "transcript": transcript}
        told |= {"messages": messages, "transcript": transcript, "artifact": told["artifact"] | artifact}
    return of_size([told], size)


def turn(rolls: random.Random, number: int) -> Document:
    """One turn of a conversation in made-up words; every other one is the customer's."""
    said = [
        "".join(rolls.choices("abcdefghijklmnoprstuvwé", k=rolls.randint(2, 9))) for _ in range(rolls.randint(4, 30))
    ]
    sure = [
        {"word": w, "start": n / 4, "end": n / 4 + 0.2, "confidence": rolls.random(), "language": "en"}
        for n, w in enumerate(said)
    ]
    spoken = {"role": ("bot", "user")[number % 2], "time": 1.7e12 + number, "message": f"{' '.join(said)}."}
    return {**spoken, **({"metadata": {"wordLevelConfidence": sure}} if number % 2 else {"source": ""})}
