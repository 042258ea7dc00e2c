"""What the demo's partners are owed, in Fractions from the simulator's truth and the words of the demo's agreements.

It shares no code with the engine: each agreement is computed here as its text says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from math import floor
from typing import NamedTuple

from aurora_pipeline.demo.solana.truth import EpochTruth, ValidatorTruth

COMPONENTS = ("EXEC_FEES", "MEV_TIPS", "VOTE_REWARDS", "COMMISSION")
TYPED, SIGNED = "7", "8"
"""Of lumen-capitals, the percentage before and after its correction."""
_SOL = 10**9


class LineKey(NamedTuple):
    """What names a line within an epoch."""

    agreement: str
    rule: str
    validator: str = ""
    wallet: str = ""
    kind: str = "LINE"

    @property
    def partner(self) -> str:
        """Whose line it is: the demo's agreements are named after their partners."""
        return self.agreement.partition("-")[0]


Owed = dict[LineKey, tuple[int, bool]]
"""By line, what it pays and whether it is held."""


def component(known: ValidatorTruth, name: str) -> int:
    """What a validator earned of a component."""
    return {
        "EXEC_FEES": known.fees_lamports,
        "MEV_TIPS": known.mev_validator_lamports,
        "VOTE_REWARDS": known.own_stake_rewards_lamports,
        "COMMISSION": known.commission_lamports,
    }[name]


def owed(
    told: Sequence[EpochTruth],
    network_fees: Mapping[tuple[int, str], int],
    settled: Mapping[tuple[int, LineKey], int],
    capitals: str = TYPED,
) -> dict[int, Owed]:
    """By epoch every line of the demo's agreements that pays anything or could.

    `told` are the chain's epochs from its first one on, in order. By epoch and validator, `network_fees` are what the
    operator entered; by epoch and line, `settled` are the amounts that are paid whatever was computed; `capitals` is
    the percentage of lumen-capitals.
    """
    found: dict[int, Owed] = {}
    months: dict[str, int] = defaultdict(int)
    loss = 0
    for one in told:
        network, loss = _lumen_network(one, network_fees, loss)
        month = month_of(one)
        clients, months[month] = _northwind_clients(one, months[month])
        lines = {
            key: (amount, False) for key, amount in {**clients, **_halcyon_stake(one), **_meridian_net(one)}.items()
        }
        lines |= _whole_shares(one, network, capitals)
        lines |= {
            key: (settled[one.epoch, key], held) for key, (_, held) in lines.items() if (one.epoch, key) in settled
        }
        found[one.epoch] = lines
    return found


def month_of(told: EpochTruth) -> str:
    """The calendar month of the last instant before its end."""
    return (datetime.fromisoformat(told.ended_at) - timedelta(microseconds=1)).strftime("%Y-%m")


def _whole_shares(told: EpochTruth, network: Mapping[LineKey, int], capitals: str) -> Owed:
    """The flat shares of whole components, and what of the fees is held because more is claimed than there is."""
    lines: Owed = {}
    for number, one in enumerate(told.validators):
        shares = [("northwind-2026", "tips", "MEV_TIPS", "5"), ("northwind-2026", "commission", "COMMISSION", "10")]
        if number == 0:
            claims = [("halcyon-fees", "anchor", "EXEC_FEES", "50"), ("meridian-anchor", "fees", "EXEC_FEES", "60")]
        else:
            claims = [("halcyon-fees", "others", "EXEC_FEES", "8")]
        # Where there are fewer than three, one validator is several of those that the agreements name.
        if number == 1 % len(told.validators):
            shares.append(("northwind-2026", "launch-bonus", "MEV_TIPS", "5/2"))
        if number == 2 % len(told.validators):
            shares.append(("meridian-anchor", "rewards", "VOTE_REWARDS", "25/2"))
        if "A" <= one.vote[0] <= "Z":
            shares.append(("lumen-capitals", "commission", "COMMISSION", capitals))
        lines |= {
            LineKey(agreement, rule, one.vote): (_cut(one, name, per), False) for agreement, rule, name, per in shares
        }
        claimed = {LineKey(agreement, rule, one.vote): _cut(one, name, per) for agreement, rule, name, per in claims}
        claimed |= {key: amount for key, amount in network.items() if key.validator == one.vote}
        is_over = sum(claimed.values()) > one.fees_lamports
        lines |= {key: (amount, is_over and amount > 0) for key, amount in claimed.items()}
    return lines


