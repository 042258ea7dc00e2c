"""Terms that cannot be: refused with the line and the remedy, nothing written, all mistakes of a file at once."""

from __future__ import annotations

import pytest

from aurora_pipeline.agreements.file.document import AgreementsRefused
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.agreements.conftest import Apply, agreement, written

PLAIN = "rule: r, chain: solana-demo, component: COMMISSION, method: CLIENT_REVENUE"


def _tiers(steps: str, mode: str = "GRADUATED", metric: str = "PERIOD", head: str = PLAIN) -> str:
    return f"- {{{head}, tiers: {{mode: {mode}, metric: {metric}, steps: [{steps}]}}}}"


def _rule(more: str, head: str = PLAIN) -> str:
    return f"- {{{head}, {more}}}"


REFUSED = {
    "gap in tiers": (_tiers("{up_to: 1 SOL, rate_bps: 1}, {above: 2 SOL, rate_bps: 2}"), "a gap in the tiers", "1 SOL"),
    "overlap in tiers": (
        _tiers("{up_to: 2 SOL, rate_bps: 1}, {above: 1.5 SOL, rate_bps: 2}"),
        "an overlap in the tiers",
        "write 2 SOL",
    ),
    "first tier above 0": (_tiers("{above: 1 SOL, rate_bps: 2}"), "a gap in the tiers", "0 SOL"),
    "tiers that fall back": (
        _tiers("{up_to: 2 SOL, rate_bps: 1}, {up_to: 2 SOL, rate_bps: 2}, {rate_bps: 3}"),
        "ends at 2 SOL, not above where it begins",
        "order the tiers",
    ),
    "tier that ends at 0": (_tiers("{up_to: 0 SOL, rate_bps: 1}, {rate_bps: 3}"), "not above where it begins", "order"),
    "last tier not open": (_tiers("{up_to: 2 SOL, rate_bps: 1}"), "last tier has to be open", "remove up_to"),
    "open tier within": (_tiers("{rate_bps: 1}, {rate_bps: 2}"), "only the last tier can be open", "add up_to"),
    "no tier": (_tiers(""), "tiers without a step", "at least one"),
    "tier rate above the whole": (_tiers("{rate_bps: 10001}"), "at most 10000, found the number 10001", "tier's rate"),
    "tier without a unit": (
        _tiers("{up_to: 100, rate_bps: 1}, {rate_bps: 2}"),
        '"100" is not an amount with a unit',
        '"1000 SOL"',
    ),
    "VOLUME over MONTH_TO_DATE": (
        _tiers("{rate_bps: 2}", "VOLUME", "MONTH_TO_DATE"),
        "would re-price the past",
        "GRADUATED",
    ),
    "VOLUME over LIFETIME": (_tiers("{rate_bps: 2}", "VOLUME", "LIFETIME"), "would re-price the past", "GRADUATED"),
    "GRADUATED over stake": (_tiers("{rate_bps: 2}", metric="INTRODUCED_STAKE"), "run over bases", "VOLUME"),
    "unknown metric": (_tiers("{rate_bps: 2}", metric="WEEK"), "expected one of PERIOD", "known values"),
    "no chain beside tiers": (
        _tiers("{rate_bps: 2}", head=PLAIN.replace("chain: solana-demo, ", "")),
        "an amount without a chain",
        "add chain",
    ),
    "no chain beside a cap": (
        _rule("rate_bps: 1, cap: 5 SOL", PLAIN.replace("chain: solana-demo, ", "")),
        "an amount without a chain",
        "add chain",
    ),
    "no rate": (_rule("stacks: true"), "either a flat rate or tiers", "one of the two"),
    "rate and tiers": (
        _tiers("{rate_bps: 2}").replace("tiers:", "rate_bps: 5, tiers:"),
        "either a flat rate or tiers",
        "one of the two",
    ),
    "rate above the whole": (_rule("rate_bps: 10001"), "at most 10000", "hundredths of a percent"),
    "rate below 0": (_rule("rate_bps: -1"), "at least 0", "hundredths of a percent"),
    "floor above cap": (
        _rule("rate_bps: 1, floor: 3 SOL, cap: 2 SOL"),
        "the floor 3 SOL is above the cap 2 SOL",
        "lower it",
    ),
    "floor above monthly cap in equal windows": (
        _rule("rate_bps: 1, floor: 3 SOL, floor_window: MONTH, cap: 2 SOL, cap_window: MONTH"),
        "is above the cap",
        "lower it",
    ),
    "PERIOD floor with MONTH cap": (
        _rule("rate_bps: 1, floor: 1 SOL, cap: 9 SOL, cap_window: MONTH"),
        "lift a month above its cap",
        "same window",
    ),
    "cap without a unit": (_rule("rate_bps: 1, cap: 5"), '"5" is not an amount with a unit', "1000 SOL"),
    "cap in another unit": (_rule("rate_bps: 1, cap: 5 ETH"), '"ETH" is not a unit of solana-demo', "1000 SOL"),
    "cap finer than the chain": (_rule("rate_bps: 1, cap: 0.0000000001 SOL"), "more digits than the chain's 9", "SOL"),
    "half a lamport": (_rule("rate_bps: 1, cap: 0.5 lamports"), "no part of a lamport", "whole number"),
    "cap beyond all bounds": (_rule(f"rate_bps: 1, cap: {10**31} lamports"), "exceeds the bound", "smaller"),
    "negative cap": (_rule("rate_bps: 1, cap: -5 SOL"), '"-5 SOL" is negative', "5 SOL"),
    "class of a pattern that never closes": (
        _rule("rate_bps: 1, validator: 'P['"),
        "not spelled as it must be",
        "[abc]",
    ),
    "validator with a mistyped key": (_rule("rate_bps: 1, validator: 0O"), "'0O' is no Solana key", "the vote account"),
    "validator of another family": (
        _rule("rate_bps: 1, validator: 0O").replace("solana-demo", "ethereum-demo"),
        "'0O' is no public key of an Ethereum validator",
        "the public key",
    ),
    "window without a cap": (_rule("rate_bps: 1, cap_window: MONTH"), "a window without a cap", "remove cap_window"),
    "unknown component": (_rule("rate_bps: 1").replace("COMMISSION", "COMISSION"), "expected one of EXEC_FEES", "mean"),
    "NET on clients' rewards": (
        _rule("rate_bps: 1, basis: NET").replace("COMMISSION", "VOTE_REWARDS"),
        "NET with CLIENT_REVENUE on VOTE_REWARDS",
        "GROSS",
    ),
    "losses carried on GROSS": (_rule("rate_bps: 1, carry_losses: true"), "with basis NET only", "NET"),
    "funded by another": (_rule("rate_bps: 1, funded_by: MEV_TIPS"), "only CLIENT_REVENUE on VOTE_REWARDS", "leave it"),
    "wallets of FIXED_SHARE": (
        _rule("rate_bps: 1, wallet_attribution: true").replace("CLIENT_REVENUE", "FIXED_SHARE"),
        "looks at no wallets",
        "leave it out",
    ),
}


