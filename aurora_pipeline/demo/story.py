"""The demo's story: register the cast, let epochs pass while they are observed, compute them."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aurora_pipeline.agreements.apply import apply
from aurora_pipeline.agreements.wallets import Duplicates, import_wallets, wallet_rows
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.decisions.person import deciding
from aurora_pipeline.demo.agreements import agreements_yaml, partner_wallets_csv
from aurora_pipeline.demo.errors import DemoGone
from aurora_pipeline.demo.people import AGREED, INTRODUCED, REGISTERED
from aurora_pipeline.demo.process import SimulatorControl
from aurora_pipeline.demo.solana.parameters import CHAIN_ID, Parameters
from aurora_pipeline.demo.solana.truth import cast_of, costs_csv, operator_wallets_csv, validators_csv
from aurora_pipeline.foundation.errors import FolderUnusable
from aurora_pipeline.foundation.money import BPS_WHOLE
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.private_folder import private_folder
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.periods.discovery import discover_periods
from aurora_pipeline.registry.cost_entries import import_costs
from aurora_pipeline.registry.validator_files import import_operator_wallets, import_validators
from aurora_pipeline.registry.validators import registered_validators, registered_wallets
from aurora_pipeline.staging.running_period import observe_running_period
from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline.tables import layer_tables_of
from aurora_pipeline.work.runs import Job, RunEnd, Runner

OBSERVED_AT_BPS = (3_000, 8_000)
"""The parts of an epoch after which the demo samples it, early and late."""
PUBLISHED_AT_BPS = 1_500
"""The part of the next epoch after which rewards are paid and tip trees published."""
FILES, _AGREEMENTS = "files", "agreements.yaml"


@dataclass(frozen=True)
class RegisteredCast:
    """What was registered, in words, and where its files are."""

    folder: Path
    changes: tuple[str, ...]


def register_cast(aurora: Aurora, parameters: Parameters, epochs: range) -> RegisteredCast:
    """Write the operator's files as an operator would have them, and import each.

    What is registered already is left alone, and so is its file: both may have been changed, as the demo invites to.
    """
    folder = aurora.workspace.data_dir / FILES
    folder.mkdir(parents=True, exist_ok=True)
    configuration, database = aurora.configuration, aurora.database
    with database.connect() as connection:
        has_validators = bool(registered_validators(connection, CHAIN_ID))
        has_wallets = bool(registered_wallets(connection, CHAIN_ID))
        has_agreements = bool(connection.execute("SELECT FROM agreements LIMIT 1").fetchall())
        has_clients = bool(wallet_rows(connection, CHAIN_ID))
        query = "SELECT DISTINCT epoch FROM cost_entries WHERE chain_id = %s"
        with_costs = {row["epoch"] for row in connection.execute(query, [CHAIN_ID]).fetchall()}
    changes: dict[str, int] = {}
    person = deciding(database)
    if not has_validators:
        path = _written(folder / "validators.csv", validators_csv(parameters))
        changes[path.name] = len(import_validators(database, configuration, path, person, REGISTERED).changed)
    if not has_wallets:
        path = _written(folder / "operator_wallets.csv", operator_wallets_csv(parameters))
        changes[path.name] = len(import_operator_wallets(database, configuration, path, person, REGISTERED).changed)
    without_costs = sorted(set(epochs) - with_costs)
    if without_costs:
        path = folder / "costs.csv"
        text = costs_csv(parameters, without_costs)
        earlier = path.read_text(encoding="utf-8") if path.exists() else ""
        _written(path, earlier + (text.partition("\n")[2] if earlier else text))
        imported = import_costs(database, text, path.name, configuration.chains, person, REGISTERED)
        changes[path.name] = len(imported.changed)
    if not has_agreements:
        path = _written(folder / _AGREEMENTS, agreements_yaml(cast_of(parameters)))
        changes[path.name] = len(apply(database, path, person, AGREED).changes)
    if not has_clients:
        path = _written(folder / "partner_wallets.csv", partner_wallets_csv(cast_of(parameters)))
        introduced = import_wallets(database, path, None, person, INTRODUCED, Duplicates.REFUSE)
        changes[path.name] = len(introduced.changes)
    return RegisteredCast(folder, tuple(f"{name}: {count} entries" for name, count in changes.items()))


def agreements_file(aurora: Aurora) -> Path:
    """Where the demo's agreements are written."""
    return aurora.workspace.data_dir / FILES / _AGREEMENTS


