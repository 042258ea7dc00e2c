"""Which periods' lines rest on what no longer counts, or are stated by nothing, and in which order to compute them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from aurora_pipeline.agreements.in_force import TermsHistory
from aurora_pipeline.commissions.earlier_periods import EarlierMissing
from aurora_pipeline.commissions.loading import BELOW, ChainInForce
from aurora_pipeline.commissions.tables import PARTNER_COMMISSION_LINES
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.foundation.listing import listed
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.digests import Input, LineageDigests, record_digest
from aurora_pipeline.store.lineages import recorded_inputs, recorded_lineages
from aurora_pipeline.work.unstated_lines import unstated

_STALE_TAG = "aurora.stale.1"
_NAMES_SHOWN = 2


@dataclass(frozen=True)
class Present:
    """A period as it stands: what its lines would be computed from now, and what they were computed from."""

    key: PeriodKey
    inputs: frozenset[Input]
    lineages: tuple[frozenset[Input], ...]
    """What recorded lineages of the lines in force name; where one names `inputs`, that one. None: no lines are."""
    reads: tuple[int, ...]
    """The earlier epochs whose lines or rule results it reads."""
    waits_for: tuple[int, ...] = ()
    """Earlier epochs it looks back on that are not published: it cannot be computed before they are."""
    sequence: int | None = None
    """The number of the publication that brought its lines into force; none: no lines are."""
    is_stated: bool = True
    """Whether the statements in force were made from these lines."""


@dataclass(frozen=True)
class Stale:
    """A period whose lines are to be computed again."""

    key: PeriodKey
    digest: str
    """Commits to what it would be computed from, and to what is in force instead: one request for each such case."""
    reads: tuple[int, ...]
    """The earlier epochs whose lines or rule results it reads."""
    after: tuple[int, ...]
    """Epochs that have to be computed before it; none: it can be computed at once."""
    why: str


def stale_periods(periods: Sequence[Present]) -> list[Stale]:
    """Those whose lineages do not name what is in force, and those that read one of these, in the order of time.

    What is computed again can come out as it was; then what reads it is fresh after all. So compute those without
    `after`, look again, and go on until nothing is stale.
    """
    found: dict[int, Stale] = {}
    for period in sorted(periods, key=lambda period: period.key.epoch):
        before = tuple(epoch for epoch in period.reads if epoch in found)
        after = (*before, *period.waits_for)
        if period.lineages and period.inputs in period.lineages and period.is_stated and not after:
            continue
        found[period.key.epoch] = Stale(period.key, _digest(period), period.reads, after, _why(period, before))
    return list(found.values())


def ready(stale: Sequence[Stale]) -> list[Stale]:
    """Those that can be computed at once."""
    return [one for one in stale if not one.after]


def present_periods(connection: Connection, chain: Chain, since: int = 0) -> list[Present]:
    """Every period of a chain from an epoch on that has all it takes to compute lines, as it stands now.

    However many periods there are, it asks the database the same few questions.
    """
    known, history = ChainInForce(connection, chain), TermsHistory(connection, chain.chain_id)
    complete = set.intersection(*[set(known.published(table)) for table in BELOW])
    lineages, digests = recorded_lineages(connection, chain.chain_id, PARTNER_COMMISSION_LINES), LineageDigests()
    found: dict[EpochNumber, Present] = {}
    for epoch in sorted(epoch for epoch in complete if epoch >= max(since, chain.first_period)):
        period = known.timeline.periods[epoch]
        terms = history.at(period.last_instant, epoch)
        sequence, content = known.lines(epoch) or (None, "")
        try:
            back = known.reads(period, terms)
        except EarlierMissing as missing:
            found[epoch] = Present(period.key, frozenset(terms.inputs), (), (), missing.epochs, sequence)
            continue
        inputs = frozenset(known.inputs(period, terms, back, known.below(epoch)))
        # A lineage that has this digest names just these inputs, so that it need not be read.
        present = digests.of(PARTNER_COMMISSION_LINES, period.key, content, inputs)
        named = (inputs,) if present in lineages.get(epoch, ()) else ()
        found[epoch] = Present(
            period.key, inputs, named, tuple(sorted({*back.totals_of, *back.losses_of})), (), sequence
        )
    for epoch in unstated(connection, chain.chain_id) & found.keys():
        found[epoch] = replace(found[epoch], is_stated=False)
    unnamed = [epoch for epoch, one in found.items() if not one.lineages and epoch in lineages]
    others = recorded_inputs(connection, chain.chain_id, PARTNER_COMMISSION_LINES, unnamed) if unnamed else {}
    return [replace(one, lineages=tuple(others[epoch])) if epoch in others else one for epoch, one in found.items()]


def ledger_mark(connection: Connection, tables: Collection[str]) -> str:
    """Changes whenever something is published, attested or decided: then it is worth looking again."""
    newest = " UNION ALL ".join(f"SELECT max(recorded_at) AS at FROM {name}" for name in sorted(tables))
    row = connection.execute(
        f"""SELECT (SELECT max(sequence) FROM publications) AS published,
                   (SELECT max(attestation_id) FROM attestations) AS attested,
                   (SELECT max(at) FROM ({newest}) decided) AS decided""".encode()
    ).fetchone()
    assert row is not None  # a query without FROM gives one row
    return " ".join(str(value) for value in row.values())


def _digest(period: Present) -> str:
    named = [text for item in sorted(period.inputs) for text in (item.kind, item.name, item.digest)]
    # Another case than the one that was under way when it ended: it is requested anew.
    unstated_only = [] if period.is_stated else ["not stated"]
    return record_digest(_STALE_TAG, str(period.key), period.sequence, *named, *unstated_only)


def _why(period: Present, before: Sequence[int]) -> str:
    if period.waits_for:
        return f"it waits for epoch {', '.join(map(str, period.waits_for))}, which is not published"
    if not period.lineages:
        return "no lines of this version are in force"
    nearest: Mapping[int, frozenset[Input]] = {len(one ^ period.inputs): one for one in period.lineages}
    changed = sorted(nearest[min(nearest)] ^ period.inputs)
    names = list(dict.fromkeys(f"{item.kind} {item.name}" for item in changed))
    if names:
        return f"{listed(names, _NAMES_SHOWN)} changed"
    if not period.is_stated:
        return "its statements were not made from its lines: what computed these ended before it came to them"
    return f"it reads epoch {', '.join(map(str, before))}, which is to be computed again"
