"""Applying agreements files: the new is created, changed terms get a version, equal ones stay, or nothing at all."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aurora_pipeline.agreements.apply import apply
from aurora_pipeline.agreements.file.document import AgreementsRefused
from aurora_pipeline.agreements.in_force import terms_in_force
from aurora_pipeline.agreements.tables import AGREEMENT_TABLES
from aurora_pipeline.decisions.log import entries, verify
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.agreements.conftest import OTHER_VOTE, STRANGER, VOTE, Apply, agreement
from aurora_pipeline_tests.decided import LOGGED_SINCE

RULE = "{rule: %s, chain: solana-demo, component: MEV_TIPS, method: FIXED_SHARE, rate_bps: %d}"


def _count(database: Database) -> dict[str, int]:
    counts = {}
    with database.connect() as connection:
        for name in [*(table.name for table in AGREEMENT_TABLES), LOGGED_SINCE]:
            row = connection.execute(f"SELECT count(*) AS n FROM {name}".encode()).fetchone()
            assert row is not None
            counts["audit_log" if name is LOGGED_SINCE else name] = row["n"]
    return counts


def _rows(database: Database, query: str) -> list[dict[str, Any]]:
    with database.connect() as connection:
        return connection.execute(query.encode()).fetchall()


def test_apply__new_file__creates_everything_with_one_recorded_instant(ledger: Database, apply_text: Apply) -> None:
    report = apply_text(agreement())
    assert [change.action for change in report.changes] == [
        "partner.created",
        "agreement.created",
        "agreement.activated",
    ]
    events = _rows(ledger, "SELECT status, effective_from FROM agreement_events ORDER BY event_number")
    january = datetime(2026, 1, 1, tzinfo=UTC)
    assert events == [
        {"status": "DRAFT", "effective_from": january},
        {"status": "ACTIVE", "effective_from": january},
    ]
    union = " UNION ".join(f"SELECT recorded_at FROM {table.name}" for table in AGREEMENT_TABLES)
    assert len(_rows(ledger, union)) == 1


def test_apply__same_file_again__writes_nothing_and_says_so(ledger: Database, apply_text: Apply) -> None:
    apply_text(agreement())
    before = _count(ledger)
    report = apply_text(agreement(), reason="")
    assert report.changes == []
    assert report.unchanged == ["partner/acme", "agreement/acme-2026"]
    assert _count(ledger) == before


def test_apply__changed_terms_from_a_day_on__new_version_told_in_words(ledger: Database, apply_text: Apply) -> None:
    apply_text(agreement(f"- {RULE % ('tips', 500)}\n- {RULE % ('more', 100)}"))
    head = "agreement: acme-2026, partner: acme, valid_from: 2026-03-01"
    report = apply_text(agreement(f"- {RULE % ('tips', 600)}\n- {RULE % ('extra', 50)}", head), reason="amended")
    (change,) = report.changes
    assert change.action == "agreement.version_added"
    assert change.words == (
        "version 2 holds from 2026-03-01 on",
        "rule more is gone",
        "rule tips: commission_rate_bps 500 -> 600",
        "rule extra is new: 50 bps of MEV_TIPS of every validator on solana-demo",
    )
    with ledger.connect() as connection:
        last = list(entries(connection))[-1]
        assert verify(connection).holds
    assert last.before is not None
    assert last.after is not None
    before, after = json.loads(last.before), json.loads(last.after)
    assert (before["version"], after["version"], after["reason"]) == (1, 2, "amended")
    assert before["rules"][0]["commission_rate_bps"] == 500


@pytest.mark.parametrize("day", ["2026-01-01", "2025-12-31"])
def test_apply__other_terms_for_time_a_version_holds_from__refused(
    ledger: Database, apply_text: Apply, day: str
) -> None:
    apply_text(agreement())
    before = _count(ledger)
    with pytest.raises(AgreementsRefused, match=r"rewrite version 1.*\n.*a day after 2026-01-01"):
        apply_text(agreement(f"- {RULE % ('tips', 1)}", f"agreement: acme-2026, partner: acme, valid_from: {day}"))
    assert _count(ledger) == before


def test_apply__equal_terms_for_earlier_time__refused(apply_text: Apply) -> None:
    apply_text(agreement(head="agreement: acme-2026, partner: acme, active_from: 2026-02-01"))
    with pytest.raises(AgreementsRefused, match="would rewrite version 1"):
        apply_text(agreement(head="agreement: acme-2026, partner: acme, valid_from: 2026-01-01"))


def test_apply__versions_that_overlap_the_newest_one__refused(apply_text: Apply) -> None:
    apply_text(agreement())
    apply_text(agreement(f"- {RULE % ('tips', 2)}", "agreement: acme-2026, partner: acme, valid_from: 2026-06-01"))
    with pytest.raises(AgreementsRefused, match="rewrite version 2, which holds from 2026-06-01"):
        apply_text(agreement(f"- {RULE % ('tips', 3)}", "agreement: acme-2026, partner: acme, valid_from: 2026-03-01"))


def test_apply__changed_terms_without_a_day__refused_with_the_line(apply_text: Apply) -> None:
    apply_text(agreement())
    with pytest.raises(AgreementsRefused, match=r"agreements\.yaml:4 .*changed, but not from when on\n.*valid_from"):
        apply_text(agreement(f"- {RULE % ('tips', 501)}", "agreement: acme-2026, partner: acme"))


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ("agreement: acme-2026, partner: other, active_from: 2026-01-01", 'belongs to "acme"'),
        ("agreement: acme-2026, partner: acme, active_from: 2026-02-01", "has been active from 2026-01-01 on"),
    ],
)
def test_apply__partner_or_start_of_a_known_agreement_moved__refused(apply_text: Apply, head: str, words: str) -> None:
    apply_text("partners: [{partner: other, name: Other}]")
    apply_text(agreement())
    with pytest.raises(AgreementsRefused, match=words):
        apply_text(agreement(head=head))


def test_apply__draft_then_activated__accrues_from_then_on(ledger: Database, apply_text: Apply) -> None:
    report = apply_text(agreement(head="agreement: acme-2026, partner: acme, valid_from: 2026-01-01"))
    assert "as a draft it accrues nothing" in report.warnings[0]
    with ledger.connect() as connection:
        assert terms_in_force(connection, "solana-demo", datetime(2026, 5, 1, tzinfo=UTC)).agreements == ()
    report = apply_text(agreement(head="agreement: acme-2026, partner: acme, active_from: 2026-04-01"))
    assert [change.action for change in report.changes] == ["agreement.activated"]
    with ledger.connect() as connection:
        assert terms_in_force(connection, "solana-demo", datetime(2026, 3, 1, tzinfo=UTC)).agreements == ()
        assert len(terms_in_force(connection, "solana-demo", datetime(2026, 5, 1, tzinfo=UTC)).agreements) == 1


def test_apply__several_mistakes__all_named_with_line_and_remedy(ledger: Database, apply_text: Apply) -> None:
    text = f"""\
    partners:
      - {{partner: acme, nam: Acme}}
    agreements:
      - agreement: acme-2026
        partner: acmee
        active_from: 2026-02-30
        rules:
          - {{rule: a, chain: solana-dmo, component: MEV_TIPS, method: FIXED_SHARE, rate_bps: 500}}
          - {{rule: b, chain: solana-demo, component: MEV_TIP, method: FIXED_SHARE, rate_bps: 10001}}
          - {{rule: c, chain: solana-demo, component: ALL, method: FIXED_SHAR, rate_bps: 5.5}}
      - agreement: second
        partner: acmee
        active_from: 2026-01-01
        rules:
          - {{rule: a, chain: solana-dmo, component: MEV_TIPS, method: FIXED_SHARE, rate_bps: 500}}
          - {{rule: a, chain: solana-demo, validator: {VOTE}x, component: COMMISSION, method: FIXED_SHARE, rate_bps: 1}}
    agreement: []
    """
    with pytest.raises(AgreementsRefused) as refused:
        apply_text(text)
    told = [(problem.line, problem.message, problem.remedy) for problem in refused.value.mistakes]
    expected = [
        (2, 'the key "name" is missing', "add name"),
        (2, 'unknown key "nam"', 'did you mean "name"?'),
        (6, "expected a day like 2025-01-31", "from which it accrues"),
        (9, "expected one of EXEC_FEES", 'did you mean "MEV_TIPS"?'),
        (9, "must be at most 10000, found the number 10001", "hundredths of a percent"),
        (10, "no component for all", "four rules"),
        (10, "expected one of FIXED_SHARE", 'did you mean "FIXED_SHARE"?'),
        (10, "expected a whole number", "hundredths of a percent"),
        (12, 'there is no partner "acmee"', 'did you mean "acme"?'),
        (15, 'unknown chain "solana-dmo"', 'did you mean "solana-demo"?'),
        (16, 'two rules have the key "a"', "stands on line 15"),
        (16, "is no Solana key", "vote account"),
        (17, 'unknown key "agreement"', 'did you mean "agreements"?'),
    ]
    for line, message, remedy in expected:
        assert any(at == line and message in m and remedy in str(r) for at, m, r in told), (line, message, told)
    assert len(told) == len(expected)
    assert set(_count(ledger).values()) == {0}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty"),
        ("- a\n- b\n", "expected a map with the keys partners and agreements"),
        ("partners: {acme: Acme}\n", "expected a list of partners"),
        ("agreements:\n  - agreement: x\n\tpartner: y\n", "replace the tab"),
        ("{}", "neither partners nor agreements"),
        (agreement().replace("2026-01-01", "yesterday"), "expected a day like 2025-01-31"),
        (agreement(head="agreement: acme-2026, partner: acme"), "does not say from when it holds"),
        (
            agreement(head="agreement: acme-2026, partner: acme, active_from: 2026-01-01, valid_from: 2026-02-01"),
            "active from 2026-01-01, before it has any terms",
        ),
        (agreement(rules="[]"), "without rules pays nothing"),
        (
            "agreements:\n" + "  - {agreement: X}\n" * 60,
            r"180 mistakes(.|\n)*\.\.\. and 150 more, all in .*, lines 12-61",
        ),
        (agreement(head="agreement: Acme 2026, partner: acme"), "not spelled as it must be"),
        (agreement().replace("name: Acme", 'name: "Ac\\0me"'), "it holds U.0000"),
        (agreement().replace("name: Acme", 'name: "  "'), "it is empty"),
        (agreement().replace("name: Acme", 'name: "\\u202Eemca"'), "it holds U.202E"),
        (agreement().replace("2026-01-01", "0001-01-01"), "lies before every chain"),
        (agreement().replace("name: Acme", 'name: "Ac\\uD800me"'), "nothing was written"),
        (agreement() + agreement().split("agreements:\n")[1], 'two agreements have the key "acme-2026"'),
    ],
)
def test_apply__file_that_cannot_be_used__refused_and_nothing_written(
    ledger: Database, apply_text: Apply, text: str, words: str
) -> None:
    with pytest.raises(AgreementsRefused, match=words):
        apply_text(text)
    assert set(_count(ledger).values()) == {0}


def test_apply__file_that_is_not_there__says_so(ledger: Database, tmp_path: Path) -> None:
    with pytest.raises(AgreementsRefused, match="does not exist"):
        apply(ledger, tmp_path / "none.yaml", "ada", "why")


def test_apply__no_reason__refused_and_nothing_written(ledger: Database, apply_text: Apply) -> None:
    with pytest.raises(AuroraError, match="--reason"):
        apply_text(agreement(), reason="  ")
    assert set(_count(ledger).values()) == {0}


def test_apply__partner_renamed__new_revision_in_the_audit_log(ledger: Database, apply_text: Apply) -> None:
    apply_text(agreement())
    report = apply_text("partners: [{partner: acme, name: Acme Ltd}]")
    assert report.changes[0].words == ("name Acme -> Acme Ltd",)
    with ledger.connect() as connection:
        (partner,) = terms_in_force(connection, "solana-demo", datetime(2026, 5, 1, tzinfo=UTC)).partners
    assert partner.name == "Acme Ltd"


def _pair(first_bps: int, second_bps: int, first: str = "", second: str = "") -> str:
    def one(partner: str, rate: int, validator: str) -> str:
        where = f"validator: '{validator}', " if validator else ""
        return f"""
  - agreement: {partner}-1
    partner: {partner}
    active_from: 2026-01-01
    rules:
      - {{rule: r, chain: solana-demo, {where}component: EXEC_FEES, method: FIXED_SHARE, rate_bps: {rate}}}"""

    names = "partners: [{partner: a, name: A}, {partner: b, name: B}]\nagreements:"
    return names + one("a", first_bps, first) + one("b", second_bps, second)


@pytest.mark.parametrize(
    ("text", "whom"),
    [
        (_pair(6000, 4000), None),
        (_pair(6000, 4001), f"of {OTHER_VOTE} and 2 more on"),
        (_pair(6000, 4001, first=VOTE), f"of {VOTE} on"),
        (_pair(6000, 4001, first=VOTE, second=OTHER_VOTE), None),
        (_pair(6000, 4001, first=VOTE, second="9Q*"), f"of {VOTE} on"),
    ],
)
def test_apply__terms_that_could_over_claim__warned_with_both_named(
    apply_text: Apply, text: str, whom: str | None
) -> None:
    warnings = [warning for warning in apply_text(text).warnings if "HELD" in warning]
    assert len(warnings) == (0 if whom is None else 1)
    if whom is not None:
        assert "a-1/r and b-1/r together claim up to 10001 bps of EXEC_FEES" in warnings[0]
        assert whom in warnings[0]


def test_apply__over_claim_only_after_a_later_version__warned(apply_text: Apply) -> None:
    assert apply_text(_pair(6000, 4000)).warnings == []
    later = _pair(6000, 4000).replace("active_from: 2026-01-01", "valid_from: 2027-01-01").replace("6000", "7000")
    assert ["a-1/r and b-1/r" in warning for warning in apply_text(later).warnings] == [True]


def test_apply__rule_behind_one_that_takes_all__warned(apply_text: Apply) -> None:
    report = apply_text(agreement(f"- {RULE % ('all', 500)}\n- {RULE % ('never', 100)}"))
    assert 'rule "never" of "acme-2026" never pays: rule "all" before it' in report.warnings[0]


def test_apply__rule_for_a_validator_nobody_runs__refused(ledger: Database, apply_text: Apply) -> None:
    rules = f"- {RULE % ('mine', 5)}\n- {RULE % ('else', 5)}".replace("component", f"validator: {VOTE}, component", 1)
    rules = rules.replace("else, ", f"else, validator: {STRANGER}, ")
    with pytest.raises(AgreementsRefused, match=rf":9 .*nobody runs the validator \"{STRANGER}\" on solana-demo"):
        apply_text(agreement(rules))
    assert set(_count(ledger).values()) == {0}


def test_apply__pattern_that_matches_nobody__warned(apply_text: Apply) -> None:
    rules = (RULE % ("else", 5)).replace("component", "validator: 'Zz*', component")
    (warning,) = apply_text(agreement(f"- {rules}")).warnings
    assert "acme-2026/else matches none of the validators registered" in warning


def test_apply__terms_reach_back_over_finalized_periods__says_what_to_recompute(
    ledger: Database, apply_text: Apply
) -> None:
    with ledger.connect() as connection:
        for epoch, end in ((850, "2026-01-01"), (851, "2026-01-03"), (852, "2026-01-05")):
            connection.execute(
                """INSERT INTO canonical_periods
                   (chain_id, epoch, period_key, first_slot, last_slot, first_block_slot, last_block_slot,
                    started_at, ended_at, period_digest, payload_ids)
                   VALUES ('solana-demo', %s, %s, 0, 1, 0, 1, '2025-12-30', %s, %s, '{}')""",
                [epoch, f"solana-demo:{epoch:07d}", end, "0" * 64],
            )
    # Epoch 850 ends when the terms begin: its last instant is before them.
    assert "solana-demo:0000851 to solana-demo:0000852 are computed already" in apply_text(agreement()).warnings[-1]


def test_apply__draft_activated_before_its_first_terms__refused(apply_text: Apply) -> None:
    apply_text(agreement(head="agreement: acme-2026, partner: acme, valid_from: 2026-02-01"))
    with pytest.raises(AgreementsRefused, match=r"active from 2026-01-01, before it has any terms\n.*2026-02-01"):
        apply_text(agreement(head="agreement: acme-2026, partner: acme, active_from: 2026-01-01"))


def test_apply__over_claim_with_terms_others_get_later__warned_already(apply_text: Apply) -> None:
    first, second = _pair(6000, 4000).split("  - agreement: b-1")
    apply_text(first)
    later = first.replace("active_from: 2026-01-01", "valid_from: 2027-01-01").replace("6000", "7000")
    assert apply_text(later).warnings == []
    (warning,) = apply_text("agreements:\n  - agreement: b-1" + second).warnings
    assert "together claim up to 11000 bps" in warning


def test_apply__over_claim_between_others__not_told_again(apply_text: Apply) -> None:
    assert len(apply_text(_pair(6000, 5000)).warnings) == 1
    assert apply_text(agreement()).warnings == []


def test_apply__rule_that_stacks_on_one_that_takes_all__not_warned(apply_text: Apply) -> None:
    stacking = (RULE % ("extra", 100)).replace("}", ", stacks: true}")
    assert apply_text(agreement(f"- {RULE % ('all', 500)}\n- {stacking}")).warnings == []
    stacked_on = f"- {stacking}\n- {RULE % ('all', 500)}"
    assert apply_text(agreement(stacked_on, "agreement: second, partner: acme, active_from: 2026-01-01")).warnings == []