def _cut(one: ValidatorTruth, name: str, percent: str) -> int:
    """A share of a component, floored once."""
    return floor(Fraction(component(one, name)) * Fraction(percent) / 100)


def _lumen_network(told: EpochTruth, fees: Mapping[tuple[int, str], int], loss: int) -> tuple[dict[LineKey, int], int]:
    """10 % of the third validator's fees less its network's cost and the loss so far, and the loss after that."""
    one = told.validators[2 % len(told.validators)]
    rest = one.fees_lamports - fees.get((told.epoch, one.vote), 0) - loss
    return {LineKey("lumen-network", "fees", one.vote): floor(Fraction(10, 100) * max(0, rest))}, max(0, -rest)


def _northwind_clients(told: EpochTruth, before: int) -> tuple[dict[LineKey, int], int]:
    """15 % of the month's first 5 SOL, 25 % above, of the commission on what Northwind's clients earned.

    `before` is what they brought in the month's earlier epochs; with this one's it is handed back.
    """
    bases = {}
    for one in told.validators:
        wallets = [w for w in told.wallets if (w.vote, w.owner) == (one.vote, "Northwind Treasury")]
        part, whole = sum(w.staker_rewards_lamports for w in wallets), one.staker_rewards_lamports
        if whole == 0:
            # Where the validator keeps everything no staker earns, and what they staked counts.
            part, whole = sum(w.active_stake_lamports for w in wallets), one.active_stake_lamports
        bases[one.vote] = floor(one.commission_lamports * Fraction(part, whole)) if whole else 0
    after = before + sum(bases.values())
    shares = _shared(_in_tiers(after) - _in_tiers(before), bases)
    return {LineKey("northwind-clients", "commission", vote): part for vote, part in shares.items()}, after


def _in_tiers(base: int) -> int:
    edge = 5 * _SOL
    return floor(Fraction(15, 100) * min(base, edge) + Fraction(25, 100) * max(0, base - edge))


def _halcyon_stake(told: EpochTruth) -> dict[LineKey, int]:
    """20 % of the tips by Halcyon's part of the stake, wallet by wallet, at most 150,000 lamports in all."""
    amounts: dict[str, int] = {}
    stakes: dict[str, dict[str, int]] = {}
    for one in told.validators:
        stakes[one.vote] = {
            w.address: w.active_stake_lamports
            for w in told.wallets
            if (w.vote, w.owner) == (one.vote, "Halcyon Fund") and w.active_stake_lamports
        }
        base = floor(one.mev_validator_lamports * Fraction(sum(stakes[one.vote].values()), one.active_stake_lamports))
        amounts[one.vote] = floor(Fraction(20, 100) * base)
    cuts = _shared(max(0, sum(amounts.values()) - 150_000), amounts)
    lines: dict[LineKey, int] = {}
    for vote, amount in amounts.items():
        parts = _shared(amount, stakes[vote])
        lines |= {LineKey("halcyon-stake", "by-stake", vote, wallet): part for wallet, part in parts.items()}
        for wallet, part in _shared(cuts[vote], parts).items():
            lines[LineKey("halcyon-stake", "by-stake", vote, wallet, "CAP_REDUCTION")] = -part
    return lines


def _meridian_net(told: EpochTruth) -> dict[LineKey, int]:
    """3 % of the commission less vote fees, and what is missing to 7 SOL."""
    lines = {
        LineKey("meridian-net", "commission", one.vote): floor(
            Fraction(3, 100) * max(0, one.commission_lamports - one.vote_fees_lamports)
        )
        for one in told.validators
    }
    top_up = LineKey("meridian-net", "commission", kind="FLOOR_TOP_UP")
    return {**lines, top_up: max(0, 7 * _SOL - sum(lines.values()))}


def _shared(total: int, weights: Mapping[str, int]) -> dict[str, int]:
    """A total by weight: floors, and one more each for the largest remainders."""
    whole = sum(weights.values())
    if whole == 0 and total:
        raise ValueError(f"{total} to share, and nothing weighs anything")
    if whole == 0:
        return dict.fromkeys(weights, 0)
    exact = {key: Fraction(total * weight, whole) for key, weight in weights.items()}
    parts = {key: floor(share) for key, share in exact.items()}
    by_remainder = sorted(exact, key=lambda key: (parts[key] - exact[key], key))
    for key in by_remainder[: total - sum(parts.values())]:
        parts[key] += 1
    return parts
