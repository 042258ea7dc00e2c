"""Which terms were in force at an instant, as known now or at a past moment."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from psycopg import sql

from aurora_pipeline.agreements.rows import Row, rule_of
from aurora_pipeline.agreements.tables import (
    AGREEMENT_EVENTS,
    AGREEMENT_RULE_TIERS,
    AGREEMENT_RULES,
    AGREEMENT_VERSIONS,
    AGREEMENTS,
    COMMISSION_OVERRIDES,
    PARTNER_WALLETS,
    PARTNERS,
    AgreementStatus,
    OverrideTarget,
)
from aurora_pipeline.agreements.terms import AgreementInForce, Override, Partner, PartnerWallet, Rule, Terms
from aurora_pipeline.agreements.wallets import wallet_rows
from aurora_pipeline.decisions.rows import decision_input
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.digests import Input
from aurora_pipeline.store.moments import await_moment
from aurora_pipeline.store.row_amounts import with_amounts

_EVENTS = """
SELECT {columns} FROM agreement_events WHERE %(as_of)s::timestamptz IS NULL OR recorded_at <= %(as_of)s
ORDER BY agreement_id, effective_from, event_number
"""
_VERSIONS = """
SELECT {columns} FROM agreement_versions WHERE %(as_of)s::timestamptz IS NULL OR recorded_at <= %(as_of)s
ORDER BY agreement_id, version
"""
_RULES = """
SELECT {columns} FROM agreement_rules WHERE chain_id IS NULL OR chain_id = %(chain_id)s
ORDER BY agreement_id, version, rule_order
"""
_TIERS = "SELECT {columns} FROM agreement_rule_tiers ORDER BY agreement_id, version, rule_key, tier"
_AGREEMENTS = "SELECT {columns} FROM agreements"
_PARTNERS = """
SELECT DISTINCT ON (partner_id) {columns} FROM partners
WHERE %(as_of)s::timestamptz IS NULL OR recorded_at <= %(as_of)s ORDER BY partner_id, revision DESC
"""
_OVERRIDES = """
SELECT DISTINCT ON (epoch, agreement_id, rule_key, target, validator_key, wallet_address) {columns}
FROM commission_overrides
WHERE chain_id = %(chain_id)s AND (%(epoch)s::bigint IS NULL OR epoch = %(epoch)s)
  AND (%(as_of)s::timestamptz IS NULL OR recorded_at <= %(as_of)s)
