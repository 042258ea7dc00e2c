"""What a commission line rests on besides revenue: its terms, the partner's stake, earlier periods of its windows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from aurora_pipeline.agreements.matching import matches
from aurora_pipeline.agreements.rows import rule_of
from aurora_pipeline.agreements.tables import (
    AGREEMENT_RULES,
    COMMISSION_OVERRIDES,
    PARTNER_WALLETS,
    OverrideTarget,
    Window,
)
from aurora_pipeline.agreements.terms import Rule
from aurora_pipeline.canonical.tables import POSITIONS, REWARDS
from aurora_pipeline.commissions.tables import (
    COMMISSION_RULE_RESULTS,
    PARTNER_COMMISSION_LINES,
    LineKind,
    Weight,
)
from aurora_pipeline.decisions.rows import decision_input
from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.proof.snapshot_records import Snapshot
from aurora_pipeline.proof.tracing.node import NodeKind, TraceNode
from aurora_pipeline.proof.tracing.reader import Row, TraceReader


def terms_node(reader: TraceReader, lines: Snapshot, line: Row) -> TraceNode:
    """The decisions that the line follows from, as they were read."""
    items = [item for item in lines.inputs("decision") if _concerns(line, *item.name.split(":", 1))]
    items += [decision_input(PARTNER_WALLETS, row) for row in _wallets(reader, lines, line)]
    overrides = [
        replace(
            reader.decision(lines, decision_input(COMMISSION_OVERRIDES, row)),
            note=f"by {row['recorded_by']} on {row['recorded_at']:%Y-%m-%d %H:%M} UTC: {row['reason']}",
        )
        for row in _overrides(reader, lines, line)
    ]
    return TraceNode(
        NodeKind.TERMS,
        f"terms: {terms_in_words(line)}",
        children=(*(reader.decision(lines, item) for item in items), *overrides),
    )


def terms_in_words(line: Row) -> str:
    """Which clause a line follows from."""
    how = [line["attribution_method"], line["basis"]]
    if line["kind"] == LineKind.LINE:
        # What a cap or floor made has no rate, whatever the rule's own is.
        how.append("tiers" if line["rate_bps"] is None else f"{line['rate_bps']} bps")
    return f"{line['agreement_id']} version {line['agreement_version']}, rule {line['rule_key']} ({', '.join(how)})"


def weight_nodes(reader: TraceReader, lines: Snapshot, line: Row) -> Iterator[TraceNode]:
    """The stake accounts of the partner's wallets on the validator, with what each is weighted by."""
    positions = reader.upstream(lines, POSITIONS)
    if line["weighted_by"] is None or positions is None:
        return
    wallets = {row["wallet_address"] for row in _wallets(reader, lines, line)}
    of_validator = {"validator_key": line["validator_key"], "row_kind": "ACCOUNT"}
    accounts = {
        row["account_key"]: row for row in reader.rows(positions, **of_validator) if row["withdrawer_key"] in wallets
    }
    snapshot, column = positions, "active_stake"
    if line["weighted_by"] == Weight.STAKER_REWARDS:
        rewards = reader.upstream(lines, REWARDS)
        if rewards is None:
            return
        snapshot, column = rewards, "staker_rewards"
    for row in reader.rows(snapshot, **of_validator):
        if row["account_key"] in accounts:
            withdrawer = accounts[row["account_key"]]["withdrawer_key"]
            words = f"withdrawer {withdrawer}, a wallet of {line['partner_id']}"
            yield _account(reader, snapshot, row, column, words)


def introduced_nodes(reader: TraceReader, lines: Snapshot, line: Row) -> Iterator[TraceNode]:
    """The stake accounts whose stake decided the tier of the line's rule, on whichever validators they are."""
    rule, positions = _rule(reader, lines, line), reader.upstream(lines, POSITIONS)
    if rule is None or not rule.by_introduced_stake or positions is None:
        return
    wallets = [row["wallet_address"] for row in _wallets_of_partner(reader, lines, line)]
    for row in reader.rows(positions, row_kind="ACCOUNT", withdrawer_key=wallets):
        if matches(rule, line["chain_id"], row["validator_key"]):
            words = f"introduced on {row['validator_key']}: withdrawer {row['withdrawer_key']}"
            yield _account(reader, positions, row, "active_stake", words)


def _account(reader: TraceReader, snapshot: Snapshot, row: Row, column: str, formula: str) -> TraceNode:
    return TraceNode(
        NodeKind.ACCOUNT,
        f"{snapshot.table.name}.{column} of stake account {row['account_key']}",
        figure=reader.figure(snapshot.key.chain_id, row[column]),
        amount=row[column],
        unit=reader.unit(snapshot.key.chain_id),
        formula=formula,
        digest=snapshot.first.lineage_digest,
        content_digest=snapshot.content_digest,
        children=reader.fetch(row["source_fetch"]),
    )


