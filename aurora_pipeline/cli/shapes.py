"""The shapes of what commands say with `--json`, by name; docs/schemas/ is generated from them.

The same thing has the same name everywhere. What is not known or does not apply is null, never left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from aurora_pipeline.work.computing import Computed
from aurora_pipeline.work.json_form import ERROR, Amount
from aurora_pipeline.work.what_is_next import DueRun


@dataclass(frozen=True)
class Error:
    """Why a command failed: on standard error, in its last line."""

    code: str
    kind: str
    exit_code: int
    message: str
    remedy: str | None


@dataclass(frozen=True)
class Change:
    """One thing that was recorded, and sentence by sentence what changed."""

    subject: str
    action: str
    words: Sequence[str]


@dataclass(frozen=True)
class Recorded:
    """What a command recorded."""

    changes: Sequence[Change]
    unchanged: int
    warnings: Sequence[str]


@dataclass(frozen=True)
class Applied:
    """What applying a file of agreements did, or would do."""

    changes: Sequence[Change]
    unchanged: int
    unchanged_subjects: Sequence[str]
    warnings: Sequence[str]
    dry_run: bool


@dataclass(frozen=True)
class AgreementEvent:
    """A change of an agreement's status."""

    event_number: int
    status: str
    effective_from: datetime
    reason: str


@dataclass(frozen=True)
class Limit:
    """A floor or a cap over a window."""

    limit: Amount
    window: str


@dataclass(frozen=True)
class Tier:
    """One tier: it reaches up to an amount (included), the last one without end."""

    up_to: Amount | None
    rate_bps: int


@dataclass(frozen=True)
class Tiers:
    """A tiered rate."""

    mode: str
    metric: str
    steps: Sequence[Tier]


@dataclass(frozen=True)
class Rule:
    """One rule of one version of an agreement."""

    rule_key: str
    rule_order: int
    chain_id: str | None
    validator_key: str | None
    revenue_component: str
    attribution_method: str
    commission_rate_bps: int | None
    basis: str
    stacks: bool
    tiers: Tiers | None
    floor: Limit | None
    cap: Limit | None
    carry_losses: bool
    funded_by: str | None
    wallet_attribution: bool


@dataclass(frozen=True)
class AgreementVersion:
    """One version of an agreement's terms."""

    version: int
    corrects: int | None
    in_force: bool
    valid_from: datetime
    valid_until: datetime | None
    recorded_at: datetime
    reason: str
    rules: Sequence[Rule]


@dataclass(frozen=True)
class Agreement:
    """An agreement with its whole history."""

    agreement_id: str
    partner_id: str
    status: str
    events: Sequence[AgreementEvent]
    versions: Sequence[AgreementVersion]


@dataclass(frozen=True)
class Difference:
    """How terms differ, as sentences."""

    before: str
    after: str
    differences: Sequence[str]


@dataclass(frozen=True)
class Simulated:
    """A partner's period as it was paid, and as proposed terms would have paid it."""

    chain_id: str
    epoch: int
    period: str
    partner_id: str
    was: Amount
    would: Amount
    difference: Amount
    was_overrides: int
    was_by_overrides: Amount
    difference_by_terms: Amount
    was_held: Amount
    would_held: Amount
    was_missing: int
    would_missing: int


@dataclass(frozen=True)
class Role:
    """Who is asked for what of a chain."""

    chain_id: str
    chain_enabled: bool
    role: str
    asked: Sequence[str]
    skipped: Sequence[str]


@dataclass(frozen=True)
class Provider:
    """A provider as configured."""

    provider: str
    kind: str
    enabled: bool
    url: str
    limits: str
    has_key: bool
    unset_variables: Sequence[str]


@dataclass(frozen=True)
class Configuration:
    """The configuration, which is sound."""

    roles: Sequence[Role]
    providers: Sequence[Provider]


@dataclass(frozen=True)
class Database:
    """At which schema the database is."""

    database: str
    revision: str | None
    wanted: str
    is_current: bool


