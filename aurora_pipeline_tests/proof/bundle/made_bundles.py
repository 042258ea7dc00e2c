"""A small and whole bundle, made from docs/bundles.md alone: what a stranger would write.

Three epochs of a month, three rules with wallets, tiers, a cap per MONTH and an override, a withheld line, and rows
and inputs of other partners that stay hidden.
"""

from __future__ import annotations

from collections.abc import Callable

from aurora_pipeline_tests.proof.bundle.bundle_bytes import (
    COLUMNS,
    Row,
    encoded,
    id_of,
    of_row,
    record,
    root,
    sha,
    shares,
    texts,
)
from aurora_pipeline_tests.proof.bundle.sealed_bundles import CHAIN, SealedBundle, Snapshot

PARTNER = "northwind"
EPOCHS = (850, 851, 852)
LINE_KEY = ("agreement_id", "rule_key", "validator_key", "wallet_address")
TERMS = (
    "partners",
    "partner_wallets",
    "agreements",
    "agreement_versions",
    "agreement_rules",
    "agreement_rule_tiers",
    "agreement_events",
    "commission_overrides",
)


class MadeBundle(SealedBundle):
    """A bundle of `validators` validators; `edit` may change the rows before they are signed."""

    epochs = EPOCHS
    opened: int | None = None
    """The balance that was taken over; then there is no statement before. None: there is one, and it left nothing."""

    def __init__(
        self,
        validators: int = 2,
        seed: int = 1,
        edit: Callable[[MadeBundle], None] | None = None,
        partner_name: str = "Northwind",
    ) -> None:
        super().__init__(seed)
        self.validators = [f"Vote{number}" for number in range(1, validators + 1)]
        self.partner_name = partner_name
        self.terms()
        self.compute()
        self.statement()
        if edit:
            edit(self)
        self.seal()

    # The terms

    def terms(self) -> None:
        start = "2026-01-01T00:00:00.000000Z"
        self.add("partners", partner_id=PARTNER, revision=1, name=self.partner_name)
        self.add(
            "partner_minimum_payouts",
            partner_id=PARTNER,
            chain_id=CHAIN,
            change_number=1,
            minimum_payout=10,
            effective_from=start,
        )
        for name in ("partner_series", "statement_openings", "commission_overrides"):
            self.lists[name] = []
        if self.opened is not None:
            taken_over = {"partner_id": PARTNER, "chain_id": CHAIN, "opening": self.opened, "paid_through": "2026-07"}
            self.add("statement_openings", **taken_over, evidence="a balance sheet", evidence_hash="00" * 32)
        for wallet in ("WalletA", "WalletB"):
            self.add(
                "partner_wallets",
                chain_id=CHAIN,
                wallet_address=wallet,
                revision=1,
                introduced_at=start,
                partner_id=PARTNER,
            )
        self.add("agreements", agreement_id="nw", partner_id=PARTNER)
        self.add("agreement_versions", agreement_id="nw", version=1, valid_from=start)
        common = {
            "agreement_id": "nw",
            "version": 1,
            "basis": "GROSS",
            "stacks": False,
            "carry_losses": False,
            "wallet_attribution": False,
        }
        tips = {
            "revenue_component": "MEV_TIPS",
            "funded_by": "MEV_TIPS",
            "attribution_method": "FIXED_SHARE",
            "commission_rate_bps": 500,
        }
        stake = {
            "revenue_component": "EXEC_FEES",
            "funded_by": "EXEC_FEES",
            "attribution_method": "STAKE_WEIGHT",
            "commission_rate_bps": 800,
        }
        tiers = {"revenue_component": "COMMISSION", "funded_by": "COMMISSION", "attribution_method": "CLIENT_REVENUE"}
        self.add("agreement_rules", **common | tips, rule_key="tips", rule_order=1, validator_key="Vote*")
        self.add(
            "agreement_rules",
            **common | stake | {"basis": "NET", "carry_losses": True, "wallet_attribution": True},
            rule_key="stake",
            rule_order=2,
        )
        self.add(
            "agreement_rules",
            **common | tiers,
            rule_key="tiers",
            rule_order=3,
            tier_mode="GRADUATED",
            tier_metric="MONTH_TO_DATE",
            cap=600 * len(self.validators),
            cap_window="MONTH",
        )
        self.add(
            "agreement_rule_tiers", agreement_id="nw", version=1, rule_key="tiers", tier=1, up_to=5_000, rate_bps=1000
        )
        self.add("agreement_rule_tiers", agreement_id="nw", version=1, rule_key="tiers", tier=2, rate_bps=2000)
        self.add("agreement_events", agreement_id="nw", event_number=1, status="ACTIVE", effective_from=start)
        self.add(
            "commission_overrides",
            target="LINE",
            agreement_id="nw",
            rule_key="tips",
            chain_id=CHAIN,
            epoch=851,
            validator_key="Vote1",
            wallet_address="",
            revision=1,
            amount=777,
            computed_seen=1,
        )

    # The lines of an epoch

    def compute(self) -> None:
        for epoch in self.epochs:
            self.epoch(epoch)

    def epoch(self, epoch: int) -> None:
        lines, rules = self.snapshots_of(epoch)
        made = [*self.tips(lines, epoch), *self.stakes(lines, epoch), *self.tiers(lines, epoch)]
        key = ("agreement_id", "rule_key", "validator_key", "wallet_address", "kind")
        made.sort(key=lambda row: tuple(str(row[name]) for name in key))
        for row in made:
            row["final"] = row["computed"] if row["override"] is None else row["override"]
        for rule in ("stake", "tiers", "tips"):
            self.show(rules, "rules", self.rule_result(epoch, rule, made))
        held = made[-1:] if epoch == self.epochs[-1] else []
        for row in held:
            row["held"], row["reason"] = True, "claimed by southwind too"
        self.published(epoch, lines, made)

    def snapshots_of(self, epoch: int) -> tuple[Snapshot, Snapshot]:
        """Those of its lines and of its rules."""
        period = f"{epoch:07d}"
        return self.snapshot("partner_commission_lines", period), self.snapshot("commission_rule_results", period)

    def published(self, epoch: int, lines: Snapshot, made: list[Row]) -> None:
        """Lines with their inputs, and the epoch's statement of them."""
        first, ends = (
            epoch * 100,
            [f"2026-08-{3 + 2 * self.epochs.index(epoch) + more:02d}T00:00:00.000000Z" for more in (0, 2)],
        )
        slots = {"first_slot": first, "last_slot": first + 99, "first_block_slot": first, "last_block_slot": first + 99}
        period = self.add("periods", chain_id=CHAIN, epoch=epoch, **slots, started_at=ends[0], ended_at=ends[1])
        for row in made:
            self.lists.setdefault("lines", []).append(row)
            self.show(lines, "lines", row)
        for layer in ("validator_pnl", "canonical_stake_positions", "canonical_stake_rewards"):
            self.names(lines, self.snapshot(layer, f"{epoch:07d}"))
        results = [one for one in self.snapshots.values() if one.asset == "commission_rule_results"]
        for earlier in [one for one in results if one.period < lines.period]:
            self.names(lines, earlier)
        self.decides(lines, "periods", period, f"{CHAIN}:{epoch:07d}", "period")
        for name in TERMS:
            for number, row in enumerate(self.lists[name]):
                self.decides(lines, name, row, f"{name}:{number}", "decision")
        for row in made:
            if row["held"]:
                self.withhold(lines, row)
        statement = self.snapshot("partner_commission_statements", f"{epoch:07d}")
        self.names(statement, lines)
        for row in self.lists["partners"]:
            self.decides(statement, "partners", row, "", "decision")
        self.show(statement, "epochs", self.epoch_statement(epoch, made, ends))

    def epoch_statement(self, epoch: int, made: list[Row], ends: list[str]) -> Row:
        held = [row for row in made if row["held"]]
        missing = [row for row in made if row["final"] is None]
        known = sum(int(str(row["final"])) for row in made if not row["held"] and row["final"] is not None)
        blocked = self.blocked(epoch, made)
        is_open = missing or blocked or any(row["state"] != "final" for row in made)
        told = {
            "line_count": len(made),
            "held_count": len(held),
            "missing_count": len(missing),
            "blocked_count": blocked,
            "lines_total": None if missing or blocked else known,
            "known_total": known,
            "held_total": sum(int(str(one["final"])) for one in held),
            "state": "partial" if is_open else "final",
        }
        names = {
            "statement_id": id_of("statement", PARTNER, CHAIN, epoch, "EPOCH"),
            "partner_id": PARTNER,
            "partner_name": self.partner_name,
        }
        return self.add("epochs", chain_id=CHAIN, epoch=epoch, **names, **told, started_at=ends[0], ended_at=ends[1])

    def blocked(self, epoch: int, made: list[Row]) -> int:
        """How many overrides of an epoch have no target; a line of a rule whose total is overridden is none."""
        lines = {tuple(row[name] for name in LINE_KEY) for row in made if row["kind"] == "LINE"}
        overrides = [row for row in self.lists["commission_overrides"] if row["epoch"] == epoch]
        totals = {(row["agreement_id"], row["rule_key"]) for row in overrides if row["target"] == "RULE"}
        rules = {line[:2] for line in lines}
        keys = [(row["target"], tuple(row[name] for name in LINE_KEY)) for row in overrides]
        return sum(key[:2] not in rules if of == "RULE" else key[:2] in totals or key not in lines for of, key in keys)

    def line(self, epoch: int, rule: str, validator: str, **values: object) -> Row:
        terms = next(row for row in self.lists["agreement_rules"] if row["rule_key"] == rule)
        row: Row = dict.fromkeys([name for _, name in COLUMNS["lines"]])
        row |= {
            "chain_id": CHAIN,
            "epoch": epoch,
            "partner_id": PARTNER,
            "agreement_id": "nw",
            "agreement_version": 1,
            "rule_key": rule,
            "kind": "LINE",
        }
        row |= {
            "rule_order": terms["rule_order"],
            "validator_key": validator,
            "wallet_address": "",
            "component": terms["revenue_component"],
        }
        row |= {
            "funded_by": terms["funded_by"],
            "attribution_method": terms["attribution_method"],
            "basis": terms["basis"],
        }
        row |= {"rate_bps": terms["commission_rate_bps"], "held": False, "state": "final"} | values
        row["line_id"] = id_of("line", "nw", rule, validator, row["wallet_address"], CHAIN, epoch, row["kind"])
        return row

    def cell(self, lines: Snapshot, kind: str, validator: str, name: str, amount: int, wallet: str = "") -> int:
        cell: Row = {
            "snapshot": lines.id,
            "index": 0,
            "salt": self.hex(),
            "kind": kind,
            "validator_key": validator,
            "name": name,
        }
        state = "final" if kind == "COMPONENT" else None
        lines.cells.append(cell | {"wallet_address": wallet, "amount": amount, "state": state})
        return amount

    def tips(self, lines: Snapshot, epoch: int) -> list[Row]:
        found = []
        for validator in self.validators:
            revenue = self.cell(lines, "COMPONENT", validator, "MEV_TIPS", self.chance.randrange(10**6))
            override = 777 if (epoch, validator) == (851, "Vote1") else None
            found.append(
                self.line(
                    epoch,
                    "tips",
                    validator,
                    revenue=revenue,
                    base=revenue,
                    computed=revenue * 500 // 10000,
                    override=override,
                )
            )
        return found

    def stakes(self, lines: Snapshot, epoch: int) -> list[Row]:
        found = []
        for validator in self.validators:
            revenue = self.cell(lines, "COMPONENT", validator, "EXEC_FEES", self.chance.randrange(10**6))
            costs = self.cell(lines, "COSTS", validator, "EXEC_FEES", self.chance.randrange(10**6))
            whole = self.cell(lines, "TOTAL", validator, "ACTIVE_STAKE", self.chance.randrange(3000, 10**4))
            weights = {
                wallet: self.cell(lines, "WALLET", validator, "ACTIVE_STAKE", self.chance.randrange(1500), wallet)
                for wallet in ("WalletA", "WalletB")
            }
            base = max(0, revenue - costs - 7) * sum(weights.values()) // whole
            amount = base * 800 // 10000
            figures = {
                "revenue": revenue,
                "costs": costs,
                "loss_before": 7,
                "loss_after": max(0, costs + 7 - revenue),
                "weighted_by": "ACTIVE_STAKE",
            }
            figures |= {
                "weight": sum(weights.values()),
                "weight_whole": whole,
                "base": base,
                "validator_amount": amount,
            }
            for wallet, part in shares(amount, weights).items():
                found.append(
                    self.line(
                        epoch,
                        "stake",
                        validator,
                        **figures,
                        wallet_address=wallet,
                        wallet_weight=weights[wallet],
                        computed=part,
                    )
                )
        return found

    def tiers(self, lines: Snapshot, epoch: int) -> list[Row]:
        bases, figures = {}, {}
        for validator in self.validators:
            revenue = self.cell(lines, "COMPONENT", validator, "COMMISSION", self.chance.randrange(10**5))
            whole = self.cell(lines, "TOTAL", validator, "STAKER_REWARDS", self.chance.randrange(1000, 9000))
            weight = self.cell(lines, "WALLET", validator, "STAKER_REWARDS", self.chance.randrange(1000), "WalletA")
            bases[validator] = revenue * weight // whole
            figures[validator] = {
                "revenue": revenue,
                "weighted_by": "STAKER_REWARDS",
                "weight": weight,
                "weight_whole": whole,
                "base": bases[validator],
            }
        earlier = [row for row in self.lists.get("rules", []) if row["rule_key"] == "tiers"]
        start, paid = sum(int(str(row["base"])) for row in earlier), sum(int(str(row["computed"])) for row in earlier)
        base = sum(bases.values())

        def graduated(amount: int) -> int:
            return (1000 * min(amount, 5_000) + 2000 * max(0, amount - 5_000)) // 10000

        def words(amount: int) -> str:
            if amount <= 5_000:
                return f"floor({amount} x 1000 / 10000)"
            return f"floor((5000 x 1000 + {amount - 5_000} x 2000) / 10000)"

        amount, cap = graduated(start + base) - graduated(start), 600 * len(self.validators)
        trace = f"{words(start + base)} - {words(start)} = {graduated(start + base)} - {graduated(start)} = {amount}"
        parts = shares(amount, bases)
        cut = amount - (min(cap, paid + amount) - min(cap, paid))
        cut_words = f"min({cap}, {paid + amount}) - min({cap}, {paid})"
        found = [
            self.line(
                epoch,
                "tiers",
                key,
                **figures[key],
                rule_base=base,
                rule_amount=amount,
                rule_trace=f"{trace}, MONTH_TO_DATE from {start}",
                computed=parts[key],
            )
            for key in bases
        ]
        for key, part in (shares(cut, parts) if cut else {}).items():
            found.append(
                self.line(
                    epoch,
                    "tiers",
                    key,
                    kind="CAP_REDUCTION",
                    base=parts[key],
                    rule_base=amount,
                    rule_amount=-cut,
                    rule_trace=f"{cut_words} - {amount} = {-cut}, MONTH from {paid}",
                    computed=-part,
                )
            )
        return found

    def rule_result(self, epoch: int, rule: str, lines: list[Row]) -> Row:
        own = [row for row in lines if row["rule_key"] == rule and row["kind"] == "LINE"]
        cuts = sum(
            int(str(row["computed"])) for row in lines if row["rule_key"] == rule and row["kind"] == "CAP_REDUCTION"
        )
        bases = {str(row["validator_key"]): int(str(row["base"])) for row in own}
        terms = next(row for row in self.lists["agreement_rules"] if row["rule_key"] == rule)
        earlier = [row for row in self.lists.get("rules", []) if row["rule_key"] == rule]
        start = sum(int(str(row["base"])) for row in earlier)
        values: Row = {
            "validator_count": len(bases),
            "missing_count": 0,
            "base": sum(bases.values()),
            "cap": terms["cap"],
            "cap_reduction": cuts,
            "floor_top_up": 0,
        }
        values |= {"computed": sum(int(str(row["computed"])) for row in own)}
        values |= {"final": sum(int(str(row["final"])) for row in lines if row["rule_key"] == rule), "state": "final"}
        if rule == "tiers":
            values |= {"metric": "MONTH_TO_DATE", "metric_start": start, "metric_end": start + sum(bases.values())}
            values |= {"cap_start": sum(int(str(row["computed"])) for row in earlier)}
        return self.add(
            "rules",
            chain_id=CHAIN,
            epoch=epoch,
            partner_id=PARTNER,
            agreement_id="nw",
            agreement_version=1,
            rule_key=rule,
            **values,
        )

    def withhold(self, lines: Snapshot, row: Row) -> None:
        """Show a held line's leaf instead of the reason that names others."""
        leaf = sha(
            b"\0",
            record(("t", row["salt"]), *texts("aurora.row.1", "partner_commission_lines"), *of_row("lines", row)),
        )
        row["reason"] = row["salt"] = None
        self.withheld.append({"line_id": row["line_id"], "leaf": leaf.hex(), "index": 0, "salt": self.hex()})
        lines.cells.append(self.withheld[-1])

    # The statement

    def statement(self) -> None:
        epochs = self.lists["epochs"]
        before = self.snapshot("monthly_statements", "2026-07")
        common = {
            "chain_id": CHAIN,
            "partner_id": PARTNER,
            "partner_name": self.partner_name,
            "payable_series": "MONTH",
            "state": "final",
        }
        nothing = dict.fromkeys(
            (
                "line_count",
                "held_count",
                "missing_count",
                "unsettled_count",
                "blocked_count",
                "lines",
                "top_ups",
                "adjustments",
            ),
            0,
        )
        empty = {"held_total": 0, "payable": 0, "lines_digest": sha().hex(), "entries_digest": sha().hex()}
        self.lists["previous"] = []
        previous = self.add(
            "previous",
            **common | nothing | empty,
            month="2026-07",
            statement_id=id_of("statement", PARTNER, CHAIN, "2026-07", "MONTH"),
            number=1,
            started_at="2026-07-02T00:00:00.000000Z",
            ended_at="2026-08-01T00:00:00.000000Z",
            opening=0,
            total=0,
            known_total=0,
            minimum_payout=10,
            closing=0,
        )
        self.finish(previous)
        if self.opened is None:
            self.show(before, "previous", previous)
        else:
            self.lists["previous"].clear()
        entries = self.snapshot("monthly_statement_entries", "2026-08")
        about = {
            "agreement_id": "nw",
            "rule_key": "tips",
            "validator_key": "Vote1",
            "wallet_address": "",
            "line_kind": "LINE",
            "component": "MEV_TIPS",
        }
        own = id_of("statement", PARTNER, CHAIN, "2026-08", "MONTH")
        adjusted = id_of("line", "nw", "tips", "Vote1", "", CHAIN, 840, "LINE")
        entry = self.add(
            "entries",
            chain_id=CHAIN,
            month="2026-08",
            entry_id=id_of("adjustment", adjusted, 1),
            statement_id=own,
            partner_id=PARTNER,
            kind="ADJUSTMENT",
            source_period="0000840",
            line_id=adjusted,
            number=1,
            agreement_version=1,
            **about,
            stated=100,
            now=93,
            amount=-7,
            cause="DATA",
            state="final",
            reason='=late, "data"',
        )
        self.show(entries, "entries", entry)
        here = self.snapshot("monthly_statements", "2026-08")
        read = {"partner_commission_statements", "commission_rule_results"}
        for snapshot in [before, *(one for one in self.snapshots.values() if one.asset in read)]:
            self.names(here, snapshot)
        for number, row in enumerate(self.lists["partner_minimum_payouts"]):
            self.decides(here, "partner_minimum_payouts", row, f"partner_minimum_payouts:{number}", "decision")
        for row in self.lists["partners"]:
            self.decides(here, "partners", row, "", "decision")
        totals = {
            name: sum(int(str(row[name])) for row in epochs)
            for name in ("line_count", "held_count", "missing_count", "blocked_count", "held_total")
        }
        known = sum(int(str(row["known_total"])) for row in epochs)
        unsettled = sum(bool(line["held"]) or line["state"] != "final" for line in self.lists.get("lines", []))
        opening = self.opened or 0
        for opened in self.lists["statement_openings"]:
            self.decides(here, "statement_openings", opened, "", "decision")
        total = opening + known - 7
        payable = total if total >= 10 else 0
        row = self.add(
            "statement",
            **common | {"state": "partial" if unsettled or totals["blocked_count"] else "final"},
            **totals,
            month="2026-08",
            statement_id=own,
            number=2 if self.opened is None else 1,
            started_at=epochs[0]["started_at"],
            ended_at=epochs[-1]["ended_at"],
            unsettled_count=unsettled,
            opening=opening,
            lines=known,
            top_ups=0,
            adjustments=-7,
            total=None if totals["missing_count"] or totals["blocked_count"] else total,
            known_total=total,
            minimum_payout=10,
            payable=payable,
            closing=total - payable,
        )
        self.finish(row)
        self.show(here, "statement", row)

    def finish(self, row: Row) -> None:
        if row["month"] == "2026-08":
            for epoch in self.lists["epochs"]:
                leaves = [self.leaf("lines", line) for line in self.lists["lines"] if line["epoch"] == epoch["epoch"]]
                epoch["lines_digest"] = root(leaves).hex()
            row["lines_digest"] = root(
                [sha(b"\0", encoded("t", epoch["lines_digest"])) for epoch in self.lists["epochs"]]
            ).hex()
            leaves = [
                sha(b"\0", record(*texts("aurora.row.1", "monthly_statement_entries"), *of_row("entries", entry)))
                for entry in self.lists["entries"]
            ]
            row["entries_digest"] = root(leaves).hex()
        fields = of_row("statement", row)[:-1]
        row["statement_digest"] = sha(record(*texts("aurora.statement.1", "monthly_statements"), *fields)).hex()
