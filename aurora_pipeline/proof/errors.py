"""Errors about proofs, each with its code."""

from __future__ import annotations

from aurora_pipeline.foundation.errors import CheckFailed


class DigestUnknown(CheckFailed):
    """Nothing recorded here has that digest."""

    code = "digest-unknown"
    what_to_do = "If this instance showed it once, run `aurora audit`: what had it was changed or removed."


class ProofFailed(CheckFailed):
    """Verifying found something that does not hold."""

    code = "proof-failed"
    what_to_do = "What is named was changed outside Aurora, or its storage is damaged: restore it from a backup."
