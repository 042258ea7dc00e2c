"""The demo's Ethereum chain: register its cast, let its windows pass, and compare them with what was simulated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from aurora_pipeline.agreements.apply import apply
from aurora_pipeline.agreements.wallets import Duplicates, import_wallets, wallet_rows
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.decisions.person import deciding
from aurora_pipeline.demo.comparing import TruthComparison
from aurora_pipeline.demo.ethereum import files
from aurora_pipeline.demo.ethereum.parameters import CHAIN_ID, EthereumParameters
from aurora_pipeline.demo.ethereum.protocol import WEI_PER_GWEI
from aurora_pipeline.demo.ethereum.truth import WindowTruth, truth_of
from aurora_pipeline.demo.people import AGREED, INTRODUCED, REGISTERED
from aurora_pipeline.demo.process import SimulatorControl
from aurora_pipeline.demo.story import FILES
from aurora_pipeline.foundation.money import BPS_WHOLE
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.periods.discovery import discover_periods
from aurora_pipeline.pnl.tables import VALIDATOR_PNL
from aurora_pipeline.registry.fee_recipients import import_fee_recipients, registered_recipients
from aurora_pipeline.registry.validator_files import import_operator_wallets, import_validators
from aurora_pipeline.registry.validators import registered_validators, registered_wallets
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.published import load_published
from aurora_pipeline.work.runs import Job, RunEnd, Runner

WINDOWS = 6
"""So many of four epochs hold all that happens on the chain."""
SECONDS_PER_SLOT = 3_600
"""So slow is the chain of the demo, that its windows lie in two months and one of them closes."""
_CREDITED_AFTER = 2
"""Attestations of a window's last epoch are paid when the chain enters the second epoch after it."""


def register_cast(aurora: Aurora, parameters: EthereumParameters) -> tuple[str, ...]:
    """Import the operator's validators, accounts, fee recipients and terms: what of them is not there yet."""
    database, configuration, person = aurora.database, aurora.configuration, deciding(aurora.database)
    with database.connect() as connection:
        terms = connection.execute("SELECT FROM agreement_rules WHERE chain_id = %s LIMIT 1", [CHAIN_ID]).fetchall()
        has_clients = bool(wallet_rows(connection, CHAIN_ID))
        registered = [
            has_rows(connection, CHAIN_ID)
            for has_rows in (registered_validators, registered_wallets, registered_recipients)
        ]
    folder = aurora.workspace.data_dir / FILES
    folder.mkdir(parents=True, exist_ok=True)
    changes: dict[str, int] = {}

    def written(name: str, text: str) -> Path:
        path = folder / name
        path.write_text(text, encoding="utf-8")
        return path

    for is_there, name, text, imported in zip(
        registered,
        ("ethereum_validators.csv", "ethereum_operator_wallets.csv", "ethereum_fee_recipients.csv"),
        (files.validators_csv, files.operator_wallets_csv, files.fee_recipients_csv),
        (import_validators, import_operator_wallets, import_fee_recipients),
        strict=True,
    ):
        if not is_there:
            report = imported(database, configuration, written(name, text(parameters)), person, REGISTERED)
            changes[name] = len(report.changed)
    if not terms:
        path = written("ethereum_agreements.yaml", files.AGREEMENTS_YAML)
        changes[path.name] = len(apply(database, path, person, AGREED).changes)
    if not has_clients:
        path = written("ethereum_partner_wallets.csv", files.partner_wallets_csv(parameters))
        introduced = import_wallets(database, path, None, person, INTRODUCED, Duplicates.REFUSE)
        changes[path.name] = len(introduced.changes)
    return tuple(f"{name}: {count} entries" for name, count in changes.items())


def live_through(
    aurora: Aurora, runner: Runner, simulator: SimulatorControl, window: range, tell: Callable[[str], None]
) -> RunEnd:
    """Let a window of epochs pass until it is final, and compute it."""
    settled = window[-1] + _CREDITED_AFTER
    clock = simulator.ethereum_clock()
    while clock["finalized_epoch"] < settled:
        clock = simulator.advance_ethereum(epoch=max(clock["epoch"], settled) + 1)
        tell(f"window {window[0]}: the chain is at epoch {clock['epoch']}, {clock['finalized_epoch']} is final")
    number = EpochNumber(window[0])
    found = discover_periods(aurora.database, aurora.configuration, ethereum_chain(aurora), wanted=[number])
    if found.troubles:
        raise found.troubles[0]
    runner.register_periods(CHAIN_ID)
    return runner.run(Job.PERIOD, PeriodKey(CHAIN_ID, number))


