"""What was published, compared with what the simulator knows it generated and what the demo's agreements make of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from aurora_pipeline.demo.balances import Adjusted, MonthFigures, balances, months_over
from aurora_pipeline.demo.closing import FIRST_MONTH
from aurora_pipeline.demo.owed import SIGNED, TYPED, LineKey, Owed, owed
from aurora_pipeline.demo.people import is_as_registered
from aurora_pipeline.demo.settling import is_corrected
from aurora_pipeline.demo.solana.parameters import CHAIN_ID, Parameters
from aurora_pipeline.demo.solana.truth import truth
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.pnl.tables import VALIDATOR_PNL
from aurora_pipeline.statements.documents import PayableStatement, payable_statements
from aurora_pipeline.statements.stated import Stage
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.published import load_published


@dataclass(frozen=True)
class TruthComparison:
    """How much was compared, and what differs."""

    compared: int
    differences: tuple[str, ...]


def compare_with_truth(connection: Connection, parameters: Parameters, epochs: range) -> TruthComparison:
    """Every component and vote fee of every validator, to the lamport."""
    compared, differences = 0, []
    for epoch in epochs:
        published = load_published(connection, VALIDATOR_PNL, PeriodKey(CHAIN_ID, EpochNumber(epoch))).frame
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
    """Every line and every statement's figures, to the lamport; None where somebody changed what the demo agreed."""
    if not is_as_registered(connection):
        return None
    told = [truth(parameters, epoch) for epoch in range(parameters.first_epoch, epochs.stop)]
    fees = _network_fees(connection)
    expected = owed(told, fees, _settled(connection), SIGNED if is_corrected(connection) else TYPED)
    lines, totals = _lines(connection, epochs), _totals(connection, epochs)
    found = [one for epoch in epochs for one in _compared(epoch, expected[epoch], lines[epoch], totals[epoch])]
    found += _months(connection, months_over(told), owed(told, fees, {}), expected)
    return TruthComparison(len(found), tuple(difference for difference in found if difference is not None))


def _months(
    connection: Connection, months: Mapping[str, Sequence[int]], stated: Mapping[int, Owed], now: Mapping[int, Owed]
) -> Iterator[str | None]:
    """Every figure and adjustment of the monthly statements that are computed.

    What the demo closes was stated by the terms as they were typed, and before anything was overridden.
    """
    published: dict[str, list[PayableStatement]] = defaultdict(list)
    for statement in payable_statements(connection, CHAIN_ID):
        published[statement.row["partner_id"]].append(statement)
    for partner, statements in published.items():
        closed = [one.key.period for one in statements if one.key == FIRST_MONTH and one.stage is not Stage.DRAFT]
        expected = balances(stated, now, months, partner, closed)
        for one in statements:
            month = one.key.period
            if month in expected:
                yield from _month(one, *expected[month], _adjusted(connection, one))


def _month(one: PayableStatement, owed_to: MonthFigures, adjusted: Adjusted, said: Adjusted) -> Iterator[str | None]:
    whose = f"{one.row['partner_id']} {one.key.period}"
    wanted = {**owed_to._asdict(), "top_ups": 0}
    row = {**one.row, "total": one.row["known_total"]}
    for name, amount in wanted.items():
        yield None if row[name] == amount else f"{whose} {name}: {row[name]}, owed {amount}"
    for key in sorted(adjusted.keys() | said.keys()):
        stated, due = said.get(key, 0), adjusted.get(key, 0)
        yield None if stated == due else f"{whose} adjusts epoch {key[0]} {' '.join(key[1])}: {stated}, owed {due}"


def _adjusted(connection: Connection, one: PayableStatement) -> Adjusted:
    rows = connection.execute(
        """SELECT source_period, agreement_id, rule_key, validator_key, wallet_address, line_kind, amount
           FROM layers.monthly_statement_entries
           WHERE (snapshot_id, statement_id, kind) = (%s, %s, 'ADJUSTMENT')""",
        [one.entries_snapshot_id, one.statement_id],
    )
    names = ("agreement_id", "rule_key", "validator_key", "wallet_address", "line_kind")
    return {(int(row["source_period"]), LineKey(*(row[name] for name in names))): int(row["amount"]) for row in rows}


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
