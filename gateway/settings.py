"""Settings: every one of them once, with its type, its default and its help.

They come from the environment (prefix ``GATEWAY_``), then from a TOML file. Only `gateway.app` and the commands read
them; everything else gets plain values.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from gateway.errors import SettingsInvalid
from gateway.toml_lines import line_of

_PREFIX: Final = "GATEWAY_"
_FILE_VARIABLE: Final = f"{_PREFIX}SETTINGS_FILE"
_KEY_VARIABLES: Final = ("GATEWAY_UPSTREAM_KEY", "VAPI_API_KEY")

Seconds = Annotated[float, Field(ge=0, le=10 * 365 * 24 * 3600, allow_inf_nan=False)]
Days = Annotated[float, Field(ge=0, le=100 * 365, allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class AttributeSettings(_Strict):
    """An attribute of the call or the customer that a team declares itself."""

    name: str = Field(description="The GraphQL field, in camelCase.")
    type: str = Field(description="String, Int, Float, Boolean, DateTime, enum or [String].")
    description: str = Field(description="What it is, for everybody who reads the schema.")
    paths: tuple[str, ...] = Field(default=(), description="Where a call says it, from the top of Vapi's document.")
    keys: tuple[str, ...] = Field(
        default=(), description="Customers only: its spellings in metadata; without paths and keys, its own name."
    )
    values: tuple[str, ...] = Field(default=(), description="The texts of an enum.")
    unit: str | None = Field(default=None, description="The unit of a number.")
    sensitivity: Literal["public", "personal", "content", "secret"] | None = Field(
        default=None, description="Who may see it; personal for customers, public for calls."
    )
    flat: str | None = Field(default=None, description="Its name in tables and exports, where the usual one is taken.")
    use: tuple[str, ...] = Field(
        default=("filter", "sort", "group", "export"), description="filter, sort, group, measure, export, index."
    )


class CallSettings(_Strict):
    """What a team says of its calls."""

    attributes: tuple[AttributeSettings, ...] = Field(default=(), description="Further attributes of the call.")


class CustomerSettings(_Strict):
    """What a team says of its customers."""

    attributes: tuple[AttributeSettings, ...] = Field(default=(), description="Further attributes of the customer.")
    metadata: tuple[str, ...] | None = Field(
        default=None, description="The objects in which metadata is looked for, instead of the usual ones."
    )
    variables: tuple[str, ...] | None = Field(
        default=None, description="The objects in which variable values are looked for, instead of the usual ones."
    )
    keys: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="Spellings by attribute, instead of the usual ones."
    )
    alias: dict[str, str] = Field(
        default_factory=dict, description="Customer keys that are another key's person: alias = key."
    )


class BearerSettings(_Strict):
    """Vapi's credential “Bearer Token” for the server that webhooks go to."""

    tokens: tuple[SecretStr, ...] = Field(min_length=1, description="The tokens; several while one replaces another.")
    header: str = Field(default="Authorization", description="The header that it comes in.")
    prefix: bool = Field(default=True, description="Whether the word “Bearer” stands before it.")


class HmacSettings(_Strict):
    """Vapi's credential “HMAC” for the server that webhooks go to, with its knobs by Vapi's names."""

    secrets: tuple[SecretStr, ...] = Field(min_length=1, description="The keys; several while one replaces another.")
    algorithm: Literal["sha256", "sha512", "sha1"] = Field(default="sha256", description="The hash.")
    signature_header: str = Field(default="x-signature", description="The header with the signature.")
    timestamp_header: str = Field(default="x-timestamp", description="The header with the moment of sending.")
    signature_prefix: str = Field(default="", description="What stands before the signature.")
    include_timestamp: bool = Field(default=True, description="Whether the moment is part of what is signed.")
    payload_format: str = Field(default="{timestamp}.{body}", description="What is signed.")
    message_id_header: str | None = Field(
        default=None, description="The header with the message's id, if it is signed."
    )
    signature_encoding: Literal["hex", "base64"] = Field(default="hex", description="How the signature is written.")
    secret_is_base64: bool = Field(default=False, description="Whether the keys are written in base64.")
    url: str = Field(default="", description="The address that Vapi was told, if it is signed.")
    tolerance_seconds: Seconds = Field(default=300, description="How old a signature may be.")


