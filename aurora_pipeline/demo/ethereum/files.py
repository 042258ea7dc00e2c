"""The operator's own files about a simulated Ethereum chain, as `aurora` imports them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from aurora_pipeline.demo.ethereum.cast import EthereumCast, Validator
from aurora_pipeline.demo.ethereum.parameters import CHAIN_ID, EthereumParameters
from aurora_pipeline.foundation.addresses import checksummed

RATES_BPS = {"fees": 800, "tips": 500, "rewards": 1_000, "brought": 2_500}
"""What partners get: one of each stream of the operator's own validators, one of the fees of clients it brought."""
BROUGHT = ("northwind", "halcyon")
"""The clients whom the second partner brought: stake is attributed to the address it is withdrawn to."""
_START = "2026-08-20"
AGREEMENTS_YAML = f"""\
# What partners of the Ethereum chain agreed: shares of what the operator's own validators earn, and of the fees that
# clients pay who were brought by one of them.
partners:
  - {{partner: tidewater, name: Tidewater Pool}}
  - {{partner: lighthouse-desk, name: Lighthouse Desk}}

agreements:
  - agreement: tidewater-staking
    partner: tidewater
    active_from: {_START}
    rules:
      - {{rule: fees, chain: {CHAIN_ID}, component: EXEC_FEES, method: FIXED_SHARE, rate_bps: {RATES_BPS["fees"]}}}
      - {{rule: tips, chain: {CHAIN_ID}, component: MEV_TIPS, method: FIXED_SHARE, rate_bps: {RATES_BPS["tips"]}}}
      - rule: rewards
        chain: {CHAIN_ID}
        component: VOTE_REWARDS
        method: FIXED_SHARE
        basis: NET
        rate_bps: {RATES_BPS["rewards"]}
  - agreement: desk-clients
    partner: lighthouse-desk
    active_from: {_START}
    rules:
      - rule: brought
        chain: {CHAIN_ID}
        component: COMMISSION
        method: CLIENT_REVENUE
        rate_bps: {RATES_BPS["brought"]}
"""
_JOINS_IN_EPOCH = 4
"""The one that comes later is the operator's from here on: its deposit is credited about then."""


def validators_csv(parameters: EthereumParameters) -> str:
    """Whom the operator runs: its own, and its clients' for a fee."""
    rows = [
        (
            CHAIN_ID,
            one.pubkey,
            one.name,
            "OPERATOR" if one.client is None else "CLIENT",
            "" if one.operator_fee_bps is None else one.operator_fee_bps,
            since(parameters, one),
            "",
        )
        for one in EthereumCast(parameters).operated
    ]
    columns = ("chain_id", "validator_key", "name", "ownership", "operator_fee_bps", "valid_from", "valid_until")
    return _csv(columns, rows)


def operator_wallets_csv(parameters: EthereumParameters) -> str:
    """The operator's accounts: where its validators withdraw to, and its treasury."""
    cast = EthereumCast(parameters)
    named = ((cast.operator_wallet, "withdrawals"), (cast.treasury, "treasury"))
    rows = [(CHAIN_ID, address, _began(parameters), "", notes) for address, notes in named]
    return _csv(("chain_id", "wallet_address", "valid_from", "valid_until", "notes"), rows)


def fee_recipients_csv(parameters: EthereumParameters) -> str:
    """Whose addresses receive what blocks earn: one for each validator."""
    rows = [
        (CHAIN_ID, one.pubkey, one.fee_recipient, since(parameters, one), "")
        for one in EthereumCast(parameters).operated
    ]
    return _csv(("chain_id", "validator_key", "fee_recipient", "valid_from", "valid_until"), rows)


def partner_wallets_csv(parameters: EthereumParameters) -> str:
    """Where the clients withdraw to whom a partner brought."""
    cast = EthereumCast(parameters)
    rows = [
        (CHAIN_ID, checksummed(cast.client_address(client)[2:]), _START, "lighthouse-desk", client)
        for client in BROUGHT
    ]
    return _csv(("chain_id", "wallet_address", "introduced_date", "partner", "notes"), rows)


def operated_in(parameters: EthereumParameters, window: range) -> frozenset[int]:
    """Whom the operator runs at the end of a window of epochs, by index."""
    operated = EthereumCast(parameters).operated
    return frozenset(one.index for one in operated if one.genesis_balance or window[-1] >= _JOINS_IN_EPOCH)


def since(parameters: EthereumParameters, validator: Validator) -> str:
    """From when on a validator is the operator's."""
    is_later = not validator.genesis_balance
    return _at(parameters, parameters.first_slot(_JOINS_IN_EPOCH)) if is_later else _began(parameters)


def _began(parameters: EthereumParameters) -> str:
    return _at(parameters, 0)


def _at(parameters: EthereumParameters, slot: int) -> str:
    return datetime.fromtimestamp(parameters.slot_time(slot), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()
