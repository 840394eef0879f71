"""Documents that requests name: what a manifest may be, and which name leads to which text."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

import pytest

from gateway.errors import (
    BadUserInput,
    DocumentNotTrusted,
    PersistedDocumentNotFound,
    PersistedQueryNotFound,
    PersistedQueryNotSupported,
)
from gateway.graph.documents import Documents, digest, manifest, named_by

QUERY: Final = "{ __typename }"
TRUSTED: Final = {"one": QUERY, "two": "query Two { __typename }"}


def hashed(query: str) -> dict[str, Any]:
    """The extensions of a request that names its document by its hash."""
    return {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(query.encode()).hexdigest()}}


def documents(*, only: bool = False, bytes_kept: int | None = 10_000) -> Documents:
    return Documents(TRUSTED, only=only, bytes_kept=bytes_kept)


def test_an_id_of_the_manifest_leads_to_its_document() -> None:
    assert documents().text(None, "two", None) == TRUSTED["two"]


def test_the_hash_of_a_trusted_document_is_an_id_of_it_too() -> None:
    """As the appendix on persisted documents of GraphQL over HTTP writes it."""
    assert documents().text(None, f"sha256:{digest(QUERY)}", None) == QUERY


def test_an_apollo_client_names_a_trusted_document_as_it_names_a_persisted_query() -> None:
    asked = {"persistedQuery": {"version": 1, "sha256Hash": "one"}}
    assert documents(only=True).text(None, None, asked) == QUERY


def test_a_name_of_a_trusted_document_is_no_name_of_another() -> None:
    """Else one document would be judged, and the other be executed or kept."""
    asked = {"persistedQuery": {"version": 1, "sha256Hash": "one"}}
    there = documents()
    assert there.text(QUERY, None, asked) == QUERY
    with pytest.raises(BadUserInput) as refused:
        there.text("{ a }", None, asked)
    assert refused.value.argument == "extensions.persistedQuery.sha256Hash"
    there.keep("{ a }", asked)
    assert not there._kept


def test_an_id_that_is_not_in_the_manifest_is_not_found_and_shown_shortened() -> None:
    with pytest.raises(PersistedDocumentNotFound) as refused:
        documents().text(None, "x" * 1_000_000, None)
    assert len(str(refused.value)) < 200


def test_a_request_cannot_name_a_document_and_state_one() -> None:
    with pytest.raises(BadUserInput):
        documents().text(QUERY, "one", None)


def test_what_is_stated_is_taken_and_nothing_is_nothing() -> None:
    assert documents().text("{ a }", None, None) == "{ a }"
    assert documents().text(None, None, {}) is None


@pytest.mark.parametrize("extensions", [None, hashed("{ a }")])
def test_where_only_documents_of_the_manifest_are_executed_no_other_is(extensions: dict[str, Any] | None) -> None:
    with pytest.raises(DocumentNotTrusted):
        documents(only=True).text("{ a }", None, extensions)


def test_the_text_of_a_trusted_document_is_no_name_of_it() -> None:
    with pytest.raises(DocumentNotTrusted):
        documents(only=True).text(QUERY, None, None)


def test_a_query_that_was_kept_is_found_by_its_hash() -> None:
    kept = documents()
    with pytest.raises(PersistedQueryNotFound, match=r"^PersistedQueryNotFound$"):
        kept.text(None, None, hashed("{ a }"))
    assert kept.text("{ a }", None, hashed("{ a }")) == "{ a }"
    kept.keep("{ a }", hashed("{ a }"))
    assert kept.text(None, None, hashed("{ a }")) == "{ a }"


def test_a_hash_that_is_not_that_of_its_query_is_refused() -> None:
    """Else somebody could have others execute something else than they meant."""
    with pytest.raises(BadUserInput) as refused:
        documents().text("{ b }", None, hashed("{ a }"))
    assert refused.value.argument == "extensions.persistedQuery.sha256Hash"


def test_the_memory_for_kept_queries_has_an_end() -> None:
    kept = documents(bytes_kept=2_000)
    queries = [f"{{ a{n} }}" for n in range(100)]
    for query in (*queries, "{" + "a" * 5_000 + "}"):
        kept.keep(query, hashed(query))
    found = [query for query in queries if is_kept(kept, query)]
    assert 0 < len(found) < 10
    assert found[-1] == queries[-1]


def is_kept(kept: Documents, query: str) -> bool:
    try:
        return kept.text(None, None, hashed(query)) == query
    except PersistedQueryNotFound:
        return False


def test_where_queries_are_not_kept_clients_are_told_so_and_full_ones_are_taken() -> None:
    none = documents(bytes_kept=None)
    none.keep("{ a }", hashed("{ a }"))
    with pytest.raises(PersistedQueryNotSupported, match=r"^PersistedQueryNotSupported$"):
        none.text(None, None, hashed("{ a }"))
    assert none.text("{ a }", None, hashed("{ a }")) == "{ a }"


@pytest.mark.parametrize(
    "stated",
    [[], "x", 1, {}, {"version": 1}, {"version": 2, "sha256Hash": "x"}, {"version": 1, "sha256Hash": None}],
)
def test_a_persisted_query_without_a_hash_is_bad_input(stated: object) -> None:
    with pytest.raises(BadUserInput):
        named_by({"persistedQuery": stated})


def test_half_of_a_surrogate_pair_has_a_hash_like_any_text() -> None:
    assert len(digest("\ud800")) == 64


def test_a_manifest_has_documents_by_their_ids() -> None:
    assert manifest(json.dumps(TRUSTED)) == TRUSTED


def test_apollos_manifest_is_read_too() -> None:
    operations = [{"id": name, "name": "N", "type": "query", "body": text} for name, text in TRUSTED.items()]
    stated = {"format": "apollo-persisted-query-manifest", "version": 1, "operations": operations}
    assert manifest(json.dumps(stated)) == TRUSTED


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "documents by their ids"),
        ('{"a": 1}', "documents by their ids"),
        ('{"format": "x", "version": 1, "operations": []}', "version 1"),
        ('{"format": "apollo-persisted-query-manifest", "version": 2, "operations": []}', "version 1"),
        (
            '{"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{"id": "a"}]}',
            "an id and a body",
        ),
        ('{"format": "apollo-persisted-query-manifest", "version": 1, "operations": ["a"]}', "an id and a body"),
        ('{"format": "apollo-persisted-query-manifest", "version": 1, "operations": {"a": 1}}', "a list"),
        (
            '{"format": "apollo-persisted-query-manifest", "version": 1, '
            '"operations": [{"id": "a", "body": "x"}, {"id": "a", "body": "y"}]}',
            "two operations “a”",
        ),
    ],
)
def test_what_is_no_manifest_is_told(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        manifest(text)
