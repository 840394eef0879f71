"""Catalogs: what the settings declare, as the catalog and the decoder that everything else is built from."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from gateway.domain import catalog as catalogs
from gateway.domain.catalog import Catalog, Configured
from gateway.domain.customer import Places
from gateway.domain.filters import Predicate
from gateway.domain.metrics import Metric, metric
from gateway.domain.success import Success
from gateway.domain.tabular import DAY
from gateway.errors import BadUserInput, SettingsInvalid
from gateway.graph.schema import CatalogSchema
from gateway.settings import AttributeSettings, Settings, located


def catalog_of(settings: Settings) -> Catalog:
    """The catalog of the built-in attributes and those that the settings declare."""
    own = {
        "call": _configured("call", settings.call.attributes),
        "customer": _configured("customer", settings.customer.attributes),
    }
    try:
        built = catalogs.build(
            own,
            _places(settings),
            secret_keys=settings.secret_keys,
            success=Success(yes=settings.call.success.yes, no=settings.call.success.no),
        )
        return dataclasses.replace(built, metrics=_metrics(settings, built)) if settings.metrics else built
    except SettingsInvalid as error:
        raise located(error, settings) from None


def _metrics(settings: Settings, catalog: Catalog) -> tuple[Metric, ...]:
    """The metrics that the settings declare: their filters are those of the API, so its schema reads them."""
    schema, attributes = CatalogSchema(catalog), {a.flat: a for a in catalog.mirrored()}
    found: dict[str, Metric] = {}
    for index, stated in enumerate(settings.metrics):
        at = ("metrics", index)
        where = _fixed(schema, stated.where, stated.name, at)
        made = metric(attributes, **{**stated.model_dump(), "where": where}, at=at)
        if made.column.flat in (DAY, *found):
            raise SettingsInvalid(f"metric “{stated.name}”: name: it is taken", (*at, "name"))
        found[made.column.flat] = made
    return tuple(found.values())


def _fixed(schema: CatalogSchema, stated: Mapping[str, Any], name: str, at: tuple[str | int, ...]) -> Predicate:
    """A filter that means the same at all times."""
    try:
        now, later = (schema.predicate("Call", stated, moment, "where") for moment in _MOMENTS)
    except BadUserInput as error:
        raise SettingsInvalid(f"metric “{name}”: {error}", (*at, "where")) from None
    if now != later:
        raise SettingsInvalid(f"metric “{name}”: where: a duration counts from now, and days do not", (*at, "where"))
    return now


_MOMENTS: Final = (dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2026, 1, 2, tzinfo=dt.UTC))


def _configured(parent: str, attributes: tuple[AttributeSettings, ...]) -> tuple[Configured, ...]:
    return tuple(Configured(**a.model_dump(), at=(parent, "attributes", index)) for index, a in enumerate(attributes))


def _places(settings: Settings) -> Places:
    stated = settings.customer
    usual = Places(keys=stated.keys, alias=stated.alias)
    if stated.metadata is not None:
        usual = dataclasses.replace(usual, metadata=stated.metadata)
    if stated.variables is not None:
        usual = dataclasses.replace(usual, variables=stated.variables)
    return usual
