"""The oracle: docs/commissions.md once more in plain fractions, sharing no code with the engine; meant to be read."""

from __future__ import annotations

import math
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

NAMESPACE = uuid.UUID("6f8f6bd8-4d09-5d5e-9a3c-1d9b7f2c0a54")
REDUCED_BY = {
    "EXEC_FEES": ("network_fee", "priority_fee_sharing", "block_revenue_sharing"),
    "COMMISSION": ("vote_fees", "admission_ticket"),
    "VOTE_REWARDS": ("consensus_penalty",),
    "MEV_TIPS": (),
}


@dataclass
class Validator:
    """What is known of a validator."""

    amounts: dict[str, int | None]
    costs: dict[str, int] = field(default_factory=dict)
    awaited: frozenset[str] = frozenset()
    """Costs that are due and not known, in lower case."""
    accounts: list[tuple[str, str | None, int, int]] | None = None
    """(account, withdrawer, active stake, rewards); None: no positions at all."""
    stake: int | None = None
    """The validator's own total, where it is not the sum."""

    @property
    def is_trusted(self) -> bool:
        """Whether positions add up."""
        if self.accounts is None or any(withdrawer is None for _, withdrawer, _, _ in self.accounts):
            return False
        return self.stake is None or self.stake == sum(stake for _, _, stake, _ in self.accounts)


@dataclass
class World:
    """A small operator: validators, agreements (one partner each), and what earlier periods left."""

    validators: dict[str, Validator]
    agreements: dict[str, list[dict[str, Any]]]
    wallets: dict[str, list[str]] = field(default_factory=dict)
    overrides: list[tuple[str, str, str, str, int]] = field(default_factory=list)
    """(agreement, rule, validator or empty, wallet or empty, amount)."""
    starts: dict[tuple[str, str], tuple[int, int, bool]] = field(default_factory=dict)
    """Bases and computed of earlier periods, and whether some of them were not known."""
    losses: dict[tuple[str, str, str], int] = field(default_factory=dict)


@dataclass
class Expected:
    """What has to come out."""

    lines: dict[tuple[str, str, str, str, str], tuple[int | None, int | None, bool, bool]] = field(default_factory=dict)
    """(agreement, rule, validator, wallet, kind) -> computed, final, held, is final."""
    parts: dict[tuple[str, str, str], int | None] = field(default_factory=dict)
    """(validator, component, agreement/rule or party) -> amount."""
    results: dict[tuple[str, str], tuple[int, int, int, int | None, int | None]] = field(default_factory=dict)
    """base, computed, cap reduction, top-up, final."""
    losses: dict[tuple[str, str, str], int] = field(default_factory=dict)
    unmet: set[tuple[str, str, str, str]] = field(default_factory=set)


def line_id(agreement: str, rule: str, validator: str, wallet: str, chain: str, epoch: int, kind: str) -> str:
    """Decision 021, with the standard library."""
    fields: list[Any] = ["line", agreement, rule, validator, wallet, chain, epoch, kind]
    name = "".join(f"{'i' if isinstance(f, int) else 't'}{len(str(f).encode())}:{f}" for f in fields)
    return str(uuid.uuid5(NAMESPACE, name))


def apportion(total: int, weights: dict[str, int]) -> dict[str, int]:
    """Largest remainder, by fractions: ties to the smaller key, equal weights where all are zero."""
    if not weights:
        return {}
    if not any(weights.values()):
        weights = dict.fromkeys(weights, 1)
    ideal = {key: Fraction(total * weight, sum(weights.values())) for key, weight in weights.items()}
    parts = {key: math.floor(share) for key, share in ideal.items()}
    while sum(parts.values()) < total:
        first = min(ideal, key=lambda key: (parts[key] - ideal[key], key))
        parts[first] += 1
    return parts


def tiered(tiers: tuple[str, str, list[tuple[int | None, int]]], base: int, earlier: int, introduced: int) -> int:
    """What a base pays in tiers."""
    mode, metric, steps = tiers
    if mode == "VOLUME":
        level = introduced if metric == "INTRODUCED_STAKE" else base
        rate = next(rate for end, rate in steps if end is None or level <= end)
        return math.floor(Fraction(base * rate, 10_000))

    def curve(reach: int) -> int:
        owed, below = Fraction(0), 0
        for end, rate in steps:
            top = reach if end is None else min(reach, end)
            owed += Fraction(max(0, top - below) * rate, 10_000)
            below = top if end is None else end
        return math.floor(owed)

    if metric == "PERIOD":
        return curve(base)
    return curve(earlier + base) - curve(earlier)


