"""A workspace in which nothing was computed yet: what a newcomer reads there."""

from __future__ import annotations

from pathlib import Path

from aurora_pipeline_tests.cli.conftest import Command, Ended


def test_new_workspace__before_anything_is_computed__each_command_says_so_and_what_comes_next(
    aurora: Command, tmp_path: Path
) -> None:
    home = tmp_path / "mine"
    assert aurora(tmp_path, "init", str(home)).code == 0

    def run(*arguments: str) -> Ended:
        ended = aurora(home, *arguments, AURORA_DATABASE_URL="", AURORA_DEMO="0")
        assert ended.code == 0, ended.told
        return ended

    for name in ("validators", "operator-wallets"):
        run(name, "import", str(home / f"{name.replace('-', '_')}.csv"))
    costs = run("costs", "import", str(home / "costs.csv"))
    assert "INFRASTRUCTURE: nothing -> 1.500000000 SOL" in costs.told
    assert "1 cost(s) recorded" in costs.told
    assert run("pnl").out == "nothing is published that answers this\n"
    assert run("allocation").out == "nothing is published that answers this\n"
    periods = "no finalized period of solana-mainnet is known yet; --discover asks the chain\n"
    assert run("periods", "list", "solana-mainnet").out == periods
    assert "no answer lately from solana-rpc, jito, stakewiz" in run("status").told


def test_empty_folder__any_command__points_to_init(aurora: Command, tmp_path: Path) -> None:
    ended = aurora(tmp_path, "status", AURORA_DEMO="0")
    assert (ended.code, ended.told.count("`aurora init DIR` writes a folder")) == (2, 2), ended.told
