"""Which terms were in force at an instant, as known now or at a past moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

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
    Method,
    OverrideTarget,
    Status,
)
from aurora_pipeline.agreements.terms import AgreementInForce, Override, Partner, PartnerWallet, Rule, Terms
from aurora_pipeline.agreements.wallets import wallet_rows
from aurora_pipeline.periods.dated import decision_input
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table

_EVENTS = """
SELECT DISTINCT ON (agreement_id) {columns} FROM agreement_events
WHERE effective_from <= %(instant)s AND (%(as_of)s::timestamptz IS NULL OR recorded_at <= %(as_of)s)
ORDER BY agreement_id, effective_from DESC, event_number DESC
"""
_VERSIONS = """
SELECT DISTINCT ON (agreement_id) {columns} FROM agreement_versions
WHERE agreement_id = ANY(%(active)s)
  AND valid_from <= %(instant)s AND (valid_until IS NULL OR valid_until > %(instant)s)
  AND (%(as_of)s::timestamptz IS NULL OR recorded_at <= %(as_of)s)
ORDER BY agreement_id, version DESC
"""
_RULES = """
SELECT {columns} FROM agreement_rules
JOIN unnest(%(agreements)s::text[], %(versions)s::bigint[]) AS wanted(agreement_id, version)
     USING (agreement_id, version)
WHERE chain_id IS NULL OR chain_id = %(chain_id)s ORDER BY agreement_id, rule_order
"""
_TIERS = """
SELECT {columns} FROM agreement_rule_tiers
JOIN unnest(%(agreements)s::text[], %(versions)s::bigint[], %(rules)s::text[])
     AS wanted(agreement_id, version, rule_key) USING (agreement_id, version, rule_key)
ORDER BY agreement_id, rule_key, tier
"""
_AGREEMENTS = "SELECT {columns} FROM agreements WHERE agreement_id = ANY(%(concerned)s) ORDER BY agreement_id"
_PARTNERS = """
SELECT DISTINCT ON (partner_id) {columns} FROM partners
WHERE partner_id = ANY(%(partners)s) AND (%(as_of)s::timestamptz IS NULL OR recorded_at <= %(as_of)s)
ORDER BY partner_id, revision DESC
"""


_OVERRIDES = """
SELECT DISTINCT ON (agreement_id, rule_key, target, validator_key, wallet_address) {columns} FROM commission_overrides
WHERE chain_id = %(chain_id)s AND epoch = %(epoch)s
  AND (%(as_of)s::timestamptz IS NULL OR recorded_at <= %(as_of)s)
ORDER BY agreement_id, rule_key, target, validator_key, wallet_address, revision DESC
"""


def terms_in_force(
    connection: Connection,
    chain_id: str,
    instant: datetime,
    *,
    epoch: int | None = None,
    as_of: datetime | None = None,
) -> Terms:
    """The agreements with a rule on the chain that were ACTIVE at the instant, with the version then in force.

    For a period, ask for its `last_instant` and its epoch: its overrides belong to it. `as_of` answers as it would have
    been answered at that past moment. Wallets are those of partners with a rule that looks at wallets.
    """
    if as_of is not None:
        connection.execute("SELECT await_moment(%s)", [as_of])

    def read(table: Table, query: str, **values: object) -> list[Row]:
        columns = sql.SQL(", ").join(sql.Identifier(name) for name in table.names)
        composed = sql.SQL(query).format(columns=columns)
        given = {"instant": instant, "as_of": as_of, "chain_id": chain_id, **values}
        return [_with_ints(table, row) for row in connection.execute(composed, given).fetchall()]

    # Whatever a row refers to was committed with it or before: read in this order, nothing is found half told.
    overrides = [] if epoch is None else read(COMMISSION_OVERRIDES, _OVERRIDES, epoch=epoch)
    overrides = [row for row in overrides if row["amount"] is not None]
    events = {row["agreement_id"]: row for row in read(AGREEMENT_EVENTS, _EVENTS) if row["status"] == Status.ACTIVE}
    versions = {row["agreement_id"]: row for row in read(AGREEMENT_VERSIONS, _VERSIONS, active=list(events))}
    numbers = [row["version"] for row in versions.values()]
    rules = read(AGREEMENT_RULES, _RULES, agreements=list(versions), versions=numbers)
    tiers = read(
        AGREEMENT_RULE_TIERS,
        _TIERS,
        agreements=[row["agreement_id"] for row in rules],
        versions=[row["version"] for row in rules],
        rules=[row["rule_key"] for row in rules],
    )
    concerned = list(dict.fromkeys(row["agreement_id"] for row in rules))
    agreements = read(AGREEMENTS, _AGREEMENTS, concerned=concerned)
    partners = read(PARTNERS, _PARTNERS, partners=[row["partner_id"] for row in agreements])
    terms = _rules(rules, tiers)
    wallets = _wallets(connection, chain_id, instant, as_of, agreements, terms)
    rows_read: list[tuple[Table, Sequence[Row]]] = [
        (PARTNERS, partners),
        (PARTNER_WALLETS, wallets),
        (AGREEMENTS, agreements),
        (AGREEMENT_VERSIONS, [versions[agreement_id] for agreement_id in concerned]),
        (AGREEMENT_EVENTS, [events[agreement_id] for agreement_id in concerned]),
        (AGREEMENT_RULES, rules),
        (AGREEMENT_RULE_TIERS, tiers),
        (COMMISSION_OVERRIDES, overrides),
    ]
    return Terms(
        chain_id,
        instant,
        tuple(Partner(row["partner_id"], row["name"]) for row in partners),
        tuple(
            AgreementInForce(
                row["agreement_id"],
                row["partner_id"],
                versions[row["agreement_id"]]["version"],
                tuple(terms[row["agreement_id"]]),
            )
            for row in agreements
        ),
        tuple(decision_input(table, row) for table, rows in rows_read for row in rows),
        tuple(PartnerWallet(row["wallet_address"], row["partner_id"]) for row in wallets),
        tuple(_override(row) for row in overrides),
    )


def _rules(rows: Sequence[Row], tiers: Sequence[Row]) -> dict[str, list[Rule]]:
    """The rules of each agreement in their order."""
    steps = defaultdict(list)
    for tier in tiers:
        steps[tier["agreement_id"], tier["rule_key"]].append(tier)
    found = defaultdict(list)
    for row in rows:
        found[row["agreement_id"]].append(rule_of(row, steps[row["agreement_id"], row["rule_key"]]))
    return found


def _wallets(
    connection: Connection,
    chain_id: str,
    instant: datetime,
    as_of: datetime | None,
    agreements: Sequence[Row],
    terms: Mapping[str, Sequence[Rule]],
) -> list[Row]:
    """The wallet rows that count: FIXED_SHARE looks at none, so a wallet of such a partner is no input."""
    looking = {
        row["partner_id"]
        for row in agreements
        if any(rule.attribution_method is not Method.FIXED_SHARE for rule in terms[row["agreement_id"]])
    }
    if not looking:
        return []
    rows = wallet_rows(connection, chain_id, instant=instant, as_of=as_of)
    return [row for row in rows if row["partner_id"] in looking]


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


def _with_ints(table: Table, row: Row) -> Row:
    """The row with its amounts as the integers they are; the driver gives them as Decimals."""
    return {**row, **{name: None if row[name] is None else int(row[name]) for name in table.amounts}}
