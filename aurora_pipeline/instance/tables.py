"""The tables of chains and providers as configured; the YAML files win."""

from __future__ import annotations

from typing import Final

from aurora_pipeline.store.declaration import (
    CHAIN_ID,
    Column,
    ColumnKind,
    Table,
    TableKind,
    integer,
    text,
)

_MIRRORED: Final = """
-- What chains.yaml says decides who may release: a person who makes the table say so leaves an entry in the audit log.
-- Aurora's own service and the owner mirror the files without one, where nothing but the first reading is told.
CREATE FUNCTION refuse_unlogged_mirror() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM access_holding()) AND NOT EXISTS (
        SELECT FROM audit_log WHERE action = 'chains.mirrored' AND xmin = pg_current_xact_id()::xid) THEN
        RAISE EXCEPTION 'chains are changed without an entry of the audit log'
            USING HINT = 'edit chains.yaml: the next command records who ran it, and then makes the table follow';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER mirrored AFTER INSERT OR UPDATE OR DELETE ON chains
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_unlogged_mirror();
"""

CHAINS = Table(
    name="chains",
    kind=TableKind.REGISTRY,
    description="The chains of chains.yaml, which wins.",
    columns=(
        CHAIN_ID,
        text("name", "The chain's name for people."),
        Column("enabled", ColumnKind.BOOLEAN, "Whether periods of it are computed."),
        text("family", "Which protocol the chain speaks."),
        text("period_type", "EPOCH, BLOCK_WINDOW or SLOT_RANGE."),
        integer("first_period", "The first period that is computed."),
        text("native_unit", "The whole coin (SOL, ETH)."),
        integer("native_decimals", "How many decimals a whole coin has."),
        integer("finality_lag", "Slots after a period's end before it counts as final."),
        Column("dual_approval", ColumnKind.BOOLEAN, "Whether another person releases than approved."),
        Column(
            "period_size",
            ColumnKind.INTEGER,
            "By how much the numbers of two periods that follow each other differ.",
            default="DEFAULT 1",
            since=2,
        ),
    ),
    key=("chain_id",),
    guards=(_MIRRORED,),
)

PROVIDERS = Table(
    name="providers",
    kind=TableKind.REGISTRY,
    description="The providers of providers.yaml, which wins; addresses without keys.",
    columns=(
        text("provider", "The provider's name."),
        Column("enabled", ColumnKind.BOOLEAN, "Whether it may be asked."),
        text("kind", "The adapter that speaks to it."),
        text("base_url", "Its address without credentials."),
    ),
    key=("provider",),
)

CHAIN_PROVIDER_MAPPINGS = Table(
    name="chain_provider_mappings",
    kind=TableKind.REGISTRY,
    description="Who is asked for what, and who next when the first is down.",
    columns=(
        CHAIN_ID,
        text("role", "The data type."),
        integer("priority", "0 is asked first."),
        text("provider", "The provider's name."),
    ),
    key=("chain_id", "role", "priority"),
)

INSTANCE_TABLES = (CHAINS, PROVIDERS, CHAIN_PROVIDER_MAPPINGS)
