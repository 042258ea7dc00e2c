"""How runs are told: each sentence once, with the assets that say it, and how long it took."""

from __future__ import annotations

from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.work.runs import AssetEnd, RunEnd

KEY = PeriodKey.parse("solana-demo:0000850")


def staged(name: str, lacking: str | None) -> AssetEnd:
    return AssetEnd(name, "staged", None, None, lacking, None)


def test_lacking__several_assets_say_the_same__once_with_their_names() -> None:
    gone = "3 unavailable: books: there is no file fees.csv"
    assets = [staged("fees", gone), staged("mev", gone), staged("meta", None), staged("costs", "1 pending: late")]
    assert RunEnd.of(KEY, "run", assets).lacking == [(gone, ("fees", "mev")), ("1 pending: late", ("costs",))]


def test_in_words__with_how_long_it_took__beside_what_was_published() -> None:
    end = RunEnd.of(KEY, "run", [AssetEnd("validator_pnl", "published", "PARTIAL", 3, None, None)])
    assert end.in_words(3.14) == "solana-demo:0000850  1 published in 3.1 s; PARTIAL: validator_pnl"
    assert end.in_words() == "solana-demo:0000850  1 published; PARTIAL: validator_pnl"
