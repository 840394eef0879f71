"""The webhooks in ``tests/webhooks/*.json``: shaped as Vapi's are, about people who do not exist.

Every secret, and every piece of a conversation or a person, has the word “canary” in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

_FOLDER: Final = Path(__file__).parents[1] / "webhooks"

CALL_ID: Final = "019fedaf-549c-7000-8625-582e741edd7f"

BODIES: Final[Mapping[str, bytes]] = {file.stem: file.read_bytes() for file in sorted(_FOLDER.glob("*.json"))}
"""Bodies by the name of their file."""


def message(name: str, **stated: Any) -> dict[str, Any]:
    """The message inside a saved webhook, with other values where some are stated."""
    return {**json.loads(BODIES[name])["message"], **stated}


def body(stated: Mapping[str, Any]) -> bytes:
    """A message as it is posted."""
    return json.dumps({"message": stated}).encode()
