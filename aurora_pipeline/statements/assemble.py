"""From a period's lines to one EPOCH statement per partner: plain sums, and what they leave out by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

from aurora_pipeline.agreements.terms import Override, Partner, Terms
from aurora_pipeline.commissions.identity import statement_id
from aurora_pipeline.commissions.tables import PARTNER_COMMISSION_LINES, LineKind
from aurora_pipeline.foundation.listing import listed
from aurora_pipeline.foundation.money import total
from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.periods.record import Period
from aurora_pipeline.sources.result import LayerResult
from aurora_pipeline.statements.blocking import without_target
from aurora_pipeline.statements.gates.grounds import LINES
from aurora_pipeline.statements.overridden import overridden_in_words
from aurora_pipeline.statements.tables import PARTNER_COMMISSION_STATEMENTS
from aurora_pipeline.store.declaration import Completeness, FigureState
from aurora_pipeline.store.digests import roots_by, sorted_by_key
from aurora_pipeline.store.frames import frame_of, ints
from aurora_pipeline.store.merkle import merkle_root

Row = dict[str, Any]

_NAMED_AT_MOST = 20
_NO_LINES: Final = merkle_root([])


def epoch_statements(
    period: Period, lines: pl.DataFrame, terms: Terms, owners: Mapping[str, Partner] | None = None
) -> LayerResult:
    """One statement per partner with an agreement in force, also where it has no lines, or with a blocking override.

    `lines` are the period's published lines with their `salt` (`stored_rows`), which each statement commits to.
    `owners` says whose the overridden agreements are; needed where there are overrides.
    """
    partners = {partner.partner_id: partner for partner in terms.partners}
    blocked: dict[str, list[Override]] = defaultdict(list)
    for override in without_target(terms.overrides, lines):
        owner = (owners or {})[override.agreement_id]
        partners.setdefault(owner.partner_id, owner)
        blocked[owner.partner_id].append(override)
    ordered = sorted_by_key(PARTNER_COMMISSION_LINES, lines)
    by_partner = {str(key[0]): part for key, part in ordered.partition_by("partner_id", as_dict=True).items()}
    digests = roots_by(PARTNER_COMMISSION_LINES, ordered, "partner_id")
    rows = [
        {
            **_statement(period, one, by_partner.get(partner_id, lines.clear()), terms.overrides, blocked[partner_id]),
            "lines_digest": digests.get(partner_id, _NO_LINES),
        }
        for partner_id, one in sorted(partners.items())
    ]
    is_final = all(row["state"] == FigureState.FINAL for row in rows)
    return LayerResult(
        PARTNER_COMMISSION_STATEMENTS,
        frame_of(PARTNER_COMMISSION_STATEMENTS, rows),
        Completeness.FINAL if is_final else Completeness.PARTIAL,
        {LINES: lines},
        tuple(
            f"statement of {row['partner_id']}: {row['reason']}"
            for row in rows
            if row["held_count"] or row["blocked_count"]
        ),
    )


def _statement(
    period: Period,
    partner: Partner,
    ordered: pl.DataFrame,
    overrides: Sequence[Override],
    blocked: Sequence[Override],
) -> Row:
    missing = ordered.filter(pl.col("final").is_null())
    held = ordered.filter(pl.col("final").is_not_null() & pl.col("held"))
    due = ordered.filter(pl.col("final").is_not_null() & ~pl.col("held"))
    known_total = _total(due)
    unsettled = ordered.filter(pl.col("final").is_null() | (pl.col("state") != FigureState.FINAL.value))
    return {
        "chain_id": period.key.chain_id,
        "epoch": period.key.epoch,
        "statement_id": statement_id(partner.partner_id, period.key.chain_id, period.key.epoch),
        "partner_id": partner.partner_id,
        "partner_name": partner.name,
        "started_at": period.started_at,
        "ended_at": period.ended_at,
        "line_count": len(ordered),
        "held_count": len(held),
        "missing_count": len(missing),
        "blocked_count": len(blocked),
        "lines_total": None if len(missing) or blocked else known_total,
        "known_total": known_total,
        "held_total": _total(held),
        "state": (FigureState.PARTIAL if len(unsettled) or blocked else FigureState.FINAL).value,
        "reason": _reason(unsettled, held, blocked, overridden_in_words(ordered, overrides)),
    }


def _reason(
    unsettled: pl.DataFrame, held: pl.DataFrame, blocked: Sequence[Override], overridden: str | None
) -> str | None:
    words = []
    if blocked:
        names = listed([override.in_words for override in blocked], _NAMED_AT_MOST)
        words.append(f"blocked: {names} has no target; `aurora overrides list` tells by which name to withdraw it")
    if len(unsettled):
        words.append(f"not final: {listed(map(_named, unsettled.iter_rows(named=True)), _NAMED_AT_MOST)}")
    if len(held):
        words.append(f"held: {listed(map(_named, held.iter_rows(named=True)), _NAMED_AT_MOST)}")
    if overridden is not None:
        words.append(overridden)
    return "; ".join(words) or None


def _named(line: Row) -> str:
    """A line as a person finds it again."""
    what = line["component"] if line["kind"] == LineKind.LINE else line["kind"]
    whom = " ".join(part for part in (line["validator_key"], line["wallet_address"]) if part)
    return f"{line['agreement_id']}/{line['rule_key']} {what}" + (f" of {whom}" if whom else "")


def _total(lines: pl.DataFrame) -> Amount:
    return total([amount for amount in ints(lines["final"]) if amount is not None])
