"""Bundles of what the engine computes: worlds by chance, the lines of an agreement, cells as evidence has them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

from aurora_pipeline.agreements.terms import Rule
from aurora_pipeline.commissions.compute import Commissions, commission_lines
from aurora_pipeline.proof.signing.evidence_leaves import LinesBelow, ShownFigure, cells
from aurora_pipeline.store.digests import Input
from aurora_pipeline_tests.commissions.conftest import CHAIN as WORLDS_CHAIN
from aurora_pipeline_tests.commissions.conftest import EPOCH, rows
from aurora_pipeline_tests.commissions.oracle import World
from aurora_pipeline_tests.commissions.worlds import engine_rule, frames_of, make_world, terms_of
from aurora_pipeline_tests.proof.bundle.bundle_bytes import COLUMNS, Row, id_of
from aurora_pipeline_tests.proof.bundle.made_bundles import LINE_KEY, PARTNER, MadeBundle
from aurora_pipeline_tests.proof.bundle.sealed_bundles import CHAIN

START = "2026-01-01T00:00:00.000000Z"


Edit = Callable[[Any], None]


def world_bundles(seed: int, count: int, edit: Edit | None = None) -> Iterator[tuple[str, WorldBundle]]:
    """A bundle of each agreement of so many worlds, with a name; `edit` may change its rows before the statement."""
    chance = random.Random(seed)
    for number in range(count):
        world = make_world(chance, f"w{number}")
        pnl, positions, rewards = frames_of(world.validators, None)
        result = commission_lines(WORLDS_CHAIN, EPOCH, pnl, positions, rewards, *terms_of({f"w{number}": world}))
        wallets = [
            Input("decision", f"partner_wallets:{WORLDS_CHAIN}/{one}/1", "")
            for own in world.wallets.values()
            for one in own
        ]
        shown = cells(LinesBelow(pnl, positions, rewards), wallets)
        for agreement in world.agreements:
            yield f"seed {seed}, world {number}, {agreement}", WorldBundle(world, agreement, result, shown, edit)


class WorldBundle(MadeBundle):
    """The lines that the engine computed for one agreement."""

    def __init__(
        self, world: World, agreement: str, result: Commissions, shown: list[ShownFigure], edit: Edit | None = None
    ) -> None:
        self.world, self.agreement, self.result, self.figures = world, agreement, result, shown
        self.spoil = edit
        super().__init__(0)

    def statement(self) -> None:
        if self.spoil:
            self.spoil(self)
        super().statement()

    def terms(self) -> None:
        self.add("partners", partner_id=PARTNER, revision=1, name=self.partner_name)
        for name in (
            "partner_series",
            "statement_openings",
            "commission_overrides",
            "partner_wallets",
            "agreement_rule_tiers",
        ):
            self.lists[name] = []
        self.add(
            "partner_minimum_payouts",
            partner_id=PARTNER,
            chain_id=CHAIN,
            change_number=1,
            minimum_payout=10,
            effective_from=START,
        )
        for wallet in self.world.wallets[self.agreement]:
            self.add(
                "partner_wallets",
                chain_id=CHAIN,
                wallet_address=wallet,
                revision=1,
                introduced_at=START,
                partner_id=PARTNER,
            )
        own = {"agreement_id": self.agreement}
        self.add("agreements", **own, partner_id=PARTNER)
        self.add("agreement_versions", **own, version=1, valid_from=START)
        self.add("agreement_events", **own, event_number=1, status="ACTIVE", effective_from=START)
        for order, rule in enumerate(self.world.agreements[self.agreement], 1):
            self.rule(order, engine_rule(rule, None))
        for agreement, rule_key, validator, wallet, amount in self.world.overrides:
            if agreement == self.agreement:
                about = {
                    "rule_key": rule_key,
                    "chain_id": CHAIN,
                    "epoch": EPOCH,
                    "validator_key": validator,
                    "wallet_address": wallet,
                }
                self.add(
                    "commission_overrides",
                    **own,
                    **about,
                    target="LINE" if validator else "RULE",
                    revision=1,
                    amount=amount,
                )

    def rule(self, order: int, rule: Rule) -> None:
        own = {"agreement_id": self.agreement, "version": 1, "rule_key": rule.rule_key}
        tiers, floor, cap = rule.tiers, rule.floor, rule.cap
        self.add(
            "agreement_rules",
            **own,
            rule_order=order,
            validator_key=rule.validator_key,
            revenue_component=rule.revenue_component.value,
            attribution_method=rule.attribution_method.value,
            commission_rate_bps=rule.commission_rate_bps,
            basis=rule.basis.value,
            stacks=rule.stacks,
            carry_losses=rule.carry_losses,
            funded_by=rule.funding.value,
            wallet_attribution=rule.wallet_attribution,
            tier_mode=tiers and tiers.mode.value,
            tier_metric=tiers and tiers.metric.value,
            floor=floor and floor.amount,
            floor_window=floor and floor.window.value,
            cap=cap and cap.amount,
            cap_window=cap and cap.window.value,
        )
        for number, tier in enumerate(tiers.steps if tiers else (), 1):
            self.add("agreement_rule_tiers", **own, tier=number, up_to=tier.up_to, rate_bps=tier.rate_bps)

    def compute(self) -> None:
        earlier = self.snapshot("commission_rule_results", f"{EPOCH - 1:07d}")
        for (agreement, rule_key), (bases, month, is_open) in self.world.starts.items():
            if agreement == self.agreement:
                told = {
                    "base": bases,
                    "computed": month,
                    "validator_count": 1,
                    "missing_count": int(is_open),
                    "cap_reduction": 0,
                }
                own = {"partner_id": PARTNER, "agreement_id": agreement, "agreement_version": 1, "rule_key": rule_key}
                self.show(
                    earlier, "rules", self.add("rules", chain_id=CHAIN, epoch=EPOCH - 1, **own, **told, state="final")
                )
        bounds = {"first_slot": 0, "last_slot": 1, "first_block_slot": 0, "last_block_slot": 1}
        period = self.add(
            "periods",
            chain_id=CHAIN,
            epoch=EPOCH - 1,
            **bounds,
            started_at="2026-08-01T00:00:00.000000Z",
            ended_at="2026-08-03T00:00:00.000000Z",
        )
        lines, rules = self.snapshots_of(EPOCH)
        self.decides(lines, "periods", period, f"{CHAIN}:{EPOCH - 1:07d}", "period")
        computed = [row for row in rows(self.result.lines.frame) if row["agreement_id"] == self.agreement]
        computed.sort(
            key=lambda row: tuple(row[name] for name in ("rule_key", "validator_key", "wallet_address", "kind"))
        )
        made = [self.stored("lines", row) for row in computed]
        for row in rows(self.result.results.frame):
            if row["agreement_id"] == self.agreement:
                self.show(rules, "rules", self.add("rules", **self.stored("rules", row)))
        validators, wallets = {row["validator_key"] for row in made}, self.world.wallets[self.agreement]
        for one in self.figures:
            is_stake = (one.kind, one.name) == ("WALLET", "ACTIVE_STAKE")
            if (one.validator_key in validators or is_stake) and one.wallet_address in ("", *wallets):
                cell: Row = {
                    "snapshot": lines.id,
                    "index": 0,
                    "salt": self.hex(),
                    "kind": one.kind,
                    "validator_key": one.validator_key,
                }
                lines.cells.append(
                    cell
                    | {"name": one.name, "wallet_address": one.wallet_address, "amount": one.amount, "state": one.state}
                )
        self.published(EPOCH, lines, made)

    @staticmethod
    def stored(name: str, row: dict[str, Any]) -> Row:
        """A row of the engine's as a bundle has it, on the bundle's chain and of its partner."""
        found = {column: row[column] for _, column in COLUMNS[name]} | {"chain_id": CHAIN, "partner_id": PARTNER}
        if name == "lines":
            own = [found[column] for column in LINE_KEY]
            found["line_id"] = id_of("line", *own, CHAIN, found["epoch"], found["kind"])
        return found
