"""Both verifiers compute what the engine computed, in worlds by chance, and name a figure that was signed wrong."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from aurora_pipeline.proof.bundle.verify import verify
from aurora_pipeline_tests.proof.bundle.bundle_bytes import Row, zipped
from aurora_pipeline_tests.proof.bundle.verify_page import Page, messages, needs_node, places, told_places
from aurora_pipeline_tests.proof.bundle.world_bundles import WorldBundle, world_bundles

FIGURES = (
    "agreement_version",
    "rule_order",
    "component",
    "funded_by",
    "attribution_method",
    "basis",
    "rate_bps",
    "revenue",
    "costs",
    "loss_after",
    "weighted_by",
    "weight",
    "weight_whole",
    "base",
    "rule_base",
    "rule_amount",
    "validator_amount",
    "wallet_weight",
    "computed",
    "override",
    "final",
)
RESULTS = (
    "agreement_version",
    "validator_count",
    "missing_count",
    "base",
    "metric",
    "metric_start",
    "metric_end",
    "computed",
    "cap",
    "cap_start",
    "cap_reduction",
    "floor",
    "floor_top_up",
    "final",
)


@needs_node
def test_what_the_engine_computes_holds(page: Page) -> None:
    check_worlds(page, seed=1, count=15)


@needs_node
def test_a_line_whose_total_is_overridden_while_a_base_is_missing_holds(page: Page) -> None:
    made = [one for one in world_bundles(2, 40) if one[0].endswith(("world 10, w10a0", "world 38, w38a0"))]
    assert len(made) == 2
    assert refused_worlds(page, made) == []


@pytest.mark.slow
@needs_node
def test_what_the_engine_computes_in_many_worlds_holds(page: Page) -> None:
    check_worlds(page, seed=2, count=80)


def check_worlds(page: Page, seed: int, count: int) -> None:
    made = list(world_bundles(seed, count))
    wrong = refused_worlds(page, made)
    assert not wrong, "\n".join(wrong[:5])
    assert sum(len(bundle.lists.get("lines", [])) for _, bundle in made) > 2 * count


def refused_worlds(page: Page, made: Sequence[tuple[str, WorldBundle]]) -> list[str]:
    """Those that the page or verify.py refuses, and why."""
    wrong = []
    for (name, bundle), report in zip(made, page.verify([zipped(bundle.files) for _, bundle in made]), strict=True):
        wrong += [] if report["good"] else [f"{name}: {messages(report)}"]
        wrong += [f"{name}: verify.py: {failure}" for failure in verify(bundle.files).failures]
    return wrong


@needs_node
def test_a_figure_of_any_line_or_rule_that_is_signed_wrong_is_named(page: Page) -> None:
    check_wrong(page, seed=3, count=20)


@pytest.mark.slow
@needs_node
def test_many_figures_that_are_signed_wrong_are_named(page: Page) -> None:
    check_wrong(page, seed=4, count=80)


@needs_node
def test_an_amount_of_a_top_up_whose_base_is_missing_is_named(page: Page) -> None:
    def edit(bundle: WorldBundle) -> None:
        for at, row in enumerate(bundle.lists.get("lines", [])):
            if row["kind"] == "FLOOR_TOP_UP" and row["computed"] is None:
                row["rule_amount"] = 7
                changed[bundle.agreement] = f"lines.json lines[{at}].rule_amount"

    changed: dict[str, str] = {}
    made = [bundle for _, bundle in world_bundles(seed=28, count=6, edit=edit) if bundle.agreement in changed]
    assert len(made) == 2
    for bundle, report in zip(made, page.verify([zipped(bundle.files) for bundle in made]), strict=True):
        assert changed[bundle.agreement] in places(report), bundle.agreement
        assert changed[bundle.agreement] in told_places(bundle.files), bundle.agreement


def check_wrong(page: Page, seed: int, count: int) -> None:
    wrong = Wrong(seed)
    unseen = wrong.unseen(page, list(world_bundles(seed, count, wrong.edit)))
    assert not unseen, "\n".join(unseen[:5])


class Wrong:
    """Bundles that say one wrong figure of a line or rule each; everything that is summed over it says the same."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.changed: list[str] = []

    def edit(self, bundle: WorldBundle) -> None:
        name = self.chance.choice(("lines", "lines", "rules"))
        own = [at for at, row in enumerate(bundle.lists.get(name, [])) if row["epoch"] == 850]
        self.changed.append("")
        if own:
            at, column = self.chance.choice(own), self.chance.choice(FIGURES if name == "lines" else RESULTS)
            spoil(bundle.lists[name][at], column, self.chance)
            self.changed[-1] = f"lines.json {name}[{at}].{column}"

    def unseen(self, page: Page, made: Sequence[tuple[str, WorldBundle]]) -> list[str]:
        """What the page or verify.py does not name of the bundles that were made since."""
        changed, self.changed = self.changed, []
        reports = page.verify([zipped(bundle.files) for _, bundle in made])
        found = []
        for (name, bundle), place, report in zip(made, changed, reports, strict=True):
            by_script = told_places(bundle.files) if place else []
            found += [f"{name}: {place} {places(report)[:5]}"] if place and place not in places(report) else []
            found += [f"{name}: verify.py: {place} {by_script[:5]}"] if place and place not in by_script else []
        return found


def spoil(row: Row, column: str, chance: random.Random) -> None:
    value = row[column]
    if isinstance(value, int):
        row[column] = value + chance.choice((1, -1, 1000))
    elif value is None:
        row[column] = "PERIOD" if column == "metric" else "ACTIVE_STAKE" if column == "weighted_by" else 0
    else:
        row[column] = "VOTE_REWARDS" if value != "VOTE_REWARDS" else "COMMISSION"
