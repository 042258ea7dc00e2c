"""What was published, compared with what the simulator knows it generated and what the demo's agreements make of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from aurora_pipeline.demo.closing import FIRST_MONTH
from aurora_pipeline.demo.owed import LineKey, Owed, month_of, owed
from aurora_pipeline.demo.parameters import CHAIN_ID, Parameters
from aurora_pipeline.demo.settling import is_as_registered
from aurora_pipeline.demo.truth import EpochTruth, truth
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.pnl.tables import VALIDATOR_PNL
from aurora_pipeline.statements.documents import payable_statements
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.snapshots import load_published


@dataclass(frozen=True)
class TruthComparison:
    """How much was compared, and what differs."""

    compared: int
    differences: tuple[str, ...]


def compare_with_truth(connection: Connection, parameters: Parameters, epochs: range) -> TruthComparison:
    """Every component and vote fee of every validator, to the lamport."""
    compared, differences = 0, []
    for epoch in epochs:
        published = load_published(connection, VALIDATOR_PNL, PeriodKey(CHAIN_ID, epoch)).frame
        rows = {row["validator_key"]: row for row in published.iter_rows(named=True)}
        for known in truth(parameters, epoch).validators:
            row = rows.get(known.vote)
            if row is None:
                differences.append(f"epoch {epoch} {known.name}: simulated, but there is no P&L of it")
                continue
            for column, expected in (
                ("exec_fees", known.fees_lamports),
                ("mev_tips", known.mev_validator_lamports),
                ("vote_rewards", known.own_stake_rewards_lamports),
                ("commission", known.commission_lamports),
                ("vote_fees", known.vote_fees_lamports),
            ):
                compared += 1
                if row[column] is None or int(row[column]) != expected:
                    differences.append(f"epoch {epoch} {known.name} {column}: {row[column]}, truth {expected}")
    return TruthComparison(compared, tuple(differences))


def compare_with_terms(connection: Connection, parameters: Parameters, epochs: range) -> TruthComparison | None:
    """Every line and every statement's total, to the lamport; None where somebody changed what the demo agreed."""
    if not is_as_registered(connection):
        return None
    told = [truth(parameters, epoch) for epoch in range(parameters.first_epoch, epochs.stop)]
    expected = owed(told, _network_fees(connection), _settled(connection))
    lines, totals = _lines(connection, epochs), _totals(connection, epochs)
    found = [one for epoch in epochs for one in _compared(epoch, expected[epoch], lines[epoch], totals[epoch])]
    found += _first_month(connection, told, expected)
    return TruthComparison(len(found), tuple(difference for difference in found if difference is not None))


def _first_month(connection: Connection, told: Sequence[EpochTruth], expected: Mapping[int, Owed]) -> list[str | None]:
    """Every figure of the first month's statements, where they are computed."""
    due: dict[str, int] = defaultdict(int)
    for one in told:
        if month_of(one) == FIRST_MONTH.month:
            for key, (amount, held) in expected[one.epoch].items():
                due[key.partner] += 0 if held else amount
    found: list[str | None] = []
    for statement in payable_statements(connection, CHAIN_ID):
        if statement.key == FIRST_MONTH:
            row, owed_to = statement.row, due[statement.row["partner_id"]]
            wanted = {"opening": 0, "lines": owed_to, "top_ups": 0, "adjustments": 0, "known_total": owed_to}
            wanted |= {"payable": max(0, owed_to), "closing": min(0, owed_to)}
            found += [
                None if row[name] == amount else f"{row['partner_id']} {FIRST_MONTH} {name}: {row[name]}, owed {amount}"
                for name, amount in wanted.items()
            ]
    return found


def _compared(
    epoch: int, expected: Owed, lines: Mapping[LineKey, tuple[int | None, bool]], totals: Mapping[str, int | None]
) -> Iterator[str | None]:
    """For each line and total its difference, None where there is none."""
    nothing = (0, False)
    for key in sorted(expected.keys() | lines.keys()):
        # Where a partner has no stake, or a cap takes nothing off, a line of 0 says as much as none.
        said, known = lines.get(key, nothing), expected.get(key, nothing)
        yield None if said == known else f"epoch {epoch} line {' '.join(key)}: {said[0]}, owed {known[0]}"
    due: dict[str, int] = defaultdict(int)
    for key, (amount, held) in expected.items():
        due[key.partner] += 0 if held else amount
    for partner in sorted(due.keys() | totals.keys()):
        stated = totals.get(partner)
        is_equal = stated == due[partner]
        yield None if is_equal else f"epoch {epoch} statement of {partner}: {stated}, owed {due[partner]}"


def _lines(connection: Connection, epochs: range) -> dict[int, dict[LineKey, tuple[int | None, bool]]]:
    rows = connection.execute(
        """SELECT epoch, agreement_id, rule_key, validator_key, wallet_address, kind, final, held
           FROM partner_commission_lines WHERE chain_id = %s AND epoch BETWEEN %s AND %s""",
        [CHAIN_ID, epochs[0], epochs[-1]],
    )
    found: dict[int, dict[LineKey, tuple[int | None, bool]]] = defaultdict(dict)
    for row in rows:
        key = LineKey(*(row[name] for name in ("agreement_id", "rule_key", "validator_key", "wallet_address", "kind")))
        found[row["epoch"]][key] = (None if row["final"] is None else int(row["final"]), row["held"])
    return found


def _totals(connection: Connection, epochs: range) -> dict[int, dict[str, int | None]]:
    rows = connection.execute(
        """SELECT epoch, partner_id, lines_total FROM partner_commission_statements
           WHERE chain_id = %s AND epoch BETWEEN %s AND %s""",
        [CHAIN_ID, epochs[0], epochs[-1]],
    )
    found: dict[int, dict[str, int | None]] = defaultdict(dict)
    for row in rows:
        found[row["epoch"]][row["partner_id"]] = None if row["lines_total"] is None else int(row["lines_total"])
    return found


def _network_fees(connection: Connection) -> dict[tuple[int, str], int]:
    """What the operator entered, by epoch and validator."""
    rows = connection.execute(
        """SELECT DISTINCT ON (epoch, validator_key) epoch, validator_key, amount FROM cost_entries
           WHERE chain_id = %s AND entry_type = 'NETWORK_FEE' ORDER BY epoch, validator_key, revision DESC""",
        [CHAIN_ID],
    )
    return {(row["epoch"], row["validator_key"]): int(row["amount"] or 0) for row in rows}


def _settled(connection: Connection) -> dict[tuple[int, LineKey], int]:
    """What was decided to be paid whatever is computed, by epoch and line."""
    rows = connection.execute(
        """SELECT DISTINCT ON (epoch, agreement_id, rule_key, validator_key, wallet_address)
                  epoch, agreement_id, rule_key, validator_key, wallet_address, amount
           FROM commission_overrides WHERE chain_id = %s
           ORDER BY epoch, agreement_id, rule_key, validator_key, wallet_address, revision DESC""",
        [CHAIN_ID],
    )
    return {
        (row["epoch"], LineKey(row["agreement_id"], row["rule_key"], row["validator_key"], row["wallet_address"])): int(
            row["amount"]
        )
        for row in rows
        if row["amount"] is not None
    }
