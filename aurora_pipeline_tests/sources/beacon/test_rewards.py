"""What validators earned, staged over HTTP and told from stored bytes: exactly as expected, or why it is not known."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aurora_pipeline.asking.proposals import NO_SUCH_VALIDATOR, ProposedSlot
from aurora_pipeline.canonical.drafts import draft_balances
from aurora_pipeline.config import Configuration
from aurora_pipeline.config.families.ethereum import check_address
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.units import Wei
from aurora_pipeline.periods.record import load_period
from aurora_pipeline.sources.beacon.proposals import proposals
from aurora_pipeline.sources.beacon.source import BEACON_API
from aurora_pipeline.sources.beacon.tells import balances, meta, positions
from aurora_pipeline.sources.told import BalanceTold, MetaTold, Missing, PositionsTold, StagedFetches
from aurora_pipeline.staging.proposals import staged_proposals
from aurora_pipeline.staging.run import stage_period
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.payloads.fetches import load_fetches
from aurora_pipeline.store.payloads.tables import EVERYONE
from aurora_pipeline.work.late import load_pending
from aurora_pipeline_tests.devchain import scopes
from aurora_pipeline_tests.devchain.configured import CHAIN, KEY, configured
from aurora_pipeline_tests.devchain.files import expected, held
from aurora_pipeline_tests.devchain.server import DevChain, blocks, pubkeys, serving
from aurora_pipeline_tests.devchain.staged import aurora_of, reference, register, staged
from aurora_pipeline_tests.faults.server import Reply, Seen, json_reply

GWEI = 10**9
COLUMNS = {
    "balance_start": "balance_start_gwei",
    "balance_end": "balance_end_gwei",
    "withdrawals": "withdrawals_gwei",
    "profit": "cl_pnl_gwei",
    "attestation_head": "att_head",
    "attestation_target": "att_target",
    "attestation_source": "att_source",
    "inactivity": "att_inactivity",
    "proposals": "block_rewards",
    "sync_committee": "sync_rewards",
    "residual": "not_in_rewards_api_gwei",
}


@pytest.fixture
def chain() -> DevChain:
    return DevChain()


@pytest.fixture
def configuration(chain: DevChain, tmp_path: Path) -> Iterator[Configuration]:
    with serving(chain) as server:
        yield configured(tmp_path, server.url)


Told = dict[str, BalanceTold | Missing]


def fetched(database: Database, data_type: DataType, indices: range | list[int] = range(64)) -> StagedFetches:
    with database.connect() as connection:
        [fetch] = load_fetches(connection, CHAIN, KEY.epoch, data_type)
    assert fetch.subject == EVERYONE
    window = reference(indices)
    return StagedFetches(window, dict.fromkeys(window.keys, fetch))


def told(database: Database, configuration: Configuration, indices: range | list[int] = range(64)) -> Told:
    """What is told of validators once the chain is staged, by index."""
    register(database, indices)
    [report] = staged(database, configuration, DataType.REWARDS)
    assert report.states == {"final": 1}, report.reasons
    by_key = dict(balances(fetched(database, DataType.REWARDS, indices)).rows)
    return {str(index): by_key[pubkeys()[str(index)]] for index in indices}


def refused(database: Database, configuration: Configuration, indices: range | list[int] = range(64)) -> str:
    """Why the chain cannot be staged."""
    register(database, indices)
    [report] = staged(database, configuration, DataType.REWARDS)
    assert "final" not in report.states
    return "; ".join(report.reasons)


def known(one: BalanceTold | Missing) -> BalanceTold:
    assert isinstance(one, BalanceTold), one
    return one


def exactly_as_expected(found: Told) -> None:
    assert found.keys() == {row["validator_index"] for row in expected("by_validator")}
    for row in expected("by_validator"):
        one = known(found[row["validator_index"]])
        assert {name: getattr(one, name) for name in COLUMNS} == {
            name: int(row[column]) * GWEI for name, column in COLUMNS.items()
        }
        assert (one.blocks_proposed, one.blocks_missed) == (int(row["blocks_proposed"]), int(row["blocks_missed"]))
        assert one.rewards is not None
        assert one.penalties is not None
        assert one.rewards - one.penalties == one.profit
        assert (one.first_attested_epoch, one.last_attested_epoch) == (0, 12)


def test_balances__of_the_whole_chain__exactly_as_expected(database: Database, configuration: Configuration) -> None:
    found = told(database, configuration)
    exactly_as_expected(found)
    slashed = known(found["20"])
    assert (slashed.slashed, slashed.explained, slashed.slashing) == (True, "SLASHING", 7_812_500 * GWEI)
    assert {known(one).explained for index, one in found.items() if index != "20"} == {None}
    assert [known(found[index]).status for index in ("0", "20", "21")] == [
        "active_ongoing",
        "active_slashed" if known(found["20"]).status == "active_slashed" else "exited_slashed",
        "withdrawal_done",
    ]


def test_balances__asked_again__nothing_is(database: Database, configuration: Configuration) -> None:
    told(database, configuration)
    [report] = staged(database, configuration, DataType.REWARDS)
    assert report.requests == 0


def test_balances__of_a_validator_that_is_registered_later__asked_about_with_all_others(
    database: Database, configuration: Configuration
) -> None:
    told(database, configuration, list(range(60)))
    register(database, range(60, 64))
    [report] = staged(database, configuration, DataType.REWARDS)
    # Blocks are not asked for again.
    assert 0 < report.requests < 120 < report.reused
    by_key = dict(balances(fetched(database, DataType.REWARDS)).rows)
    exactly_as_expected({index: by_key[key] for index, key in pubkeys().items()})
    [report] = staged(database, configuration, DataType.REWARDS)
    assert report.requests == 0


def test_balances__of_a_few__only_their_proposals_are_asked_about(
    database: Database, configuration: Configuration, chain: DevChain
) -> None:
    asked: list[str] = []
    for kind in ("blocks", "sync_committee"):
        own = chain._block_rewards if kind == "blocks" else chain._sync_rewards

        def answer(seen: Seen, own: Any = own) -> Reply:
            asked.append(seen.path)
            reply: Reply = own(seen, seen.path.rsplit("/", 1)[1])
            return reply

        chain.answers[rf"/eth/v1/beacon/rewards/{kind}/\d+"] = answer
    # Where the node says who sits in the committee, nobody is asked about slots of others.
    chain.spec = {"data": {**held("spec_excerpt")["data"], "EPOCHS_PER_SYNC_COMMITTEE_PERIOD": "8"}}
    chain.answers[r".*/sync_committees"] = lambda seen: json_reply(
        {"data": {"validators": ["9", "51", "51"], "validator_aggregates": []}}
    )
    found = told(database, configuration, [0, 1])
    assert [known(one).profit for one in found.values()] == [11_566_435 * GWEI, 10_334_936 * GWEI]
    [slot] = [slot for slot in held("blocks_by_slot") if is_of(slot, "0") and 16 <= int(slot) <= 119]
    assert asked == [f"/eth/v1/beacon/rewards/blocks/{slot}"]


def is_of(slot: str, index: str) -> bool:
    return bool(held("blocks_by_slot")[slot]["data"]["message"]["proposer_index"] == index)


# What clients do differently.


def test_quirk__no_post__asked_by_get_with_repeated_ids(
    database: Database, configuration: Configuration, chain: DevChain
) -> None:
    def get_only(seen: Seen) -> Reply:
        if seen.verb == "POST":
            return json_reply({"statusCode": 404, "error": "Not Found", "message": "Route not found"}, 404)
        assert 0 < len(seen.parameters) <= 64
        # Old Lodestar answers nothing where ids are joined by commas.
        if any("," in value for _, value in seen.parameters):
            return json_reply({"data": []})
        return chain._validators(seen, seen.path.split("/")[-2])

    chain.answers[r"/eth/v1/beacon/states/\d+/validators"] = get_only
    exactly_as_expected(told(database, configuration))


def test_quirk__no_flags_at_all__taken_as_they_are(
    database: Database, configuration: Configuration, chain: DevChain
) -> None:
    def bare(seen: Seen) -> Reply:
        epoch = seen.path.rsplit("/", 1)[1]
        return json_reply({"data": held("rewards_attestations_by_epoch")[epoch]["data"]})

    chain.answers[r".*/rewards/attestations/\d+"] = bare
    exactly_as_expected(told(database, configuration))


def test_quirk__no_inactivity__it_was_none(database: Database, configuration: Configuration, chain: DevChain) -> None:
    def old_teku(seen: Seen) -> Reply:
        whole = json.loads(json.dumps(held("rewards_attestations_by_epoch")[seen.path.rsplit("/", 1)[1]]))
        for row in whole["data"]["total_rewards"]:
            del row["inactivity"]
        return json_reply(whole)

    chain.answers[r".*/rewards/attestations/\d+"] = old_teku
    exactly_as_expected(told(database, configuration))


def test_quirk__the_state_of_the_last_slot_is_not_had__the_one_before_it_in_its_epoch(
    database: Database, configuration: Configuration, chain: DevChain
) -> None:
    def without_119(seen: Seen) -> Reply:
        slot = seen.path.split("/")[-2]
        if slot == "119":
            return json_reply({"code": 404, "message": "State not found"}, 404)
        return chain._validators(seen, "119" if slot == "118" else slot)

    staged(database, configuration)
    chain.answers[r"/eth/v1/beacon/states/\d+/validators"] = without_119
    chain.answers[r"/eth/v1/beacon/headers/119"] = lambda seen: json_reply({"message": "no"}, 404)
    exactly_as_expected(told(database, configuration))


def test_quirk__sync_rewards_that_are_balances__the_balance_tells_what_they_were(
    database: Database, configuration: Configuration, chain: DevChain
) -> None:
    def old_lodestar(seen: Seen) -> Reply:
        rows = [
            {**row, "reward": "32675030525"}
            for row in held("rewards_sync_committee_by_slot")[seen.path.rsplit("/", 1)[1]]["data"]
        ]
        return json_reply({"data": rows})

    chain.answers[r".*/rewards/sync_committee/\d+"] = old_lodestar
    found = told(database, configuration)
    for row in expected("by_validator"):
        one = known(found[row["validator_index"]])
        assert one.profit == int(row["cl_pnl_gwei"]) * GWEI
        assert one.rewards is not None
        assert one.penalties is not None
        assert one.rewards - one.penalties == one.profit
        if row["validator_index"] != "20" and one.explained is not None:
            assert one.explained == "SYNC_REWARDS"
            assert one.sync_committee == int(row["sync_rewards"]) * GWEI
    assert known(found["51"]).explained == "SYNC_REWARDS"


def test_quirk__a_client_that_rounds__the_balance_wins_and_the_residual_is_kept(
    database: Database, configuration: Configuration, chain: DevChain
) -> None:
    def rounding(seen: Seen) -> Reply:
        whole = json.loads(json.dumps(held("rewards_attestations_by_epoch")[seen.path.rsplit("/", 1)[1]]))
        for row in whole["data"]["total_rewards"]:
            row["source"] = str(int(row["source"]) + (1 if row["validator_index"] == "3" else 0))
        return json_reply(whole)

    chain.answers[r".*/rewards/attestations/\d+"] = rounding
    found = told(database, configuration)
    one = known(found["3"])
    assert (one.profit, one.residual, one.explained) == (19_505_938 * GWEI, -13 * GWEI, "ROUNDING")
    assert one.rewards is not None
    assert one.penalties is not None
    assert one.rewards - one.penalties == one.profit
    assert known(found["2"]).explained is None


# What a node may leave out.


def without_validator(index: str, epochs: set[str]) -> Callable[[Seen], Reply]:
    def answer(seen: Seen) -> Reply:
        epoch = seen.path.rsplit("/", 1)[1]
        whole = json.loads(json.dumps(held("rewards_attestations_by_epoch")[epoch]))
        rows = whole["data"]["total_rewards"]
        whole["data"]["total_rewards"] = [row for row in rows if row["validator_index"] != index or epoch not in epochs]
        return json_reply(whole)

    return answer


def test_left_out__a_validator_in_one_epoch__its_income_is_not_known_and_others_is(
    database: Database, configuration: Configuration, chain: DevChain
) -> None:
    chain.answers[r".*/rewards/attestations/\d+"] = without_validator("7", {"5"})
    found = told(database, configuration)
    one = known(found["7"])
    assert (one.rewards, one.penalties) == (None, None)
    assert one.reason == "attestation rewards were told of 12 of the 13 epochs in which it was active"
    assert known(found["8"]).rewards is not None


def test_left_out__withdrawals__a_movement_that_nothing_explains_is_no_income(
    database: Database, configuration: Configuration, chain: DevChain
) -> None:
    def robbed(seen: Seen) -> Reply:
        slot = seen.path.rsplit("/", 1)[1]
        if slot not in blocks():
            return json_reply({"message": "no"}, 404)
        block = json.loads(json.dumps(blocks()[slot]))
        payload = block["data"]["message"]["body"]["execution_payload"]
        payload["withdrawals"] = [one for one in payload["withdrawals"] if one["validator_index"] != "0"]
        return json_reply(block)

    chain.answers[r"/eth/v2/beacon/blocks/\d+"] = robbed
    one = known(told(database, configuration)["0"])
    assert one.rewards is None
    assert one.reason == "its balance moved by -11566435 gwei that nothing which was told explains"


@pytest.mark.parametrize("slot", [15, 16, 60, 119, 120])
def test_left_out__a_block_in_the_middle_or_at_an_end__refused(
    database: Database, configuration: Configuration, chain: DevChain, slot: int
) -> None:
    chain.answers[f"/eth/v2/beacon/blocks/{slot}"] = lambda seen: json_reply({"message": "no"}, 404)
    said = refused(database, configuration)
    # At an end the next one further out shows that something lies between.
    assert "one between them is missing" in said


def test_left_out__all_blocks_up_to_one_in_the_window__its_history_begins_there(
    database: Database, configuration: Configuration, chain: DevChain
) -> None:
    chain.answers[r"/eth/v2/beacon/blocks/([0-9]|1[0-7])"] = lambda seen: json_reply({"message": "no"}, 404)
    said = refused(database, configuration)
    assert "unavailable: state pruned: the node does not have a block before slot 18: its history begins there" in said


def test_reorganised__between_discovery_and_staging__refused_by_the_roots_that_were_recorded(
    database: Database, configuration: Configuration, chain: DevChain
) -> None:
    register(database)
    staged(database, configuration)
    other = json.loads(json.dumps(blocks()["120"]))
    other["data"]["message"]["parent_root"] = "0x" + "77" * 32
    chain.answers[r"/eth/v2/beacon/blocks/120"] = lambda seen: json_reply(other)
    [report] = staged(database, configuration, DataType.REWARDS)
    assert report.states.keys() == {"pending"}
    assert f"its parent is 0x{'77' * 32}, not the block of slot 119 that the period was recorded by" in "; ".join(
        report.reasons
    )
    del chain.answers[r"/eth/v2/beacon/blocks/120"]
    [report] = staged(database, configuration, DataType.REWARDS)
    assert report.states == {"final": 1}


@pytest.mark.parametrize(
    ("pattern", "status", "words"),
    [
        (r"/eth/v1/beacon/states/\d+/validators", 404, "state pruned: the node does not have the state of slot 15"),
        (r".*/rewards/attestations/3", 404, "state pruned: the node does not have attestation rewards"),
        (r".*/rewards/blocks/42", 404, "state pruned: the node does not have block rewards"),
        (r".*/rewards/sync_committee/50", 404, "state pruned: the node does not have sync rewards"),
        (r"/eth/v2/beacon/blocks/\d+", 404, "state pruned: the node does not have the blocks of slots 16 to 119"),
        (r".*/rewards/attestations/3", 400, "HTTP 400"),
    ],
)
def test_pruned__whatever_it_is__unavailable_by_name(
    database: Database, configuration: Configuration, chain: DevChain, pattern: str, status: int, words: str
) -> None:
    chain.answers[pattern] = lambda seen: json_reply({"code": status, "message": "not here"}, status)
    assert words in refused(database, configuration)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda chain: chain.syncing.update(is_syncing=True, sync_distance="9"), "it is syncing, 9 slots behind"),
        (lambda chain: setattr(chain, "finalized", 14), "for it epoch 14 is final, not yet 16"),
        (
            lambda chain: setattr(
                chain, "genesis", {"data": {**chain.genesis["data"], "genesis_fork_version": "0x00000001"}}
            ),
            "it is a node of another network",
        ),
    ],
)
def test_node__that_is_behind_or_of_another_network__tells_nothing(
    database: Database, configuration: Configuration, chain: DevChain, change: Callable[[DevChain], object], words: str
) -> None:
    register(database)
    staged(database, configuration)
    change(chain)
    report = stage_period(aurora_of(database, configuration), KEY, DataType.REWARDS)
    assert report.states.keys() == {"pending"}
    assert words in "; ".join(report.reasons)


def test_node__that_was_away_and_is_back__nothing_stays_pending(
    database: Database, configuration: Configuration, chain: DevChain
) -> None:
    register(database)
    staged(database, configuration)
    chain.syncing.update(is_syncing=True)
    aurora = aurora_of(database, configuration)
    away = stage_period(aurora, KEY, DataType.REWARDS)
    assert away.states.keys() == {"pending"}
    chain.syncing.update(is_syncing=False)
    back = stage_period(aurora, KEY, DataType.REWARDS)
    assert (back.states, back.is_complete) == ({"final": 1}, True)
    with database.connect() as connection:
        assert load_pending(connection, CHAIN) == []
        [draft] = draft_balances(configuration, connection, KEY)
    assert (draft.completeness, set(draft.frame["state"])) == ("FINAL", {"final"})


def test_validator__that_the_chain_does_not_have__unavailable_and_others_are_told(
    database: Database, configuration: Configuration, chain: DevChain
) -> None:
    def without_3(seen: Seen) -> Reply:
        reply = chain._validators(seen, seen.path.split("/")[-2])
        listed = json.loads(reply.body)
        return json_reply({**listed, "data": [one for one in listed["data"] if one["index"] != "3"]})

    chain.answers[r"/eth/v1/beacon/states/\d+/validators"] = without_3
    found = told(database, configuration)
    lack = found["3"]
    assert isinstance(lack, Missing)
    assert lack.reason == NO_SUCH_VALIDATOR
    assert known(found["2"]).profit == 12_381_260 * GWEI


def test_duties__that_the_node_forgot__what_was_missed_is_not_known_and_nothing_else(
    database: Database, configuration: Configuration, chain: DevChain
) -> None:
    chain.answers[r".*/duties/proposer/\d+"] = lambda seen: json_reply({"message": "must equal current 10"}, 500)
    found = told(database, configuration)
    assert {known(one).blocks_missed for one in found.values()} == {None}
    assert known(found["0"]).profit == 11_566_435 * GWEI


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: [],
        lambda rows: [one for one in rows if one["slot"] not in ("33", "65")],
        lambda rows: [{**one, "validator_index": "9"} for one in rows],
    ],
    ids=["none", "all but those that were missed", "those of another fork"],
)
def test_duties__that_are_not_all_there_or_not_of_this_chain__count_no_missed_block(
    database: Database, configuration: Configuration, chain: DevChain, change: Callable[[Any], Any]
) -> None:
    def duties(seen: Seen) -> Reply:
        return json_reply({"data": change(held("proposer_duties_by_epoch")[seen.path.rsplit("/", 1)[1]])})

    chain.answers[r".*/duties/proposer/\d+"] = duties
    found = told(database, configuration)
    assert {known(one).blocks_missed for one in found.values()} == {None}
    assert not proposals(fetched(database, DataType.REWARDS).each[0], 16, 119).tells_missed


@pytest.mark.parametrize("epochs", [1, 2])
def test_duties__that_the_node_forgot__are_told_by_its_states(
    database: Database, configuration: Configuration, chain: DevChain, epochs: int
) -> None:
    def lookahead(seen: Seen) -> Reply:
        epoch = int(seen.path.split("/")[-2]) // 8
        duties = [held("proposer_duties_by_epoch")[str(min(epoch + more, 15))] for more in range(epochs)]
        # A client that tells a slot more tells nothing of its epoch.
        return json_reply({"data": [one["validator_index"] for of_epoch in duties for one in of_epoch] + ["7"]})

    chain.answers[r".*/duties/proposer/\d+"] = lambda seen: json_reply({"message": "must equal current 10"}, 500)
    chain.answers[r".*/proposer_lookahead"] = lookahead
    exactly_as_expected(told(database, configuration))


def test_proposals__of_the_chain__those_of_each_validator_and_what_it_missed(
    database: Database, configuration: Configuration
) -> None:
    told(database, configuration)
    found = proposals(fetched(database, DataType.REWARDS).each[0], 16, 119)
    assert found.slots == scopes.proposals()
    assert [one for slots in found.slots.values() for one in slots if one.payload is None] == [
        ProposedSlot(33, None),
        ProposedSlot(65, None),
    ]
    assert found.tells_missed
    with database.connect() as connection:
        assert staged_proposals(connection, load_period(connection, KEY)) == found


# Money that moves and is no income.

KEY_7 = pubkeys()["7"]
DEPOSIT = {"pubkey": KEY_7, "withdrawal_credentials": "0x01" + "00" * 31, "amount": "5000000000", "signature": "0x00"}


def with_deposit(chain: DevChain, *, balance: int, waits: str | None) -> None:
    """A deposit of 5 ETH for validator 7 in block 50; at the end it waits, or is in the balance."""

    def block(seen: Seen) -> Reply:
        told = json.loads(json.dumps(blocks()["50"]))
        told["data"]["message"]["body"]["execution_requests"]["deposits"] = [{**DEPOSIT, "index": "0"}]
        return json_reply(told)

    def validators(seen: Seen) -> Reply:
        slot = seen.path.split("/")[-2]
        listed = json.loads(chain._validators(seen, slot).body)
        for one in listed["data"]:
            if one["index"] == "7" and slot == "119":
                one["balance"] = str(int(one["balance"]) + balance)
        return json_reply(listed)

    def pending(seen: Seen) -> Reply:
        at_end = seen.path.split("/")[-2] == "119"
        rows = [{**DEPOSIT, "amount": waits, "slot": "50"}] if at_end and waits else []
        return json_reply({"version": "electra", "execution_optimistic": False, "data": rows})

    chain.answers["/eth/v2/beacon/blocks/50"] = block
    chain.answers[r"/eth/v1/beacon/states/\d+/validators"] = validators
    chain.answers[r"/eth/v1/beacon/states/\d+/pending_deposits"] = pending


@pytest.mark.parametrize(
    ("balance", "waits"), [(0, "5000000000"), (5_000_000_000, None), (2_000_000_000, "3000000000")]
)
def test_deposit__that_waits_or_is_credited_or_both__is_no_income(
    database: Database, configuration: Configuration, chain: DevChain, balance: int, waits: str | None
) -> None:
    with_deposit(chain, balance=balance, waits=waits)
    one = known(told(database, configuration)["7"])
    [row] = [row for row in expected("by_validator") if row["validator_index"] == "7"]
    assert (one.profit, one.residual) == (int(row["cl_pnl_gwei"]) * GWEI, 0)
    assert one.deposits == 5 * 10**18
    assert one.queued == int(waits or 0) * GWEI


def test_deposit__on_a_node_that_does_not_say_what_waits__is_no_income_either(
    database: Database, configuration: Configuration, chain: DevChain
) -> None:
    with_deposit(chain, balance=0, waits=None)
    del chain.answers[r"/eth/v1/beacon/states/\d+/pending_deposits"]
    one = known(told(database, configuration)["7"])
    assert one.rewards is None
    assert one.reason == "its balance moved by -5000000000 gwei that nothing which was told explains"


def test_switch_to_compounding__what_is_queued_is_no_loss(
    database: Database, configuration: Configuration, chain: DevChain
) -> None:
    def validators(seen: Seen) -> Reply:
        slot = seen.path.split("/")[-2]
        listed = json.loads(chain._validators(seen, slot).body)
        for one in listed["data"]:
            if one["index"] == "3" and slot == "119":
                one["balance"] = str(int(one["balance"]) - 700_000)
                one["validator"]["withdrawal_credentials"] = "0x02" + one["validator"]["withdrawal_credentials"][4:]
        return json_reply(listed)

    def pending(seen: Seen) -> Reply:
        at_end = seen.path.split("/")[-2] == "119"
        row = {**DEPOSIT, "pubkey": pubkeys()["3"], "amount": "700000", "slot": "0"}
        return json_reply({"data": [row] if at_end else []})

    chain.answers[r"/eth/v1/beacon/states/\d+/validators"] = validators
    chain.answers[r"/eth/v1/beacon/states/\d+/pending_deposits"] = pending
    one = known(told(database, configuration)["3"])
    assert (one.profit, one.residual, one.queued, one.compounds) == (19_505_938 * GWEI, 0, 700_000 * GWEI, True)


@pytest.mark.parametrize("own", [[4, 5], [4], [5]])
def test_consolidation__from_one_validator_to_another__is_income_of_neither(
    database: Database, configuration: Configuration, chain: DevChain, own: list[int]
) -> None:
    def validators(seen: Seen) -> Reply:
        slot = seen.path.split("/")[-2]
        listed = json.loads(chain._validators(seen, slot).body)
        for one in listed["data"]:
            if slot == "119" and one["index"] in ("4", "5"):
                moved = 32_000_000_000 if one["index"] == "5" else -32_000_000_000
                # The source had a little more than counted: that stays, and is swept.
                one["balance"] = str(max(0, int(one["balance"]) + moved))
        return json_reply(listed)

    chain.answers[r"/eth/v1/beacon/states/\d+/validators"] = validators
    chain.answers[r"/eth/v1/beacon/states/\d+/pending_deposits"] = lambda seen: json_reply({"data": []})
    chain.answers[r"/eth/v1/beacon/states/15/pending_consolidations"] = lambda seen: json_reply(
        {"data": [{"source_index": "4", "target_index": "5"}]}
    )
    chain.answers[r"/eth/v1/beacon/states/119/pending_consolidations"] = lambda seen: json_reply({"data": []})
    found = told(database, configuration, own)
    rows = {row["validator_index"]: int(row["cl_pnl_gwei"]) * GWEI for row in expected("by_validator")}
    for index, one in found.items():
        assert (known(one).profit, known(one).residual) == (rows[index], 0)
        moved = (known(one).consolidated_out, known(one).consolidated_in)
        assert moved == ((32 * 10**18, 0) if index == "4" else (0, 32 * 10**18))


@pytest.mark.parametrize(("source", "target"), [("4", "5"), ("5", "5"), ("4", "stranger"), ("stranger", "5")])
def test_consolidation__that_a_block_asks_for_and_the_chain_ignores__moves_nothing(
    database: Database, configuration: Configuration, chain: DevChain, source: str, target: str
) -> None:
    keys = {**pubkeys(), "stranger": "0x" + "ab" * 48}
    asked = {"source_address": "0x" + "11" * 20, "source_pubkey": keys[source], "target_pubkey": keys[target]}

    def with_request(seen: Seen) -> Reply:
        told = json.loads(chain._block(seen, seen.path.split("/")[-1]).body)
        told["data"]["message"]["body"]["execution_requests"] = {"consolidations": [asked]}
        return json_reply(told)

    chain.answers[r"/eth/v2/beacon/blocks/(30|31|80)"] = with_request
    found = told(database, configuration, [4, 5])
    rows = {row["validator_index"]: int(row["cl_pnl_gwei"]) * GWEI for row in expected("by_validator")}
    for index, one in found.items():
        assert (known(one).profit, known(one).residual) == (rows[index], 0)
        assert (known(one).consolidated_out, known(one).consolidated_in) == (0, 0)


# Who they were, and what was at stake.


def test_meta_and_positions__of_the_chain__what_counted_for_whom(
    database: Database, configuration: Configuration
) -> None:
    register(database)
    reports = staged(database, configuration, DataType.META, DataType.POSITIONS)
    assert [report.states for report in reports] == [{"final": 1}, {"final": 1}]
    states = {one["index"]: one for one in held("validators_by_slot")["119"]}
    by_key = {key: index for index, key in pubkeys().items()}
    for key, item in meta(fetched(database, DataType.META)).rows:
        assert isinstance(item, MetaTold)
        assert item.identity_key == key
    for key, stake in positions(fetched(database, DataType.POSITIONS)).rows:
        assert isinstance(stake, PositionsTold)
        assert not isinstance(stake.accounts, Missing)
        [account] = stake.accounts
        state = states[by_key[key]]["validator"]
        address = check_address("0x" + state["withdrawal_credentials"][-40:])
        assert (account.account_key, account.withdrawer_key) == (key, address)
        # 21 left and was paid out; for the epochs in which it had duties its 32 ETH counted.
        counted = 32 * 10**9 if by_key[key] == "21" else int(state["effective_balance"])
        assert account.active == Wei(counted * GWEI)
        assert (account.deactivating > 0) == (state["exit_epoch"] != str(2**64 - 1))


def test_source__of_the_kind__keeps_its_promises() -> None:
    assert BEACON_API.broken_promises() == []
