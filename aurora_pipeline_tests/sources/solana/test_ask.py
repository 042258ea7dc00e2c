"""The Solana node adapter against a node that behaves, and one that does not."""

from __future__ import annotations

import weakref
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence

import pytest

from aurora_pipeline.asking.adapter import (
    EVERYONE,
    LEADER_SCHEDULE,
    Answer,
    AskMany,
    Fetched,
    ProviderDown,
    Question,
    ValidatorAsked,
)
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.solana import questions as questions
from aurora_pipeline.sources.solana.ask import SolanaRpc
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.tables import Verdict
from aurora_pipeline_tests.asking.asked import NODE, Remembering, block, result_of, whole
from aurora_pipeline_tests.canonical.answers import stake_account, stake_accounts, vote_account, vote_accounts
from aurora_pipeline_tests.faults.server import FaultServer, Reply, Seen, json_reply, rpc_error, rpc_result
from aurora_pipeline_tests.sources.small_node import (
    EPOCH,
    FINAL,
    FIRST,
    LAST,
    PARTIAL,
    PENDING,
    PRODUCED,
    UNAVAILABLE,
    Node,
    always,
    fetch,
    methods,
    observe,
    run,
    scope,
)
from aurora_pipeline_tests.sources.solana.led import judged

# Fees


def test_fees__skips_inside_and_at_the_end__final_with_their_proofs() -> None:
    told: dict[str, Answer] = {}

    async def remembering(adapter: SolanaRpc, ask: AskMany) -> list[Fetched]:
        return await adapter.fetch("fees", scope("1", "2", "3"), Remembering(ask, told))

    with FaultServer(Node()) as server:
        fees = {one.subject: one for one in run(server, remembering)}
    assert {one.state for one in fees.values()} == {FINAL}
    assert methods(fees["v1"])[2:] == ["getBlocksWithLimit 110 1", "getBlock 100", "getBlock 101", "getBlock 103"]
    assert methods(fees["v2"])[3:] == ["getBlock 104", "getBlock 106", "getBlock 107"]
    assert methods(fees["v3"])[3:] == ["getBlock 112"]
    led = judged([told[one.request_key] for one in fees["v3"].answers], ["id3"], FIRST, LAST)
    assert (led.produced, led.empty, led.problems) == ([], [108, 109], [])


def test_fees__leads_no_slot__final_with_schedule_and_blocks() -> None:
    one = fetch(Node(), "fees", scope("9"))["v9"]
    assert (one.state, methods(one)) == (FINAL, ["getLeaderSchedule 100", "getBlocks 100 109"])


def test_fees__observed_schedule__used_instead_of_asking() -> None:
    seen = fetch(Node(), "fees", scope("1"))["v1"].answers[0]
    one = fetch(Node(getLeaderSchedule=always(-32603)), "fees", scope("1", leader_schedule=seen))["v1"]
    assert (one.state, one.answers[0]) == (FINAL, seen)


def test_fees__schedule_forgotten__unavailable_and_another_may_know() -> None:
    one = fetch(Node(getLeaderSchedule=lambda seen: rpc_result(seen, None)), "fees", scope("1"))["v1"]
    assert (one.state, one.other_may_know) == (UNAVAILABLE, True)
    assert "schedule" in str(one.reason)


@pytest.mark.parametrize(
    "schedule", [{"id1": [0, 1]}, {"id1": [0, 1, 2, 3], "id2": [4, 5, 6, 7], "id3": [9]}], ids=["cut off", "a gap"]
)
def test_fees__schedule_lacks_slots__not_final_and_another_may_know(schedule: dict[str, list[int]]) -> None:
    short = Node(getLeaderSchedule=lambda seen: rpc_result(seen, schedule))
    one = fetch(short, "fees", scope("1"))["v1"]
    assert (one.state is FINAL, one.other_may_know) == (False, True)
    assert "slot" in str(one.reason)
    observed = observe(short, LEADER_SCHEDULE, scope("1"))[EVERYONE]
    assert observed.state is not FINAL
    # What was observed is no schedule either: the node is asked once more.
    again = fetch(Node(), "fees", scope("1", leader_schedule=one.answers[0]))["v1"]
    assert (again.state, again.answers[0] == one.answers[0]) == (FINAL, False)


