"""The Ethereum half of the simulated providers: their paths, their clock, and the condition of their nodes."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from functools import cached_property, partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aurora_pipeline.demo.clock import Clock
from aurora_pipeline.demo.delivery import delivered, json_response
from aurora_pipeline.demo.ethereum import (
    beacon_blocks,
    beacon_config,
    beacon_rewards,
    beacon_states,
    execution_rpc,
    relay_api,
)
from aurora_pipeline.demo.ethereum.beacon_answers import VERSION, BeaconError, error_body
from aurora_pipeline.demo.ethereum.cast import RELAYS
from aurora_pipeline.demo.ethereum.execution import ExecutionChain
from aurora_pipeline.demo.ethereum.node import Condition, Names, SimulatedNode
from aurora_pipeline.demo.ethereum.parameters import EthereumParameters
from aurora_pipeline.demo.ethereum.world import BeaconWorld
from aurora_pipeline.demo.faults import Faults
from aurora_pipeline.demo.json_text import compact_json

_V1, _V2 = "/ethereum/beacon/eth/v1", "/ethereum/beacon/eth/v2"
_DELIVERED = "relay/v1/data/bidtraces/proposer_payload_delivered"
Endpoint = Callable[[Request], Awaitable[Response]]
NodeAnswer = Callable[[SimulatedNode, Request, Any], Any]


class EthereumSimulator:
    """The request handlers over one Ethereum chain; the chain is built once somebody asks."""

    def __init__(self, clock: Clock[EthereumParameters], faults: Faults) -> None:
        self.clock = clock
        self.condition = Condition()
        self._faults = faults

    @cached_property
    def _chain(self) -> ExecutionChain:
        return ExecutionChain(BeaconWorld(self.clock.parameters))

    @cached_property
    def _names(self) -> Names:
        return Names(self._chain.world)

    @property
    def node(self) -> SimulatedNode:
        """The nodes as of now."""
        return SimulatedNode(self._chain, self._names, self.clock.slot, self.condition)

    def routes(self) -> list[Route]:
        """All paths of the beacon node, the execution node and the relays."""
        got = {
            f"{_V1}/beacon/genesis": lambda node, request, body: beacon_config.genesis(node),
            f"{_V1}/config/spec": lambda node, request, body: beacon_config.spec(node),
            f"{_V1}/node/syncing": lambda node, request, body: beacon_config.syncing(node),
            f"{_V1}/node/version": lambda node, request, body: beacon_config.version(node),
            f"{_V1}/beacon/headers": lambda node, request, body: beacon_blocks.headers(node, request.query_params),
            f"{_V1}/beacon/headers/{{block_id}}": _of("block_id", beacon_blocks.header),
            f"{_V1}/beacon/blocks/{{block_id}}/root": _of("block_id", beacon_blocks.block_root),
            f"{_V2}/beacon/blocks/{{block_id}}": _of("block_id", beacon_blocks.block),
            f"{_V1}/beacon/states/{{state_id}}/finality_checkpoints": _of(
                "state_id", beacon_states.finality_checkpoints
            ),
            f"{_V1}/beacon/states/{{state_id}}/validators": _validators,
            f"{_V1}/beacon/states/{{state_id}}/validators/{{validator_id}}": _validator,
            f"{_V1}/beacon/states/{{state_id}}/validator_balances": _balances,
            f"{_V1}/beacon/states/{{state_id}}/sync_committees": _committees,
            f"{_V1}/beacon/states/{{state_id}}/pending_deposits": _of("state_id", beacon_states.pending_deposits),
            f"{_V1}/beacon/states/{{state_id}}/pending_partial_withdrawals": _of(
                "state_id", beacon_states.pending_partial_withdrawals
            ),
            f"{_V1}/beacon/states/{{state_id}}/pending_consolidations": _of(
                "state_id", beacon_states.pending_consolidations
            ),
            f"{_V1}/beacon/rewards/blocks/{{block_id}}": _of("block_id", beacon_rewards.block_rewards),
            f"{_V1}/validator/duties/proposer/{{epoch}}": _of("epoch", beacon_states.proposer_duties),
        }
        posted = {
            f"{_V1}/beacon/states/{{state_id}}/validators": _with_body("state_id", beacon_states.validators_by_body),
            f"{_V1}/beacon/states/{{state_id}}/validator_balances": _with_body(
                "state_id", beacon_states.balances_by_body
            ),
            f"{_V1}/beacon/rewards/attestations/{{epoch}}": _with_body("epoch", beacon_rewards.attestation_rewards),
            f"{_V1}/beacon/rewards/sync_committee/{{block_id}}": _with_body(
                "block_id", beacon_rewards.sync_committee_rewards
            ),
        }
        return [
            *(Route(path, self._beacon(answer), methods=["GET"]) for path, answer in got.items()),
            *(Route(path, self._beacon(answer), methods=["POST"]) for path, answer in posted.items()),
            Route(f"{_V1}/node/health", self._health, methods=["GET"]),
            Route("/ethereum/execution", self._execution, methods=["POST"]),
            Route("/ethereum/execution/", self._execution, methods=["POST"]),
            *(Route(f"/ethereum/{relay}/{_DELIVERED}", partial(self._relay, relay=relay)) for relay in RELAYS),
        ]

    def _beacon(self, answer: NodeAnswer) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            raw, node = await request.body(), self.node
            fault = self._faults.take(request.url.path, [])
            try:
                if raw and request.headers.get("content-type", "").partition(";")[0] != "application/json":
                    raise BeaconError(415, "Unsupported Media Type: expected application/json")
                told = answer(node, request, json.loads(raw) if raw else None)
            except BeaconError as error:
                return await delivered(compact_json(error_body(node, error)), fault, error.status)
            except ValueError:
                wrong = BeaconError(400, "Invalid request body: it is no JSON")
                return await delivered(compact_json(error_body(node, wrong)), fault, wrong.status)
            headers = {"Eth-Consensus-Version": VERSION} if "version" in told else None
            return await delivered(compact_json(told), fault, headers=headers)

        return endpoint

    async def _health(self, request: Request) -> Response:
        return Response(status_code=206 if self.condition.syncing else 200)

    async def _execution(self, request: Request) -> Response:
        try:
            body = json.loads(await request.body())
        except ValueError:
            return json_response({"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "parse error"}})
        calls = body if isinstance(body, list) else [body]
        methods = [str(call.get("method")) for call in calls if isinstance(call, dict)]
        fault = self._faults.take(request.url.path, methods)
        if body == []:
            return json_response({"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "empty batch"}})
        if self.condition.is_execution_offline:
            return json_response({"error": "the execution node is offline"}, 503)
        node = self.node
        answers = [execution_rpc.answer(node, call) for call in calls]
        return await delivered(compact_json(answers if isinstance(body, list) else answers[0]), fault)

    async def _relay(self, request: Request, relay: str) -> Response:
        fault = self._faults.take(request.url.path, [])
        try:
            told = relay_api.delivered(self.node, relay, request.query_params)
        except relay_api.RelayError as error:
            return await delivered(compact_json(relay_api.error_body(error)), fault, 400)
        return await delivered(compact_json(told), fault)

    def told_clock(self) -> dict[str, Any]:
        """Where the chain is."""
        clock, node = self.clock, self.node
        return {
            **clock.as_dict(),
            "head_slot": node.head_slot,
            "finalized_epoch": node.finality.finalized,
        }

    def order_condition(self, method: str, body: Any) -> dict[str, Any]:
        """Set the nodes' condition, see it, or make them well again."""
        if method != "GET":
            self.condition = Condition.ordered(body) if method == "POST" else Condition()
        return self.condition.as_dict()


def _of(name: str, answer: Callable[[SimulatedNode, str], Any]) -> NodeAnswer:
    return lambda node, request, body: answer(node, request.path_params[name])


def _with_body(name: str, answer: Callable[[SimulatedNode, str, Any], Any]) -> NodeAnswer:
    return lambda node, request, body: answer(node, request.path_params[name], body)


def _validators(node: SimulatedNode, request: Request, body: Any) -> Any:
    query = request.query_params
    return beacon_states.validators_by_query(
        node, request.path_params["state_id"], query.getlist("id"), query.getlist("status")
    )


def _committees(node: SimulatedNode, request: Request, body: Any) -> Any:
    return beacon_states.sync_committees(node, request.path_params["state_id"], request.query_params.get("epoch"))


def _validator(node: SimulatedNode, request: Request, body: Any) -> Any:
    return beacon_states.validator(node, request.path_params["state_id"], request.path_params["validator_id"])


def _balances(node: SimulatedNode, request: Request, body: Any) -> Any:
    ids = beacon_states.asked_ids(node, request.query_params.getlist("id"))
    return beacon_states.validator_balances(node, request.path_params["state_id"], ids)
