"""Holdings: what is left of a call in the mirror, beside the columns of its row."""

from __future__ import annotations

import enum


class Holding(enum.IntEnum):
    """What is left. The number is what the store keeps, and what finds the calls whose time is up."""

    COLUMNS = 0
    """Nothing else: its document was let go of, or it is gone."""
    WITHOUT_CONTENT = 1
    """Its document without what was said; what webhooks say since is laid over it without that, too."""
    ALL = 2
    """Its document, or as long as it was never read, what webhooks said of it."""
