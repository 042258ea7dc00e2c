"""`aurora agreements`, `partners`, `wallets`, `users`: what they say, what they write, and how they refuse."""

from __future__ import annotations

import getpass
import io
import sys
from pathlib import Path

import pytest

from aurora_pipeline.cli import terminal
from aurora_pipeline.demo.solana.parameters import CHAIN_ID
from aurora_pipeline.foundation.addresses import base58_encode
from aurora_pipeline.foundation.errors import NotUnderstood
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.errors import DatabaseAway
from aurora_pipeline_tests.agreements.conftest import audited, written
from aurora_pipeline_tests.cli.conftest import VOTE, Run

TERMS = f"""\
partners: [{{partner: acme, name: Acme}}]
agreements:
  - agreement: acme-2026
    partner: acme
    active_from: 2026-01-01
    rules:
      - {{rule: tips, chain: {CHAIN_ID}, component: MEV_TIPS, method: FIXED_SHARE, rate_bps: 500}}
"""
CHANGED = TERMS.replace("active_from: 2026-01-01", "valid_from: 2026-03-01").replace("500", "600")


@pytest.fixture
def applied(home: Path, run: Run) -> Run:
    (home / "terms.yaml").write_text(TERMS)
    (home / "changed.yaml").write_text(CHANGED)
    assert run("agreements", "apply", "terms.yaml", "--reason", "signed").code == 0
    return run


def test_apply__without_a_reason_and_nobody_to_ask__refused_before_anything_is_written(
    home: Path, run: Run, database: Database
) -> None:
    (home / "terms.yaml").write_text(TERMS)
    ran = run("agreements", "apply", "terms.yaml")
    assert ran.code == 2
    assert "--reason" in ran.err
    assert written(database) == 0


class _Terminal(io.StringIO):
    """Somebody sits at it."""

    def isatty(self) -> bool:
        return True


APPLY = ("agreements", "apply", "changed.yaml")
DECIDING = [
    APPLY,
    ("agreements", "suspend", "acme-2026", "--from", "2026-02-01"),
    ("agreements", "terminate", "acme-2026", "--from", "2026-02-01"),
    ("agreements", "activate", "acme-2026", "--from", "2026-02-01"),
    ("partners", "rename", "acme", "Acme Ltd"),
    ("users", "add", "ada", "--name", "Ada", "--role", "FINANCE", "--from", "2026-01-01"),
    ("wallets", "end", VOTE, "--chain", CHAIN_ID, "--on", "2026-05-01"),
]
NOBODY_TO_ASK = [
    *((arguments, None) for arguments in DECIDING),
    (APPLY, io.StringIO("")),
    (APPLY, io.StringIO("because\n")),
]
"""A closed standard input, an empty one, and a pipe: nobody there knows what is asked."""


@pytest.mark.parametrize(("arguments", "stdin"), NOBODY_TO_ASK)
def test_decision__without_a_reason_and_nobody_to_ask__exit_2_with_the_remedy_and_nothing_written(
    applied: Run,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    stdin: io.StringIO | None,
) -> None:
    before = audited(database)
    monkeypatch.setattr(sys, "stdin", stdin)
    ran = applied(*arguments)
    assert ran.code == 2
    assert "-> give it with --reason" in ran.err
    assert audited(database) == before