def expect(world: World) -> Expected:
    """Everything that has to come out of a world."""
    out = Expected()
    claims: dict[tuple[str, str], dict[tuple[str, str, str, str], int | None]] = defaultdict(dict)
    pays_above: dict[tuple[str, str, str], dict[tuple[str, str, str, str], int | None]] = defaultdict(dict)
    for agreement, rules in world.agreements.items():
        used: set[tuple[str, str]] = set()
        for rule in rules:
            paid_for = []
            for validator in sorted(world.validators):
                spot = (validator, rule["component"])
                if rule["validator"] not in (None, validator):
                    continue
                if rule["stacks"] or spot not in used:
                    paid_for.append(validator)
                if not rule["stacks"]:
                    used.add(spot)
            _expect_rule(world, agreement, rule, paid_for, out, claims, pays_above)
    _allocate(world, out, claims, pays_above)
    met = {key[:4] for key in out.lines if key[4] == "LINE"}
    totals = {(a, r) for a, r, v, _, _ in world.overrides if not v}
    for agreement, key, validator, wallet, _ in world.overrides:
        has_lines = any(line[:2] == (agreement, key) for line in met)
        found = (
            has_lines
            if not validator
            else (agreement, key, validator, wallet) in met and (agreement, key) not in totals
        )
        if not found:
            out.unmet.add((agreement, key, validator, wallet))
    return out


def _expect_rule(
    world: World, agreement: str, rule: dict[str, Any], paid_for: list[str], out: Expected, claims: Any, pays_above: Any
) -> None:  # the oracle reads as one page
    name = rule["key"]
    component, method = rule["component"], rule["method"]
    is_clients = method == "CLIENT_REVENUE" and component == "VOTE_REWARDS"
    payer = rule.get("funded_by") or ("COMMISSION" if is_clients else component)
    mine = set(world.wallets.get(agreement, ()))
    bases: dict[str, int | None] = {}
    final: dict[str, bool] = {}
    holdings: dict[str, dict[str, int]] = {}
    for v in paid_for:
        bases[v], final[v], holdings[v] = _base(world, agreement, rule, v, mine, is_clients, out)
        if is_clients and world.validators[v].amounts[payer] is None:
            final[v] = False
    missing = [v for v in paid_for if bases[v] is None]
    base = sum(b for b in bases.values() if b is not None)
    earlier, month, is_open = world.starts.get((agreement, name), (0, 0, False))
    doubtful = False
    known = {v: b for v, b in bases.items() if b is not None}
    if rule["tiers"] is None:
        computed = {v: math.floor(Fraction(b) * Fraction(rule["bps"], 10_000)) for v, b in known.items()}
    else:
        metric = rule["tiers"][1]
        matched = [v for v in world.validators if rule["validator"] in (None, v)]
        trusted = [v for v in matched if world.validators[v].is_trusted]
        introduced = sum(stake for v in trusted for _, w, stake, _ in world.validators[v].accounts or () if w in mine)
        computed = apportion(tiered(rule["tiers"], base, earlier, introduced), known)
        doubtful |= bool(missing)
        doubtful |= metric not in ("PERIOD", "INTRODUCED_STAKE") and is_open
        doubtful |= metric == "INTRODUCED_STAKE" and len(trusted) < len(matched)
    total = sum(computed.values())
    cut = 0
    if rule["cap"] is not None:
        cap, window = rule["cap"]
        doubtful |= bool(missing) or (window == "MONTH" and is_open)
        allowed = min(cap, total) if window == "PERIOD" else min(cap, month + total) - min(cap, month)
        cut = total - allowed
    cuts = apportion(cut, computed)
    top_up: int | None = 0
    if rule["floor"] is not None and rule["floor"][1] == "PERIOD":
        top_up = None if missing or doubtful else max(0, rule["floor"][0] - (total - cut)) if base else 0
    override = next((o for a, r, v, _, o in world.overrides if (a, r, v) == (agreement, name, "")), None)
    override = override if paid_for else None
    shared = apportion(override or 0, {v: computed.get(v, 0) for v in paid_for})
    for v in paid_for:
        ok = final[v] and not (doubtful and v in known) and not (override is not None and missing and v in known)
        split = {"": 1}
        if rule["wallet_attribution"] and v in known and holdings[v]:
            split = holdings[v]
        per_wallet = apportion(computed[v], split) if v in known else {"": None}
        cut_per_wallet = apportion(cuts[v], {w: per_wallet[w] or 0 for w in split}) if v in known else {"": 0}
        total_per_wallet = apportion(shared[v], split)
        for w in split:
            amount, taken = per_wallet[w], cut_per_wallet[w]
            instead = next(
                (o for a, r, ov, ow, o in world.overrides if (a, r, ov, ow) == (agreement, name, v, w)), None
            )
            if override is not None:
                instead = total_per_wallet[w]
            paid = amount if instead is None else instead
            out.lines[agreement, name, v, w, "LINE"] = (amount, paid, False, ok)
            if taken:
                gone = -taken if instead is None else 0
                out.lines[agreement, name, v, w, "CAP_REDUCTION"] = (-taken, gone, False, ok)
            due = None if amount is None else amount - taken
            claim = None if due is None else due if instead is None else min(instead, due)
            claims[v, payer][agreement, name, v, w] = claim
            if instead is not None:
                pays_above[v, agreement, name][agreement, name, v, w] = None if claim is None else instead - claim
    if top_up != 0:
        ok = top_up is not None and all(final.values())
        added = top_up if override is None else 0
        out.lines[agreement, name, "", "", "FLOOR_TOP_UP"] = (top_up, added, False, ok)
        if override is None:
            out.parts["", "OPERATOR_GUARANTEE", f"{agreement}/{name}"] = top_up
    mine_lines = [line for key, line in out.lines.items() if key[:2] == (agreement, name)]
    paid_all = None if any(line[1] is None for line in mine_lines) else sum(line[1] or 0 for line in mine_lines)
    out.results[agreement, name] = (base, total, -cut, top_up, paid_all if override is None else override)


