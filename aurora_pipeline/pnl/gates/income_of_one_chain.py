"""Rule: what a validator earned on one chain is not published of another one as well."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.pnl.tables import Component
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.frames import ints
from aurora_pipeline.store.gate.other_chains import OTHER_CHAINS
from aurora_pipeline.store.gate.rule import Context, GateRule, Violation, violation

NAME = "income_of_one_chain"
_COLUMNS = tuple(component.column for component in Component)


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """The validators that earned the same to the unit in the same epoch of another chain, and more than nothing."""
    own = {key: known for _, key, known in _known(frame)}
    for chain, key, known in _known(context.of(OTHER_CHAINS)):
        both = own.get(key, {}).keys() & known.keys()
        same = {column: known[column] for column in both if known[column] == own[key][column]}
        if len(same) == len(both) and any(same.values()):
            told = {column: same[column] for column in _COLUMNS if same.get(column)}
            words = f"{key}: {chain} has the same income of the same epoch, to the unit ({', '.join(told)})"
            yield violation(NAME, words, {"validator_key": key, "other_chain": chain}, **told)


def _known(frame: pl.DataFrame) -> Iterator[tuple[str, str, dict[str, int]]]:
    """Chain, validator and the components that are final."""
    amounts = {column: ints(frame[column]) for column in _COLUMNS}
    states = {column: frame[f"{column}_state"].to_list() for column in _COLUMNS}
    for place, (chain, key) in enumerate(frame.select("chain_id", "validator_key").iter_rows()):
        known: dict[str, int] = {}
        for column in _COLUMNS:
            amount = amounts[column][place]
            if amount is not None and states[column][place] == FigureState.FINAL.value:
                known[column] = amount
        yield chain, key, known


RULE = GateRule(
    name=NAME,
    looks_at="the final components of every validator, beside those of the same validator in the same epoch of every"
    " other chain",
    why="Two entries of chains.yaml that are one chain, or an address in the wrong place, pay partners twice.",
    when_it_fires="Compare the providers of both chains in providers.yaml. Correct the address that is wrong and fetch"
    " that chain's epochs again with --refetch, or disable the entry that should not be there.",
    check=check,
    needs=(OTHER_CHAINS,),
)
