"""A period in full: how complete each data type is and why, what looks odd, and what becomes of what is pending."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from aurora_pipeline.canonical.judging.tables import COMPLETENESS, CROSS_CHECKS
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.config.provider import FILE_KIND
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.periods.record import find_period
from aurora_pipeline.registry.validators import operated_at
from aurora_pipeline.staging.plan import NOT_OBSERVED
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.gate.rule import Violation, stored
from aurora_pipeline.store.payloads.fetches import NOT_RETRACTED
from aurora_pipeline.store.payloads.tables import EVERYONE
from aurora_pipeline.store.tables import WARNINGS_NOW
from aurora_pipeline.tables import layer_tables_of
from aurora_pipeline.work.acknowledging import Known, acknowledged_now, known_of
from aurora_pipeline.work.grouped_sentences import alike
from aurora_pipeline.work.late import in_words, load_pending

_SAME_SUBJECT: Final = "(f.data_type, f.subject) = (s.data_type, s.subject)"
_ASKED_AGAIN: Final = [DataType.FEES.value, DataType.MEV.value, DataType.REWARDS.value]


@dataclass(frozen=True)
class DataTypeStatus:
    """One data type of a period: how many validators are in one state for one reason."""

    data_type: str
    state: str
    validators: int
    reason: str | None
    """In full; where reasons differ only in numbers or keys, one sentence with the range and the first keys."""
    names: tuple[str, ...]
    """The validators' names, where they are not final or the figure needs explaining."""


@dataclass(frozen=True)
class Warned:
    """One warning of a check of a layer."""

    asset: str
    text: str
    is_acknowledged: bool = False
    """Whether somebody said that its cause is known, and that holds now."""


@dataclass(frozen=True)
class WarningKind:
    """Warnings of a layer that say the same of different things."""

    asset: str
    count: int
    text: str
    texts: tuple[str, ...]
    """Each in full."""

    def __str__(self) -> str:
        return f"{self.asset}: {self.text}" if self.count == 1 else f"{self.asset}, {self.count} x: {self.text}"


@dataclass(frozen=True)
class Outdated:
    """Data types whose figures are of an earlier reading of a file, and what was wrong with the newest one."""

    data_types: tuple[str, ...]
    reason: str

    def __str__(self) -> str:
        return f"{', '.join(self.data_types)}: {self.reason}"


@dataclass(frozen=True)
class Oddities:
    """What looks odd in a period's published layers and holds nothing back."""

    warnings: tuple[Warned, ...]
    """What the checks of the layers in force warn about."""
    differences: int
    """Figures of which a cross-checking provider says something else."""
    unexplained: int
    """Of these, the ones without a name."""
    unusable: tuple[str, ...]
    """Data types with figures missing although every answer came: waiting does not help, asking again may."""
    outdated: tuple[Outdated, ...] = ()
    """Data types whose figures are of a file's earlier reading, as the newest one could not be used, and why."""

    @property
    def acknowledged(self) -> int:
        """How many of the warnings are acknowledged."""
        return sum(one.is_acknowledged for one in self.warnings)

    @property
    def in_words(self) -> str | None:
        """How much there is to look at; None where there is nothing."""
        counted = f"warning(s), {self.acknowledged} acknowledged" if self.acknowledged else "warning(s)"
        counts = [(len(self.warnings), counted), (self.unexplained, "unexplained difference(s) to cross-checks")]
        told = [f"{count} {name}" for count, name in counts if count]
        told += [f"answers of {', '.join(self.unusable)} that cannot be used"] if self.unusable else []
        early = sorted({name for one in self.outdated for name in one.data_types})
        told += [f"{', '.join(early)} of an earlier reading of a file"] if early else []
        return ", ".join(told) or None


@dataclass(frozen=True)
class EpochStatus:
    """A period in full: how complete each data type is, what looks odd, and what becomes of what is pending."""

    key: PeriodKey
    layers: int
    """How many its chain's periods have."""
    published: int
    """How many layers are in force."""
    data_types: tuple[DataTypeStatus, ...]
    late: tuple[str, ...]
    oddities: Oddities


