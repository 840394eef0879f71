"""Related things: the assistants, squads and phone numbers that calls name, as upstream has them."""

from __future__ import annotations

import enum


class Related(enum.Enum):
    """What a call can name by an id. The value is where a call states such a thing itself, and where Vapi lists it."""

    ASSISTANT = "assistant", "assistant"
    SQUAD = "squad", "squad"
    PHONE_NUMBER = "phoneNumber", "phone-number"

    @property
    def place(self) -> str:
        """The key of Vapi's call under which one stands that was defined for the call alone."""
        return self.value[0]

    @property
    def path(self) -> str:
        """The path of Vapi's API: ``GET /{path}/{id}``."""
        return self.value[1]
