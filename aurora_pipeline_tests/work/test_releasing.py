"""Rejected snapshots: read, compared with what is in force, and released where each broken rule allows it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import psycopg
import pytest

from aurora_pipeline.canonical.drafts import draft_mev
from aurora_pipeline.canonical.gates import slots_add_up
from aurora_pipeline.canonical.tables import FEES
from aurora_pipeline.config.loading import load_configuration
from aurora_pipeline.decisions.gate_tables import RELEASABLE, SNAPSHOT_RELEASES
from aurora_pipeline.decisions.recording import Recording
from aurora_pipeline.decisions.tables import UserRole
from aurora_pipeline.decisions.users import record_user
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.instance.chains import sync_registry
from aurora_pipeline.layers import GATE
from aurora_pipeline.periods.record import Period, record_period
from aurora_pipeline.proof.findings import Findings
from aurora_pipeline.proof.verifying.publications import verify_publication_chain, verify_publications_of
from aurora_pipeline.sources.kinds import KINDS
from aurora_pipeline.store.access.declared import TABLES, Role
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.declaration import Completeness
from aurora_pipeline.store.digests import Input
from aurora_pipeline.store.drafts import Draft, DraftStanding, Rejected
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline.store.gate.rule import Effect, Gate, GateRule
from aurora_pipeline.store.snapshots import write_check_publish
from aurora_pipeline.work.errors import SnapshotNotReleased, SnapshotUnknown
from aurora_pipeline.work.reads.snapshots import differences, snapshot, snapshots
from aurora_pipeline.work.releasing import release
from aurora_pipeline_tests.decided import register_validator
from aurora_pipeline_tests.gated import always

KEY = PeriodKey("solana-demo", EpochNumber(850))
WHY = "the chain skipped it, a second node says so"


def draft(fees: int = 10, skipped: int = 2, digest: str = "a") -> Draft:
    """Fees of one validator; where skips are not 1 its slots do not add up."""
    row = {**KEY.columns, "validator_key": "V1", "leader_slots": 4, "blocks_produced": 3, "slots_skipped": skipped}
    inputs = (Input("fetch", "1", digest * 64),)
    return Draft(FEES, KEY, frame_of(FEES, [{**row, "fees": fees, "state": "final"}]), inputs, Completeness.FINAL)


def publish(database: Database, one: Draft, *more: GateRule) -> DraftStanding:
    (outcome,) = write_check_publish(database, [one], Gate({FEES.name: (slots_add_up.RULE, *more)}))
    return outcome.standing


def rejected(database: Database, one: Draft, *more: GateRule) -> int:
    with pytest.raises(Rejected) as caught:
        publish(database, one, *more)
    return caught.value.outcomes[0].snapshot_id


@pytest.fixture
def people(database: Database) -> Database:
    """A database with somebody of finance and somebody of operations."""
    since = datetime(2020, 1, 1, tzinfo=UTC)
    for login, role in (("root", UserRole.ADMIN), ("fin", UserRole.FINANCE), ("ops", UserRole.OPS)):
        record_user(database, login, login, role, None, since, None, "root", "begins here")
    return database


def released(database: Database, number: int, actor: str = "fin") -> None:
    with database.connect() as connection:
        release(connection, number, actor, WHY)


def in_force(database: Database) -> list[int]:
    with database.connect() as connection:
        return [int(row["fees"]) for row in connection.execute("SELECT fees FROM canonical_validator_fees").fetchall()]


def test_release__of_a_rule_that_may_be__publishes_the_same_content_and_no_other(people: Database) -> None:
    publish(people, draft(fees=7, skipped=1))
    number = rejected(people, draft())
    released(people, number)
    assert in_force(people) == [7]
    rejected(people, draft(fees=11))
    rejected(people, draft(), always("odd"))
    assert publish(people, draft()) is DraftStanding.PUBLISHED
    assert in_force(people) == [10]
    assert publish(people, draft()) is DraftStanding.UNCHANGED
    assert publish(people, draft(digest="b")) is DraftStanding.ATTESTED
    findings = Findings()
    with people.connect() as connection:
        verify_publications_of(connection, KEY, findings)
        verify_publication_chain(connection, findings)
        (entry,) = connection.execute(
            "SELECT actor, subject, after FROM audit_log WHERE action = 'snapshot.released'"
        ).fetchall()
        told = snapshot(connection, number)
    assert findings.report("").failures == ()
    assert (entry["actor"], entry["subject"]) == ("fin", f"snapshot/{number}")
    assert WHY in entry["after"]
    assert (told.standing, told.released_by, told.released_because) == ("rejected", "fin", WHY)


def test_proof__a_release_that_is_gone__is_found(people: Database) -> None:
    number = rejected(people, draft())
    released(people, number)
    publish(people, draft())
    with people.connect() as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("DELETE FROM snapshot_releases")
        connection.execute("SET LOCAL session_replication_role = DEFAULT")
        findings = Findings()
        verify_publications_of(connection, KEY, findings)
    assert findings.report("").failures[0].problem.endswith("which failed 1 check(s)")


@pytest.mark.parametrize("name", sorted({"schema", "unique_keys", "tips_add_up", "parts_sum_to_revenue", "noted"}))
def test_release__of_conservation_keys_or_schema__is_refused_by_the_code_and_by_the_database(
    people: Database, name: str
) -> None:
    number = rejected(people, draft(), always("off", name=name))
    with pytest.raises(SnapshotNotReleased, match=f"breaks {name}, which nobody may release"):
        released(people, number)
    with (
        pytest.raises(psycopg.errors.RaiseException, match="which nobody may release"),
        people.connect() as connection,
    ):
        insert(connection, number, f"{name}, slots_add_up")


def insert(connection: psycopg.Connection[dict[str, object]], number: int, rules: str, actor: str = "fin") -> None:
    """A release as the code would write it, without looking at anything first."""
    recording = Recording.begin(connection, actor, WHY)
    row = {"snapshot_id": number, "chain_id": KEY.chain_id, "rules": rules}
    recording.write(SNAPSHOT_RELEASES, row)
    recording.note(f"snapshot/{number}", "snapshot.released", None, row, [])


@pytest.mark.parametrize(
    ("actor", "rules", "words"),
    [
        ("ops", "slots_add_up", "ops is nobody who releases snapshots"),
        ("nobody", "slots_add_up", "nobody is nobody who releases snapshots"),
        ("fin", "something_known", "what is released is not what snapshot"),
        ("fin", "slots_add_up, something_known", "what is released is not what snapshot"),
    ],
)
def test_release__by_others_or_of_other_rules__is_refused_by_the_database(
    people: Database, actor: str, rules: str, words: str
) -> None:
    number = rejected(people, draft())
    with pytest.raises(psycopg.errors.RaiseException, match=words), people.connect() as connection:
        insert(connection, number, rules, actor)


def test_release__without_an_entry_of_the_log__is_refused_by_the_database(people: Database) -> None:
    number = rejected(people, draft())
    with (
        pytest.raises(psycopg.errors.RaiseException, match="entry of the audit log"),
        people.connect() as connection,
    ):
        connection.execute(
            """INSERT INTO snapshot_releases (snapshot_id, chain_id, rules, reason, recorded_by)
               VALUES (%s, %s, 'slots_add_up', 'because', 'fin')""",
            [number, KEY.chain_id],
        )


def test_publication__of_what_a_rule_holds_back__is_refused_by_the_database(people: Database) -> None:
    number = rejected(people, draft())
    with pytest.raises(psycopg.errors.RaiseException, match="nobody released it"), people.connect() as connection:
        connection.execute(
            """INSERT INTO publications (sequence, snapshot_id, asset, chain_id, period, previous_hash, entry_hash)
               VALUES (1, %s, %s, %s, %s, repeat('0', 64), repeat('1', 64))""",
            [number, FEES.name, KEY.chain_id, KEY.period],
        )


def test_release__twice_or_of_what_counts_or_is_not_there__says_so(people: Database) -> None:
    publish(people, draft(skipped=1))
    with people.connect() as connection:
        (counting,) = snapshots(connection, None, None, only_rejected=False, at_most=5)
    with pytest.raises(SnapshotNotReleased, match="counts: there is nothing to release"):
        released(people, counting.snapshot_id)
    number = rejected(people, draft())
    released(people, number)
    with pytest.raises(SnapshotNotReleased, match="was released by fin"):
        released(people, number)
    with pytest.raises(SnapshotUnknown):
        released(people, 4711)


def test_snapshots__rejected_ones__are_listed_with_what_was_found(people: Database) -> None:
    publish(people, draft(skipped=1))
    number = rejected(people, draft())
    with people.connect() as connection:
        (one,) = snapshots(connection, KEY.chain_id, KEY.period, only_rejected=True, at_most=5)
        assert snapshots(connection, "another", None, only_rejected=False, at_most=5) == []
    assert (one.snapshot_id, one.standing, one.may_be_released) == (number, "rejected", True)
    (found,) = one.violations
    assert (found.rule, list(map(str, found.where))) == ("slots_add_up", ["validator_key V1"])
    assert set(map(str, found.figures)) == {"leader_slots 4", "blocks_produced 3", "slots_skipped 2"}


def test_differences__to_what_is_in_force__row_by_row(people: Database) -> None:
    first = rejected(people, draft())
    with people.connect() as connection:
        alone = differences(connection, first)
    assert (alone.in_force, [one.column for one in alone.differences]) == (None, [None])
    publish(people, draft(fees=7, skipped=1))
    with people.connect() as connection:
        told = differences(connection, first)
    found = {one.column: (one.in_force, one.snapshot) for one in told.differences}
    assert found == {"fees": ("7", "10"), "slots_skipped": ("1", "2")}


def test_releasable__rules_that_say_so__are_those_that_the_database_knows() -> None:
    declared: set[str] = {
        rule.name for rules in GATE.rules.values() for rule in rules if rule.releasable and rule.effect is Effect.BLOCKS
    }
    assert declared == set(RELEASABLE)


def test_releasing__is_finances_alone__on_a_server_with_logins() -> None:
    assert TABLES[SNAPSHOT_RELEASES.name].adds == {Role.FINANCE}


def test_release__of_a_period_that_nobody_ever_tells_of__publishes_figures_as_missing(people: Database) -> None:
    """A real layer, computed from nothing staged: the gate holds it back, finance lets it go, and nothing is 0."""
    demo = Path(str(files("aurora_pipeline.demo")))
    told = (demo / "chains.yaml", demo / "providers.yaml", {"AURORA_DEMO_URL": "http://x"})
    configuration = load_configuration(*told, KINDS)
    with people.connect() as connection:
        sync_registry(connection, configuration)
        register_validator(connection, "V1")
        start = datetime(2026, 8, 1, tzinfo=UTC)
        record_period(connection, Period(KEY, 1, 432, 1, 432, start, start + timedelta(days=2)), [])

    def computed() -> DraftStanding:
        with people.connect() as connection:
            one = draft_mev(configuration, connection, KEY)
        (outcome,) = write_check_publish(people, [one], GATE)
        return outcome.standing

    with pytest.raises(Rejected, match="nothing is known of canonical_validator_mev") as caught:
        computed()
    with pytest.raises(Rejected):
        computed()
    released(people, caught.value.outcomes[0].snapshot_id)
    assert computed() is DraftStanding.PUBLISHED
    with people.connect() as connection:
        (row,) = connection.execute("SELECT validator_tips, state, reason FROM canonical_validator_mev").fetchall()
    assert (row["validator_tips"], row["state"]) == (None, "unavailable")
