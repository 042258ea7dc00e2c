"""Canonical costs: vote fees from blocks, entered costs, and the row of a due cost nobody knows."""

from __future__ import annotations

import json
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import polars as pl
import pytest

from aurora_pipeline.asking.adapter import Question
from aurora_pipeline.canonical.costs import canonical_costs
from aurora_pipeline.canonical.promised_costs import NO_PROMISES, Promises
from aurora_pipeline.canonical.tables import COSTS
from aurora_pipeline.config.vocabulary import CostType
from aurora_pipeline.registry.tables import COST_ENTRIES
from aurora_pipeline.sources.result import LayerResult
from aurora_pipeline.sources.solana import questions as questions
from aurora_pipeline.store.declaration import Completeness, FigureState
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline.store.payloads.answers import Answer
from aurora_pipeline.store.payloads.fetches import StagedFetch
from aurora_pipeline.store.payloads.tables import EVERYONE, Verdict
from aurora_pipeline_tests.canonical.answers import (
    CHAIN,
    EPOCH,
    FINAL,
    FIRST,
    LAST,
    OTHER,
    PARTIAL,
    PENDING,
    UNAVAILABLE,
    VOTE,
    Row,
    after_epoch,
    answer,
    block,
    fetch,
    own_file,
    reference,
    row_of,
    rpc,
    tip_nodes,
    tip_trees,
    vote_state,
    vote_states,
    with_blocks,
)
from aurora_pipeline_tests.gated import broken, schema_violations

VOTE_PROGRAM = "Vote111111111111111111111111111111111111111"
NUMBERS = count()
DUE = (CostType.VOTE_FEES,)


def transaction(payer: str, fee: int, *others: str, failed: bool = False) -> Row:
    keys = [payer, *others]
    return {
        "transaction": {
            "signatures": [f"signature {next(NUMBERS)} of {payer}"],
            "accountKeys": [
                {"pubkey": key, "signer": key == payer, "source": "transaction", "writable": key != VOTE_PROGRAM}
                for key in keys
            ],
        },
        "meta": {
            "err": {"InstructionError": [0, "Custom"]} if failed else None,
            "status": {"Ok": None},
            "fee": fee,
            "preBalances": [10**9] * len(keys),
            "postBalances": [10**9 - fee, *[10**9] * len(others)],
        },
        "version": "legacy",
    }


def vote(key: str, fee: int = 5_000, failed: bool = False) -> Row:
    return transaction(f"id-{key}", fee, key, VOTE_PROGRAM, failed=failed)


def votes_in(slot: int, parent: int, *transactions: Row) -> Answer:
    body = {"blockHeight": slot, "blockTime": 1_788_220_800, "blockhash": "h", "previousBlockhash": "p"}
    body |= {"parentSlot": parent, "transactions": list(transactions), "rewards": paid_out(transactions)}
    return rpc(questions.block_accounts(slot), body)


def paid_out(transactions: Sequence[Row]) -> list[Row]:
    """The Fee row of a block with these transactions."""
    base = sum(5_000 * len(one["transaction"]["signatures"]) for one in transactions)
    fees = sum(one["meta"]["fee"] for one in transactions) - base // 2
    return [{"pubkey": "leader", "lamports": fees, "postBalance": fees, "rewardType": "Fee"}] if fees else []


CHAIN_OF_BLOCKS = (
    with_blocks(0, 2),
    after_epoch(),
    votes_in(FIRST, FIRST - 1, vote("V"), vote("W"), vote("V", 10_000, failed=True)),
    votes_in(FIRST + 2, FIRST, vote("V"), transaction("id-V", 7_777, "somebody", "11111111111111111111111111111111")),
    block(LAST + 1, FIRST + 2),
)


def entered(*entries: tuple[str, str, int | None]) -> pl.DataFrame:
    rows = [
        {
            "chain_id": CHAIN,
            "epoch": EPOCH,
            "validator_key": key,
            "entry_type": name,
            "revision": 1,
            "amount": amount,
            "file_hash": "0" * 64,
            "recorded_by": "somebody",
        }
        for key, name, amount in entries
    ]
    return frame_of(COST_ENTRIES, rows)


