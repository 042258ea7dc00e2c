"""The simulated providers as a real HTTP server on loopback, one path each, and a control panel."""

from __future__ import annotations

import argparse
import json
import os
import socket
import sys
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aurora_pipeline.demo.clock import Clock
from aurora_pipeline.demo.delivery import delivered, json_response
from aurora_pipeline.demo.ethereum.parameters import EthereumParameters
from aurora_pipeline.demo.ethereum.routes import EthereumSimulator
from aurora_pipeline.demo.faults import Faults
from aurora_pipeline.demo.json_text import compact_json
from aurora_pipeline.demo.options import add_parameter_options, given_parameters
from aurora_pipeline.demo.solana import kobe, node_rpc, solanabeach, stakewiz, trillium
from aurora_pipeline.demo.solana.moment import Moment
from aurora_pipeline.demo.solana.parameters import Parameters
from aurora_pipeline.demo.solana.world import World
from aurora_pipeline.foundation.errors import AuroraError

URL_LINE = "AURORA_DEMO_URL="
_ETHEREUM = "ethereum_"
Handler = Callable[[Request], Awaitable[Response]]


class Simulator:
    """The request handlers over one chain and its clock."""

    def __init__(self, clock: Clock[Parameters], ethereum_clock: Clock[EthereumParameters]) -> None:
        self.clock = clock
        self.world = World(clock.parameters)
        self.moment = Moment(self.world, clock.slot)
        self.faults = Faults()
        self.ethereum = EthereumSimulator(ethereum_clock, self.faults)

    def app(self) -> Starlette:
        """The ASGI application."""
        return Starlette(
            routes=[
                *self.ethereum.routes(),
                Route("/rpc", self._rpc, methods=["POST"]),
                # Clients that join a base address and an empty path end with a slash.
                Route("/rpc/", self._rpc, methods=["POST"]),
                Route("/kobe/api/v1/validators", self._answer(self._kobe_validators), methods=["GET", "POST"]),
                Route("/kobe/api/v1/validators/{vote}", self._answer(self._kobe_history)),
                Route("/kobe/api/v1/validator_rewards", self._answer(self._kobe_listing(kobe.validator_rewards))),
                Route("/kobe/api/v1/staker_rewards", self._answer(self._kobe_listing(kobe.staker_rewards))),
                Route("/kobe/api/v1/mev_rewards", self._answer(self._kobe_mev), methods=["GET", "POST"]),
                Route("/stakewiz/validators", self._answer(self._stakewiz_validators)),
                Route("/stakewiz/validator/{vote}", self._answer(self._stakewiz_validator)),
                Route("/stakewiz/epoch_info", self._answer(self._stakewiz_epoch)),
                Route("/solanabeach/epoch-info", self._answer(self._beach_epoch, solanabeach.CREDITS)),
                Route("/solanabeach/validator/{key}/{endpoint}", self._answer(self._beach, solanabeach.CREDITS)),
                Route("/trillium/validator_rewards", self._answer(self._trillium)),
                Route("/trillium/validator_rewards/{epoch:int}", self._answer(self._trillium)),
                Route("/trillium/epoch_data", self._answer(self._trillium_epoch)),
                Route("/control/health", self._control(self._health)),
                Route("/control/clock", self._control(self._clock)),
                Route("/control/advance", self._control(self._advance), methods=["POST"]),
                Route("/control/ethereum/clock", self._control(self._ethereum_clock)),
                Route("/control/ethereum/advance", self._control(self._advance_ethereum), methods=["POST"]),
                Route(
                    "/control/ethereum/condition",
                    self._control(self._ethereum_condition),
                    methods=["GET", "POST", "DELETE"],
                ),
                Route("/control/faults", self._control(self._faults), methods=["GET", "POST", "DELETE"]),
            ]
        )

    async def _rpc(self, request: Request) -> Response:
        try:
            body = json.loads(await request.body())
        except ValueError:
            return json_response({"jsonrpc": "2.0", "error": {"code": -32700, "message": "Parse error"}, "id": None})
        calls = body if isinstance(body, list) else [body]
        methods = [str(call.get("method")) for call in calls if isinstance(call, dict)]
        fault = self.faults.take(request.url.path, methods)
        if body == []:
            return json_response(
                {"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid request"}, "id": None}
            )
        answers = [node_rpc.answer(self.moment, call) for call in calls]
        return await delivered(f"[{','.join(answers)}]" if isinstance(body, list) else answers[0], fault)

    def _answer(self, handler: Callable[[Request, Any], Any], headers: dict[str, str] | None = None) -> Handler:
        """A provider's endpoint: give the handler the JSON body, and let faults strike."""

        async def endpoint(request: Request) -> Response:
            raw = await request.body()
            fault = self.faults.take(request.url.path, [])
            try:
                body = json.loads(raw) if raw and request.method == "POST" else None
                response = await delivered(compact_json(handler(request, body)), fault)
                response.headers.update(headers or {})
                return response
            except ValueError:
                return json_response({"error": "Json deserialize error"}, 400)
            except solanabeach.BeachError as error:
                return json_response({"err": str(error)}, 404, headers)
            except kobe.KobeError as error:
                return json_response({"error": str(error)}, 400)

        return endpoint

    def _kobe_validators(self, request: Request, body: Any) -> Any:
        # The CDN drops the body of a GET, which then means: the latest epoch.
        return kobe.validators(self.moment, body)

    def _kobe_history(self, request: Request, body: Any) -> Any:
        return kobe.validator_history(self.moment, request.path_params["vote"])

    def _kobe_listing(self, listing: Callable[..., dict[str, Any]]) -> Callable[[Request, Any], Any]:
        return lambda request, body: listing(self.moment, request.query_params)

    def _kobe_mev(self, request: Request, body: Any) -> Any:
        return kobe.mev_rewards(self.moment, body)

    def _stakewiz_validators(self, request: Request, body: Any) -> Any:
        return stakewiz.validators(self.moment)

    def _stakewiz_validator(self, request: Request, body: Any) -> Any:
        return stakewiz.validator(self.moment, request.path_params["vote"])

    def _stakewiz_epoch(self, request: Request, body: Any) -> Any:
        return stakewiz.epoch_info(self.moment)

    def _beach_epoch(self, request: Request, body: Any) -> Any:
        return solanabeach.epoch_info(self.moment)

    def _beach(self, request: Request, body: Any) -> Any:
        key, endpoint = request.path_params["key"], request.path_params["endpoint"]
        return solanabeach.history(self.moment, key, endpoint, request.query_params)

    def _trillium(self, request: Request, body: Any) -> Any:
        return trillium.validator_rewards(self.moment, request.path_params.get("epoch"))

    def _trillium_epoch(self, request: Request, body: Any) -> Any:
        return trillium.epoch_data(self.moment)

    def _control(self, handler: Callable[[Request, Any], Any]) -> Handler:
        """A control endpoint: what it refuses comes back as 409 with the reason."""

        async def endpoint(request: Request) -> Response:
            raw = await request.body()
            try:
                return json_response(handler(request, json.loads(raw) if raw else None))
            except AuroraError as error:
                return json_response({"error": str(error)}, 409)
            except ValueError:
                return json_response({"error": "the body is no JSON"}, 400)

        return endpoint

    def _health(self, request: Request, body: Any) -> Any:
        return {"status": "ok", "pid": os.getpid()}

    def _clock(self, request: Request, body: Any) -> Any:
        return {**self.clock.as_dict(), "head_slot": self.moment.head_slot}

    def _advance(self, request: Request, body: Any) -> Any:
        self.clock.move(body)
        self.moment = Moment(self.world, self.clock.slot)
        return self._clock(request, None)

    def _ethereum_clock(self, request: Request, body: Any) -> Any:
        return self.ethereum.told_clock()

    def _advance_ethereum(self, request: Request, body: Any) -> Any:
        self.ethereum.clock.move(body)
        return self.ethereum.told_clock()

    def _ethereum_condition(self, request: Request, body: Any) -> Any:
        return self.ethereum.order_condition(request.method, body)

    def _faults(self, request: Request, body: Any) -> Any:
        if request.method == "POST":
            self.faults.schedule(body)
        elif request.method == "DELETE":
            self.faults.clear()
        return {"faults": self.faults.scheduled()}


