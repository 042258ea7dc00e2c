"""`aurora override` and `overrides`: by business key, replaced, withdrawn, flagged stale, refused where it must be."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurora_pipeline.agreements.in_force import terms_in_force
from aurora_pipeline.agreements.overrides import far_above
from aurora_pipeline.agreements.tables import OverrideTarget
from aurora_pipeline.agreements.units import ChainUnits
from aurora_pipeline.cli import terminal
from aurora_pipeline.commissions.identity import line_id
from aurora_pipeline.commissions.tables import PARTNER_COMMISSION_LINES
from aurora_pipeline.config.families import Family
from aurora_pipeline.decisions.log import entries
from aurora_pipeline.demo.solana.parameters import CHAIN_ID
from aurora_pipeline.foundation.csv_file import read_instant
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import Amount, EpochNumber
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.declaration import Completeness
from aurora_pipeline.store.drafts import Draft
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline_tests.agreements.conftest import written
from aurora_pipeline_tests.cli.conftest import VOTE, Run
from aurora_pipeline_tests.cli.test_agreements_commands import TERMS
from aurora_pipeline_tests.gated import write_check_publish

EPOCH = EpochNumber(850)
OTHER = "Vote222222222222222222222222222222222222222"


def _line(validator: str, computed: int | None, kind: str = "LINE") -> dict[str, Any]:
    return {
        "chain_id": CHAIN_ID,
        "epoch": EPOCH,
        "line_id": line_id("acme-2026", "tips", validator, "", CHAIN_ID, EPOCH, kind),
        "partner_id": "acme",
        "agreement_id": "acme-2026",
        "agreement_version": 1,
        "rule_key": "tips",
        "rule_order": 1,
        "kind": kind,
        "validator_key": validator,
        "wallet_address": "",
        "component": "MEV_TIPS",
        "funded_by": "MEV_TIPS",
        "attribution_method": "FIXED_SHARE",
        "basis": "GROSS",
        "rate_bps": 500,
        "base": None if computed is None else abs(computed) * 20,
        "computed": computed,
        "final": computed,
        "held": False,
        "state": "pending" if computed is None else "final",
        "reason": "waits" if computed is None else None,
    }


def _publish(database: Database, *lines: dict[str, Any]) -> None:
    frame = frame_of(PARTNER_COMMISSION_LINES, list(lines))
    write_check_publish(
        database,
        [Draft(PARTNER_COMMISSION_LINES, PeriodKey(CHAIN_ID, EPOCH), frame, (), Completeness.FINAL)],
    )


LINE = str(_line(VOTE, 1)["line_id"])
RULE = f"acme-2026/tips@{CHAIN_ID}:{EPOCH}"


@pytest.fixture
def lines(database: Database, home: Path, run: Run) -> Run:
    (home / "terms.yaml").write_text(TERMS)
    assert run("agreements", "apply", "terms.yaml", "--reason", "signed").code == 0
    _publish(database, _line(VOTE, 100), _line(OTHER, 50), _line(VOTE, -7, "CAP_REDUCTION"))
    return run


def _listed(run: Run, *more: str) -> list[tuple[Any, ...]]:
    rows = run("overrides", "list", "--json", *more).json
    amounts = ("amount", "computed_seen", "computed")
    return [(row["target"], *(row[name] and row[name]["amount"] for name in amounts), row["standing"]) for row in rows]


@pytest.mark.parametrize("name", [LINE, LINE[:8], LINE.replace("-", "")[:12].upper()])
def test_override__line_by_its_id_or_beginning__recorded_with_what_was_seen(lines: Run, name: str) -> None:
    ran = lines("override", name, "0.000000080 SOL", "--reason", "settled")
    assert "pays 80 lamports instead of 93 lamports (100 lamports was computed)" in ran.out
    assert f"aurora recompute {CHAIN_ID} --stale" in ran.out
    assert _listed(lines) == [("LINE", "80", "100", "100", "holds")]


@pytest.mark.parametrize("name", [RULE, RULE.replace(":850", ":0000850")])
def test_override__rules_total__stands_beside_the_sum_of_its_lines(lines: Run, name: str) -> None:
    assert lines("override", name, "120 lamports", "--reason", "settled").code == 0
    assert _listed(lines) == [("RULE", "120", "150", "150", "holds")]
    assert _listed(lines, "--epoch", "851") == []


def test_override__terms_in_force_of_the_period__holds_the_newest(lines: Run, database: Database) -> None:
    lines("override", LINE, "80 lamports", "--reason", "settled")
    lines("override", LINE, "90 lamports", "--reason", "settled again")
    at = read_instant("2026-05-01")
    with database.connect() as connection:
        terms = terms_in_force(connection, CHAIN_ID, at, epoch=EPOCH)
        assert terms_in_force(connection, CHAIN_ID, at, epoch=EpochNumber(EPOCH + 1)).overrides == ()
        assert terms_in_force(connection, CHAIN_ID, at).overrides == ()
        log = list(entries(connection))
    (override,) = terms.overrides
    assert (override.target, override.amount, override.computed_seen) == (OverrideTarget.LINE, 90, 100)
    assert terms.inputs[-1].name == f"commission_overrides:acme-2026/tips/{CHAIN_ID}/850/LINE/{VOTE}//2"
    assert [entry.action for entry in log[-2:]] == ["override.set", "override.replaced"]
    assert json.loads(log[-1].before or "")["amount"] == "80"
    lines("overrides", "withdraw", LINE, "--reason", "mistaken")
    with database.connect() as connection:
        assert terms_in_force(connection, CHAIN_ID, at, epoch=EPOCH).overrides == ()
    assert _listed(lines)[0][1:] == (None, None, "100", "withdrawn")


def test_override__held_line__says_that_nothing_is_paid(lines: Run, database: Database) -> None:
    held = {**_line(VOTE, 100), "held": True, "reason": "HELD: too much is claimed"}
    _publish(database, held, _line(OTHER, 50))
    assert "it is HELD: nothing of that is paid" in lines("override", LINE, "80 lamports", "--reason", "settled").err
    lines("overrides", "withdraw", LINE, "--reason", "no")
    assert "1 of its lines are HELD" in lines("override", RULE, "80 lamports", "--reason", "settled").err


def test_override__replaced__instead_of_what_the_first_one_paid(lines: Run, database: Database) -> None:
    lines("override", LINE, "80 lamports", "--reason", "settled")
    _publish(database, {**_line(VOTE, 100), "override": 80, "final": 80}, _line(OTHER, 50))
    told = lines("override", LINE, "1.5 SOL", "--reason", "settled", "--yes").out
    assert "pays 1.5 SOL instead of 80 lamports (100 lamports was computed), before that 80 lamports" in told


@pytest.mark.parametrize("computed", [100, 10**7, None])
def test_override__many_times_what_was_computed__asked_about(
    lines: Run, database: Database, computed: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    _publish(database, _line(VOTE, computed), _line(OTHER, 50))
    before = written(database)
    ran = lines("override", LINE, "150 SOL", "--reason", "settled")
    assert (ran.code, written(database)) == (2, before)
    said = " ".join(ran.err.split())
    assert "150 SOL" in said
    assert "not known yet" in said if computed is None else "is more than 10 times the" in said
    assert "if it is meant, repeat the command with --yes" in said
    monkeypatch.setattr(terminal, "_answer", lambda question: "no")
    assert lines("override", LINE, "150 SOL", "--reason", "settled").code == 2
    assert written(database) == before
    monkeypatch.setattr(terminal, "_answer", lambda question: " Yes ")
    assert lines("override", LINE, "150 SOL", "--reason", "settled").code == 0
    assert _listed(lines)[0][1] == str(150 * 10**9)


def test_override__many_times_what_was_computed__not_asked_with_yes_nor_where_it_is_little(lines: Run) -> None:
    assert lines("override", LINE, "0.1 SOL", "--reason", "settled").code == 0
    assert lines("override", LINE, "0.100000001 SOL", "--reason", "settled").code == 2
    assert lines("override", LINE, "150 SOL", "--reason", "settled", "--yes").code == 0


@given(amount=st.integers(0, 10**30), computed=st.integers(-(10**12), 10**30), decimals=st.integers(0, 18))
def test_far_above__any_amounts__asked_only_where_both_bounds_are_passed(
    amount: int, computed: int, decimals: int
) -> None:
    units = ChainUnits("c", Family.SOLANA, "SOL", decimals)
    is_far = far_above(Amount(amount), Amount(computed), units) is not None
    assert is_far == (
        amount > 10 * computed and 10 * amount > 10**decimals if decimals else amount > max(1, 10 * computed)
    )


@pytest.mark.parametrize(
    "name",
    [
        LINE,
        LINE[:8],
        f"acme-2026/tips@{CHAIN_ID}:0000850 {VOTE}",
        f"acme-2026/tips@{CHAIN_ID}:850  {VOTE} ",
    ],
)
def test_withdraw__target_that_vanished__by_any_of_its_names(lines: Run, database: Database, name: str) -> None:
    lines("override", LINE, "80 lamports", "--reason", "settled")
    _publish(database, _line(OTHER, 50))
    (listed,) = lines("overrides", "list", "--json").json
    assert (listed["line_id"], listed["name"]) == (LINE, f"acme-2026/tips@{CHAIN_ID}:0000850 {VOTE}")
    assert LINE[:8] in lines("overrides", "list").out
    assert "paid as computed" in lines("overrides", "withdraw", name, "--reason", "gone").out
    assert _listed(lines)[0][-1] == "withdrawn"


def test_overrides_list__chain_that_is_not_there__refused(lines: Run) -> None:
    ran = lines("overrides", "list", "--chain", "nope")
    assert (ran.code, "there is no chain 'nope'" in ran.err) == (2, True)


def test_audit_list__by_subject_action_actor_and_time__in_order_with_both_states(lines: Run) -> None:
    lines("override", LINE, "80 lamports", "--reason", "settled")
    lines("override", LINE, "90 lamports", "--reason", "settled again")
    (first, second) = lines("audit", "--list", "--subject", "override/*", "--json").json
    assert (first["action"], second["action"]) == ("override.set", "override.replaced")
    assert (first["before"], second["before"]["amount"], second["after"]["amount"]) == (None, "80", "90")
    assert second["after"]["reason"] == "settled again"
    assert [one["sequence"] for one in lines("audit", "--action", "override.set", "--json").json] == [first["sequence"]]
    assert lines("audit", "--list", "--actor", "nobody", "--json").json == []
    assert lines("audit", "--list", "--until", "2020-01-01", "--json").json == []
    assert lines("audit", "--list", "--subject", "override", "--json").json == []
    assert len(lines("audit", "--list", "--newest", "1", "--from", "2020-01-01", "--json").json) == 1
    shown = lines("audit", "--list").out
    assert "override.replaced" in shown
    assert "settled again" in shown


def test_override__the_same_again__nothing_is_written(lines: Run, database: Database) -> None:
    lines("override", LINE, "80 lamports", "--reason", "settled")
    before = written(database)
    assert "nothing changed" in lines("override", LINE, "80 lamports", "--reason", "settled").out
    assert written(database) == before


def test_overrides_list__computed_moved_or_gone__stale_or_vanished(lines: Run, database: Database) -> None:
    lines("override", LINE, "80 lamports", "--reason", "settled")
    _publish(database, _line(VOTE, 101), _line(OTHER, 50))
    assert _listed(lines) == [("LINE", "80", "100", "101", "stale")]
    lines("override", LINE, "80 lamports", "--reason", "still so")
    assert _listed(lines) == [("LINE", "80", "101", "101", "holds")]
    _publish(database, _line(OTHER, 50))
    assert _listed(lines) == [("LINE", "80", "101", None, "vanished")]
    assert "vanished" in lines("overrides", "list").out
    name = f"acme-2026/tips@{CHAIN_ID}:0000850 {VOTE}"
    assert "paid as computed" in lines("overrides", "withdraw", name, "--reason", "gone").out


def test_override__line_that_is_not_known_yet__seen_as_unknown(lines: Run, database: Database) -> None:
    _publish(database, _line(VOTE, None), _line(OTHER, 50))
    assert "instead of an amount that is not known yet" in lines("override", LINE, "5 lamports", "--reason", "x").out
    assert _listed(lines) == [("LINE", "5", None, None, "holds")]
    _publish(database, _line(VOTE, 3), _line(OTHER, 50))
    assert _listed(lines) == [("LINE", "5", None, "3", "stale")]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((LINE, "80 lamports"), "a reason"),
        ((LINE, "80 lamports", "--reason", "  "), "a reason"),
        ((LINE, "80", "--reason", "x"), '"80" is not an amount with a unit'),
        ((LINE, "80 ETH", "--reason", "x"), '"ETH" is not a unit'),
        ((LINE, "-80 lamports", "--reason", "x"), '"-80 lamports" is negative'),
        ((LINE, f"{10**31} lamports", "--reason", "x"), "exceeds the bound"),
        (("00000000", "80 lamports", "--reason", "x"), "no line has an id that begins with"),
        (("zzz", "80 lamports", "--reason", "x"), "is no id or beginning of one"),
        ((f"acme-2026/tip@{CHAIN_ID}:850", "80 lamports", "--reason", "x"), "no line of the rule acme-2026/tip@"),
        ((f"acme-2026/tips@{CHAIN_ID}:851", "80 lamports", "--reason", "x"), "no line of the rule"),
        (("acme-2026@850", "80 lamports", "--reason", "x"), "names no rule of a period"),
        ((str(_line(VOTE, 1, "CAP_REDUCTION")["line_id"]), "1 lamports", "--reason", "x"), "is a CAP_REDUCTION"),
    ],
)
def test_override__that_cannot_be__refused_and_nothing_written(
    lines: Run, database: Database, arguments: tuple[str, ...], words: str
) -> None:
    before = written(database)
    ran = lines("override", *arguments)
    assert ran.code == 2
    assert words in " ".join(ran.err.split())
    assert written(database) == before


def test_override__line_that_was_superseded__refused(lines: Run, database: Database) -> None:
    _publish(database, _line(OTHER, 50))
    ran = lines("override", LINE, "80 lamports", "--reason", "x")
    assert ran.code == 2
    assert "is not in force" in ran.err


@pytest.mark.parametrize(("first", "second"), [(LINE, RULE), (RULE, LINE)])
def test_override__a_rule_and_one_of_its_lines__refused_until_the_other_is_withdrawn(
    lines: Run, first: str, second: str
) -> None:
    lines("override", first, "80 lamports", "--reason", "settled")
    ran = lines("override", second, "90 lamports", "--reason", "settled")
    assert ran.code == 2
    assert "cannot both" in ran.err
    lines("overrides", "withdraw", first, "--reason", "the other way round")
    assert lines("override", second, "90 lamports", "--reason", "settled").code == 0


def test_withdraw__what_is_not_overridden__refused(lines: Run) -> None:
    assert "has no override" in lines("overrides", "withdraw", LINE, "--reason", "x").err


def test_audit__heads_noted_and_given_back__holds_and_a_wrong_one_is_refused(run: Run, database: Database) -> None:
    _publish(database, _line(VOTE, 50))
    noted = re.search(r"later: (\S+)", run("audit").out)
    assert noted is not None
    log, publications, *others = noted[1].split("/")
    assert others == ["-", "-"]
    assert run("audit", "--witness", noted[1]).code == 0
    assert "is not a witness" in run("audit", "--witness", log).err
    number, digest = publications.split(":")
    cut = run("audit", "--witness", f"{log}/{int(number) + 1}:{digest}/-/-")
    assert (cut.code, "they were cut" in cut.err) == (1, True)