class PassingBy(Sequence[Answer]):
    """Answers that are made anew whenever they are gone through; counts how many are held when the next one comes."""

    def __init__(self, *answers: Answer) -> None:
        self.passes = 0
        self.held_max = 0
        self._answers = answers

    def __len__(self) -> int:
        return len(self._answers)

    def __getitem__(self, index: Any) -> Any:
        raise AssertionError("answers that are larger than memory are gone through in order")

    def __iter__(self) -> Iterator[Answer]:
        self.passes += 1
        before: list[weakref.ref[Answer]] = []
        for one in self._answers:
            passing = replace(one)
            before.append(weakref.ref(passing))
            yield passing
            del passing
            self.held_max = max(self.held_max, sum(ref() is not None for ref in before))


def costs_from(
    *answers: Answer,
    keys: Sequence[str] = ("V",),
    entries: pl.DataFrame | None = None,
    due: Sequence[CostType] = DUE,
) -> LayerResult:
    staged = [fetch("costs", answers, subject=EVERYONE)] if answers else []
    result = canonical_costs(reference(*keys), staged, entered() if entries is None else entries, due)
    assert schema_violations(COSTS, result.frame) == []
    return result


def test_vote_fees__blocks_larger_than_memory__gone_through_once_and_none_held() -> None:
    passing = PassingBy(*CHAIN_OF_BLOCKS)
    staged = replace(fetch("costs", (), subject=EVERYONE), answers=passing)
    result = canonical_costs(reference("V", "W"), [staged], entered(), DUE)
    assert result.frame.equals(costs_from(*CHAIN_OF_BLOCKS, keys=("V", "W")).frame)
    # The loop's own name holds the one that passes by.
    assert (passing.passes, passing.held_max) == (1, 1)


def test_vote_fees__failed_votes_and_two_signatures_count_and_other_transactions_do_not() -> None:
    result = costs_from(*CHAIN_OF_BLOCKS, keys=("V", "W"))
    row = row_of(result)
    assert (row["entry_type"], row["amount"], row["origin"], row["state"]) == ("VOTE_FEES", 20_000, "CHAIN", "final")
    assert row["source_fetch"] == 7
    assert row_of(result, "W")["amount"] == 5_000
    assert (result.completeness, broken(result), result.warnings) == (Completeness.FINAL, (), ())


def test_vote_fees__identity_that_never_voted__zero_with_reason_and_a_warning() -> None:
    result = costs_from(*CHAIN_OF_BLOCKS, keys=("V", "X"))
    row = row_of(result, "X")
    assert (row["amount"], row["state"], row["reason"]) == (0, "final", "NO_VOTES")
    assert result.warnings == ("X: no vote of it is in any block of the period; is it the right vote account?",)


def test_vote_fees__transactions_left_out__refused_by_what_they_paid() -> None:
    lost = []
    for given in CHAIN_OF_BLOCKS:
        body = json.loads(given.body)
        if isinstance(body["result"], dict) and body["result"].get("transactions"):
            del body["result"]["transactions"][-1]
        lost.append(replace(given, body=json.dumps(body).encode()))
    row = row_of(costs_from(*lost))
    assert (row["amount"], row["state"]) == (None, "unavailable")
    assert "some are left out" in row["reason"]


@pytest.mark.parametrize("lost", [1, 2, 3, 4], ids=["the next epoch", "first block", "last block", "closing block"])
def test_vote_fees__any_part_of_the_chain_missing__null_never_the_sum_of_the_rest(lost: int) -> None:
    result = costs_from(*(given for number, given in enumerate(CHAIN_OF_BLOCKS) if number != lost))
    row = row_of(result)
    assert (row["amount"], row["origin"], row["state"]) == (None, None, "unavailable")
    assert result.completeness is Completeness.PARTIAL


def test_vote_fees__pending_fetch__pending_with_its_reason() -> None:
    staged = fetch("costs", CHAIN_OF_BLOCKS[:2], subject=EVERYONE, state=PENDING, reason="blocks are being fetched")
    row = row_of(canonical_costs(reference("V"), [staged], entered(), DUE))
    assert (row["amount"], row["state"]) == (None, "pending")
    assert "blocks are being fetched" in row["reason"]


def test_vote_fees__entered_by_hand_where_the_chain_is_silent__operator_figure() -> None:
    row = row_of(costs_from(entries=entered(("V", "VOTE_FEES", 33))))
    assert (row["amount"], row["origin"], row["state"]) == (33, "OPERATOR", "final")


def test_vote_fees__entered_and_on_chain__the_chain_wins_and_both_are_named() -> None:
    result = costs_from(*CHAIN_OF_BLOCKS, entries=entered(("V", "VOTE_FEES", 33)))
    assert (row_of(result)["amount"], row_of(result)["origin"]) == (20_000, "CHAIN")
    assert result.warnings == ("V: VOTE_FEES entered as 33, the chain says 20000",)