def test_decision__without_a_reason_at_a_terminal__asks_why(
    applied: Run, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", _Terminal("a merger\n"))
    ran = applied("partners", "rename", "acme", "Acme Ltd")
    assert ran.code == 0
    assert "Why" in ran.err
    with database.connect() as connection:
        row = connection.execute("SELECT reason FROM partners ORDER BY revision DESC LIMIT 1").fetchone()
    assert row == {"reason": "a merger"}


@pytest.mark.parametrize(("answer", "code"), [("signed today\n", 0), ("", 2), ("\n", 2)])
def test_apply__without_a_reason_at_a_terminal__asks_with_the_changes_in_sight(
    home: Path, run: Run, database: Database, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    (home / "terms.yaml").write_text(TERMS)
    monkeypatch.setattr(sys, "stdin", _Terminal(answer))
    ran = run("agreements", "apply", "terms.yaml")
    assert ran.code == code
    assert "agreement/acme-2026: agreement.created" in ran.err
    assert "Nothing is written yet.\nWhy" in ran.err
    if code == 0:
        assert "3 change(s) recorded" in ran.out
        with database.connect() as connection:
            row = connection.execute("SELECT reason FROM agreement_versions").fetchone()
        assert row == {"reason": "signed today"}
    else:
        assert written(database) == 0


def test_apply__equal_terms__needs_no_reason(applied: Run) -> None:
    ran = applied("agreements", "apply", "terms.yaml")
    assert (ran.code, ran.out.strip()) == (0, "nothing changed, 2 as they were.")


def test_apply__changed_terms__tells_the_difference_in_words(applied: Run) -> None:
    ran = applied("agreements", "apply", "changed.yaml", "--reason", "amended")
    assert "rule tips: commission_rate_bps 500 -> 600" in ran.out
    assert "1 change(s) recorded" in ran.out


def test_list_show_diff__two_versions__told_for_people_and_machines(applied: Run) -> None:
    applied("agreements", "apply", "changed.yaml", "--reason", "amended")
    assert "acme-2026" in applied("agreements", "list").out
    (listed,) = applied("agreements", "list", "--partner", "acme", "--json").json
    shown = applied("agreements", "show", "acme-2026", "--json").json
    assert listed == shown
    assert [version["valid_until"] for version in shown["versions"]] == ["2026-03-01T00:00:00Z", None]
    assert [event["status"] for event in shown["events"]] == ["DRAFT", "ACTIVE"]
    told = applied("agreements", "show", "acme-2026").out
    assert "version 1 from 2026-01-01 until 2026-03-01: signed" in told
    assert "version 2 from 2026-03-01: amended" in told
    assert applied("agreements", "list", "--partner", "other", "--json").json == []
    difference = "rule tips: commission_rate_bps 500 -> 600"
    for first, second in (("acme-2026@1", "@2"), ("acme-2026@1", "acme-2026"), ("acme-2026@1", "acme-2026@2")):
        assert applied("agreements", "diff", first, second, "--json").json["differences"] == [difference]
    assert "equal terms" in applied("agreements", "diff", "acme-2026", "@2").out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("show", "acme-2062"), 'did you mean "acme-2026"?'),
        (("diff", "acme-2026@7", "@1"), "has no version 7"),
        (("diff", "acme-2026@x", "@1"), "names no version"),
        (("suspend", "acme-2026", "--from", "soon", "--reason", "x"), "--from: 'soon' is no date"),
        (("activate", "acme-2026", "--from", "2026-02-01", "--reason", "x"), "is ACTIVE since 2026-01-01 and cannot"),
        (("apply", "none.yaml", "--reason", "x"), "the file does not exist"),
    ],
)
def test_agreements__bad_input__exit_2_with_the_remedy(applied: Run, arguments: tuple[str, ...], words: str) -> None:
    ran = applied("agreements", *arguments)
    assert ran.code == 2
    assert words in " ".join(ran.err.split())
    assert "Traceback" not in ran.err


def test_suspend_activate_terminate__in_order__each_recorded(applied: Run, database: Database) -> None:
    for verb, day in (("suspend", "2026-02-01"), ("activate", "2026-03-01"), ("terminate", "2026-04-01")):
        assert applied("agreements", verb, "acme-2026", "--from", day, "--reason", "why").code == 0
    (listed,) = applied("agreements", "list", "--json").json
    assert [event["effective_from"] for event in listed["events"]][2:] == [
        f"2026-{month}-01T00:00:00Z" for month in ("02", "03", "04")
    ]
    assert listed["status"] == "TERMINATED"
    assert audited(database)[-1] == ("agreement.terminated", "agreement/acme-2026")


def test_wallets__imported_listed_ended_exported__as_csv_and_json(applied: Run, home: Path) -> None:
    (home / "w.csv").write_text(f"chain_id,wallet_address,introduced_date,notes\n{CHAIN_ID},{VOTE},2026-01-01,a\n")
    assert "1 change(s) recorded" in applied("wallets", "import", "w.csv", "--partner", "acme").out
    assert applied("wallets", "import", "w.csv", "--partner", "acme").code == 2
    assert "1 line(s) skipped" in applied("wallets", "import", "w.csv", "--partner", "acme", "--skip-duplicates").out
    both = applied("wallets", "import", "w.csv", "--partner", "acme", "--skip-duplicates", "--replace")
    assert both.code == 2
    ended = applied("wallets", "end", VOTE, "--chain", CHAIN_ID, "--on", "2026-05-01", "--reason", "sold")
    assert 'belongs to "acme" since 2026-01-01 until 2026-05-01' in ended.out
    exported = applied("wallets", "export", "--partner", "acme", "--chain", CHAIN_ID).out
    assert exported.splitlines()[1] == f"{CHAIN_ID},{VOTE},2026-01-01,2026-05-01,acme,a"
    (row,) = applied("wallets", "list", "--json").json
    assert row["partner_id"] == "acme"
    shown = applied("partners", "show", "acme")
    assert f"wallet {VOTE} on {CHAIN_ID} since 2026-01-01 until 2026-05-01" in shown.out


