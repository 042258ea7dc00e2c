"""The views of restatements as SQL: published amounts that became others, what they were, since when and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from aurora_pipeline.store.declaration import Column, Table

RESTATED_BECAUSE: Final = "restated_because"
"""The function that names what a snapshot was computed from and the one before it was not."""
_SUBJECT: Final[Mapping[str, str]] = {
    "validator_key": "The validator; null: the amount is of none, or of all of a rule's.",
    "partner_id": "The partner; null: the amount is of none.",
    "agreement_id": "The agreement of a line.",
    "rule_key": "The rule of a line.",
    "component": "The component a line is paid from.",
    "wallet_address": "The wallet of a line, where it is of one.",
    "kind": "The kind of a line.",
    "line_id": "The line's id, which `aurora trace` takes.",
    "statement_id": "The statement's id, which `aurora trace` takes.",
}
_COLUMNS: Final[Mapping[str, str]] = {
    "asset": "The layer whose amount this is, like validator_pnl.",
    "chain_id": "The chain.",
    "period": "The epoch with leading zeros, or the month, like 2026-08.",
    "epoch": "The epoch as a number; null: the amount is of a month.",
    "month": "The calendar month in UTC that the amount is of, like 2026-08.",
    **_SUBJECT,
    "validator_name": "The validator's newest name in the operator's list.",
    "partner_name": "The partner's newest name.",
    "figure": "The column of the layer that the amount stands in.",
    "was": "The amount before; null: not known, or there was no such row.",
    "now": "The amount that took its place; null: not known, or there is no such row any more.",
    "difference": "By how much it changed; null where one of both is not known.",
    "state_was": "How much was known of the row before; null: there was no such row.",
    "state": "How much is known of the row that took its place; null: there is none.",
    "reason": "The reason of that state, as the row has it.",
    "why": "What this was computed from and the snapshot before was not: fetches, decisions, configuration, code.",
    "was_published_at": "When the amount before came into force.",
    "restated_at": "Since when the amount is another.",
    "is_in_force": "Whether that is the newest publication of the period: a later one can have changed it again.",
    "snapshot_before": "The snapshot that had the amount before.",
    "snapshot_id": "The snapshot that took its place.",
}

# Compares what the snapshot before rested on last with what the one in its place rests on, and goes down both only
# where they differ: what they share is not looked at.
_BECAUSE = f"""
CREATE FUNCTION {RESTATED_BECAUSE}(snapshot_before bigint, snapshot_after bigint, moment timestamptz) RETURNS text[]
LANGUAGE sql STABLE COST 100000 AS $$
    WITH RECURSIVE lineages AS (
        SELECT snapshot_id, layer_version, inputs, '-infinity'::timestamptz AS since
        FROM snapshots WHERE snapshot_id IN (snapshot_before, snapshot_after)
        UNION ALL
        SELECT snapshot_id, layer_version, inputs, written_at
        FROM attestations
        WHERE snapshot_id = snapshot_before AND written_at < moment
           OR snapshot_id = snapshot_after AND written_at = moment
    ), newest AS (
        SELECT DISTINCT ON (snapshot_id) * FROM lineages ORDER BY snapshot_id, since DESC
    ), compared(asset, version_was, version_now, inputs_was, inputs_now) AS (
        SELECT s.asset, b.layer_version, a.layer_version, b.inputs, a.inputs
        FROM newest b, newest a, snapshots s
        WHERE b.snapshot_id = snapshot_before AND a.snapshot_id = snapshot_after AND s.snapshot_id = snapshot_after
        UNION
        SELECT i.asset, i.version_was, i.version_now, i.inputs_was, i.inputs_now
        FROM compared c CROSS JOIN LATERAL (
            SELECT a.asset, b.layer_version, a.layer_version, b.inputs, a.inputs
            FROM jsonb_array_elements(c.inputs_was) o(item)
            JOIN jsonb_array_elements(c.inputs_now) n(item)
              ON o.item ->> 1 = n.item ->> 1 AND o.item ->> 2 <> n.item ->> 2
            JOIN snapshots b ON b.lineage_digest = o.item ->> 2
            JOIN snapshots a ON a.lineage_digest = n.item ->> 2
            WHERE o.item ->> 0 = 'snapshot' AND n.item ->> 0 = 'snapshot'
        ) i(asset, version_was, version_now, inputs_was, inputs_now)
    ), causes AS (
        SELECT (d.item ->> 0) || ' ' || (d.item ->> 1) AS cause
        FROM compared c CROSS JOIN LATERAL (
            SELECT item FROM jsonb_array_elements(c.inputs_now) n(item)
            EXCEPT SELECT item FROM jsonb_array_elements(c.inputs_was) o(item)
        ) d WHERE d.item ->> 0 <> 'snapshot'
        UNION
        SELECT 'no more ' || d.kind || ' ' || d.name
        FROM compared c CROSS JOIN LATERAL (
            SELECT item ->> 0, item ->> 1 FROM jsonb_array_elements(c.inputs_was) o(item)
            EXCEPT SELECT item ->> 0, item ->> 1 FROM jsonb_array_elements(c.inputs_now) n(item)
        ) d(kind, name) WHERE d.kind <> 'snapshot'
        UNION
        SELECT 'code of ' || asset || ', version ' || version_was || ' to ' || version_now
        FROM compared WHERE version_was <> version_now
    )
    SELECT coalesce(array_agg(cause ORDER BY cause), '{{}}') FROM causes