def without_rewards(*slots: int, signatures: Sequence[str] = ()) -> Node:
    """A node that answers some blocks without their rewards."""
    node = Node()

    def forgetful(seen: Seen) -> Reply:
        slot, options = seen.rpc["params"]
        shown = node.getBlock(slot, options)
        if isinstance(shown, Reply):
            return shown
        if slot in slots:
            shown["rewards"] = []
            if options["transactionDetails"] == "signatures":
                shown["signatures"] = list(signatures)
        return rpc_result(seen, shown)

    node.replies["getBlock"] = forgetful
    return node


def test_fees__block_without_rewards__asked_whether_it_is_empty() -> None:
    fees = fetch(without_rewards(101), "fees", scope("1", "2"))
    assert {one.state for one in fees.values()} == {FINAL}
    assert [key for key in methods(fees["v1"]) if "signatures" in key] == ["getBlock 101 signatures"]
    assert not [key for key in methods(fees["v2"]) if "signatures" in key]


def test_fees__blocks_without_rewards_are_not_empty__another_provider_is_asked() -> None:
    fees = fetch(without_rewards(100, 101, signatures=["s"]), "fees", scope("1", "2"))
    one = fees["v1"]
    assert (one.state, one.other_may_know, fees["v2"].state) == (UNAVAILABLE, True, FINAL)
    assert "2 of 3 led blocks have no Fee row and are not proven empty (slot 100, 101)" in str(one.reason)
    # One that has transactions is enough to know that this node does not tell.
    assert [key for key in methods(one) if "signatures" in key] == ["getBlock 100 signatures"]


def test_fees__no_fee_row_in_the_whole_epoch__never_final_however_empty() -> None:
    fees = fetch(without_rewards(*PRODUCED), "fees", scope("1", "2", "9"))
    assert [fees[key].state for key in ("v1", "v2", "v9")] == [UNAVAILABLE, UNAVAILABLE, FINAL]
    assert fees["v1"].reason == "none of the 6 led blocks of all validators has a Fee row"
    assert fees["v1"].other_may_know


def test_fees__identity_not_known__that_validator_alone_unavailable() -> None:
    asked = (ValidatorAsked("v1", "id1"), ValidatorAsked("v2", None))
    fees = fetch(Node(), "fees", scope(validators=asked))
    assert (fees["v1"].state, fees["v2"].state) == (FINAL, UNAVAILABLE)
    assert "identity is not known" in str(fees["v2"].reason)


def test_fees__no_block_listed__history_missing_and_never_zero() -> None:
    one = fetch(Node(getBlocks=lambda seen: rpc_result(seen, [])), "fees", scope("1"))["v1"]
    assert (one.state, one.other_may_know) == (UNAVAILABLE, True)
    assert "history missing" in str(one.reason)


def test_fees__pruned_list__noticed_by_the_first_block_parent() -> None:
    one = fetch(Node(getBlocks=lambda seen: rpc_result(seen, [103, 104, 106, 107])), "fees", scope("1"))["v1"]
    assert (one.state, one.other_may_know) == (PENDING, True)
    assert "gap" in str(one.reason)


@pytest.mark.parametrize("code", [-32007, -32009])
def test_fees__listed_block_reported_as_skipped__no_skip(code: int) -> None:
    fees = fetch(Node(getBlock=lambda seen: rpc_error(code, "Slot 101 was skipped")), "fees", scope("1"))
    assert (fees["v1"].state, fees["v1"].other_may_know) == (UNAVAILABLE, True)
    assert f"a listed block is reported as skipped ({code}: Slot 101 was skipped)" in str(fees["v1"].reason)


