"""What statements have to come to, written from the specification: plain ints and dicts, none of Aurora's code.

One chain, several partners. What providers and terms come to is given as the figure of each line per epoch.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

TOP_UP = "top-up"


class Refused(Exception):
    """A step that is not allowed."""


@dataclass(frozen=True)
class Figure:
    """What a line comes to now."""

    amount: int | None
    """None: not known yet."""
    held: bool = False
    final: bool = True
    overridden_to: int | None = None

    @property
    def paid(self) -> int | None:
        """What it adds to the truth; None: nobody knows yet."""
        if self.held or self.amount is None:
            return None
        return self.amount if self.overridden_to is None else self.overridden_to

    @property
    def is_settled(self) -> bool:
        """Whether it needs nobody's acceptance."""
        return self.final and not self.held and self.amount is not None


Source = tuple[str, str]
"""A period (epoch or month) and the name of the line in it."""


@dataclass(frozen=True)
class Slot:
    """A place in a partner's series: a month, or an epoch."""

    key: str
    month: str
    epochs: tuple[int, ...]
    is_month: bool

    def __lt__(self, other: Slot) -> bool:
        return (self.month, self.epochs[-1]) < (other.month, other.epochs[-1])


@dataclass(frozen=True)
class Statement:
    """A statement: as it would be now, or as it was submitted."""

    partner: str
    slot: Slot
    number: int
    opening: int
    lines: Mapping[Source, Figure]
    top_ups: Mapping[Source, int | None]
    adjustments: Mapping[Source, int]
    counted: Mapping[Source, int]
    """Of each adjusted line, what was stated when it was computed."""
    minimum: int
    is_blocked: bool = False
    """An override of it has no target."""

    @property
    def known_lines(self) -> int:
        return sum(figure.paid or 0 for figure in self.lines.values())

    @property
    def known_top_ups(self) -> int:
        return sum(amount or 0 for amount in self.top_ups.values())

    @property
    def known_total(self) -> int:
        return self.opening + self.known_lines + self.known_top_ups + sum(self.adjustments.values())

    @property
    def total(self) -> int | None:
        missing = any(figure.amount is None for figure in self.lines.values())
        return None if missing or self.is_blocked or None in self.top_ups.values() else self.known_total

    @property
    def payable(self) -> int:
        return self.known_total if self.known_total > 0 and self.known_total >= self.minimum else 0

    @property
    def closing(self) -> int:
        return self.known_total - self.payable

    @property
    def unsettled(self) -> frozenset[Source]:
        lines = {source for source, figure in self.lines.items() if not figure.is_settled}
        return frozenset(lines | {source for source, amount in self.top_ups.items() if amount is None})

    def said_of(self, source: Source) -> int:
        """What it states of a line, as far as it was known."""
        line = self.lines.get(source)
        return ((line.paid or 0) if line else 0) + (self.top_ups.get(source) or 0) + self.adjustments.get(source, 0)

    @property
    def sources(self) -> set[Source]:
        return {*self.lines, *self.top_ups, *self.adjustments}


@dataclass
class Stated:
    """A submission that was not handed back, and what became of it."""

    statement: Statement
    submitter: str
    approver: str | None = None
    releaser: str | None = None
    payments: list[int] = field(default_factory=list)
    disputes: dict[Source, str] = field(default_factory=dict)
    """OPEN, ACCEPTED or REJECTED, by line."""
    acknowledged: bool = False

    @property
    def paid(self) -> int:
        return sum(self.payments)

    @property
    def stage(self) -> str:
        if self.approver is None:
            return "PENDING_APPROVAL"
        if self.releaser is None:
            return "APPROVED"
        return "PAID" if 0 < self.statement.payable <= self.paid else "RELEASED"

    @property
    def held_back(self) -> int:
        """What open disputes are about."""
        said = {**self.statement.top_ups, **self.statement.adjustments}
        lines = {source: figure.paid for source, figure in self.statement.lines.items()}
        return sum(
            max(0, (said | lines).get(source) or 0) for source, verdict in self.disputes.items() if verdict == "OPEN"
        )


