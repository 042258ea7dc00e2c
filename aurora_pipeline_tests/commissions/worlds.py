"""Worlds by chance: small operators with every kind of rule, and the comparison of the engine with the oracle."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import polars as pl

from aurora_pipeline.agreements.tables import Basis, Method, Metric, OverrideTarget, TierMode, Window
from aurora_pipeline.agreements.terms import Clamp, Override, Rule, Terms, Tier, Tiers, refusals
from aurora_pipeline.commissions.compute import commission_lines
from aurora_pipeline.commissions.windows import LossBalance, WindowInputs, WindowStart
from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.pnl.tables import Component
from aurora_pipeline_tests.commissions.conftest import CHAIN, EPOCH, pnl_frame, rows, stake_frames, terms
from aurora_pipeline_tests.commissions.oracle import REDUCED_BY, Expected, Validator, World, expect, line_id
from aurora_pipeline_tests.gated import broken

COMPONENTS = tuple(component.value for component in Component)
_SCALES = (3, 20, 10**4, 10**9, 10**18, 10**30)
_RATES = (0, 1, 100, 3333, 5000, 9999, 10_000)


def make_world(chance: random.Random, name: str) -> World:
    """A small world; its keys begin with `name`."""
    scale = chance.choice(_SCALES)
    validators = {f"{name}v{n}": _validator(chance, scale, name) for n in range(chance.choice((1, 2, 2, 3)))}
    agreements = {
        f"{name}a{n}": [_rule(chance, scale, f"r{m}", list(validators)) for m in range(chance.choice((1, 1, 2)))]
        for n in range(chance.choice((1, 2, 2)))
    }
    owned = [f"{name}w{n}" for n in range(4)]
    wallets = {
        agreement: owned[place::2][: chance.choice((0, 1, 2, 2, 2, 2))] for place, agreement in enumerate(agreements)
    }
    world = World(validators, agreements, wallets)
    for agreement, rules in agreements.items():
        for rule in rules:
            key = (agreement, rule["key"])
            if chance.random() < 0.5:
                world.starts[key] = (chance.randint(0, 2 * scale), chance.randint(0, scale), chance.random() < 0.1)
            if rule["carry_losses"]:
                world.losses |= {(*key, v): chance.randint(0, scale) for v in validators if chance.random() < 0.7}
            if chance.random() < 0.1:
                world.overrides.append((*key, "", "", chance.randint(0, scale)))
            if chance.random() < 0.15:
                wallet = chance.choice(["", *owned])
                world.overrides.append((*key, chance.choice(list(validators)), wallet, chance.randint(0, scale)))
    return world


def _validator(chance: random.Random, scale: int, name: str) -> Validator:
    amounts = {
        component: None if chance.random() < 0.04 else chance.choice((0, scale, *(chance.randint(0, scale),) * 4))
        for component in COMPONENTS
    }
    columns = [column for reducing in REDUCED_BY.values() for column in reducing]
    costs = {column: chance.randint(0, scale) for column in columns if chance.random() < 0.4}
    awaited = frozenset(column for column in columns if chance.random() < 0.02)
    accounts: list[tuple[str, str | None, int, int]] | None = None
    if chance.random() < 0.97:
        accounts = []
        for number in range(chance.choice((0, 1, 3, 4, 5))):
            withdrawer = None if chance.random() < 0.01 else f"{name}w{chance.randint(0, 4)}"
            stake, earned = (chance.choice((0, 1, *(chance.randint(0, scale),) * 4)) for _ in range(2))
            accounts.append((f"{name}s{number}", withdrawer, stake, earned))
    total = chance.randint(0, scale) if accounts is not None and chance.random() < 0.03 else None
    return Validator(amounts, costs, awaited, accounts, total)


def _rule(chance: random.Random, scale: int, key: str, validators: Sequence[str]) -> dict[str, Any]:
    # Half of the rules are about one component, so that several claim of it.
    component = chance.choice((*COMPONENTS, *("COMMISSION",) * 4))
    method = chance.choice(("FIXED_SHARE", "STAKE_WEIGHT", "CLIENT_REVENUE"))
    is_clients = (method, component) == ("CLIENT_REVENUE", "VOTE_REWARDS")
    basis = "GROSS" if is_clients else chance.choice(("GROSS", "GROSS", "NET"))
    rule: dict[str, Any] = {
        "key": key,
        "component": component,
        "method": method,
        "validator": None if chance.random() < 0.7 else chance.choice(list(validators)),
        "bps": _rate(chance),
        "tiers": None,
        "basis": basis,
        "carry_losses": basis == "NET" and chance.random() < 0.5,
        "stacks": chance.random() < 0.3,
        "floor": None,
        "cap": None,
        "wallet_attribution": method != "FIXED_SHARE" and chance.random() < 0.6,
        "funded_by": chance.choice((None, "EXEC_FEES")) if is_clients else None,
    }
    if chance.random() < 0.5:
        ends = sorted({chance.randint(1, min(2 * scale, 10**30)) for _ in range(chance.choice((0, 1, 2, 3)))})
        mode = chance.choice(("GRADUATED", "GRADUATED", "VOLUME"))
        cumulative = ("PERIOD", "MONTH_TO_DATE", "YEAR_TO_DATE", "LIFETIME")
        metric = chance.choice(cumulative if mode == "GRADUATED" else ("PERIOD", "INTRODUCED_STAKE"))
        rule |= {"bps": None, "tiers": (mode, metric, [(end, _rate(chance)) for end in [*ends, None]])}
    if chance.random() < 0.4:
        rule["cap"] = (chance.randint(0, scale), chance.choice(("PERIOD", "MONTH")))
    if chance.random() < 0.3:
        cap, window = rule["cap"] or (scale, "PERIOD")
        if window == "PERIOD":
            rule["floor"] = (chance.randint(0, cap), "PERIOD")
    return rule


def _rate(chance: random.Random) -> int:
    return chance.choice((chance.choice(_RATES), *(chance.randint(0, 10_000),) * 3))


def engine_rule(rule: dict[str, Any], everywhere: str | None) -> Rule:
    """A world's rule as the engine's; `everywhere` stands for every validator of the world."""
    tiers = rule["tiers"]
    made = Rule(
        rule["key"],
        1,
        CHAIN,
        rule["validator"] or everywhere,
        Component(rule["component"]),
        Method(rule["method"]),
        rule["bps"],
        Basis(rule["basis"]),
        rule["stacks"],
        tiers and Tiers(TierMode(tiers[0]), Metric(tiers[1]), tuple(Tier(*step) for step in tiers[2])),
        rule["floor"] and Clamp(rule["floor"][0], Window(rule["floor"][1])),
        rule["cap"] and Clamp(rule["cap"][0], Window(rule["cap"][1])),
        rule["carry_losses"],
        rule["funded_by"] and Component(rule["funded_by"]),
        rule["wallet_attribution"],
    )
    assert list(refusals(made)) == []
    return made


def assert_equal_to_oracle(worlds: dict[str, World], shuffle: random.Random | None = None) -> int:
    """Compute several worlds at once, compare every line, part and total with the oracle; returns how many lines."""
    validators = {key: one for world in worlds.values() for key, one in world.validators.items()}
    pnl, positions, rewards = frames_of(validators, shuffle)
    result = commission_lines(CHAIN, EPOCH, pnl, positions, rewards, *terms_of(worlds))
    assert broken(result.lines) == (), broken(result.lines)
    assert broken(result.allocation) == (), broken(result.allocation)
    expected = Expected()
    for world in worlds.values():
        one = expect(world)
        for name in ("lines", "parts", "results", "losses", "unmet"):
            getattr(expected, name).update(getattr(one, name))
    lines = rows(result.lines.frame)
    _equal(_found_lines(lines), expected.lines, worlds)
    _equal({_place(line): line["line_id"] for line in lines}, {
        key: line_id(*key[:4], CHAIN, EPOCH, key[4]) for key in expected.lines
    }, worlds)  # fmt: skip
    _equal(_found_parts(rows(result.allocation.frame), expected), expected.parts, worlds)
    found = {
        (row["agreement_id"], row["rule_key"]): tuple(
            row[name] for name in ("base", "computed", "cap_reduction", "floor_top_up", "final")
        )
        for row in rows(result.results.frame)
    }
    _equal(found, expected.results, worlds)
    losses = {_place(line)[:3]: line["loss_after"] for line in lines if line["loss_after"] is not None}
    _equal(losses, expected.losses, worlds)
    unmet = {(o.agreement_id, o.rule_key, o.validator_key, o.wallet_address): True for o in result.unmet_overrides}
    _equal(unmet, dict.fromkeys(expected.unmet, True), worlds)
    return len(expected.lines)


Frames = tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]
"""P&L, positions and rewards."""


def frames_of(validators: dict[str, Validator], shuffle: random.Random | None) -> Frames:
    pnl = pnl_frame(
        {key: {Component(name): amount for name, amount in one.amounts.items()} for key, one in validators.items()},
        costs={key: one.costs for key, one in validators.items()},
        cost_states={key: dict.fromkeys(one.awaited, "pending") for key, one in validators.items()},
    )
    accounts = {key: one.accounts for key, one in validators.items() if one.accounts is not None}
    totals = {key: one.stake for key, one in validators.items() if one.stake is not None}
    positions, rewards = stake_frames(accounts, totals)
    if shuffle is None:
        return pnl, positions, rewards
    return _shuffled(pnl, shuffle), _shuffled(positions, shuffle), _shuffled(rewards, shuffle)


def _shuffled(frame: pl.DataFrame, chance: random.Random) -> pl.DataFrame:
    return frame.sample(fraction=1.0, shuffle=True, seed=chance.randint(0, 2**31))


def terms_of(worlds: dict[str, World]) -> tuple[Terms, WindowInputs]:
    agreements: dict[str, list[Rule]] = {}
    wallets: dict[str, list[str]] = {}
    overrides: list[Override] = []
    starts: dict[tuple[str, str], WindowStart] = {}
    losses: dict[tuple[str, str, str], LossBalance] = {}
    for name, world in worlds.items():
        everywhere = f"{name}*" if len(worlds) > 1 else None
        agreements |= {
            key: [engine_rule(rule, everywhere) for rule in rules] for key, rules in world.agreements.items()
        }
        wallets |= world.wallets
        for agreement, rule, validator, wallet, amount in world.overrides:
            target = OverrideTarget.LINE if validator else OverrideTarget.RULE
            overrides.append(Override(target, agreement, rule, validator, wallet, Amount(amount), None))
        for key, (bases, month, is_open) in world.starts.items():
            why = "epoch 849 lacks a figure" if is_open else None
            starts[key] = WindowStart(Amount(bases), Amount(month), why, why)
        losses |= {key: LossBalance(Amount(amount)) for key, amount in world.losses.items()}
    return terms(agreements, wallets, overrides), WindowInputs(starts, losses)


def _place(line: dict[str, Any]) -> tuple[str, str, str, str, str]:
    return line["agreement_id"], line["rule_key"], line["validator_key"], line["wallet_address"], line["kind"]


def _found_lines(lines: list[dict[str, Any]]) -> dict[Any, Any]:
    found = {_place(line): (line["computed"], line["final"], line["held"], line["state"] == "final") for line in lines}
    assert len(found) == len(lines)
    return found


def _found_parts(parts: list[dict[str, Any]], expected: Expected) -> dict[Any, Any]:
    names = {
        line_id(a, r, v, "", CHAIN, EPOCH, "FLOOR_TOP_UP" if v == "" else "LINE"): f"{a}/{r}"
        for a, r, v, _, _ in expected.lines
    }
    found: dict[Any, Any] = {}
    for part in parts:
        who = names[part["part_id"]] if part["party"] == "LINE" else part["party"]
        found[part["validator_key"], part["component"], who] = part["amount"]
    assert len(found) == len(parts)
    return found


def _equal(found: dict[Any, Any], expected: dict[Any, Any], worlds: dict[str, World]) -> None:
    if found == expected:
        return
    for key in found.keys() | expected.keys():
        one, other = found.get(key, "nothing"), expected.get(key, "nothing")
        if one != other:
            name = next((name for name in worlds if any(str(part).startswith(name) for part in key)), "")
            raise AssertionError(f"{key}: engine {one}, oracle {other}\n{worlds.get(name)}")
