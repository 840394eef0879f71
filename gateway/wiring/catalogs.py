"""Catalogs: what the settings declare, as the catalog and the decoder that everything else is built from."""

from __future__ import annotations

import dataclasses

from gateway.domain import catalog as catalogs
from gateway.domain.catalog import Catalog, Configured
from gateway.domain.customer import Places
from gateway.domain.success import Success
from gateway.errors import SettingsInvalid
from gateway.settings import AttributeSettings, Settings, located


def catalog_of(settings: Settings) -> Catalog:
    """The catalog of the built-in attributes and those that the settings declare."""
    own = {
        "call": _configured("call", settings.call.attributes),
        "customer": _configured("customer", settings.customer.attributes),
    }
    try:
        return catalogs.build(
            own,
            _places(settings),
            secret_keys=settings.secret_keys,
            success=Success(yes=settings.call.success.yes, no=settings.call.success.no),
        )
    except SettingsInvalid as error:
        raise located(error, settings) from None


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