@dataclass(frozen=True)
class LimitLeft:
    """What a provider says is left of one of its limits."""

    header: str
    left: str


@dataclass(frozen=True)
class ProviderCheck:
    """How a provider is."""

    provider: str
    kind: str
    url: str
    up: bool
    problem: str | None
    may_pass: bool
    serves: Sequence[str]
    observes: Sequence[str]
    seconds: float
    epoch: int | None
    limits_left: Sequence[LimitLeft]
    looked_at: Sequence[str]
    odd: Sequence[str]


@dataclass(frozen=True)
class Override:
    """What is paid instead of what was computed."""

    target: str
    name: str
    line_id: str | None
    agreement_id: str
    rule_key: str
    chain_id: str
    epoch: int
    period: str
    validator_key: str | None
    wallet_address: str | None
    revision: int
    amount: Amount | None
    computed_seen: Amount | None
    computed: Amount | None
    standing: str
    reason: str
    recorded_by: str
    recorded_at: datetime


@dataclass(frozen=True)
class AgreementStanding:
    """An agreement of a partner and its status."""

    agreement_id: str
    status: str


@dataclass(frozen=True)
class PayableSeries:
    """How a partner is paid on a chain, from when on; null: from the beginning."""

    chain_id: str
    series: str
    effective_from: datetime | None


@dataclass(frozen=True)
class MinimumPayout:
    """The least that is paid to a partner on a chain, in base units, from when on; null: from the beginning."""

    chain_id: str
    amount: Amount
    effective_from: datetime | None


@dataclass(frozen=True)
class Wallet:
    """A wallet that a partner introduced."""

    partner_id: str
    chain_id: str
    wallet_address: str
    introduced_at: datetime
    ended_at: datetime | None
    notes: str | None


@dataclass(frozen=True)
class Partner:
    """Somebody who is paid."""

    partner_id: str
    name: str
    agreements: Sequence[AgreementStanding]
    payable_series: Sequence[PayableSeries]
    minimum_payouts: Sequence[MinimumPayout]
    wallets: Sequence[Wallet]


@dataclass(frozen=True)
class User:
    """Somebody who works with Aurora."""

    login: str
    revision: int
    name: str
    role: str
    partner_id: str | None
    valid_from: datetime
    valid_until: datetime | None
    reason: str
    recorded_by: str
    recorded_at: datetime


@dataclass(frozen=True)
class Validator:
    """A dated row of a validator of the operator."""

    chain_id: str
    validator_key: str
    revision: int
    name: str
    identity_key: str | None
    ownership: str
    operator_fee_bps: int | None
    valid_from: datetime
    valid_until: datetime | None
    reason: str
    recorded_by: str
    recorded_at: datetime


@dataclass(frozen=True)
class Period:
    """A finalized period."""

    chain_id: str
    epoch: int
    period: str
    first_slot: int
    last_slot: int
    first_block_slot: int
    last_block_slot: int
    started_at: datetime
    ended_at: datetime
    digest: str
    told_by: str | None


@dataclass(frozen=True)
class TraceNode:
    """One traced figure or document, and everything it rests on."""

    kind: str
    title: str
    figure: str | None
    amount: Amount | None
    formula: str | None
    note: str | None
    digest: str | None
    content_digest: str | None
    children: Sequence[TraceNode]


@dataclass(frozen=True)
class Held:
    """How many things of a kind were recomputed and hold."""

    kind: str
    count: int


@dataclass(frozen=True)
class Finding:
    """One thing that does not hold, or is worth knowing."""

    kind: str
    where: str
    problem: str
    recorded: str | None
    recomputed: str | None


@dataclass(frozen=True)
class Report:
    """What verifying found."""

    subject: str
    holds: bool
    held: Sequence[Held]
    failures: Sequence[Finding]
    notes: Sequence[Finding]


@dataclass(frozen=True)
class Head:
    """The newest entry of a chain of hashes."""

    hash_chain: str
    sequence: int
    entry_hash: str


@dataclass(frozen=True)
class Audit:
    """Whether the hash chains hold, and their heads; `witness` is what `--witness` takes."""

    reports: Sequence[Report]
    heads: Sequence[Head]
    witness: str | None