def earlier_nodes(reader: TraceReader, lines: Snapshot, line: Row) -> Iterator[TraceNode]:
    """What earlier periods of its windows handed to the line's rule: bases, computed sums, carried losses."""
    rule = {"agreement_id": line["agreement_id"], "rule_key": line["rule_key"]}
    for snapshot in reader.earlier(lines, COMMISSION_RULE_RESULTS) if _runs_on(reader, lines, line) else ():
        for row in reader.rows(snapshot, **rule):
            missing = f", {row['missing_count']} not known" if row["missing_count"] else ""
            words = f"base {row['base']}{missing}, computed {row['computed']}"
            yield _earlier(reader, snapshot, "rule result", line, row["base"], words)
    if line["loss_before"] is None:
        return
    of_line = {**rule, "validator_key": line["validator_key"], "kind": LineKind.LINE.value}
    for snapshot in reader.earlier(lines, PARTNER_COMMISSION_LINES):
        for row in reader.rows(snapshot, **of_line)[:1]:
            words = f"loss {row['loss_before']} before, {row['loss_after']} after"
            yield _earlier(reader, snapshot, "carried loss", line, row["loss_after"], words)


def _runs_on(reader: TraceReader, lines: Snapshot, line: Row) -> bool:
    """Whether the line's rule has a window that began in earlier periods; the snapshot reads these for all rules."""
    rule = _rule(reader, lines, line)
    if rule is None:
        return False
    has_monthly_cap = rule.cap is not None and rule.cap.window is Window.MONTH
    return has_monthly_cap or (rule.tiers is not None and rule.tiers.metric.is_cumulative)


def _rule(reader: TraceReader, lines: Snapshot, line: Row) -> Rule | None:
    """The line's rule as it was read, without the steps of its tiers; None where its row is gone."""
    clause = (line["agreement_id"], line["agreement_version"], line["rule_key"])
    rows = (
        row
        for row in reader.decision_rows(lines, AGREEMENT_RULES)
        if (row["agreement_id"], row["version"], row["rule_key"]) == clause
    )
    return next((rule_of(row, ()) for row in rows), None)


def _earlier(
    reader: TraceReader, snapshot: Snapshot, what: str, line: Row, figure: Amount | None, formula: str
) -> TraceNode:
    return TraceNode(
        NodeKind.ROW,
        f"{what} of {line['agreement_id']}/{line['rule_key']} in {snapshot.name}",
        figure=reader.figure(snapshot.key.chain_id, figure),
        amount=figure,
        unit=reader.unit(snapshot.key.chain_id),
        formula=formula,
        digest=snapshot.first.lineage_digest,
        content_digest=snapshot.content_digest,
    )


def _concerns(line: Row, table: str, key: str) -> bool:
    """Whether a decision that the snapshot was computed from is one of this line's, as its key tells."""
    agreement, version = line["agreement_id"], line["agreement_version"]
    match table:
        case "partners":
            return key.startswith(f"{line['partner_id']}/")
        case "agreements":
            return key == str(agreement)
        case "agreement_versions":
            return key == f"{agreement}/{version}"
        case "agreement_rules":
            return key == f"{agreement}/{version}/{line['rule_key']}"
        case "agreement_rule_tiers":
            return key.startswith(f"{agreement}/{version}/{line['rule_key']}/")
        case "agreement_events":
            return key.startswith(f"{agreement}/")
        case _:
            return False


def _wallets(reader: TraceReader, lines: Snapshot, line: Row) -> list[Row]:
    """The partner's wallets that count for the line, as it was computed with them; on a wallet's line that one."""
    if line["weighted_by"] is None:
        rule = _rule(reader, lines, line)
        return _wallets_of_partner(reader, lines, line) if rule is not None and rule.by_introduced_stake else []
    rows = _wallets_of_partner(reader, lines, line)
    return [row for row in rows if line["wallet_address"] in ("", row["wallet_address"])]


def _wallets_of_partner(reader: TraceReader, lines: Snapshot, line: Row) -> list[Row]:
    return [row for row in reader.decision_rows(lines, PARTNER_WALLETS) if row["partner_id"] == line["partner_id"]]


def _overrides(reader: TraceReader, lines: Snapshot, line: Row) -> list[Row]:
    """The overrides of the line or of its rule's total."""
    if line["override"] is None:
        return []
    same = ("agreement_id", "rule_key", "chain_id", "epoch")
    return [
        row
        for row in reader.decision_rows(lines, COMMISSION_OVERRIDES)
        if all(row[name] == line[name] for name in same)
        and (
            row["target"] == OverrideTarget.RULE
            or all(row[name] == line[name] for name in ("validator_key", "wallet_address"))
        )
    ]
