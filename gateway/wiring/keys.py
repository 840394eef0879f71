"""The data folder, and the identity key that is kept in it."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

from gateway.errors import SettingsInvalid
from gateway.settings import Settings

_KEY_FILE: Final = "identity.key"
_KEY_BYTES: Final = 32


def identity_key(settings: Settings) -> bytes:
    """What customer keys are hashed with: the setting, else what the first start made and kept in the data folder.

    Raises:
        SettingsInvalid: there is no such folder and it cannot be made, or what is kept there is no key.
    """
    if settings.identity_key is not None:
        return settings.identity_key.get_secret_value().encode()
    path = data_dir(settings) / _KEY_FILE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _make_key_file(path)
        kept = path.read_bytes()
    except OSError as error:
        way_out = "set GATEWAY_DATA_DIR or GATEWAY_IDENTITY_KEY"
        raise SettingsInvalid(f"{path}: the identity key cannot be kept there ({error.strerror}); {way_out}") from None
    if len(kept) < _KEY_BYTES:
        raise SettingsInvalid(f"{path}: this is no identity key, it is too short; put the old one back, or delete it")
    return kept


def has_started(settings: Settings) -> bool:
    """Whether there is an identity key already."""
    return settings.identity_key is not None or (data_dir(settings) / _KEY_FILE).exists()


def passing_key() -> bytes:
    """A key that nobody keeps."""
    return secrets.token_bytes(_KEY_BYTES)


def data_dir(settings: Settings) -> Path:
    """Where the gateway keeps what it makes itself."""
    if settings.data_dir is not None:
        return settings.data_dir
    home = os.environ.get("XDG_DATA_HOME") or str(Path("~/.local/share").expanduser())
    return Path(home) / "vapi-call-gateway"


def _make_key_file(path: Path) -> None:
    """Write a new key where there is none, readable by its owner alone; whole or not at all, whoever else starts."""
    if path.exists():
        return
    draft = path.with_suffix(f".{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(secrets.token_bytes(_KEY_BYTES))
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
