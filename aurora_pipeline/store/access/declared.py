"""What each role may do on which table, view and function: grants, docs/access.md and tests are made from this.

Data alone. What stands in none of these tables is granted to nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """Who works with a database: six kinds of people, and Aurora's own worker."""

    ADMIN = "ADMIN"
    FINANCE = "FINANCE"
    OPS = "OPS"
    ANALYST = "ANALYST"
    PARTNER = "PARTNER"
    AUDITOR = "AUDITOR"
    WORKER = "WORKER"
    """Writes what is fetched and computed, and decides nothing."""


class Narrowing(StrEnum):
    """What somebody sees of a table who is narrowed to some chains or validators."""

    ALL = "all of it"
    CHAIN = "the rows of these chains"
    WHOLE_CHAIN = "the rows of these chains, and nothing where some validators are named"
    VALIDATOR = "the rows of these chains and validators"
    STATEMENT = "the rows about statements that are seen"
    RULE = "the rules about these chains and validators: by name, by pattern or as all; none is added"
    TIER = "the tiers of such rules; none is added"
    AGREEMENT = "the rows of agreements that ever had such a rule; none is added"
    LOG = "all of it where the person decides, since the log is one chain; else nothing"
    NOTHING = "nothing: no row tells which chain it is about"


@dataclass(frozen=True)
class TableAccess:
    """What the operator's roles may do on one table."""

    reads: frozenset[Role]
    adds: frozenset[Role] = frozenset()
    """Who inserts rows. Nobody changes one."""
    narrowing: Narrowing = Narrowing.ALL
    is_mirror: bool = False
    """Whether those who insert rows may delete them too: the table mirrors a file."""


@dataclass(frozen=True)
class ViewAccess:
    """Who reads a view, and the function of the same name as of a moment. A view shows what its reader may read."""

    reads: frozenset[Role]


class Own(StrEnum):
    """Which rows of a table are a partner's own."""

    PARTNER = "the rows with its own key"
    AGREEMENT = "the rows of its own agreements"
    RELEASED = "its own rows in snapshots that statements of it were released from"
    STATEMENT = "the rows about its released statements"
    CHAIN = "the chains that statements of it were released on"


@dataclass(frozen=True)
class PartnerAccess:
    """What a partner reads of one table: some rows, and of these all columns but some."""

    own: Own
    hidden: frozenset[str] = frozenset()


ADMIN, FINANCE, OPS, ANALYST, PARTNER, AUDITOR, WORKER = Role
_PEOPLE: Final = frozenset(Role) - {WORKER}
_OPERATOR: Final = frozenset({ADMIN, FINANCE, OPS, ANALYST, AUDITOR})
_FIGURES: Final = _OPERATOR | {WORKER}
_TERMS: Final = frozenset({FINANCE, OPS, ANALYST, AUDITOR, WORKER})
"""Terms are no business of who administers users: of partners an ADMIN reads the names, which statements need."""
_LOG: Final = frozenset({ADMIN, FINANCE, OPS, AUDITOR, WORKER})
_DECIDING: Final = frozenset({ADMIN, FINANCE, OPS})
_WORKER: Final = frozenset({WORKER})
_FINANCE: Final = frozenset({FINANCE})
_PLANT: Final = frozenset({ADMIN, OPS})


def _layer(narrowing: Narrowing) -> TableAccess:
    return TableAccess(_FIGURES, _WORKER, narrowing)


def _terms(narrowing: Narrowing) -> TableAccess:
    return TableAccess(_TERMS, _FINANCE, narrowing)


def _step(narrowing: Narrowing = Narrowing.STATEMENT) -> TableAccess:
    return TableAccess(_FIGURES, _FINANCE, narrowing)


def _staged(narrowing: Narrowing = Narrowing.WHOLE_CHAIN) -> TableAccess:
    return TableAccess(_FIGURES, _WORKER, narrowing)