def test_partners__renamed_and_listed__with_agreements(applied: Run) -> None:
    assert applied("partners", "rename", "acme", "Acme Ltd", "--reason", "merger").code == 0
    (partner,) = applied("partners", "list", "--json").json
    assert (partner["name"], partner["agreements"]) == (
        "Acme Ltd",
        [{"agreement_id": "acme-2026", "status": "ACTIVE"}],
    )
    assert applied("partners", "show", "acme", "--json").json == partner
    assert "Acme Ltd" in applied("partners", "list").out
    assert applied("partners", "show", "acne").code == 2


def test_partners__minimum_payout__shown_with_its_unit_and_start(applied: Run, home: Path) -> None:
    least = f"minimum_payout: {{{CHAIN_ID}: 1.5 SOL}}, payable_from: 2026-03-01"
    (home / "least.yaml").write_text(f"partners: [{{partner: acme, name: Acme, {least}}}]")
    assert applied("agreements", "apply", "least.yaml", "--reason", "fees").code == 0
    assert f"paid nothing below 1.5 SOL on {CHAIN_ID} from 2026-03-01 on" in applied("partners", "show", "acme").out
    (told,) = applied("partners", "show", "acme", "--json").json["minimum_payouts"]
    assert told == {
        "chain_id": CHAIN_ID,
        "amount": {"amount": "1500000000", "unit": "lamport"},
        "effective_from": "2026-03-01T00:00:00Z",
    }


def test_users__added_and_listed__with_their_role(applied: Run) -> None:
    added = applied(
        "users", "add", "ada", "--name", "Ada", "--role", "FINANCE", "--from", "2026-01-01", "--reason", "x"
    )
    assert "Ada is FINANCE from 2026-01-01" in added.out
    roles = {user["login"]: user["role"] for user in applied("users", "list", "--json").json}
    # Whoever decided first, here by applying the terms, is the instance's ADMIN.
    assert roles == {getpass.getuser(): "ADMIN", "ada": "FINANCE"}
    assert "FINANCE" in applied("users", "list").out
    assert (
        applied("users", "add", "x", "--name", "X", "--role", "KING", "--from", "2026-01-01", "--reason", "x").code == 2
    )


TIERED = f"""\
agreements:
  - agreement: acme-2026
    partner: acme
    valid_from: 2026-03-01
    rules:
      - rule: tips
        chain: {CHAIN_ID}
        component: MEV_TIPS
        method: STAKE_WEIGHT
        tiers: {{mode: GRADUATED, steps: [{{up_to: 100 SOL, rate_bps: 33}}, {{rate_bps: 44}}]}}
        floor: 5 lamports
        cap: 1.5 SOL
        wallet_attribution: true
"""


def test_differences__amounts__have_their_unit_and_wallets_are_named(home: Path, applied: Run) -> None:
    (home / "tiered.yaml").write_text(TIERED)
    told = applied("agreements", "apply", "tiered.yaml", "--reason", "amended").out
    assert "tiers none -> GRADUATED over PERIOD (33 bps to 100 SOL, 44 bps above)" in told
    assert "floor none -> 5 lamports per PERIOD" in told
    assert "cap none -> 1.5 SOL per PERIOD" in told
    shown = applied("agreements", "show", "acme-2026").out
    assert "at least 5 lamports per PERIOD, at most 1.5 SOL per PERIOD, with a line per wallet" in shown
    (rule,) = applied("agreements", "show", "acme-2026", "--json").json["versions"][-1]["rules"]
    assert (rule["floor"]["limit"], rule["cap"]["limit"]) == (lamports("5"), lamports("1500000000"))
    assert [step["up_to"] for step in rule["tiers"]["steps"]] == [lamports("100000000000"), None]


def lamports(amount: str) -> dict[str, str]:
    return {"amount": amount, "unit": "lamport"}


def test_apply__dry_run__tells_everything_and_writes_nothing(applied: Run, database: Database) -> None:
    before = written(database)
    ran = applied("agreements", "apply", "changed.yaml", "--dry-run", "--reason", "amended")
    assert (ran.code, "1 change(s) to be made" in ran.out) == (0, True)
    assert "rule tips: commission_rate_bps 500 -> 600" in ran.err
    assert "Nothing is written yet" in ran.err
    told = applied("agreements", "apply", "changed.yaml", "--dry-run", "--json").json
    assert [change["action"] for change in told["changes"]] == ["agreement.version_added"]
    assert (told["dry_run"], written(database)) == (True, before)


