"""MEV tips per validator: its own node in the tip tree, checked by the formula, which is also the marked fallback."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from aurora_pipeline.asking.adapter import NOT_PARTICIPATING
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.canonical.tables import MEV
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.money import share_bps, total
from aurora_pipeline.sources.fetch_choice import Missing, Once, fetch_about, missing, unknown_kind
from aurora_pipeline.sources.files.answers import read_tips
from aurora_pipeline.sources.files.layer_rows import odd_in_files, tips_from_file, why_zero
from aurora_pipeline.sources.jito.answers import (
    VALIDATOR_REWARDS,
    ValidatorTips,
    pages_of,
    read_staker_rewards,
    read_validator_rewards,
)
from aurora_pipeline.sources.jito.shared_fees import no_tree
from aurora_pipeline.sources.reference import Reference
from aurora_pipeline.sources.result import LayerResult, Row, layer_result, missing_rows, was_asked
from aurora_pipeline.sources.solana.amounts import within_bounds
from aurora_pipeline.sources.trillium.tells import trillium_row
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads import StagedFetch


@dataclass
class _Reading:
    """What a call needs everywhere: the protocol's share, trees read once per list, and warnings."""

    reference: Reference
    protocol_fee_bps: int
    once: Once = field(default_factory=Once)
    warnings: list[str] = field(default_factory=list)
    trees: dict[tuple[str, ...], dict[str, ValidatorTips] | UnreadableAnswer] = field(default_factory=dict)

    def published_trees(self, fetch: StagedFetch) -> dict[str, ValidatorTips] | UnreadableAnswer:
        pages = tuple(answer.response_hash for answer in pages_of(fetch.answers, VALIDATOR_REWARDS))
        if pages not in self.trees:
            try:
                self.trees[pages] = read_validator_rewards(fetch.answers, fetch.provider, self.reference.epoch)
            except UnreadableAnswer as error:
                self.trees[pages] = error
        return self.trees[pages]


def canonical_mev(reference: Reference, fetches: Sequence[StagedFetch], protocol_fee_bps: int) -> LayerResult:
    """One row per operated validator. `protocol_fee_bps` is the share that held at the period's last instant."""
    reading = _Reading(reference, protocol_fee_bps)
    rows = [_row(reference, key, fetch_about(fetches, key), reading) for key in reference.keys]
    return layer_result(
        MEV,
        rows,
        says_something=map(was_asked, rows),
        states=[row["state"] for row in rows],
        violations=[*missing_rows(MEV, reference.keys, rows), *_unshared_tips(rows)],
        warnings=[*reading.warnings, *odd_in_files(reference, fetches, DataType.MEV)],
    )


def _row(reference: Reference, key: str, fetch: StagedFetch | None, reading: _Reading) -> Row:
    row = reference.row(key)
    if fetch is None:
        return row | missing(None).columns
    row["source_fetch"] = fetch.fetch_id
    reader = _READERS.get(fetch.kind)
    if reader is None:
        return row | unknown_kind(fetch, _READERS).columns
    return within_bounds(row | reader(key, fetch, reading), _SPLIT)


def _from_jito(key: str, fetch: StagedFetch, reading: _Reading) -> Row:
    if fetch.state in (FigureState.PENDING, FigureState.UNAVAILABLE):
        # Before its tree is published a validator reads as 0 tips, which is no figure.
        return missing(fetch).columns
    trees = reading.published_trees(fetch)
    if isinstance(trees, UnreadableAnswer):
        return missing(fetch, f"{trees.request_key}: {trees.problem}").columns
    if not trees:
        return missing(fetch, "no tip tree of this epoch is published").columns
    tips = trees.get(key)
    if tips is None:
        lack = no_tree(reading.reference, key, fetch)
        return _nothing_earned() if lack is None else lack.columns
    own, absence = _own_node(key, fetch, reading)
    claimed = _more_claimed(key, tips.total, fetch, reading)
    if claimed is not None and (own is None or own <= tips.total):
        return missing(fetch, claimed).columns
    return _shared(key, tips.total, tips.commission_bps, own, absence, fetch, reading)


def _from_trillium(key: str, fetch: StagedFetch, reading: _Reading) -> Row:
    told = trillium_row(reading.reference, key, fetch, reading.once)
    if isinstance(told, Missing):
        return told.columns
    if told.tips_total is None or told.mev_commission_bps is None:
        return missing(fetch, f"{fetch.provider} has no tips of it").columns
    # What it says goes to the validator follows a formula of its own, which is not what the tip tree pays.
    absence = f"{fetch.provider} knows no tip tree"
    return _shared(key, told.tips_total, told.mev_commission_bps, None, absence, fetch, reading)


