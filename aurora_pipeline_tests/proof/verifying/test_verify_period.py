"""Verifying a period: what is untouched holds, and whatever is tampered with is found and named."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import polars as pl
import pytest

from aurora_pipeline.agreements.partners import known_partner, read_partners, record_name
from aurora_pipeline.canonical.tables import FEES
from aurora_pipeline.decisions.recording import Recording
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.pnl.drafts import draft_pnl
from aurora_pipeline.pnl.tables import VALIDATOR_PNL
from aurora_pipeline.proof.findings import Checked, VerifyReport
from aurora_pipeline.proof.snapshot_records import snapshots_of_period
from aurora_pipeline.proof.verifying.verify import verify_period
from aurora_pipeline.store.digests import Input, content_digest, lineage_digest
from aurora_pipeline.store.drafts import Rejected
from aurora_pipeline.store.published import stored_rows
from aurora_pipeline_tests.gated import write_check_publish
from aurora_pipeline_tests.proof.conftest import KEY, Proven


def test_verify__untouched_period__holds_and_counts_everything(proven: Proven) -> None:
    report = proven.verify(deep=True)
    assert [str(finding) for finding in report.failures + report.notes] == []
    assert report.holds
    of_no_period = {Checked.AUDIT, Checked.LEAF, Checked.CHECKPOINT, Checked.SCHEMA, Checked.CLOCK, Checked.REGISTRY}
    of_no_period |= {Checked.MEMBER, Checked.RANGE}
    of_what_was_released = {Checked.EVIDENCE}
    assert set(report.held) == set(Checked) - of_no_period - of_what_was_released
    (written,) = proven.run("SELECT count(*) AS bodies FROM staging_bodies WHERE epoch = %s", KEY.epoch)
    assert report.held[Checked.BODY] == written["bodies"]
    assert report.held[Checked.BODY] == written["bodies"]


def test_verify__period_nobody_computed__says_so(proven: Proven) -> None:
    report = verify_period(proven.connection, PeriodKey(KEY.chain_id, EpochNumber(1)))
    assert report.holds
    assert [note.problem for note in report.notes] == ["no layer has written anything for it"]


@dataclass(frozen=True)
class Tampering:
    """One manipulation by somebody who can do anything in the database, and what has to be said of it.

    `query` changes one row and returns what the messages have to name; `found` are the kinds of failures expected.
    """

    name: str
    query: str
    found: frozenset[Checked]
    names: tuple[str, ...]
    """Texts that failures have to hold; {x} stands for a column the query returns."""


_FEES = "layers.canonical_validator_fees"
_FIRST_FEES = f"ctid = (SELECT min(ctid) FROM {_FEES})"
TAMPERINGS = [
    Tampering(
        "a byte of a body is flipped",
        """WITH one AS (SELECT p.payload_id, p.request_key, p.provider, b.ctid AS place, b.response_hash
                        FROM staging_bodies b JOIN staging_payloads p USING (chain_id, epoch, response_hash)
                        WHERE p.data_type = 'fees' AND p.request_key LIKE '%%getBlock %%' LIMIT 1)
           UPDATE staging_bodies b SET body = set_byte(body, 40, get_byte(body, 40) # 1) FROM one
           WHERE b.ctid = one.place RETURNING one.payload_id, one.request_key, one.provider, one.response_hash""",
        frozenset({Checked.BODY}),
        ("payload {payload_id}", "{request_key}", "{provider}", "recorded {response_hash}", "solana-demo:0000850"),
    ),
    Tampering(
        "a body is deleted",
        """DELETE FROM staging_bodies b USING staging_payloads p
           WHERE (b.chain_id, b.epoch, b.response_hash) = (p.chain_id, p.epoch, p.response_hash)
             AND p.payload_id = (SELECT max(payload_id) FROM staging_payloads WHERE data_type = 'mev')
           RETURNING p.payload_id, p.request_key, p.response_hash""",
        frozenset({Checked.PAYLOAD}),
        ("payload {payload_id}", "{request_key}", "its body is gone", "{response_hash}"),
    ),
    Tampering(
        "an answer's status is edited",
        """UPDATE staging_payloads SET status = 500
           WHERE payload_id = (SELECT payload_ids[1] FROM staging_fetches WHERE data_type = 'mev' LIMIT 1)
           RETURNING (SELECT fetch_id FROM staging_fetches WHERE data_type = 'mev' LIMIT 1) AS fetch_id,
                     (SELECT fetch_digest FROM staging_fetches WHERE data_type = 'mev' LIMIT 1) AS fetch_digest""",
        frozenset({Checked.FETCH, Checked.INPUT}),
        ("fetch {fetch_id} (mev/demo-kobe/", "recorded {fetch_digest}"),
    ),
    Tampering(
        "a payload is removed",
        """DELETE FROM staging_payloads
           WHERE payload_id = (SELECT payload_ids[1] FROM staging_fetches WHERE data_type = 'rewards' LIMIT 1)
           RETURNING payload_id""",
        frozenset({Checked.FETCH, Checked.INPUT}),
        ("payloads {payload_id} are gone", "input fetch rewards/"),
    ),
    Tampering(
        "a fetch is removed",
        """DELETE FROM staging_fetches
           WHERE fetch_id = (SELECT min(fetch_id) FROM staging_fetches WHERE data_type = 'fees')
           RETURNING fetch_id, fetch_digest, subject""",
        frozenset({Checked.INPUT}),
        ("input fetch fees/demo-rpc/{subject}", "recorded {fetch_digest}", "read from fetch {fetch_id}"),
    ),
    Tampering(
        "a fetch says another state",
        """UPDATE staging_fetches SET state = 'pending', reason = 'late'
           WHERE fetch_id = (SELECT min(fetch_id) FROM staging_fetches WHERE data_type = 'costs')
           RETURNING fetch_id, fetch_digest""",
        frozenset({Checked.FETCH, Checked.INPUT}),
        ("fetch {fetch_id} (costs/", "recorded {fetch_digest}"),
    ),
    Tampering(
        "the answers of an observation are removed",
        """DELETE FROM staging_payloads
           WHERE payload_id = (SELECT payload_ids[1] FROM observations WHERE data_type = 'leader_schedule' LIMIT 1)
           RETURNING payload_id""",
        frozenset({Checked.OBSERVATION, Checked.FETCH, Checked.INPUT}),
        ("observation", "payloads {payload_id} are gone"),
    ),
    Tampering(
        "the period's end is moved",
        """UPDATE canonical_periods SET ended_at = ended_at + interval '1 microsecond'
           RETURNING period_key, period_digest""",
        frozenset({Checked.PERIOD, Checked.INPUT}),
        ("{period_key} canonical_periods", "recorded {period_digest}", "input period {period_key}"),
    ),
    Tampering(
        "a figure is changed",
        f"UPDATE {_FEES} SET fees = fees + 1 WHERE {_FIRST_FEES} RETURNING snapshot_id, fees",
        frozenset({Checked.CONTENT, Checked.TOTAL}),
        ("canonical_validator_fees of solana-demo:0000850, snapshot {snapshot_id}", "fees sums to", "recorded"),
    ),
    Tampering(
        "a text that is no sum is changed",
        f"UPDATE {_FEES} SET identity_key = 'x' WHERE {_FIRST_FEES} RETURNING snapshot_id",
        frozenset({Checked.CONTENT}),
        ("canonical_validator_fees of solana-demo:0000850, snapshot {snapshot_id}",),
    ),
    Tampering(
        "a row is removed",
        f"DELETE FROM {_FEES} WHERE {_FIRST_FEES} RETURNING snapshot_id",
        frozenset({Checked.CONTENT, Checked.TOTAL}),
        ("canonical_validator_fees", "3 were written, 2 are there"),
    ),
    Tampering(
        "a line is added with a salt of another line",
        """INSERT INTO layers.partner_commission_lines
           SELECT snapshot_id, chain_id, epoch, gen_random_uuid(), partner_id, agreement_id, agreement_version,
                  'forged', rule_order, kind, validator_key, wallet_address, component, funded_by, attribution_method,
                  basis, rate_bps, base, computed, override, final, held, state, reason, salt
           FROM layers.partner_commission_lines WHERE state = 'final' LIMIT 1
           RETURNING snapshot_id, agreement_id, partner_id, validator_key""",
        frozenset({Checked.CONTENT, Checked.TOTAL, Checked.SALT, Checked.STATEMENT}),
        ("row {partner_id}/{agreement_id}/forged/{validator_key}", "of {partner_id}: its lines are not those"),
    ),
    Tampering(
        "a row points to another fetch",
        f"""UPDATE {_FEES} SET source_fetch = (SELECT min(fetch_id) FROM staging_fetches WHERE data_type = 'mev')
            WHERE {_FIRST_FEES} RETURNING source_fetch, validator_key""",
        frozenset({Checked.INPUT}),
        ("rows {validator_key}", "read from fetch {source_fetch}"),
    ),
    Tampering(
        "a snapshot's content digest is changed",
        """UPDATE snapshots SET content_digest = repeat('a', 64) WHERE asset = 'validator_pnl' RETURNING snapshot_id""",
        frozenset({Checked.CONTENT, Checked.LINEAGE, Checked.PUBLICATION}),
        ("validator_pnl of solana-demo:0000850, snapshot {snapshot_id}", "recorded " + "a" * 64),
    ),
    Tampering(
        "a snapshot's lineage digest is changed",
        """UPDATE snapshots SET lineage_digest = repeat('b', 64) WHERE asset = 'validator_pnl' RETURNING snapshot_id""",
        frozenset({Checked.LINEAGE, Checked.INPUT, Checked.PUBLICATION}),
        ("snapshot {snapshot_id}, first lineage", "input snapshot validator_pnl@solana-demo:0000850"),
    ),
    Tampering(
        "a snapshot's inputs are edited",
        """UPDATE snapshots SET inputs = inputs - 0 WHERE asset = 'partner_commission_lines' RETURNING snapshot_id""",
        frozenset({Checked.LINEAGE}),
        ("partner_commission_lines", "snapshot {snapshot_id}, first lineage: its inputs"),
    ),
    Tampering(
        "a snapshot's inputs are garbled",
        """UPDATE snapshots SET inputs = '{"none": 1}' WHERE asset = 'revenue_allocation' RETURNING snapshot_id""",
        frozenset({Checked.LINEAGE}),
        ("snapshot {snapshot_id}", "no list of [kind, name, digest]"),
    ),
    Tampering(
        "a layer's version is edited",
        "UPDATE snapshots SET layer_version = 99 WHERE asset = 'canonical_validator_mev' RETURNING snapshot_id",
        frozenset({Checked.LINEAGE, Checked.PUBLICATION}),
        ("snapshot {snapshot_id}",),
    ),
    Tampering(
        "a snapshot is removed",
        "DELETE FROM snapshots WHERE asset = 'canonical_stake_rewards' RETURNING snapshot_id, lineage_digest",
        frozenset({Checked.INPUT, Checked.PUBLICATION}),
        ("publishes snapshot {snapshot_id}, which is gone", "recorded {lineage_digest}"),
    ),
    Tampering(
        "a total is edited",
        """UPDATE snapshot_reports SET totals = jsonb_set(totals, '{fees}', '"1"')
           WHERE snapshot_id = (SELECT snapshot_id FROM snapshots WHERE asset = 'canonical_validator_fees')
           RETURNING snapshot_id""",
        frozenset({Checked.TOTAL, Checked.PUBLICATION}),
        ("snapshot {snapshot_id}: the total of fees is another", "recorded 1"),
    ),
    Tampering(
        "a report is removed",
        """DELETE FROM snapshot_reports
           WHERE snapshot_id = (SELECT snapshot_id FROM snapshots WHERE asset = 'validator_pnl')
           RETURNING snapshot_id""",
        frozenset({Checked.TOTAL, Checked.PUBLICATION}),
        ("snapshot {snapshot_id}", "its report (totals and violations) is gone"),
    ),
    Tampering(
        "a rate in an agreement is edited",
        """UPDATE agreement_rules SET commission_rate_bps = 9999 WHERE rule_key = 'tips'
           RETURNING agreement_id, version, rule_key""",
        frozenset({Checked.DECISION}),
        ("input decision agreement_rules:{agreement_id}/{version}/{rule_key}",),
    ),
    Tampering(
        "an operator's wallet is removed",
        "DELETE FROM operator_wallets RETURNING wallet_address",
        frozenset({Checked.DECISION}),
        ("input decision operator_wallets:solana-demo/{wallet_address}/1/",),
    ),
    Tampering(
        "a publication brings another snapshot into force",
        """UPDATE publications
           SET snapshot_id = (SELECT snapshot_id FROM snapshots WHERE asset = 'canonical_validator_mev')
           WHERE asset = 'canonical_validator_fees' RETURNING sequence, snapshot_id""",
        frozenset({Checked.PUBLICATION}),
        ("publication {sequence} of canonical_validator_fees", "snapshot {snapshot_id}, which is of something else"),
    ),
    Tampering(
        "a publication is removed",
        """DELETE FROM publications WHERE asset = 'validator_pnl' RETURNING snapshot_id""",
        frozenset({Checked.PUBLICATION}),
        ("input snapshot validator_pnl@solana-demo:0000850", "snapshot {snapshot_id} has no publication"),
    ),
    Tampering(
        "the newest publication is removed",
        """DELETE FROM publications WHERE sequence = (SELECT max(sequence) FROM publications)
           RETURNING snapshot_id, asset""",
        frozenset({Checked.PUBLICATION}),
        ("{asset} of solana-demo:0000850", "snapshot {snapshot_id} was accepted, and its publication is gone"),
    ),
    Tampering(
        "a publication is moved in time",
        """UPDATE publications SET published_at = published_at - interval '1 microsecond'
           WHERE asset = 'validator_pnl' RETURNING sequence""",
        frozenset({Checked.PUBLICATION}),
        ("publication {sequence} of validator_pnl", "was changed: its content has another hash"),
    ),
    Tampering(
        "an old publication is repeated",
        """INSERT INTO publications (sequence, snapshot_id, asset, chain_id, period, previous_hash, entry_hash)
           SELECT (SELECT max(sequence) + 1 FROM publications), snapshot_id, asset, chain_id, period,
                  entry_hash, repeat('c', 64)
           FROM publications ORDER BY sequence LIMIT 1 RETURNING sequence, asset""",
        frozenset({Checked.PUBLICATION}),
        ("publication {sequence} of {asset}", "its content has another hash"),
    ),
    Tampering(
        "a snapshot is called partial",
        """UPDATE snapshots SET completeness = 'PARTIAL' WHERE asset = 'validator_pnl' RETURNING snapshot_id""",
        frozenset({Checked.PUBLICATION}),
        ("of validator_pnl of solana-demo:0000850", "it, or its snapshot, or that one's report, was changed"),
    ),
    Tampering(
        "a snapshot that failed its checks is in force",
        """UPDATE snapshot_reports SET violations = '["slots do not add up"]'
           WHERE snapshot_id = (SELECT snapshot_id FROM snapshots WHERE asset = 'canonical_validator_fees')
           RETURNING snapshot_id""",
        frozenset({Checked.PUBLICATION}),
        ("publishes snapshot {snapshot_id}, which failed 1 check",),
    ),
]


@pytest.mark.parametrize("tampering", TAMPERINGS, ids=lambda tampering: tampering.name.replace(" ", "-"))
def test_verify__tampered__is_found_and_named(proven: Proven, tampering: Tampering) -> None:
    told = proven.tamper(tampering.query)
    report = proven.verify()
    failures = [str(failure) for failure in report.failures]
    assert {failure.kind for failure in report.failures} == tampering.found, failures
    for name in tampering.names:
        wanted = name.format(**told)
        assert any(wanted in failure for failure in failures), (wanted, failures)
    assert not report.holds


def test_verify__several_tamperings__are_all_found(proven: Proven) -> None:
    proven.tamper(
        "DELETE FROM staging_fetches WHERE fetch_id = (SELECT min(fetch_id) FROM staging_fetches) RETURNING 1 AS n"
    )
    proven.tamper("UPDATE agreement_rules SET stacks = NOT stacks WHERE rule_key = 'tips' RETURNING 1 AS n")
    proven.tamper(f"UPDATE {_FEES} SET fees = fees + 1 WHERE {_FIRST_FEES} RETURNING 1 AS n")
    kinds = {failure.kind for failure in proven.verify().failures}
    assert {Checked.INPUT, Checked.DECISION, Checked.CONTENT} <= kinds


def derived(report: VerifyReport) -> list[str]:
    return [str(failure) for failure in report.failures if failure.kind is Checked.DERIVATION]


def test_verify_deep__figure_changed_with_its_digests__does_not_follow_from_the_bytes(proven: Proven) -> None:
    """Somebody changes a figure and recomputes the digests: they match, and yet the bytes say otherwise."""
    row = proven.tamper(
        f"UPDATE {_FEES} SET fees = fees + 1 WHERE {_FIRST_FEES} RETURNING snapshot_id, validator_key, fees"
    )
    number = row["snapshot_id"]
    frame = stored_rows(proven.connection, FEES, number)
    (recorded,) = proven.run("SELECT inputs, lineage_digest FROM snapshots WHERE snapshot_id = %s", number)
    content = content_digest(FEES, frame)
    lineage = lineage_digest(FEES, KEY, content, [Input(*item) for item in recorded["inputs"]])
    proven.run(
        "UPDATE snapshots SET content_digest = %s, lineage_digest = %s WHERE snapshot_id = %s", content, lineage, number
    )
    totals = json.dumps({name: str(int(frame[name].sum())) for name in FEES.amounts})
    proven.run("UPDATE snapshot_reports SET totals = %s WHERE snapshot_id = %s", totals, number)
    shallow = [str(failure) for failure in proven.verify().failures]
    # What was computed from it still names what it was.
    names = {failure.split(" of ")[0] for failure in shallow}
    assert names == {"validator_pnl", "canonical_completeness", "canonical_account_balances", "publication 1"}
    # Its publication, too, was of something else.
    assert all(recorded["lineage_digest"] in failure for failure in shallow if "publication 1" not in failure)
    found = derived(proven.verify(deep=True))
    expected = f"row {row['validator_key']}, fees: stored {row['fees']}, derived {row['fees'] - 1}"
    assert any(expected in failure for failure in found), found


def test_verify__body_rewritten_with_every_hash_up_to_its_fetch__lineages_name_another(proven: Proven) -> None:
    """Somebody changes bytes, their hash, what names it, and the digest of the fetch, which hold by themselves."""
    (before,) = proven.run("SELECT response_hash FROM staging_payloads WHERE data_type = 'mev' LIMIT 1")
    (after,) = proven.run(
        """UPDATE staging_bodies
           SET body = body || ' '::bytea, response_hash = encode(sha256(body || ' '::bytea), 'hex')
           WHERE response_hash = %s AND packed_from IS NULL RETURNING response_hash""",
        before["response_hash"],
    )
    proven.run(
        "UPDATE staging_payloads SET response_hash = %s WHERE response_hash = %s",
        after["response_hash"],
        before["response_hash"],
    )
    fetches = [failure for failure in proven.verify().failures if failure.kind is Checked.FETCH]
    assert fetches
    for one in fetches:
        proven.run("UPDATE staging_fetches SET fetch_digest = %s WHERE fetch_digest = %s", one.recomputed, one.recorded)
    failures = proven.verify().failures
    assert {failure.kind for failure in failures} == {Checked.INPUT}
    assert any("input fetch mev/" in str(failure) for failure in failures)


@pytest.mark.parametrize(
    "edit",
    [
        """UPDATE staging_fetches SET kind = 'stakewiz'
           WHERE fetch_id = (SELECT min(fetch_id) FROM staging_fetches WHERE data_type = 'fees') RETURNING 1 AS n""",
        """UPDATE staging_payloads SET request = jsonb_set(request, '{edited}', 'true')
           WHERE payload_id = (SELECT min(payload_id) FROM staging_payloads WHERE data_type = 'fees')
           RETURNING 1 AS n""",
    ],
)
def test_verify__how_an_answer_is_read_edited__is_found(proven: Proven, edit: str) -> None:
    """Which adapter reads an answer, and what was asked, decide what its bytes mean."""
    proven.tamper(edit)
    found = [str(failure) for failure in proven.verify().failures]
    assert any("fetch" in failure and "fees" in failure for failure in found), found


def test_verify_deep__bytes_that_cannot_be_read_any_more__do_not_stop_the_rest(proven: Proven) -> None:
    proven.run("DELETE FROM staging_payloads WHERE data_type = 'mev'")
    proven.run("UPDATE layers.partner_commission_lines SET final = final + 1 WHERE final IS NOT NULL AND NOT held")
    found = derived(proven.verify(deep=True))
    assert any("canonical_validator_mev" in failure and "cannot be computed again" in failure for failure in found)
    assert any("partner_commission_lines" in failure and ", final: stored" in failure for failure in found)


def test_verify_deep__period_moved_with_its_digest__does_not_follow_from_the_answers(proven: Proven) -> None:
    proven.tamper("UPDATE canonical_periods SET last_block_slot = last_block_slot - 1 RETURNING 1 AS n")
    assert any("bounds do not follow" in failure for failure in derived(proven.verify(deep=True)))


def test_verify_deep__decision_made_since__is_a_note_that_asks_for_recomputation(proven: Proven) -> None:
    known = known_partner(read_partners(proven.connection), "northwind")
    record_name(Recording.begin(proven.connection, "ada", "renamed"), "northwind", "Renamed", known)
    report = proven.verify(deep=True)
    assert report.holds, [str(failure) for failure in report.failures]
    assert [note.where.split(" of ")[0] for note in report.notes] == ["partner_commission_statements"]
    assert "decision partners:northwind/2" in report.notes[0].problem


def test_verify__configuration_changed__is_a_note(copied: Aurora) -> None:
    chains = copied.workspace.chains_path
    chains.write_text(chains.read_text("utf-8").replace("bps: 309", "bps: 310"), encoding="utf-8")
    with copied.database.connect() as connection:
        report = verify_period(connection, KEY, aurora=copied)
    assert report.holds
    assert [note.problem for note in report.notes] == ["the configuration says something else now"]
    assert "chains.solana-demo.protocol_fee_bps" in report.notes[0].where


def test_verify__configuration_not_at_hand__is_a_note_per_value(proven: Proven) -> None:
    report = verify_period(proven.connection, KEY)
    assert report.holds
    assert sorted(note.where for note in report.notes) == [
        "chains.solana-demo.costs_due",
        "chains.solana-demo.costs_promised",
        "chains.solana-demo.protocol_fee_bps",
    ]


def test_verify__superseded_and_attested_snapshots__hold_too(copied: Aurora) -> None:
    with copied.database.connect() as connection:
        draft = draft_pnl(copied.configuration, connection, KEY)
    renamed = draft.frame.with_columns(name=draft.frame["name"] + " renamed")
    write_check_publish(copied.database, [replace(draft, frame=renamed, grounds={})])
    write_check_publish(copied.database, [replace(draft, inputs=draft.inputs[1:])])
    with copied.database.connect() as connection:
        report = verify_period(connection, KEY, aurora=copied)
        assert [str(failure) for failure in report.failures] == []
        assert len(snapshots_of_period(connection, KEY, [VALIDATOR_PNL])) == 2
        connection.rollback()
        proven = Proven(copied, connection)
        proven.tamper(
            """UPDATE attestations SET lineage_digest = repeat('c', 64)
               WHERE attestation_id = (SELECT max(attestation_id) FROM attestations) RETURNING 1 AS n"""
        )
        lineage, chained = proven.verify().failures
    assert "attestation" in lineage.where
    assert lineage.recorded == "c" * 64
    assert chained.problem == "it was changed: its content has another hash"


def test_verify__rejected_snapshots__hold_with_or_without_their_rows(copied: Aurora) -> None:
    with copied.database.connect() as connection:
        draft = draft_pnl(copied.configuration, connection, KEY)
    one = pl.lit(1).cast(pl.Decimal(38, 0))
    changed = draft.frame.with_columns(other_income=one)
    impossible = draft.frame.with_columns(other_income=-one)
    for frame in (changed, impossible):
        with pytest.raises(Rejected):
            write_check_publish(copied.database, [replace(draft, frame=frame)])
    with copied.database.connect() as connection:
        report = verify_period(connection, KEY, [VALIDATOR_PNL], aurora=copied)
    assert [str(failure) for failure in report.failures] == []
    assert report.held[Checked.CONTENT] == 2
    assert [note.problem for note in report.notes] == [
        "it was rejected and its rows could not be kept, so none to hash"
    ]


def test_verify__login_that_may_not_read_the_secret__takes_salts_as_stored(proven: Proven) -> None:
    for statement in (
        "CREATE ROLE proof_reader BYPASSRLS",
        "GRANT USAGE ON SCHEMA public, layers TO proof_reader",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public, layers TO proof_reader",
        "REVOKE ALL ON instance_secret FROM proof_reader",
        "GRANT EXECUTE ON FUNCTION period_of TO proof_reader",
        "SET LOCAL ROLE proof_reader",
    ):
        proven.connection.execute(statement.encode())
    report = proven.verify(deep=True)
    assert report.holds
    assert Checked.SALT not in report.held
    assert {note.kind for note in report.notes} == {Checked.SALT}


def test_verify__somebody_publishes_meanwhile__reads_one_moment(copied: Aurora) -> None:
    with copied.database.connect() as reading:
        before = verify_period(reading, KEY, aurora=copied)
        with copied.database.connect() as connection:
            draft = draft_pnl(copied.configuration, connection, KEY)
        renamed = draft.frame.with_columns(name=draft.frame["name"] + " renamed")
        write_check_publish(copied.database, [replace(draft, frame=renamed, grounds={})])
        assert verify_period(reading, KEY, aurora=copied).held == before.held


def test_verify__deep_without_configuration__is_refused(proven: Proven) -> None:
    with pytest.raises(ValueError, match="pass aurora"):
        verify_period(proven.connection, KEY, deep=True)
