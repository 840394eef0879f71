"""Ids of calls."""

from __future__ import annotations

import pytest

from gateway.domain.identifiers import call_id
from tests.domain.documents import CALL_ID


@pytest.mark.parametrize("text", [CALL_ID, CALL_ID.upper(), f" {CALL_ID}\n"])
def test_an_id_has_one_spelling(text: str) -> None:
    assert call_id(text) == CALL_ID


@pytest.mark.parametrize("text", ["", "42", CALL_ID[:-1], f"{CALL_ID}0", CALL_ID.replace("-", ""), "../assistant"])
def test_what_is_no_uuid_is_no_id(text: str) -> None:
    assert call_id(text) is None