def test_vote_fees__not_due_and_not_known__no_row_but_a_warning() -> None:
    result = costs_from(due=())
    assert (len(result.frame), result.completeness, broken(result)) == (0, Completeness.FINAL, ())
    assert "VOTE_FEES, which are not due" in result.warnings[0]


def test_vote_fees__identity_changed__votes_of_its_vote_account_count_whoever_paid() -> None:
    chain = (
        with_blocks(0, 39),
        votes_in(FIRST, FIRST - 1, transaction("old identity", 5_000, "V", VOTE_PROGRAM)),
        votes_in(LAST, FIRST, vote("V")),
    )
    whose = reference("V")
    changed = replace(whose.validators[0], former_identities=("old identity",))
    staged = [fetch("costs", chain, subject=EVERYONE)]
    result = canonical_costs(replace(whose, validators=(changed,)), staged, entered(), DUE)
    assert (row_of(result)["amount"], result.warnings) == (10_000, ())
    # An identity that nobody registered still paid for the validator's votes; that is said.
    (warning,) = canonical_costs(whose, staged, entered(), DUE).warnings
    assert "paid by old identity" in warning


def test_vote_fees__two_vote_accounts_of_one_identity__told_apart() -> None:
    votes = [transaction("id", 5_000, key, VOTE_PROGRAM) for key in ("V", "V", "W")]
    staged = [fetch("costs", [with_blocks(39), votes_in(LAST, FIRST - 1, *votes)], subject=EVERYONE)]
    result = canonical_costs(reference("V", "W", identities={"V": "id", "W": "id"}), staged, entered(), DUE)
    assert (row_of(result)["amount"], row_of(result, "W")["amount"]) == (10_000, 5_000)


def test_vote_fees__blocks_not_scanned__estimated_from_credits_and_marked() -> None:
    row = row_of(costs_from(vote_states(V=vote_state("V", earned=[(EPOCH - 1, 5), (EPOCH, 6_896_000)]))))
    assert (row["amount"], row["method"], row["state"]) == (431_000 * 5_000, "ESTIMATE", "final")
    assert row["reason"].startswith("ESTIMATE: 6896000 vote credits take at least 431000 votes")


def test_vote_fees__no_credits_in_the_epoch__no_votes_and_forgotten_ones_unknown() -> None:
    between = vote_state("V", earned=[(EPOCH - 1, 5), (EPOCH + 1, 5)])
    assert row_of(costs_from(vote_states(V=between)))["amount"] == 0
    idle = vote_state("V", earned=[(EPOCH - 1, 5)])
    idle["data"]["parsed"]["info"]["rootSlot"] = FIRST - 1
    assert row_of(costs_from(vote_states(V=idle)))["amount"] == 0
    new = vote_state("V")
    new["data"]["parsed"]["info"]["rootSlot"] = None
    assert row_of(costs_from(vote_states(V=new)))["amount"] == 0


def test_vote_fees__credits_of_the_epoch_are_left_out__never_no_votes() -> None:
    forgotten = vote_state("V", earned=[(EPOCH + number, 5) for number in range(1, 65)])
    at_the_start = vote_state("V", earned=[(EPOCH + 1, 5)])
    at_the_end = vote_state("V", earned=[(EPOCH - 1, 5)])
    all_of_them = vote_state("V")
    untold = vote_state("V", earned=[(EPOCH - 1, 5)])
    del untold["data"]["parsed"]["info"]["votes"]
    for state in (forgotten, at_the_start, at_the_end, all_of_them, untold):
        row = row_of(costs_from(vote_states(V=state)))
        assert (row["amount"], row["state"]) == (None, "unavailable")
    in_between = vote_state("V", earned=[(EPOCH - 1, 5), (EPOCH, 5), (EPOCH + 1, 5)])
    del in_between["data"]["parsed"]["info"]["epochCredits"][1]
    row = row_of(costs_from(vote_states(V=in_between)))
    assert (row["amount"], row["state"]) == (None, "unavailable")
    assert "one is left out" in row["reason"]


def test_vote_fees__estimated_and_entered__the_operators_figure_counts() -> None:
    told = vote_states(V=vote_state("V", earned=[(EPOCH, 1_600)]))
    row = row_of(costs_from(told, entries=entered(("V", "VOTE_FEES", 33))))
    assert (row["amount"], row["origin"]) == (33, "OPERATOR")


