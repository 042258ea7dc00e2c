"""Terms that a file proposes, read and checked like those that are applied, and recorded nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from aurora_pipeline.agreements.apply import surroundings
from aurora_pipeline.agreements.errors import NoTerms
from aurora_pipeline.agreements.file.document import AgreementEntry, AgreementsFile, read_agreements
from aurora_pipeline.agreements.file.rules import written_rules
from aurora_pipeline.agreements.file.series import plan_series
from aurora_pipeline.agreements.ledger import Ledger, read_ledger
from aurora_pipeline.agreements.terms import AgreementInForce, Partner, PartnerWallet, Terms
from aurora_pipeline.agreements.wallets import wallet_rows
from aurora_pipeline.config.problems import did_you_mean
from aurora_pipeline.config.yaml_file import KeyPath
from aurora_pipeline.store.database import Connection


@dataclass(frozen=True)
class Proposal:
    """The agreements of a file with its terms, as if they were in force, and what their partners are called."""

    agreements: tuple[AgreementInForce, ...]
    names: Mapping[str, str]

    @property
    def keys(self) -> frozenset[str]:
        """The agreements it is about."""
        return frozenset(agreement.agreement_id for agreement in self.agreements)


def read_proposal(connection: Connection, path: Path) -> Proposal:
    """The terms of a file; raises AgreementsRefused with every mistake. Its dates are not looked at."""
    file = read_agreements(path)
    ledger, around = read_ledger(connection), surroundings(connection)
    series = plan_series(file, ledger.partners, around.units)
    found = []
    for base, entry in file.agreements.items():
        _check_partner(file, base, entry, ledger)
        paid_by_epoch = partial(series.pays_by_epoch, entry.partner, start=None, until=None)
        rules = written_rules(file.yaml, base, entry, around, paid_by_epoch)
        known = ledger.agreements.get(entry.agreement)
        version = 1 if known is None else known.next_version
        found.append(AgreementInForce(entry.agreement, entry.partner, version, rules or ()))
    file.refuse_if_wrong()
    if not found:
        raise NoTerms(f"{path} proposes no terms", "write at least one agreement; see docs/agreements.md")
    names = {key: partner.name for key, partner in ledger.partners.items()}
    names |= {entry.partner: entry.name for entry in file.partners.values()}
    return Proposal(tuple(found), names)


def as_if_in_force(connection: Connection, terms: Terms, proposal: Proposal) -> Terms:
    """The terms of a period, with a proposal replacing what its agreements say, overrides included."""
    kept = [agreement for agreement in terms.agreements if agreement.agreement_id not in proposal.keys]
    proposed = [_on_chain(agreement, terms.chain_id) for agreement in proposal.agreements]
    agreements = [*kept, *(agreement for agreement in proposed if agreement.rules)]
    partners = {partner.partner_id: partner for partner in terms.partners}
    for agreement in proposed:
        key = agreement.partner_id
        partners.setdefault(key, Partner(key, proposal.names[key]))
    looking = {agreement.partner_id for agreement in agreements if agreement.looks_at_wallets}
    wallets = wallet_rows(connection, terms.chain_id, instant=terms.instant) if looking else []
    return replace(
        terms,
        partners=tuple(sorted(partners.values(), key=lambda partner: partner.partner_id)),
        agreements=tuple(sorted(agreements, key=lambda agreement: agreement.agreement_id)),
        wallets=tuple(
            PartnerWallet(row["wallet_address"], row["partner_id"]) for row in wallets if row["partner_id"] in looking
        ),
        overrides=tuple(item for item in terms.overrides if item.agreement_id not in proposal.keys),
    )


def _on_chain(agreement: AgreementInForce, chain_id: str) -> AgreementInForce:
    return replace(agreement, rules=tuple(rule for rule in agreement.rules if rule.chain_id in (None, chain_id)))


def _check_partner(file: AgreementsFile, base: KeyPath, entry: AgreementEntry, ledger: Ledger) -> None:
    known = ledger.agreements.get(entry.agreement)
    if entry.partner not in ledger.partners and entry.partner not in file.named_partners:
        partners = [*ledger.partners, *file.named_partners]
        remedy = f"add it under partners, or {did_you_mean(entry.partner, partners, 'partner')}"
        file.yaml.add((*base, "partner"), f'there is no partner "{entry.partner}"', remedy)
    elif known is not None and known.partner_id != entry.partner:
        remedy = f"write partner: {known.partner_id}"
        file.yaml.add((*base, "partner"), f'"{entry.agreement}" belongs to "{known.partner_id}"', remedy)
