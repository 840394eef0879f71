"""Views for BI tools as the settings want them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr, ValidationError
from sqlalchemy import make_url

from gateway.errors import SettingsInvalid
from gateway.observe.events import Event, ViewsNotMade
from gateway.settings import Settings, load
from gateway.wiring.catalogs import catalog_of
from gateway.wiring.mirror import Mirror, mirror
from tests.wiring.stated import settings

pytestmark = pytest.mark.anyio


def made(stated: Settings, told: list[Event] | None = None) -> Mirror:
    """The mirror with these settings; what it tells is put into a list."""
    listen = [] if told is None else told
    return mirror(stated, catalog_of(stated), b"k" * 32, changed=lambda _: None, listen=listen.append)


@pytest.mark.parametrize("setting", ["bi_schema", "bi_role"])
@pytest.mark.parametrize("name", ["", "BI", "a b", 'bi"', "bi; DROP TABLE calls", "9", "b" * 64, "bi\n"])
def test_a_schema_and_a_role_have_plain_names(setting: str, name: str) -> None:
    stated: dict[str, Any] = {setting: name}
    with pytest.raises(ValidationError, match=setting):
        Settings(**stated)


@pytest.mark.parametrize("setting", ["bi_schema", "bi_role"])
@pytest.mark.parametrize("name", ["public", "none", "pg_bi", "information_schema"])
def test_names_that_mean_something_else_to_postgresql_are_refused(setting: str, name: str) -> None:
    stated: dict[str, Any] = {setting: name}
    with pytest.raises(ValidationError, match="another meaning"):
        Settings(**stated)


def test_the_views_are_what_the_settings_say(tmp_path: Path) -> None:
    found = made(
        settings(data_dir=tmp_path, bi_schema="reports", bi_role="readers", bi_attributes=("customer_name",))
    ).views
    assert found is not None
    assert (found.schema, found.role) == ("reports", "readers")
    assert ["customer_name" in view.docs for view in found.views] == [True, True, False]


def test_without_the_setting_there_are_none(tmp_path: Path) -> None:
    assert made(settings(data_dir=tmp_path, bi_views=False)).views is None


def test_an_attribute_that_no_view_can_have_is_told_with_its_line_before_anything_is_opened(tmp_path: Path) -> None:
    file = tmp_path / "team.toml"
    file.write_text('port = 9001\nbi_attributes = ["customer_nme"]\n', encoding="utf-8")
    with pytest.raises(SettingsInvalid, match=rf"{file}, line 2: .*“customer_nme”.*customer_name, "):
        made(load(file, data_dir=tmp_path / "data"))
    assert not (tmp_path / "data").exists()


async def test_views_that_cannot_be_made_are_told_and_all_else_works(postgresql_url: str, tmp_path: Path) -> None:
    plain = make_url(postgresql_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA bi")
        connection.execute("CREATE TABLE bi.calls (n int)")
    told: list[Event] = []
    kept = made(settings(data_dir=tmp_path, database_url=SecretStr(postgresql_url)), told)
    await kept.open()
    assert told == [
        ViewsNotMade("the views in the schema “bi”", "something that is not the gateway's bears their name")
    ]
    assert await kept.calls.last_change() == 0
    await kept.database.close()