def test_fees__identity_changed_in_the_period__blocks_of_both_are_asked_for() -> None:
    changed = ValidatorAsked("v1", "id2", former_identities=("id1",))
    one = fetch(Node(), "fees", scope(validators=(changed,)))["v1"]
    assert one.state is FINAL
    slots = [int(name.split()[1]) for name in methods(one) if name.startswith("getBlock ")]
    assert slots == [100, 101, 103, 104, 106, 107]


@pytest.mark.parametrize(
    ("data_type", "settings"), [("fees", {}), ("fees", {"split_fees": True}), ("costs", {"scan_blocks": True})]
)
def test_blocks__node_with_transactions_of_version_1__asked_for_up_to_it(
    data_type: str, settings: dict[str, bool]
) -> None:
    node = Node()

    def strict(seen: Seen) -> Reply:
        slot, options = seen.rpc["params"]
        if options.get("maxSupportedTransactionVersion") != 1:
            words = "Transaction version (1) is not supported by the requesting client"
            return rpc_error(-32015, f"{words}. Please try the request again with maxSupportedTransactionVersion")
        shown = node.getBlock(slot, options)
        return shown if isinstance(shown, Reply) else rpc_result(seen, shown)

    node.replies["getBlock"] = strict
    (one,) = fetch(node, data_type, scope("1", **settings)).values()
    assert (one.state, one.reason) == (FINAL, None)


def test_fees__one_leaders_block_is_garbage__the_other_validators_figures_stand() -> None:
    node = Node()
    node.replies["getBlock"] = lambda seen: (
        Reply(b"{garbage") if seen.rpc["params"][0] == 106 else rpc_result(seen, node.getBlock(*seen.rpc["params"]))
    )
    fees = fetch(node, "fees", scope("1", "2"))
    assert (fees["v1"].state, fees["v2"].state, fees["v2"].other_may_know) == (FINAL, PENDING, True)
    assert "unreadable" in str(fees["v2"].reason)


def test_fees__node_dies_in_the_middle__what_is_complete_stands() -> None:
    node = Node()
    node.replies["getBlock"] = lambda seen: (
        Reply(status=500) if seen.rpc["params"][0] > 103 else rpc_result(seen, node.getBlock(*seen.rpc["params"]))
    )
    with FaultServer(node) as server:
        # Recorded asks remember what came before the end; this one asks again for it.
        fetched = run(server, lambda adapter, ask: adapter.fetch("fees", scope("1", "2"), ask))
    states = {one.subject: (one.state, one.other_may_know) for one in fetched}
    assert states == {"v1": (FINAL, False), "v2": (PENDING, True)}


def test_fees__nothing_answers__provider_down() -> None:
    with FaultServer(lambda seen: Reply(status=500)) as server, pytest.raises(ProviderDown):
        run(server, lambda adapter, ask: adapter.fetch("fees", scope("1"), ask))


# What every error code means


@pytest.mark.parametrize(
    ("code", "state", "other_may_know", "attempts"),
    [
        (-32001, UNAVAILABLE, True, 1),
        (-32004, PENDING, True, 3),
        (-32005, PENDING, True, 3),
        (-32007, UNAVAILABLE, True, 1),
        (-32009, UNAVAILABLE, True, 1),
        (-32010, UNAVAILABLE, True, 1),
        (-32011, UNAVAILABLE, True, 1),
        (-32012, PENDING, True, 3),
        (-32014, PENDING, True, 3),
        (-32015, UNAVAILABLE, True, 1),
        (-32016, PENDING, True, 3),
        (-32017, PENDING, False, 1),
        (-32018, UNAVAILABLE, True, 1),
        (-32019, PENDING, True, 3),
        (-32600, UNAVAILABLE, True, 1),
        (-32601, UNAVAILABLE, True, 1),
        (-32602, UNAVAILABLE, True, 1),
        (-32603, PENDING, True, 3),
        (-32700, UNAVAILABLE, True, 1),
        (-99999, UNAVAILABLE, True, 1),
    ],
)
def test_rewards__error__state_retries_and_reason(
    code: int, state: FigureState, other_may_know: bool, attempts: int
) -> None:
    with FaultServer(Node(getInflationReward=always(code))) as server:
        (one,) = run(server, lambda adapter, ask: adapter.fetch("rewards", scope("1", stake_accounts={"v1": ()}), ask))
    assert (one.state, one.other_may_know) == (state, other_may_know)
    assert f"({code}: the node's words)" in one.reason
    assert [answer.status for answer in one.answers] == [200]
    asked = [seen.rpc["method"] for seen in server.seen]
    # Asked once by the plan of all and once by that of the validator, for this ask has no memory.
    assert asked.count("getInflationReward") == 2 * attempts