def _base(
    world: World, agreement: str, rule: dict[str, Any], v: str, mine: set[str], is_clients: bool, out: Expected
) -> tuple[int | None, bool, dict[str, int]]:  # as above
    validator = world.validators[v]
    component, method = rule["component"], rule["method"]
    whole = validator.amounts[component]
    is_final = is_clients or whole is not None
    if rule["basis"] == "NET":
        carried = world.losses.get((agreement, rule["key"], v), 0) if rule["carry_losses"] else 0
        lacking = [cost for cost in REDUCED_BY[component] if cost in validator.awaited]
        is_final = is_final and not lacking
        after = carried
        if any(cost not in validator.costs for cost in lacking):
            whole = None
        if whole is not None:
            rest = whole - sum(validator.costs.get(cost, 0) for cost in REDUCED_BY[component]) - carried
            whole, after = max(0, rest), max(0, -rest)
        if rule["carry_losses"]:
            out.losses[agreement, rule["key"], v] = after
    if method == "FIXED_SHARE":
        return whole, is_final, {}
    if not validator.is_trusted:
        return None, False, {}
    accounts = validator.accounts or []
    all_stake, all_rewards = (sum(stake for *_, stake, _ in accounts), sum(rewards for *_, rewards in accounts))
    by_rewards = method == "CLIENT_REVENUE" and (is_clients or (component == "COMMISSION" and all_rewards > 0))
    held: dict[str, int] = {}
    for _, withdrawer, stake, rewards in accounts:
        if withdrawer in mine:
            held[withdrawer] = held.get(withdrawer, 0) + (rewards if by_rewards else stake)
    part = sum(held.values())
    if is_clients:
        return part, is_final, held
    if whole is None:
        return None, False, held
    of = all_rewards if by_rewards else all_stake
    return (math.floor(Fraction(whole) * Fraction(part, of)) if of else 0), is_final, held


def _allocate(world: World, out: Expected, claims: Any, pays_above: Any) -> None:
    held: set[tuple[str, str, str, str]] = set()
    for v, validator in world.validators.items():
        for component, amount in validator.amounts.items():
            wanted = claims.get((v, component), {})
            known = sum(claim for claim in wanted.values() if claim is not None)
            if amount is None:
                out.parts[v, component, "UNKNOWN"] = None
            elif known > amount:
                out.parts[v, component, "HELD"] = amount
                held |= {key for key, claim in wanted.items() if claim}
            else:
                rules = {key[:2] for key in wanted}
                for a, r in rules:
                    amounts = [claim for key, claim in wanted.items() if key[:2] == (a, r)]
                    if None not in amounts:
                        out.parts[v, component, f"{a}/{r}"] = sum(amounts)
                party = "OPERATOR" if None not in wanted.values() else "UNKNOWN"
                out.parts[v, component, party] = amount - known
    for (v, a, r), above in pays_above.items():
        if None in above.values():
            out.parts[v, "OPERATOR_GUARANTEE", f"{a}/{r}"] = None
        else:
            due = sum(extra for key, extra in above.items() if key not in held)
            if due:
                out.parts[v, "OPERATOR_GUARANTEE", f"{a}/{r}"] = due
    for key in held:
        for kind in ("LINE", "CAP_REDUCTION"):
            if (*key, kind) in out.lines:
                computed, paid, _, ok = out.lines[*key, kind]
                out.lines[*key, kind] = (computed, paid, True, ok)
