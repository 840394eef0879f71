"""Everything that can go wrong, as one tree.

    GatewayError
    ├── BadUserInput              BAD_USER_INPUT          an argument that cannot be used
    ├── Unauthenticated           UNAUTHENTICATED         nobody that the gateway knows
    ├── Forbidden                 FORBIDDEN               somebody who may not do this
    ├── RateLimited               RATE_LIMITED            too many requests; later ones are answered again
    ├── KeysUnavailable           KEYS_UNAVAILABLE        no key is there at present by which a token could be told
    ├── NotConfigured             NOT_CONFIGURED          something that this gateway was not set up for
    ├── Unimplemented             NOT_IMPLEMENTED         a part of a protocol that is not offered here
    ├── ExportTooLarge            EXPORT_TOO_LARGE        more than may be exported at once
    ├── QueryTooComplex           QUERY_TOO_COMPLEX       an operation beyond a limit, refused before it is executed
    ├── QueryTimeout              QUERY_TIMEOUT           an operation that took longer than it may
    ├── UpstreamBudgetSpent       UPSTREAM_BUDGET_SPENT   an operation that would ask Vapi more often than it may
    ├── DocumentError             (one leaf each)         a document that is not stated, but named
    │   ├── PersistedDocumentNotFound  PERSISTED_DOCUMENT_NOT_FOUND  none of this id in the manifest
    │   ├── PersistedQueryNotFound     PERSISTED_QUERY_NOT_FOUND     none of this hash has been sent yet: send it along
    │   ├── PersistedQueryNotSupported PERSISTED_QUERY_NOT_SUPPORTED none is kept here: always send the document
    │   └── DocumentNotTrusted         DOCUMENT_NOT_TRUSTED          only documents of the manifest are executed
    ├── SettingsInvalid           SETTINGS_INVALID        the process must not start
    ├── StoreError                (one leaf each)         the mirror's database did not do what was asked of it
    │   ├── StoreUnavailable      STORE_UNAVAILABLE       it is down, full, or locked for too long
    │   ├── StoreTimeout          STORE_TIMEOUT           a question took longer than it may and was interrupted
    │   └── StoreIncompatible     STORE_INCOMPATIBLE      what is in it was made by another version
    └── UpstreamError             (one leaf each)         Vapi did not give what was asked for
        ├── UpstreamUnavailable   UPSTREAM_UNAVAILABLE    no answer, half an answer, or a 5xx
        ├── UpstreamRateLimited   UPSTREAM_RATE_LIMITED   429
        ├── UpstreamUnauthorized  UPSTREAM_UNAUTHORIZED   401
        ├── UpstreamForbidden     UPSTREAM_FORBIDDEN      402 or 403
        ├── UpstreamRejected      UPSTREAM_REJECTED       any other 4xx
        ├── UpstreamMalformed     UPSTREAM_MALFORMED      an answer that is not what the API promises
        └── UpstreamTooDense      UPSTREAM_TOO_DENSE      more calls in one millisecond than one answer holds

Each leaf has a stable ``code`` that clients may rely on. A message names the thing, the value and the way out, and
never holds a secret or anything a caller said about a person.
"""

from __future__ import annotations

from typing import ClassVar


class GatewayError(Exception):
    """The root: catch this to catch whatever the gateway itself can explain."""

    code: ClassVar[str] = "GATEWAY_ERROR"


class BadUserInput(GatewayError):
    """An argument that cannot be used, named together with its value and what would be accepted.

    The value is shown shortened: callers may send megabytes.
    """

    code = "BAD_USER_INPUT"
    SHOWN: ClassVar[int] = 80

    def __init__(self, argument: str, value: object, expected: str) -> None:
        self.argument = argument
        self.value = _shortened(str(value), self.SHOWN)
        self.expected = expected
        super().__init__(f"Argument “{argument}” cannot be {self.value!r}: {expected}.")


class Unauthenticated(GatewayError):
    """There is no credential, or none that opens anything; never which part of it was wrong."""

    code = "UNAUTHENTICATED"


class Forbidden(GatewayError):
    """Whoever asks is known, and may not do this; ``scope`` is what would allow it, None where no scope does."""

    code = "FORBIDDEN"

    def __init__(self, what: str, scope: str | None) -> None:
        self.scope = scope
        reason = f"it needs the scope {scope}" if scope is not None else "it is not for callers who see a part of it"
        super().__init__(f"You may not {what}: {reason}.")


class RateLimited(GatewayError):
    """Somebody asks too often; ``retry_after`` is after how many seconds asking is worth while."""

    code = "RATE_LIMITED"

    def __init__(self, message: str, retry_after: float) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class KeysUnavailable(GatewayError):
    """The issuer's keys have never been read and cannot be now, so no token can be told from another."""

    code = "KEYS_UNAVAILABLE"