class Settings(BaseSettings):
    """Every setting of the gateway."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
        env_ignore_empty=True,
    )

    host: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="The port to listen on; 0 takes a free one.")
    allow_anonymous: bool = Field(
        default=False, description="Listen beyond this machine although nobody is asked who they are."
    )
    settings_file: Path | None = Field(default=None, description="The TOML file with further settings.")
    data_dir: Path | None = Field(
        default=None, description="Where the gateway keeps what it makes itself; by default in the user's data folder."
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="The database of the mirror of all calls: postgresql+psycopg://user:password@host/name (needs the "
        "extra `postgres`) or sqlite:///file; by default the SQLite file mirror.sqlite in the data folder.",
    )
    identity_key: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="What customer keys that stand for numbers and addresses are hashed with, 16 characters or more; "
        "made at first start and kept in the data folder if not given. All gateways over the same calls need the same.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least that is logged."
    )

    upstream_url: str = Field(
        default="https://api.vapi.ai", description="Vapi's API; https://api.eu.vapi.ai for an organisation in the EU."
    )
    upstream_key: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices(*_KEY_VARIABLES),
        description="Vapi's private key; also read from VAPI_API_KEY.",
    )
    upstream_timeout_seconds: Seconds = Field(
        default=10.0, gt=0, description="How long to wait for a connection to Vapi, and for each piece of its answer."
    )
    upstream_connections: int = Field(default=20, ge=1, le=1000, description="Connections to Vapi at most.")
    upstream_rate: float = Field(
        default=10.0,
        ge=0,
        le=10_000,
        allow_inf_nan=False,
        description="Requests to Vapi per second in the long run; 0 for any.",
    )
    upstream_burst: int = Field(default=50, ge=1, le=10_000, description="Requests to Vapi that may go at once.")
    upstream_attempts: int = Field(default=4, ge=1, le=10, description="How often a request to Vapi is tried.")
    upstream_backoff_seconds: Seconds = Field(
        default=0.25, description="How long to wait before the second attempt; each further wait is twice as long."
    )
    upstream_patience_seconds: Seconds = Field(
        default=15.0, gt=0, description="How long all attempts of one request may take together."
    )

    cache_bytes: int = Field(
        default=256 * 2**20, ge=2**20, le=2**40, description="Memory for calls, roughly, in bytes."
    )
    live_fresh_seconds: Seconds = Field(default=5, description="How long a call that is not over counts as fresh.")
    live_stale_seconds: Seconds = Field(
        default=60, description="For how long after that it may be served while it is refreshed."
    )
    ended_fresh_seconds: Seconds = Field(default=20, description="How long a call that has just ended counts as fresh.")
    ended_stale_seconds: Seconds = Field(
        default=300, description="For how long after that it may be served while it is refreshed."
    )
    settled_fresh_seconds: Seconds = Field(default=6 * 3600, description="How long a settled call counts as fresh.")
    settled_stale_seconds: Seconds = Field(
        default=18 * 3600, description="For how long after that it may be served while it is refreshed."
    )
    settles_after_seconds: Seconds = Field(
        default=600, description="After how long without a change an ended call is settled."
    )
    missing_fresh_seconds: Seconds = Field(
        default=10, description="How long it is remembered that Vapi has no such call."
    )
    kept_seconds: Seconds = Field(
        default=48 * 3600,
        description="How long a call is kept for the case that Vapi cannot be asked, from when it was fetched.",
    )
    retry_after_seconds: Seconds = Field(
        default=5, description="How long a call is left alone after it could not be refreshed."
    )

    page_size_limit: int = Field(default=100, ge=1, le=1000, description="The largest page of a list.")
    related_fresh_seconds: Seconds = Field(
        default=300, description="How long an assistant, a squad or a phone number is served without asking Vapi again."
    )
    query_patience_seconds: Seconds = Field(
        default=10, gt=0, description="How long the database may take for a list or a count before it is interrupted."
    )

    sync: bool = Field(
        default=True,
        description="Whether this process may keep the mirror up: backfill, poll, reconcile. Of several that may, one "
        "does; a process that may not only reads, takes in what it is asked for, and receives webhooks.",
    )
    poll_seconds: Seconds = Field(default=10, gt=0, description="How often Vapi is asked what has changed.")
    reconcile_seconds: Seconds = Field(
        default=6 * 3600, gt=0, description="How often the mirror is compared with what Vapi lists."
    )
    stuck_seconds: Seconds = Field(
        default=2 * 3600, gt=0, description="After how long a call that still is not over is read again."
    )
    upstream_retention_days: Days = Field(
        default=14,
        description="How long Vapi keeps calls on your plan; 0 for good. A call that is gone before that was deleted, "
        "and is purged here; one that is gone after it stays.",
    )
    backfill_workers: int = Field(
        default=1,
        ge=0,
        le=64,
        description="Processes that prepare calls while history is walked, so that readers need not wait; 0 for none.",
    )
    lag_limit_seconds: Seconds = Field(
        default=300, description="How far behind Vapi the mirror may be before /readyz fails; 0 for any."
    )

    webhook_secrets: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(),
        description="What Vapi sends as X-Vapi-Secret with each webhook (`server.secret`); several, parted by commas, "
        "while one replaces another.",
    )
    webhook_bearer: BearerSettings | None = Field(
        default=None, description="The bearer tokens that Vapi may send with webhooks: see docs/webhooks.md."
    )
    webhook_hmac: HmacSettings | None = Field(
        default=None, description="How Vapi signs webhooks: see docs/webhooks.md."
    )
    webhook_anonymous: bool = Field(
        default=False, description="Take webhooks from whoever sends them: for trying it out on one's own machine."
    )
    webhook_body_bytes: int = Field(
        default=8 * 2**20, ge=2**10, le=2**30, description="The largest webhook that is taken, in bytes."
    )
    webhook_noticed_seconds: Seconds = Field(
        default=0.3, description="How long after a webhook its call is read, so that several together cost one reading."
    )
    webhook_late_seconds: Seconds = Field(
        default=180, description="How long after the report of its end a call is read once more, for late analysis."
    )

    keep_content_days: Days = Field(
        default=0, description="How long transcripts, messages, analysis and search words are kept; 0 for good."
    )
    keep_documents_days: Days = Field(
        default=0, description="How long Vapi's whole documents are kept; the columns of tables stay. 0 for good."
    )
    keep_ledger_days: Days = Field(default=30, description="How long received webhooks are kept; 0 for good.")

    call: CallSettings = Field(default=CallSettings(), description="The call: see docs/settings.md.")
    customer: CustomerSettings = Field(default=CustomerSettings(), description="The customer: see docs/settings.md.")

    @field_validator("webhook_secrets", mode="before")
    @classmethod
    def _parted(cls, stated: object) -> object:
        """A variable of the environment holds several with commas between them."""
        return tuple(filter(None, map(str.strip, stated.split(",")))) if isinstance(stated, str) else stated

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment first, then what `load` read from the file."""
        return env_settings, init_settings