def _written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def refuse_other_chain(database: Database, data_dir: Path) -> None:
    """Refuse to begin a chain where another one was computed, whose simulator's state is gone."""
    with database.connect() as connection:
        found = connection.execute(
            "SELECT FROM canonical_validator_identities WHERE chain_id = %s LIMIT 1", [CHAIN_ID]
        ).fetchall()
    if found:
        raise DemoGone(
            f"{data_dir} holds what was computed of a demo chain, but the chain's own state is gone",
            f"begin anew: delete {data_dir}",
        )


def live_through(
    aurora: Aurora,
    runner: Runner,
    simulator: SimulatorControl,
    epoch: int,
    tell: Callable[[str], None],
) -> RunEnd:
    """Let one epoch pass as production would see it: observe it while it runs, and compute it once it is final."""
    let_pass(aurora, simulator, epoch, tell)
    tell(f"epoch {epoch}: final, fetching and computing")
    found = discover_periods(aurora.database, aurora.configuration, demo_chain(aurora), wanted=[EpochNumber(epoch)])
    if found.troubles:
        raise found.troubles[0]
    runner.register_periods(CHAIN_ID)
    return runner.run(Job.PERIOD, PeriodKey(CHAIN_ID, EpochNumber(epoch)))


def let_pass(aurora: Aurora, simulator: SimulatorControl, epoch: int, tell: Callable[[str], None]) -> None:
    """Move time on to where an epoch is final and its figures are told, observing it on the way."""
    chain = demo_chain(aurora)
    for part in OBSERVED_AT_BPS:
        if _advance(simulator, epoch, part):
            tell(f"epoch {epoch}: {part // 100} % passed, observing what the chain will forget")
            observe_running_period(aurora.database, aurora.configuration, chain)
    _advance(simulator, epoch + 1, _final_at_bps(simulator, chain))


def _final_at_bps(simulator: SimulatorControl, chain: Chain) -> int:
    """The part of the next epoch after which this one is final as well; in short epochs the lag is the longer wait."""
    slots = int(simulator.clock()["parameters"]["slots_per_epoch"])
    lag_bps = -(-chain.finality_lag * BPS_WHOLE // slots)
    # On top of the lag, because the head stands still while slots are skipped.
    return min(lag_bps + PUBLISHED_AT_BPS, BPS_WHOLE)


def _advance(simulator: SimulatorControl, epoch: int, part_bps: int) -> bool:
    """Move the simulated clock on to a point; False if it is beyond it already.

    Exactly there it may have been broken off before what is due at that point was done.
    """
    clock = simulator.clock()
    passed = (clock["epoch"], clock["slot_index"] * 10_000 // clock["parameters"]["slots_per_epoch"])
    if passed > (epoch, part_bps):
        return False
    simulator.advance(epoch=epoch, fraction_bps=part_bps)
    return True


def is_computed(connection: Connection, chain: Chain, epoch: int) -> bool:
    """Whether every layer of an epoch is in force."""
    due = [table.name for table in layer_tables_of(chain.family.traits)]
    row = connection.execute(
        "SELECT count(*) AS n FROM in_force WHERE chain_id = %s AND epoch = %s AND asset = ANY(%s)",
        [chain.chain_id, epoch, due],
    ).fetchone()
    return row is not None and row["n"] == len(due)


def demo_chain(aurora: Aurora) -> Chain:
    """The demo's chain."""
    return aurora.configuration.chain(CHAIN_ID)


@contextmanager
def alone(data_dir: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """One demo at a time on the same data: a second one waits and then finds the work done."""
    try:
        private_folder(data_dir)
        file = (data_dir / "demo.lock").open("w")
    except OSError as error:
        raise FolderUnusable(
            f"{data_dir} can't be used: {error.strerror} ({error.filename})",
            "make room for that folder, or set AURORA_HOME to another one that is yours",
        ) from None
    with file as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