def epoch_status(connection: Connection, chain: Chain, epoch: EpochNumber, now: datetime) -> EpochStatus:
    """How complete a period is, as published."""
    key = PeriodKey(chain.chain_id, epoch)
    due = [table.name for table in layer_tables_of(chain.family.traits)]
    rows = connection.execute(
        """SELECT data_type, state, reason, validator_key FROM canonical_completeness
           WHERE chain_id = %s AND epoch = %s ORDER BY data_type, state, validator_key""",
        [key.chain_id, key.epoch],
    ).fetchall()
    period = find_period(connection, key)
    operated = () if period is None else operated_at(connection, key.chain_id, period.last_instant).validators
    pending = [one for one in load_pending(connection, key.chain_id) if one.key == key]
    layers = connection.execute(
        "SELECT count(*) AS published FROM in_force WHERE chain_id = %s AND epoch = %s AND asset = ANY(%s)",
        [key.chain_id, key.epoch, due],
    ).fetchone()
    assert layers is not None  # an aggregate always gives a row
    return EpochStatus(
        key,
        len(due),
        layers["published"],
        tuple(grouped(rows, {one.validator_key: one.name for one in operated})),
        tuple(in_words(one, now) for one in pending),
        oddities(connection, key),
    )


def grouped(rows: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> list[DataTypeStatus]:
    """Rows of completeness counted by data type, state and reason; numbers and keys in reasons make no difference."""
    groups: dict[tuple[str, str, bool], list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["data_type"], row["state"], row["reason"] is not None), []).append(row)
    found = [
        DataTypeStatus(data_type, state, len(members), reason, _named(members, names, state, reason))
        for (data_type, state, _), whole in groups.items()
        for reason, members in _by_reason(whole)
    ]
    return sorted(found, key=lambda one: (one.data_type, one.state, -one.validators))


def _by_reason(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str | None, list[Mapping[str, Any]]]]:
    if rows[0]["reason"] is None:
        return [(None, list(rows))]
    return [(kind.text, [rows[place] for place in kind.members]) for kind in alike([row["reason"] for row in rows])]


def _named(
    rows: Sequence[Mapping[str, Any]], names: Mapping[str, str], state: str, reason: str | None
) -> tuple[str, ...]:
    if state == FigureState.FINAL and reason is None:
        return ()
    return tuple(names.get(row["validator_key"], row["validator_key"]) for row in rows)


def together(found: Iterable[Oddities]) -> Oddities:
    """What looks odd in several periods, as one."""
    each = list(found)
    return Oddities(
        tuple(one for odd in each for one in odd.warnings),
        sum(odd.differences for odd in each),
        sum(odd.unexplained for odd in each),
        tuple(sorted({one for odd in each for one in odd.unusable})),
        tuple(dict.fromkeys(one for odd in each for one in odd.outdated)),
    )


def kinds(warnings: Iterable[Warned], names: Mapping[str, str] | None = None) -> list[WarningKind]:
    """Warnings grouped by layer and kind, the most frequent first.

    `names` of a chain by key: they stand in the place of the keys, and may differ as keys may.
    """
    called = names or {}
    with_names = _naming(called)
    by_asset: dict[str, list[str]] = {}
    for one in warnings:
        by_asset.setdefault(one.asset, []).append(one.text)
    found = [
        WarningKind(asset, len(kind.members), kind.text, tuple(texts[place] for place in kind.members))
        for asset, texts in by_asset.items()
        for kind in alike([with_names(text) for text in texts], called.values())
    ]
    return sorted(found, key=lambda one: -len(one.texts))


def _naming(names: Mapping[str, str]) -> Callable[[str], str]:
    """How keys in a text become names."""
    keys = [re.escape(key) for key, name in names.items() if key != name]
    if not keys:
        return lambda text: text
    known = re.compile(rf"\b(?:{'|'.join(keys)})\b")
    return lambda text: known.sub(lambda found: names[found[0]], text)


