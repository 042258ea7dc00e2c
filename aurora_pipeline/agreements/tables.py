"""The tables of partners and agreements: append-only decisions with valid time and recorded time."""

from __future__ import annotations

from enum import StrEnum

from aurora_pipeline.periods.tables import RECORDED_BY, REVISION, VALID_FROM, VALID_UNTIL
from aurora_pipeline.pnl.tables import Component
from aurora_pipeline.store.declaration import CHAIN_ID, Column, ColumnKind, Role, Table, integer, text
from aurora_pipeline.store.tables import recorded_at


class Status(StrEnum):
    """Where an agreement stands. It accrues only while it is ACTIVE."""

    DRAFT = "DRAFT"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    TERMINATED = "TERMINATED"


class Method(StrEnum):
    """How much of a validator's component a rule looks at."""

    FIXED_SHARE = "FIXED_SHARE"
    """The whole component."""


class Basis(StrEnum):
    """What of the component a rule looks at."""

    GROSS = "GROSS"
    """The component before costs."""


PARTNER_ID = text("partner_id", "The partner's stable key.")
AGREEMENT_ID = text("agreement_id", "The agreement's stable key.")
_AGREEMENT = Column("agreement_id", ColumnKind.TEXT, "The agreement.", references="agreements")
VERSION = integer("version", "The number of the version of the terms, from 1.", minimum=1)
RULE_KEY = text("rule_key", "The rule's key, stable across versions.")
RULE_ORDER = integer("rule_order", "The rule's place among its agreement's rules, from 1.", minimum=1)
REASON = Column("reason", ColumnKind.TEXT, "Why it was decided.", digested=False)

PARTNERS = Table(
    name="partners",
    role=Role.LEDGER,
    description="Who is paid. Only the newest revision counts.",
    columns=(PARTNER_ID, REVISION, text("name", "The partner's name for people."), REASON, RECORDED_BY, recorded_at()),
    key=("partner_id", "revision"),
)

AGREEMENTS = Table(
    name="agreements",
    role=Role.LEDGER,
    description="Which partner an agreement belongs to, for good; its terms are in its versions.",
    columns=(AGREEMENT_ID, PARTNER_ID, REASON, RECORDED_BY, recorded_at()),
    key=("agreement_id",),
    indexes=(("partner_id",),),
)

AGREEMENT_VERSIONS = Table(
    name="agreement_versions",
    role=Role.LEDGER,
    description="Immutable terms and when they hold; where two hold at an instant, the higher number is in force.",
    columns=(_AGREEMENT, VERSION, VALID_FROM, VALID_UNTIL, REASON, RECORDED_BY, recorded_at()),
    key=("agreement_id", "version"),
)

AGREEMENT_RULES = Table(
    name="agreement_rules",
    role=Role.LEDGER,
    description="The ordered rules of each version.",
    columns=(
        _AGREEMENT,
        VERSION,
        RULE_KEY,
        RULE_ORDER,
        CHAIN_ID,
        text("validator_key", "The validator's key or a glob over keys; null: every validator.", nullable=True),
        text("revenue_component", "What is shared.", one_of=[component.value for component in Component]),
        text("attribution_method", "How much of it the rule looks at.", one_of=[method.value for method in Method]),
        integer("commission_rate_bps", "The rate in hundredths of a percent.", maximum=10_000),
        text("basis", "What of it the rule looks at.", one_of=[basis.value for basis in Basis]),
        Column("stacks", ColumnKind.BOOLEAN, "Whether it pays in addition to the first rule that matches."),
        recorded_at(),
    ),
    key=("agreement_id", "version", "rule_key"),
    unique=(("agreement_id", "version", "rule_order"),),
    indexes=(("chain_id",),),
)

AGREEMENT_EVENTS = Table(
    name="agreement_events",
    role=Role.LEDGER,
    description="An agreement's status from an instant on; the latest that is effective at an instant decides.",
    columns=(
        _AGREEMENT,
        integer("event_number", "The number of the event within its agreement, from 1.", minimum=1),
        text("status", "The status.", one_of=[status.value for status in Status]),
        Column("effective_from", ColumnKind.INSTANT, "From when on (included)."),
        REASON,
        RECORDED_BY,
        recorded_at(),
    ),
    key=("agreement_id", "event_number"),
)

AGREEMENT_TABLES = (PARTNERS, AGREEMENTS, AGREEMENT_VERSIONS, AGREEMENT_RULES, AGREEMENT_EVENTS)