def ethereum_state(state: Path) -> Path:
    """The file beside the state that keeps the Ethereum chain's."""
    return state.with_name(f"{state.stem}.ethereum{state.suffix}")


class _AnnouncedServer(uvicorn.Server):
    """Prints its address once it listens, so that whoever started it need not poll."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            port = self.servers[0].sockets[0].getsockname()[1]
            sys.stdout.write(f"{URL_LINE}http://127.0.0.1:{port}\n")
            sys.stdout.flush()


def _exit_with_stdin(server: uvicorn.Server) -> None:
    sys.stdin.buffer.read()
    server.should_exit = True


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM, Ctrl-C or, if asked, the end of stdin."""
    parser = argparse.ArgumentParser(prog="python -m aurora_pipeline.demo.server", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="file that keeps the chain's parameters and clock")
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--exit-with-stdin", action="store_true", help="stop when stdin is closed")
    add_parameter_options(parser, Parameters())
    add_parameter_options(parser, EthereumParameters(), _ETHEREUM)
    options = parser.parse_args(arguments)
    try:
        simulator = Simulator(
            Clock.open(options.state, Parameters(), given_parameters(options, Parameters())),
            Clock.open(
                ethereum_state(options.state),
                EthereumParameters(),
                given_parameters(options, EthereumParameters(), _ETHEREUM),
            ),
        )
    except AuroraError as error:
        print(error, file=sys.stderr)  # noqa: T201 (this is a program of its own, and its caller reads stderr)
        return 2
    config = uvicorn.Config(
        simulator.app(),
        host="127.0.0.1",
        port=options.port,
        log_level="warning",
        access_log=False,
        lifespan="off",
        # A request that a fault slows down must not keep the process alive.
        timeout_graceful_shutdown=1,
    )
    server = _AnnouncedServer(config)
    if options.exit_with_stdin:
        threading.Thread(target=partial(_exit_with_stdin, server), daemon=True).start()
    server.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
