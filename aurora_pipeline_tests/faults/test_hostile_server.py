"""Every API behind a server that lies, breaks off, stalls or floods: a clear state, and never a figure."""

from __future__ import annotations

import asyncio
import gzip
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from aurora_pipeline.asking.adapter import Answer, Fetched, FetchScope, ProviderDown, ValidatorAsked
from aurora_pipeline.asking.recording import asking_unrecorded
from aurora_pipeline.canonical.fees import canonical_fees
from aurora_pipeline.canonical.mev import canonical_mev
from aurora_pipeline.canonical.rewards import canonical_rewards
from aurora_pipeline.config.families import Family
from aurora_pipeline.demo.process import SimulatorProcess
from aurora_pipeline.demo.solana.parameters import Parameters
from aurora_pipeline.demo.solana.truth import ValidatorTruth, truth
from aurora_pipeline.foundation.units import Bps, EpochNumber
from aurora_pipeline.sources.kinds import SOURCES, adapter_for
from aurora_pipeline.sources.reference import OperatedValidator, Reference
from aurora_pipeline.sources.result import LayerResult
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import StagedFetch
from aurora_pipeline_tests.asking.asked import Remembering, provider, whole
from aurora_pipeline_tests.faults.server import FaultServer, Handler, Reply, Seen
from aurora_pipeline_tests.sources.good import good_of, kinds_of_figures, registered
from aurora_pipeline_tests.sources.tally.source import TALLY

SMALL = Parameters(seed=11, validators=6, stake_accounts=300, slots_per_epoch=120)
EPOCH = EpochNumber(SMALL.first_epoch)
BODY_MAX = 1_000_000
STRANGER = "Stranger1111111111111111111111111111111111"


FIGURES = {"fees": "fees", "mev": "validator_tips", "rewards": "commission"}
"""The column of each data type's figure."""


@dataclass(frozen=True)
class Api:
    """One data type of one kind of provider."""

    kind: str
    data_type: str

    @property
    def figure(self) -> str:
        """The column of its figure."""
        return FIGURES[self.data_type]


def apis() -> list[Api]:
    """Every kind of provider with every data type of which it serves a figure."""
    return [
        Api(kind, data_type)
        for kind in kinds_of_figures()
        for data_type in FIGURES
        if data_type in SOURCES[kind].adapter("").serves
    ]


with registered(TALLY):
    APIS = apis()
"""One of them is no API that the simulator speaks, as those of new providers are."""


@pytest.fixture(scope="module", autouse=True)
def tally() -> Iterator[None]:
    with registered(TALLY):
        yield


def named(api: Api) -> str:
    return f"{api.kind}-{api.data_type}"


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    """A chain half an epoch after the one that is asked about."""
    home = tmp_path_factory.mktemp("chain")
    with SimulatorProcess(home / "state.json", **SMALL.as_dict()) as running:
        running.advance(epoch=EPOCH + 1, fraction_bps=9_000)
        yield running


@pytest.fixture(scope="module")
def operated() -> ValidatorTruth:
    """A validator with blocks, tips and stakers."""
    return next(one for one in truth(SMALL, EPOCH).validators if one.blocks and one.mev_total_lamports)


Upstream = Callable[[Seen], Reply]


def honest(api: Api, simulator: SimulatorProcess, operated: ValidatorTruth) -> Upstream:
    """What the provider really answers."""
    return lambda seen: good_of(api.kind).honest(simulator.url, EPOCH, [operated.vote], seen)


def lies(change: Callable[[Seen, Reply], Reply]) -> Callable[[Upstream], Handler]:
    """A server that passes on what the provider says, changed."""
    return lambda honest: lambda seen: change(seen, honest(seen))


def always(reply: Reply) -> Callable[[Upstream], Handler]:
    return lambda honest: lambda seen: reply


def other_epoch(seen: Seen, reply: Reply) -> Reply:
    """Rows of the epoch before; where rows name no epoch, the slots of the one after."""
    body = re.sub(rb'"epoch": ?%d' % EPOCH, b'"epoch":%d' % (EPOCH - 1), reply.body)
    if seen.path == "/rpc" or seen.path == "/rpc/":
        body = re.sub(rb'"(effectiveSlot|parentSlot)":(\d+)', lambda m: b'"%s":%d' % (m[1], int(m[2]) + 7_777), body)
    return replace(reply, body=body)