LAYERS: Final[Mapping[str, TableAccess]] = {
    "canonical_validator_fees": _layer(Narrowing.VALIDATOR),
    "canonical_validator_mev": _layer(Narrowing.VALIDATOR),
    "canonical_validator_balances": _layer(Narrowing.VALIDATOR),
    "canonical_stake_rewards": _layer(Narrowing.VALIDATOR),
    "canonical_validator_meta": _layer(Narrowing.VALIDATOR),
    "canonical_stake_positions": _layer(Narrowing.VALIDATOR),
    "canonical_validator_costs": _layer(Narrowing.VALIDATOR),
    "canonical_account_balances": _layer(Narrowing.VALIDATOR),
    "canonical_stake_events": _layer(Narrowing.VALIDATOR),
    "canonical_execution_income": _layer(Narrowing.VALIDATOR),
    "canonical_completeness": _layer(Narrowing.VALIDATOR),
    "cross_check_differences": _layer(Narrowing.VALIDATOR),
    "validator_pnl": _layer(Narrowing.VALIDATOR),
    "partner_commission_lines": _layer(Narrowing.VALIDATOR),
    "commission_rule_results": _layer(Narrowing.WHOLE_CHAIN),
    "revenue_allocation": _layer(Narrowing.VALIDATOR),
    "partner_commission_statements": _layer(Narrowing.WHOLE_CHAIN),
    "monthly_statements": _layer(Narrowing.WHOLE_CHAIN),
    "monthly_statement_entries": _layer(Narrowing.VALIDATOR),
    "epoch_payables": _layer(Narrowing.WHOLE_CHAIN),
    "epoch_payable_entries": _layer(Narrowing.VALIDATOR),
}
"""Tables in the schema `layers`. Each has the views <name>, <name>_named and <name>_in_coins, and <name>_as_of."""

TABLES: Final[Mapping[str, TableAccess]] = {
    # What was computed, when, and from what.
    "snapshots": TableAccess(_FIGURES, _WORKER, Narrowing.CHAIN),
    "publications": TableAccess(_FIGURES, _WORKER, Narrowing.CHAIN),
    "snapshot_reports": TableAccess(_FIGURES, _WORKER, Narrowing.NOTHING),
    "later_warnings": TableAccess(_FIGURES, _WORKER, Narrowing.NOTHING),
    "attestations": TableAccess(_FIGURES, _WORKER, Narrowing.NOTHING),
    "period_ranges": TableAccess(_FIGURES, frozenset(), Narrowing.CHAIN),
    "canonical_periods": TableAccess(_FIGURES, _WORKER, Narrowing.CHAIN),
    "instance_secret": TableAccess(_WORKER, frozenset(), Narrowing.ALL),
    "alembic_version": TableAccess(_FIGURES, frozenset(), Narrowing.ALL),
    "ledger_clock": TableAccess(_FIGURES, frozenset(), Narrowing.ALL),
    # What providers told.
    "staging_bodies": _staged(),
    "staging_file_bodies": _staged(Narrowing.NOTHING),
    "staging_payloads": _staged(),
    "staging_fetches": _staged(),
    "observations": _staged(),
    "ingestion_runs": _staged(),
    # What the files say.
    "chains": TableAccess(_FIGURES, _PLANT | {WORKER}, Narrowing.CHAIN, is_mirror=True),
    "providers": TableAccess(_FIGURES, _PLANT | {WORKER}, Narrowing.ALL, is_mirror=True),
    "chain_provider_mappings": TableAccess(_FIGURES, _PLANT | {WORKER}, Narrowing.CHAIN, is_mirror=True),
    "alert_tellings": TableAccess(_FIGURES, _WORKER, Narrowing.NOTHING),
    # What is decided about people and machines.
    "users": TableAccess(_LOG - {WORKER}, frozenset({ADMIN}), Narrowing.ALL),
    "audit_log": TableAccess(_LOG, _DECIDING, Narrowing.LOG),
    "audit_rows": TableAccess(_LOG, _DECIDING, Narrowing.LOG),
    "range_moves": TableAccess(_FIGURES, _PLANT, Narrowing.CHAIN),
    "snapshot_releases": TableAccess(_FIGURES, _FINANCE, Narrowing.CHAIN),
    "warning_acknowledgements": TableAccess(_FIGURES, frozenset({FINANCE, OPS}), Narrowing.CHAIN),
    "canonical_validator_identities": TableAccess(_FIGURES, _PLANT, Narrowing.VALIDATOR),
    "operator_wallets": TableAccess(_FIGURES, _PLANT, Narrowing.WHOLE_CHAIN),
    "fee_recipients": TableAccess(_FIGURES, _PLANT, Narrowing.VALIDATOR),
    "cost_entries": TableAccess(_FIGURES, frozenset({FINANCE, OPS}), Narrowing.VALIDATOR),
    # What is signed of all of this, and by which key.
    "log_leaves": TableAccess(_FIGURES, _WORKER, Narrowing.ALL),
    "log_checkpoints": TableAccess(_FIGURES, _WORKER, Narrowing.ALL),
    "log_keys": TableAccess(_FIGURES, frozenset({ADMIN}), Narrowing.ALL),
    # What is decided about terms.
    "partners": _terms(Narrowing.ALL),
    "partner_series": _terms(Narrowing.CHAIN),
    "partner_minimum_payouts": _terms(Narrowing.CHAIN),
    "partner_wallets": _terms(Narrowing.WHOLE_CHAIN),
    "agreements": _terms(Narrowing.AGREEMENT),
    "agreement_versions": _terms(Narrowing.AGREEMENT),
    "agreement_rules": _terms(Narrowing.RULE),
    "agreement_rule_tiers": _terms(Narrowing.TIER),
    "agreement_events": _terms(Narrowing.AGREEMENT),
    "commission_overrides": _terms(Narrowing.VALIDATOR),
    # The steps of statements.
    "statement_openings": _step(Narrowing.WHOLE_CHAIN),
    "statement_submissions": _step(Narrowing.WHOLE_CHAIN),
    "statement_rejections": _step(),
    "statement_approvals": _step(),
    "statement_balances": _step(Narrowing.WHOLE_CHAIN),
    "statement_releases": _step(),
    "statement_payments": _step(),
    "statement_disputed_payments": _step(),
    "statement_acknowledgements": _step(),
    "statement_disputes": _step(),
    "statement_dispute_answers": _step(),
    "released_snapshots": TableAccess(_FIGURES, frozenset(), Narrowing.WHOLE_CHAIN),
    "evidence": TableAccess(_FIGURES, _WORKER, Narrowing.NOTHING),
}
"""Tables in the schema `public`. `ledger_clock` is moved by `record_instant` alone."""

