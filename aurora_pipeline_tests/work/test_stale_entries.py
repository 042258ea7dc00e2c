"""What the operator enters after a period was computed: the command says what is to be done, and doing it is enough."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from aurora_pipeline.canonical.drafts import draft_costs
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.orchestration.entries_changed import entries_changed
from aurora_pipeline.periods.partitions import PERIODS
from aurora_pipeline.pnl.drafts import draft_pnl
from aurora_pipeline.work.stale_entries import StaleEntries, stale_entries
from aurora_pipeline_tests.gated import write_check_publish
from aurora_pipeline_tests.proof.conftest import EPOCH, KEY
from aurora_pipeline_tests.work.conftest import Ask

CHAIN = KEY.chain_id
COSTS_CHANGED = "what was entered of its costs changed"


def stale(aurora: Aurora) -> list[StaleEntries]:
    with aurora.database.connect() as connection:
        return stale_entries(connection, aurora.configuration.chain(CHAIN))


def enter(ask: Ask, folder: Path, amount: str) -> str:
    """Enter a cost of the first validator; what the command says."""
    file = folder / "costs.csv"
    row = f"{CHAIN},{EPOCH},{validator(ask)},INFRASTRUCTURE,{amount},SOL"
    file.write_text(f"chain_id,epoch,validator_key,cost_type,amount,unit\n{row}\n", encoding="utf-8")
    return ask("costs", "import", str(file)).out


def validator(ask: Ask) -> str:
    return str(ask("validators", "export").out.splitlines()[1].split(",")[1])


def test_costs__entered_after_the_period__are_seen_and_what_is_to_be_done_is_said(
    copied: Aurora, ask: Ask, tmp_path: Path
) -> None:
    assert stale(copied) == []
    again = f"`aurora recompute {CHAIN} --stale`"
    assert again in enter(ask, tmp_path, "77.5")
    assert [(one.key, one.why) for one in stale(copied)] == [(KEY, COSTS_CHANGED)]
    assert again not in enter(ask, tmp_path, "77.5")  # nothing changed, nothing is to be done
    told = ask("status").out
    assert COSTS_CHANGED in told
    assert again in told
    assert COSTS_CHANGED in ask("status", "--next").out
    with copied.database.connect() as connection:
        draft = draft_costs(copied.configuration, connection, KEY)
    write_check_publish(copied.database, [draft])
    assert stale(copied) == []
    assert COSTS_CHANGED not in ask("status").out
    first = enter(ask, tmp_path, "withdraw")
    assert again in first
    (one,) = stale(copied)
    enter(ask, tmp_path, "78")
    (other,) = stale(copied)
    assert one.digest != other.digest  # another case, for which another run is requested


def test_own_wallets__entered_after_the_period__are_seen(copied: Aurora, ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "wallets.csv"
    wallet = "Vote111111111111111111111111111111111111111"
    file.write_text(f"chain_id,wallet_address,valid_from\n{CHAIN},{wallet},2020-01-01\n", encoding="utf-8")
    assert "recompute" in ask("operator-wallets", "import", str(file)).out
    assert [(one.key, one.why) for one in stale(copied)] == [(KEY, "the operator's own wallets changed")]
    with copied.database.connect() as connection:
        draft = draft_pnl(copied.configuration, connection, KEY)
    write_check_publish(copied.database, [draft])
    assert stale(copied) == []


def test_validators__imported__says_that_the_past_lacks_answers(ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "validators.csv"
    header, first, *_ = ask("validators", "export").out.splitlines()
    cells = dict(zip(header.split(","), first.split(","), strict=True)) | {"name": "renamed"}
    file.write_text(f"{header}\n{','.join(cells.values())}\n", encoding="utf-8")
    assert f"`aurora backfill {CHAIN} FROM..TO`" in ask("validators", "import", str(file)).out


@pytest.mark.parametrize("is_registered", [True, False])
def test_entries_changed__a_cost__requests_the_period_once(
    copied: Aurora, ask: Ask, tmp_path: Path, is_registered: bool
) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        if is_registered:
            instance.add_dynamic_partitions(str(PERIODS.name), [str(KEY)])

        def tick(cursor: str | None) -> tuple[list[str | None], str | None]:
            context = dg.build_sensor_context(instance=instance, cursor=cursor, resources={"aurora": copied})
            result = entries_changed(context)
            assert isinstance(result, dg.SensorResult)
            return [request.partition_key for request in result.run_requests or []], result.cursor

        found, cursor = tick(None)
        assert found == []
        enter(ask, tmp_path, "77.5")
        found, later = tick(cursor)
        assert found == ([str(KEY)] if is_registered else [])
        assert tick(later)[0] == []
