"""Whatever becomes of the messages on their way, the mirror ends as upstream is."""

from __future__ import annotations

from tests.contracts import convergence


def test_any_loss_repetition_and_order_end_in_the_rows_of_the_reference_and_of_one_full_listing(
    database_url: str,
) -> None:
    convergence.run(database_url, examples=60)