def test_apply__json__says_what_was_recorded(applied: Run, database: Database) -> None:
    told = applied("agreements", "apply", "changed.yaml", "--json", "--reason", "amended").json
    assert "rule tips: commission_rate_bps 500 -> 600" in told["changes"][0]["words"]
    assert (told["dry_run"], told["unchanged_subjects"], told["warnings"]) == (False, ["partner/acme"], [])
    assert "agreement.version_added" in [action for action, _ in audited(database)]


def test_apply__without_a_reason_and_nobody_to_ask__shows_the_difference_first(applied: Run) -> None:
    ran = applied("agreements", "apply", "changed.yaml")
    assert (ran.code, "commission_rate_bps 500 -> 600" in ran.err) == (2, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("agreements", "apply", "changed.yaml", "--reason", "be\udcffcause"),
        ("partners", "rename", "acme", "Ac\udcffme", "--reason", "merger"),
        ("partners", "show", "\udcff"),
    ],
)
def test_arguments__that_are_no_text__refused_and_not_echoed_raw(
    applied: Run, database: Database, arguments: tuple[str, ...]
) -> None:
    before = written(database)
    ran = applied(*arguments)
    assert (ran.code, "is no UTF-8 text" in ran.err, "udcff" in ran.err) == (2, True, False)
    assert written(database) == before


@pytest.mark.parametrize("reason", ["two\nlines", "a\x1b[2Jb"])
def test_reasons__that_do_not_print__refused(applied: Run, database: Database, reason: str) -> None:
    before = written(database)
    ran = applied("partners", "rename", "acme", "Acme Ltd", "--reason", reason)
    assert (ran.code, "the reason cannot be recorded" in ran.err) == (2, True)
    assert written(database) == before


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (("wallets", "import"), f"chain_id,wallet_address,introduced_date,notes\n{CHAIN_ID},{VOTE},2026-01-01,a\0b\n"),
        (
            ("operator-wallets", "import"),
            f"chain_id,wallet_address,valid_from,notes\n{CHAIN_ID},{VOTE},2026-01-01,a\0b\n",
        ),
        (("validators", "import"), f"chain_id,validator_key,name,valid_from\n{CHAIN_ID},{VOTE},V\0,2026-01-01\n"),
        (
            ("costs", "import"),
            f"chain_id,epoch,validator_key,cost_type,amount,unit,notes\n{CHAIN_ID},850,{VOTE},INFRASTRUCTURE,1,SOL,\0\n",
        ),
    ],
)
def test_imports__cell_that_holds_a_nul__refused_with_its_line(
    home: Path, applied: Run, command: tuple[str, ...], text: str
) -> None:
    (home / "bad.csv").write_text(text)
    ran = applied(*command, "bad.csv")
    assert (ran.code, "bad.csv:2  a cell holds U+0000" in ran.err) == (2, True)


def test_many_changes__the_first_few_and_a_count(home: Path, applied: Run) -> None:
    wallets = [base58_encode(number.to_bytes(32, "big")) for number in range(2**255, 2**255 + 60)]
    lines = [f"{CHAIN_ID},{wallet},2026-01-01" for wallet in wallets]
    (home / "wallets.csv").write_text("\n".join(["chain_id,wallet_address,introduced_date", *lines]))
    told = applied("wallets", "import", "wallets.csv", "--partner", "acme").out
    assert told.count("wallet.introduced") == 11
    assert "and 50 wallet.introduced: see `aurora audit --list`" in told
    assert "60 change(s) recorded" in told


def test_hints__in_the_demo__name_commands_as_they_have_to_be_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURORA_DEMO", "1")
    with terminal.err.capture() as told:
        terminal.print_warnings(["run `aurora recompute solana-demo 855`, or `aurora demo --epochs 7`"])
        terminal.print_error(NotUnderstood("aurora verify x", "`aurora --demo status`, or aurora wallets end"))
        terminal.print_error(DatabaseAway("the database at user=postgres dbname=aurora host=/tmp does not answer"))
    assert told.get().splitlines() == [
        "Warning: run `aurora --demo recompute solana-demo 855`, or `aurora demo --epochs 7`",
        "Error: aurora --demo verify x",
        "  -> `aurora --demo status`, or aurora --demo wallets end",
        "  (value-not-understood)",
        "Error: the database at user=postgres dbname=aurora host=/tmp does not answer",
        "  (database-away)",
    ]
