"""The demo's agreements file: four partners whose terms show every rule there is, and one conflict on purpose."""

from __future__ import annotations

from aurora_pipeline.demo.solana.cast import Cast
from aurora_pipeline.demo.solana.parameters import CHAIN_ID

_START = "2026-08-20"
"""Before the first simulated period ends, so that every period has terms."""
_PARTNERS = {
    "northwind": "Northwind Treasury",
    "halcyon": "Halcyon Fund",
    "meridian": "Meridian DAO",
    "lumen": "Lumen Labs",
}
"""By their keys, the names that the cast's clients have."""
_PAYOUTS = {"halcyon": f", minimum_payout: {{{CHAIN_ID}: 5 SOL}}"}
"""A smaller total is carried on to the next month."""
_TYPED = (f"active_from: {_START}", 700)
_SIGNED = ("corrects: 1  # signed are 8 %, and 7 % were typed in: this holds from the beginning", 800)
"""What is written of lumen-capitals before and after its correction."""


def agreements_yaml(cast: Cast, *, corrected: bool = False) -> str:
    """The text of a file that `aurora agreements apply` takes; `corrected`: with the correction of lumen-capitals.

    Halcyon Fund and Meridian DAO together claim 110 % of the first validator's fees: those two lines are HELD.
    """
    votes = [validator.vote for validator in cast.operated]
    partners = "\n".join(
        f"  - {{partner: {key}, name: {name}{_PAYOUTS.get(key, '')}}}" for key, name in _PARTNERS.items()
    )
    since, rate = _SIGNED if corrected else _TYPED
    first, second, third = (votes[index % len(votes)] for index in range(3))
    return f"""\
# What the partners of the demo chain agreed. Change a rate, add `valid_from: 2026-08-31` to its agreement and run
# `aurora agreements apply` on this file again: a new version of the terms holds from that day on.
partners:
{partners}

agreements:
  # A share of the tips and of the commission of every validator, and on top of it a bonus for one of them.
  - agreement: northwind-2026
    partner: northwind
    active_from: {_START}
    rules:
      - {{rule: tips, chain: {CHAIN_ID}, component: MEV_TIPS, method: FIXED_SHARE, rate_bps: 500}}
      - {{rule: commission, chain: {CHAIN_ID}, component: COMMISSION, method: FIXED_SHARE, rate_bps: 1000}}
      - rule: launch-bonus
        chain: {CHAIN_ID}
        validator: {second}
        component: MEV_TIPS
        method: FIXED_SHARE
        rate_bps: 250
        stacks: true

  # The first rule that matches pays: half of one validator's fees, and 8 % of all others'.
  - agreement: halcyon-fees
    partner: halcyon
    active_from: {_START}
    rules:
      - rule: anchor
        chain: {CHAIN_ID}
        validator: {first}
        component: EXEC_FEES
        method: FIXED_SHARE
        rate_bps: 5000
      - {{rule: others, chain: {CHAIN_ID}, component: EXEC_FEES, method: FIXED_SHARE, rate_bps: 800}}

  # Signed without a look at halcyon-fees: 60 % of the same validator's fees. Together that is 110 %, so these two lines
  # are HELD in every period until one of the two agreements gets new terms; everything else is paid.
  - agreement: meridian-anchor
    partner: meridian
    active_from: {_START}
    rules:
      - rule: fees
        chain: {CHAIN_ID}
        validator: {first}
        component: EXEC_FEES
        method: FIXED_SHARE
        rate_bps: 6000
      - rule: rewards
        chain: {CHAIN_ID}
        validator: {third}
        component: VOTE_REWARDS
        method: FIXED_SHARE
        rate_bps: 1250

  # A pattern over keys: all validators whose vote account begins with a capital letter.
  - agreement: lumen-capitals
    partner: lumen
    {since}
    rules:
      - rule: commission
        chain: {CHAIN_ID}
        validator: "[A-Z]*"
        component: COMMISSION
        method: FIXED_SHARE
        rate_bps: {rate}

  # Of the commission on what Northwind's own clients earned, and the more of it the more that is in a calendar month.
  - agreement: northwind-clients
    partner: northwind
    active_from: {_START}
    rules:
      - rule: commission
        chain: {CHAIN_ID}
        component: COMMISSION
        method: CLIENT_REVENUE
        tiers:
          mode: GRADUATED
          metric: MONTH_TO_DATE
          steps:
            - {{up_to: 5 SOL, rate_bps: 1500}}
            - {{rate_bps: 2500}}

  # Of one validator's fees after what its network costs. It is paid for once and then earned back: until then, nothing.
  - agreement: lumen-network
    partner: lumen
    active_from: {_START}
    rules:
      - rule: fees
        chain: {CHAIN_ID}
        validator: {cast.networked.vote}
        component: EXEC_FEES
        method: FIXED_SHARE
        basis: NET
        carry_losses: true
        rate_bps: 1000

  # Of the tips as far as Halcyon's stake earned them, told wallet by wallet, and never more than the cap in an epoch.
  - agreement: halcyon-stake
    partner: halcyon
    active_from: {_START}
    rules:
      - rule: by-stake
        chain: {CHAIN_ID}
        component: MEV_TIPS
        method: STAKE_WEIGHT
        rate_bps: 2000
        cap: 150000 lamports
        wallet_attribution: true

  # Of the commission after vote fees, and at least 7 SOL an epoch: what is missing the operator pays by itself.
  - agreement: meridian-net
    partner: meridian
    active_from: {_START}
    rules:
      - rule: commission
        chain: {CHAIN_ID}
        component: COMMISSION
        method: FIXED_SHARE
        basis: NET
        rate_bps: 300
        floor: 7 SOL
"""


def partner_wallets_csv(cast: Cast) -> str:
    """The clients' wallets, as `aurora wallets import` takes them."""
    keys = {name: key for key, name in _PARTNERS.items()}
    lines = [f"{CHAIN_ID},{w.address},{_START},{keys[w.owner]},{w.name}" for w in cast.client_wallets]
    return "\n".join(["chain_id,wallet_address,introduced_date,partner,notes", *lines, ""])
