"""Errors about proofs, each with its code."""

from __future__ import annotations

from aurora_pipeline.foundation.errors import CheckFailed, Conflict, NotAllowed


class DigestUnknown(CheckFailed):
    """Nothing recorded here has that digest."""

    code = "digest-unknown"
    what_to_do = "If this instance showed it once, run `aurora audit`: what had it was changed or removed."


class ReplayDiffers(CheckFailed):
    """A period that was computed again does not come out as it is in force."""

    code = "replay-differs"
    what_to_do = "Read what explains each difference: an input, a layer version, changed rows or bytes."


class ProofFailed(CheckFailed):
    """Verifying found something that does not hold."""

    code = "proof-failed"
    what_to_do = "What is named was changed outside Aurora, or its storage is damaged: restore it from a backup."


class NotProvable(Conflict):
    """What a bundle needs is not signed yet, or the statement is not released. Nothing was written."""

    code = "not-provable"
    what_to_do = "Release the statement, run `aurora checkpoint`, and export again."


class BundleInTheWay(Conflict):
    """Where a bundle is to be written stands something. Nothing was written."""

    code = "bundle-in-the-way"
    what_to_do = "Name a folder that is not there yet."


class BundleOfOthers(NotAllowed):
    """A partner's login cannot make a bundle, since its proofs need hashes of other partners' rows."""

    code = "bundle-of-others"
    what_to_do = "Ask the operator for the bundle, and verify it yourself."
