"""A beacon node, an execution node and two relays of a day of mainnet's size, as fast as a local server can be.

The answers are made when they are asked for, from arithmetic: everybody attests but for one in 97, who differs from
epoch to epoch; a share of the blocks, and of the seats in the sync committee, is the operator's. What a validator's
balance did is exactly what its rewards say.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from functools import cached_property
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

PER_EPOCH: Final = 32
FIRST_EPOCH: Final = 225 * 1_800
FIRST_SLOT: Final = FIRST_EPOCH * PER_EPOCH
EVERYBODY: Final = 1_000_000
"""So many validators the chain has."""
GENESIS_TIME: Final = 1_606_824_023
STAKE: Final = 32 * 10**9
ONE_IN: Final = 97
BUILDER: Final = "0x" + "b0" * 20
_MISSED_EVERY: Final = 199
_TRANSACTIONS: Final = 150
_PAGE: Final = 200
_ANSWER: Final = b'{"execution_optimistic":false,"finalized":true,"data":'


def pubkey(index: int) -> str:
    """The public key of a validator."""
    return "0x" + hashlib.sha384(b"%d" % index).hexdigest()


def recipient(index: int) -> str:
    """Where a validator's blocks pay."""
    return "0x" + hashlib.sha256(b"recipient %d" % index).hexdigest()[:40]


def _hash(what: str, number: int) -> str:
    return "0x" + hashlib.sha256(f"{what} {number}".encode()).hexdigest()


_NOISE: Final = hashlib.shake_128(b"noise").hexdigest(2**21)


def _noise(seed: int, size: int) -> str:
    """Bytes that nothing compresses, as hexadecimal digits; none are the same twice within a block."""
    start = seed * 2 % (len(_NOISE) - size * 2)
    return _NOISE[start : start + size * 2]


