"""From a component of the P&L to the canonical rows it was taken from, and on to their fetches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aurora_pipeline.canonical.tables import FEES, MEV, POSITIONS, REWARDS
from aurora_pipeline.pnl.tables import Component
from aurora_pipeline.proof.snapshot_records import Snapshot
from aurora_pipeline.proof.tracing.node import NodeKind, TraceNode
from aurora_pipeline.proof.tracing.reader import Row, TraceReader
from aurora_pipeline.registry.tables import OPERATOR_WALLETS
from aurora_pipeline.store.declaration import Table

_SUMMANDS_SHOWN = 12


def explained(
    reader: TraceReader, pnl: Snapshot, validator_key: str, component: Component
) -> tuple[str, tuple[TraceNode, ...]]:
    """How a component was taken from the layers below, and the rows it rests on, in the snapshots the P&L names."""
    match component:
        case Component.EXEC_FEES:
            return f"fees of {FEES.name}", _validator_row(reader, pnl, FEES, validator_key, "fees")
        case Component.MEV_TIPS:
            return f"validator_tips of {MEV.name}", _validator_row(reader, pnl, MEV, validator_key, "validator_tips")
        case Component.COMMISSION:
            rows = _validator_row(reader, pnl, REWARDS, validator_key, "commission", row_kind="VALIDATOR")
            return f"commission of {REWARDS.name}", rows
        case Component.VOTE_REWARDS:
            return _own_stake(reader, pnl, validator_key)


def _validator_row(
    reader: TraceReader, pnl: Snapshot, table: Table, validator_key: str, column: str, **equal: str
) -> tuple[TraceNode, ...]:
    snapshot = reader.upstream(pnl, table)
    if snapshot is None:
        return ()
    rows = reader.rows(snapshot, validator_key=validator_key, **equal)
    return tuple(
        _row(
            reader,
            NodeKind.ROW,
            snapshot,
            row,
            column,
            _formula(table, row, reader.place_in_file(row["source_fetch"], validator_key)),
            reader.fetch(row["source_fetch"]),
        )
        for row in rows
    )


def _row(
    reader: TraceReader,
    kind: NodeKind,
    snapshot: Snapshot,
    row: Row,
    column: str,
    formula: str | None,
    children: tuple[TraceNode, ...],
) -> TraceNode:
    account = row.get("account_key", row["validator_key"])
    about = row["validator_key"] if account == row["validator_key"] else f"stake account {account}"
    state = None if row["state"] == "final" else row["state"]
    return TraceNode(
        kind,
        f"{snapshot.table.name}.{column} of {about}",
        figure=reader.figure(snapshot.key.chain_id, row[column]),
        amount=row[column],
        unit=reader.unit(snapshot.key.chain_id),
        formula=formula,
        note="; ".join(text for text in (state, row["reason"]) if text) or None,
        digest=snapshot.first.lineage_digest,
        content_digest=snapshot.content_digest,
        children=children,
    )


def _formula(table: Table, row: Row, in_file: str | None) -> str | None:
    """How a row's figure came about; `in_file` is where it stands in a file of the operator's, if it is from one."""
    if in_file is None:
        return _on_chain(table, row)
    # Of a file only the formula of tips is Aurora's; everything else is as the file has it.
    formula = _on_chain(table, row) if table is MEV and row["method"] == "FORMULA" else None
    return "; ".join(text for text in (formula, in_file) if text)


def _on_chain(table: Table, row: Row) -> str | None:
    if table is FEES and row["fees"] is not None:
        return (
            f"Fee rewards of {row['blocks_produced']} blocks, in {row['leader_slots']} led slots of identity"
            f" {row['identity_key']} ({row['slots_skipped']} skipped)"
        )
    if table is MEV and row["validator_tips"] is not None:
        parts = f"total {row['total_tips']}, protocol {row['protocol_tips']}, stakers {row['staker_tips']}"
        if row["method"] == "FORMULA":
            commission = f"floor({row['total_tips']} x {row['mev_commission_bps']} / 10000)"
            return f"{commission}, at most total - protocol; {parts}"
        if row["method"] == "NODE":
            return f"the claim of the validator's own node in the tip tree; {parts}"
    if table is REWARDS and row["commission"] is not None:
        return "the inflation commission that it collected"
    return None


def _own_stake(reader: TraceReader, pnl: Snapshot, validator_key: str) -> tuple[str, tuple[TraceNode, ...]]:
    """The own stake accounts with what each earned, the stake that says whose they are, and the wallets in force."""
    rewards, positions = reader.upstream(pnl, REWARDS), reader.upstream(pnl, POSITIONS)
    if rewards is None or positions is None:
        return f"staker_rewards of {REWARDS.name}", ()
    wallets = {row["wallet_address"] for row in reader.decision_rows(pnl, OPERATOR_WALLETS)}
    accounts = reader.rows(positions, validator_key=validator_key, row_kind="ACCOUNT")
    own = [row for row in accounts if row["withdrawer_key"] in wallets]
    earned = {row["account_key"]: row for row in reader.rows(rewards, validator_key=validator_key, row_kind="ACCOUNT")}
    fetches = {row["source_fetch"] for row in earned.values() if row["source_fetch"] is not None}
    whose = f"{len(own)} of {len(accounts)} stake accounts have a withdrawer among the operator's wallets"
    return f"staker_rewards of the operator's own stake accounts: {_sum(own, earned)}", (
        *[_account(reader, rewards, account, earned.get(account["account_key"])) for account in own],
        *[node for fetch_id in sorted(fetches) for node in reader.fetch(fetch_id)],
        *[
            _row(reader, NodeKind.ROW, positions, row, "active_stake", whose, reader.fetch(row["source_fetch"]))
            for row in reader.rows(positions, validator_key=validator_key, row_kind="VALIDATOR")
        ],
        *[
            reader.decision(pnl, item)
            for item in pnl.inputs("decision")
            if item.name.startswith(f"{OPERATOR_WALLETS.name}:")
        ],
    )


def _sum(own: Sequence[Row], earned: Mapping[str, Row]) -> str:
    amounts = [earned[row["account_key"]]["staker_rewards"] for row in own if row["account_key"] in earned]
    known = [amount for amount in amounts if amount is not None]
    if not own:
        return "there are none"
    summands = " + ".join(map(str, known)) if len(known) <= _SUMMANDS_SHOWN else f"sum of {len(known)} accounts"
    return f"{summands or 0} = {sum(known)}" if len(known) == len(amounts) else "not all of them are known"


def _account(reader: TraceReader, rewards: Snapshot, position: Row, reward: Row | None) -> TraceNode:
    text = f"withdrawer {position['withdrawer_key']}, active stake {position['active_stake']}"
    if reward is not None:
        return _row(reader, NodeKind.ACCOUNT, rewards, reward, "staker_rewards", text, ())
    why = "stake that was not active earns nothing" if position["active_stake"] == 0 else "it has no reward row"
    return TraceNode(NodeKind.ACCOUNT, f"stake account {position['account_key']}", formula=text, note=why)
