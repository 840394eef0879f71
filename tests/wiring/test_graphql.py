"""The endpoint as the settings say: a manifest that cannot be used ends the process before it listens."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway import app
from gateway.errors import SettingsInvalid
from tests.graph.asking import settings


def manifest(folder: Path, text: str) -> Path:
    path = folder / "documents.json"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ("{ calls { nodes { shoeSize } } }", "Cannot query field 'shoeSize' on type 'Call'."),
        ("{", "Syntax Error"),
        ("{ a: __typename b: __typename c: __typename }", "aliases 3, at most 2 (GATEWAY_QUERY_ALIASES)"),
    ],
)
def test_a_document_that_cannot_be_executed_is_named_with_the_file_and_what_is_wrong(
    tmp_path: Path, document: str, told: str
) -> None:
    path = manifest(tmp_path, json.dumps({"good": "{ __typename }", "bad": document}))
    with pytest.raises(SettingsInvalid) as refused:
        app.build(settings(documents_file=path, query_aliases=2))
    assert "GATEWAY_DOCUMENTS_FILE" in str(refused.value)
    assert f"{path}: document “bad”: " in str(refused.value)
    assert told in str(refused.value)


def test_a_trusted_document_may_not_ask_for_what_is_switched_off(tmp_path: Path) -> None:
    path = manifest(tmp_path, json.dumps({"schema": "{ __schema { types { name } } }"}))
    app.build(settings(documents_file=path))
    with pytest.raises(SettingsInvalid, match="introspection"):
        app.build(settings(documents_file=path, introspection=False))


@pytest.mark.parametrize("text", ["{", "[]", '{"a": 1}'])
def test_a_file_that_is_no_manifest_is_named(tmp_path: Path, text: str) -> None:
    path = manifest(tmp_path, text)
    with pytest.raises(SettingsInvalid, match=r"GATEWAY_DOCUMENTS_FILE: .*documents\.json: "):
        app.build(settings(documents_file=path))


def test_a_manifest_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="nowhere"):
        app.build(settings(documents_file=tmp_path / "nowhere.json"))


def test_only_documents_of_a_manifest_needs_a_manifest() -> None:
    with pytest.raises(SettingsInvalid, match="GATEWAY_DOCUMENTS_FILE"):
        app.build(settings(documents_only=True))