@dataclass(frozen=True)
class AuditEntry:
    """An entry of the audit log; the states before and after are as they were recorded."""

    sequence: int
    recorded_at: datetime
    actor: str
    action: str
    subject: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    previous_hash: str
    entry_hash: str


@dataclass(frozen=True)
class PeriodStatus:
    """A period in one line: of its layers how many are in force, why it is stale, and what is not final."""

    chain_id: str
    epoch: int
    period: str
    ended_at: datetime
    recorded_at: datetime
    layers_published: int
    layers: int
    completeness: str | None
    stale: str | None
    lacking: str | None
    missing: str | None


@dataclass(frozen=True)
class Seen:
    """The newest sample of a chain's running epoch, which is `epoch`."""

    epoch: int
    slot: int
    observed_at: datetime


@dataclass(frozen=True)
class ChainStatus:
    """A chain and its periods; `behind` counts the ended epochs that are later than the newest published one."""

    chain_id: str
    recorded: int
    complete: int
    partial: int
    unpublished: int
    last_ended_at: datetime | None
    head_epoch: int | None
    behind: int | None
    seen: Seen | None
    periods: Sequence[PeriodStatus]
    late: Sequence[str]


@dataclass(frozen=True)
class Contact:
    """When a provider last answered; null: not lately."""

    provider: str
    last_contact_at: datetime | None


@dataclass(frozen=True)
class Sensor:
    """The newest tick of a sensor, and why it failed."""

    sensor: str
    last_tick_at: datetime
    problem: str | None


@dataclass(frozen=True)
class Status:
    """What is known of every chain and of the instance; `attention` is what needs a person."""

    chains: Sequence[ChainStatus]
    providers: Sequence[Contact]
    sensors: Sequence[Sensor]
    attention: Sequence[str]


@dataclass(frozen=True)
class DataTypeStatus:
    """How many validators of a data type are in one state for one reason."""

    data_type: str
    state: str
    validators: int
    reason: str | None
    names: Sequence[str]


@dataclass(frozen=True)
class Warned:
    """Warnings of a layer that say the same of different things: as one sentence, and each in full."""

    asset: str
    count: int
    text: str
    texts: Sequence[str]


@dataclass(frozen=True)
class EpochStatus:
    """A period in full."""

    chain_id: str
    epoch: int
    period: str
    layers_published: int
    layers: int
    data_types: Sequence[DataTypeStatus]
    late: Sequence[str]
    warnings: Sequence[Warned]
    differences: int
    unexplained: int
    unusable: Sequence[str]
    outdated: Sequence[str]


@dataclass(frozen=True)
class PnlFigures:
    """What a validator earned and cost in a period."""

    chain_id: str
    epoch: int
    period: str
    month: str
    period_ended_at: datetime
    validator_key: str
    name: str
    exec_fees: Amount | None
    exec_fees_state: str
    exec_fees_reason: str | None
    mev_tips: Amount | None
    mev_tips_state: str
    mev_tips_reason: str | None
    vote_rewards: Amount | None
    vote_rewards_state: str
    vote_rewards_reason: str | None
    commission: Amount | None
    commission_state: str
    commission_reason: str | None
    network_fee: Amount | None
    network_fee_state: str | None
    priority_fee_sharing: Amount | None
    priority_fee_sharing_state: str | None
    block_revenue_sharing: Amount | None
    block_revenue_sharing_state: str | None
    vote_fees: Amount | None
    vote_fees_state: str | None
    admission_ticket: Amount | None
    admission_ticket_state: str | None
    consensus_penalty: Amount | None
    consensus_penalty_state: str | None
    infrastructure: Amount | None
    infrastructure_state: str | None
    other_income: Amount | None
    other_income_state: str | None
    total_revenue: Amount | None
    known_revenue: Amount
    total_costs: Amount | None
    known_costs: Amount
    net: Amount | None
    known_net: Amount
    state: str
    reason: str | None


