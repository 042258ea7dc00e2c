"""A node with very many stake accounts, for benchmarks: it answers what an observation of positions asks."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

EPOCH, SLOTS, SLOT_INDEX = 850, 432_000, 200_000
STAKE = 1_000_000_007
_LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_NEVER = str(2**64 - 1)
_SYSTEM = "11111111111111111111111111111111"
_STAKE_PROGRAM = "Stake11111111111111111111111111111111111111"


def key(*what: object) -> str:
    """A text like a public key."""
    digest = hashlib.shake_256("/".join(map(str, what)).encode()).digest(43)
    return "".join(_LETTERS[byte % 58] for byte in digest)


def vote_key(validator: int) -> str:
    """The vote account of a validator."""
    return key("vote", validator)


def _stake_account(validator: int, number: int) -> dict[str, Any]:
    owner = key("owner", number % 997)
    delegation = {
        "voter": vote_key(validator),
        "stake": str(STAKE + number),
        "activationEpoch": str(EPOCH - 2 - number % 300),
        "deactivationEpoch": _NEVER,
        "warmupCooldownRate": 0.25,
    }
    meta = {
        "rentExemptReserve": "2282880",
        "authorized": {"staker": owner, "withdrawer": owner},
        "lockup": {"unixTimestamp": 0, "epoch": 0, "custodian": _SYSTEM},
    }
    info = {"meta": meta, "stake": {"delegation": delegation, "creditsObserved": 1_234_567_890 + number}}
    data = {"program": "stake", "parsed": {"info": info, "type": "delegated"}, "space": 200}
    account = {
        "lamports": STAKE + number + 2_282_880,
        "data": data,
        "owner": _STAKE_PROGRAM,
        "executable": False,
        "rentEpoch": 2**64 - 1,
        "space": 200,
    }
    return {"pubkey": key("stake", validator, number), "account": account}


class Node:
    """Its answers, made before it is asked."""

    def __init__(self, validators: int, accounts: int) -> None:
        self.bodies: dict[str, bytes] = {}
        total = sum(STAKE + number for number in range(accounts))
        for validator in range(validators):
            rows = [_stake_account(validator, number) for number in range(accounts)]
            self.bodies[vote_key(validator)] = json.dumps(
                {"jsonrpc": "2.0", "result": rows, "id": 1}, separators=(",", ":")
            ).encode()
        self.votes = [
            {
                "votePubkey": vote_key(validator),
                "nodePubkey": key("identity", validator),
                "activatedStake": total,
                "commission": 5,
                "epochVoteAccount": True,
                "epochCredits": [],
                "lastVote": 1,
                "rootSlot": 1,
            }
            for validator in range(validators)
        ]

    def answer(self, method: str, params: list[Any]) -> bytes:
        """The body of an answer."""
        if method == "getProgramAccounts":
            return self.bodies[params[1]["filters"][1]["memcmp"]["bytes"]]
        return json.dumps({"jsonrpc": "2.0", "result": self._result(method, params), "id": 1}).encode()

    def _result(self, method: str, params: list[Any]) -> Any:
        if method == "getVoteAccounts":
            return {"current": self.votes, "delinquent": []}
        if method == "getMultipleAccounts":
            return {"context": {"slot": 1}, "value": [self._account(address) for address in params[0]]}
        slot = EPOCH * SLOTS + SLOT_INDEX
        return {
            "absoluteSlot": slot,
            "blockHeight": slot,
            "epoch": EPOCH,
            "slotIndex": SLOT_INDEX,
            "slotsInEpoch": SLOTS,
            "transactionCount": 1,
        }

    def _account(self, address: str) -> dict[str, Any]:
        history = [{"epoch": EPOCH - 1, "stakeHistory": {"effective": 10**17, "activating": 0, "deactivating": 0}}]
        if address.startswith("SysvarStakeHistory"):
            parsed: dict[str, Any] = {"type": "stakeHistory", "info": history}
        else:
            parsed = {"type": "vote", "info": {"nodePubkey": key("node"), "commission": 5, "epochCredits": []}}
        return {"data": {"program": "x", "parsed": parsed, "space": 1}, "lamports": 1, "owner": _SYSTEM}


def main() -> None:
    """Serve until the standard input ends; the first line of the output is the address."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--validators", type=int, required=True)
    parser.add_argument("--accounts", type=int, required=True, help="of each validator")
    options = parser.parse_args()
    node = Node(options.validators, options.accounts)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = node.answer(asked["method"], asked.get("params", []))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
