"""What an execution node tells: the blocks of each validator, with what they paid."""

from __future__ import annotations

from aurora_pipeline.sources.blocks_told import BlocksTold
from aurora_pipeline.sources.evm.blocks import blocks_in
from aurora_pipeline.sources.told import StagedFetches, Told


def blocks(staged: StagedFetches) -> Told[BlocksTold]:
    """Every block that was asked about; whether those are all, who knows the proposals says."""
    return Told([(key, BlocksTold(blocks_in(fetch.answers, fetch.provider))) for key, fetch in staged.fetches.items()])
