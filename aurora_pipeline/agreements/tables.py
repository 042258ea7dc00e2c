"""The tables of partners and agreements: append-only decisions with valid time and recorded time."""

from __future__ import annotations

from enum import StrEnum

from aurora_pipeline.decisions.tables import REASON, RECORDED_BY, RECORDED_THROUGH, REVISION, VALID_FROM, VALID_UNTIL
from aurora_pipeline.pnl.tables import Component
from aurora_pipeline.store.declaration import (
    CHAIN_ID,
    EPOCH,
    Column,
    ColumnKind,
    Table,
    TableKind,
    integer,
    money,
    text,
)
from aurora_pipeline.store.tables import recorded_at


class AgreementStatus(StrEnum):
    """Where an agreement stands. It accrues only while it is ACTIVE."""

    DRAFT = "DRAFT"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    TERMINATED = "TERMINATED"


class Method(StrEnum):
    """How much of a validator's component a rule looks at."""

    FIXED_SHARE = "FIXED_SHARE"
    """The whole component."""
    STAKE_WEIGHT = "STAKE_WEIGHT"
    """The part of it that the partner's wallets have of the active stake."""
    CLIENT_REVENUE = "CLIENT_REVENUE"
    """The part of it that comes from the partner's clients; on VOTE_REWARDS their own staking rewards."""


class Basis(StrEnum):
    """What of the component a rule looks at."""

    GROSS = "GROSS"
    """The component before costs."""
    NET = "NET"
    """The component after the costs that reduce it, at least 0."""


class Window(StrEnum):
    """Over which time a floor or a cap clamps a rule's amount."""

    PERIOD = "PERIOD"
    MONTH = "MONTH"


class TierMode(StrEnum):
    """What the rates of tiers apply to."""

    GRADUATED = "GRADUATED"
    """Each tier's rate to what of the base lies in the tier."""
    VOLUME = "VOLUME"
    """The rate of the tier that holds the metric, to the whole base."""


class Metric(StrEnum):
    """What places a rule in its tiers."""

    PERIOD = "PERIOD"
    MONTH_TO_DATE = "MONTH_TO_DATE"
    YEAR_TO_DATE = "YEAR_TO_DATE"
    LIFETIME = "LIFETIME"
    INTRODUCED_STAKE = "INTRODUCED_STAKE"
    """The partner's active stake on the validators that the rule matches."""

    @property
    def is_cumulative(self) -> bool:
        """Whether earlier periods count."""
        return self in (Metric.MONTH_TO_DATE, Metric.YEAR_TO_DATE, Metric.LIFETIME)


class Series(StrEnum):
    """Which of a partner's statements on a chain are paid; the others are informational."""

    MONTH = "MONTH"
    EPOCH = "EPOCH"


class OverrideTarget(StrEnum):
    """What an override states the pay of."""

    LINE = "LINE"
    """One line."""
    RULE = "RULE"
    """A rule's total in a period."""


PARTNER_ID = text("partner_id", "The partner's stable key.")
AGREEMENT_ID = text("agreement_id", "The agreement's stable key.")
_AGREEMENT = Column("agreement_id", ColumnKind.TEXT, "The agreement.", references="agreements")
VERSION = integer("version", "The number of the version of the terms, from 1.", minimum=1)
RULE_KEY = text("rule_key", "The rule's key, stable across versions.")
RULE_ORDER = integer("rule_order", "The rule's place among its agreement's rules, from 1.", minimum=1)
_COMPONENTS = [component.value for component in Component]
_MODES = [mode.value for mode in TierMode]
_METRICS = [metric.value for metric in Metric]
_WINDOWS = [window.value for window in Window]

PARTNERS = Table(
    name="partners",
    kind=TableKind.DECISION,
    description="Who is paid. Only the newest revision counts.",
    columns=(
        PARTNER_ID,
        REVISION,
        text("name", "The partner's name for people."),
        REASON,
        RECORDED_BY,
        recorded_at(),
        RECORDED_THROUGH,
    ),
    key=("partner_id", "revision"),
)