def test_admission_ticket__charged_in_the_epochs_first_block__cost_of_that_validator() -> None:
    charged = block(FIRST + 2, FIRST - 1, ("id-X", 7, "Fee"), ("V", -1_600_000_000, "VATDebit"))
    result = costs_from(vote_states(V=vote_state("V"), W=vote_state("W")), charged, keys=("V", "W"))
    row = row_of(result, entry_type="ADMISSION_TICKET")
    assert (row["amount"], row["method"], row["state"]) == (1_600_000_000, "EXACT", "final")
    assert result.frame.filter(entry_type="ADMISSION_TICKET").height == 1
    # The same row in a later block would be about something else.
    inside = block(FIRST + 9, FIRST + 2, ("V", -1_600_000_000, "VATDebit"))
    assert costs_from(vote_states(V=vote_state("V")), inside).frame.height == 1
    later = block(LAST + 1, LAST, ("V", -1_600_000_000, "VATDebit"))
    assert costs_from(vote_states(V=vote_state("V")), later).frame.height == 1


def test_priority_fee_sharing__told_by_the_tip_trees__cost_and_pending_where_they_are() -> None:
    tree = {"vote_account": "V", "mev_revenue": 9, "mev_commission": 0, "priority_fee_revenue": 77, "num_stakers": 1}
    listing = answer(
        Question("validator_rewards", "/validator_rewards", query={"epoch": EPOCH}),
        {"rewards": [tree | {"epoch": EPOCH}], "total_count": 1},
    )
    due = (CostType.PRIORITY_FEE_SHARING,)

    def costs(tips: StagedFetch, of: Sequence[CostType]) -> LayerResult:
        return canonical_costs(reference("V", "W"), [], entered(), of, [tips])

    told = fetch("mev", [listing], subject=EVERYONE, kind="jito")
    row = row_of(costs(told, ()), entry_type="PRIORITY_FEE_SHARING")
    assert (row["amount"], row["origin"], row["state"]) == (77, "CHAIN", "final")
    # Who has no tree shares nothing: a figure where it is due, and no row where it is not.
    assert row_of(costs(told, due), "W")["amount"] == 0
    assert costs(told, ()).frame.filter(validator_key="W").height == 0
    waiting = fetch("mev", [], subject=EVERYONE, kind="jito", state=PENDING, reason="not published yet")
    assert row_of(costs(waiting, due))["state"] == "pending"


def test_entries__infrastructure_and_other_income__rows_of_their_own() -> None:
    result = costs_from(
        *CHAIN_OF_BLOCKS,
        entries=entered(("V", "INFRASTRUCTURE", 0), ("V", "OTHER_INCOME", 12), ("Z", "INFRASTRUCTURE", 1)),
    )
    assert row_of(result, entry_type="INFRASTRUCTURE")["amount"] == 0
    assert row_of(result, entry_type="OTHER_INCOME")["amount"] == 12
    assert result.warnings == ("Z: costs were entered, but it was not operated in this period",)


@pytest.mark.parametrize("entries", [entered(), entered(("V", "INFRASTRUCTURE", None))], ids=["never", "withdrawn"])
def test_entries__due_one_not_entered__row_without_amount(entries: pl.DataFrame) -> None:
    result = costs_from(*CHAIN_OF_BLOCKS, entries=entries, due=(CostType.VOTE_FEES, CostType.INFRASTRUCTURE))
    row = row_of(result, entry_type="INFRASTRUCTURE")
    assert (row["amount"], row["state"]) == (None, "unavailable")
    assert row["reason"].startswith("not entered")
    assert (result.completeness, broken(result)) == (Completeness.PARTIAL, ())


def test_costs__none_of_the_due_ones_known__is_a_violation() -> None:
    assert broken(costs_from(keys=("V", "W")))[0].startswith("nothing is known of canonical_validator_costs")


def test_costs__vote_fees_of_the_worked_example__to_the_lamport() -> None:
    # Epoch 842: 431,000 votes of 5,000 lamports; here in one block, told by the fee.
    answers = [with_blocks(39), votes_in(LAST, FIRST - 1, vote("V", 431_000 * 5_000))]
    assert row_of(costs_from(*answers))["amount"] == 2_155_000_000


# A costs file, and what it promised

NETWORK = CostType.NETWORK_FEE.value
PROMISED = Promises({"costs": frozenset({NETWORK}), "mev": frozenset()})