def known_names(connection: Connection, chain_id: str) -> dict[str, str]:
    """Names of validators by their keys; partners, agreements and rules are their own names."""
    rows = connection.execute(
        """SELECT validator_key AS key, validator_name AS name FROM validator_names WHERE chain_id = %s
           UNION SELECT partner_id, partner_id FROM partners UNION SELECT agreement_id, agreement_id FROM agreements
           UNION SELECT agreement_id || '/' || rule_key, agreement_id || '/' || rule_key FROM agreement_rules""",
        [chain_id],
    )
    return {row["key"]: row["name"] for row in rows}


def oddities(connection: Connection, key: PeriodKey) -> Oddities:
    """What the checks and cross-checks of a period's layers in force say.

    What completeness says in words is counted from its rows, by validator and with names; of differences all is.
    """
    where = [key.chain_id, key.epoch]
    warnings = connection.execute(
        f"""SELECT f.asset, told.warning
           FROM in_force f JOIN snapshot_reports r USING (snapshot_id),
                jsonb_array_elements({WARNINGS_NOW}) WITH ORDINALITY AS told (warning, place)
           WHERE f.chain_id = %s AND f.epoch = %s
             AND NOT (f.asset = %s AND jsonb_typeof(told.warning) = 'string') AND f.asset <> %s
           ORDER BY f.asset, place""".encode(),
        [*where, COMPLETENESS.name, CROSS_CHECKS.name],
    ).fetchall()
    whole = connection.execute(
        """SELECT count(*) AS differences, count(*) FILTER (WHERE known_as IS NULL) AS unexplained
           FROM cross_check_differences WHERE chain_id = %s AND epoch = %s""",
        where,
    ).fetchone()
    assert whole is not None  # an aggregate always gives a row
    known = acknowledged_now(connection, key.chain_id) if warnings else frozenset()
    unusable = connection.execute(
        f"""SELECT DISTINCT c.data_type FROM canonical_completeness c
                JOIN (SELECT *, {NOT_RETRACTED} FROM staging_fetches WHERE chain_id = %s AND epoch = %s) s
                ON s.chain_id = c.chain_id AND s.epoch = c.epoch AND s.data_type = c.data_type
                AND s.subject IN (c.validator_key, %s) AND s.state = 'final' AND s.not_retracted
           WHERE c.chain_id = %s AND c.epoch = %s AND c.state IN ('unavailable', 'partial') AND c.data_type = ANY(%s)
           ORDER BY c.data_type""".encode(),
        [*where, EVERYONE, *where, _ASKED_AGAIN],
    ).fetchall()
    return Oddities(
        tuple(_warned(row["asset"], stored(row["warning"]), known) for row in warnings),
        whole["differences"],
        whole["unexplained"],
        tuple(row["data_type"] for row in unusable),
        _outdated(connection, key),
    )


def _warned(asset: str, told: Violation, known: Collection[Known]) -> Warned:
    return Warned(asset, told.words, known_of(asset, told) in known)


def _outdated(connection: Connection, key: PeriodKey) -> tuple[Outdated, ...]:
    """Data types of which a file's newest reading does not count: it was refused, and what it said before stays."""
    rows = connection.execute(
        f"""WITH fetches AS (SELECT *, {NOT_RETRACTED} FROM staging_fetches WHERE chain_id = %s AND epoch = %s)
            SELECT DISTINCT s.data_type, s.reason FROM fetches s
            WHERE s.kind = %s AND s.state <> 'final' AND s.not_retracted AND cardinality(s.payload_ids) > 0
              AND s.fetch_id = (SELECT max(fetch_id) FROM fetches f WHERE {_SAME_SUBJECT})
              AND EXISTS (SELECT FROM fetches f WHERE {_SAME_SUBJECT} AND f.state = 'final' AND f.not_retracted
                          AND f.provider = s.provider)
            ORDER BY s.data_type""".encode(),
        [key.chain_id, key.epoch, FILE_KIND],
    ).fetchall()
    by_reason: dict[str, list[str]] = {}
    for row in rows:
        by_reason.setdefault(row["reason"].removeprefix(f"{NOT_OBSERVED}; "), []).append(row["data_type"])
    return tuple(Outdated(tuple(data_types), reason) for reason, data_types in by_reason.items())