def _from_file(key: str, fetch: StagedFetch, reading: _Reading) -> Row:
    return _told_by_file(key, fetch, reading) | why_zero(read_tips, reading.reference, key, fetch)


def _told_by_file(key: str, fetch: StagedFetch, reading: _Reading) -> Row:
    told = tips_from_file(reading.reference, key, fetch)
    if isinstance(told, Missing):
        return told.columns
    if told.total is None or told.commission_bps is None:
        if told.validator is not None and told.total is not None and told.validator > told.total:
            return missing(fetch, f"the file gives it {told.validator} of a total of {told.total}").columns
        # The other parts follow from the whole tree, which the file does not have.
        split = {"total_tips": told.total, "mev_commission_bps": told.commission_bps}
        return split | {"validator_tips": told.validator, "method": "NODE", "state": FigureState.FINAL.value}
    return _shared(key, told.total, told.commission_bps, told.validator, "the file does not have it", fetch, reading)


_READERS: dict[str, Callable[[str, StagedFetch, _Reading], Row]] = {
    "jito": _from_jito,
    "trillium": _from_trillium,
    "file": _from_file,
}


_SPLIT = ("total_tips", "validator_tips", "protocol_tips", "staker_tips")


def _nothing_earned() -> Row:
    amounts = dict.fromkeys(_SPLIT, 0)
    return {**amounts, "method": NOT_PARTICIPATING, "state": FigureState.FINAL.value, "reason": NOT_PARTICIPATING}


def _shared(
    key: str,
    total_tips: int,
    commission_bps: int,
    node: int | None,
    absence: str,
    fetch: StagedFetch,
    reading: _Reading,
) -> Row:
    """The tree's total split in three; the parts always add up to it. Without its node, `absence` says why."""
    protocol = share_bps(total_tips, reading.protocol_fee_bps)
    formula = formula_tips(total_tips, commission_bps, reading.protocol_fee_bps)
    row: Row = {"total_tips": total_tips, "mev_commission_bps": commission_bps}
    if node is None:
        reason = f"FORMULA: computed from total and commission, because {absence}"
        reading.warnings.append(f"{key}: {reason}")
        row |= {"method": "FORMULA", "reason": reason}
    elif node > total_tips:
        return missing(fetch, f"its node claims {node}, more than the tree's total {total_tips}").columns
    else:
        if node != formula:
            reading.warnings.append(
                f"{key}: its node in the tip tree is {node}, the formula gives {formula}"
                f" (total {total_tips}, commission {commission_bps} bps, protocol {reading.protocol_fee_bps} bps)"
            )
        row["method"] = "NODE"
    validator = formula if node is None else node
    protocol = min(protocol, total_tips - validator)
    return row | {
        "validator_tips": validator,
        "protocol_tips": protocol,
        "staker_tips": total_tips - protocol - validator,
        "state": FigureState.FINAL.value,
    }


def formula_tips(total_tips: int, commission_bps: int, protocol_fee_bps: int) -> int:
    """floor(total * commission), cut to total - protocol where both together exceed the total."""
    protocol = share_bps(total_tips, protocol_fee_bps)
    return min(share_bps(total_tips, commission_bps), total_tips - protocol)


def _own_node(key: str, fetch: StagedFetch, reading: _Reading) -> tuple[int | None, str]:
    """What the validator's own node claims, or why that is not known."""
    try:
        claims = read_staker_rewards(fetch.answers, fetch.provider, reading.reference.epoch, key)
    except UnreadableAnswer as error:
        return None, f"the nodes of its tip tree are not known ({error.problem})"
    if claims.own_node is None:
        return None, "its tip tree does not list its own node"
    return claims.own_node.lamports, ""


def _more_claimed(key: str, total_tips: int, fetch: StagedFetch, reading: _Reading) -> str | None:
    """What contradicts a tree's total: its nodes claim more."""
    with suppress(UnreadableAnswer):
        claims = read_staker_rewards(fetch.answers, fetch.provider, reading.reference.epoch, key).claims
        claimed = total([claim.lamports for claim in claims])
        return f"its nodes claim {claimed}, more than the tree's total {total_tips}" if claimed > total_tips else None
    return None


def _unshared_tips(rows: Sequence[Row]) -> list[str]:
    """Validators whose parts do not add up to the tree's total; not every source tells all of them."""
    found = []
    for row in rows:
        if any(row.get(name) is None for name in _SPLIT):
            continue
        whole, validator, protocol, stakers = (row[name] for name in _SPLIT)
        if whole != validator + protocol + stakers:
            found.append(
                f"{row['validator_key']}: validator {validator} + protocol {protocol} + stakers {stakers}"
                f" is not the total {whole}"
            )
    return found
