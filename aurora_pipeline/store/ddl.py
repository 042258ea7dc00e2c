"""SQL from declarations: tables, domains, append-only guards, published views and as-of functions.

Migrations hold frozen copies of what this writes; a test compares a migrated database with it, so that a
declaration can't change without its migration.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from aurora_pipeline.store.access.person import PERSON
from aurora_pipeline.store.column_rules import quoted
from aurora_pipeline.store.declaration import KIND_RULES, Column, ColumnKind, Table, TableKind
from aurora_pipeline.store.ranges import RANGE_FUNCTIONS
from aurora_pipeline.store.restatements import restatement_views

LAYER_SCHEMA = "layers"
"""Where the rows of all snapshots ever written live; views of the same name in `public` show what is in force."""

SQL_TYPES = {
    ColumnKind.TEXT: "text",
    ColumnKind.AMOUNT: "amount",
    ColumnKind.INTEGER: "bigint",
    ColumnKind.BOOLEAN: "boolean",
    ColumnKind.INSTANT: "timestamptz",
    ColumnKind.UUID: "uuid",
    ColumnKind.DIGEST: "sha256_hex",
    ColumnKind.BYTES: "bytea",
    ColumnKind.JSON: "jsonb",
    ColumnKind.INTEGERS: "bigint[]",
}


def _domain(kind: ColumnKind, base: str) -> str:
    """The domain whose values keep the rule of a kind."""
    checks = "".join(f" CHECK ({condition})" for condition in KIND_RULES[kind].sql("VALUE"))
    return f"CREATE DOMAIN {SQL_TYPES[kind]} AS {base}{checks};"


FOUNDATION = (
    """
CREATE SCHEMA layers;

"""
    + _domain(ColumnKind.AMOUNT, "numeric")
    + """
COMMENT ON DOMAIN amount IS 'Money in base units: an integer; NUMERIC(38,0) would silently round instead of refusing.';
"""
    + _domain(ColumnKind.DIGEST, "text")
    + """

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP
        USING HINT = 'history is never overwritten; write a new row that supersedes the old one';
END $$;

-- A decision is written with its entry in the audit log, in one transaction and at one instant: a plain INSERT is not.
CREATE FUNCTION refuse_unlogged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM audit_log
                   WHERE recorded_at = NEW.recorded_at AND xmin = pg_current_xact_id()::xid) THEN
        RAISE EXCEPTION 'a row of % comes without an entry of the audit log', TG_TABLE_NAME
            USING HINT = 'decisions are recorded by Aurora''s commands, which log who decided, when and why';
    END IF;
    RETURN NULL;
END $$;

-- The one clock of everything recorded. Its row lock is held until commit, so instants are strictly increasing in
-- commit order: whoever reads "as of t" after waiting as below can never miss a row of an earlier instant.
CREATE TABLE ledger_clock (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    last_instant timestamptz NOT NULL,
    taken_by xid8,
    taken_in timestamptz
);
INSERT INTO ledger_clock (last_instant) VALUES ('-infinity');

-- One instant for all that a transaction records, so that no moment shows half of it. A transaction is known by its
-- number and its start: after a restore into another server the number alone could come again.
-- It runs as its owner: people who decide can neither take the lock nor move the clock but by this.
CREATE FUNCTION record_instant() RETURNS timestamptz LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
DECLARE instant timestamptz;
BEGIN
    SELECT last_instant INTO instant FROM ledger_clock
        WHERE taken_by = pg_current_xact_id() AND taken_in = transaction_timestamp();
    IF FOUND THEN
        RETURN instant;
    END IF;
    PERFORM pg_advisory_xact_lock(4717, 1);
    UPDATE ledger_clock SET last_instant = greatest(clock_timestamp(), last_instant + interval '1 microsecond'),
                            taken_by = pg_current_xact_id(), taken_in = transaction_timestamp()
        RETURNING last_instant INTO instant;
    RETURN instant;
END $$;

