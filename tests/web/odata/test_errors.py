"""Errors have the shape that OData gives them."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from gateway.errors import BadUserInput, GatewayError, StoreTimeout, Unimplemented
from gateway.web.odata.errors import explained, failed


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (
            BadUserInput("$top", "x", "it must be a number"),
            {
                "code": "BAD_USER_INPUT",
                "message": "Argument “$top” cannot be 'x': it must be a number.",
                "target": "$top",
            },
        ),
        (
            Unimplemented("$apply", "there is /graphql for that"),
            {
                "code": "NOT_IMPLEMENTED",
                "message": "“$apply” is not implemented: there is /graphql for that.",
                "target": "$apply",
            },
        ),
        (StoreTimeout("It took too long."), {"code": "STORE_TIMEOUT", "message": "It took too long."}),
    ],
)
def test_an_error_has_a_code_a_message_and_what_it_is_about(cause: GatewayError, expected: dict[str, Any]) -> None:
    assert orjson.loads(explained(cause)) == {"error": expected}


def test_an_error_that_nobody_foresaw_says_where_to_look() -> None:
    told = orjson.loads(failed("r-1"))["error"]
    assert told["code"] == "INTERNAL_SERVER_ERROR"
    assert "r-1" in told["message"]


def test_no_secret_is_told() -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
    assert token.encode() not in explained(BadUserInput("$skip", token, "it must be a number"))