def load(file: Path | None = None, **stated: Any) -> Settings:
    """The settings from the environment and the file (``file``, else ``GATEWAY_SETTINGS_FILE``).

    ``stated`` is what a command line says, which wins over both.

    Raises:
        SettingsInvalid: the message names the variable, or the file and the line, and what is wrong with it.
    """
    path = file or _file_of_environment()
    text = _read(path) if path else ""
    table = _parsed(path, text)
    try:
        settings = Settings(**{**table, **({"settings_file": path} if path else {})})
        return settings.model_copy(update=stated)
    except ValidationError as error:
        raise SettingsInvalid(_explained(error, path, text)) from None
    except ValueError as error:  # a variable that should hold JSON and does not
        raise SettingsInvalid(f"the environment: {error}") from None


def variables(name: str) -> tuple[str, ...]:
    """The environment variables of a setting, by its name or the first of them."""
    if name in ("upstream_key", *_KEY_VARIABLES):
        return _KEY_VARIABLES
    return (f"{_PREFIX}{name.upper()}",)


def _file_of_environment() -> Path | None:
    named = os.environ.get(_FILE_VARIABLE)
    return Path(named) if named else None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsInvalid(f"{path}: the settings file cannot be read: {error}") from None


def _parsed(path: Path | None, text: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsInvalid(f"{path}: {error}") from None


def _explained(error: ValidationError, path: Path | None, text: str) -> str:
    """Every problem with the place where it stands and, unless it is a secret, the value that stands there."""
    found = error.errors(include_url=False, include_context=False)
    return "\n".join(f"{_place(e['loc'], path, text)}: {_problem(e)}" for e in found)


def _problem(error: ErrorDetails) -> str:
    if error["type"] == "extra_forbidden":
        return "there is no such setting; `gateway settings` lists all"
    if error["type"] == "missing":
        return "it is missing"
    if error["type"] == "too_short":
        return "it is too short"
    return error["msg"] if _is_secret(str(error["loc"][0])) else f"{error['msg']}, not {error['input']!r}"


def _is_secret(name: str) -> bool:
    field = Settings.model_fields.get("upstream_key" if name in _KEY_VARIABLES else name)
    return field is None or _holds_secrets(field.annotation)


def _holds_secrets(annotation: Any) -> bool:
    """Whether a secret can stand anywhere in a value of this type: what is wrong with it is told without showing it."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return any(_holds_secrets(field.annotation) for field in annotation.model_fields.values())
    return annotation is SecretStr or any(map(_holds_secrets, get_args(annotation)))


def _place(loc: tuple[int | str, ...], path: Path | None, text: str) -> str:
    named = next((name for name in variables(str(loc[0])) if os.environ.get(name)), None)
    if named is not None:
        return f"{named} in the environment"
    line = line_of(text, loc)
    dotted = ".".join(map(str, loc))
    return f"{path}, line {line}: {dotted}" if line else dotted


def unknown_variables(environment: Iterable[str]) -> list[str]:
    """Variables that look like settings and are none: probably mistyped, or somebody else's."""
    known = {variable for name in Settings.model_fields for variable in variables(name)}
    return sorted(name for name in environment if name.startswith(_PREFIX) and name not in known)


def located(error: SettingsInvalid, settings: Settings) -> SettingsInvalid:
    """The same error with the file and the line in its message, where the file is at fault."""
    path = settings.settings_file
    if path is None or not error.at:
        return error
    return SettingsInvalid(f"{path}, line {line_of(_read(path), error.at)}: {error}")
