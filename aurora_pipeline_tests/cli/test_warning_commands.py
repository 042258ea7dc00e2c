"""`aurora warnings`: what rules find beside earlier periods is stored, listed, and acknowledged once and for a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from aurora_pipeline.canonical.tables import META
from aurora_pipeline.decisions.gate_tables import WARNING_ACKNOWLEDGEMENTS
from aurora_pipeline.decisions.recording import Recording
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.layers import GATE
from aurora_pipeline.orchestration.materialization import _warnings_result
from aurora_pipeline.sources.result import grounds
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.declaration import Completeness
from aurora_pipeline.store.drafts import Draft, DraftOutcome
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline.store.gate.rule import violation
from aurora_pipeline.store.snapshots import write_check_publish
from aurora_pipeline.work.acknowledging import Known, acknowledged_now, known_of
from aurora_pipeline.work.epoch_status import oddities
from aurora_pipeline_tests.cli.conftest import Run

CHAIN = "solana-demo"


def publish(database: Database, epoch: int, bps: int) -> DraftOutcome:
    """What one validator is, in one epoch."""
    key = PeriodKey(CHAIN, EpochNumber(epoch))
    told = {"validator_key": "V1", "commission_bps": bps, "active_stake": 10**15, "delinquent": False}
    frame = frame_of(META, [{**key.columns, **told, "state": "final"}])
    draft = Draft(META, key, frame, (), Completeness.FINAL, grounds(["V1"], [True]), ("its name is odd",))
    (outcome,) = write_check_publish(database, [draft], GATE)
    return outcome


def amber(database: Database, outcome: DraftOutcome) -> bool:
    """Whether Dagster shows a warning as news, where the period before had none."""
    with database.connect() as connection:
        known = acknowledged_now(connection, CHAIN)
    return not _warnings_result(outcome, frozenset({"its name is odd"}), known).passed


def test_warnings__a_commission_changed__is_listed_and_acknowledged_once(database: Database, run: Run) -> None:
    assert [str(one) for one in publish(database, 850, 500).warnings] == ["its name is odd"]
    outcome = publish(database, 851, 700)
    assert [one.rule for one in outcome.warnings] == ["noted", "commission_changed"]
    assert amber(database, outcome)
    told = run("warnings", "list", CHAIN, "--json").json
    assert [(one["rule"], one["subject"]) for one in told] == [
        ("noted", "its name is odd"),
        ("commission_changed", "V1"),
    ]
    assert "V1: its commission is 700 bps, and was 500 bps in the period before" in told[1]["words"]
    day = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}"
    why = ("--until", day, "--reason", "agreed with everybody")
    done = run("warnings", "acknowledge", CHAIN, "commission_changed", *why)
    assert (done.code, "1 change(s) recorded" in done.out) == (0, True), done.err
    assert not amber(database, outcome)
    again = run("warnings", "acknowledge", CHAIN, "commission_changed", *why, "--json")
    assert again.failure["code"] == "acknowledgement-refused"
    assert "acknowledged already" in again.failure["message"]
    assert "2 warning(s), 1 acknowledged" in run("warnings", "list", CHAIN).out
    for named in ("851", "0000851"):
        assert "2 warning(s), 1 acknowledged" in run("warnings", "list", CHAIN, "--period", named).out
    for wrong, code in (("852", "not-published"), ("2026-08", "not-published"), ("banana", "period-not-understood")):
        assert run("warnings", "list", CHAIN, "--period", wrong, "--json").failure["code"] == code
    with database.connect() as connection:
        assert oddities(connection, PeriodKey(CHAIN, EpochNumber(851))).in_words == "2 warning(s), 1 acknowledged"
        assert oddities(connection, PeriodKey(CHAIN, EpochNumber(850))).in_words == "1 warning(s)"
    assert f"until {day}: agreed with everybody" in " ".join(run("warnings", "list", CHAIN).out.split())
    assert "warns of nothing of that" in run("warnings", "acknowledge", CHAIN, "drift", *why).err


def test_acknowledge__a_day_that_is_over_or_years_away__is_refused(database: Database, run: Run) -> None:
    publish(database, 850, 500)
    publish(database, 851, 700)
    for day in ("2020-01-01", f"{datetime.now(UTC) + timedelta(days=400):%Y-%m-%d}"):
        told = run("warnings", "acknowledge", CHAIN, "commission_changed", "--until", day, "--reason", "why")
        assert "for a time of at most a year" in told.err


def _as_stranger(database: Database) -> None:
    """An acknowledgement by somebody who is no user."""
    row: dict[str, Any] = {"chain_id": CHAIN, "asset": META.name, "rule": "drift", "subject": "V1", "number": 1}
    with database.connect() as connection:
        recording = Recording.begin(connection, "stranger", "why")
        until = recording.recorded_at + timedelta(days=1)
        recording.write(WARNING_ACKNOWLEDGEMENTS, {**row, "valid_until": until})
        recording.note("warning", "warning.acknowledged", None, row, [])


def test_acknowledgement__by_nobody_who_decides__is_refused_by_the_database(database: Database) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="stranger is nobody who decides"):
        _as_stranger(database)


def test_known_of__a_warning_of_a_partner__is_not_known_with_that_of_another() -> None:
    told = [violation("two_agreements", "both pay", {"partner_id": one, "component": "x"}) for one in ("p", "q")]
    assert [known_of("lines", one) for one in told] == [Known("lines", "two_agreements", one) for one in ("p", "q")]
