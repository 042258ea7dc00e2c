"""What `aurora status` says of an epoch whose run ended early."""

from __future__ import annotations

import pytest

from aurora_pipeline.commands.running import _show_epoch
from aurora_pipeline.errors import AuroraError
from aurora_pipeline.operations.status import EpochStatus


@pytest.mark.parametrize(
    ("published", "words"),
    [(0, "nothing is published of solana-mainnet:0000842"), (6, "6 of the 14 layers of solana-mainnet:0000842 are")],
)
def test_status__no_completeness_known__says_how_much_is_published_and_what_goes_on(published: int, words: str) -> None:
    told = EpochStatus("solana-mainnet:0000842", "solana-mainnet", 842, (), (), 0, 0, published)
    with pytest.raises(AuroraError, match=words) as caught:
        _show_epoch(told, False)
    assert "`aurora backfill solana-mainnet 842`" in str(caught.value.remedy)
