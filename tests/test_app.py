"""The composition root refuses what cannot work, and keeps the identity key."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from gateway import app
from gateway.errors import SettingsInvalid
from gateway.settings import Settings


def settings(**stated: object) -> Settings:
    """Settings with these values and the defaults."""
    return Settings().model_copy(update=stated)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "gateway.example"])  # noqa: S104  # what is refused
def test_nobody_beyond_the_machine_is_served_unasked(host: str) -> None:
    with pytest.raises(SettingsInvalid, match="GATEWAY_ALLOW_ANONYMOUS"):
        app.check_exposure(settings(host=host))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_the_machine_itself_is_served(host: str) -> None:
    app.check_exposure(settings(host=host))


def test_whoever_says_that_it_is_meant_is_believed() -> None:
    app.check_exposure(settings(host="0.0.0.0", allow_anonymous=True))  # noqa: S104  # what is allowed


def test_a_start_without_a_key_says_which_setting_is_missing() -> None:
    with pytest.raises(SettingsInvalid, match=r"GATEWAY_UPSTREAM_KEY \(or VAPI_API_KEY\)"):
        app.build(settings(identity_key=SecretStr("x" * 16), upstream_key=None))


def test_the_identity_key_is_made_once_and_kept_for_its_owner_alone(tmp_path: Path) -> None:
    first = app.identity_key(settings(data_dir=tmp_path / "new"))
    again = app.identity_key(settings(data_dir=tmp_path / "new"))
    assert first == again
    assert len(first) == 32
    assert stat.S_IMODE((tmp_path / "new" / "identity.key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["identity.key"]


def test_two_folders_have_two_identity_keys(tmp_path: Path) -> None:
    keys = {app.identity_key(settings(data_dir=tmp_path / name)) for name in ("a", "b")}
    assert len(keys) == 2


def test_a_stated_identity_key_is_used_and_nothing_is_written(tmp_path: Path) -> None:
    stated = settings(identity_key=SecretStr("sixteen letters!"), data_dir=tmp_path)
    assert app.identity_key(stated) == b"sixteen letters!"
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_is_named_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsInvalid, match="set GATEWAY_DATA_DIR or GATEWAY_IDENTITY_KEY"):
        app.identity_key(settings(data_dir=tmp_path / "file" / "below"))


@pytest.mark.parametrize("content", [b"", b"too short"])
def test_a_file_that_holds_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "identity.key").write_bytes(content)
    with pytest.raises(SettingsInvalid, match="no identity key"):
        app.identity_key(settings(data_dir=tmp_path))
