"""How a webhook proves that it comes from Vapi: the headers of each kind of credential.

Defaults and meanings are those of ``BearerAuthenticationPlan`` and ``HMACAuthenticationPlan`` in the OpenAPI document
of August 2026; ``X-Vapi-Secret`` is the older ``server.secret``, sent as it is. The document does not say in which unit
the timestamp counts: here it is whole seconds, as in the schemes that it is modelled on.
"""

from __future__ import annotations

import base64
import dataclasses
import hmac
from typing import Literal, Protocol


@dataclasses.dataclass(frozen=True, slots=True)
class Unsigned:
    """A POST about to be sent; ``moment`` in epoch milliseconds, ``id`` stays the same when it is sent again."""

    url: str
    body: bytes
    moment: int
    id: str


class Authentication(Protocol):
    """One way of proving it."""

    def headers(self, post: Unsigned) -> dict[str, str]:
        """The headers that go with a POST."""
        ...


@dataclasses.dataclass(frozen=True, slots=True)
class Bearer:
    """A token in a header, after the word Bearer unless ``prefix`` is off."""

    token: str = dataclasses.field(repr=False)
    header: str = "Authorization"
    prefix: bool = True

    def headers(self, post: Unsigned) -> dict[str, str]:
        """The same for every POST."""
        return {self.header: f"Bearer {self.token}" if self.prefix else self.token}


@dataclasses.dataclass(frozen=True, slots=True)
class Secret:
    """The secret itself in ``X-Vapi-Secret``."""

    secret: str = dataclasses.field(repr=False)

    def headers(self, post: Unsigned) -> dict[str, str]:
        """The same for every POST."""
        return {"X-Vapi-Secret": self.secret}


@dataclasses.dataclass(frozen=True, slots=True)
class Hmac:
    """A signature over what ``payload_format`` says: {body}, {timestamp}, {method}, {url} and {svix-id} are filled in.

    Without ``include_timestamp`` no timestamp is sent, and the payload is the format less its timestamp.
    """

    secret: str = dataclasses.field(repr=False)
    algorithm: Literal["sha256", "sha512", "sha1"] = "sha256"
    signature_header: str = "x-signature"
    timestamp_header: str = "x-timestamp"
    signature_prefix: str = ""
    include_timestamp: bool = True
    payload_format: str = "{timestamp}.{body}"
    message_id_header: str | None = None
    encoding: Literal["hex", "base64"] = "hex"
    secret_is_base64: bool = False

    def headers(self, post: Unsigned) -> dict[str, str]:
        """Signature, timestamp and message id."""
        found = {self.signature_header: self.signature_prefix + self._written(self._digest(post))}
        if self.include_timestamp:
            found[self.timestamp_header] = _seconds(post)
        if self.message_id_header:
            found[self.message_id_header] = post.id
        return found

    def payload(self, post: Unsigned) -> bytes:
        """The bytes that are signed. The body goes in last: nothing inside it is a place to fill."""
        form = self.payload_format if self.include_timestamp else self.payload_format.replace("{timestamp}.", "")
        filled = {"{timestamp}": _seconds(post) if self.include_timestamp else "", "{method}": "POST"}
        filled |= {"{url}": post.url, "{svix-id}": post.id}
        for place, value in filled.items():
            form = form.replace(place, value)
        return form.encode().replace(b"{body}", post.body)

    def _digest(self, post: Unsigned) -> bytes:
        key = base64.b64decode(self.secret) if self.secret_is_base64 else self.secret.encode()
        return hmac.digest(key, self.payload(post), self.algorithm)

    def _written(self, digest: bytes) -> str:
        return digest.hex() if self.encoding == "hex" else base64.b64encode(digest).decode()


def _seconds(post: Unsigned) -> str:
    return str(post.moment // 1000)