def test_rewards__still_being_paid__says_so() -> None:
    one = fetch(Node(getInflationReward=always(-32017)), "rewards", scope("1", stake_accounts={"v1": ()}))["v1"]
    assert "rewards still being paid" in str(one.reason)


# Rewards


def test_rewards__many_stake_accounts__vote_account_apart_and_batches_of_100() -> None:
    stakes = tuple(f"s{number:03}" for number in range(150))
    with FaultServer(Node()) as server:
        (one,) = run(
            server, lambda adapter, ask: adapter.fetch("rewards", scope("1", stake_accounts={"v1": stakes}), ask)
        )
    asked = [answer.request["body"]["params"] for answer in one.answers[:3]]
    assert [(len(addresses), options["epoch"]) for addresses, options in asked] == [(1, 10), (100, 10), (50, 10)]
    assert [address for addresses, _ in asked for address in addresses] == ["v1", *stakes]
    assert methods(one)[3:] == ["getBlocksWithLimit 110 1", "getBlock 112"]
    assert one.state is FINAL


def test_rewards__stake_accounts_not_known__partial() -> None:
    one = fetch(Node(), "rewards", scope("1"))["v1"]
    assert (one.state, len(one.answers)) == (PARTIAL, 3)
    assert "positions were not observed" in str(one.reason)


def test_rewards__row_of_another_epoch__refused() -> None:
    row = {"epoch": EPOCH - 1, "effectiveSlot": 1, "amount": 5, "postBalance": 6}
    node = Node(getInflationReward=lambda seen: rpc_result(seen, [row]))
    one = fetch(node, "rewards", scope("1", stake_accounts={"v1": ()}))["v1"]
    assert (one.state, one.other_may_know) == (PENDING, True)
    assert "epoch 9 was answered where 10 was asked" in str(one.reason)


def test_rewards__http_404__unavailable() -> None:
    node = Node(getInflationReward=lambda seen: json_reply({}, status=404))
    assert fetch(node, "rewards", scope("1"))["v1"].state is UNAVAILABLE


PAID = tuple(f"s{number:03}" for number in range(300))


def paying(seen: Seen) -> Reply:
    """The first block after the epoch, behind it the blocks that pay stakers: few, for very many stakers."""
    slot = seen.rpc["params"][0]
    row = {"lamports": 5, "postBalance": 6}
    rows = [row | {"pubkey": "v1", "rewardType": "Voting"}] if slot == 112 else []
    if slot == 113:
        rows = [row | {"pubkey": stake, "rewardType": "Staking"} for stake in PAID]
    shown = block(slot, {112: 107, 113: 112, 115: 113}[slot], rows)
    return rpc_result(seen, shown | ({"numRewardPartitions": 2} if slot == 112 else {}))


def paying_node(**replies: Callable[[Seen], Reply]) -> Node:
    listed = [112, 113, 115]
    return Node(
        getBlock=paying,
        getBlocksWithLimit=lambda seen: rpc_result(seen, listed[: seen.rpc["params"][1]]),
        **replies,
    )