-- What somebody was to Aurora when a transaction began that records at a moment: what it records of people counts after
-- it. Null: no user then. VOLATILE, so that it sees what was recorded while the clock was waited for.
CREATE FUNCTION role_at(person text, moment timestamptz) RETURNS text LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
BEGIN
    RETURN (SELECT role
            FROM (SELECT * FROM users WHERE login = person AND recorded_at < moment
                  ORDER BY revision DESC LIMIT 1) newest
            WHERE valid_from <= moment AND (valid_until IS NULL OR moment < valid_until));
END $$;

-- Waits until all that was recorded up to a moment is committed. It has to be a statement of its own, before the one
-- that reads: a statement's view of the rows is older than its waiting. The lock is taken in a subtransaction that is
-- rolled back, which lets go of it at once, also when the wait is cancelled: no reader ever holds up a publication.
-- It runs as its owner, since readers may take no advisory lock themselves: one that they kept would stop publications.
CREATE FUNCTION await_moment(moment timestamptz) RETURNS void LANGUAGE plpgsql VOLATILE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'an as-of read needs READ COMMITTED: this transaction''s view is older than its lock'
            USING HINT = 'end the transaction, or start it with SET TRANSACTION ISOLATION LEVEL READ COMMITTED';
    END IF;
    BEGIN
        PERFORM pg_advisory_xact_lock_shared(4717, 1);
        RAISE EXCEPTION USING ERRCODE = 'AU001', MESSAGE = 'waited';
    EXCEPTION WHEN SQLSTATE 'AU001' THEN
        NULL;
    END;
    IF moment IS NULL OR moment >= clock_timestamp() THEN
        RAISE EXCEPTION 'the moment % is not past: what it will hold can still change', moment
            USING HINT = 'ask for a moment before now';
    END IF;
END $$;

CREATE FUNCTION as_json(body bytea) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN convert_from(body, 'UTF8')::jsonb;
EXCEPTION WHEN OTHERS THEN
    RETURN NULL;
END $$;

