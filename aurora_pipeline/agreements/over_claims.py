"""How much of a component rules could claim at most, whatever the figures turn out to be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from aurora_pipeline.agreements.matching import paying_rules
from aurora_pipeline.agreements.terms import AgreementInForce, Rule
from aurora_pipeline.pnl.tables import Component


@dataclass(frozen=True)
class RuleClaim:
    """A rule of a partner's agreement that pays for a validator, at a rate above 0."""

    agreement_id: str
    partner_id: str
    rule: Rule

    @property
    def name(self) -> str:
        """The rule as messages name it."""
        return f"{self.agreement_id}/{self.rule.rule_key}"


def claims_on(agreements: Iterable[AgreementInForce], chain_id: str, validator_key: str) -> Iterator[RuleClaim]:
    """Everything that claims of a validator, whichever component pays it."""
    for agreement in agreements:
        for component in Component:
            for rule in paying_rules(agreement.rules, chain_id, validator_key, component):
                if rule.highest_rate_bps > 0:
                    yield RuleClaim(agreement.agreement_id, agreement.partner_id, rule)


def most_claimed_bps(claims: Sequence[RuleClaim]) -> int | None:
    """The most that claims funded by one component take of it together; None where nothing bounds them.

    The partners' shares of a validator's stake are together at most the whole; so are those of its stakers' rewards.
    So of the rules that are weighted alike, only those of the partner with the highest rates can count in full.
    """
    whole = 0
    weighted: dict[bool, dict[str, int]] = {False: defaultdict(int), True: defaultdict(int)}
    for claim in claims:
        rule = claim.rule
        if rule.pays_clients_rewards:
            return None  # clients' rewards are no part of the component that pays them
        if not rule.measure.is_of_wallets:
            whole += rule.highest_rate_bps
        else:
            weighted[rule.measure.is_of_rewards][claim.partner_id] += rule.highest_rate_bps
    return whole + sum(max(rates.values(), default=0) for rates in weighted.values())