BREAKAGES: dict[str, Callable[[Upstream], Handler]] = {
    "garbage": always(Reply(b"<html><body>502 Bad Gateway</body></html>")),
    "empty body": always(Reply(b"")),
    "null": always(Reply(b"null")),
    "empty object": always(Reply(b"{}")),
    "empty list": always(Reply(b"[]")),
    "a number": always(Reply(b"1e999")),
    "half a body": lies(lambda seen, reply: replace(reply, cut_after=len(reply.body) // 2)),
    "half a body, called whole": lies(lambda seen, reply: replace(reply, body=reply.body[: len(reply.body) // 2])),
    "wrong epoch": lies(other_epoch),
    "a pause": always(Reply(stalls=True)),
    "drop by drop": always(Reply(dribbles=True)),
    "429": always(Reply(b"Too Many Requests. Retry later.", 429)),
    "429 with Retry-After": always(Reply(b"slow down", 429, {"retry-after": "60"})),
    "500": always(Reply(b"oops", 500)),
    "503 with the answer": lies(lambda seen, reply: replace(reply, status=503)),
    "redirect": always(Reply(b"", 302, {"location": "http://127.0.0.1:9/elsewhere"})),
    "gzip bomb": always(Reply(gzip.compress(b" " * 20_000_000), 200, {"content-encoding": "gzip"})),
    "flood": always(Reply(b" " * (BODY_MAX + 1))),
    "403": always(Reply(b"blocked", 403)),
}


SILENT = ("a pause", "drop by drop")


def ask(api: Api, url: str, operated: ValidatorTruth, *, patient: bool = True) -> list[Fetched] | ProviderDown:
    wait = 5 if patient else 0.05
    settings = provider(
        url + good_of(api.kind).simulated_at,
        api.kind,
        timeouts={"connect_seconds": wait, "read_seconds": wait},
        retries={"attempts": 2 if patient else 1, "wait_seconds_max": 0},
        max_body_bytes=BODY_MAX,
    )
    adapter = adapter_for(settings)
    asked = (ValidatorAsked(operated.vote, operated.identity),)
    scope = FetchScope(
        "chain",
        EPOCH,
        SMALL.first_slot(EPOCH),
        SMALL.last_slot(EPOCH),
        asked,
        {operated.vote: ()},
        family=Family.SOLANA,
    )

    async def go() -> list[Fetched]:
        told: dict[str, Answer] = {}
        async with asking_unrecorded(settings, adapter) as asking:
            fetched = await adapter.fetch(api.data_type, scope, Remembering(asking, told))
        return [replace(one, answers=tuple(told[kept.request_key] for kept in one.answers)) for one in fetched]

    try:
        return asyncio.run(go())
    except ProviderDown as error:
        return error


def row_of(api: Api, fetched: list[Fetched], operated: ValidatorTruth) -> dict[str, Any]:
    """What the canonical layer makes of it."""
    began, ended = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 9, 3, tzinfo=UTC)
    validator = OperatedValidator(operated.vote, operated.identity, operated.name, "OPERATOR")
    first, last = SMALL.first_slot(EPOCH), SMALL.last_slot(EPOCH)
    reference = Reference("chain", EPOCH, first, last, began, ended, (validator,))
    staged = [
        StagedFetch(number, api.data_type, "p", api.kind, one.subject, one.state, one.reason, whole(one.answers))
        for number, one in enumerate(fetched, start=1)
    ]
    layers: dict[str, Callable[[], LayerResult]] = {
        "fees": lambda: canonical_fees(reference, staged),
        "rewards": lambda: canonical_rewards(reference, staged),
        "mev": lambda: canonical_mev(reference, staged, Bps(309)),
    }
    rows = layers[api.data_type]().frame.to_dicts()
    return next(row for row in rows if row.get("row_kind") != "ACCOUNT")


@pytest.mark.parametrize("api", APIS, ids=named)
def test_honest_server__same_path__the_figure(api: Api, simulator: SimulatorProcess, operated: ValidatorTruth) -> None:
    with FaultServer(honest(api, simulator, operated)) as server:
        fetched = ask(api, server.url, operated)
    assert isinstance(fetched, list)
    row = row_of(api, fetched, operated)
    assert (row[api.figure] > 0, row["state"]) == (True, "final")


@pytest.mark.parametrize("breakage", BREAKAGES)
@pytest.mark.parametrize("api", APIS, ids=named)
def test_hostile_server__any_api__no_figure_and_a_clear_reason(
    api: Api, breakage: str, simulator: SimulatorProcess, operated: ValidatorTruth
) -> None:
    with FaultServer(BREAKAGES[breakage](honest(api, simulator, operated))) as server:
        fetched = ask(api, server.url, operated, patient=breakage not in SILENT)
    if isinstance(fetched, ProviderDown):
        assert fetched.reason
        return
    assert fetched
    assert all(one.reason for one in fetched if one.state is not FigureState.FINAL)
    row = row_of(api, fetched, operated)
    assert row[api.figure] is None
    assert row["state"] in ("pending", "unavailable", "partial")
    assert row["reason"]


@pytest.mark.parametrize("api", APIS, ids=named)
def test_hostile_server__another_validators_data__no_figure(
    api: Api, simulator: SimulatorProcess, operated: ValidatorTruth
) -> None:
    swaps = 0

    def swapped(seen: Seen, reply: Reply) -> Reply:
        nonlocal swaps
        if "validator_rewards" in seen.path and api.kind == "jito":
            return reply
        swaps += operated.vote.encode() in reply.body
        return replace(reply, body=reply.body.replace(operated.vote.encode(), STRANGER.encode()))

    with FaultServer(lies(swapped)(honest(api, simulator, operated))) as server:
        fetched = ask(api, server.url, operated)
    assert isinstance(fetched, list)
    row = row_of(api, fetched, operated)
    if swaps:
        assert row["state"] != "final" or "FORMULA" in str(row["reason"])
    else:
        # It answers by the node's key, or in the order of the question: nothing in it is another's.
        assert row["state"] == "final"
