"""docs/agreements.schema.json says of a file what `apply` says of it, wherever a schema can know."""

from __future__ import annotations

import re
from pathlib import Path

import jsonschema
import pytest

from aurora_pipeline.agreements.file.document import AgreementsRefused, json_schema
from aurora_pipeline.config.yaml_file import read_yaml
from aurora_pipeline.demo.agreements import agreements_yaml
from aurora_pipeline.demo.solana.parameters import Parameters
from aurora_pipeline.demo.solana.truth import cast_of
from aurora_pipeline_tests.agreements.conftest import Apply, agreement
from aurora_pipeline_tests.agreements.test_refusals import REFUSED

SCHEMA = jsonschema.Draft202012Validator(json_schema(), format_checker=jsonschema.FormatChecker())
COMPONENTS = ("EXEC_FEES", "MEV_TIPS", "VOTE_REWARDS", "COMMISSION")

CANNOT_KNOW = {
    # What amounts are, and where tiers end.
    "gap in tiers",
    "overlap in tiers",
    "first tier above 0",
    "tiers that fall back",
    "tier that ends at 0",
    "open tier within",
    "floor above cap",
    "floor above monthly cap in equal windows",
    "cap in another unit",
    "cap finer than the chain",
    "half a lamport",
    "cap beyond all bounds",
    "validator with a mistyped key",
    "validator of another family",
}


def _rule(
    more: str, component: str = "MEV_TIPS", method: str = "FIXED_SHARE", chain: str = "chain: solana-demo, "
) -> str:
    return agreement(f"- {{rule: r, {chain}component: {component}, method: {method}, {more}}}")


ALLOWED = {
    "plain": agreement(),
    "patterns": agreement(
        "\n".join(
            f"- {{rule: r{n}, component: MEV_TIPS, method: FIXED_SHARE, rate_bps: 1, validator: '{pattern}'}}"
            for n, pattern in enumerate(["*", "9Q*", "[9Q]*", "[!a]?*", "[]a]*", "[[a]*", "[a-z]*]"])
        )
    ),
    "partners only": "partners: [{partner: acme, name: Acme}]",
    "nothing given": "partners: []",
    "every chain": _rule("rate_bps: 1", chain=""),
    "keys without a value": _rule("rate_bps: 1, tiers: null, cap: null, validator: ~", chain="chain: ~, "),
    "bounds of rates": _rule("rate_bps: 10000, stacks: true").replace("10000}", "0}"),
    "one open tier": _rule("tiers: {mode: GRADUATED, steps: [{rate_bps: 0}]}"),
    "stake": _rule(
        "tiers: {mode: VOLUME, metric: INTRODUCED_STAKE, steps: [{up_to: 1 SOL, rate_bps: 1}, {rate_bps: 2}]}"
    ),
    "lifetime": _rule("tiers: {mode: GRADUATED, metric: LIFETIME, steps: [{rate_bps: 2}]}"),
    "clamps": _rule("rate_bps: 1, floor: 1 SOL, cap: 2 SOL"),
    "clamps per month": _rule("rate_bps: 1, floor: 1 SOL, floor_window: MONTH, cap: 2 SOL, cap_window: MONTH"),
    "floor per month, cap per period": _rule("rate_bps: 1, floor: 9 SOL, floor_window: MONTH, cap: 2 SOL"),
    "losses": _rule("rate_bps: 1, basis: NET, carry_losses: true"),
    "no losses": _rule("rate_bps: 1, basis: GROSS, carry_losses: false"),
    "clients' rewards": _rule("rate_bps: 1, funded_by: EXEC_FEES", "VOTE_REWARDS", "CLIENT_REVENUE"),
    "wallets": _rule("rate_bps: 1, wallet_attribution: true", method="STAKE_WEIGHT"),
    "no wallets": _rule("rate_bps: 1, wallet_attribution: false"),
    **{f"{name} pays itself": _rule(f"rate_bps: 1, funded_by: {name}", name) for name in COMPONENTS},
    "name in any script": 'partners: [{partner: acme, name: "Zoë 株式会社 & Co."}]',
}
REFUSED_FILES = {
    **{name: agreement(rules) for name, (rules, _, _) in REFUSED.items()},
    "correction of version 0": agreement().replace("active_from: 2026-01-01", "corrects: 0"),
    "correction of version -1": agreement().replace("active_from: 2026-01-01", "corrects: -1"),
    "day of payment without a series": "partners: [{partner: acme, name: Acme, payable_from: 2026-01-01}]",
    "minimum payout without a unit": "partners: [{partner: acme, name: Acme, minimum_payout: {solana-demo: 1}}]",
    "no rules": agreement("[]"),
    "no section": "{}",
    "blank name": agreement().replace("name: Acme", 'name: "  "'),
    "name that turns": agreement().replace("name: Acme", 'name: "\\u202Eemca"'),
    "name of two lines": agreement().replace("name: Acme", 'name: "Ac\\nme"'),
    "no day": agreement().replace("2026-01-01", "yesterday"),
    "unknown key": agreement().replace("active_from", "active_form"),
    "capital key": agreement().replace("acme-2026", "Acme"),
    "component ALL": _rule("rate_bps: 1", "ALL"),
    "window of a floor without one": _rule("rate_bps: 1, floor_window: MONTH"),
    "floor without a chain": _rule("rate_bps: 1, floor: 1 SOL", chain=""),
    "rate as a fraction": _rule("rate_bps: 5.5"),
    "rate as text": _rule('rate_bps: "5"'),
}


def _accepts(folder: Path, text: str) -> bool:
    path = folder / "file.yaml"
    path.write_text(text)
    return bool(SCHEMA.is_valid(read_yaml(path).values))


@pytest.mark.parametrize("text", ALLOWED.values(), ids=ALLOWED)
def test_schema__what_can_be_applied__is_accepted(apply_shared: Apply, tmp_path: Path, text: str) -> None:
    apply_shared(text, preview=True)
    assert _accepts(tmp_path, text)


@pytest.mark.parametrize("name", REFUSED_FILES)
def test_schema__what_is_refused__is_refused_where_a_schema_can_know(
    apply_shared: Apply, tmp_path: Path, name: str
) -> None:
    with pytest.raises(AgreementsRefused):
        apply_shared(REFUSED_FILES[name])
    assert _accepts(tmp_path, REFUSED_FILES[name]) == (name in CANNOT_KNOW)


def test_schema__the_documents_examples_and_the_demos_agreements__are_accepted(tmp_path: Path) -> None:
    document = (Path(__file__).parents[2] / "docs" / "agreements.md").read_text("utf-8")
    examples = re.findall(r"```yaml\n(.*?)```", document, re.DOTALL)
    assert len(examples) == 3
    texts = [*examples, agreements_yaml(cast_of(Parameters()))]
    assert all(_accepts(tmp_path, text) for text in texts)