def test_rewards__more_questions_than_paying_blocks__blocks_are_read_instead() -> None:
    one = fetch(paying_node(), "rewards", scope("1", stake_accounts={"v1": (*PAID, "none")}))["v1"]
    assert one.state is FINAL
    assert [key.split()[0] for key in methods(one)].count("getInflationReward") == 2
    assert [key for key in methods(one) if "Block" in key][:3] == [
        "getBlocksWithLimit 112 3",
        "getBlock 113",
        "getBlock 115",
    ]
    # Of the one that no block pays the node says so too, and shows what it is now, and what the validator voted.
    assert [key.split(" none")[0] for key in methods(one)[1:4]] == [
        "getInflationReward 10",
        "getMultipleAccounts vote v1 and 0 more " + methods(one)[2].split()[-1],
        "getMultipleAccounts stakes",
    ]


def test_stake_in_doubt__accounts_left_out__says_both_sums() -> None:
    seen = [vote_accounts(vote_account("V", 30)), stake_accounts("V", stake_account("s1", "V", 10))]
    doubt = SolanaRpc(NODE).stake_in_doubt(seen, "V", EpochNumber(842))
    assert doubt == "its stake accounts hold 10 of active stake, the vote account says 30"
    whole = [seen[0], stake_accounts("V", stake_account("s1", "V", 10), stake_account("s2", "V", 20))]
    assert SolanaRpc(NODE).stake_in_doubt(whole, "V", EpochNumber(842)) is None


def test_rewards__stake_accounts_in_doubt__partial_and_says_so() -> None:
    asked = scope("1", stake_accounts={"v1": ("s1",)}, stakes_in_doubt={"v1": "they hold 1, it says 2"})
    one = fetch(Node(), "rewards", asked)["v1"]
    assert (one.state, one.reason) == (PARTIAL, "STAKES_IN_DOUBT: they hold 1, it says 2")
    assert one.verdict is Verdict.STAKES_IN_DOUBT
    assert not one.other_may_know


def test_rewards__row_cut_off_in_a_paying_block__another_provider_is_asked() -> None:
    one = fetch(paying_node(), "rewards", scope("1", stake_accounts={"v1": (*PAID, "s999")}))["v1"]
    assert (one.state, one.other_may_know) == (PARTIAL, True)
    assert one.reason == "the node says s999 received 5, no block that paid stakers has it"


@pytest.mark.parametrize(("stake", "state"), [(10**13, PARTIAL), (10**9, FINAL)], ids=["had stake", "dust"])
@pytest.mark.parametrize("by_blocks", [True, False])
def test_rewards__no_row_of_an_account_that_had_stake__another_provider_is_asked(
    stake: int, state: FigureState, by_blocks: bool
) -> None:
    node = paying_node() if by_blocks else Node()
    node.stakes["none"] = stake_account("none", "v1", stake, activated=EPOCH - 1)["account"]
    accounts = (*PAID, "none") if by_blocks else ("none",)
    one = fetch(node, "rewards", scope("1", stake_accounts={"v1": accounts}))["v1"]
    assert (one.state, one.other_may_know) == (state, state is PARTIAL)
    if state is PARTIAL:
        assert str(one.reason).startswith(f"there is no reward row of none, which has {stake} lamports delegated since")


def test_rewards__paying_blocks_not_all_there__pending() -> None:
    stakes = tuple(f"s{number:03}" for number in range(301))
    node = Node(getBlock=paying, getBlocksWithLimit=lambda seen: rpc_result(seen, [112, 113][: seen.rpc["params"][1]]))
    one = fetch(node, "rewards", scope("1", stake_accounts={"v1": stakes}))["v1"]
    assert (one.state, "still being paid" in str(one.reason)) == (PENDING, True)


def test_blocks_from__fewer_than_asked_for__asked_again() -> None:
    question = questions.blocks_from(112, 3)
    assert question.accepts(result_of(question, [112, 113, 115]))
    assert not question.accepts(result_of(question, [112, 113]))


def test_rewards__collectors_observed__asked_beside_the_vote_account() -> None:
    asked = scope("1", "2", stake_accounts={"v1": (), "v2": ()}, collectors={"v1": ("treasury",), "v2": ("treasury",)})
    one = fetch(Node(), "rewards", asked)["v2"]
    assert whole(one.answers)[0].request["body"]["params"][0] == ["v1", "treasury", "v2"]  # type: ignore[index]


