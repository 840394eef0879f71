"""Settings: every one of them once, with its type, its default and its help.

They come from the environment (prefix ``GATEWAY_``), then from a TOML file. Only `gateway.app` and the commands read
them; everything else gets plain values.
"""

from __future__ import annotations

import ipaddress
import os
import re
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
_ORIGIN: Final = re.compile(r"[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]+)?")
_IDENTIFIER: Final = r"^[a-z_][a-z0-9_]{0,62}$"
_NEVER_EMPTY: Final = ("jwt_customer_claim", "jwt_assistants_claim", "binding_trust")
"""What narrows whose calls are opened: an empty variable, as a mistaken script makes it, must not open those of all."""
_KEY_VARIABLES: Final = ("GATEWAY_UPSTREAM_KEY", "VAPI_API_KEY")

Seconds = Annotated[float, Field(ge=0, le=10 * 365 * 24 * 3600, allow_inf_nan=False)]
JwtAlgorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
]  # with a key that may be known to all: no secret, and not “none”
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


class SuccessSettings(_Strict):
    """What the evaluation of a call means, in the words of a team's rubric."""

    yes: tuple[str, ...] = Field(default=("true", "pass"), description="The texts that mean success.")
    no: tuple[str, ...] = Field(default=("false", "fail"), description="The texts that mean failure.")


class CallSettings(_Strict):
    """What a team says of its calls."""

    attributes: tuple[AttributeSettings, ...] = Field(default=(), description="Further attributes of the call.")
    success: SuccessSettings = Field(default=SuccessSettings(), description="What Vapi's successEvaluation means.")


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


