"""Aliases: customer keys that a team says are one person."""

from __future__ import annotations

import types
from collections.abc import Mapping

from gateway.errors import SettingsInvalid


def canonical(stated: Mapping[str, str]) -> Mapping[str, str]:
    """Each key that is another's alias → the key that the person goes by in the end.

    Raises:
        SettingsInvalid: keys lead back to themselves, so that none of them is the one.
    """
    return types.MappingProxyType({alias: _end(alias, stated) for alias in stated})


def _end(alias: str, stated: Mapping[str, str]) -> str:
    seen, key = {alias}, stated[alias]
    while key in stated:
        if key in seen:
            message = f"the alias “{alias}” leads back to itself; let one of its keys stand for all"
            raise SettingsInvalid(message, ("customer", "alias", alias))
        seen.add(key)
        key = stated[key]
    return key
