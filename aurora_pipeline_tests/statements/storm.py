"""Statements against the model: `python -m aurora_pipeline_tests.statements.storm --sequences 100 --seed 7`.

Random lives of two partners on a real database, in any order: lines change, arrive late, are held, overridden and
taken away, months pass, statements are computed or left stale, and people take every step, allowed or not. After each
step that is allowed, and each that is refused, Aurora and the model have to say the same. A life that fails is made as
short as it fails.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aurora_pipeline.agreements.tables import AGREEMENT_EVENTS, COMMISSION_OVERRIDES, PARTNER_MINIMUMS, Series
from aurora_pipeline.decisions.recording import Recording
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.period_key import MonthKey, PeriodKey
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.statements.decided import Verdict
from aurora_pipeline.statements.documents import PayableStatement, document, payable_statements
from aurora_pipeline.statements.transitions.answer import acknowledge, answer, dispute
from aurora_pipeline.statements.transitions.opening import import_openings
from aurora_pipeline.statements.transitions.submit import submit
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline_tests.decided import decide
from aurora_pipeline_tests.statements.books import CHAIN, FIRST, HELD, MONTHS, PEOPLE, Books, line_of
from aurora_pipeline_tests.statements.model import (
    TOP_UP,
    Figure,
    Model,
    Partner,
    Refused,
    Slot,
    Source,
    Stated,
    Statement,
)

PARTNERS = ("acme", "brook")
VALIDATORS = ("v1", "v2")
FLOOR = 500
_OVER = MONTHS[:-1]
"""The months that can be over: the last one is only begun."""
_HELD_AMOUNT = 7

Step = tuple[str, int]
"""What is done, and the seed of how."""


class Disagreement(AssertionError):
    """Aurora and the model do not say the same."""


@dataclass
class Life:
    """One life of the partners, in Aurora and in the model."""

    books: Books
    folder: Path
    counts: Counter[str] = field(default_factory=Counter)
    model: Model = field(default_factory=Model)
    overrides: dict[tuple[int, str, str], int] = field(default_factory=dict)
    withdrawn: int = 0
    frozen: dict[tuple[str, str], Any] = field(default_factory=dict)
    past: list[tuple[datetime, Any]] = field(default_factory=list)
    chance: random.Random = field(default_factory=random.Random)

    def begin(self) -> None:
        """Two months over, with lines, before anybody decides anything."""
        self.model.partners = {name: Partner(floor=self.books.floor) for name in PARTNERS}
        for epoch in self.epochs(_OVER[0]):
            for partner in PARTNERS:
                self.books.set(epoch, partner, "v1", 100 + epoch)
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
        self._look_at_frozen()
        if self.chance.random() < 0.15:
            self._remember()

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
                    self.books.set(epoch, partner, self.chance.choice(VALIDATORS), self._amount())
        # The first of them was published without lines, when the month before was over.
        for epoch in self.known:
            if self.model.months[epoch] == month:
                self.publish(epoch)
        self.pass_months(month)

    def change(self) -> None:
        """A line changes, comes, goes, is held or is not known any more."""
        epoch, partner = self.chance.choice(self.known), self.chance.choice(PARTNERS)
        validator = self.chance.choice(VALIDATORS)
        if self.chance.random() < 0.15 or not self._accrues(partner, epoch):
            self.books.remove(epoch, partner, validator)
        else:
            self.books.set(epoch, partner, validator, self._amount())
        self.publish(epoch)

    def override(self) -> None:
        """Somebody states what a line is paid, or withdraws it."""
        epoch, partner = self.chance.choice(self.known), self.chance.choice(PARTNERS)
        validator, actor = self.chance.choice(VALIDATORS), self.chance.choice(PEOPLE)
        key = (epoch, partner, validator)
        if not isinstance(self.books.lines[epoch].get((partner, validator)), int) and key not in self.overrides:
            return
        amount = None if key in self.overrides and self.chance.random() < 0.6 else self.chance.randrange(500)
        row: dict[str, Any] = {"target": "LINE", "agreement_id": f"{partner}-1", "rule_key": "r", "chain_id": CHAIN}
        row |= {"epoch": epoch, "validator_key": validator, "wallet_address": "", "computed_seen": None}
        with self.books.database.connect() as connection:
            recording = Recording.begin(connection, actor, "settled")
            query = "SELECT count(*) AS n FROM commission_overrides WHERE (agreement_id, epoch, validator_key) = (%s, %s, %s)"
            found = connection.execute(query, [f"{partner}-1", epoch, validator]).fetchone()
            recording.write(COMMISSION_OVERRIDES, row | {"revision": found["n"] + 1 if found else 1, "amount": amount})
            recording.note("override/x", "override.set", None, {}, [])
        self.model.overrode.add((partner, epoch, actor))
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
        self.books.publish(epoch, override=stated)
        self._know(epoch)

    def _know(self, epoch: int) -> None:
        lines = self.books.lines[epoch]
        own = {(partner, key): amount for (of, partner, key), amount in self.overrides.items() if of == epoch}
        self.model.truth[epoch] = {key: _figure(amount, own.get(key)) for key, amount in lines.items()}
        self.model.blocked[epoch] = {partner for partner, key in own if (partner, key) not in lines}

    def _amount(self) -> Any:
        dice = self.chance.random()
        return None if dice < 0.1 else HELD if dice < 0.2 else self.chance.choice((0, 1, 50, 300, 2000))

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
                for validator in VALIDATORS:
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
        for name in PARTNERS:
            self._compare(name)
            self.model.check(name)

    def compute(self) -> None:
        """Compute any place, whether it is its turn or not."""
        if self.chance.random() < 0.6:
            self.books.compute(MonthKey(CHAIN, self.chance.choice(MONTHS[: MONTHS.index(self.newest) + 1])))
        else:
            self.books.compute(PeriodKey(CHAIN, self.chance.choice(self.known)))

    # Steps of people

    def _statements(self, *stages: str) -> list[tuple[str, PayableStatement]]:
        return [
            (name, one)
            for name in PARTNERS
            for one in self.books.statements(name).values()
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
        drafts = [(name, one) for name, one in self._statements("DRAFT") if one.is_payable or self.chance.random() < 0.1]
        if not drafts:
            return
        first = min(drafts, key=lambda found: (found[1].row["number"] or 99, found[0]))
        name, one = first if self.chance.random() < 0.7 else self.chance.choice(drafts)
        key, who = one.key.period, self._who("sam")
        draft, ids = self._as_published(name, one)
        accepted = {source for source in draft.unsettled if self.chance.random() < 0.95}
        if one.stage.value != "DRAFT" or not one.is_payable:
            draft = Statement(name, draft.slot, -1, *([0] + [{}] * 4), 0)  # type: ignore[arg-type]
        words = f"submit {name} {key} by {who}, accepting {sorted(accepted)}"
        told = self._try(
            lambda: submit(
                self.books.database, one.statement_id, [CHAIN], [ids[source] for source in accepted], who, "month end"
            )
        )
        try:
            self.model.submit(draft, frozenset(accepted), who)
        except Refused as refused:
            if told is None:
                raise Disagreement(f"{words}: Aurora does it, the model: {refused}") from None
            self.counts["refused submit"] += 1
            return
        if told is not None:
            self.model.partners[name].stated.pop()
            if self._is_fresh(name, draft):
                raise Disagreement(f"{words}: Aurora refuses: {told}") from None
            self.counts["refused stale submit"] += 1
            return
        self._freeze(name, key)

    def approve(self) -> None:
        picked = self._pick("PENDING_APPROVAL")
        if picked is not None:
            name, key, _ = picked
            who = self._who("ann")
            self._both(
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
                self.frozen.pop((name, key))

    def release(self) -> None:
        picked = self._pick("APPROVED")
        if picked is not None:
            name, key, _ = picked
            who = self._who("rob")
            self._both(
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
                lambda: acknowledge(
                    self.books.database, one.statement_id, [CHAIN], "ann", "right", on_behalf_of=name
                ),
                lambda: self.model.acknowledge(name, key),
            )

    def dispute(self) -> None:
        picked = self._pick("RELEASED", "PAID")
        if picked is None:
            return
        name, key, one = picked
        statement, ids = self._as_published(name, one)
        if not ids:
            return
        source = self.chance.choice(sorted(ids))
        self._both(
            f"dispute {name} {key} {source}",
            lambda: dispute(
                self.books.database, one.statement_id, [CHAIN], ids[source], "9 lamports", "sam", "no", on_behalf_of=name
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
        _, ids = self._as_published(name, one)
        has_override = any(partner == name for partner, *_ in self.model.overrode)
        verdict = Verdict.ACCEPTED if has_override and self.chance.random() < 0.5 else Verdict.REJECTED
        settled = f"{name}-1/r" if verdict is Verdict.ACCEPTED else None
        self._both(
            f"answer {name} {key} {source} {verdict}",
            lambda: answer(
                self.books.database, one.statement_id, [CHAIN], ids[source], verdict, settled, "rob", "looked at it"
            ),
            lambda: self.model.answer(name, key, source, verdict.value),
        )

    # Comparing

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

    def _as_published(self, name: str, one: PayableStatement) -> tuple[Statement, dict[Source, str]]:
        """A statement of Aurora's as it stands, and the ids of its lines and entries."""
        with self.books.database.connect() as connection:
            told = document(connection, one)
        lines, ids = {}, {}
        for row in told.lines:
            source = (f"{row['epoch']:07}", row["validator_key"])
            computed, stated = row["computed"], row["override"]
            lines[source] = Figure(computed, row["held"], computed is not None, stated)
            ids[source] = str(row["line_id"])
        top_ups: dict[Source, int | None] = {}
        adjustments, counted = {}, {}
        for row in told.entries:
            source = (row["source_period"], row["validator_key"] or TOP_UP)
            ids[source] = str(row["entry_id"])
            if row["kind"] == "FLOOR_TOP_UP":
                top_ups[source] = row["amount"]
            else:
                adjustments[source], counted[source] = row["amount"], row["stated"]
        key, row = one.key.period, one.row
        is_month = "-" in key
        epochs = tuple(self.epochs(key)) if is_month else (int(key),)
        slot = Slot(key, key if is_month else self.books.month_of(int(key)), epochs, is_month)
        return (
            Statement(
                name, slot, row["number"] or 0, row["opening"] or 0, lines, top_ups, adjustments, counted,
                row["minimum_payout"] or 0, bool(row["blocked_count"]),
            ),
            ids,
        )  # fmt: skip

    def _is_fresh(self, name: str, draft: Statement) -> bool:
        return draft in self.model.statements(name)

    def _compare(self, name: str) -> None:
        expected = {one.slot.key: one for one in self.model.statements(name)}
        stated = {one.statement.slot.key: one for one in self.model.partners[name].stated}
        found = {key: one for key, one in self.books.statements(name).items() if one.is_payable}
        if found.keys() != expected.keys():
            raise Disagreement(f"{name}: Aurora has statements of {sorted(found)}, the model of {sorted(expected)}")
        for key, one in found.items():
            self._compare_one(f"{name} {key}", one, expected[key], stated.get(key))

    def _compare_one(self, words: str, one: PayableStatement, expected: Statement, stated: Stated | None) -> None:
        published, _ = self._as_published(expected.partner, one)
        if published != expected:
            raise Disagreement(f"{words}: Aurora says\n  {published}\nthe model\n  {expected}")
        names = ("lines", "top_ups", "known_total", "total", "payable", "closing", "adjustments")
        says = tuple(one.row[name] for name in names)
        wanted = (
            expected.known_lines, expected.known_top_ups, expected.known_total, expected.total, expected.payable,
            expected.closing, sum(expected.adjustments.values()),
        )  # fmt: skip
        if says != wanted:
            raise Disagreement(f"{words}: Aurora says {says} of {names}, the model {wanted}")
        stands = (one.stage.value, one.paid)
        if stands != ((stated.stage, stated.paid) if stated else ("DRAFT", 0)):
            raise Disagreement(f"{words}: Aurora says {stands}, the model {stated}")

    # What never changes

    def _rows(self, name: str, key: str) -> Any:
        """A statement's row and entries as in force, byte for byte."""
        monthly = "-" in key
        unit = f"month = '{key}'" if monthly else f"epoch = {int(key)}"
        tables = (
            ("monthly_statements", "monthly_statement_entries") if monthly else ("epoch_payables", "epoch_payable_entries")
        )
        return [
            [
                {column: value for column, value in row.items() if column not in _OF_SNAPSHOTS}
                for row in self.books.rows(f"SELECT * FROM {table} WHERE {unit} AND partner_id = %s ORDER BY 1, 2, 3, 4, 5, 6, 7", name)
            ]
            for table in tables
        ]  # fmt: skip

    def _freeze(self, name: str, key: str) -> None:
        self.frozen[name, key] = self._rows(name, key)

    def _look_at_frozen(self) -> None:
        for (name, key), rows in self.frozen.items():
            now = self._rows(name, key)
            if now != rows:
                raise Disagreement(f"{name} {key} was stated as\n  {rows}\nand is now\n  {now}")

    def _answer_of(self, moment: datetime) -> Any:
        with self.books.database.connect() as connection:
            found = payable_statements(connection, CHAIN, as_of=moment)
        return [(one.row, one.snapshot_id, one.entries_snapshot_id, one.stage, one.paid) for one in found]

    def _remember(self) -> None:
        moment = self.books.rows("SELECT clock_timestamp() AS now")[0]["now"]
        self.past.append((moment, self._answer_of(moment)))

    def end(self) -> None:
        """Compute what is left, compare all, and ask again about every past moment."""
        self.take(("settle", 0))
        for moment, told in self.past:
            if self._answer_of(moment) != told:
                raise Disagreement(f"as of {moment} Aurora said\n  {told}\nand says now\n  {self._answer_of(moment)}")


