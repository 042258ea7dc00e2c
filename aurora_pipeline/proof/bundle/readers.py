"""Who can make a bundle: whoever of the operator's people reads all rows of a layer, and no partner."""

from __future__ import annotations

from aurora_pipeline.proof.errors import BundleOfOthers


def refused_to_partner(partner: str) -> BundleOfOthers:
    """Why a partner's login makes no bundle: policies hide what a bundle shows of others, their hashes."""
    return BundleOfOthers(
        f"a login of the partner {partner} cannot make a bundle or a PDF that proves itself: the proofs of a statement"
        " are made of hashes of other partners' rows, which the database does not show to it; nothing was written",
        "ask the operator for the bundle: it can be verified without the operator; `aurora statements export STATEMENT"
        " --csv FILE` writes your lines",
    )
