"""The simulated Solana node: JSON-RPC requests in, the answers and errors of a real node out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aurora_pipeline.config.families.solana import check_key
from aurora_pipeline.demo.json_text import compact_json
from aurora_pipeline.demo.solana.blocks import (
    accounts_texts,
    block_header,
    block_rewards,
    block_transactions,
    render_accounts,
    render_full,
)
from aurora_pipeline.demo.solana.chain import EpochChain
from aurora_pipeline.demo.solana.moment import Moment
from aurora_pipeline.demo.solana.node_accounts import STAKE_PROGRAM, account_info, stake_accounts, vote_accounts

_MAX_BLOCK_RANGE = 500_000
_MAX_ACCOUNTS = 100
_TRANSACTIONS_PER_BLOCK = 31


class SimulatedRpcError(Exception):
    """A JSON-RPC error, which a node sends with HTTP status 200."""

    def __init__(self, code: int, message: str, data: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.body: dict[str, Any] = {"code": code, "message": message}
        if data is not None:
            self.body["data"] = data


class Text(str):
    """A result that is JSON already."""


def answer(moment: Moment, request: Any) -> str:
    """The JSON-RPC answer to one request of a body, as JSON."""
    if not isinstance(request, dict) or request.get("jsonrpc") != "2.0" or not isinstance(request.get("method"), str):
        return compact_json({"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid request"}, "id": None})
    try:
        method = _METHODS.get(request["method"])
        if method is None:
            raise SimulatedRpcError(-32601, "Method not found")
        params = request.get("params") or []
        if not isinstance(params, list):
            raise SimulatedRpcError(-32602, "`params` should have at least 0 argument(s)")
        _require_context_slot(moment, params)
        result = method(moment, params)
        text = result if isinstance(result, Text) else compact_json(result)
        return f'{{"jsonrpc":"2.0","result":{text},"id":{compact_json(request.get("id"))}}}'
    except SimulatedRpcError as error:
        return compact_json({"jsonrpc": "2.0", "error": error.body, "id": request.get("id")})


def _require_context_slot(moment: Moment, params: list[Any]) -> None:
    wanted = params[-1].get("minContextSlot") if params and isinstance(params[-1], dict) else None
    if isinstance(wanted, int) and wanted > moment.head_slot:
        raise SimulatedRpcError(-32016, "Minimum context slot has not been reached", {"contextSlot": moment.head_slot})


def _config(params: list[Any], position: int) -> dict[str, Any]:
    config = params[position] if len(params) > position else None
    if config is None:
        return {}
    if not isinstance(config, dict):
        raise SimulatedRpcError(-32602, f"Invalid params: invalid type: expected a map, got {config!r}.")
    return config


def _slot(params: list[Any], position: int) -> int:
    value = params[position] if len(params) > position else None
    if type(value) is not int or not 0 <= value < 2**64:
        raise SimulatedRpcError(-32602, f"Invalid params: invalid type: {value!r}, expected u64.")
    return value


def _key(value: Any) -> str:
    try:
        return check_key(value if isinstance(value, str) else "")
    except ValueError:
        raise SimulatedRpcError(-32602, "Invalid param: Invalid") from None


def _first_available(moment: Moment) -> int:
    # The first slot of the first epoch always has a block.
    return moment.world.parameters.first_slot(moment.world.parameters.first_epoch)


def _block_at(moment: Moment, slot: int) -> tuple[EpochChain, int]:
    """The block of a slot, or the error a node gives in its place."""
    if slot < _first_available(moment):
        first = _first_available(moment)
        raise SimulatedRpcError(
            -32001, f"Block {slot} cleaned up, does not exist on node. First available block: {first}"
        )
    if slot > moment.head_slot:
        raise SimulatedRpcError(-32004, f"Block not available for slot {slot}")
    chain = moment.world.chain(moment.world.parameters.epoch_of(slot))
    index = slot - chain.first_slot
    if index not in chain.produced:
        message = f"Slot {slot} was skipped, or missing due to ledger jump to recent snapshot"
        raise SimulatedRpcError(-32007, message)
    return chain, index


def _get_epoch_info(moment: Moment, _: list[Any]) -> dict[str, Any]:
    return {
        "absoluteSlot": moment.head_slot,
        "blockHeight": moment.block_height,
        "epoch": moment.epoch,
        "slotIndex": moment.head_index,
        "slotsInEpoch": moment.world.parameters.slots_per_epoch,
        "transactionCount": moment.block_height * _TRANSACTIONS_PER_BLOCK,
    }


def _get_epoch_schedule(moment: Moment, _: list[Any]) -> dict[str, Any]:
    slots = moment.world.parameters.slots_per_epoch
    return {
        "slotsPerEpoch": slots,
        "leaderScheduleSlotOffset": slots,
        "warmup": False,
        "firstNormalEpoch": 0,
        "firstNormalSlot": 0,
    }


def _get_leader_schedule(moment: Moment, params: list[Any]) -> dict[str, list[int]] | None:
    has_slot = bool(params) and params[0] is not None and not isinstance(params[0], dict)
    config = _config(params, 0) if params and isinstance(params[0], dict) else _config(params, 1)
    epoch = moment.world.parameters.epoch_of(_slot(params, 0)) if has_slot else moment.epoch
    if not max(moment.epoch - 1, moment.world.parameters.first_epoch) <= epoch <= moment.epoch + 1:
        return None
    chain = moment.world.chain(epoch) if epoch <= moment.epoch else moment.world.schedule_ahead(epoch)
    wanted = None if config.get("identity") is None else _key(config["identity"])
    schedule: dict[str, list[int]] = {}
    for validator in moment.world.cast.validators:
        identity = moment.world.cast.identity(validator.index, epoch)
        indices = chain.leader_indices(validator.index) if wanted in (None, identity) else []
        if indices:
            # Two vote accounts of one identity lead under one name.
            schedule[identity] = sorted([*schedule.get(identity, ()), *indices])
    return schedule


def _blocks_between(moment: Moment, first: int, last: int) -> list[int]:
    parameters = moment.world.parameters
    first, last = max(first, _first_available(moment)), min(last, moment.head_slot)
    slots: list[int] = []
    for epoch in range(parameters.epoch_of(first), parameters.epoch_of(last) + 1) if first <= last else ():
        chain = moment.world.chain(epoch)
        slots += [slot for i in chain.block_indices if first <= (slot := chain.first_slot + i) <= last]
    return slots


def _get_blocks(moment: Moment, params: list[Any]) -> list[int]:
    first = _slot(params, 0)
    is_open = len(params) < 2 or params[1] is None or isinstance(params[1], dict)
    last = moment.head_slot if is_open else _slot(params, 1)
    if last - first > _MAX_BLOCK_RANGE:
        raise SimulatedRpcError(-32602, f"Slot range too large; max {_MAX_BLOCK_RANGE}")
    return _blocks_between(moment, first, last)


def _get_blocks_with_limit(moment: Moment, params: list[Any]) -> list[int]:
    first, limit = _slot(params, 0), _slot(params, 1)
    if limit > _MAX_BLOCK_RANGE:
        raise SimulatedRpcError(-32602, f"Limit too large; max {_MAX_BLOCK_RANGE}")
    return _blocks_between(moment, first, moment.head_slot)[:limit]


def _get_block(moment: Moment, params: list[Any]) -> dict[str, Any] | Text:
    slot = _slot(params, 0)
    config = {"encoding": params[1]} if len(params) > 1 and isinstance(params[1], str) else _config(params, 1)
    details, encoding = config.get("transactionDetails") or "full", config.get("encoding") or "json"
    if details not in ("none", "signatures", "accounts", "full"):
        raise SimulatedRpcError(
            -32602, f"Invalid params: unknown variant `{details}`, expected one of full, signatures, none, accounts."
        )
    if details == "full" and encoding not in ("json", "jsonParsed"):
        raise SimulatedRpcError(
            -32602, f"Invalid params: encoding `{encoding}` is not simulated; use json or jsonParsed."
        )
    chain, index = _block_at(moment, slot)
    block = block_header(moment.world, chain, index)
    if config.get("rewards", True):
        block["rewards"] = block_rewards(moment.world, chain, index)
    if details == "accounts" and config.get("maxSupportedTransactionVersion") is not None:
        transactions = ",".join(accounts_texts(moment.world, chain, index))
        return Text(f'{compact_json(block)[:-1]},"transactions":[{transactions}]}}')
    if details == "signatures":
        block["signatures"] = [item.signatures[0] for item in block_transactions(moment.world, chain, index)]
    elif details != "none":
        block["transactions"] = _rendered_transactions(moment, chain, index, config, details, encoding == "jsonParsed")
    return block


def _rendered_transactions(
    moment: Moment, chain: EpochChain, index: int, config: dict[str, Any], details: str, is_parsed: bool
) -> list[dict[str, Any]]:
    newest = config.get("maxSupportedTransactionVersion")
    recent = moment.world.parameters.key("blockhash", chain.first_slot + index - 1)
    rendered = []
    for transaction in block_transactions(moment.world, chain, index):
        shown = render_accounts(transaction) if details == "accounts" else render_full(transaction, recent, is_parsed)
        if newest is not None:
            shown["version"] = transaction.version
        elif transaction.version != "legacy":
            raise SimulatedRpcError(
                -32015,
                f"Transaction version ({transaction.version}) is not supported by the requesting client. Please try "
                f'the request again with the following configuration parameter: "maxSupportedTransactionVersion": '
                f"{transaction.version}",
            )
        rendered.append(shown)
    return rendered


def _get_block_time(moment: Moment, params: list[Any]) -> int:
    slot = _slot(params, 0)
    _block_at(moment, slot)
    return moment.world.parameters.slot_time(slot)


def _get_block_production(moment: Moment, params: list[Any]) -> dict[str, Any]:
    config, parameters = _config(params, 0), moment.world.parameters
    wanted = None if config.get("identity") is None else _key(config["identity"])
    span = config.get("range") or {}
    first = span.get("firstSlot", parameters.first_slot(moment.epoch))
    last = span.get("lastSlot") if span.get("lastSlot") is not None else moment.head_slot
    oldest = max(parameters.first_slot(moment.epoch - 1), _first_available(moment))
    if type(first) is not int or type(last) is not int or first > last:
        raise SimulatedRpcError(-32602, f"lastSlot, {last}, cannot be less than firstSlot, {first}")
    if first < oldest:
        raise SimulatedRpcError(-32602, f"firstSlot, {first}, is too small; min {oldest}")
    if last > moment.head_slot:
        raise SimulatedRpcError(-32602, f"lastSlot, {last}, is too large; max {moment.head_slot}")
    production: dict[str, list[int]] = {}
    for slot in range(first, last + 1):
        chain = moment.world.chain(parameters.epoch_of(slot))
        index = slot - chain.first_slot
        identity = moment.world.cast.identity(chain.leader(index), chain.epoch)
        if wanted in (None, identity):
            counts = production.setdefault(identity, [0, 0])
            counts[0] += 1
            counts[1] += index in chain.produced
    value = {"byIdentity": production, "range": {"firstSlot": first, "lastSlot": last}}
    return {"context": {"slot": moment.head_slot}, "value": value}


def _get_inflation_reward(moment: Moment, params: list[Any]) -> list[dict[str, Any] | None]:
    if not params or not isinstance(params[0], list):
        raise SimulatedRpcError(-32602, "Invalid params: invalid type, expected a sequence of addresses.")
    addresses = [_key(address) for address in params[0]]
    config, world = _config(params, 1), moment.world
    epoch = moment.epoch - 1 if config.get("epoch") is None else _slot([config["epoch"]], 0)
    # The rewards of an epoch are read from the first blocks of the next.
    boundary = world.parameters.first_slot(epoch + 1)
    if epoch >= moment.epoch:
        raise SimulatedRpcError(-32004, f"Block not available for slot {boundary}")
    if epoch < world.parameters.genesis_epoch:
        first = _first_available(moment)
        raise SimulatedRpcError(
            -32001, f"Block {boundary} cleaned up, does not exist on node. First available block: {first}"
        )
    paid, paying = world.economy(epoch), world.chain(epoch + 1)
    complete = world.height_before(epoch + 1) + 1 + paid.reward_partitions + 1
    if moment.block_height < complete:
        raise SimulatedRpcError(
            -32017,
            f"Epoch rewards period still active at slot {moment.head_slot}",
            {
                "currentBlockHeight": moment.block_height,
                "rewardsCompleteBlockHeight": complete,
                "slot": moment.head_slot,
            },
        )
    rewards, after = paid.inflation, world.economy(epoch + 1)
    rows: list[dict[str, Any] | None] = []
    for address in addresses:
        account, amount = world.book.account_with_key(address), paid.commission_paid_to(address)
        if amount is not None:
            rows.append(_reward_row(epoch, paying, 0, amount, world.purses.collected(address, epoch)))
        elif account is not None and rewards.staker_rewards[account]:
            position = 1 + paid.partition_of(account)
            rows.append(_reward_row(epoch, paying, position, rewards.staker_rewards[account], after.lamports(account)))
        else:
            rows.append(None)
    return rows


def _reward_row(epoch: int, paying: EpochChain, position: int, amount: int, balance: int) -> dict[str, Any]:
    slot = paying.first_slot + paying.block_indices[position]
    return {"epoch": epoch, "effectiveSlot": slot, "amount": amount, "postBalance": balance, "commission": None}


def _get_account_info(moment: Moment, params: list[Any]) -> dict[str, Any]:
    _require_parsed(_config(params, 1))
    address = _key(params[0] if params else None)
    return {"context": {"slot": moment.head_slot}, "value": account_info(moment, address)}


def _get_multiple_accounts(moment: Moment, params: list[Any]) -> dict[str, Any]:
    _require_parsed(_config(params, 1))
    if not params or not isinstance(params[0], list):
        raise SimulatedRpcError(-32602, "Invalid params: invalid type, expected a sequence of addresses.")
    if len(params[0]) > _MAX_ACCOUNTS:
        raise SimulatedRpcError(-32602, f"Too many inputs provided; max {_MAX_ACCOUNTS}")
    found = [account_info(moment, _key(address)) for address in params[0]]
    return {"context": {"slot": moment.head_slot}, "value": found}


def _require_parsed(config: dict[str, Any]) -> None:
    if config.get("encoding") != "jsonParsed":
        raise SimulatedRpcError(-32602, "Invalid params: only the encoding jsonParsed is simulated for accounts.")


def _get_vote_accounts(moment: Moment, params: list[Any]) -> dict[str, Any]:
    config = _config(params, 0)
    wanted = None if config.get("votePubkey") is None else _key(config["votePubkey"])
    distance = config.get("delinquentSlotDistance")
    return vote_accounts(moment, wanted, distance if isinstance(distance, int) else None)


def _get_program_accounts(moment: Moment, params: list[Any]) -> Any:
    program, config = _key(params[0] if params else None), _config(params, 1)
    if program != STAKE_PROGRAM:
        raise SimulatedRpcError(
            -32010,
            f"{program} excluded from account secondary indexes; this RPC method unavailable for key",
            {"indexKey": program},
        )
    if config.get("encoding") != "jsonParsed":
        raise SimulatedRpcError(-32602, "Invalid params: only the encoding jsonParsed is simulated for stake accounts.")
    authorities: dict[int, str] = {}
    has_other_size = False
    for item in config.get("filters") or []:
        memcmp = item.get("memcmp") if isinstance(item, dict) else None
        if isinstance(memcmp, dict) and memcmp.get("offset") in (12, 44, 124):
            authorities[memcmp["offset"]] = _key(memcmp.get("bytes"))
        elif isinstance(item, dict) and type(item.get("dataSize")) is int:
            has_other_size = item["dataSize"] != 200
        else:
            raise SimulatedRpcError(
                -32602, f"Invalid params: the filter {item!r} is not simulated; use dataSize or memcmp at 12, 44, 124."
            )
    found = [] if has_other_size else stake_accounts(moment, authorities)
    return {"context": {"slot": moment.head_slot}, "value": found} if config.get("withContext") else found


_METHODS: dict[str, Callable[[Moment, list[Any]], Any]] = {
    "getHealth": lambda moment, params: "ok",
    "getSlot": lambda moment, params: moment.head_slot,
    "getBlockHeight": lambda moment, params: moment.block_height,
    "getFirstAvailableBlock": lambda moment, params: _first_available(moment),
    "getEpochInfo": _get_epoch_info,
    "getEpochSchedule": _get_epoch_schedule,
    "getLeaderSchedule": _get_leader_schedule,
    "getBlocks": _get_blocks,
    "getBlocksWithLimit": _get_blocks_with_limit,
    "getBlock": _get_block,
    "getAccountInfo": _get_account_info,
    "getMultipleAccounts": _get_multiple_accounts,
    "getBlockTime": _get_block_time,
    "getBlockProduction": _get_block_production,
    "getInflationReward": _get_inflation_reward,
    "getVoteAccounts": _get_vote_accounts,
    "getProgramAccounts": _get_program_accounts,
}