PARTNER_SERIES = Table(
    name="partner_series",
    kind=TableKind.DECISION,
    description="Which series of statements is paid on a chain, from a month's start on; without a row, MONTH.",
    columns=(
        PARTNER_ID,
        CHAIN_ID,
        integer("change_number", "The number of the change for this partner and chain, from 1.", minimum=1),
        text("payable_series", "MONTH or EPOCH.", one_of=[series.value for series in Series]),
        Column("effective_from", ColumnKind.INSTANT, "The start of the first month it holds for."),
        REASON,
        RECORDED_BY,
        recorded_at(),
        RECORDED_THROUGH,
    ),
    key=("partner_id", "chain_id", "change_number"),
)

PARTNER_MINIMUMS = Table(
    name="partner_minimum_payouts",
    kind=TableKind.DECISION,
    description="The least that is paid to a partner on a chain, from a month's start on; without a row, 0.",
    columns=(
        PARTNER_ID,
        CHAIN_ID,
        integer("change_number", "The number of the change for this partner and chain, from 1.", minimum=1),
        money("minimum_payout", "The least that is paid; a smaller total is carried forward.", minimum=0),
        Column("effective_from", ColumnKind.INSTANT, "The start of the first month it holds for."),
        REASON,
        RECORDED_BY,
        recorded_at(),
        RECORDED_THROUGH,
    ),
    key=("partner_id", "chain_id", "change_number"),
)

PARTNER_WALLETS = Table(
    name="partner_wallets",
    kind=TableKind.DECISION,
    description="Which partner introduced a wallet, dated. Only the newest revision of a wallet counts.",
    columns=(
        CHAIN_ID,
        text("wallet_address", "The withdraw authority (on Ethereum the withdrawal address)."),
        REVISION,
        Column("introduced_at", ColumnKind.INSTANT, "From when on it is the partner's (included)."),
        Column("ended_at", ColumnKind.INSTANT, "Until when (excluded); null: open.", nullable=True),
        PARTNER_ID,
        Column("notes", ColumnKind.TEXT, "What was noted about it.", nullable=True, digested=False),
        REASON,
        RECORDED_BY,
        recorded_at(),
        RECORDED_THROUGH,
    ),
    key=("chain_id", "wallet_address", "revision", "introduced_at"),
    indexes=(("partner_id",),),
)

AGREEMENTS = Table(
    name="agreements",
    kind=TableKind.DECISION,
    description="Which partner an agreement belongs to, for good; its terms are in its versions.",
    columns=(AGREEMENT_ID, PARTNER_ID, REASON, RECORDED_BY, recorded_at(), RECORDED_THROUGH),
    key=("agreement_id",),
    indexes=(("partner_id",),),
)

AGREEMENT_VERSIONS = Table(
    name="agreement_versions",
    kind=TableKind.DECISION,
    description="Immutable terms and when they hold; where two hold at an instant, the higher number is in force.",
    columns=(
        _AGREEMENT,
        VERSION,
        VALID_FROM,
        VALID_UNTIL,
        integer("corrects", "The version whose time it covers again; null: none.", nullable=True, minimum=1),
        REASON,
        RECORDED_BY,
        recorded_at(),
        RECORDED_THROUGH,
    ),
    key=("agreement_id", "version"),
)