-- A period's number as keys have it. Without a search path of its own it is put into the queries that call it.
CREATE FUNCTION period_of(epoch bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT lpad(epoch::text, greatest(7, length(epoch::text)), '0')
$$;

-- Known only to this instance; salts the leaves of what is shown to partners row by row.
CREATE TABLE instance_secret (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), secret bytea NOT NULL);
INSERT INTO instance_secret (secret)
    VALUES (decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'));
"""
)

_IN_FORCE = """
CREATE VIEW in_force AS
    SELECT DISTINCT ON (p.asset, p.chain_id, p.period)
           p.asset, p.chain_id, p.period, p.epoch, p.snapshot_id, p.sequence, p.published_at,
           s.content_digest, s.lineage_digest, s.layer_version, s.row_count, s.completeness, s.dagster_run
    FROM publications p JOIN snapshots s USING (snapshot_id)
    ORDER BY p.asset, p.chain_id, p.period, p.sequence DESC;
COMMENT ON VIEW in_force IS 'The published snapshot of each asset and period or month, as of now.';

CREATE FUNCTION in_force_as_of(
    moment timestamptz, of_chain text DEFAULT NULL, from_epoch bigint DEFAULT NULL, to_epoch bigint DEFAULT NULL,
    of_asset text DEFAULT NULL, of_period text DEFAULT NULL
) RETURNS SETOF in_force LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    PERFORM await_moment(moment);
    RETURN QUERY
        SELECT DISTINCT ON (p.asset, p.chain_id, p.period)
               p.asset, p.chain_id, p.period, p.epoch, p.snapshot_id, p.sequence, p.published_at,
               s.content_digest, s.lineage_digest, s.layer_version, s.row_count, s.completeness, s.dagster_run
        FROM publications p JOIN snapshots s USING (snapshot_id)
        WHERE p.published_at <= moment AND (of_asset IS NULL OR p.asset = of_asset)
          AND (of_chain IS NULL OR p.chain_id = of_chain)
          AND (from_epoch IS NULL OR p.epoch >= from_epoch) AND (to_epoch IS NULL OR p.epoch <= to_epoch)
          AND (of_period IS NULL OR p.period = of_period)
        ORDER BY p.asset, p.chain_id, p.period, p.sequence DESC;
END $$;
COMMENT ON FUNCTION in_force_as_of IS
    'What was in force at a past moment; of one chain, from and to an epoch, of one asset or period, where given.';

CREATE VIEW snapshot_states AS
    SELECT s.snapshot_id, s.asset, s.chain_id, s.period, s.epoch, s.written_at, s.completeness, s.row_count,
           s.content_digest,
           CASE WHEN f.snapshot_id IS NOT NULL THEN 'in force'
                WHEN EXISTS (SELECT FROM publications p WHERE p.snapshot_id = s.snapshot_id) THEN 'superseded'
                ELSE 'rejected' END AS standing
    FROM snapshots s LEFT JOIN in_force f USING (snapshot_id);
COMMENT ON VIEW snapshot_states IS 'Every snapshot ever written and whether it is in force, superseded or rejected.';

CREATE VIEW staging_payloads_json AS
    SELECT p.*, CASE WHEN must_be_here(p.chain_id, p.epoch) AND b.packed_from IS NULL
                     THEN as_json(b.body) END AS body_json
    FROM staging_payloads p LEFT JOIN staging_bodies b USING (chain_id, epoch, response_hash);
COMMENT ON VIEW staging_payloads_json IS 'Payloads with their bodies as JSON; NULL where a body is none.';
"""

# What the views for people take months and names from. A period ends before `ended_at`: its month is that of the
# instant before.
_NAMES = """
CREATE VIEW period_months AS
    SELECT chain_id, epoch, started_at AS period_started_at, ended_at AS period_ended_at,
           to_char((ended_at - interval '1 microsecond') AT TIME ZONE 'UTC', 'YYYY-MM') AS month
    FROM canonical_periods;
COMMENT ON VIEW period_months IS 'The calendar month in UTC of each finalized period: that of its last instant.';

CREATE VIEW validator_names AS
    SELECT DISTINCT ON (chain_id, validator_key) chain_id, validator_key, name AS validator_name
    FROM canonical_validator_identities
    ORDER BY chain_id, validator_key, revision DESC, valid_from DESC;
COMMENT ON VIEW validator_names IS 'The newest name of each validator in the operator''s list.';

CREATE VIEW partner_names AS
    SELECT DISTINCT ON (partner_id) partner_id, name AS partner_name
    FROM partners
    ORDER BY partner_id, revision DESC;
COMMENT ON VIEW partner_names IS 'The newest name of each partner.';
"""

_PROVENANCE = {
    "completeness": "FINAL: every figure of the snapshot is final; else PARTIAL.",
    "published_at": "When the snapshot came into force.",
    "content_digest": "Merkle root over the snapshot's canonical rows.",
    "lineage_digest": "H(content digest, layer version, inputs).",
    "snapshot_id": "The snapshot the row is from.",
}
_PROVENANCE_KINDS: Final = {
    "completeness": ColumnKind.TEXT,
    "published_at": ColumnKind.INSTANT,
    "content_digest": ColumnKind.DIGEST,
    "lineage_digest": ColumnKind.DIGEST,
    "snapshot_id": ColumnKind.INTEGER,
}
_ADDED = {
    "period_ended_at": "When the period ended (excluded).",
    "month": "The calendar month in UTC of the period's last instant, like 2026-08.",
    "validator_name": "The validator's newest name in the operator's list; null: none, or no single validator.",
    "partner_name": "The partner's newest name; null: the row is about none.",
}
_OF_SNAPSHOTS = {
    "asset": "The layer table whose rows these are.",
    "chain_id": "The chain.",
    "period": "The epoch with leading zeros, or the month, like 2026-08.",
    "epoch": "The epoch as a number; null: the snapshot is of a month.",
    "snapshot_id": "The snapshot's number.",
    "content_digest": _PROVENANCE["content_digest"],
    "row_count": "How many rows the snapshot has.",
    "completeness": _PROVENANCE["completeness"],
}
_SMALL_VIEWS: Final[Mapping[str, Mapping[str, str]]] = {
    "in_force": _OF_SNAPSHOTS
    | {
        "sequence": "The publication's place in the order of all publications.",
        "published_at": _PROVENANCE["published_at"],
        "lineage_digest": _PROVENANCE["lineage_digest"],
        "layer_version": "The layer's version number when this was computed.",
        "dagster_run": "The run that computed it; null outside Dagster.",
    },
    "snapshot_states": _OF_SNAPSHOTS
    | {
        "written_at": "When the snapshot was written.",
        "standing": "Whether it is in force, was superseded, or was rejected: never published.",
    },
    "period_months": {
        "chain_id": "The chain.",
        "epoch": "The epoch.",
        "period_started_at": "When the period started.",
        "period_ended_at": _ADDED["period_ended_at"],
        "month": _ADDED["month"],
    },
    "validator_names": {
        "chain_id": "The chain.",
        "validator_key": "The validator's key on its chain.",
        "validator_name": "The newest name in the operator's list.",
    },
    "partner_names": {"partner_id": "The partner.", "partner_name": "The partner's newest name."},
}

# Its first statement waits and the next one has a new view of the rows. Planned for the values that are asked for: the
# cost is that of the periods in the answer.
_AS_OF = """
CREATE FUNCTION {name}_as_of(
    moment timestamptz, of_chain text DEFAULT NULL, from_{unit} {type} DEFAULT NULL, to_{unit} {type} DEFAULT NULL
) RETURNS SETOF {name} LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    PERFORM await_moment(moment);{refusing}
    RETURN QUERY
        SELECT {columns}, {provenance}
        FROM (
            SELECT DISTINCT ON (p.chain_id, p.{place}) p.snapshot_id, p.published_at,
                   s.completeness, s.content_digest, s.lineage_digest
            FROM publications p JOIN snapshots s USING (snapshot_id)
            WHERE p.asset = '{name}' AND p.published_at <= moment AND (of_chain IS NULL OR p.chain_id = of_chain)
              AND (from_{unit} IS NULL OR p.{place} >= from_{unit}) AND (to_{unit} IS NULL OR p.{place} <= to_{unit})
            ORDER BY p.chain_id, p.{place}, p.sequence DESC
        ) f JOIN {schema}.{name} t ON t.snapshot_id = f.snapshot_id;
END $$;
"""


_REFUSING: Final = """
    PERFORM must_be_here(m.chain_id, m.epoch) FROM epochs_moved_out() m
        WHERE (of_chain IS NULL OR m.chain_id = of_chain)
          AND (from_epoch IS NULL OR m.epoch >= from_epoch) AND (to_epoch IS NULL OR m.epoch <= to_epoch);"""
"""In functions of tables in ranges: who asks for a period that was moved out gets no answer without it."""
_VIEW: Final = re.compile(r"^CREATE VIEW (\w+) ", re.MULTILINE)
_GUARD: Final = re.compile(r"^CREATE FUNCTION (\w+)\(\) RETURNS trigger ", re.MULTILINE)
_FUNCTION: Final = re.compile(r"^CREATE FUNCTION (\w+)\(", re.MULTILINE)
_BY_EPOCH = {"unit": "epoch", "type": "bigint", "place": "epoch"}


def create_statements(tables: Iterable[Table]) -> list[str]:
    """Everything that makes an empty database Aurora's, in order."""
    declared = list(tables)
    statements = [FOUNDATION]
    statements += [create_table(table) for table in declared]
    statements += [guard(table) for table in declared if table.kind is not TableKind.REGISTRY]
    statements += [RANGE_FUNCTIONS, _IN_FORCE, _NAMES, _small_views_explained(declared)]
    statements += [published_view(table) for table in declared if table.kind is TableKind.LAYER]
    statements += [restatement_views(declared)]
    statements += [one for table in declared for one in table.guards]
    statements += [PERSON]
    return [*statements, guarded_names(statements)]


def guarded_names(statements: Iterable[str]) -> str:
    """Views show what their reader may read, names in functions mean Aurora's objects, and guards judge by all rows."""
    text = "\n".join(statements)
    views = [f"ALTER VIEW {name} SET (security_invoker = true);" for name in _VIEW.findall(text)]
    pinned = [
        f"ALTER FUNCTION {name} SET search_path = pg_catalog, public, pg_temp;"
        for name in _FUNCTION.findall(text)
        if name not in ("await_moment", "period_of")  # they need nothing of Aurora's
    ]
    # As whoever writes they would overlook what row-level security hides from a person.
    judging = [f"ALTER FUNCTION {name} SECURITY DEFINER;" for name in _GUARD.findall(text)]
    return "\n".join(views + pinned + judging)


def _column(column: Column) -> str:
    parts = [column.name, SQL_TYPES[column.kind]]
    if not column.nullable:
        parts.append("NOT NULL")
    if column.default:
        parts.append(column.default)
    parts += [f"CHECK ({condition})" for rule in column.rules for condition in rule.sql(column.name)]
    if column.references:
        parts.append(f"REFERENCES {column.references}")
    return " ".join(parts)


def create_table(table: Table) -> str:
    """CREATE TABLE with comments; layer tables get their snapshot and live in the schema of all snapshots."""
    columns = [_column(column) for column in table.columns if column.since == 1]
    key = ", ".join(table.key)
    name = table.name
    if table.kind is TableKind.LAYER:
        name = f"{LAYER_SCHEMA}.{table.name}"
        # Deferrable: a million rows are on their way before the digest of their snapshot is known.
        columns.insert(0, "snapshot_id bigint NOT NULL REFERENCES snapshots DEFERRABLE")
        if table.salted:
            columns.append("salt sha256_hex NOT NULL")
        key = f"snapshot_id, {table.row_id or key}"
    # Columns of later versions stand last, where ALTER TABLE puts them.
    later = sorted((column for column in table.columns if column.since > 1), key=lambda column: column.since)
    columns += [_column(column) for column in later]
    constraints = (
        [f"PRIMARY KEY ({key})"] + [f"UNIQUE ({', '.join(names)})" for names in table.unique] + [*table.constraints]
    )
    body = ",\n    ".join(columns + constraints)
    parted = " PARTITION BY RANGE (chain_id, epoch)" if table.in_ranges else ""
    statements = [
        f"CREATE TABLE {name} (\n    {body}\n){parted};",
        f"COMMENT ON TABLE {name} IS {quoted(table.description)};",
    ]
    statements += [
        f"COMMENT ON COLUMN {name}.{column.name} IS {quoted(column.description)};" for column in table.columns
    ]
    statements += [f"CREATE INDEX ON {name} ({', '.join(names)});" for names in table.indexes]
    return "\n".join(statements)


def guard(table: Table) -> str:
    """The triggers that keep a table append-only, and its decisions with their entries in the audit log."""
    name = f"{LAYER_SCHEMA}.{table.name}" if table.kind is TableKind.LAYER else table.name
    guards = [
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {name}"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();"
    ]
    if table.kind is TableKind.DECISION:
        # Looked at when the transaction ends: rows are written first, and then the entry that tells of them.
        guards.append(
            f"CREATE CONSTRAINT TRIGGER logged AFTER INSERT ON {name} DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION refuse_unlogged();"
        )
    return "\n".join(guards)


def published_view(table: Table) -> str:
    """The view of what is in force, the function of what was at a moment, and the views for people."""
    columns = ", ".join(f"t.{name}" for name in table.names)
    provenance = ", ".join(f"f.{name}" for name in _PROVENANCE)
    select = f"SELECT {columns}, {provenance} FROM {LAYER_SCHEMA}.{table.name} t JOIN"
    join = f"f ON f.snapshot_id = t.snapshot_id AND f.asset = '{table.name}'"
    shown = f"CREATE VIEW {table.name} AS {select} in_force {join}{_refusing(table)};"
    grain = {"unit": "month", "type": "text", "place": "period"} if table.is_monthly else _BY_EPOCH
    grain |= {"schema": LAYER_SCHEMA, "provenance": provenance, "refusing": _REFUSING if table.in_ranges else ""}
    as_of = _AS_OF.format(name=table.name, columns=columns, **grain)
    told = {**{column.name: column.description for column in table.columns}, **_PROVENANCE}
    comments = _commented(table.name, table.description + " What is in force now.", told)
    return "\n".join([shown, comments, as_of, _named_view(table), *([_coins_view(table)] if table.amounts else [])])


def _refusing(table: Table) -> str:
    """The part of a view that refuses periods which were moved out, in an arm of its own.

    A condition on the join would not do: where the table is empty, nobody looks at it. Nor would columns that are plain
    nulls: what is asked of such a column cannot hold, and the planner leaves the arm out.
    """
    if not table.in_ranges:
        return ""
    kinds = {name: SQL_TYPES[kind] for name, kind in _PROVENANCE_KINDS.items()}
    kinds = {column.name: SQL_TYPES[column.kind] for column in table.columns} | kinds
    # A CASE is of the type below a domain; as-of functions return rows of just these types.
    asked = "(CASE WHEN must_be_here(m.chain_id, m.epoch) THEN NULL::{0} END)::{0}"
    shown = [f"m.{name}" if name in ("chain_id", "epoch") else asked.format(kind) for name, kind in kinds.items()]
    return f" UNION ALL SELECT {', '.join(shown)} FROM epochs_moved_out() m WHERE must_be_here(m.chain_id, m.epoch)"


def _added(table: Table) -> list[str]:
    """What the views for people say beside a layer's own columns."""
    names = [] if table.is_monthly else ["period_ended_at", "month"]
    names += ["validator_name"] if "validator_key" in table.names else []
    return names + (["partner_name"] if "partner_id" in table.names and "partner_name" not in table.names else [])


def _named_view(table: Table) -> str:
    """What is in force, with month and names. A view of its own: as-of functions return the plain one's rows."""
    added = _added(table)
    columns = ", ".join([f"t.{name}" for name in table.names] + added + [f"t.{name}" for name in _PROVENANCE])
    joins = [] if table.is_monthly else ["period_months m ON m.chain_id = t.chain_id AND m.epoch = t.epoch"]
    if "validator_name" in added:
        joins.append("validator_names v ON v.chain_id = t.chain_id AND v.validator_key = t.validator_key")
    if "partner_name" in added:
        joins.append("partner_names n ON n.partner_id = t.partner_id")
    view = f"{table.name}_named"
    told = {column.name: column.description for column in table.columns}
    told |= {**{name: _ADDED[name] for name in added}, **_PROVENANCE}
    create = f"CREATE VIEW {view} AS SELECT {columns} FROM {table.name} t" + "".join(f" LEFT JOIN {j}" for j in joins)
    return f"{create};\n" + _commented(view, table.description + " In force now, with month and names.", told)


def _coins_view(table: Table) -> str:
    """The named view in whole coins. A product of decimals is exact, with the coin's own digits; a quotient is not."""
    shown = [f"(t.{c.name} * c.coin) AS {c.name}" if c.name in table.amounts else f"t.{c.name}" for c in table.columns]
    rest = [*_added(table), "completeness", "published_at"]
    view = f"{table.name}_in_coins"
    told = {c.name: c.description + (" In whole coins." if c.name in table.amounts else "") for c in table.columns}
    told |= {name: (_ADDED | _PROVENANCE)[name] for name in rest}
    create = (
        f"CREATE VIEW {view} AS SELECT {', '.join(shown + [f't.{name}' for name in rest])} FROM {table.name}_named t"
        " JOIN (SELECT chain_id, ('1e-' || native_decimals)::numeric AS coin FROM chains) c ON c.chain_id = t.chain_id;"
    )
    return f"{create}\n" + _commented(view, "The same in whole coins, for display only.", told)


def _commented(view: str, description: str, columns: Mapping[str, str]) -> str:
    return f"COMMENT ON VIEW {view} IS {quoted(description)};\n" + _explained(view, columns)


def _small_views_explained(tables: Iterable[Table]) -> str:
    """What the columns of the views beside the layers' mean; a view of a whole table says what the table says."""
    told = {table.name: {column.name: column.description for column in table.columns} for table in tables}
    payloads = told["staging_payloads"] | {
        "body_json": "The body as JSON; null: it is none, is long and stored packed, or is kept elsewhere."
    }
    views = {**_SMALL_VIEWS, "staging_payloads_json": payloads}
    return "\n".join(_explained(view, columns) for view, columns in views.items())


def _explained(view: str, columns: Mapping[str, str]) -> str:
    return "\n".join(f"COMMENT ON COLUMN {view}.{name} IS {quoted(text)};" for name, text in columns.items())
