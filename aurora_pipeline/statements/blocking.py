"""Overrides whose target has vanished: nothing of them is paid, so they block the statement they were meant for."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from aurora_pipeline.agreements.tables import AGREEMENTS, PARTNERS, OverrideTarget
from aurora_pipeline.agreements.terms import Override, Partner, Terms
from aurora_pipeline.commissions.tables import LineKind
from aurora_pipeline.decisions.rows import decision_input
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.digests import Input

Owners = dict[str, Partner]
"""By agreement, whose it is."""


def without_target(overrides: Sequence[Override], lines: pl.DataFrame) -> list[Override]:
    """Overrides of lines or rules that the period does not have.

    A line of a rule whose total is overridden is not a target either.
    """
    keys = ("agreement_id", "rule_key", "validator_key", "wallet_address")
    present = set(lines.filter(pl.col("kind") == LineKind.LINE.value).select(keys).iter_rows())
    rules = {(agreement_id, rule_key) for agreement_id, rule_key, _, _ in present}
    totals = {(one.agreement_id, one.rule_key) for one in overrides if one.target is OverrideTarget.RULE}
    found = []
    for override in overrides:
        rule = (override.agreement_id, override.rule_key)
        if override.target is OverrideTarget.RULE:
            is_met = rule in rules
        else:
            is_met = rule not in totals and tuple(getattr(override, key) for key in keys) in present
        if not is_met:
            found.append(override)
    return found


def owners(connection: Connection, terms: Terms) -> tuple[Owners, tuple[Input, ...]]:
    """Whose the overridden agreements are, those included that are not in force any more, which have to be read."""
    names = {partner.partner_id: partner for partner in terms.partners}
    found = {agreement.agreement_id: names[agreement.partner_id] for agreement in terms.agreements}
    absent = sorted({override.agreement_id for override in terms.overrides} - found.keys())
    if not absent:
        return found, ()
    agreements = connection.execute("SELECT * FROM agreements WHERE agreement_id = ANY(%s)", [absent]).fetchall()
    partners = _newest_partners(connection, [row["partner_id"] for row in agreements])
    for row in agreements:
        found[row["agreement_id"]] = Partner(row["partner_id"], str(partners[row["partner_id"]]["name"]))
    read = [(AGREEMENTS, row) for row in agreements] + [(PARTNERS, row) for row in partners.values()]
    return found, tuple(decision_input(table, row) for table, row in read)


def _newest_partners(connection: Connection, partners: Sequence[str]) -> dict[str, dict[str, object]]:
    rows = connection.execute(
        "SELECT DISTINCT ON (partner_id) * FROM partners WHERE partner_id = ANY(%s) ORDER BY partner_id, revision DESC",
        [list(partners)],
    )
    return {row["partner_id"]: row for row in rows}