$$;
COMMENT ON FUNCTION {RESTATED_BECAUSE} IS
    'What a snapshot was computed from, down to fetches and decisions, and the one before it was not.';
"""


def restatement_views(tables: Iterable[Table]) -> str:
    """The function and the two views, of the layers that say so."""
    followed = [table for table in tables if table.restated]
    rows = "\n    UNION ALL\n    ".join(_changes(table) for table in followed)
    shown = {
        "month": "coalesce(m.month, CASE WHEN c.epoch IS NULL THEN c.period END)",
        "validator_name": "v.validator_name",
        "partner_name": "n.partner_name",
        "difference": "r.now - r.was",
        "why": "w.why",
        **{name: f"c.{name}" for name in ("asset", "chain_id", "period", "epoch")},
        **{name: f"c.{name}" for name in ("was_published_at", "restated_at", "is_in_force")},
        **{name: f"c.{name}" for name in ("snapshot_before", "snapshot_id")},
    }
    columns = ", ".join(f"{shown.get(name, f'r.{name}')} AS {name}" for name in _COLUMNS)
    view = f"""CREATE VIEW restatements AS
SELECT {columns}
FROM (
    SELECT asset, chain_id, period, epoch, snapshot_id, published_at AS restated_at,
           lag(snapshot_id) OVER earlier AS snapshot_before, lag(published_at) OVER earlier AS was_published_at,
           lead(snapshot_id) OVER earlier IS NULL AS is_in_force
    FROM publications WINDOW earlier AS (PARTITION BY asset, chain_id, period ORDER BY sequence)
) c
CROSS JOIN LATERAL (SELECT {RESTATED_BECAUSE}(c.snapshot_before, c.snapshot_id, c.restated_at) AS why OFFSET 0) w
CROSS JOIN LATERAL (
    {rows}
) r
LEFT JOIN period_months m ON m.chain_id = c.chain_id AND m.epoch = c.epoch
LEFT JOIN validator_names v ON v.chain_id = c.chain_id AND v.validator_key = r.validator_key
LEFT JOIN partner_names n ON n.partner_id = r.partner_id
WHERE c.snapshot_before <> c.snapshot_id;"""
    in_coins = ", ".join(
        f"(t.{name} * c.coin) AS {name}" if name in {"was", "now", "difference"} else f"t.{name}" for name in _COLUMNS
    )
    coins = f"""CREATE VIEW restatements_in_coins AS SELECT {in_coins} FROM restatements t
    JOIN (SELECT chain_id, ('1e-' || native_decimals)::numeric AS coin FROM chains) c ON c.chain_id = t.chain_id;"""
    told = "Published amounts of P&L, lines and statements that became others: what each was and is, since when, why."
    return "\n".join(
        [_BECAUSE, view, _explained("restatements", told), coins, _explained("restatements_in_coins", told)]
    )


def _changes(table: Table) -> str:
    """Every amount of a layer that is another in the later of two snapshots."""
    key = ", ".join(table.key)
    own = {column.name: column for column in table.columns}
    subject = ", ".join(f"{_of_either(own.get(name), name)} AS {name}" for name in _SUBJECT)
    amounts = [name for name in table.amounts if name not in table.repeated]
    figures = ", ".join(f"('{name}', o.{name}, n.{name})" for name in amounts)
    one = f"SELECT * FROM layers.{table.name} WHERE snapshot_id = c.{{}}"
    return (
        f"SELECT {subject}, f.figure, f.was::numeric AS was, f.now::numeric AS now,"
        " o.state AS state_was, n.state, n.reason"
        f" FROM ({one.format('snapshot_before')}) o FULL JOIN ({one.format('snapshot_id')}) n USING ({key})"
        f" CROSS JOIN LATERAL (VALUES {figures}) f(figure, was, now)"
        f" WHERE c.asset = '{table.name}' AND f.was IS DISTINCT FROM f.now"
    )


def _of_either(column: Column | None, name: str) -> str:
    """What the row says of a column, or the one before it where it is gone; empty is none."""
    if column is None:
        return "NULL::text"
    return f"nullif(coalesce(n.{name}, o.{name})::text, '')"


def _explained(view: str, description: str) -> str:
    lines = [f"COMMENT ON VIEW {view} IS '{description}';"]
    in_coins = view.endswith("_in_coins")
    for name, text in _COLUMNS.items():
        said = text + (" In whole coins." if in_coins and name in {"was", "now", "difference"} else "")
        lines.append(f"COMMENT ON COLUMN {view}.{name} IS '{said.replace(chr(39), chr(39) * 2)}';")
    return "\n".join(lines)
