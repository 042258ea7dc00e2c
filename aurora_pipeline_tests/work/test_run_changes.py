"""A figure that is not known any more: why, without what the row says of other figures."""

from __future__ import annotations

from typing import Any

import pytest

from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.work.run_changes import restated

KEY = PeriodKey.parse("solana-demo:0000850")
ROW: dict[str, Any] = {
    **dict.fromkeys(("exec_fees", "mev_tips", "vote_rewards", "commission", "network_fee", "priority_fee_sharing")),
    **dict.fromkeys(("block_revenue_sharing", "vote_fees", "admission_ticket", "consensus_penalty", "infrastructure")),
    "other_income": None,
    "name": "East",
    "reason": None,
}
LACKS = (
    "EXEC_FEES unavailable: no row; of 2 others; VOTE_FEES unavailable: its cell is empty; it was filled;"
    " NETWORK_FEE pending: late"
)


@pytest.mark.parametrize(
    ("figure", "why"),
    [
        ("vote_fees", "its cell is empty; it was filled"),
        ("network_fee", "late"),
        ("exec_fees", "no row; of 2 others"),
        ("infrastructure", LACKS),
    ],
)
def test_restated__a_figure_that_went__its_own_part_of_the_rows_reason(figure: str, why: str) -> None:
    before, after = ({KEY: {"V": ROW | change}} for change in ({figure: 5}, {"reason": LACKS}))
    (one,) = restated(before, after, "lamport")
    assert (one.figure, one.now, one.reason) == (figure, None, why)
