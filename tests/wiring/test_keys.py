"""The identity key is made once and kept for its owner alone; it may be stated instead."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest
from pydantic import SecretStr

from gateway.errors import SettingsInvalid
from gateway.wiring import keys
from tests.wiring.stated import settings


def test_the_identity_key_is_made_once_and_kept_for_its_owner_alone(tmp_path: Path) -> None:
    first = keys.identity_key(settings(data_dir=tmp_path / "new"))
    again = keys.identity_key(settings(data_dir=tmp_path / "new"))
    assert first == again
    assert len(first) == 32
    assert stat.S_IMODE((tmp_path / "new" / "identity.key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["identity.key"]


def test_two_folders_have_two_identity_keys(tmp_path: Path) -> None:
    made = {keys.identity_key(settings(data_dir=tmp_path / name)) for name in ("a", "b")}
    assert len(made) == 2


def test_a_stated_identity_key_is_used_and_nothing_is_written(tmp_path: Path) -> None:
    stated = settings(identity_key=SecretStr("sixteen letters!"), data_dir=tmp_path)
    assert keys.identity_key(stated) == b"sixteen letters!"
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_is_named_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsInvalid, match="set GATEWAY_DATA_DIR or GATEWAY_IDENTITY_KEY"):
        keys.identity_key(settings(data_dir=tmp_path / "file" / "below"))


@pytest.mark.parametrize("content", [b"", b"too short"])
def test_a_file_that_holds_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "identity.key").write_bytes(content)
    with pytest.raises(SettingsInvalid, match="no identity key"):
        keys.identity_key(settings(data_dir=tmp_path))


def test_those_who_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    made: list[bytes] = []
    starts = [
        threading.Thread(target=lambda: made.append(keys.identity_key(settings(data_dir=tmp_path)))) for _ in "x" * 20
    ]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    assert len(made) == 20
    assert len(set(made)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["identity.key"]


def test_a_gateway_has_started_once_there_is_a_key(tmp_path: Path) -> None:
    stated = settings(data_dir=tmp_path)
    assert not keys.has_started(stated)
    keys.identity_key(stated)
    assert keys.has_started(stated)
    assert keys.has_started(settings(data_dir=tmp_path / "none", identity_key=SecretStr("sixteen letters!")))


def test_a_passing_key_is_another_one_each_time() -> None:
    assert keys.passing_key() != keys.passing_key()
