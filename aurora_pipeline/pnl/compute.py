"""Validator P&L: components, costs and what is missing, joined per validator."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from aurora_pipeline.canonical.tables import COSTS, FEES, MEV, POSITIONS, REWARDS
from aurora_pipeline.config.vocabulary import CostType
from aurora_pipeline.foundation.listing import listed
from aurora_pipeline.foundation.money import total
from aurora_pipeline.foundation.units import ZERO, Amount
from aurora_pipeline.pnl.figure import Figure, state_of_missing
from aurora_pipeline.pnl.one_owner import components_by_owner
from aurora_pipeline.pnl.tables import VALIDATOR_PNL, Component, state_column
from aurora_pipeline.sources.reference import OperatedValidator, Reference
from aurora_pipeline.sources.result import LayerResult, Row, layer_result
from aurora_pipeline.store.declaration import FigureState, Table
from aurora_pipeline.store.frames import exact_rows

OTHER_INCOME = "OTHER_INCOME"
NO_OWN_STAKE = "NO_OWN_STAKE"
"""None of the operator's wallets has stake on the validator: a complete source says so, hence 0."""


NO_OPERATOR_WALLETS = "NO_OPERATOR_WALLETS"
"""The operator had no registered wallet at that instant: whatever stake there is, none is theirs, hence 0."""


@dataclass(frozen=True)
class Layers:
    """The canonical rows by validator, as Python values."""

    fees: Mapping[str, Row]
    mev: Mapping[str, Row]
    commissions: Mapping[str, Row]
    account_rewards: Mapping[str, Mapping[str, Row]]
    stake: Mapping[str, Row]
    accounts: Mapping[str, Sequence[Row]]
    costs: Mapping[str, Mapping[str, Row]]

    def mention(self, key: str) -> bool:
        """Whether any layer has a row for a validator, be it one that only says why a figure is missing."""
        return any(key in rows for rows in (self.fees, self.mev, self.commissions, self.stake, self.costs))


def validator_pnl(
    reference: Reference,
    fees: pl.DataFrame,
    mev: pl.DataFrame,
    rewards: pl.DataFrame,
    positions: pl.DataFrame,
    costs: pl.DataFrame,
    operator_wallets: Collection[str],
    costs_due: Sequence[CostType],
    own_balances: bool = False,
) -> LayerResult:
    """One line per operated validator. `operator_wallets` are those in force at the period's last instant.

    `own_balances`: each validator has one balance and one owner, as registered; no wallet says whose stake is whose.

    A canonical frame without a row for a validator leaves the figure unavailable; nothing is assumed.
    """
    layers = _layers(fees, mev, rewards, positions, costs)
    wallets = frozenset(operator_wallets)
    rows: list[Row] = []
    for validator in reference.validators:
        of_stakes = None if own_balances else wallets
        components = _components(validator, layers, of_stakes)
        cost_figures = list(_cost_figures(layers.costs.get(validator.validator_key, {}), costs_due))
        row = _line(reference, validator, components, cost_figures)
        rows.append(row)
    return layer_result(
        VALIDATOR_PNL,
        rows,
        due=reference.keys,
        # A line without any figure still says which are awaited, and why; it says nothing only where no layer has rows.
        says_something=[layers.mention(key) for key in reference.keys],
        states=[row["state"] for row in rows],
    )


