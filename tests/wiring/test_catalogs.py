"""From what a team declares to the catalog that everything else is built from."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import SettingsInvalid
from gateway.settings import AttributeSettings, CallSettings, CustomerSettings, load
from gateway.wiring.catalogs import catalog_of
from tests.wiring.stated import settings

BOOKED = AttributeSettings(name="booked", type="Boolean", paths=("analysis.booked",), description="Whether booked.")
TIER = AttributeSettings(name="tier", type="String", description="The tier.", unit=None, use=("filter", "sort"))


def test_the_defaults_are_the_built_in_attributes() -> None:
    catalog = catalog_of(settings())
    assert not [a for a in (*catalog.call.attributes, *catalog.customers.attributes) if a.configured]


def test_what_is_declared_of_calls_and_customers_joins_them_everywhere() -> None:
    catalog = catalog_of(
        settings(call=CallSettings(attributes=(BOOKED,)), customer=CustomerSettings(attributes=(TIER,)))
    )
    assert {a.flat for a in catalog.mirrored() if a.configured} == {"booked", "customer_tier"}
    assert {a.flat for a in catalog.mirrored_customer() if a.configured} == {"customer_tier"}


def test_aliases_join_keys_and_a_chain_of_them_has_one_end() -> None:
    catalog = catalog_of(settings(customer=CustomerSettings(alias={"tel~1": "id:2", "id:2": "id:3"})))
    assert dict(catalog.aliases) == {"tel~1": "id:3", "id:2": "id:3"}


def test_a_declaration_that_cannot_be_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "team.toml"
    text = '[[customer.attributes]]\nname = "email"\ntype = "String"\ndescription = "x"\n'
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsInvalid, match=r"team\.toml, line 2: .*already"):
        catalog_of(load(path))


def test_two_teams_have_two_catalogs() -> None:
    one = catalog_of(settings(call=CallSettings(attributes=(BOOKED,))))
    other = catalog_of(settings())
    assert {a.name for a in one.call.attributes} - {a.name for a in other.call.attributes} == {"booked"}