class NotConfigured(GatewayError):
    """Something that this gateway was not set up for; the message says by what it would be."""

    code = "NOT_CONFIGURED"


class Unimplemented(GatewayError):
    """A part of a protocol that is not offered here: ``what`` names it, the message says what is offered instead."""

    code = "NOT_IMPLEMENTED"

    def __init__(self, what: str, way_out: str) -> None:
        self.what = _shortened(what, BadUserInput.SHOWN)
        super().__init__(f"“{self.what}” is not implemented: {way_out}.")


class ExportTooLarge(GatewayError):
    """An export is beyond a limit, which a setting says."""

    code = "EXPORT_TOO_LARGE"

    def __init__(self, found: str, most: str, setting: str) -> None:
        super().__init__(f"The export has {found}, and may have {most} ({setting}): ask for fewer columns or calls.")


class QueryTooComplex(GatewayError):
    """An operation is beyond a limit: ``measure`` names what was counted, ``found`` and ``limit`` are numbers of it."""

    code = "QUERY_TOO_COMPLEX"

    def __init__(self, measure: str, found: int, limit: int, setting: str) -> None:
        self.measure, self.found, self.limit = measure, found, limit
        super().__init__(f"The operation is too complex: {measure} {found}, at most {limit} ({setting}).")


class QueryTimeout(GatewayError):
    """An operation took longer than it may and was ended, with all that it had begun."""

    code = "QUERY_TIMEOUT"


class UpstreamBudgetSpent(GatewayError):
    """An operation would ask Vapi more often than one may; what is known already is answered."""

    code = "UPSTREAM_BUDGET_SPENT"


class DocumentError(GatewayError):
    """A document that is named, not stated, cannot be executed."""

    code = "DOCUMENT_ERROR"


class PersistedDocumentNotFound(DocumentError):
    """The manifest has no document of this id."""

    code = "PERSISTED_DOCUMENT_NOT_FOUND"


class PersistedQueryNotFound(DocumentError):
    """No document of this hash has been sent yet, or it has been forgotten: the client sends both."""

    code = "PERSISTED_QUERY_NOT_FOUND"


class PersistedQueryNotSupported(DocumentError):
    """Documents that were sent once are not kept here: the client sends them each time."""

    code = "PERSISTED_QUERY_NOT_SUPPORTED"


class DocumentNotTrusted(DocumentError):
    """Only documents of the manifest are executed here."""

    code = "DOCUMENT_NOT_TRUSTED"


class SettingsInvalid(GatewayError):
    """Settings with which the process must not start.

    The message says what is wrong; ``at`` is the path of keys that leads to it in the settings file, if it is there.
    """

    code = "SETTINGS_INVALID"

    def __init__(self, message: str, at: tuple[str | int, ...] = ()) -> None:
        self.at = at
        super().__init__(message)


class StoreError(GatewayError):
    """The mirror's database did not do what was asked of it."""

    code = "STORE_ERROR"


class StoreUnavailable(StoreError):
    """The database is down, full, or locked for too long: worth asking again later."""

    code = "STORE_UNAVAILABLE"


class StoreTimeout(StoreError):
    """A question took longer than it may and was interrupted; a narrower one may be answered."""

    code = "STORE_TIMEOUT"


class StoreIncompatible(StoreError):
    """What is in the database was made by another version of the gateway; the process must not start."""

    code = "STORE_INCOMPATIBLE"


class UpstreamError(GatewayError):
    """Vapi did not give what was asked for."""

    code = "UPSTREAM_ERROR"


class UpstreamUnavailable(UpstreamError):
    """No answer, half an answer, or a 5xx: worth asking again later."""

    code = "UPSTREAM_UNAVAILABLE"


class UpstreamRateLimited(UpstreamError):
    """Vapi answered 429; ``retry_after`` is what it asked us to wait, in seconds, or None."""

    code = "UPSTREAM_RATE_LIMITED"

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class UpstreamUnauthorized(UpstreamError):
    """Vapi does not accept the gateway's key."""

    code = "UPSTREAM_UNAUTHORIZED"


class UpstreamForbidden(UpstreamError):
    """Vapi knows the key and refuses nevertheless (plan, credit, or the firewall in front of it)."""

    code = "UPSTREAM_FORBIDDEN"


class UpstreamRejected(UpstreamError):
    """Vapi refused the request itself; asking again will not help."""

    code = "UPSTREAM_REJECTED"


class UpstreamMalformed(UpstreamError):
    """Vapi answered something that is not what its API promises."""

    code = "UPSTREAM_MALFORMED"


class UpstreamTooDense(UpstreamError):
    """One millisecond holds more calls than one answer of Vapi may, so some could be lost."""

    code = "UPSTREAM_TOO_DENSE"


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]}…"