@dataclass(frozen=True)
class CommissionLine:
    """What a rule pays for a validator, or what its cap or floor adds to that."""

    chain_id: str
    epoch: int
    period: str
    month: str
    line_id: str
    partner_id: str
    partner_name: str | None
    agreement_id: str
    agreement_version: int
    rule_key: str
    kind: str
    validator_key: str
    validator_name: str | None
    wallet_address: str
    component: str
    funded_by: str
    attribution_method: str
    basis: str
    rate_bps: int | None
    base: Amount | None
    computed: Amount | None
    override: Amount | None
    final: Amount | None
    held: bool
    state: str
    reason: str | None


@dataclass(frozen=True)
class AllocationPart:
    """Who gets a part of a component."""

    chain_id: str
    epoch: int
    period: str
    month: str
    validator_key: str
    validator_name: str | None
    component: str
    part_id: str
    party: str
    partner_id: str | None
    partner_name: str | None
    amount: Amount | None
    state: str
    reason: str | None


@dataclass(frozen=True)
class StatementFigures:
    """What a partner is owed for a period."""

    chain_id: str
    epoch: int
    period: str
    month: str
    statement_id: str
    partner_id: str
    partner_name: str
    started_at: datetime
    ended_at: datetime
    line_count: int
    held_count: int
    missing_count: int
    lines_total: Amount | None
    known_total: Amount
    held_total: Amount
    lines_digest: str
    state: str
    reason: str | None


@dataclass(frozen=True)
class PayableStatement:
    """A statement from the opening to the closing balance, and where it stands in its life."""

    chain_id: str
    period: str
    statement_id: str
    partner_id: str
    partner_name: str
    payable_series: str
    number: int | None
    started_at: datetime
    ended_at: datetime
    stage: str
    next_step: str
    line_count: int
    held_count: int
    missing_count: int
    unsettled_count: int
    blocked_count: int
    opening: Amount | None
    lines: Amount
    top_ups: Amount
    adjustments: Amount
    total: Amount | None
    known_total: Amount
    held_total: Amount
    minimum_payout: Amount | None
    payable: Amount | None
    paid: Amount
    closing: Amount | None
    lines_digest: str
    entries_digest: str
    statement_digest: str
    state: str
    reason: str | None


@dataclass(frozen=True)
class StatementLine:
    """A line of a statement, as the statement says it."""

    line_id: str
    epoch: int
    agreement_id: str
    agreement_version: int
    rule_key: str
    validator_key: str
    validator_name: str | None
    wallet_address: str
    component: str
    kind: str
    rate_bps: int | None
    base: Amount | None
    computed: Amount | None
    override: Amount | None
    final: Amount | None
    held: bool
    state: str
    reason: str | None


@dataclass(frozen=True)
class StatementEntry:
    """A top-up or an adjustment on a statement."""

    entry_id: str
    kind: str
    source_period: str
    line_id: str
    number: int
    agreement_id: str
    agreement_version: int | None
    rule_key: str
    validator_key: str
    validator_name: str | None
    wallet_address: str
    component: str
    stated: Amount | None
    now: Amount | None
    amount: Amount | None
    cause: str | None
    disputed_on: str | None
    state: str
    reason: str | None


@dataclass(frozen=True)
class Acceptance:
    """A figure that is held or missing: a statement is submitted only where it is accepted at 0."""

    id: str
    figure: str


@dataclass(frozen=True)
class StatementDocument:
    """A statement with everything that it holds."""

    statement: PayableStatement
    lines: Sequence[StatementLine]
    entries: Sequence[StatementEntry]
    to_be_accepted: Sequence[Acceptance]
    """What is held or missing, and has to be accepted by its id."""


@dataclass(frozen=True)
class ChangedStep:
    """A step from the opening to the closing balance that differs."""

    step: str
    was: Amount
    now: Amount
    difference: Amount


@dataclass(frozen=True)
class DifferentInput:
    """Something that a line is computed from now and was not before."""

    kind: str
    name: str
    digest: str


