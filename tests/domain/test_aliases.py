"""Aliases: keys that are one person."""

from __future__ import annotations

import pytest

from gateway.domain.aliases import canonical
from gateway.errors import SettingsInvalid


def test_an_alias_leads_to_the_key_that_it_is_another_name_of() -> None:
    """One step."""
    assert canonical({"mail~1": "id:7"}) == {"mail~1": "id:7"}


def test_aliases_of_aliases_lead_to_the_last() -> None:
    """However they are stated, a person goes by one key."""
    assert canonical({"tel~1": "mail~1", "mail~1": "id:7"}) == {"tel~1": "id:7", "mail~1": "id:7"}


@pytest.mark.parametrize("stated", [{"a": "a"}, {"a": "b", "b": "a"}, {"x": "a", "a": "b", "b": "a"}])
def test_keys_that_lead_back_to_themselves_are_refused(stated: dict[str, str]) -> None:
    """Nobody could say which of them the person goes by."""
    with pytest.raises(SettingsInvalid, match="leads back to itself"):
        canonical(stated)
