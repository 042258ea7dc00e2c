"""Errors about what the operator registers, each with its code."""

from __future__ import annotations

from aurora_pipeline.foundation.errors import AuroraError, Conflict, NotThere


class NoValidators(Conflict):
    """No validator is registered for the time that is computed."""

    code = "validators-not-registered"
    what_to_do = "Register yours: `aurora validators import FILE.csv`."


class ValidatorUnknown(NotThere):
    """No validator has the key or name that was given."""

    code = "validator-unknown"
    what_to_do = "`aurora validators list` shows them; the message names the nearest."


class ValidatorAmbiguous(AuroraError):
    """Several validators have the name that was given."""

    code = "validator-ambiguous"
    what_to_do = "Give the validator's key."
