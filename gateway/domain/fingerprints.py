"""Fingerprints: what tells one way of reading calls from another; rows that were read otherwise are read anew."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from gateway.domain.attributes import Attribute
from gateway.domain.catalog import Catalog
from gateway.domain.redaction import RULES
from gateway.domain.success import texts


def fingerprint(catalog: Catalog, identity_key: bytes, rules: Sequence[str] = RULES) -> str:
    """Changes whenever one document could give other columns: by declarations, places, aliases, successes, keys
    and shapes of secrets (``rules`` are those of every team), or the identity key.

    What derived attributes are computed from is code, and not in it: a version that changes that says so.
    """
    read = {
        "attributes": sorted(_attribute(a) for record in catalog.records.values() for a in record.attributes),
        "places": [path.text for path in catalog.places],
        "aliases": sorted(catalog.aliases.items()),
        "success": list(texts(catalog.success)),
        "secrets": sorted(catalog.secret_keys),
        "rules": list(rules),
        "key": hashlib.sha256(identity_key).hexdigest(),
    }
    return hashlib.sha256(json.dumps(read, sort_keys=True).encode()).hexdigest()[:32]


def _attribute(attribute: Attribute) -> list[Any]:
    return [attribute.flat, attribute.name, attribute.kind.value, list(_texts(attribute)), list(_values(attribute))]


def _texts(attribute: Attribute) -> Iterator[list[str]]:
    for paths in (attribute.paths, attribute.keys, attribute.fallback):
        yield [path.text for path in paths]


def _values(attribute: Attribute) -> Iterator[str]:
    return (member.value for member in attribute.values) if attribute.values is not None else iter(())
