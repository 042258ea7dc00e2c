"""Unit types: mypy refuses an amount where a rate is due, an epoch where an amount is due, and sums across units."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest
from mypy import api

from aurora_pipeline.foundation.units import Amount, Bps, EpochNumber, Lamports

ROOT: Final = Path(__file__).parents[2]
_HEAD: Final = """\
from aurora_pipeline.foundation.money import format_coins, mul_div, share_bps, share_in_order, stored_amount
from aurora_pipeline.foundation.money import total, wei_of
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import ZERO, Amount, Bps, EpochNumber, EpochRange, Gwei, Lamports, Wei

base, other, rate, epoch, lamports = Amount(100), Amount(7), Bps(500), EpochNumber(850), Lamports(5000)
gwei, wei = Gwei(32), Wei(7)
"""
RIGHT: Final = """\
share: Amount = share_bps(base, rate)
rest: Amount = base - share + other
positive: Amount = max(ZERO, -rest)
parts: list[Amount] = share_in_order(total([base, other]), [1, 2])
known: Amount = stored_amount(object(), "base")
chain_neutral: Amount = lamports
fee: Lamports = mul_div(lamports, 1, 2) + lamports
penalty: Wei = wei_of(gwei - gwei) + wei
later: EpochNumber = epoch + 1
three: list[PeriodKey] = [PeriodKey("x", one) for one in EpochRange(epoch, epoch + 3)]
is_due: bool = base > 0 and base >= other
"""
WRONG: Final[Mapping[str, str]] = {
    "a rate as an amount": "share_bps(rate, rate)",
    "an amount as a rate": "share_bps(base, base)",
    "an epoch as a rate": "share_bps(base, epoch)",
    "a plain number as a rate": "share_bps(base, 500)",
    "a plain number shared": "share_bps(100, rate)",
    "a total of an amount and a rate": "owed: Amount = total([base, rate])",
    "an epoch as an amount": "format_coins(epoch, 9)",
    "an amount as an epoch": "PeriodKey('x', base)",
    "a plain number as an epoch": "PeriodKey('x', 850)",
    "a plain number as an amount": "format_coins(50, 9)",
    "an amount and a rate summed": "base + rate",
    "an amount and an epoch summed": "base + epoch",
    "an amount and a plain number summed": "more: Amount = base + 1",
    "an amount less a rate": "base - rate",
    "an amount compared with a rate": "base > rate",
    "a product as an amount": "format_coins(base * 3, 9)",
    "a quotient as an amount": "format_coins(base // 3, 9)",
    "a fraction as an amount": "Amount(1.5)",
    "base units of any chain as lamports": "fee: Lamports = base",
    "gwei as an amount": "format_coins(gwei, 18)",
    "gwei and wei summed": "gwei + wei",
    "gwei as wei": "penalty: Wei = gwei",
    "wei made wei again": "wei_of(wei)",
    "lamports as wei": "penalty: Wei = lamports",
}


@pytest.fixture(scope="module")
def errors(tmp_path_factory: pytest.TempPathFactory) -> Mapping[int, str]:
    """What mypy says of a module with everything above, by line."""
    file = tmp_path_factory.mktemp("snippets") / "snippets.py"
    file.write_text(_HEAD + RIGHT + "\n".join(WRONG.values()) + "\n")
    found = api.run(
        ["--config-file", str(ROOT / "pyproject.toml"), "--no-error-summary", "--hide-error-context", str(file)]
    )
    told = [line.split(":", 2) for line in found[0].splitlines() if ": error:" in line]
    return {int(line): words for path, line, words in told if Path(path).name == file.name}


def test_units__used_as_meant__nothing_to_say(errors: Mapping[int, str]) -> None:
    meant = range(1, _FIRST_WRONG)
    assert {line: words for line, words in errors.items() if line in meant} == {}


_FIRST_WRONG: Final = (_HEAD + RIGHT).count("\n") + 1


@pytest.mark.parametrize(("line", "name"), list(enumerate(WRONG, start=_FIRST_WRONG)))
def test_units__mixed_up__refused(line: int, name: str, errors: Mapping[int, str]) -> None:
    assert line in errors, name


def test_units__while_a_program_runs__plain_ints() -> None:
    assert {type(unit(7)) for unit in (Amount, Lamports, Bps, EpochNumber)} == {int}