COLUMNS: Final[Mapping[str, Mapping[Role, frozenset[str]]]] = {
    "partners": {ADMIN: frozenset({"partner_id", "revision", "name"})},
}
"""What a role reads of a table that it does not read as a whole."""

VIEWS: Final[Mapping[str, ViewAccess]] = {
    "in_force": ViewAccess(_FIGURES),
    "snapshot_states": ViewAccess(_FIGURES),
    "staging_payloads_json": ViewAccess(_FIGURES),
    "period_months": ViewAccess(_FIGURES),
    "validator_names": ViewAccess(_FIGURES),
    "partner_names": ViewAccess(_FIGURES),
    "restatements": ViewAccess(_FIGURES),
    "restatements_in_coins": ViewAccess(_FIGURES),
    "released_statements": ViewAccess(_FIGURES | {PARTNER}),
    "released_statement_entries": ViewAccess(_FIGURES | {PARTNER}),
    "released_statement_lines": ViewAccess(_FIGURES | {PARTNER}),
}
"""Views beside those of the layers."""

FUNCTIONS: Final[Mapping[str, frozenset[Role]]] = {
    "await_moment": _FIGURES,
    "as_json": _FIGURES,
    "period_of": _FIGURES | {PARTNER},
    "in_force_as_of": _FIGURES,
    "restated_because": _FIGURES,
    "must_be_here": _FIGURES,
    "epochs_moved_out": _FIGURES,
    "room_for": _WORKER,
    "record_instant": _DECIDING | {WORKER},
    "role_at": _DECIDING | {WORKER},
    # What the steps of statements look at, as whoever takes one.
    "statement_line_snapshots": _FIGURES,
    "statement_in_dispute": _FINANCE,
    "statement_settlements": _FINANCE,
    "account_of_another": _FINANCE,
    "statement_released_from": _FIGURES,
    "statement_released_under": _FIGURES,
    # What policies ask of whoever looks.
    "access_granted": _PEOPLE,
    "access_whole": _PEOPLE,
    "access_is_narrowed": _PEOPLE,
    "access_chains": _PEOPLE,
    "access_validators": _PEOPLE,
    "access_partner": _PEOPLE,
    "access_login_follows": frozenset({ADMIN}),
    "access_holding": frozenset(),
    "access_group": frozenset(),
    "access_groups": frozenset(),
    # Run by triggers as their owner, called by nobody.
    "statement_closed_epochs": frozenset(),
    "require_current": frozenset(),
    "names_account": frozenset(),
    "lines_are_current": frozenset(),
    "terms_in_lineage": frozenset(),
    "terms_named": frozenset(),
    "names_in_force": frozenset(),
    "lineages_of": frozenset(),
    "statement_epochs": frozenset(),
    "statement_account": frozenset(),
    "statement_side": frozenset(),
    "refuse_change": frozenset(),
    "range_move_allowed": frozenset(),
    "range_is_apart": frozenset(),
    "ranged_tables": frozenset(),
    "make_range_table": frozenset(),
    "attach_range_table": frozenset(),
    "refuse_unlogged": frozenset(),
    "rules_broken": frozenset(),
    "person_role": frozenset(),
    "snapshot_release_allowed": frozenset(),
    "publication_allowed": frozenset(),
    "acknowledgement_allowed": frozenset(),
    "statement_step_timed": frozenset(),
    "statement_actor_allowed": frozenset(),
    "statement_speaker_allowed": frozenset(),
    "statement_step_signed": frozenset(),
    "statement_submission_allowed": frozenset(),
    "statement_rejection_allowed": frozenset(),
    "statement_approval_allowed": frozenset(),
    "statement_balance_complete": frozenset(),
    "statement_opening_complete": frozenset(),
    "statement_opening_allowed": frozenset(),
    "statement_release_allowed": frozenset(),
    "statement_payment_allowed": frozenset(),
    "statement_account_own": frozenset(),
    "statement_dispute_allowed": frozenset(),
    "statement_answer_allowed": frozenset(),
    "statement_repeated": frozenset(),
    "statement_release_shown": frozenset(),
    "log_leaves_follow": frozenset(),
    "log_checkpoint_reached": frozenset(),
    "audit_log_follows": frozenset(),
    "refuse_unlogged_mirror": frozenset(),
}
"""Functions beside those of the layers."""

