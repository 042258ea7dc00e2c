"""What commands say of an epoch whose run failed or ended early."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aurora_pipeline.cli import terminal
from aurora_pipeline.cli.running import report
from aurora_pipeline.cli.status import _show, _show_epoch
from aurora_pipeline.foundation.errors import AuroraError, CheckFailed
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.work.computing import Computed
from aurora_pipeline.work.month_end import MonthEnd, StageCount
from aurora_pipeline.work.reads.status import ChainStatus, EpochStatus, PeriodStatus, Status
from aurora_pipeline.work.runs import RunEnd
from aurora_pipeline_tests.cli.conftest import Run

NOW = datetime(2026, 9, 1, tzinfo=UTC)
CHAIN = ChainStatus("demo", "HEALTHY", 1, 1, 0, 0, NOW, None, 22, 22, 0, True, None, [], [], [], None)
STAGES = [StageCount("DRAFT", 2), StageCount("RELEASED", 1)]
STATUS = Status(NOW, "HEALTHY", [CHAIN], [], [], [], [], None, None, None, [])


@pytest.mark.parametrize(
    ("published", "words"),
    [(0, "nothing is published of solana-mainnet:0000842"), (6, "6 of the 16 layers of solana-mainnet:0000842 are")],
)
def test_status__no_completeness_known__says_how_much_is_published_and_what_goes_on(published: int, words: str) -> None:
    key = PeriodKey("solana-mainnet", EpochNumber(842))
    told = EpochStatus(key.chain_id, key.epoch, str(key), published, 16, (), (), (), 0, 0, 0, (), ())
    with pytest.raises(AuroraError, match=words) as caught:
        _show_epoch(told, False)
    assert "`aurora backfill solana-mainnet 842`" in str(caught.value.remedy)


@pytest.mark.parametrize(
    ("failure", "remedy"),
    [("mev: it is empty", "correct the cause and repeat"), ("mev: it is empty\n  -> import validators", None)],
)
def test_report__failed_assets__one_remedy_each(failure: str, remedy: str | None) -> None:
    with pytest.raises(CheckFailed) as caught:
        report(
            Computed((RunEnd.of(PeriodKey("solana-mainnet", EpochNumber(842)), "run", failures=[failure]),), (), ()),
            False,
        )
    assert "mev: it is empty" in caught.value.message
    assert caught.value.remedy == remedy


def test_status__much_is_missing__its_beginning_and_which_command_tells_all(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(terminal.out, "_width", 80)
    now, why = datetime(2026, 9, 1, tzinfo=UTC), "; ".join(f"FEES_{number} unavailable: no row" for number in range(20))
    period = PeriodStatus("demo", 850, "demo:0000850", now, now, 16, 16, "PARTIAL", None, "fees 1 unavailable", why)
    chain = replace(CHAIN, periods=[period])
    _show(replace(STATUS, chains=[chain]), now)
    told = capsys.readouterr().out
    assert "FEES_0 unavailable" in told
    assert "FEES_19" not in told
    assert "what is missing, and why, in full: `aurora status demo EPOCH`" in told


@pytest.mark.parametrize("observed", [True, False])
def test_status__a_chain_that_forgets_nothing__is_not_said_to_be_unobserved(
    observed: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    _show(replace(STATUS, chains=[replace(CHAIN, head_epoch=23, is_observed=observed)]), NOW)
    told = " ".join(capsys.readouterr().out.split())
    assert "the chain is in epoch 23 or later, all before it is published" in told
    assert ("nobody observed it" in told) is observed


def test_status__the_last_month_backup_and_checkpoint__said(capsys: pytest.CaptureFixture[str]) -> None:
    over = replace(CHAIN, month_end=MonthEnd("2026-08", None, None, STAGES))
    outdated = replace(CHAIN, month_end=MonthEnd("2026-07", None, "they rest on what no longer counts", STAGES))
    early = replace(CHAIN, condition="UNHEALTHY", month_end=MonthEnd("2026-08", "epoch 7 is not published", None, []))
    kept = replace(
        STATUS,
        last_backup_at=NOW - timedelta(hours=5),
        last_checkpoint_at=NOW - timedelta(hours=3),
        cannot_sign="the key that signs is not in K",
    )
    _show(replace(kept, chains=[over, outdated, early]), NOW)
    told = " ".join(capsys.readouterr().out.split())
    assert "month 2026-08: over, and all its periods are published; 2 DRAFT, 1 RELEASED" in told
    assert "month 2026-07: over, and all its periods are published; 2 DRAFT, 1 RELEASED; they rest on" in told
    assert "what no longer counts: `aurora statements compute demo 2026-07`" in told
    assert "demo UNHEALTHY" in told
    assert "month 2026-08: not ready, epoch 7 is not published" in told
    assert "last backup 5 h ago; the log was signed 3 h ago; the key that signs is not in K" in told


def test_status__nothing_known_of_the_chain__degraded_and_a_monitor_is_told(run: Run) -> None:
    told = run("status", "--json").json
    assert (told["condition"], told["chains"][0]["condition"], told["chains"][0]["behind"]) == ("DEGRADED",) * 2 + (
        None,
    )
    assert (told["last_backup_at"], told["last_checkpoint_at"]) == (None, None)
    assert run("status").code == 0
    assert run("status", "--check").code == 1


def test_status_next__everything_rests_on_what_counts__an_empty_list(run: Run) -> None:
    assert run("status", "--next", "--json").json == []
    assert "nothing is to be run" in run("status", "--next").out


def test_status_next__with_an_epoch__is_refused(run: Run) -> None:
    ended = run("status", "solana-demo", "850", "--next", "--json")
    assert (ended.code, ended.failure["code"]) == (2, "arguments-not-fit")


def test_providers_check__nobody_answers__each_told_once_and_not_logged_besides(run: Run) -> None:
    ended = run("providers", "check")
    assert (ended.code, ended.err) == (75, "")
    for name in ("demo-rpc", "demo-kobe", "demo-stakewiz"):
        assert ended.out.count(f"{name} (http") == 1
