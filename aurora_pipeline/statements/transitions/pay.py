"""A released statement is paid, at once or in parts; what is disputed is left out unless finance says otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aurora_pipeline.agreements.units import chain_units, parse_amount
from aurora_pipeline.config.families import Family
from aurora_pipeline.decisions.recording import Change
from aurora_pipeline.foundation import free_text
from aurora_pipeline.foundation.money import stored_amount
from aurora_pipeline.foundation.units import ZERO, Amount
from aurora_pipeline.statements.decided import STATEMENT_DISPUTED_PAYMENTS, STATEMENT_PAYMENTS
from aurora_pipeline.statements.errors import AccountOfAnother, AccountRefused, PaymentNotDue, PaymentRecorded
from aurora_pipeline.statements.shared_accounts import whose_else
from aurora_pipeline.statements.stated import Stage
from aurora_pipeline.statements.transitions.step import Step, step
from aurora_pipeline.store.database import Database


@dataclass(frozen=True)
class Payment:
    """What is paid, and how it is found again."""

    amount: str
    """With its unit, like `12.5 SOL`."""
    address: str
    reference: str
    transaction_id: str
    is_part: bool = False
    """Less than what is due is meant."""
    with_disputed: bool = False
    """What is disputed is paid nevertheless."""
    shared_account: str | None = None
    """Why it goes to an account that is another partner's or the operator's own as well."""


def pay(database: Database, statement: str, chains: Sequence[str], payment: Payment, actor: str, reason: str) -> Change:
    """Record a payment of a released statement."""
    with step(database, statement, chains, actor, reason) as taken:
        taken.require(Stage.RELEASED)
        stated = taken.statement.stated
        assert stated is not None  # what is released was submitted
        units = chain_units(taken.connection)[taken.statement.key.chain_id]
        address = _address(payment.address, units.family)
        reference = free_text.name(payment.reference, "reference")
        transaction = free_text.name(payment.transaction_id, "transaction")
        _require_new(taken, transaction)
        shared = _why_shared(taken, address, payment.shared_account)
        amount = parse_amount(units, payment.amount)
        disputed = _disputed(taken)
        left_out = ZERO if payment.with_disputed else disputed
        due = max(stated.payable - stated.paid - left_out, ZERO)
        if not stated.payable:
            raise PaymentNotDue(
                f"nothing is payable on {stated.statement_id}; nothing was written",
                "its balance opens the next statement",
            )
        if amount <= 0 or amount > due or (amount < due and not payment.is_part):
            held = f", without {units.in_coins(left_out)} that is disputed" if left_out else ""
            raise PaymentNotDue(
                f"{units.in_coins(amount)} is not what is due on {stated.statement_id}: {units.in_coins(due)}{held};"
                " nothing was written",
                f"pay {units.in_coins(due)}"
                + ("; or less with --part" if amount < due else "")
                + ("; or what is disputed too with --include-disputed" if left_out else ""),
            )
        number = _number(taken)
        is_disputed = stated.paid + amount > max(stated.payable - disputed, ZERO)
        if is_disputed:
            nevertheless = {"statement_id": stated.statement_id, "payment_number": number, "disputed": disputed}
            taken.recording.write(STATEMENT_DISPUTED_PAYMENTS, nevertheless)
        taken.recording.write(
            STATEMENT_PAYMENTS,
            {
                "statement_id": stated.statement_id,
                "payment_number": number,
                "statement_digest": stated.statement_digest,
                "amount": amount,
                "payout_address": address,
                "reference": reference,
                "transaction_id": transaction,
                "shared_account": shared,
            },
        )
        taken.recording.require_reason()
        rest = stated.payable - stated.paid - amount
        words = [f"paid {units.in_coins(amount)} of {stated.key} to {address}, {transaction}"]
        words += [f"{units.in_coins(rest)} stays owed on it"] if rest else ["it is paid in full"]
        words += [f"nevertheless: {units.in_coins(disputed)} of it is disputed"] if is_disputed else []
        words += [f"the account is shared: {shared}"] if shared else []
        return taken.note("statement.paid", words, amount=str(amount), transaction=transaction)


def _number(taken: Step) -> int:
    """The number of the next payment of the statement."""
    row = taken.connection.execute(
        "SELECT count(*) + 1 AS n FROM statement_payments WHERE statement_id = %s", [taken.statement.statement_id]
    ).fetchone()
    assert row is not None  # an aggregate always gives a row
    return int(row["n"])


def _address(address: str, family: Family) -> str:
    try:
        return family.traits.check_address(address.strip())
    except ValueError as error:
        raise AccountRefused(f"{error}; nothing was written", "give the partner's account on this chain") from None


def _why_shared(taken: Step, address: str, why: str | None) -> str | None:
    """What was said of an account that is somebody else's too; nothing where it is the partner's alone."""
    whose = whose_else(taken.connection, str(taken.statement.row["partner_id"]), address)
    if whose is None:
        return None
    if why is None or not why.strip():
        raise AccountOfAnother(
            f"{address} is {whose}; nothing was written",
            "pay to the partner's own account; or where it is meant, say why: --shared-account REASON",
        )
    return free_text.reason(why)


def _require_new(taken: Step, transaction: str) -> None:
    """A transaction pays a statement once; recorded again it is most likely the same payment."""
    row = taken.connection.execute(
        "SELECT payment_number, recorded_by FROM statement_payments WHERE (statement_id, transaction_id) = (%s, %s)",
        [taken.statement.statement_id, transaction],
    ).fetchone()
    if row is not None:
        raise PaymentRecorded(
            f"transaction {transaction} is recorded already: payment {row['payment_number']} of this statement, by"
            f" {row['recorded_by']}; nothing was written",
            "a transaction pays a statement once; give another one's id for another payment",
        )


def _disputed(taken: Step) -> Amount:
    """What the open disputes of the statement are about: the lines' amounts, as far as they are owed."""
    row = taken.connection.execute(
        "SELECT statement_in_dispute(%s) AS amount", [taken.statement.statement_id]
    ).fetchone()
    return ZERO if row is None else stored_amount(row["amount"])