def costs_file(text: str, **more: str) -> Answer:
    return own_file("costs", text, validator=None, NETWORK_FEE="SOL", **more)


def from_file(
    *answers: Answer,
    keys: Sequence[str] = (VOTE,),
    state: FigureState = FINAL,
    reason: str | None = None,
    due: Sequence[CostType] = (),
    kind: str = "file",
    verdict: Verdict = Verdict.TOLD,
) -> LayerResult:
    staged = [fetch("costs", answers, subject=EVERYONE, kind=kind, state=state, reason=reason, verdict=verdict)]
    result = canonical_costs(reference(*keys), staged, entered(), due, (), PROMISED)
    assert schema_violations(COSTS, result.frame) == []
    return result


def test_file__amounts__come_from_the_file_and_claim_no_chain() -> None:
    result = from_file(costs_file(f"validator,NETWORK_FEE\n{VOTE},12.053593083\n{OTHER},0\n"), keys=(VOTE, OTHER))
    row = row_of(result, VOTE)
    assert (row["amount"], row["origin"], row["method"], row["state"]) == (12_053_593_083, "FILE", None, "final")
    assert result.frame.filter(validator_key=OTHER).height == 0
    assert (result.completeness, result.warnings) == (Completeness.FINAL, ())


@pytest.mark.parametrize("due", [(), (CostType.NETWORK_FEE,)], ids=["not due", "due"])
@pytest.mark.parametrize(
    ("answers", "state", "reason", "said"),
    [
        ((), UNAVAILABLE, "archive: there is no file costs842.csv", "there is no file"),
        ((costs_file(f'validator,NETWORK_FEE\n{VOTE},"12,05"\n'),), PENDING, "unreadable answer", "row 2, column"),
        ((costs_file(f"validator,NETWORK_FEE\n{OTHER},1\n"),), FINAL, None, "no row of epoch 842 about it"),
        ((costs_file(f"validator,NETWORK_FEE\n{VOTE},\n"),), FINAL, None, "its cell in the file is empty"),
    ],
    ids=["absent", "unreadable", "no row", "empty cell"],
)
def test_file__what_its_mapping_promises_is_not_there__missing_with_the_files_reason(
    answers: Sequence[Answer], state: FigureState, reason: str | None, said: str, due: Sequence[CostType]
) -> None:
    result = from_file(*answers, state=state, reason=reason, due=due)
    row = row_of(result, VOTE)
    lacking = "pending" if state is PENDING else "unavailable"
    assert (row["entry_type"], row["amount"], row["state"]) == (NETWORK, None, lacking)
    assert said in row["reason"]
    # Nothing else is held back by it.
    assert (result.completeness, broken(result)) == (Completeness.PARTIAL, ())


def test_file__fails_and_a_fallback_answers__its_costs_are_missing_beside_the_others() -> None:
    reason = "AWAITED: node does not tell NETWORK_FEE; unreadable answer: row 2"
    result = from_file(
        *CHAIN_OF_BLOCKS,
        keys=("V",),
        state=PARTIAL,
        reason=reason,
        kind="solana_rpc",
        due=DUE,
        verdict=Verdict.AWAITS_MORE,
    )
    assert row_of(result, entry_type="VOTE_FEES")["amount"] == 20_000
    row = row_of(result, entry_type=NETWORK)
    assert (row["amount"], row["state"], row["reason"]) == (None, "pending", reason)


def test_costs__asked_about_and_a_due_one_not_entered__holds_nothing_back() -> None:
    result = from_file(costs_file(f"validator,NETWORK_FEE\n{VOTE},0\n"), due=(CostType.INFRASTRUCTURE,))
    row = row_of(result, VOTE)
    assert (row["entry_type"], row["amount"], row["reason"][:11]) == ("INFRASTRUCTURE", None, "not entered")
    assert (result.completeness, broken(result)) == (Completeness.PARTIAL, ())


