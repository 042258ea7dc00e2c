"""One random life of two partners: what happens to them, in Aurora and in the model, and who is allowed what."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aurora_pipeline.agreements.tables import AGREEMENT_EVENTS, COMMISSION_OVERRIDES, PARTNER_MINIMUMS, Series
from aurora_pipeline.decisions.recording import Recording
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.period_key import MonthKey, PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.statements.decided import DisputeVerdict
from aurora_pipeline.statements.documents import PayableStatement
from aurora_pipeline.statements.transitions.answer import acknowledge, answer, dispute
from aurora_pipeline.statements.transitions.opening import import_openings
from aurora_pipeline.statements.transitions.submit import submit
from aurora_pipeline_tests.decided import decide
from aurora_pipeline_tests.statements.books import CHAIN, FIRST, HELD, MONTHS, PEOPLE, Books
from aurora_pipeline_tests.statements.model import Figure, Model, Partner, Refused
from aurora_pipeline_tests.statements.witness import Disagreement, Witness

PARTNERS = ("acme", "brook")
VALIDATORS = {name: (f"{name[0]}1", f"{name[0]}2") for name in PARTNERS}
"""Each has validators of its own."""
_OVER = MONTHS[:-1]
"""The months that can be over: the last one is only begun."""
_HELD_AMOUNT = 7

_OUTDATED = ("was computed before", "were computed from lines", "rest on what no longer counts")
Step = tuple[str, int]
"""What is done, and the seed of how."""


@dataclass
class Life:
    """One life of the partners, in Aurora and in the model."""

    books: Books
    folder: Path
    counts: Counter[str] = field(default_factory=Counter)
    model: Model = field(default_factory=Model)
    overrides: dict[tuple[int, str, str], int] = field(default_factory=dict)
    ever_overridden: set[tuple[str, str, str]] = field(default_factory=set)
    """Partner, period and validator of every line that was, also where it was withdrawn."""
    chance: random.Random = field(default_factory=random.Random)
    witness: Witness = field(init=False)

    def __post_init__(self) -> None:
        self.witness = Witness(self.books, self.model)

    def begin(self) -> None:
        """Two months over, with lines, before anybody decides anything."""
        self.model.partners = {name: Partner(floor=self.books.floor) for name in PARTNERS}
        for epoch in self.epochs(_OVER[0]):
            for partner in PARTNERS:
                self.books.set(epoch, partner, VALIDATORS[partner][0], 100 + epoch)
        self.pass_months(_OVER[0])

    def epochs(self, month: str) -> range:
        return self.books.epochs(month)

    @property
    def known(self) -> list[int]:
        return sorted(self.model.months)

    @property
    def newest(self) -> str:
        """The last month that is over."""
        return MONTHS[len({*self.model.months.values()}) - 2]

    # What happens

    def take(self, step: Step) -> None:
        """Do one thing, and look at what came of it."""
        kind, seed = step
        self.chance = random.Random(seed)
        STEPS[kind][1](self)
        self.counts[kind] += 1
        self.witness.look_at_frozen()
        if self.chance.random() < 0.15:
            self.witness.remember()

    def pass_months(self, month: str) -> None:
        self.books.live(month)
        for epoch in range(FIRST, self.epochs(month).stop + 1):
            if epoch not in self.model.months:
                self.model.months[epoch] = self.books.month_of(epoch)
                self._know(epoch)

    def live(self) -> None:
        """The next month passes, with some lines."""
        if self.newest == _OVER[-1]:
            return
        month = MONTHS[MONTHS.index(self.newest) + 1]
        for epoch in self.epochs(month):
            for partner in PARTNERS:
                if self._accrues(partner, epoch) and self.chance.random() < 0.8:
                    self.books.set(epoch, partner, self.chance.choice(VALIDATORS[partner]), self._amount())
        # The first of them was published without lines, when the month before was over.
        for epoch in self.known:
            if self.model.months[epoch] == month:
                self.publish(epoch)
        self.pass_months(month)

    def change(self) -> None:
        """A line changes, comes, goes, is held or is not known any more."""
        epoch, partner = self.chance.choice(self.known), self.chance.choice(PARTNERS)
        validator = self.chance.choice(VALIDATORS[partner])
        if self.chance.random() < 0.15 or not self._accrues(partner, epoch):
            self.books.remove(epoch, partner, validator)
        else:
            amount = self._amount()
            is_open = self.books.computes and (epoch, partner, validator) in self.overrides
            self.books.set(epoch, partner, validator, 50 if is_open and amount is None else amount)
        self.publish(epoch)

    def override(self) -> None:
        """Somebody states what a line is paid, or withdraws it."""
        epoch, partner = self.chance.choice(self.known), self.chance.choice(PARTNERS)
        validator, actor = self.chance.choice(VALIDATORS[partner]), self.chance.choice(PEOPLE)
        key = (epoch, partner, validator)
        if not isinstance(self.books.lines[epoch].get((partner, validator)), int) and key not in self.overrides:
            return
        amount = None if key in self.overrides and self.chance.random() < 0.6 else self.chance.randrange(500)
        row: dict[str, Any] = {"target": "LINE", "agreement_id": f"{partner}-1", "rule_key": "r", "chain_id": CHAIN}
        row |= {"epoch": epoch, "validator_key": validator, "wallet_address": "", "computed_seen": None}
        with self.books.database.connect() as connection:
            recording = Recording.begin(connection, actor, "settled")
            query = """SELECT count(*) AS n FROM commission_overrides
                       WHERE (agreement_id, epoch, validator_key) = (%s, %s, %s)"""
            found = connection.execute(query, [f"{partner}-1", epoch, validator]).fetchone()
            recording.write(COMMISSION_OVERRIDES, row | {"revision": found["n"] + 1 if found else 1, "amount": amount})
            recording.note("override/x", "override.set", None, {}, [])
        self.model.overrode.add((partner, epoch, actor))
        self.ever_overridden.add((partner, f"{epoch:07}", validator))
        if amount is None:
            self.overrides.pop(key, None)
        else:
            self.overrides[key] = amount
        self.publish(epoch)

    def publish(self, epoch: int) -> None:
        """Publish an epoch's lines as they are now."""
        own = {(partner, key): amount for (of, partner, key), amount in self.overrides.items() if of == epoch}
        # An override of what has no amount, or is held, waits for it: what it does then is the engine's own affair.
        stated = {key: amount for key, amount in own.items() if isinstance(self.books.lines[epoch].get(key), int)}
        if self.books.computes and self.chance.random() < 0.4:
            self.books.tell(epoch)  # the lines are left behind
        else:
            self.books.publish(epoch, override=stated)
        self._know(epoch)

    def _know(self, epoch: int) -> None:
        lines = self.books.lines[epoch]
        own = {(partner, key): amount for (of, partner, key), amount in self.overrides.items() if of == epoch}
        self.model.truth[epoch] = {key: _figure(amount, own.get(key)) for key, amount in lines.items()}
        self.model.blocked[epoch] = {partner for partner, key in own if (partner, key) not in lines}

    def _amount(self) -> Any:
        dice = self.chance.random()
        held = _HELD_AMOUNT if self.books.computes else HELD
        return None if dice < 0.1 else held if dice < 0.2 else self.chance.choice((0, 1, 50, 300, 2000))

    def _accrues(self, partner: str, epoch: int) -> bool:
        terminated = self.model.partners[partner].terminated
        return terminated is None or self.books.month_of(epoch) < terminated

    # Terms of payment

    def series(self) -> None:
        """A partner is paid by another series from a month on of which nothing is stated."""
        name = self.chance.choice(PARTNERS)
        partner = self.model.partners[name]
        month = self.chance.choice(MONTHS)
        last = partner.stated[-1].statement.slot.month if partner.stated else ""
        was = partner.in_force(partner.series, "9999-12", "MONTH")
        if self.books.floor is not None or month <= max([last, *partner.series]):
            return
        new = Series.EPOCH if was == "MONTH" else Series.MONTH
        self.books.pay_by(name, new, month)
        partner.series[month] = new.value

    def minimum(self) -> None:
        name, month = self.chance.choice(PARTNERS), self.chance.choice(MONTHS)
        partner = self.model.partners[name]
        if month <= max(partner.minimum, default=""):
            return
        amount = self.chance.choice((0, 100, 1500))
        row: dict[str, Any] = {"partner_id": name, "chain_id": CHAIN, "change_number": len(partner.minimum) + 1}
        with self.books.database.connect() as connection:
            since = MonthKey(CHAIN, month).started_at
            decide(connection, PARTNER_MINIMUMS, row | {"minimum_payout": amount, "effective_from": since})
        partner.minimum[month] = amount

    def terminate(self) -> None:
        """An agreement ends with a month: nothing accrues from then on."""
        name, month = self.chance.choice(PARTNERS), self.chance.choice(MONTHS)
        if self.model.partners[name].terminated is not None or self.books.floor is not None:
            return
        event = {"agreement_id": f"{name}-1", "event_number": 2, "status": "TERMINATED"}
        with self.books.database.connect() as connection:
            decide(connection, AGREEMENT_EVENTS, event | {"effective_from": MonthKey(CHAIN, month).started_at})
        self.model.partners[name].terminated = month
        for epoch in self.known:
            if not self._accrues(name, epoch):
                for validator in VALIDATORS[name]:
                    self.books.remove(epoch, name, validator)
                self.publish(epoch)

    def open(self) -> None:
        name = self.chance.choice(PARTNERS)
        opening = self.chance.choice((-400, 0, 250))
        through = self.chance.choice((None, None, "2026-07", _OVER[0]))
        file = self.folder / "openings.csv"
        file.write_text(f"partner,chain_id,opening,paid_through\n{name},{CHAIN},{opening} lamports,{through or ''}\n")
        self._both(
            f"open {name} {opening} {through}",
            lambda: import_openings(self.books.database, file, "ann", "cut-over"),
            lambda: self.model.open(name, opening, through),
        )

    # Computing

    def settle(self) -> None:
        """Compute all that is stale, as the sensor does; then every statement is as the model says."""
        self.books.settle()
        self.witness.compare()
        for name in PARTNERS:
            self.model.check(name)

    def compute(self) -> None:
        """Compute any place, whether it is its turn or not."""
        if self.chance.random() < 0.6:
            self.books.compute(MonthKey(CHAIN, self.chance.choice(MONTHS[: MONTHS.index(self.newest) + 1])))
        else:
            self.books.compute(PeriodKey(CHAIN, EpochNumber(self.chance.choice(self.known))))

    # Steps of people

    def _statements(self, *stages: str) -> list[tuple[str, PayableStatement]]:
        every = self.books.all_statements()
        return [
            (name, one)
            for name in PARTNERS
            for one in every[name].values()
            if one.stage.value in stages or self.chance.random() < 0.1
        ]

    def _pick(self, *stages: str) -> tuple[str, str, PayableStatement] | None:
        found = self._statements(*stages)
        if not found:
            return None
        name, one = self.chance.choice(found)
        return name, one.key.period, one

    def _who(self, usual: str) -> str:
        return usual if self.chance.random() < 0.7 else self.chance.choice(PEOPLE)

    def submit(self) -> None:
        drafts = [
            (name, one) for name, one in self._statements("DRAFT") if one.is_payable or self.chance.random() < 0.1
        ]
        if not drafts:
            return
        first = min(drafts, key=lambda found: (found[1].row["number"] or 99, found[0]))
        name, one = first if self.chance.random() < 0.7 else self.chance.choice(drafts)
        self._submit(name, one, self._who("sam"), careful=False)

    def _submit(self, name: str, one: PayableStatement, who: str, *, careful: bool) -> None:
        key = one.key.period
        draft, ids = self.witness.as_published(one)
        accepted = {source for source in draft.unsettled if careful or self.chance.random() < 0.95}
        if one.stage.value != "DRAFT" or not one.is_payable:
            draft = replace(draft, number=-1)
        words = f"submit {name} {key} by {who}, accepting {sorted(accepted)}"
        given = [ids[source] for source in accepted]

        def submitted() -> object:
            return submit(self.books.database, one.statement_id, [CHAIN], given, who, "month end")

        told = self._try(submitted)
        is_outdated = told is not None and any(words in told for words in _OUTDATED)
        if is_outdated and self.witness.is_fresh(name, draft):
            # It rests on decisions or lines that changed nothing of it; computed again, it says so.
            self.books.recompute()
            self.books.compute(one.key)
            told = self._try(submitted)
        try:
            self.model.submit(draft, frozenset(accepted), who)
        except Refused as refused:
            if told is None:
                raise Disagreement(f"{words}: Aurora does it, the model: {refused}") from None
            self.counts["refused submit"] += 1
            return
        if told is not None:
            self.model.partners[name].stated.pop()
            if self.witness.is_fresh(name, draft):
                raise Disagreement(f"{words}: Aurora refuses: {told}") from None
            self.counts["refused stale submit"] += 1
            return
        self.witness.freeze(name, key)

    def close(self) -> None:
        """Compute all, and bring a partner's next statement to its release."""
        self.settle()
        name = self.chance.choice(PARTNERS)
        stated = self.model.partners[name].stated
        if not stated or stated[-1].stage != "PENDING_APPROVAL":
            drafts = self.model.statements(name)[len(stated) :]
            if not drafts or drafts[0].is_blocked:
                return
            self._submit(name, self.books.statement(name, drafts[0].slot.key), "sam", careful=True)
        key = stated[-1].statement.slot.key
        for who in PEOPLE:
            if self._approve(name, key, who):
                break
        for who in PEOPLE:
            if stated[-1].stage == "APPROVED" and self._release(name, key, who):
                break
        self.settle()

    def approve(self) -> None:
        picked = self._pick("PENDING_APPROVAL")
        if picked is not None:
            self._approve(*picked[:2], self._who("ann"))

    def _approve(self, name: str, key: str, who: str) -> bool:
        return self._both(
            f"approve {name} {key} by {who}",
            lambda: self.books.approve(name, key, who),
            lambda: self.model.approve(name, key, who),
        )

    def reject(self) -> None:
        picked = self._pick("PENDING_APPROVAL")
        if picked is not None:
            name, key, _ = picked
            if self._both(
                f"reject {name} {key}",
                lambda: self.books.reject(name, key),
                lambda: self.model.reject(name, key),
            ):
                self.witness.frozen.pop((name, key))

    def release(self) -> None:
        picked = self._pick("APPROVED")
        if picked is not None:
            self._release(*picked[:2], self._who("rob"))

    def _release(self, name: str, key: str, who: str) -> bool:
        return self._both(
            f"release {name} {key} by {who}",
            lambda: self.books.release(name, key, who),
            lambda: self.model.release(name, key, who),
        )

    def pay(self) -> None:
        picked = self._pick("RELEASED")
        if picked is not None:
            name, key, one = picked
            due = (one.row["payable"] or 0) - one.paid
            amount = self.chance.choice((due, due, due // 2, due + 1, 1))
            nevertheless = self.chance.random() < 0.2
            self._both(
                f"pay {name} {key} {amount} nevertheless={nevertheless}",
                lambda: self.books.pay(name, key, amount, is_part=True, with_disputed=nevertheless),
                lambda: self.model.pay(name, key, amount, nevertheless=nevertheless),
            )

    def acknowledge(self) -> None:
        picked = self._pick("RELEASED", "PAID")
        if picked is not None:
            name, key, one = picked
            self._both(
                f"acknowledge {name} {key}",
                lambda: acknowledge(self.books.database, one.statement_id, [CHAIN], "ann", "right", on_behalf_of=name),
                lambda: self.model.acknowledge(name, key),
            )

    def dispute(self) -> None:
        picked = self._pick("RELEASED", "PAID")
        if picked is None:
            return
        name, key, one = picked
        _, ids = self.witness.as_published(one)
        if not ids:
            return
        source = self.chance.choice(sorted(ids))
        self._both(
            f"dispute {name} {key} {source}",
            lambda: dispute(
                self.books.database,
                one.statement_id,
                [CHAIN],
                ids[source],
                "9 lamports",
                "sam",
                "no",
                on_behalf_of=name,
            ),
            lambda: self.model.dispute(name, key, source),
        )

    def answer(self) -> None:
        opened = [
            (name, one.statement.slot.key, source)
            for name, partner in self.model.partners.items()
            for one in partner.stated
            for source, verdict in one.disputes.items()
            if verdict == "OPEN" or self.chance.random() < 0.1
        ]
        if not opened:
            return
        name, key, source = self.chance.choice(opened)
        one = self.books.statement(name, key)
        _, ids = self.witness.as_published(one)
        has_override = (name, *source) in self.ever_overridden
        verdict = DisputeVerdict.ACCEPTED if has_override and self.chance.random() < 0.5 else DisputeVerdict.REJECTED
        settled = f"{name}-1/r" if verdict is DisputeVerdict.ACCEPTED else None
        self._both(
            f"answer {name} {key} {source} {verdict}",
            lambda: answer(
                self.books.database, one.statement_id, [CHAIN], ids[source], verdict, settled, "rob", "looked at it"
            ),
            lambda: self.model.answer(name, key, source, verdict.value),
        )

    # Both

    def _try(self, aurora: Callable[[], object]) -> str | None:
        try:
            aurora()
        except AuroraError as error:
            return str(error)
        return None

    def _both(self, words: str, aurora: Callable[[], object], model: Callable[[], object]) -> bool:
        """Take a step in both; True: it was taken. They have to agree on whether it is allowed."""
        told = self._try(aurora)
        try:
            model()
        except Refused as refused:
            if told is None:
                raise Disagreement(f"{words}: Aurora does it, the model: {refused}") from None
            self.counts[f"refused {words.split()[0]}"] += 1
            return False
        if told is not None:
            raise Disagreement(f"{words}: Aurora refuses: {told}")
        return True

    def end(self) -> None:
        """Compute what is left, compare all, and ask again about every past moment."""
        self.take(("settle", 0))
        self.witness.ask_again()


def _figure(amount: Any, override: int | None) -> Figure:
    if amount is None:
        return Figure(None, final=False)
    if amount == HELD:
        return Figure(_HELD_AMOUNT, held=True)
    return Figure(amount, overridden_to=override)


STEPS: dict[str, tuple[int, Callable[[Life], None]]] = {
    "live": (5, Life.live),
    "change": (8, Life.change),
    "override": (3, Life.override),
    "series": (2, Life.series),
    "minimum": (1, Life.minimum),
    "terminate": (1, Life.terminate),
    "open": (1, Life.open),
    "settle": (4, Life.settle),
    "compute": (3, Life.compute),
    "submit": (6, Life.submit),
    "close": (8, Life.close),
    "approve": (5, Life.approve),
    "reject": (2, Life.reject),
    "release": (5, Life.release),
    "pay": (4, Life.pay),
    "acknowledge": (1, Life.acknowledge),
    "dispute": (2, Life.dispute),
    "answer": (2, Life.answer),
}
"""What can happen, and how often it does."""


def steps(seed: int, length: int) -> list[Step]:
    """The steps of a life."""
    chance = random.Random(seed)
    kinds = chance.choices(list(STEPS), [weight for weight, _ in STEPS.values()], k=length)
    return [(kind, chance.randrange(2**32)) for kind in kinds]