def ethereum_chain(aurora: Aurora) -> Chain:
    """The demo's Ethereum chain."""
    return aurora.configuration.chain(CHAIN_ID)


def windows_of(chain: Chain, count: int) -> list[range]:
    """The epochs of the first windows."""
    step = chain.period_step
    return [range(first, first + step) for first in range(chain.first_period, chain.first_period + count * step, step)]


def compare(connection: Connection, parameters: EthereumParameters, windows: list[range]) -> TruthComparison:
    """Every component and penalty of every validator, to the wei."""
    found = [one for window in windows for one in _compared(connection, parameters, window)]
    return TruthComparison(len(found), tuple(difference for difference in found if difference is not None))


def _compared(connection: Connection, parameters: EthereumParameters, window: range) -> Iterator[str | None]:
    published = load_published(connection, VALIDATOR_PNL, PeriodKey(CHAIN_ID, EpochNumber(window[0]))).frame
    rows = {row["validator_key"]: row for row in published.iter_rows(named=True)}
    operated = files.operated_in(parameters, window)
    for known in truth_of(parameters).validators(window):
        if known.index not in operated:
            continue
        row = rows.get(known.pubkey)
        if row is None:
            yield f"window {window[0]} {known.name}: simulated, but there is no P&L of it"
            continue
        for column, expected in figures_of(known).items():
            said = row[column]
            is_equal = said is not None and int(said) == expected
            yield None if is_equal else f"window {window[0]} {known.name} {column}: {said}, truth {expected}"


def compare_lines(connection: Connection, parameters: EthereumParameters, windows: list[range]) -> TruthComparison:
    """Every commission line of the windows, to the wei, worked out from the truth and the rates as they are written."""
    found = [one for window in windows for one in _compared_lines(connection, parameters, window)]
    return TruthComparison(len(found), tuple(difference for difference in found if difference is not None))


def _compared_lines(connection: Connection, parameters: EthereumParameters, window: range) -> Iterator[str | None]:
    rows = connection.execute(
        """SELECT rule_key, validator_key, sum(final) AS final FROM partner_commission_lines
           WHERE chain_id = %s AND epoch = %s GROUP BY 1, 2""",
        [CHAIN_ID, window[0]],
    ).fetchall()
    said = {
        (row["rule_key"], row["validator_key"]): None if row["final"] is None else int(row["final"]) for row in rows
    }
    operated = files.operated_in(parameters, window)
    known = [one for one in truth_of(parameters).validators(window) if one.index in operated]
    due = {(rule, one.pubkey): amount for one in known for rule, amount in _owed(one).items()}
    for key in sorted(due.keys() | said.keys()):
        is_equal = said.get(key, 0) == due.get(key, 0)
        yield None if is_equal else f"window {window[0]} line {' '.join(key)}: {said.get(key)}, owed {due.get(key)}"


def _owed(known: WindowTruth) -> dict[str, int]:
    """What the demo's partners are owed of a validator, by rule."""
    figures = figures_of(known)
    bases = {
        "fees": figures["exec_fees"],
        "tips": figures["mev_tips"],
        "rewards": max(0, figures["vote_rewards"] - figures["consensus_penalty"]),
        "brought": figures["commission"] if known.client in files.BROUGHT else 0,
    }
    return {rule: base * files.RATES_BPS[rule] // BPS_WHOLE for rule, base in bases.items()}


def figures_of(known: WindowTruth) -> dict[str, int]:
    """What the P&L has to say of a validator, in wei: all of its own, or the fee on a client's."""
    rewards, penalties = (amount * WEI_PER_GWEI for amount in (known.consensus.rewards, known.consensus.penalties))
    if known.client is None:
        whole = {"exec_fees": known.fees, "mev_tips": known.payments, "vote_rewards": rewards}
        return {**whole, "commission": 0, "consensus_penalty": penalties}
    bps = known.operator_fee_bps or 0
    fee = sum(stream * bps // BPS_WHOLE for stream in (rewards, known.fees, known.payments))
    nothing = dict.fromkeys(("exec_fees", "mev_tips", "vote_rewards", "consensus_penalty"), 0)
    return {**nothing, "commission": fee}