def test_priority_fee_sharing__tips_from_a_fallback__missing_while_the_first_source_is_awaited() -> None:
    promises = Promises({"costs": frozenset(), "mev": frozenset({"PRIORITY_FEE_SHARING"})})
    reason = "AWAITED: trillium does not tell PRIORITY_FEE_SHARING; provider down: jito: HTTP 503"

    def costs(state: FigureState, why: str | None, promised: Promises = promises) -> LayerResult:
        verdict = Verdict.AWAITS_MORE if state is PARTIAL else Verdict.TOLD
        tips = [fetch("mev", [], kind="trillium", state=state, reason=why, verdict=verdict)]
        chain = fetch("costs", CHAIN_OF_BLOCKS, subject=EVERYONE)
        return canonical_costs(reference("V"), [chain], entered(), DUE, tips, promised)

    row = row_of(costs(PARTIAL, reason), entry_type="PRIORITY_FEE_SHARING")
    assert (row["amount"], row["state"], row["reason"]) == (None, "pending", reason)
    # Where no source of tips ever tells it, that is said; whether it is due is the operator's word.
    silent = costs(FINAL, None, NO_PROMISES)
    assert silent.frame["entry_type"].to_list() == ["VOTE_FEES"]
    assert "does not tell PRIORITY_FEE_SHARING" in silent.warnings[0]


def test_priority_fee_sharing__no_source_answered_yet__nobody_is_said_not_to_tell_it() -> None:
    chain = fetch("costs", CHAIN_OF_BLOCKS, subject=EVERYONE)
    tips = [fetch("mev", [], kind="trillium", state=PENDING, reason="not published")]
    assert canonical_costs(reference("V"), [chain], entered(), DUE, tips, NO_PROMISES).warnings == ()


def test_priority_fee_sharing__costs_source_and_tip_trees_tell_it__the_costs_source_counts() -> None:
    tree = {"vote_account": VOTE, "mev_revenue": 9, "mev_commission": 0, "priority_fee_revenue": 77, "num_stakers": 1}
    listing = answer(
        Question("validator_rewards", "/validator_rewards", query={"epoch": EPOCH}),
        {"rewards": [tree | {"epoch": EPOCH}], "total_count": 1},
    )
    tips = [fetch("mev", [listing], subject=EVERYONE, kind="jito")]
    for text, amount in ((f"{VOTE},5", 5), (f"{VOTE},", 77)):
        filed = own_file(
            "costs", f"validator,PRIORITY_FEE_SHARING\n{text}\n", validator=None, PRIORITY_FEE_SHARING="lamports"
        )
        staged = [fetch("costs", [filed], subject=EVERYONE, kind="file")]
        result = canonical_costs(reference(VOTE), staged, entered(), (), tips, NO_PROMISES)
        assert row_of(result, VOTE)["amount"] == amount


@pytest.mark.parametrize(
    ("answers", "state", "said"),
    [
        ([tip_trees(("V", 9, 0), shared=None)], FINAL, "does not tell its shared priority fees"),
        ([tip_trees(("W", 9, 0)), tip_nodes("V", 80)], FINAL, "does not name it, but its tree has 3 nodes"),
        ([tip_trees(("W", 9, 0))], PARTIAL, "no tip tree of it is listed yet"),
        ([tip_trees()], FINAL, "no tip tree of this epoch is published"),
        ([tip_trees(("V", 9, 0), shared=10**16 + 1)], FINAL, "is more than 10000000 SOL"),
    ],
    ids=["null", "left out of the list", "not complete", "an empty list", "more than there can be"],
)
def test_priority_fee_sharing__tip_trees_leave_it_out__never_nothing_shared(
    answers: list[Answer], state: FigureState, said: str
) -> None:
    tips = [fetch("mev", answers, subject=EVERYONE, kind="jito", state=state)]
    result = canonical_costs(reference("V"), [], entered(), (CostType.PRIORITY_FEE_SHARING,), tips)
    row = row_of(result, entry_type="PRIORITY_FEE_SHARING")
    assert (row["amount"], row["state"] == "final") == (None, False)
    assert said in row["reason"]


@pytest.mark.parametrize(
    ("listed", "state", "said"),
    [([], PENDING, "not published yet"), ([], UNAVAILABLE, "not published yet"), ([b"{"], FINAL, "no JSON")],
)
def test_priority_fee_sharing__tip_trees_not_told_or_not_readable__never_nothing_shared(
    listed: list[bytes], state: FigureState, said: str
) -> None:
    listing = Question("validator_rewards", "/validator_rewards", query={"epoch": EPOCH})
    reason = None if state is FINAL else "not published yet"
    answers = [answer(listing, body) for body in listed]
    tips = [fetch("mev", answers, subject=EVERYONE, kind="jito", state=state, reason=reason)]
    result = canonical_costs(reference("V"), [], entered(), (CostType.PRIORITY_FEE_SHARING,), tips)
    row = row_of(result, entry_type="PRIORITY_FEE_SHARING")
    assert (row["amount"], row["state"]) == (None, "pending" if state is PENDING else "unavailable")
    assert said in row["reason"]
