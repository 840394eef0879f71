"""Webhooks: who is believed, and what takes them in, as the settings say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence

from gateway.domain.signatures import Hmac, Scheme, Token, vapi_secret
from gateway.domain.webhooks import Rereads
from gateway.errors import SettingsInvalid
from gateway.observe.events import Listener
from gateway.ports import Change
from gateway.services.webhooks import Webhooks
from gateway.settings import HmacSettings, Settings
from gateway.web.webhooks import WebhookView
from gateway.wiring.mirror import Mirror


def service(
    settings: Settings,
    kept: Mirror,
    *,
    applied: Callable[[Sequence[Change]], None],
    clock: Callable[[], dt.datetime],
    listen: Listener,
) -> Webhooks:
    """What takes webhooks in and applies them."""
    rereads = Rereads(
        noticed=dt.timedelta(seconds=settings.webhook_noticed_seconds),
        late=dt.timedelta(seconds=settings.webhook_late_seconds),
    )
    return Webhooks(
        ledger=kept.ledger,
        store=kept.calls,
        rereads=rereads,
        clock=clock,
        applied=applied,
        redact=kept.preparing.redact,
        listen=listen,
    )


def view(settings: Settings, webhooks: Webhooks, *, clock: Callable[[], dt.datetime], listen: Listener) -> WebhookView:
    """The endpoint. Raises `SettingsInvalid` where a secret cannot be one."""
    return WebhookView(
        webhooks,
        schemes=tuple(schemes(settings)),
        limit=settings.webhook_body_bytes,
        seconds=settings.body_seconds,
        clock=clock,
        anonymous=settings.webhook_anonymous,
        listen=listen,
    )


def schemes(settings: Settings) -> Iterator[Scheme]:
    """The ways in which a webhook may prove where it comes from."""
    try:
        if settings.webhook_secrets:
            yield vapi_secret(*(secret.get_secret_value() for secret in settings.webhook_secrets))
        if bearer := settings.webhook_bearer:
            tokens = tuple(token.get_secret_value() for token in bearer.tokens)
            yield Token(secrets=tokens, header=bearer.header, bearer=bearer.prefix)
        if signed := settings.webhook_hmac:
            yield _hmac(signed)
    except ValueError as error:
        raise SettingsInvalid(f"GATEWAY_WEBHOOK_…: {error}") from None


def _hmac(stated: HmacSettings) -> Hmac:
    knobs = stated.model_dump(exclude={"secrets", "tolerance_seconds"})
    return Hmac(
        secrets=tuple(secret.get_secret_value() for secret in stated.secrets),
        tolerance=dt.timedelta(seconds=stated.tolerance_seconds),
        **knobs,
    )