class MetricSettings(_Strict):
    """A measure that a team declares once, and finds at every door."""

    name: str = Field(description="Its name in camelCase; in tables, in snake_case.")
    description: str = Field(description="What it says, for everybody who reads it.")
    aggregate: str = Field(description="count, countDistinct, sum, avg, min, max, p50, p90, p95, p99 or rate.")
    of: str | None = Field(default=None, description="The flat name of what is measured; left out, calls are counted.")
    where: dict[str, Any] = Field(default_factory=dict, description="Of which calls: the GraphQL filter.")
    unit: str | None = Field(default=None, description="The unit of the number.")


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
        default=False,
        description="Let in, with every scope, who shows no credential: for trying it out on one's own machine.",
    )
    jwt_jwks_url: str | None = Field(
        default=None,
        description="Where the issuer of tokens publishes its keys (JWKS): see docs/security.md. https, or http on "
        "this machine.",
    )
    jwt_jwks_file: Path | None = Field(
        default=None, description="The file with the keys of the issuer (JWKS), read at start, instead of an address."
    )
    jwt_jwks_seconds: Seconds = Field(
        default=600, gt=0, description="How long published keys are used before they are read again."
    )
    jwt_issuer: str | None = Field(default=None, description="Who issues the tokens: their claim `iss`, to the letter.")
    jwt_audience: str | None = Field(
        default=None, description="Whom the tokens are for: what their claim `aud` is, or has among others."
    )
    jwt_algorithms: Annotated[tuple[JwtAlgorithm, ...], NoDecode] = Field(
        default=get_args(JwtAlgorithm),
        min_length=1,
        description="The algorithms by which tokens may be signed; parted by commas.",
    )
    jwt_leeway_seconds: Seconds = Field(
        default=30, le=3600, description="By how much the clocks of the issuer and of the gateway may differ."
    )
    jwt_scopes_claim: str = Field(
        default="scope", min_length=1, description="The claim with the scopes: a text with blanks between, or a list."
    )
    jwt_scopes: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("calls:read",), description="The scopes of a token without that claim; parted by commas."
    )
    jwt_customer_claim: str | None = Field(
        default=None,
        min_length=1,
        description="The claim with the customers whose calls a token opens, one or several; by default tokens open "
        "the calls of all.",
    )
    jwt_customer_attribute: Literal["customerId", "externalId", "number", "sipUri", "email"] = Field(
        default="customerId", description="What that claim says of a customer."
    )
    jwt_assistants_claim: str | None = Field(
        default=None,
        min_length=1,
        description="The claim with the ids of the assistants whose calls a token opens; by default those of all.",
    )
    binding_trust: Literal["any", "server"] = Field(
        default="any",
        description="Which statements make a call that of a customer for somebody who sees theirs alone: any, or "
        "those alone that no browser could have written.",
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Addresses and networks (10.0.0.0/8) of proxies in front of the gateway: only what they say in "
        "X-Forwarded-For is believed.",
    )
    rate_per_minute: int = Field(
        default=1200, ge=0, le=10_000_000, description="Requests that one caller may make in a minute; 0 for any."
    )
    rate_per_address_per_minute: int = Field(
        default=6000,
        ge=0,
        le=10_000_000,
        description="Requests that may come from one address in a minute, those that show no credential included; 0 "
        "for any.",
    )
    hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="The names by which the gateway is asked, beside localhost; parted by commas, * is any. By default "
        "only localhost where anonymous callers or webhooks are taken on this machine, and any name otherwise.",
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="The origins whose pages may ask and read the answers, such as https://app.example.com; several "
        "are parted by commas, * is any.",
    )
    graphiql: bool = Field(default=False, description="Whether a browser that opens /graphql gets GraphiQL.")
    recordings: Literal["redirect", "stream"] = Field(
        default="redirect",
        description="How /calls/{id}/recording answers: with the address at Vapi's storage, which is short-lived, or "
        "with the recording itself.",
    )
    connections: int | None = Field(
        default=None,
        ge=1,
        le=1_000_000,
        description="Connections of clients at most; by default as many as the process may have files open, less what "
        "the gateway needs itself. Where there are more, those that say nothing go first.",
    )
    connections_per_address: int = Field(
        default=256,
        ge=1,
        le=1_000_000,
        description="Connections of one address at most, and never more than half of all; trusted proxies may have any "
        "number.",
    )
    header_seconds: Seconds = Field(
        default=10, gt=0, description="How long a client may take for the headers of a request."
    )
    body_seconds: Seconds = Field(
        default=60,
        gt=0,
        description="How long a client may take for the body of a request, and to take up some of the answer.",
    )
    header_bytes: int = Field(
        default=2**16, ge=2**10, le=2**20, description="How long the address and headers of a request may be, in bytes."
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

    compiled: bool = Field(
        default=True,
        description="Whether selections of attributes are compiled (docs/compiled.md); without, answers are the same "
        "and take longer.",
    )
    compiled_bytes: int = Field(
        default=64 * 2**20, ge=0, le=2**40, description="Memory for encoded pieces of answers, roughly, in bytes."
    )
    page_size_limit: int = Field(default=100, ge=1, le=1000, description="The largest page of a list.")
    related_fresh_seconds: Seconds = Field(
        default=300, description="How long an assistant, a squad or a phone number is served without asking Vapi again."
    )
    query_patience_seconds: Seconds = Field(
        default=10, gt=0, description="How long the database may take for a list or a count before it is interrupted."
    )

    columnar_in_memory: bool = Field(
        default=False,
        description="Keep the columnar copy of the mirror, which answers questions about many calls, in memory instead "
        "of a file in the data folder.",
    )
    columnar_bytes: int = Field(
        default=2**30,
        ge=2**26,
        le=2**42,
        description="The memory that the columnar copy may take to answer, in bytes.",
    )

    export_rows: int = Field(
        default=20_000_000, ge=0, description="Rows that an export may have at most; 0 for any number."
    )
    export_seconds: Seconds = Field(default=3600, gt=0, description="How long an export may take.")
    exports_at_once: int = Field(default=4, ge=1, description="Exports of one caller at a time.")
    odata_page_size: int = Field(default=5_000, ge=1, le=100_000, description="The largest page of OData, in rows.")
    export_spool_bytes: int = Field(
        default=10 * 2**30, ge=2**20, description="The disk that exports in Parquet may take, in bytes."
    )
    export_spool_seconds: Seconds = Field(
        default=900, description="How long an export in Parquet is kept, for parts of it to be asked for."
    )

    bi_views: bool = Field(
        default=True, description="Whether a mirror in PostgreSQL has views for BI tools: see docs/bi-postgresql.md."
    )
    bi_schema: str = Field(default="bi", pattern=_IDENTIFIER, description="The schema that these views are in.")
    bi_role: str = Field(
        default="gateway_bi",
        pattern=_IDENTIFIER,
        description="The role that may read these views and nothing else; made if there is none of this name.",
    )
    bi_attributes: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Attributes that these views have beside the public ones, by their flat names, such as "
        "customer_name; parted by commas.",
    )

    body_bytes: int = Field(
        default=2**20, ge=2**10, le=2**30, description="The largest body of a GraphQL request, in bytes."
    )
    query_tokens: int = Field(
        default=5_000, ge=10, le=1_000_000, description="Tokens of a document at most: names, numbers, texts, signs."
    )
    query_depth: int = Field(default=20, ge=1, le=200, description="Fields below each other at most.")
    query_aliases: int = Field(default=200, ge=1, le=1_000_000, description="Aliases of a document at most.")
    query_directives: int = Field(default=200, ge=1, le=1_000_000, description="Directives of a document at most.")
    query_root_fields: int = Field(default=50, ge=1, le=1_000_000, description="Fields of the query itself at most.")
    query_selections: int = Field(
        default=5_000,
        ge=1,
        le=1_000_000,
        description="Fields and fragments of a document at most, with every fragment written out where it is spread.",
    )
    query_comparisons: int = Field(
        default=100_000,
        ge=1,
        le=500_000,
        description="What comparing the fields of one name with each other may take while a document is validated.",
    )
    query_cost: int = Field(
        default=100_000, ge=1, le=10**9, description="What an operation may cost at most: see docs/limits.md."
    )
    query_seconds: Seconds = Field(
        default=30, gt=0, description="How long an operation may take before it is ended, with all that it began."
    )
    upstream_budget: int = Field(
        default=100, ge=0, le=1_000_000, description="Requests to Vapi that one operation may cause; 0 for any number."
    )
    documents_file: Path | None = Field(
        default=None, description="The manifest of trusted documents, which requests name by `documentId`."
    )
    documents_only: bool = Field(default=False, description="Execute documents of the manifest and no others.")
    persisted_queries: bool = Field(
        default=True, description="Whether a document that was sent once can be named by its hash (Apollo's protocol)."
    )
    persisted_query_bytes: int = Field(
        default=4 * 2**20, ge=2**10, le=2**30, description="Memory for such documents, in bytes."
    )
    document_max_age_seconds: int = Field(
        default=0,
        ge=0,
        le=31_536_000,
        description="For how long a browser may keep the answer to a GET that names its document; 0 asks each time "
        "whether it is still the same.",
    )
    introspection: bool = Field(default=True, description="Whether the schema can be asked for by GraphQL itself.")
    suggestions: bool = Field(
        default=True, description="Whether errors suggest names of the schema (“Did you mean …?”)."
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

    secret_keys: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Keys of calls under which your team keeps secrets, such as memberPin: what stands under them is "
        "taken out before anything is kept or shown, beside what looks like a secret anyhow.",
    )
    keep_content_days: Days = Field(
        default=0, description="How long transcripts, messages, analysis and search words are kept; 0 for good."
    )
    keep_documents_days: Days = Field(
        default=0, description="How long Vapi's whole documents are kept; the columns of tables stay. 0 for good."
    )
    keep_ledger_days: Days = Field(default=30, description="How long received webhooks are kept; 0 for good.")

    call: CallSettings = Field(default=CallSettings(), description="The call: see docs/settings.md.")
    metrics: tuple[MetricSettings, ...] = Field(
        default=(), description="Metrics that appear at every door: see docs/settings.md."
    )
    customer: CustomerSettings = Field(default=CustomerSettings(), description="The customer: see docs/settings.md.")

    @field_validator(
        "webhook_secrets",
        "secret_keys",
        "hosts",
        "cors_origins",
        "trusted_proxies",
        "jwt_algorithms",
        "jwt_scopes",
        "bi_attributes",
        mode="before",
    )
    @classmethod
    def _parted(cls, stated: object) -> object:
        """A variable of the environment holds several with commas between them."""
        return tuple(filter(None, map(str.strip, stated.split(",")))) if isinstance(stated, str) else stated

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, stated: tuple[str, ...]) -> tuple[str, ...]:
        """Whoever is trusted by mistake can claim any address."""
        for each in stated:
            ipaddress.ip_network(each)
        return stated

    @field_validator("bi_schema", "bi_role")
    @classmethod
    def _own_names(cls, stated: str) -> str:
        """In PostgreSQL the mirror's tables are in the schema `public`, and the role `public` is everybody."""
        if stated in ("public", "none", "information_schema") or stated.startswith("pg_"):
            raise ValueError("PostgreSQL has another meaning for this name")
        return stated

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, stated: tuple[str, ...]) -> tuple[str, ...]:
        """A browser compares them letter by letter: no path, no slash at the end, no capitals."""
        if not all(origin == "*" or _ORIGIN.fullmatch(origin) for origin in stated):
            raise ValueError("an origin is written like https://app.example.com or http://localhost:3000")
        return stated

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
    _refuse_empty(os.environ)
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


def _refuse_empty(environment: Mapping[str, str]) -> None:
    """Any other variable that is empty is one that is not set."""
    empty = {name.upper() for name, value in environment.items() if not value}
    for variable in (variable for name in _NEVER_EMPTY for variable in variables(name) if variable in empty):
        raise SettingsInvalid(f"{variable} in the environment: it is empty; state a value, or leave the variable out")


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
