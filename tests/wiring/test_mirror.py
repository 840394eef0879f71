"""The mirror that settings amount to: where it is, and who keeps it."""

from __future__ import annotations

import datetime as dt
import pickle
from pathlib import Path

import pytest
from pydantic import SecretStr

from gateway.errors import SettingsInvalid
from gateway.settings import CustomerSettings
from gateway.wiring.catalogs import catalog_of
from gateway.wiring.mirror import database_url, holder, mirror, preparing
from tests.contracts.calls import document
from tests.graph.asking import PLAN
from tests.wiring.stated import settings


def test_without_a_url_the_mirror_is_a_file_in_the_data_folder(tmp_path: Path) -> None:
    assert database_url(settings(data_dir=tmp_path)) == f"sqlite:///{tmp_path}/mirror.sqlite"


def test_a_folder_is_where_the_process_was_started() -> None:
    assert database_url(settings(data_dir=Path("here"))) == f"sqlite:///{Path.cwd()}/here/mirror.sqlite"


def test_a_stated_url_is_used() -> None:
    url = "postgresql://gateway:canary@db.example/mirror"
    assert database_url(settings(database_url=SecretStr(url))) == url


@pytest.mark.parametrize("url", ["", "no url", "mysql://u:canary@h/d", "sqlite://", "sqlite:///:memory:"])
def test_a_url_that_cannot_be_used_is_refused_before_anything_is_opened_and_not_shown(url: str) -> None:
    stated = settings(database_url=SecretStr(url))
    with pytest.raises(SettingsInvalid) as refused:
        mirror(stated, catalog_of(stated), b"k" * 32, changed=lambda _: None)
    assert "canary" not in str(refused.value)


def test_each_process_has_a_name_of_its_own_for_the_lease() -> None:
    assert holder() != holder()


def test_what_prepares_calls_can_be_made_in_another_process_of_what_can_be_sent_there(tmp_path: Path) -> None:
    """Settings and key are sent; what they make prepares a call as this process does."""
    stated = settings(data_dir=tmp_path, customer=CustomerSettings(attributes=(PLAN,)))
    kept = mirror(stated, catalog_of(stated), b"k" * 32, changed=lambda _: None)
    there = preparing(pickle.loads(pickle.dumps(stated)), b"k" * 32)  # noqa: S301  # our own
    call, read_at = document(1, customerId="7", plan="pro"), dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    assert there.kept(call, read_at)[0] == kept.prepare(call, read_at)
