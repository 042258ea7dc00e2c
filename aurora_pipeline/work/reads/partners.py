"""Partners, their wallets, and the people who work with Aurora."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aurora_pipeline.agreements.ledger import Ledger, read_ledger
from aurora_pipeline.agreements.partners import ALWAYS, KnownPartner, known_partner
from aurora_pipeline.agreements.units import ChainUnits, chain_units
from aurora_pipeline.agreements.wallets import wallet_rows
from aurora_pipeline.decisions.users import narrowed_to
from aurora_pipeline.decisions.users import users as recorded_users
from aurora_pipeline.store.access.logins import logins
from aurora_pipeline.store.database import Connection
from aurora_pipeline.work.json_form import Amount, known_amount, shaped


@dataclass(frozen=True)
class AgreementStanding:
    """An agreement of a partner and its status."""

    agreement_id: str
    status: str


@dataclass(frozen=True)
class PayableSeries:
    """How a partner is paid on a chain, from when on; null: from the beginning."""

    chain_id: str
    series: str
    effective_from: datetime | None


@dataclass(frozen=True)
class MinimumPayout:
    """The least that is paid to a partner on a chain, in base units, from when on; null: from the beginning."""

    chain_id: str
    amount: Amount
    effective_from: datetime | None


@dataclass(frozen=True)
class Wallet:
    """A wallet that a partner introduced."""

    partner_id: str
    chain_id: str
    wallet_address: str
    introduced_at: datetime
    ended_at: datetime | None
    notes: str | None


@dataclass(frozen=True)
class Partner:
    """Somebody who is paid."""

    partner_id: str
    name: str
    agreements: Sequence[AgreementStanding]
    payable_series: Sequence[PayableSeries]
    minimum_payouts: Sequence[MinimumPayout]
    wallets: Sequence[Wallet]


@dataclass(frozen=True)
class User:
    """Somebody who works with Aurora."""

    login: str
    revision: int
    name: str
    role: str
    partner_id: str | None
    valid_from: datetime
    valid_until: datetime | None
    chains: Sequence[str] | None
    """The only chains that the person sees; null: every one."""
    validators: Sequence[str] | None
    """The only validators that the person sees; null: every one."""
    on_server: str
    """Whether the person's login on the server is open or closed; none: there is none of Aurora's making."""
    reason: str
    recorded_by: str
    recorded_at: datetime


def partners(connection: Connection) -> list[Partner]:
    """Every partner."""
    ledger, units, found = read_ledger(connection), chain_units(connection), wallets(connection)
    return [_told(ledger, known, found, units) for known in ledger.partners.values()]


def partner(connection: Connection, partner_id: str) -> Partner:
    """One partner; raises where there is none of that key."""
    ledger = read_ledger(connection)
    known = known_partner(ledger.partners, partner_id)
    return _told(ledger, known, wallets(connection, partner_id=partner_id), chain_units(connection))


def wallets(connection: Connection, chain_id: str | None = None, partner_id: str | None = None) -> list[Wallet]:
    """The wallets that partners introduced: all, of a chain, or of a partner."""
    return [shaped(Wallet, row) for row in wallet_rows(connection, chain_id, partner_id)]


def users(connection: Connection) -> list[User]:
    """Everybody who works with Aurora."""
    known = logins(connection)
    return [_user(row, known) for row in recorded_users(connection)]


def _user(row: dict[str, Any], known: Mapping[str, bool]) -> User:
    narrowed = narrowed_to(row)
    state = {True: "open", False: "closed", None: "none"}[known.get(row["login"])]
    return shaped(User, row, chains=narrowed.chains, validators=narrowed.validators, on_server=state)


def _told(ledger: Ledger, known: KnownPartner, found: Sequence[Wallet], units: Mapping[str, ChainUnits]) -> Partner:
    agreements = [
        AgreementStanding(agreement.agreement_id, agreement.events[-1].status)
        for agreement in ledger.agreements.values()
        if agreement.partner_id == known.partner_id
    ]
    series = [
        PayableSeries(chain_id, change.series, None if change.effective_from == ALWAYS else change.effective_from)
        for chain_id, changes in known.series.items()
        for change in changes
    ]
    minimums = [
        MinimumPayout(
            chain_id,
            known_amount(change.amount, units[chain_id].base_unit),
            None if change.effective_from == ALWAYS else change.effective_from,
        )
        for chain_id, changes in known.minimums.items()
        for change in changes
    ]
    theirs = [wallet for wallet in found if wallet.partner_id == known.partner_id]
    return Partner(known.partner_id, known.name, agreements, series, minimums, theirs)
