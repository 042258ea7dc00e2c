"""Every chain family answers everything that the rest of the package asks of one, each in its own way."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurora_pipeline.agreements.units import AmountRefused, ChainUnits
from aurora_pipeline.config.families import Family
from aurora_pipeline.config.families.ethereum import check_address, check_public_key
from aurora_pipeline.config.families.solana import check_key
from aurora_pipeline.config.families.traits import FamilyTraits
from aurora_pipeline.config.file_table import AMOUNT_UNITS, FIELDS
from aurora_pipeline.config.vocabulary import DataType, PeriodType
from aurora_pipeline.foundation.addresses import base58_encode
from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.sources.beacon.family import EthereumChains
from aurora_pipeline.sources.families import SOURCES
from aurora_pipeline.sources.files.cell_values import Cell
from aurora_pipeline.sources.kinds import KINDS
from aurora_pipeline.sources.solana.family import SolanaChains

# From EIP-55 itself.
CHECKSUMMED = (
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0xde709f2102306220921060314715629080e2fb77",
)
KEYS = st.binary(min_size=32, max_size=32).map(base58_encode)
PUBLIC_KEYS = st.binary(min_size=48, max_size=48).map(lambda raw: f"0x{raw.hex()}")
VALIDATOR_KEYS = {Family.SOLANA: KEYS, Family.ETHEREUM: PUBLIC_KEYS}
ADDRESSES = {Family.SOLANA: KEYS, Family.ETHEREUM: st.sampled_from(CHECKSUMMED)}
OPTIONS = ("protocol_fee_bps", "exact_vote_fees", "split_fees")

of_every_family = pytest.mark.parametrize("family", list(Family))


@of_every_family
def test_traits__of_every_family__all_of_them_say_something(family: Family) -> None:
    traits = family.traits
    assert isinstance(traits, FamilyTraits)
    assert all(getattr(traits, field.name) is not None for field in fields(traits))
    assert traits.title.lower() == family.value
    assert traits.period_types
    assert set(traits.options) <= set(OPTIONS)


@of_every_family
def test_units__of_every_family__begin_with_the_base_unit_and_end_with_the_coin(family: Family) -> None:
    traits = family.traits
    decimals = list(traits.units.values())
    assert decimals[0] == 0
    assert decimals == sorted(set(decimals))
    assert (traits.base_units, traits.coin_decimals) == (next(iter(traits.units)), decimals[-1])
    assert traits.base_units in (traits.base_unit, f"{traits.base_unit}s")
    # A file says nothing of its chain's family: no unit may mean two things.
    assert all(AMOUNT_UNITS[unit] == number for unit, number in traits.units.items())


def test_units__of_two_families__share_no_name() -> None:
    names = [name.lower() for family in Family for name in family.traits.units]
    assert len(set(names)) == len(names)


@given(st.sampled_from(list(Family)), st.integers(min_value=0, max_value=10**30))
def test_amount__written_and_read_again__the_same(family: Family, amount: int) -> None:
    coin = family.traits.coin
    units = ChainUnits("chain", family, coin, family.traits.coin_decimals)
    assert units.parse(units.write(Amount(amount))) == amount
    assert units.parse(units.in_coins(Amount(amount))) == amount


@given(st.sampled_from(list(Family)), st.integers(min_value=0, max_value=10**18))
def test_amount__in_any_unit_of_the_family__in_base_units(family: Family, amount: int) -> None:
    units = ChainUnits("chain", family, family.traits.coin, family.traits.coin_decimals)
    for unit, decimals in {**family.traits.units, **family.traits.small_units}.items():
        if amount * 10**decimals <= 10**30:
            assert units.parse(f"{amount} {unit}") == amount * 10**decimals


@pytest.mark.parametrize("other", list(Family))
@of_every_family
def test_amount__in_a_unit_of_another_family__refused(family: Family, other: Family) -> None:
    units = ChainUnits("chain", family, family.traits.coin, family.traits.coin_decimals)
    for unit in other.traits.units:
        if other is not family:
            with pytest.raises(AmountRefused, match="is not a unit of chain"):
                units.parse(f"1 {unit}")


@given(st.data(), st.sampled_from(list(Family)), st.sampled_from(list(Family)))
def test_keys__of_a_family__accepted_there_and_refused_elsewhere(
    data: st.DataObject, family: Family, other: Family
) -> None:
    key, address = data.draw(VALIDATOR_KEYS[family]), data.draw(ADDRESSES[family])
    for check, text in ((other.traits.check_validator_key, key), (other.traits.check_address, address)):
        if other is family:
            assert check(text) == text
        else:
            with pytest.raises(ValueError, match=other.traits.title):
                check(text)


@given(st.sampled_from(list(Family)), st.text(max_size=120))
def test_keys__any_text__one_spelling_or_a_value_error(family: Family, text: str) -> None:
    for check in (family.traits.check_validator_key, family.traits.check_address):
        with suppress(ValueError):
            spelled = check(text)
            assert spelled.lower() == text.lower()
            assert check(spelled) == spelled


@given(st.data(), st.sampled_from(list(Family)))
def test_cells_of_files__of_a_family__read_its_keys_addresses_and_units(data: st.DataObject, family: Family) -> None:
    key, address = data.draw(VALIDATOR_KEYS[family]), data.draw(ADDRESSES[family])
    assert Cell("validator", 0, FIELDS[DataType.FEES]["validator"], {"column": "v"}, family).value([key]) == key
    assert Cell("account", 0, FIELDS[DataType.REWARDS]["account"], {"column": "a"}, family).value([address]) == address
    for unit, decimals in family.traits.units.items():
        column = {"column": "f", "unit": unit, "rounding": "exact"}
        assert Cell("fees", 0, FIELDS[DataType.FEES]["fees"], column, family).value(["7"]) == 7 * 10**decimals


@pytest.mark.parametrize("size", [None, 1, 225])
@pytest.mark.parametrize("period_type", list(PeriodType))
@of_every_family
def test_periods__of_any_type_and_size__refused_with_a_remedy_or_numbered(
    family: Family, period_type: PeriodType, size: int | None
) -> None:
    traits = family.traits
    of_type, of_size = traits.refused_period_type(period_type), traits.refused_period_size(period_type, size)
    assert (of_type is None) == (period_type in traits.period_types)
    assert all(refusal is None or (refusal.problem and refusal.remedy) for refusal in (of_type, of_size))
    if of_type is None and of_size is None:
        assert traits.period_step(period_type, size) == (size or traits.period_epochs)


@of_every_family
def test_configuration__of_every_family__decimals_and_options_are_its_own(family: Family) -> None:
    traits = family.traits
    assert traits.refused_decimals(traits.coin_decimals) is None
    wrong = traits.refused_decimals(traits.coin_decimals + 1)
    assert wrong is not None
    assert traits.title in wrong.problem
    assert traits.refused_coin(traits.coin) is None
    assert all(traits.refused_coin(unit.upper()) is not None for unit in traits.small_units)
    for key in OPTIONS:
        assert (traits.refused_option(key) is None) == (key in traits.options)
    assert traits.shares_tips == ("protocol_fee_bps" in traits.options)


@of_every_family
def test_source__of_every_family__asks_a_kind_of_provider_that_there_is(family: Family) -> None:
    assert family in SOURCES
    assert {SolanaChains.kind, EthereumChains.kind} <= KINDS.keys()


@pytest.mark.parametrize("address", CHECKSUMMED)
def test_ethereum_address__right_checksum_or_none__checksummed(address: str) -> None:
    digits = address[2:]
    for spelling in (digits, digits.lower(), digits.upper()):
        assert check_address(f"0x{spelling}") == address


def test_ethereum_address__one_letter_in_the_wrong_case__refused_with_the_right_spelling() -> None:
    with pytest.raises(ValueError, match=f"wrong checksum .*{CHECKSUMMED[0]}"):
        check_address(CHECKSUMMED[0].replace("5aA", "5AA"))


@pytest.mark.parametrize(
    "text", ["", "0x", CHECKSUMMED[0][:-1], CHECKSUMMED[0] + "0", CHECKSUMMED[0][2:], "0x" + "g" * 40]
)
def test_ethereum_address__no_40_digits__refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no Ethereum address"):
        check_address(text)


@given(PUBLIC_KEYS)
def test_ethereum_public_key__in_any_case__in_small_letters(key: str) -> None:
    assert check_public_key(f"0x{key[2:].upper()}") == key


@pytest.mark.parametrize("cut", [lambda key: key[:-1], lambda key: key + "0", lambda key: key[2:]])
def test_ethereum_public_key__cut_off_or_longer__refused(cut: Callable[[str], str]) -> None:
    with pytest.raises(ValueError, match="is no public key of an Ethereum validator"):
        check_public_key(cut("0x" + "ab" * 48))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0" * 32, "'0' is not a base58 letter"),
        ("abc", "3 characters"),
        (base58_encode(b"\xff" * 31), "31 bytes, not 32"),
        (CHECKSUMMED[0], "is no Solana key"),
    ],
)
def test_solana_key__not_base58_of_32_bytes__refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check_key(text)
