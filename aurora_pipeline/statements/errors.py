"""Errors about statements and the steps of their life, each with its code."""

from __future__ import annotations

from aurora_pipeline.foundation.errors import AuroraError, CheckFailed, Conflict, NotAllowed, NotThere


class StatementUnknown(NotThere):
    """There is no such statement."""

    code = "statement-unknown"
    what_to_do = "`aurora statements list` shows them with their ids."


class StatementNotOver(Conflict):
    """The month or epoch of the statement has not ended, or not all of it is computed."""

    code = "statement-not-over"
    what_to_do = "Wait for its end, or compute what the message names."


class StatementNotPayable(Conflict):
    """The statement is for information only: the partner is paid by the other series. Nothing was written."""

    code = "statement-not-payable"
    what_to_do = "Take the step on the statement of the other series."


class StatementNotThere(Conflict):
    """The statement does not stand where this step begins. Nothing was written."""

    code = "statement-stage-wrong"
    what_to_do = "Take the next step, which the message names."


class StatementChanged(Conflict):
    """The statement is not any more what was seen. Nothing was written."""

    code = "statement-changed"
    what_to_do = "Look at it as it is: `aurora statements show`."


class StatementOutOfOrder(Conflict):
    """An earlier statement of the partner is not decided, or its balance moved. Nothing was written."""

    code = "statement-out-of-order"
    what_to_do = "Finish the earlier ones first, and compute this one again."


class StepRefused(Conflict):
    """The database refuses the step. Nothing was written."""

    code = "statement-step-refused"
    what_to_do = "Follow the message, which is the database's own rule."


class SecondPersonNeeded(NotAllowed):
    """Who took the step before does not take this one. Nothing was written."""

    code = "second-person-needed"
    what_to_do = "Have somebody else take it."


class NotTheirStatement(NotAllowed):
    """The statement belongs to another partner than the person speaks for. Nothing was written."""

    code = "statement-of-another"
    what_to_do = "Say for whom you speak with --on-behalf-of."


class FiguresNotAccepted(Conflict):
    """Figures are missing or held, and nobody accepted them. Nothing was written."""

    code = "figures-not-accepted"
    what_to_do = "Wait for them, or accept each at 0 by its id."


class OverridesWithoutTarget(Conflict):
    """Overrides of the statement have no line or rule to apply to. Nothing was written."""

    code = "overrides-without-target"
    what_to_do = "Withdraw them, or give them a target, then compute the statement again."


class EntriesDiffer(CheckFailed):
    """The entries of a statement are not those that it commits to. Nothing was written."""

    code = "statement-entries-differ"
    what_to_do = "Run `aurora verify` for its period."


class InputGone(CheckFailed):
    """What a figure was computed from is not in the database any more."""

    code = "input-gone"
    what_to_do = "Run `aurora verify` for its period: something was removed or changed."


class PaymentNotDue(Conflict):
    """The amount is not what is due. Nothing was written."""

    code = "payment-not-due"
    what_to_do = "Pay what is due, or less with --part."


class PaymentRecorded(Conflict):
    """The transaction is recorded already, and pays a statement once. Nothing was written."""

    code = "payment-recorded"
    what_to_do = "Give the id of another transaction."


class AccountRefused(AuroraError):
    """The account is no address of the chain. Nothing was written."""

    code = "payment-account-refused"
    what_to_do = "Give the partner's account on this chain."


class AccountOfAnother(Conflict):
    """The account is another partner's or the operator's own, and nobody said why. Nothing was written."""

    code = "payment-account-of-another"
    what_to_do = "Give the partner's own account, or say with --shared-account why it is this one."


class OpeningsEmpty(AuroraError):
    """The file holds no opening balance."""

    code = "openings-empty"
    what_to_do = "Write a line per partner and chain."


class DisputeChangesNothing(Conflict):
    """The line says already what is claimed. Nothing was written."""

    code = "dispute-changes-nothing"
    what_to_do = "Claim the amount that you hold for right."


class DisputeAnswered(Conflict):
    """The line is disputed, or the dispute answered, already. Nothing was written."""

    code = "dispute-answered"
    what_to_do = "`aurora statements history` shows what was said."


class SettlementRefused(AuroraError):
    """An accepted dispute needs the decision that settles it, a rejected one has none. Nothing was written."""

    code = "dispute-settlement-refused"
    what_to_do = "Record the override or the correcting version first, and name it with --settled-by."
