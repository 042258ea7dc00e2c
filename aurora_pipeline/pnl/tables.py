"""The table of validator P&L, and which cost reduces which revenue component."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from aurora_pipeline.config.vocabulary import CostType
from aurora_pipeline.store.declaration import (
    CHAIN_ID,
    EPOCH,
    VALIDATOR_KEY,
    Column,
    Table,
    TableKind,
    money,
    reason,
    state,
    text,
)


class Component(StrEnum):
    """The four revenue components that agreements can share."""

    EXEC_FEES = "EXEC_FEES"
    MEV_TIPS = "MEV_TIPS"
    VOTE_REWARDS = "VOTE_REWARDS"
    COMMISSION = "COMMISSION"

    @property
    def column(self) -> str:
        """Its amount column in validator_pnl; `<column>_state` and `<column>_reason` stand beside it."""
        return self.value.lower()


REDUCES: dict[CostType, Component | None] = {
    CostType.NETWORK_FEE: Component.EXEC_FEES,
    CostType.PRIORITY_FEE_SHARING: Component.EXEC_FEES,
    CostType.BLOCK_REVENUE_SHARING: Component.EXEC_FEES,
    CostType.VOTE_FEES: Component.COMMISSION,
    CostType.ADMISSION_TICKET: Component.COMMISSION,
    CostType.CONSENSUS_PENALTY: Component.VOTE_REWARDS,
    CostType.INFRASTRUCTURE: None,
}
"""Each cost reduces one component or none."""

_MEANING = {
    Component.EXEC_FEES: "fees of the blocks it led, as far as they are its own",
    Component.MEV_TIPS: "its own part of the MEV tips, or what builders paid it",
    Component.VOTE_REWARDS: "staking rewards of the operator's own stake, after commission and before penalties",
    Component.COMMISSION: "commission on others' staking rewards, or the fee on clients' validators",
}


def _component(component: Component) -> tuple[Column, Column, Column]:
    meaning = _MEANING[component]
    return (
        money(component.column, f"{component}: {meaning}; null where not known.", nullable=True, minimum=0),
        state(f"{component.column}_state", of=str(component)),
        reason(f"{component.column}_reason", of=f"{component.column}_state"),
    )


STATES_SINCE = 2
"""The layer version that gave each cost a state of its own; before, only a sentence said which one was awaited."""


def state_column(figure: str) -> str:
    """The column that says how much is known of a cost or of other income."""
    return f"{figure.lower()}_state"


def _state_of(figure: str) -> Column:
    told = state(state_column(figure), of=f"{figure}; null: nothing is due and nothing was said")
    return replace(told, nullable=True, since=STATES_SINCE)


def _cost(cost: CostType) -> tuple[Column, Column]:
    reduced = REDUCES[cost]
    effect = f"reduces {reduced}" if reduced else "reduces no component"
    return (
        money(cost.value.lower(), f"Cost {cost}; {effect}; null: none known.", nullable=True, minimum=0),
        _state_of(cost),
    )


VALIDATOR_PNL = Table(
    name="validator_pnl",
    kind=TableKind.LAYER,
    restated=True,
    description="What each validator earned and cost in a period, in base units, with what is missing.",
    columns=(
        CHAIN_ID,
        EPOCH,
        VALIDATOR_KEY,
        text("name", "The validator's name, as the operator registered it."),
        *[column for component in Component for column in _component(component)],
        *[column for cost in CostType for column in _cost(cost)],
        money("other_income", "OTHER_INCOME: shown, and no component; null: none known.", nullable=True, minimum=0),
        _state_of("OTHER_INCOME"),
        money("total_revenue", "Sum of the four components; null when one is missing.", nullable=True, minimum=0),
        money("known_revenue", "Sum of the components that are known.", minimum=0),
        money("total_costs", "Sum of all costs; null when a due one is missing.", nullable=True, minimum=0),
        money("known_costs", "Sum of the costs that are known.", minimum=0),
        money("net", "total_revenue + other_income - total_costs; null when a part is missing.", nullable=True),
        money("known_net", "known_revenue + other_income - known_costs."),
        state(of="the whole line"),
        reason(of="the state: every missing figure by name"),
    ),
    key=("chain_id", "epoch", "validator_key"),
    version=STATES_SINCE,
)

PNL_TABLES = (VALIDATOR_PNL,)
