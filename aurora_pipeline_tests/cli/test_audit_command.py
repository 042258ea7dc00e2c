"""`aurora audit` after each command that decides something, alone on an instance that knows nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from aurora_pipeline.decisions import person
from aurora_pipeline.demo.ethereum.parameters import CHAIN_ID as ETHEREUM
from aurora_pipeline.demo.solana.parameters import CHAIN_ID, Parameters
from aurora_pipeline_tests.cli.conftest import VOTE, Run
from aurora_pipeline_tests.cli.test_agreements_commands import TERMS

WALLET = Parameters().key("withdrawer", 0)
FILES = {
    "validators.csv": f"chain_id,validator_key,name,valid_from\n{CHAIN_ID},{VOTE},Rigel,2026-01-01\n",
    "wallets.csv": f"chain_id,wallet_address,valid_from\n{CHAIN_ID},{WALLET},2026-01-01\n",
    "costs.csv": f"chain_id,epoch,validator_key,cost_type,amount,unit\n{CHAIN_ID},850,{VOTE},INFRASTRUCTURE,1.5,SOL\n",
    "recipients.csv": f"chain_id,validator_key,fee_recipient,valid_from\n{ETHEREUM},*,0x{'1' * 40},2026-01-01\n",
    "terms.yaml": TERMS,
    "partner_wallets.csv": f"chain_id,wallet_address,introduced_date,partner\n{CHAIN_ID},{WALLET},2026-01-01,acme\n",
}
COMMANDS = {
    "validators": ["validators", "import", "validators.csv"],
    "operator wallets": ["operator-wallets", "import", "wallets.csv"],
    "fee recipients": ["fee-recipients", "import", "recipients.csv"],
    "costs": ["costs", "import", "costs.csv", "--reason", "invoices of August"],
    "agreements": ["agreements", "apply", "terms.yaml", "--reason", "signed"],
    "users": ["users", "add", "ola", "--name", "Ola", "--role", "OPS", "--from", "2026-01-01", "--reason", "hired"],
}
NEEDS_PARTNER = {
    "partner wallets": ["wallets", "import", "partner_wallets.csv"],
    "rename": ["partners", "rename", "acme", "Acme Two", "--reason", "they said so"],
    "suspend": ["agreements", "suspend", "acme-2026", "--from", "2026-06-01", "--reason", "paused"],
}


@pytest.fixture
def written(home: Path) -> Path:
    for name, text in FILES.items():
        (home / name).write_text(text)
    return home


def _holds(run: Run) -> list[dict[str, object]]:
    """The entries of the log, which holds."""
    ran = run("audit")
    assert ran.code == 0, ran.out + ran.err
    return list(run("audit", "--list", "--json").json)


@pytest.mark.parametrize("command", COMMANDS)
def test_audit__after_one_command_alone__holds(written: Path, run: Run, command: str) -> None:
    ran = run(*COMMANDS[command])
    assert ran.code == 0, ran.err
    entries = _holds(run)
    assert [entry["action"] for entry in entries][:2] == ["test.decided", "user.added"]
    assert len(entries) > 2
    # Once more changes nothing, and so logs nothing.
    assert run(*COMMANDS[command]).code == 0
    assert len(_holds(run)) == len(entries)


@pytest.mark.parametrize("order", [list(COMMANDS), list(reversed(COMMANDS))], ids=["forth", "back"])
def test_audit__after_every_command_in_any_order__holds(written: Path, run: Run, order: list[str]) -> None:
    for arguments in [COMMANDS[name] for name in order] + list(NEEDS_PARTNER.values()):
        ran = run(*arguments)
        assert ran.code == 0, ran.err
        _holds(run)


def test_decision__by_somebody_who_is_no_user__refused(
    written: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(*COMMANDS["validators"]).code == 0
    monkeypatch.setattr(person, "actor", lambda: "mallory")
    ran = run(*COMMANDS["costs"])
    assert (ran.code, "mallory is not a user of this instance" in " ".join(ran.err.split())) == (2, True)
    assert [entry["actor"] for entry in _holds(run)].count("mallory") == 0


def test_audit_list__more_entries_than_a_number_may_be__refused(written: Path, run: Run) -> None:
    ran = run("audit", "--list", "--newest", "99999999999999999999")
    assert ran.code == 2
    assert "Traceback" not in ran.err