@dataclass(frozen=True)
class ChangedStatementLine:
    """A line or an entry that differs; held and missing amounts count 0."""

    line_id: str
    line: str
    was: Amount
    now: Amount
    difference: Amount
    reason: str
    inputs: Sequence[DifferentInput]


@dataclass(frozen=True)
class StatementDifference:
    """Two states of a statement, or two statements, line by line."""

    before: PayableStatement
    after: PayableStatement
    steps: Sequence[ChangedStep]
    lines: Sequence[ChangedStatementLine]


@dataclass(frozen=True)
class StatementEvent:
    """One thing that was decided about a statement."""

    recorded_at: datetime
    recorded_by: str
    what: str
    statement_digest: str | None
    reason: str


@dataclass(frozen=True)
class DisputeShape:
    """A line that a partner holds for wrong, and what was answered."""

    statement_id: str
    partner_id: str
    chain_id: str
    period: str
    line_id: str
    stated: Amount | None
    claimed: Amount
    raised_by: str
    raised_at: datetime
    on_behalf_of: str | None
    why: str
    state: str
    answered_by: str | None
    answered_at: datetime | None
    answer: str | None
    settled_by: str | None


@dataclass(frozen=True)
class StatementWithLines:
    """A statement with its lines, as of one moment."""

    statement: StatementFigures
    lines: Sequence[CommissionLine]


@dataclass(frozen=True)
class ChangedColumn:
    """A column of a row that says something else; amounts stand in the fields of their own."""

    row: Sequence[str]
    validator_key: str | None
    validator_name: str | None
    partner_id: str | None
    partner_name: str | None
    column: str
    was: str | None
    now: str | None
    was_amount: Amount | None
    now_amount: Amount | None


@dataclass(frozen=True)
class ChangedLayer:
    """What became of a layer between two snapshots."""

    table: str
    snapshot_before: int | None
    snapshot_after: int | None
    rows_came: int
    rows_went: int
    changed_at: datetime | None
    changes: Sequence[ChangedColumn]


@dataclass(frozen=True)
class ChangedPartner:
    """What a partner was owed as far as known, and is now."""

    partner_id: str
    partner_name: str | None
    was: Amount
    now: Amount
    difference: Amount


@dataclass(frozen=True)
class ChangedPeriod:
    """Everything that changed of a period."""

    chain_id: str
    epoch: int
    period: str
    layers: Sequence[ChangedLayer]
    partners: Sequence[ChangedPartner]


@dataclass(frozen=True)
class SqlResult:
    """The rows of a query, every value as exact text."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str | None]]


SHAPES: Final[Mapping[str, Any]] = {
    ERROR: Error,
    "recorded": Recorded,
    "computed": Computed,
    "status": Status,
    "status_epoch": EpochStatus,
    "status_next": Sequence[DueRun],
    "trace": TraceNode,
    "verify": Sequence[Report],
    "audit": Audit,
    "audit_list": Sequence[AuditEntry],
    "agreements_apply": Applied,
    "agreements_list": Sequence[Agreement],
    "agreements_show": Agreement,
    "agreements_diff": Difference,
    "agreements_simulate": Sequence[Simulated],
    "config_check": Configuration,
    "db_current": Database,
    "overrides_list": Sequence[Override],
    "partners_list": Sequence[Partner],
    "partners_show": Partner,
    "periods_list": Sequence[Period],
    "providers_check": Sequence[ProviderCheck],
    "users_list": Sequence[User],
    "validators_list": Sequence[Validator],
    "wallets_list": Sequence[Wallet],
    "pnl": Sequence[PnlFigures],
    "lines": Sequence[CommissionLine],
    "allocation": Sequence[AllocationPart],
    "statements_list": Sequence[PayableStatement],
    "statements_show": StatementDocument,
    "statements_epochs": Sequence[StatementFigures],
    "statements_diff": StatementDifference,
    "statements_history": Sequence[StatementEvent],
    "disputes_list": Sequence[DisputeShape],
    "statements_show_epoch": StatementWithLines,
    "diff": ChangedPeriod,
    "sql": SqlResult,
}
