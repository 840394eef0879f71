"""Documents: those that a request names instead of stating them.

*Trusted* documents come from a manifest that a team's build has written (Relay, GraphQL Code Generator and Apollo each
have a tool for it), and are known by ``documentId``. *Persisted queries* are documents that a client has sent once with
their hash, in Apollo's protocol, and names by it from then on. Nothing of an answer is kept here, and nothing of who
asked: a document is a text, and whoever names it gets what is theirs.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any, Final

from cachetools import LRUCache

from gateway.errors import (
    BadUserInput,
    DocumentNotTrusted,
    PersistedDocumentNotFound,
    PersistedQueryNotFound,
    PersistedQueryNotSupported,
)

_SHOWN: Final = 80
"""How much of a text that a caller sent an error repeats."""
_BESIDE: Final = 200
"""What keeping a text takes beside the text, in bytes, roughly: its hash and its place."""
_APOLLO: Final = "apollo-persisted-query-manifest"


class Documents:
    """The documents that can be named.

    ``trusted`` has them by their ids; with ``only``, there are no others. ``bytes_kept`` is the memory for persisted
    queries; with None, there are none.
    """

    def __init__(self, trusted: Mapping[str, str], *, only: bool, bytes_kept: int | None) -> None:
        self._trusted = {**{f"sha256:{digest(text)}": text for text in trusted.values()}, **trusted}
        self._only = only
        self._kept: LRUCache[str, str] | None = None
        if bytes_kept is not None and not only:
            self._kept = LRUCache(maxsize=bytes_kept, getsizeof=_bytes)

    def text(self, query: str | None, document_id: str | None, extensions: Mapping[str, Any] | None) -> str | None:
        """The document that a request states or names; None where it does neither.

        Raises:
            DocumentError: there is none of this name, or it is not one of those that are trusted.
            BadUserInput: what names it cannot name anything.
        """
        if document_id is not None:
            return self._of_manifest(query, document_id)
        named = named_by(extensions)
        if named is not None and named in self._trusted:
            return self._meant(query, named)
        if self._only and (query or named):
            message = "Only the documents of this server's manifest are executed here; name one by “documentId”."
            raise DocumentNotTrusted(message)
        return query if named is None else self._of_hash(query or None, named)

    def keep(self, query: str | None, extensions: Mapping[str, Any] | None) -> None:
        """Keep a document that was sent with its hash, and that could be executed; the least used ones go for it."""
        named = named_by(extensions)
        if self._kept is None or named is None or not query or _bytes(query) > self._kept.maxsize:
            return
        if named in self._trusted:
            return
        self._kept[named] = query

    def _of_manifest(self, query: str | None, document_id: str) -> str:
        if query:
            raise BadUserInput("documentId", document_id, "a request either names its document or states it as “query”")
        found = self._trusted.get(document_id)
        if found is None:
            message = f"This server's manifest has no document “{document_id[:_SHOWN]}”."
            raise PersistedDocumentNotFound(message)
        return found

    def _meant(self, query: str | None, named: str) -> str:
        """The trusted document of this name; a request that states another one means something else."""
        trusted = self._trusted[named]
        if query and query != trusted:
            expected = "it names a document of this server's manifest, and “query” states another"
            raise BadUserInput("extensions.persistedQuery.sha256Hash", named, expected)
        return trusted

    def _of_hash(self, query: str | None, named: str) -> str:
        if query is None:
            if self._kept is None:
                raise PersistedQueryNotSupported("PersistedQueryNotSupported")
            found = self._kept.get(named)
            if found is None:
                raise PersistedQueryNotFound("PersistedQueryNotFound")  # Apollo's clients look for these words
            return found
        if self._kept is not None and named != digest(query):
            expected = "it must be the SHA-256 of “query” in UTF-8, as 64 hexadecimal digits in lower case"
            raise BadUserInput("extensions.persistedQuery.sha256Hash", named, expected)
        return query


def named_by(extensions: Mapping[str, Any] | None) -> str | None:
    """The hash by which a request names its document; None where it does not.

    Raises:
        BadUserInput: there is something where the hash should be that is none.
    """
    stated = (extensions or {}).get("persistedQuery")
    if stated is None:
        return None
    if not isinstance(stated, dict) or stated.get("version") != 1 or not isinstance(stated.get("sha256Hash"), str):
        shown = stated if isinstance(stated, str | int | float) else "…"
        raise BadUserInput("extensions.persistedQuery", shown, "it must be an object with version 1 and a sha256Hash")
    named: str = stated["sha256Hash"]
    return named


def manifest(text: str) -> dict[str, str]:
    """The documents of a manifest by their ids: ``{id: document}``, or Apollo's list of operations.

    Raises:
        ValueError: it is neither.
    """
    try:
        stated = json.loads(text)
    except (ValueError, RecursionError) as error:
        message = f"it is not JSON: {error}"
        raise ValueError(message) from None
    if isinstance(stated, dict) and "format" in stated and "operations" in stated:
        return dict(_of_apollo(stated))
    if not isinstance(stated, dict) or not all(isinstance(document, str) for document in stated.values()):
        message = f"it must be an object of documents by their ids, or have the format {_APOLLO}"
        raise ValueError(message)
    return stated


def _of_apollo(stated: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    if stated["format"] != _APOLLO or stated.get("version") != 1:
        message = f"its format must be {_APOLLO}, version 1"
        raise ValueError(message)
    if not isinstance(stated["operations"], list):
        message = "its operations must be a list"
        raise ValueError(message)  # noqa: TRY004  # as for everything else that is wrong with a file
    known: set[str] = set()
    for operation in stated["operations"]:
        name, text = (operation.get("id"), operation.get("body")) if isinstance(operation, dict) else (None, None)
        if not isinstance(name, str) or not isinstance(text, str):
            message = "each of its operations must have an id and a body"
            raise ValueError(message)  # noqa: TRY004  # as for everything else that is wrong with a file
        if name in known:
            message = f"it has two operations “{name}”"
            raise ValueError(message)
        known.add(name)
        yield name, text


def digest(text: str) -> str:
    """A document's SHA-256 as the protocols write it; half of a surrogate pair, which is no text, has one too."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _bytes(text: str) -> int:
    return sys.getsizeof(text) + _BESIDE
