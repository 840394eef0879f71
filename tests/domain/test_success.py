"""What an evaluation means is a yes, a no, or neither."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.domain.attributes import Document
from gateway.domain.catalog import build
from gateway.domain.fingerprints import fingerprint
from gateway.domain.success import Success, reader
from gateway.errors import SettingsInvalid

GRADES = Success(yes=("Excellent", "good", "8"), no=("poor",))


@pytest.mark.parametrize(
    ("success", "evaluation", "means"),
    [
        (Success(), "true", True),
        (Success(), " True ", True),
        (Success(), True, True),
        (Success(), "pass", True),
        (Success(), "false", False),
        (Success(), "8", None),
        (Success(), "", None),
        (Success(), None, None),
        (GRADES, "good", True),
        (GRADES, "EXCELLENT", True),
        (GRADES, 8, True),
        (GRADES, "poor", False),
        (GRADES, "fair", None),
        (GRADES, "true", None),
        (GRADES, ["good"], None),
    ],
)
def test_an_evaluation_means_what_the_mapping_says(success: Success, evaluation: Any, *, means: bool | None) -> None:
    assert success.of(evaluation) is means


@pytest.mark.parametrize("document", [{}, {"analysis": None}, {"analysis": "true"}, {"analysis": {}}])
def test_a_call_without_an_evaluation_is_neither(document: Document) -> None:
    assert reader(Success())(document) is None


def test_no_text_can_mean_both() -> None:
    with pytest.raises(SettingsInvalid, match="good"):
        build(success=Success(yes=("Good",), no=("good", "bad")))


def test_columns_are_read_anew_when_the_mapping_changes() -> None:
    assert fingerprint(build(), b"key") != fingerprint(build(success=GRADES), b"key")