@dataclass(frozen=True)
class Day:
    """A beacon day, or a part of one, in which so many validators are the operator's."""

    validators: int
    block_kilobytes: int
    epochs: int = 225

    @property
    def last_slot(self) -> int:
        return FIRST_SLOT + self.epochs * PER_EPOCH - 1

    @property
    def proposals(self) -> int:
        """How many blocks of the day are theirs, about."""
        return max(1, self.epochs * PER_EPOCH * self.validators // EVERYBODY)

    @property
    def seats(self) -> int:
        """How many of them sit in the sync committee."""
        return 512 * self.validators // EVERYBODY

    def is_missed(self, slot: int) -> bool:
        return slot % _MISSED_EVERY == 7 and self.own_proposer(slot) is None

    def own_proposer(self, slot: int) -> int | None:
        every = self.epochs * PER_EPOCH // self.proposals
        return (slot // every) % self.validators if slot % every == 3 else None

    def proposer(self, slot: int) -> int:
        own = self.own_proposer(slot)
        return self.validators + slot % (EVERYBODY - self.validators) if own is None else own

    def block_before(self, slot: int) -> int:
        return next(one for one in range(slot - 1, slot - 9, -1) if not self.is_missed(one))

    def missing(self, epoch: int) -> range:
        """Who does not attest in an epoch."""
        return range(epoch * 31 % ONE_IN, self.validators, ONE_IN)

    def rewards(self, epoch: int) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
        """Head, target and source of who attests in an epoch, and of who does not."""
        base = 2_800 + epoch % 50
        return (base, base * 26 // 14, base), (0, -(base * 26 // 14), -base)

    @cached_property
    def earned(self) -> list[int]:
        """What each validator's balance gained in the day."""
        attested = [self.rewards(epoch) for epoch in range(FIRST_EPOCH - 2, FIRST_EPOCH + self.epochs - 2)]
        found = [sum(sum(one) for one, _ in attested)] * self.validators
        for epoch in range(FIRST_EPOCH - 2, FIRST_EPOCH + self.epochs - 2):
            did, did_not = map(sum, self.rewards(epoch))
            for index in self.missing(epoch):
                found[index] += did_not - did
        slots = [slot for slot in range(FIRST_SLOT, self.last_slot + 1) if not self.is_missed(slot)]
        for slot in slots:
            own = self.own_proposer(slot)
            if own is not None:
                found[own] += self.block_reward(slot)
        for seat in range(self.seats):
            found[seat] += sum(self.seat_reward(slot) for slot in slots)
        return found

    def block_reward(self, slot: int) -> int:
        return 40_000_000 + slot % 1_000

    def seat_reward(self, slot: int) -> int:
        return 22_000 if slot % 50 else -22_000


class Node:
    """The answers, by path."""

    def __init__(self, day: Day) -> None:
        self.day = day
        self._rows = [b'{"validator_index":"%d"' % index for index in range(day.validators)]
        self._keys = [pubkey(index) for index in range(day.validators)]
        self._ideal = b",".join(
            b'{"effective_balance":"%d","head":"%d","target":"%d","source":"%d","inactivity":"0"}'
            % (coins * 10**9, coins * 89, coins * 165, coins * 89)
            for coins in range(1, 2049)
        )

    def answer(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Status and body."""
        url = urlsplit(path)
        parts, query = url.path.strip("/").split("/"), parse_qs(url.query)
        match parts:
            case ["beacon", "eth", _, "beacon", "genesis"]:
                return 200, _told(
                    {"genesis_time": str(GENESIS_TIME), "genesis_validators_root": _hash("root", 0)}, fork=1
                )
            case ["beacon", "eth", _, "config", "spec"]:
                spec = {"SLOTS_PER_EPOCH": "32", "SECONDS_PER_SLOT": "12", "EPOCHS_PER_SYNC_COMMITTEE_PERIOD": "256"}
                return 200, _told({**spec, "ELECTRA_FORK_EPOCH": "364032", "EPOCHS_PER_SLASHINGS_VECTOR": "8192"})
            case ["beacon", "eth", _, "node", "syncing"]:
                return 200, _told(
                    {"head_slot": str(self.day.last_slot + 200), "sync_distance": "0", "is_syncing": False}
                )
            case ["beacon", "eth", _, "beacon", "states", _, "finality_checkpoints"]:
                return 200, _told(
                    {"finalized": {"epoch": str(FIRST_EPOCH + self.day.epochs + 3), "root": _hash("root", 1)}}
                )
            case ["beacon", "eth", _, "beacon", "states", slot, "validators"]:
                return 200, self.states(int(slot), json.loads(body)["ids"])
            case ["beacon", "eth", _, "beacon", "states", _, "sync_committees"]:
                others = range(EVERYBODY - 512 + self.day.seats, EVERYBODY)
                return 200, _told({"validators": [str(one) for one in (*range(self.day.seats), *others)]})
            case ["beacon", "eth", _, "beacon", "headers", slot]:
                return self._unless_missed(int(slot), self.header)
            case ["beacon", "eth", _, "beacon", "blocks", slot]:
                return self._unless_missed(int(slot), self.block)
            case ["beacon", "eth", _, "beacon", "rewards", "attestations", epoch]:
                return 200, self.attestations(int(epoch))
            case ["beacon", "eth", _, "beacon", "rewards", "blocks", slot]:
                return 200, self.block_rewards(int(slot))
            case ["beacon", "eth", _, "beacon", "rewards", "sync_committee", slot]:
                return 200, self.sync_rewards(int(slot))
            case ["beacon", "eth", _, "validator", "duties", "proposer", epoch]:
                return 200, self.duties(int(epoch))
            case ["execution", *_]:
                return 200, self.executed(json.loads(body))
            case [relay, *_]:
                return 200, self.delivered(relay, int(query["cursor"][0]))
        return 404, b'{"code":404,"message":"not found"}'

    def _unless_missed(self, slot: int, answer: Callable[[int], bytes]) -> tuple[int, bytes]:
        return (404, b'{"code":404,"message":"not found"}') if self.day.is_missed(slot) else (200, answer(slot))

    def states(self, slot: int, ids: list[str]) -> bytes:
        ended = slot >= self.day.last_slot
        index_of = {key: index for index, key in enumerate(self._keys)}
        rows = []
        for index in (index_of[one] for one in ids):
            balance = STAKE + (self.day.earned[index] if ended else 0)
            rows.append(
                f'{{"index":"{index}","balance":"{balance}","status":"active_ongoing","validator":{{"pubkey":'
                f'"{self._keys[index]}","withdrawal_credentials":"0x010000000000000000000000{recipient(index)[2:]}",'
                f'"effective_balance":"{STAKE}","slashed":false,"activation_eligibility_epoch":"0",'
                f'"activation_epoch":"0","exit_epoch":"{2**64 - 1}","withdrawable_epoch":"{2**64 - 1}"}}}}'
            )
        return _ANSWER + f"[{','.join(rows)}]}}".encode()

    def attestations(self, epoch: int) -> bytes:
        did, did_not = (
            b',"head":"%d","target":"%d","source":"%d","inactivity":"0"}' % one for one in self.day.rewards(epoch)
        )
        rows = [row + did for row in self._rows]
        for index in self.day.missing(epoch):
            rows[index] = self._rows[index] + did_not
        return _ANSWER + b'{"ideal_rewards":[' + self._ideal + b'],"total_rewards":[' + b",".join(rows) + b"]}}"

    def block_rewards(self, slot: int) -> bytes:
        total, synced = self.day.block_reward(slot), 1_000_000
        parts = {"attestations": str(total - synced), "sync_aggregate": str(synced)}
        none = {"proposer_slashings": "0", "attester_slashings": "0"}
        return _told({"proposer_index": str(self.day.proposer(slot)), "total": str(total), **parts, **none})

    def sync_rewards(self, slot: int) -> bytes:
        reward = str(self.day.seat_reward(slot))
        return _told([{"validator_index": str(seat), "reward": reward} for seat in range(self.day.seats)])

    def duties(self, epoch: int) -> bytes:
        slots = range(epoch * PER_EPOCH, (epoch + 1) * PER_EPOCH)
        rows = [(self.day.proposer(slot), slot) for slot in slots]
        return _told([{"pubkey": pubkey(who), "validator_index": str(who), "slot": str(slot)} for who, slot in rows])

    def header(self, slot: int) -> bytes:
        message = {
            "slot": str(slot),
            "proposer_index": str(self.day.proposer(slot)),
            "parent_root": _hash("root", self.day.block_before(slot)),
            "state_root": _hash("state", slot),
            "body_root": _hash("body", slot),
        }
        return _told(
            {"root": _hash("root", slot), "canonical": True, "header": {"message": message, "signature": "0x"}}
        )

    def block(self, slot: int) -> bytes:
        body = {
            "randao_reveal": "0x" + _noise(slot * 7 + 1, 96),
            "attestations": self._attestations(slot),
            "deposits": [],
            "execution_payload": self._payload(slot),
            "execution_requests": {"deposits": [], "withdrawals": [], "consolidations": []},
        }
        message = {
            "slot": str(slot),
            "proposer_index": str(self.day.proposer(slot)),
            "parent_root": _hash("root", self.day.block_before(slot)),
            "state_root": _hash("state", slot),
            "body": body,
        }
        return _told({"message": message, "signature": "0x" + _noise(slot * 7 + 200, 96)})

    def _attestations(self, slot: int) -> list[dict[str, Any]]:
        """Eight, with a bit for everybody whose turn it was, nearly all of them set."""
        bits = ("ff" * 15 + _noise(slot, 1)) * (EVERYBODY // PER_EPOCH // 8 // 16)
        source = {"epoch": str(slot // PER_EPOCH - 1), "root": _hash("root", slot // PER_EPOCH)}
        return [
            {
                "aggregation_bits": "0x" + bits,
                "committee_bits": "0x" + "ff" * 8,
                "data": {"slot": str(slot - late), "index": "0", "source": source, "target": source},
                "signature": "0x" + _noise(slot * 7 + 400 + late * 100, 96),
            }
            for late in range(1, 9)
        ]

    def _payload(self, slot: int) -> dict[str, Any]:
        size = max(100, (self.day.block_kilobytes * 1024 - 70_000) // _TRANSACTIONS // 2)
        withdrawals = [
            {
                "index": str(slot * 16 + place),
                "validator_index": str(self.day.validators + (slot * 16 + place) % (EVERYBODY - self.day.validators)),
                "address": recipient(slot * 16 + place),
                "amount": str(18_000_000 + place),
            }
            for place in range(16)
        ]
        return {
            "parent_hash": _hash("block", self.day.block_before(slot)),
            "block_hash": _hash("block", slot),
            "fee_recipient": BUILDER,
            "block_number": str(slot),
            "logs_bloom": "0x" + _noise(slot * 7 + 2_000, 256),
            "gas_used": str(_TRANSACTIONS * 21_000),
            "base_fee_per_gas": "1000000000",
            "transactions": ["0x" + _noise(slot * 7 + 4_000 + place * size, size) for place in range(_TRANSACTIONS)],
            "withdrawals": withdrawals,
        }

    def executed(self, asked: Any) -> bytes:
        answers = [self._rpc(one) for one in (asked if isinstance(asked, list) else [asked])]
        return json.dumps(answers if isinstance(asked, list) else answers[0]).encode()

    def _rpc(self, asked: dict[str, Any]) -> dict[str, Any]:
        start = {"jsonrpc": "2.0", "id": asked["id"]}
        slot = int(asked["params"][0], 16)
        build = _receipt if asked["method"] == "eth_getBlockReceipts" else _transaction
        listed = [build(slot, place, self._sent_to(slot, place)) for place in range(_TRANSACTIONS)]
        if asked["method"] == "eth_getBlockReceipts":
            return {**start, "result": listed}
        block = {
            "number": hex(slot),
            "hash": _hash("block", slot),
            "miner": BUILDER,
            "baseFeePerGas": hex(10**9),
            "gasUsed": hex(_TRANSACTIONS * 21_000),
            "transactions": listed,
        }
        return {**start, "result": block}

    def _sent_to(self, slot: int, place: int) -> str:
        return recipient(self.day.proposer(slot)) if place == _TRANSACTIONS - 1 else "0x" + "cc" * 20

    def delivered(self, relay: str, cursor: int) -> bytes:
        slots = [one for one in range(cursor, cursor - 2 * _PAGE, -1) if one % 2 == (relay == "relay-a")]
        slots = [one for one in slots if not self.day.is_missed(one)][:_PAGE]
        return json.dumps([self._delivered(slot) for slot in slots]).encode()

    def _delivered(self, slot: int) -> dict[str, str]:
        who = self.day.proposer(slot)
        return {
            "slot": str(slot),
            "parent_hash": _hash("block", slot - 1),
            "block_hash": _hash("block", slot),
            "builder_pubkey": "0x" + "b0" * 48,
            "proposer_pubkey": pubkey(who),
            "proposer_fee_recipient": recipient(who),
            "gas_limit": "30000000",
            "gas_used": str(_TRANSACTIONS * 21_000),
            "value": str(paid(slot)),
            "num_tx": str(_TRANSACTIONS),
            "block_number": str(slot),
        }


def paid(slot: int) -> int:
    """What the builder paid for a block."""
    return 10**16 + slot


def _transaction(slot: int, place: int, to: str) -> dict[str, Any]:
    is_payment = place == _TRANSACTIONS - 1
    return {
        "hash": _hash(f"transaction {place}", slot),
        "transactionIndex": hex(place),
        "from": BUILDER if is_payment else "0x" + "aa" * 20,
        "to": to,
        "value": hex(paid(slot) if is_payment else 10**15),
        "gasPrice": hex(10**9 if is_payment else 2 * 10**9),
        "input": "0x" + _noise(slot + place * 200, 200),
    }


def _receipt(slot: int, place: int, to: str) -> dict[str, Any]:
    is_payment = place == _TRANSACTIONS - 1
    return {
        "transactionHash": _hash(f"transaction {place}", slot),
        "blockHash": _hash("block", slot),
        "blockNumber": hex(slot),
        "transactionIndex": hex(place),
        "from": BUILDER if is_payment else "0x" + "aa" * 20,
        "to": to,
        "status": "0x1",
        "gasUsed": hex(21_000),
        "cumulativeGasUsed": hex(21_000 * (place + 1)),
        "effectiveGasPrice": hex(10**9 if is_payment else 2 * 10**9),
        "logsBloom": "0x" + "00" * 256,
        "logs": [],
    }


def _told(data: Any, fork: int | None = None) -> bytes:
    if fork is not None:
        data = {**data, "genesis_fork_version": f"0x{fork:08x}"}
    return _ANSWER + json.dumps(data, separators=(",", ":")).encode() + b"}"


class _Connection(asyncio.Protocol):
    """HTTP as far as a client that asks one question after another needs it."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._waiting = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        head, found, rest = self._waiting.partition(b"\r\n\r\n")
        if not found:
            return
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        if len(rest) < length:
            return
        self._waiting = rest[length:]
        status, body = self._node.answer(head.split(b" ", 2)[1].decode(), rest[:length])
        lines = b"HTTP/1.1 %d OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % (status, len(body))
        assert self._transport is not None
        self._transport.write(lines + body)


async def _serve(node: Node) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(node), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


@contextmanager
def serving(day: Day) -> Iterator[str]:
    """The node in a process of its own; gives its address."""
    command = [sys.executable, "-m", "benchmarks.node_of_validators", *map(str, astuple(day))]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("validators", type=int)
    parser.add_argument("block_kilobytes", type=int)
    parser.add_argument("epochs", type=int)
    options = parser.parse_args()
    node = Node(Day(options.validators, options.block_kilobytes, options.epochs))
    # What the balances did is worked out before anybody asks.
    assert node.day.earned
    asyncio.run(_serve(node))


if __name__ == "__main__":
    main()
