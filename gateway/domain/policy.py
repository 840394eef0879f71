"""Policy: what of an attribute a principal sees, and whether they may ask by it.

One table for every door: an attribute's sensitivity says which scope shows it. Without that scope a text about a person
is masked, and anything else withheld.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from gateway.domain.attributes import Attribute, Kind, Sensitivity
from gateway.domain.principal import Principal, Scope
from gateway.errors import Forbidden

NEEDED: Final[Mapping[Sensitivity, Scope | None]] = {
    Sensitivity.PUBLIC: None,
    Sensitivity.PERSONAL: Scope.PERSONAL_READ,
    Sensitivity.CONTENT: Scope.CONTENT_READ,
    Sensitivity.RECORDING: Scope.RECORDINGS_READ,
    Sensitivity.DOCUMENT: Scope.DOCUMENT_READ,
}
"""The scope that shows an attribute of each sensitivity. What is secret is shown to nobody, and stands in no schema."""

_TEXTS: Final = (Kind.STRING, Kind.STRINGS)


class Sight(enum.Enum):
    """What somebody sees of an attribute."""

    SHOWN = enum.auto()
    MASKED = enum.auto()
    WITHHELD = enum.auto()


def sight(attribute: Attribute, scopes: AbstractSet[Scope]) -> Sight:
    """What somebody with these scopes sees of an attribute."""
    if attribute.sensitivity is Sensitivity.SECRET:
        return Sight.WITHHELD
    if attribute.kind is Kind.GROUP:  # a record is what its attributes are, each by itself
        return Sight.SHOWN
    needed = NEEDED[attribute.sensitivity]
    if needed is None or needed in scopes:
        return Sight.SHOWN
    masked = needed is Scope.PERSONAL_READ and attribute.kind in _TEXTS
    return Sight.MASKED if masked else Sight.WITHHELD


def check_use(attribute: Attribute, principal: Principal, use: str) -> None:
    """Refuse to filter, sort, group or measure by what is not shown whole: the answers would tell it, bit by bit.

    Raises:
        Forbidden: it names the scope, or none for what is shown to nobody.
    """
    what, needed = f"{use} by “{attribute.name}”", NEEDED.get(attribute.sensitivity)
    if needed is not None:
        principal.need(needed, what)
    elif sight(attribute, principal.scopes) is not Sight.SHOWN:
        raise Forbidden(what, None)
