"""A server URL as JSON: how one sets it over the wire, in Vapi's own names, and how it is shown, less its secrets."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import httpx

from gateway.simulator.backoff import BackoffPlan
from gateway.simulator.customers import JsonObject
from gateway.simulator.disorder import Disorder
from gateway.simulator.errors import Refusal
from gateway.simulator.signing import Bearer, Hmac, Secret
from gateway.simulator.webhooks import Webhooks

Names: TypeAlias = Mapping[str, str]

HMAC = {
    "secretKey": "secret",
    "algorithm": "algorithm",
    "signatureHeader": "signature_header",
    "timestampHeader": "timestamp_header",
    "signaturePrefix": "signature_prefix",
    "includeTimestamp": "include_timestamp",
    "payloadFormat": "payload_format",
    "messageIdHeader": "message_id_header",
    "signatureEncoding": "encoding",
    "secretIsBase64": "secret_is_base64",
}
BEARER = {"token": "token", "headerName": "header", "bearerPrefixEnabled": "prefix"}
CREDENTIALS: Mapping[str, tuple[type[Any], Names]] = MappingProxyType(
    {"bearer": (Bearer, BEARER), "secret": (Secret, {"secret": "secret"}), "hmac": (Hmac, HMAC)}
)
BACKOFF = {
    "type": "type",
    "maxRetries": "max_retries",
    "baseDelaySeconds": "base_delay_seconds",
    "excludedStatusCodes": "excluded_status_codes",
}
DISORDER = {field.name: field.name for field in dataclasses.fields(Disorder)}
TARGET = frozenset({"url", "authentication", "backoffPlan", "noisy", "disorder"})


def target(order: JsonObject) -> Webhooks:
    """The server URL that an order describes; ``authentication`` has a ``type``: bearer, secret or hmac.

    Raises:
        Refusal: with what is wrong.
    """
    try:
        webhooks = Webhooks(
            str(order.get("url")),
            authentication=_credential(order.get("authentication")),
            backoff_plan=_backoff(order.get("backoffPlan")),
            noisy=bool(order.get("noisy")),
            disorder=_built(Disorder, DISORDER, order.get("disorder") or {}, "disorder"),
        )
        _tried(webhooks)
    except (AttributeError, TypeError, ValueError) as error:
        raise Refusal(400, [str(error)]) from error
    return webhooks


def described(webhooks: Webhooks | None) -> JsonObject | None:
    """The server URL without what would let somebody else sign."""
    if webhooks is None:
        return None
    kind = {shape: name for name, (shape, _) in CREDENTIALS.items()}.get(type(webhooks.authentication))
    return {"url": webhooks.url, "authentication": kind, "noisy": webhooks.noisy}


def _tried(webhooks: Webhooks) -> None:
    """Use it once: what cannot be used fails here, in front of who ordered it, and not in the background."""
    httpx.Headers(webhooks.headers(b"{}", 0, ""))
    webhooks.delays()
    webhooks.disorder.arrivals(0, 0)


def _credential(order: Any) -> Any:
    if order is None:
        return None
    kind = order.get("type") if isinstance(order, dict) else None
    if not isinstance(kind, str) or kind not in CREDENTIALS:
        raise Refusal(400, [f"authentication.type must be one of {', '.join(CREDENTIALS)}"])
    shape, names = CREDENTIALS[kind]
    rest = {name: value for name, value in order.items() if name != "type"}
    return _built(shape, names, rest, "authentication")


def _backoff(order: Any) -> BackoffPlan | None:
    if order is None:
        return None
    plan: BackoffPlan = _built(BackoffPlan, BACKOFF, order, "backoffPlan")
    return dataclasses.replace(plan, excluded_status_codes=frozenset(plan.excluded_status_codes))


def _built(shape: type[Any], names: Names, order: Any, path: str) -> Any:
    """An object of a class, from JSON in Vapi's names."""
    if not isinstance(order, dict):
        raise Refusal(400, [f"{path} must be an object"])
    unknown = [f"{path}.property {name} should not exist" for name in order if name not in names]
    if unknown:
        raise Refusal(400, unknown)
    return shape(**{names[name]: value for name, value in order.items()})