# Costs


def test_costs__blocks_not_to_be_scanned__one_question_about_vote_accounts_and_the_first_block() -> None:
    one = fetch(Node(), "costs", scope("1", "2"))[EVERYONE]
    assert one.state is FINAL
    assert [key.split()[0] for key in methods(one)] == ["getMultipleAccounts", "getBlock"]


def test_costs__whole_epoch__one_fetch_for_everyone() -> None:
    costs = fetch(Node(), "costs", scope("1", "2", scan_blocks=True))
    assert list(costs) == [EVERYONE]
    assert costs[EVERYONE].state is FINAL
    asked = [int(answer.request_key.split()[1]) for answer in costs[EVERYONE].answers]
    assert asked == [100, 110, *PRODUCED, 100]


class Watched:
    """Asks, and counts the answers that whoever reads them still holds when the next one comes."""

    def __init__(self, ask: AskMany) -> None:
        self.held: list[int] = []
        self._ask = ask

    async def __call__(self, questions: Sequence[Question]) -> list[Answer]:
        return await self._ask(questions)

    async def each(self, questions: Iterable[Question]) -> AsyncGenerator[Answer, None]:
        before: list[weakref.ref[Answer]] = []
        async for answer in self._ask.each(questions):
            self.held.append(sum(one() is not None for one in before))
            before.append(weakref.ref(answer))
            yield answer


def test_costs__whole_epoch__no_block_is_held_once_it_is_judged() -> None:
    watched: list[Watched] = []

    def watching(adapter: SolanaRpc, ask: AskMany) -> Awaitable[list[Fetched]]:
        watched.append(Watched(ask))
        return adapter.fetch("costs", scope("1", scan_blocks=True), watched[0])

    with FaultServer(Node()) as server:
        (one,) = run(server, watching)
    assert one.state is FINAL
    # What goes through the loop's own name is the block before; all others are gone.
    assert len(watched[0].held) == len(PRODUCED)
    assert max(watched[0].held) <= 1


def test_fees__several_validators__blocks_of_one_are_gone_when_the_next_is_judged() -> None:
    alive: list[weakref.ref[Answer]] = []

    class Noting(Remembering):
        async def __call__(self, questions: Sequence[Question]) -> list[Answer]:
            assert not [one for one in alive if one() is not None]
            answers = await self._ask(questions)
            alive.extend(weakref.ref(one) for one in answers if one.request_key.startswith("getBlock "))
            return answers

    def noting(adapter: SolanaRpc, ask: AskMany) -> Awaitable[list[Fetched]]:
        return adapter.fetch("fees", scope("1", "2", "3"), Noting(ask, {}))

    with FaultServer(Node()) as server:
        fees = run(server, noting)
    assert [one.state for one in fees] == [FINAL] * 3
    assert len(alive) == len(PRODUCED)


def test_costs__a_block_that_is_no_json_and_one_that_is_an_error__the_error_counts() -> None:
    def broken(seen: Seen) -> Reply:
        slot = seen.rpc["params"][0]
        if slot == 101:
            return Reply(b"{cut")
        return rpc_error(-32009, "skipped") if slot == 103 else rpc_result(seen, Node().getBlock(*seen.rpc["params"]))

    one = fetch(Node(getBlock=broken), "costs", scope("1", scan_blocks=True))[EVERYONE]
    assert one.state is UNAVAILABLE
    assert "-32009" in str(one.reason)
    assert [int(answer.request_key.split()[1]) for answer in one.answers] == [100, 110, *PRODUCED]


def test_costs__a_block_cleaned_up__unavailable() -> None:
    assert fetch(Node(getBlock=always(-32001)), "costs", scope("1", scan_blocks=True))[EVERYONE].state is UNAVAILABLE


def test_costs__blocks_without_transactions__refused() -> None:
    node = Node(getBlock=lambda seen: rpc_result(seen, block(seen.rpc["params"][0])))
    assert fetch(node, "costs", scope("1", scan_blocks=True))[EVERYONE].state is PENDING
