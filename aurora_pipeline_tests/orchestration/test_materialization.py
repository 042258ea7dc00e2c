"""What Dagster shows of an outcome: exact totals, a readable preview, no total of what is not known."""

from __future__ import annotations

from aurora_pipeline.canonical.tables import FEES
from aurora_pipeline.commissions.tables import COMMISSION_RULE_RESULTS
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.config.loading import load_configuration
from aurora_pipeline.demo.parameters import CHAIN_ID
from aurora_pipeline.instance.workspace import find_workspace
from aurora_pipeline.orchestration.materialization import column_schema, materialization, preview
from aurora_pipeline.sources.kinds import KINDS
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.declaration import Completeness
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline.store.snapshots import Draft, write_check_publish


def demo_chain() -> Chain:
    place = find_workspace(demo=True, env={})
    variables = {"AURORA_DEMO_URL": "http://127.0.0.1:9"}
    return load_configuration(place.chains_path, place.providers_path, variables, KINDS).chain(CHAIN_ID)


def draft(fees: int | None) -> Draft:
    state = {"state": "final"} if fees is not None else {"state": "pending", "reason": "late | very\nlate"}
    row = {"chain_id": CHAIN_ID, "epoch": 850, "validator_key": "V1", "leader_slots": 4, "fees": fees, **state}
    return Draft(FEES, CHAIN_ID, 850, frame_of(FEES, [row]), (), Completeness.FINAL)


def test_materialization__amount_beyond_a_float__is_exact_in_its_text(database: Database) -> None:
    (outcome,) = write_check_publish(database, [draft(10**29 + 1)])
    shown = materialization(outcome, draft(10**29 + 1), demo_chain()).metadata
    assert shown is not None
    assert "| fees | 100000000000000000000.000000001 | 100000000000000000000000000001 |" in shown["totals"].value
    assert shown["content_digest"] == outcome.content_digest


def test_materialization__column_of_which_nothing_is_known__has_no_total(database: Database) -> None:
    (outcome,) = write_check_publish(database, [draft(None)])
    shown = materialization(outcome, draft(None), demo_chain()).metadata
    assert shown is not None
    assert "totals" not in shown
    assert not [name for name in shown if name.startswith("total_")]


def test_materialization__amounts_that_rows_repeat__have_no_total(database: Database) -> None:
    row = {
        **dict.fromkeys(COMMISSION_RULE_RESULTS.amounts, 7),
        **{"chain_id": CHAIN_ID, "epoch": 850, "partner_id": "p", "agreement_id": "a", "agreement_version": 1},
        **{"rule_key": "r", "validator_count": 1, "missing_count": 0, "metric": "PERIOD", "state": "final"},
    }
    frame = frame_of(COMMISSION_RULE_RESULTS, [row])
    one = Draft(COMMISSION_RULE_RESULTS, CHAIN_ID, 850, frame, (), Completeness.FINAL)
    (outcome,) = write_check_publish(database, [one])
    shown = materialization(outcome, one, demo_chain()).metadata
    assert shown is not None
    totals = {name.removeprefix("total_").removesuffix("_sol") for name in shown if name.startswith("total_")}
    assert totals == {"computed", "cap_reduction", "floor_top_up", "override", "final"}
    assert "metric_end" not in shown["totals"].value


def test_preview__text_that_would_break_a_table__is_escaped() -> None:
    shown = preview(FEES, draft(None).frame, demo_chain())
    assert "late \\| very late" in shown
    assert "fees" not in shown.splitlines()[0]


def test_column_schema__of_a_layer__tells_bounds_and_what_the_digest_leaves_out() -> None:
    columns = {column.name: column for column in column_schema(FEES).columns}
    assert ">= 0" in columns["fees"].constraints.other
    assert "not part of the digest" in columns["source_fetch"].constraints.other
    assert not columns["state"].constraints.nullable