AGREEMENT_RULES = Table(
    name="agreement_rules",
    kind=TableKind.DECISION,
    description="The ordered rules of each version.",
    columns=(
        _AGREEMENT,
        VERSION,
        RULE_KEY,
        RULE_ORDER,
        text("chain_id", "The chain, as named in chains.yaml; null: every chain.", nullable=True),
        text("validator_key", "The validator's key or a glob over keys; null: every validator.", nullable=True),
        text("revenue_component", "What is shared.", one_of=_COMPONENTS),
        text("attribution_method", "How much of it the rule looks at.", one_of=[method.value for method in Method]),
        integer(
            "commission_rate_bps",
            "The flat rate in hundredths of a percent; null: the rule has tiers.",
            nullable=True,
            maximum=10_000,
        ),
        text("basis", "What of it the rule looks at.", one_of=[basis.value for basis in Basis]),
        Column("stacks", ColumnKind.BOOLEAN, "Whether it pays in addition to the first rule that matches."),
        Column("carry_losses", ColumnKind.BOOLEAN, "Whether a loss of a validator reduces its later periods (NET)."),
        text("funded_by", "The component that pays what the rule claims.", one_of=_COMPONENTS),
        Column("wallet_attribution", ColumnKind.BOOLEAN, "Whether a validator's line is told wallet by wallet."),
        text("tier_mode", "What the tiers' rates apply to; null: a flat rate.", nullable=True, one_of=_MODES),
        text("tier_metric", "What places it in its tiers; null: a flat rate.", nullable=True, one_of=_METRICS),
        money("floor", "The least that it pays in its window; null: none.", nullable=True, minimum=0),
        text("floor_window", "The floor's window; null without a floor.", nullable=True, one_of=_WINDOWS),
        money("cap", "The most that it pays in its window; null: none.", nullable=True, minimum=0),
        text("cap_window", "The cap's window; null without a cap.", nullable=True, one_of=_WINDOWS),
        recorded_at(),
    ),
    key=("agreement_id", "version", "rule_key"),
    unique=(("agreement_id", "version", "rule_order"),),
    indexes=(("chain_id",),),
)

AGREEMENT_RULE_TIERS = Table(
    name="agreement_rule_tiers",
    kind=TableKind.DECISION,
    description="The tiers of rules that have them: contiguous from 0, the last one open.",
    columns=(
        _AGREEMENT,
        VERSION,
        RULE_KEY,
        integer("tier", "The tier's number, from 1.", minimum=1),
        money("up_to", "Where the tier ends (included); null: the last tier, which is open.", nullable=True, minimum=1),
        integer("rate_bps", "The tier's rate in hundredths of a percent.", maximum=10_000),
        recorded_at(),
    ),
    key=("agreement_id", "version", "rule_key", "tier"),
)

AGREEMENT_EVENTS = Table(
    name="agreement_events",
    kind=TableKind.DECISION,
    description="An agreement's status from an instant on; the latest that is effective at an instant decides.",
    columns=(
        _AGREEMENT,
        integer("event_number", "The number of the event within its agreement, from 1.", minimum=1),
        text("status", "The status.", one_of=[status.value for status in AgreementStatus]),
        Column("effective_from", ColumnKind.INSTANT, "From when on (included)."),
        REASON,
        RECORDED_BY,
        recorded_at(),
        RECORDED_THROUGH,
    ),
    key=("agreement_id", "event_number"),
)

COMMISSION_OVERRIDES = Table(
    name="commission_overrides",
    kind=TableKind.DECISION,
    description="What is paid instead of what was computed, by business key. Only a target's newest revision counts.",
    columns=(
        text("target", "LINE: one line; RULE: a rule's total.", one_of=[target.value for target in OverrideTarget]),
        _AGREEMENT,
        RULE_KEY,
        CHAIN_ID,
        EPOCH,
        text("validator_key", "The line's validator; empty: the rule's total."),
        text("wallet_address", "The line's wallet; empty: the whole validator, or the rule's total."),
        REVISION,
        money("amount", "What is paid; null: what was overridden is paid as computed again.", nullable=True, minimum=0),
        money("computed_seen", "The computed amount that was seen; null: it was not known.", nullable=True),
        REASON,
        RECORDED_BY,
        recorded_at(),
        RECORDED_THROUGH,
    ),
    key=("agreement_id", "rule_key", "chain_id", "epoch", "target", "validator_key", "wallet_address", "revision"),
    indexes=(("chain_id", "epoch"),),
)

AGREEMENT_TABLES = (
    PARTNERS,
    PARTNER_SERIES,
    PARTNER_MINIMUMS,
    PARTNER_WALLETS,
    AGREEMENTS,
    AGREEMENT_VERSIONS,
    AGREEMENT_RULES,
    AGREEMENT_RULE_TIERS,
    AGREEMENT_EVENTS,
    COMMISSION_OVERRIDES,
)