FILLED: Final = frozenset({"recorded_by", "recorded_through", "recorded_at", "actor", "actor_role"})
"""Columns that nobody who decides may fill: the database writes who it is, by which login, and when."""
DECIDING: Final = _DECIDING
"""Who decides anything at all; the others read."""

_SIGNATURE: Final = frozenset({"reason", "recorded_by", "recorded_through"})
"""Who of the operator's people decided it, and what they wrote about it."""
_REASONED: Final = frozenset({"reason"})
"""A reason in words may name what others claim of the same component."""

PARTNER_SEES: Final[Mapping[str, PartnerAccess]] = {
    "monthly_statements": PartnerAccess(Own.RELEASED, _REASONED),
    "monthly_statement_entries": PartnerAccess(Own.RELEASED, _REASONED),
    "epoch_payables": PartnerAccess(Own.RELEASED, _REASONED),
    "epoch_payable_entries": PartnerAccess(Own.RELEASED, _REASONED),
    "partner_commission_lines": PartnerAccess(Own.RELEASED, _REASONED),
    "released_snapshots": PartnerAccess(Own.PARTNER),
    "statement_releases": PartnerAccess(Own.STATEMENT, _SIGNATURE | {"approver"}),
    "statement_payments": PartnerAccess(Own.STATEMENT, _SIGNATURE),
    "statement_acknowledgements": PartnerAccess(Own.STATEMENT, _SIGNATURE),
    "statement_disputes": PartnerAccess(Own.STATEMENT, _SIGNATURE - _REASONED),
    "statement_dispute_answers": PartnerAccess(Own.STATEMENT, _SIGNATURE - _REASONED),
    "partners": PartnerAccess(Own.PARTNER, _SIGNATURE),
    "partner_series": PartnerAccess(Own.PARTNER, _SIGNATURE),
    "partner_minimum_payouts": PartnerAccess(Own.PARTNER, _SIGNATURE),
    "partner_wallets": PartnerAccess(Own.PARTNER, _SIGNATURE | {"notes"}),
    "agreements": PartnerAccess(Own.PARTNER, _SIGNATURE),
    "agreement_versions": PartnerAccess(Own.AGREEMENT, _SIGNATURE),
    "agreement_rules": PartnerAccess(Own.AGREEMENT),
    "agreement_rule_tiers": PartnerAccess(Own.AGREEMENT),
    "agreement_events": PartnerAccess(Own.AGREEMENT, _SIGNATURE),
    "chains": PartnerAccess(
        Own.CHAIN,
        frozenset({"enabled", "period_type", "first_period", "finality_lag", "dual_approval"}),
    ),
}
"""Tables of which a partner sees its own rows, and which columns of these it does not."""
