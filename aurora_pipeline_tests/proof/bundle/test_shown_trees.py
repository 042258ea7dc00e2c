"""Trees of which some leaves are shown: one size and one list of hashes for each choice, or they are refused."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from aurora_pipeline.proof.bundle.shown_trees import shown_tree, told_size
from aurora_pipeline.proof.bundle.verify import Untrue, tree_root, verify
from aurora_pipeline_tests.proof.bundle.bundle_bytes import ranges, root, sha, smallest
from aurora_pipeline_tests.proof.bundle.made_bundles import MadeBundle
from aurora_pipeline_tests.proof.bundle.tampered import text, with_manifest
from aurora_pipeline_tests.proof.bundle.verify_page import Page, needs_node, places, resealed

CHOICES = st.integers(1, 70).flatmap(
    lambda size: st.tuples(st.just(size), st.sets(st.integers(0, size - 1), min_size=1))
)


@given(CHOICES)
def test_shown_tree__any_choice__leads_to_the_root_with_one_size_only(choice: tuple[int, set[int]]) -> None:
    count, chosen = choice
    hashes, shown = [sha(bytes([one])) for one in range(count)], sorted(chosen)
    tree = shown_tree("s1", "cells", hashes, shown)
    assert tree["shown"] == ranges(shown)
    assert tree["size"] == str(told_size(count, shown)) == str(smallest(count, shown))
    leaves, hidden = {one: hashes[one] for one in shown}, tree["hashes"]
    assert isinstance(hidden, list)
    good = []
    for size in range(shown[-1] + 1, 2 * count + 3):
        try:
            good += [size] if tree_root(size, leaves, hidden) == root(hashes).hex() else []
        except (Untrue, IndexError):
            continue
    assert good == [int(str(tree["size"]))]


@needs_node
def test_size__of_any_tree_told_otherwise__is_refused_by_both_verifiers(page: Page, made: MadeBundle) -> None:
    document = json.loads(made.files["proof.json"])
    cases = []
    for place, tree in enumerate(document["trees"]):
        for size in (int(tree["size"]) + 1, int(tree["size"]) - 1, 2 * int(tree["size"])):
            trees = [*document["trees"][:place], {**tree, "size": str(size)}, *document["trees"][place + 1 :]]
            cases.append((place, size, text({**document, "trees": trees})))
    reports = page.verify([resealed(made.files, **{"proof.json": data}) for *_, data in cases])
    for (place, size, data), report in zip(cases, reports, strict=True):
        assert f"proof.json trees[{place}]" in " ".join(places(report)), (place, size)
        assert verify(with_manifest({**made.files, "proof.json": data})).failures, (place, size)