ORDER BY epoch, agreement_id, rule_key, target, validator_key, wallet_address, revision DESC
"""


_STOPPED = frozenset({AgreementStatus.SUSPENDED, AgreementStatus.TERMINATED})


def terms_in_force(
    connection: Connection,
    chain_id: str,
    instant: datetime,
    *,
    epoch: EpochNumber | None = None,
    as_of: datetime | None = None,
) -> Terms:
    """The agreements with a rule on the chain that were ACTIVE at the instant, with the version then in force.

    For a period, ask for its `last_instant` and its epoch: its overrides belong to it. `as_of` answers as it would have
    been answered at that past moment. Wallets are those of partners with a rule that looks at wallets.
    """
    return TermsHistory(connection, chain_id, epoch=epoch, as_of=as_of).at(instant, epoch)


class TermsHistory:
    """All that was ever agreed for a chain, read once: the terms at any instant follow from it without asking again."""

    def __init__(
        self, connection: Connection, chain_id: str, *, epoch: EpochNumber | None = None, as_of: datetime | None = None
    ) -> None:
        """Overrides are read of one epoch only where it is given."""
        self.chain_id = chain_id
        if as_of is not None:
            await_moment(connection, as_of)

        def read(table: Table, query: str) -> list[Row]:
            columns = sql.SQL(", ").join(sql.Identifier(name) for name in table.names)
            given = {"as_of": as_of, "chain_id": chain_id, "epoch": epoch}
            rows = connection.execute(sql.SQL(query).format(columns=columns), given).fetchall()
            return [with_amounts(row, table.amounts) for row in rows]

        # Whatever a row refers to was committed with it or before: read in this order, nothing is found half told.
        self._overrides = _grouped(read(COMMISSION_OVERRIDES, _OVERRIDES), "epoch")
        self._events = _grouped(read(AGREEMENT_EVENTS, _EVENTS), "agreement_id")
        self._versions = _grouped(read(AGREEMENT_VERSIONS, _VERSIONS), "agreement_id")
        self._rules = _grouped(read(AGREEMENT_RULES, _RULES), "agreement_id", "version")
        self._tiers = _grouped(read(AGREEMENT_RULE_TIERS, _TIERS), "agreement_id", "version")
        self._agreements = {row["agreement_id"]: row for row in read(AGREEMENTS, _AGREEMENTS)}
        self._partners = {row["partner_id"]: row for row in read(PARTNERS, _PARTNERS)}
        self._wallets = wallet_rows(connection, chain_id, as_of=as_of)
        self._turns = sorted(self._turning_points())
        self._between_turns: dict[int, Terms] = {}
        self._inputs: dict[int, Input] = {}

    def at(self, instant: datetime, epoch: EpochNumber | None = None) -> Terms:
        """The terms at an instant, with the overrides of an epoch where one is given."""
        place = bisect_right(self._turns, instant)
        if place not in self._between_turns:
            self._between_turns[place] = self._terms(instant)
        terms = replace(self._between_turns[place], instant=instant)
        overrides = [row for row in self._overrides.get((epoch,), ()) if row["amount"] is not None]
        if not overrides:
            return terms
        read = [self._input(COMMISSION_OVERRIDES, row) for row in overrides]
        in_force = {agreement.agreement_id for agreement in terms.agreements}
        for key in sorted({row["agreement_id"] for row in overrides} - in_force):
            # It pays nothing any more, but blocks the statement of whoever it was meant for.
            agreement = self._agreements[key]
            read += [self._input(AGREEMENTS, agreement), self._input(PARTNERS, self._partners[agreement["partner_id"]])]
        return replace(
            terms, inputs=tuple(dict.fromkeys((*terms.inputs, *read))), overrides=tuple(map(_override, overrides))
        )

    def _turning_points(self) -> set[datetime]:
        """The instants from which on something else holds; between two of them the terms stay as they are."""
        points = {row["effective_from"] for rows in self._events.values() for row in rows}
        for rows in self._versions.values():
            points |= {row[name] for row in rows for name in ("valid_from", "valid_until")}
        points |= {row[name] for row in self._wallets for name in ("introduced_at", "ended_at")}
        return points - {None}

    def _terms(self, instant: datetime) -> Terms:
        events = {
            key: row for (key,), rows in self._events.items() if (row := _newest_event(rows, instant)) is not None
        }
        active = {key: row for key, row in events.items() if row["status"] == AgreementStatus.ACTIVE}
        # Why an agreement with rules on this chain pays nothing is an input too: nobody's pay ends without a trace.
        with_rules = {agreement_id for agreement_id, _ in self._rules}
        stopped = [row for key, row in events.items() if row["status"] in _STOPPED and key in with_rules]
        versions = {
            key: row for key in active if (row := _newest_version(self._versions.get((key,), ()), instant)) is not None
        }
        numbers = {key: row["version"] for key, row in versions.items()}
        concerned = [key for key in sorted(numbers) if self._rules.get((key, numbers[key]))]
        rules = [row for key in concerned for row in self._rules[key, numbers[key]]]
        named = {(row["agreement_id"], row["rule_key"]) for row in rules}
        tiers = [
            row
            for key in concerned
            for row in self._tiers.get((key, numbers[key]), ())
            if (key, row["rule_key"]) in named
        ]
        agreements = [self._agreements[key] for key in concerned]
        partners = [self._partners[key] for key in sorted({row["partner_id"] for row in agreements})]
        terms = _rules(rules, tiers)
        wallets = _of_looking(self._wallets, instant, agreements, terms)
        rows_read: list[tuple[Table, Sequence[Row]]] = [
            (PARTNERS, partners),
            (PARTNER_WALLETS, wallets),
            (AGREEMENTS, agreements),
            (AGREEMENT_VERSIONS, [versions[key] for key in concerned]),
            (AGREEMENT_EVENTS, [*(active[key] for key in concerned), *stopped]),
            (AGREEMENT_RULES, rules),
            (AGREEMENT_RULE_TIERS, tiers),
        ]
        return Terms(
            self.chain_id,
            instant,
            tuple(Partner(row["partner_id"], row["name"]) for row in partners),
            tuple(
                AgreementInForce(key, row["partner_id"], numbers[key], tuple(terms[key]))
                for key, row in zip(concerned, agreements, strict=True)
            ),
            tuple(self._input(table, row) for table, rows in rows_read for row in rows),
            tuple(PartnerWallet(row["wallet_address"], row["partner_id"]) for row in wallets),
        )

    def _input(self, table: Table, row: Row) -> Input:
        """How a lineage names a row; worked out once, for the row lives as long as this does."""
        found = self._inputs.get(id(row))
        if found is None:
            found = self._inputs[id(row)] = decision_input(table, row)
        return found


def _grouped(rows: Iterable[Row], *names: str) -> dict[tuple[Any, ...], list[Row]]:
    """Rows by some of their columns, in the order they came in."""
    found: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        found[tuple(row[name] for name in names)].append(row)
    return dict(found)


def _newest_event(rows: Sequence[Row], instant: datetime) -> Row | None:
    """The last event in effect, of an agreement's events in the order in which they take effect."""
    return next((row for row in reversed(rows) if row["effective_from"] <= instant), None)


def _newest_version(rows: Sequence[Row], instant: datetime) -> Row | None:
    """The version that wins, of an agreement's versions in the order of their numbers."""
    return next((row for row in reversed(rows) if _holds(row, "valid_from", "valid_until", instant)), None)


def _holds(row: Row, start: str, end: str, instant: datetime) -> bool:
    return bool(row[start] <= instant and (row[end] is None or instant < row[end]))


def _rules(rows: Sequence[Row], tiers: Sequence[Row]) -> dict[str, list[Rule]]:
    """The rules of each agreement in their order."""
    steps = defaultdict(list)
    for tier in tiers:
        steps[tier["agreement_id"], tier["rule_key"]].append(tier)
    found = defaultdict(list)
    for row in rows:
        found[row["agreement_id"]].append(rule_of(row, steps[row["agreement_id"], row["rule_key"]]))
    return found


def _of_looking(
    wallets: Sequence[Row], instant: datetime, agreements: Sequence[Row], terms: Mapping[str, Sequence[Rule]]
) -> list[Row]:
    """The wallet rows that count: where no rule looks at wallets, a wallet of such a partner is no input."""
    looking = {
        row["partner_id"] for row in agreements if any(rule.looks_at_wallets for rule in terms[row["agreement_id"]])
    }
    return [
        row for row in wallets if row["partner_id"] in looking and _holds(row, "introduced_at", "ended_at", instant)
    ]


def _override(row: Row) -> Override:
    return Override(
        OverrideTarget(row["target"]),
        row["agreement_id"],
        row["rule_key"],
        row["validator_key"],
        row["wallet_address"],
        row["amount"],
        row["computed_seen"],
    )