_OF_SNAPSHOTS = {"snapshot_id", "completeness"}
"""What the views show of the snapshot, which is of all partners."""


def _figure(amount: Any, override: int | None) -> Figure:
    if amount is None:
        return Figure(None, final=False)
    if amount == HELD:
        return Figure(_HELD_AMOUNT, held=True)
    return Figure(amount, overridden_to=override)


STEPS: dict[str, tuple[int, Callable[[Life], None]]] = {
    "live": (3, Life.live),
    "change": (8, Life.change),
    "override": (3, Life.override),
    "series": (2, Life.series),
    "minimum": (1, Life.minimum),
    "terminate": (1, Life.terminate),
    "open": (1, Life.open),
    "settle": (7, Life.settle),
    "compute": (3, Life.compute),
    "submit": (9, Life.submit),
    "approve": (7, Life.approve),
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


@dataclass
class Ground:
    """A server with a database that begins every life, for each floor."""

    server: EmbeddedPostgres
    folder: Path
    made: int = 0

    def prepare(self) -> None:
        for floor in (None, FLOOR):
            self.server.ensure_database(_template(floor))
            database = Database(self.server.dsn(_template(floor)))
            upgrade(database)
            Books(database, PARTNERS, floor=floor).begin()
            database.let_go()

    @contextmanager
    def life(self, floor: int | None) -> Iterator[Life]:
        self.made += 1
        name = f"life_{self.made}"
        admin = Database(self.server.dsn("postgres"))
        with admin.autocommit() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {_template(floor)} STRATEGY file_copy".encode())
        database = Database(self.server.dsn(name))
        try:
            life = Life(Books(database, PARTNERS, floor=floor), self.folder)
            life.begin()
            yield life
        finally:
            database.let_go()
            with admin.autocommit() as connection:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
            admin.let_go()


def _template(floor: int | None) -> str:
    return "life_plain" if floor is None else "life_floor"


def lived(ground: Ground, seed: int, taken: Sequence[Step], counts: Counter[str]) -> Exception | None:
    """Live a life to its end; what was found wrong, None: nothing."""
    with ground.life(FLOOR if seed % 3 == 0 else None) as life:
        try:
            for step in taken:
                life.take(step)
            life.end()
        except Exception as error:  # whatever it is, it ends the life
            return error
        finally:
            counts.update(life.counts)
            for partner in life.model.partners.values():
                counts.update(f"ended {one.stage}" for one in partner.stated)
    return None


def shortest(ground: Ground, seed: int, taken: list[Step], error: Exception) -> tuple[list[Step], Exception]:
    """The fewest of these steps after which something of the same kind is wrong."""
    size = max(1, len(taken) // 2)
    while True:
        for start in range(0, len(taken), size):
            fewer = taken[:start] + taken[start + size :]
            found = lived(ground, seed, fewer, Counter())
            if found is not None and type(found) is type(error):
                taken, error = fewer, found
                break
        else:
            if size == 1:
                return taken, error
            size = max(1, size // 2)


def storm(ground: Ground, sequences: int, seed: int, length: int = 30) -> Counter[str]:
    """Live so many lives; raises the first Disagreement, with the shortest life that has it."""
    counts: Counter[str] = Counter()
    for number in range(seed, seed + sequences):
        taken = steps(number, length)
        error = lived(ground, number, taken, counts)
        if error is not None:
            taken, error = shortest(ground, number, taken, error)
            told = "\n".join(f"  {step}" for step in taken)
            raise Disagreement(f"life {number}, shortened to\n{told}\n{type(error).__name__}: {error}") from error
    return counts


def main() -> None:
    """Live lives, and tell what happened in them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sequences", type=int, default=100, help="how many lives to live")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--length", type=int, default=30, help="how many steps each has")
    options = parser.parse_args()
    started = time.perf_counter()
    with TemporaryDirectory() as folder, EmbeddedPostgres.start(Path(folder) / "postgres") as server:
        with Database(server.dsn("postgres")).autocommit() as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        ground = Ground(server, Path(folder))
        ground.prepare()
        try:
            counts = storm(ground, options.sequences, options.seed, options.length)
        except Disagreement as found:
            sys.exit(str(found))
    took = time.perf_counter() - started
    sys.stdout.write(f"{options.sequences:,} sequences as the model says, in {took:.0f} s\n")
    for kind, count in sorted(counts.items()):
        sys.stdout.write(f"  {kind}: {count:,}\n")


if __name__ == "__main__":
    main()