def _components(
    validator: OperatedValidator, layers: Layers, wallets: frozenset[str] | None
) -> dict[Component, Figure]:
    """The four components; by the operator's wallets, or, where none decides (None), by the validator's owner."""
    key = validator.validator_key
    fees = _figure(Component.EXEC_FEES, FEES, layers.fees.get(key), "fees")
    tips = _figure(Component.MEV_TIPS, MEV, layers.mev.get(key), "validator_tips")
    if wallets is None:
        rewards = _figure(Component.VOTE_REWARDS, REWARDS, layers.commissions.get(key), "gross_rewards")
        return components_by_owner(validator, fees, tips, rewards)
    return {
        Component.EXEC_FEES: fees,
        Component.MEV_TIPS: tips,
        Component.VOTE_REWARDS: own_stake_rewards(
            layers.stake.get(key),
            layers.accounts.get(key, ()),
            layers.account_rewards.get(key, {}),
            wallets,
            layers.commissions.get(key),
        ),
        Component.COMMISSION: _figure(Component.COMMISSION, REWARDS, layers.commissions.get(key), "commission"),
    }


def _figure(name: str, table: Table, row: Row | None, column: str) -> Figure:
    if row is None:
        return Figure(name, None, FigureState.UNAVAILABLE, f"{table.name} has no row for it")
    return Figure(name, row[column], FigureState(row["state"]), row["reason"])


def own_stake_rewards(
    stake: Row | None,
    accounts: Sequence[Row],
    rewards: Mapping[str, Row],
    wallets: frozenset[str],
    all_stakers: Row | None = None,
) -> Figure:
    """VOTE_REWARDS: what stake accounts with a withdrawer among the operator's wallets earned after commission.

    Where positions are not final an own account may be missing from them, so no sum is given; without a wallet there is
    none to miss. `all_stakers` is the validator's row of rewards: while its stakers' rewards are awaited, those of
    single accounts have no rows yet.
    """
    name = str(Component.VOTE_REWARDS)
    if not wallets:
        return Figure(name, ZERO, FigureState.FINAL, NO_OPERATOR_WALLETS)
    if stake is None:
        return Figure(name, None, FigureState.UNAVAILABLE, f"{POSITIONS.name} has no row for it")
    if stake["state"] != FigureState.FINAL:
        return Figure(name, None, FigureState(stake["state"]), f"stake positions: {stake['reason']}")
    anonymous = [row["account_key"] for row in accounts if row["withdrawer_key"] is None]
    if anonymous:
        return Figure(name, None, FigureState.UNAVAILABLE, f"withdrawer not known of {listed(anonymous)}")
    own = [row for row in accounts if row["withdrawer_key"] in wallets]
    if not own:
        return Figure(name, ZERO, FigureState.FINAL, NO_OWN_STAKE)
    amounts: list[Amount] = []
    lacking: list[Figure] = []
    for row in own:
        figure = _account_reward(row, rewards.get(row["account_key"]), all_stakers)
        if figure.amount is None or not figure.is_final:
            lacking.append(figure)
        else:
            amounts.append(figure.amount)
    if lacking:
        reason = f"own stake {listed(figure.in_words for figure in lacking)}"
        return Figure(name, None, state_of_missing(lacking, any_known=bool(amounts)), reason)
    return Figure(name, total(amounts), FigureState.FINAL)


def _account_reward(position: Row, reward: Row | None, all_stakers: Row | None) -> Figure:
    account = position["account_key"]
    if reward is not None:
        return Figure(account, reward["staker_rewards"], FigureState(reward["state"]), reward["reason"])
    if position["active_stake"] == 0:
        # Stake that was not active in the period earns nothing for it, so nobody needs to be asked.
        return Figure(account, ZERO, FigureState.FINAL)
    if all_stakers is not None and all_stakers["stakers_state"] not in (None, FigureState.FINAL):
        return Figure(account, None, FigureState(all_stakers["stakers_state"]), all_stakers["stakers_reason"])
    return Figure(account, None, FigureState.UNAVAILABLE, f"{REWARDS.name} has no row for it")


def _cost_figures(entries: Mapping[str, Row], costs_due: Sequence[CostType]) -> Iterator[Figure]:
    """Every cost of which something is said, and every due one of which nothing is."""
    for cost in CostType:
        row = entries.get(cost.value)
        if row is not None:
            yield Figure(cost.value, row["amount"], FigureState(row["state"]), row["reason"])
        elif cost in costs_due:
            yield Figure(cost.value, None, FigureState.UNAVAILABLE, f"due, and {COSTS.name} has no row for it")
    income = entries.get(OTHER_INCOME)
    if income is not None:
        yield Figure(OTHER_INCOME, income["amount"], FigureState(income["state"]), income["reason"])