@dataclass
class Partner:
    """A partner's terms of payment, and what was stated to it."""

    series: dict[str, str] = field(default_factory=dict)
    """MONTH or EPOCH, from a month on; MONTH before the first."""
    minimum: dict[str, int] = field(default_factory=dict)
    """The least that is paid, from a month on; 0 before the first."""
    floor: int | None = None
    """What the rule comes to at least, per month."""
    terminated: str | None = None
    """The month from whose start on no agreement accrues."""
    opening: int | None = None
    paid_through: str | None = None
    stated: list[Stated] = field(default_factory=list)
    was_submitted: bool = False

    def in_force(self, dated: Mapping[str, object], month: str, default: object) -> object:
        begun = [start for start in dated if start <= month]
        return dated[max(begun)] if begun else default


@dataclass
class Model:
    """The whole world: epochs and their months, what is true of each line now, and the partners."""

    months: dict[int, str] = field(default_factory=dict)
    """The month of every known epoch."""
    truth: dict[int, dict[tuple[str, str], Figure]] = field(default_factory=dict)
    """Of every published epoch: the figures by partner and line."""
    partners: dict[str, Partner] = field(default_factory=dict)
    blocked: dict[int, set[str]] = field(default_factory=dict)
    """By epoch, the partners of whose overrides one has no target."""
    overrode: set[tuple[str, int, str]] = field(default_factory=set)
    """(partner, epoch, who) of every override that was ever recorded."""

    # Time

    def is_closed(self, slot: Slot) -> bool:
        """A month closes when a period that ends after it is known and every period of it is published."""
        published = all(epoch in self.truth for epoch in slot.epochs)
        return published and (not slot.is_month or any(month > slot.month for month in self.months.values()))

    def slots(self, name: str) -> Iterator[Slot]:
        """The partner's series, from the first known month on, without what was paid elsewhere."""
        partner = self.partners[name]
        for month in sorted(set(self.months.values())):
            if partner.paid_through is not None and month <= partner.paid_through:
                continue
            epochs = tuple(sorted(epoch for epoch, its in self.months.items() if its == month))
            if partner.in_force(partner.series, month, "MONTH") == "MONTH":
                yield Slot(month, month, epochs, is_month=True)
            else:
                for epoch in epochs:
                    yield Slot(f"{epoch:07}", month, (epoch,), is_month=False)

    # Figures

    def lines(self, name: str, slot: Slot) -> dict[Source, Figure]:
        return {
            (f"{epoch:07}", line): figure
            for epoch in slot.epochs
            for (partner, line), figure in sorted(self.truth.get(epoch, {}).items())
            if partner == name
        }

    def top_ups(self, name: str, slot: Slot) -> dict[Source, int | None]:
        """What the floor adds to the month: none without revenue, unknown while a figure is."""
        floor = self.partners[name].floor
        figures = list(self.lines(name, slot).values())
        if floor is None or not slot.is_month or not self.accrues(name, slot):
            return {}
        if any(figure.amount is None for figure in figures):
            return {(slot.key, TOP_UP): None}
        computed = sum(figure.amount or 0 for figure in figures)
        added = max(0, floor - computed)
        return {(slot.key, TOP_UP): added} if computed > 0 and added > 0 else {}

    def accrues(self, name: str, slot: Slot) -> bool:
        """Whether an agreement is in force at a place: then it has a statement, if it were of nothing."""
        terminated = self.partners[name].terminated
        return terminated is None or slot.month < terminated

    def now(self, name: str) -> dict[Source, int | None]:
        """What each line and top-up comes to now: of every closed place in the series."""
        found: dict[Source, int | None] = {}
        stated = {one.statement.slot.key: one.statement.slot for one in self.partners[name].stated}
        slots = [*self.slots(name), *stated.values()]
        for slot in slots:
            found |= {source: figure.paid for source, figure in self.lines(name, slot).items()}
            found |= self.top_ups(name, slot)
        return found

    # Statements

    def is_behind(self, name: str, slot: Slot) -> bool:
        """Whether a place lies at or before the last that was stated."""
        stated = self.partners[name].stated
        if not stated:
            return False
        last = stated[-1].statement.slot
        if last.is_month or slot.is_month or slot.month != last.month:
            return slot.month <= last.month
        return slot.key <= last.key

    def adjustments(self, name: str) -> tuple[dict[Source, int], dict[Source, int]]:
        """Per line what it is more or less than was stated; and what was stated of it."""
        partner = self.partners[name]
        counted: dict[Source, int] = defaultdict(int)
        for one in partner.stated:
            for source in one.statement.sources:
                counted[source] += one.statement.said_of(source)
        own = self._pending_sources(name)
        behind: dict[Source, int | None] = {**dict.fromkeys(counted, 0), **self._now_behind(name)}
        due = {
            source: now - counted[source]
            for source, now in behind.items()
            if source not in own and now is not None and now != counted[source]
        }
        return due, {source: counted[source] for source in due}

    def _now_behind(self, name: str) -> dict[Source, int | None]:
        found: dict[Source, int | None] = {}
        for slot in self.slots(name):
            if self.is_behind(name, slot):
                found |= {source: figure.paid for source, figure in self.lines(name, slot).items()}
                found |= self.top_ups(name, slot)
        return found

    def _pending_sources(self, name: str) -> set[Source]:
        """The lines of the periods of the statement that is pending: nothing of them is adjusted."""
        stated = self.partners[name].stated
        if not stated or stated[-1].stage != "PENDING_APPROVAL":
            return set()
        slot = stated[-1].statement.slot
        own = {*stated[-1].statement.lines, *stated[-1].statement.top_ups}
        return own | {*self.lines(name, slot), *self.top_ups(name, slot)}

    def statements(self, name: str) -> list[Statement]:
        """All that were stated, and the drafts of what is closed by now, in order."""
        partner = self.partners[name]
        result = [one.statement for one in partner.stated]
        is_first = True
        for slot in self.slots(name):
            if self.is_behind(name, slot):
                continue
            if not self.is_closed(slot):
                break
            draft = self._draft(name, slot, result, is_first=is_first)
            if draft is not None:
                result.append(draft)
                is_first = False
        return result

    def _draft(self, name: str, slot: Slot, before: list[Statement], *, is_first: bool) -> Statement | None:
        partner = self.partners[name]
        opening = before[-1].closing if before else partner.opening or 0
        adjustments, counted = self.adjustments(name) if is_first else ({}, {})
        lines, top_ups = self.lines(name, slot), self.top_ups(name, slot)
        blocked = any(name in self.blocked.get(epoch, ()) for epoch in slot.epochs)
        if not (lines or top_ups or adjustments or opening or blocked or self.accrues(name, slot)):
            return None
        minimum = partner.in_force(partner.minimum, slot.month, 0)
        assert isinstance(minimum, int)
        number = before[-1].number + 1 if before else 1
        return Statement(name, slot, number, opening, lines, top_ups, adjustments, counted, minimum, blocked)

    def find(self, name: str, key: str) -> Stated:
        found = [one for one in self.partners[name].stated if one.statement.slot.key == key]
        if not found:
            raise Refused("it is a draft")
        return found[0]

    # Steps

    def submit(self, draft: Statement, accepted: frozenset[Source], actor: str) -> None:
        """Submit a draft as it was computed; one that would come out otherwise now is refused."""
        partner = self.partners[draft.partner]
        if any(one.stage == "PENDING_APPROVAL" for one in partner.stated):
            raise Refused("the one before is pending, or it is pending itself")
        if self.is_behind(draft.partner, draft.slot):
            raise Refused("it was stated")
        if draft.slot not in self.slots(draft.partner):
            raise Refused("the partner is not paid by it")
        earlier = [one for one in self.statements(draft.partner)[len(partner.stated) :] if one.slot < draft.slot]
        if earlier:
            raise Refused("an earlier one is a draft")
        last = partner.stated[-1].statement if partner.stated else None
        opening, number = (last.closing, last.number) if last else (partner.opening or 0, 0)
        if (draft.opening, draft.number) != (opening, number + 1):
            raise Refused("it opens with something else than the last one closed with")
        if any(self._counted(draft.partner, source) != stated for source, stated in draft.counted.items()):
            raise Refused("what it adjusts was stated differently meanwhile")
        if draft.is_blocked:
            raise Refused("an override has no target")
        if accepted != draft.unsettled:
            raise Refused("each figure that is not settled has to be accepted by name, and no other")
        if draft not in self.statements(draft.partner):
            raise Refused("it rests on what is not so any more")
        partner.stated.append(Stated(draft, actor))
        partner.was_submitted = True

    def _counted(self, name: str, source: Source) -> int:
        return sum(one.statement.said_of(source) for one in self.partners[name].stated)

    def approve(self, name: str, key: str, actor: str) -> None:
        one = self.find(name, key)
        if one.stage != "PENDING_APPROVAL":
            raise Refused(f"it is {one.stage}")
        if actor == one.submitter:
            raise Refused("nobody approves what they submitted")
        if any((name, epoch, actor) in self.overrode for epoch in self._epochs(one.statement)):
            raise Refused("nobody approves what they overrode")
        one.approver = actor

    def _epochs(self, statement: Statement) -> set[int]:
        """The epochs that a statement is about: its own, and those of what it adjusts."""
        periods = {period for period, _ in statement.adjustments}
        named = {epoch for epoch, month in self.months.items() if periods & {month, f"{epoch:07}"}}
        return named | {*statement.slot.epochs}

    def reject(self, name: str, key: str) -> None:
        one = self.find(name, key)
        if one.stage != "PENDING_APPROVAL":
            raise Refused(f"it is {one.stage}")
        self.partners[name].stated.remove(one)

    def release(self, name: str, key: str, actor: str) -> None:
        one = self.find(name, key)
        if one.stage != "APPROVED":
            raise Refused(f"it is {one.stage}")
        if actor == one.approver:
            raise Refused("the releaser is another person than the approver")
        one.releaser = actor

    def pay(self, name: str, key: str, amount: int, *, nevertheless: bool = False) -> None:
        one = self.find(name, key)
        if one.stage != "RELEASED":
            raise Refused(f"it is {one.stage}")
        left = one.statement.payable - one.paid
        if amount <= 0 or amount > left:
            raise Refused("more than is owed, or nothing")
        if not nevertheless and amount > max(0, left - one.held_back):
            raise Refused("it is disputed")
        one.payments.append(amount)

    def acknowledge(self, name: str, key: str) -> None:
        one = self.find(name, key)
        if one.stage not in ("RELEASED", "PAID"):
            raise Refused(f"it is {one.stage}")
        if one.acknowledged:
            raise Refused("it was acknowledged")
        one.acknowledged = True

    def dispute(self, name: str, key: str, source: Source) -> None:
        one = self.find(name, key)
        if one.stage not in ("RELEASED", "PAID"):
            raise Refused(f"it is {one.stage}")
        if source not in one.statement.sources:
            raise Refused("it is no line of this statement")
        if source in one.disputes:
            raise Refused("a line is disputed once per statement")
        one.disputes[source] = "OPEN"

    def answer(self, name: str, key: str, source: Source, verdict: str) -> None:
        one = self.find(name, key)
        if one.disputes.get(source) != "OPEN":
            raise Refused("there is no open dispute of it")
        one.disputes[source] = verdict

    def open(self, name: str, opening: int, paid_through: str | None) -> None:
        partner = self.partners[name]
        if partner.was_submitted or partner.opening is not None:
            raise Refused("balances began already")
        partner.opening, partner.paid_through = opening, paid_through

    # The invariant

    def check(self, name: str) -> None:
        """Paid + owed + carried = the opening + what is true now; an unknown or held figure stays as it was stated."""
        partner = self.partners[name]
        statements = self.statements(name)
        if len(statements) == len(partner.stated):
            return
        paid = sum(one.paid for one in partner.stated)
        owed = sum(one.payable for one in statements) - paid
        expected = (partner.opening or 0) + self._true_now(name, statements)
        assert paid + owed + statements[-1].closing == expected, (name, paid, owed, statements[-1].closing, expected)

    def _true_now(self, name: str, statements: list[Statement]) -> int:
        counted = {source for one in statements for source in one.sources}
        own, now = self._pending_sources(name), self.now(name)
        truth = 0
        for source in counted:
            value = now.get(source, 0)
            is_stated = self._counted(name, source)
            truth += is_stated if source in own or value is None else value
        return truth