@pytest.mark.parametrize(("rules", "message", "remedy"), REFUSED.values(), ids=REFUSED)
def test_apply__rule_that_cannot_be__refused_with_place_and_remedy(
    shared_ledger: Database, apply_shared: Apply, rules: str, message: str, remedy: str
) -> None:
    with pytest.raises(AgreementsRefused) as refused:
        apply_shared(agreement(rules))
    (problem,) = refused.value.mistakes
    assert problem.line == 8
    assert message in problem.message
    assert remedy in str(problem.remedy)
    assert written(shared_ledger) == 0


def test_apply__every_kind_of_mistake_in_one_file__all_told_at_once(ledger: Database, apply_text: Apply) -> None:
    rules = [rule.replace("rule: r", f"rule: r{number}") for number, (rule, _, _) in enumerate(REFUSED.values())]
    with pytest.raises(AgreementsRefused) as refused:
        apply_text(agreement("\n".join(rules)))
    # An agreement with a rule that cannot be read is not judged further: first these, then all the others.
    lines = {problem.line for problem in refused.value.mistakes}
    unreadable = [number for number, (_, message, _) in enumerate(REFUSED.values()) if _is_of_format(message)]
    assert lines == {8 + number for number in unreadable}
    sound = [rule for number, rule in enumerate(rules) if number not in unreadable]
    with pytest.raises(AgreementsRefused) as refused:
        apply_text(agreement("\n".join(sound)))
    assert len(refused.value.mistakes) == len(sound)
    assert written(ledger) == 0


def _is_of_format(message: str) -> bool:
    return any(
        words in message
        for words in (
            "at most 10000",
            "at least 0",
            "amount with a unit",
            "is negative",
            "not spelled",
            "expected one of",
        )
    )


@pytest.mark.parametrize("paid", ["payable_series: {solana-demo: EPOCH}", "payable_series: {ethereum-demo: EPOCH}"])
def test_apply__floor_per_month_for_who_is_paid_by_epoch__refused(apply_text: Apply, paid: str) -> None:
    rule = _rule("rate_bps: 1, floor: 3 SOL, floor_window: MONTH")
    text = agreement(rule).replace("name: Acme", f"name: Acme, {paid}")
    if "ethereum" in paid:
        assert len(apply_text(text).changes) == 4
    else:
        with pytest.raises(AgreementsRefused, match="a floor per month for a partner who is paid by EPOCH"):
            apply_text(text)


@pytest.mark.parametrize("metric", ["PERIOD", "INTRODUCED_STAKE"])
def test_apply__volume_rates_that_fall__warned(apply_text: Apply, metric: str) -> None:
    falling = "{up_to: 2 SOL, rate_bps: 9}, {rate_bps: 8}"
    (warning,) = apply_text(agreement(_tiers(falling, "VOLUME", metric))).warnings
    assert 'agreements.yaml:8  the rates of rule "r" of "acme-2026" fall' in warning


def test_apply__graduated_rates_that_fall__not_warned(apply_text: Apply) -> None:
    assert apply_text(agreement(_tiers("{up_to: 2 SOL, rate_bps: 9}, {rate_bps: 8}"))).warnings == []