def _line(
    reference: Reference,
    validator: OperatedValidator,
    components: Mapping[Component, Figure],
    cost_figures: Sequence[Figure],
) -> Row:
    row: Row = {**reference.row(validator.validator_key), "name": validator.name}
    for component, figure in components.items():
        row[component.column] = figure.amount
        row[f"{component.column}_state"] = figure.state.value
        row[f"{component.column}_reason"] = figure.reason
    entries = {figure.name: figure for figure in cost_figures}
    income = entries.pop(OTHER_INCOME, None)
    for name, figure in entries.items():
        row[name.lower()] = figure.amount
    row["other_income"] = None if income is None else income.amount
    row |= {state_column(figure.name): figure.state.value for figure in cost_figures}
    total_revenue, known_revenue = _sums(list(components.values()))
    total_costs, known_costs = _sums(list(entries.values()))
    total_income, known_income = _sums([] if income is None else [income])
    is_whole = total_revenue is not None and total_costs is not None and total_income is not None
    row |= {
        "total_revenue": total_revenue,
        "known_revenue": known_revenue,
        "total_costs": total_costs,
        "known_costs": known_costs,
        "known_net": known_revenue + known_income - known_costs,
    }
    row["net"] = row["known_net"] if is_whole else None
    figures = [*components.values(), *cost_figures]
    open_figures = [figure for figure in figures if not figure.is_final]
    row["state"] = _state_of_line(figures, open_figures).value
    row["reason"] = "; ".join(figure.in_words for figure in open_figures) or None
    return row


def _sums(figures: Sequence[Figure]) -> tuple[Amount | None, Amount]:
    """(total, known total): the total is None where a part is missing."""
    amounts = [figure.amount for figure in figures if figure.amount is not None]
    known = total(amounts)
    return (known if len(amounts) == len(figures) else None), known


def _state_of_line(figures: Sequence[Figure], open_figures: Sequence[Figure]) -> FigureState:
    if not open_figures:
        return FigureState.FINAL
    return state_of_missing(open_figures, any_known=any(figure.amount is not None for figure in figures))


def _layers(
    fees: pl.DataFrame, mev: pl.DataFrame, rewards: pl.DataFrame, positions: pl.DataFrame, costs: pl.DataFrame
) -> Layers:
    account_rewards: dict[str, dict[str, Row]] = defaultdict(dict)
    for row in exact_rows(REWARDS, rewards.filter(pl.col("row_kind") == "ACCOUNT")):
        account_rewards[row["validator_key"]][row["account_key"]] = row
    accounts: dict[str, list[Row]] = defaultdict(list)
    for row in exact_rows(POSITIONS, positions.filter(pl.col("row_kind") == "ACCOUNT")):
        accounts[row["validator_key"]].append(row)
    entries: dict[str, dict[str, Row]] = defaultdict(dict)
    for row in exact_rows(COSTS, costs):
        entries[row["validator_key"]][row["entry_type"]] = row
    return Layers(
        fees=_by_validator(FEES, fees),
        mev=_by_validator(MEV, mev),
        commissions=_by_validator(REWARDS, rewards.filter(pl.col("row_kind") == "VALIDATOR")),
        account_rewards=account_rewards,
        stake=_by_validator(POSITIONS, positions.filter(pl.col("row_kind") == "VALIDATOR")),
        accounts=accounts,
        costs=entries,
    )


def _by_validator(table: Table, frame: pl.DataFrame) -> dict[str, Row]:
    return {row["validator_key"]: row for row in exact_rows(table, frame)}
