"""The kind evm_rpc: a node of the execution chain."""

from __future__ import annotations

from typing import Final

from aurora_pipeline.asking.adapter import Answer
from aurora_pipeline.sources.contract import Alive, Source, Tells
from aurora_pipeline.sources.evm import questions
from aurora_pipeline.sources.evm.amounts import too_much_paid, too_much_staked
from aurora_pipeline.sources.evm.answers import read_head
from aurora_pipeline.sources.evm.ask import EvmRpc
from aurora_pipeline.sources.evm.tells import blocks


def _is_there(answer: Answer, provider: str) -> None:
    """A node counts blocks, and no windows: that its head can be read is all that is told."""
    read_head(answer, provider)


EVM_RPC: Final = Source(
    EvmRpc, Tells(blocks=blocks), Alive(questions.head(), _is_there), too_much_paid, too_much_staked
)
