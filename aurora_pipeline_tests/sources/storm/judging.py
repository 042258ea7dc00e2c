"""What may be made of a struck answer, and what is a defect: a wrong row, a refusal without a name, a bad text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from aurora_pipeline.asking.reading import ReaderStumbled, UnreadableAnswer
from aurora_pipeline_tests.sources.storm.plain import Leaf, leaves, plain, texts, unordered
from aurora_pipeline_tests.sources.storm.reading import Reading
from aurora_pipeline_tests.sources.storm.strikes import Promise, Strike, number_of

READ: Final = "read"
MESSAGE_LENGTH_MAX: Final = 2_000
FEWER: Final[Mapping[str, Sequence[str]]] = {
    "solanabeach.read_page": ("rows",),
    "solana.read_block_votes": ("paid_out", "transactions"),
    # A block without any transaction and any Fee row is an empty one.
    "solana.read_block": ("base_fees", "transactions"),
    "solana.read_vote_states": (
        *("credits_before", "last_vote"),
        # Where no rate in basis points is told, the one in percent is read, and named so; no collector is the account.
        *("commission_source", "commission_bps", "collector_key"),
    ),
    "solana.read_vote_accounts": ("commission_source", "commission_bps"),
    # What a transaction of the old kinds offers is its price; receipts are held against it.
    "evm.read_block": ("price_offered", "tip_offered"),
    # Without any epoch the rows are read all the same, of epoch 0: what is wrong with them shows.
    "files.epochs_in": ("",),
}
"""What readers count or sum of the rows that are there, or say of them: whoever reads all answers judges that."""
_SCALES: Final = (1, 100, 10_000, 10**9, 10**18)
"""How much larger than what was told a value may be: percent, and whole coins."""
_WHOLE_OTHERS: Final = frozenset({"answer to another question", "of another epoch"})
"""What a single reader cannot know: those that read several answers together are judged by it."""


def _nothing(strike: Strike, row: Mapping[str, Any], name: str) -> bool:
    return False


def _of_one_not_active(strike: Strike, row: Mapping[str, Any], name: str) -> bool:
    """Whoever is told to have been active at another time has no stake in this one."""
    return name in ("stake", "active_stake", "active") and any("activation_epoch" in one for one in strike.wheres)


def _of_a_slashed_one(strike: Strike, row: Mapping[str, Any], name: str) -> bool:
    """What a slashed validator lost stands as the slashing where no reward tells it: clients stop telling of it. What
    its balance did stays as it was."""
    if _of_one_not_active(strike, row, name):
        return True
    return bool(row.get("slashed")) and name not in ("profit", "balance_start", "balance_end", "withdrawals", "stake")


def _of_a_block_alone(strike: Strike, row: Mapping[str, Any], name: str) -> bool:
    """Moves say their slot and place by the block's answer alone. Whoever takes them for all there is takes blocks that
    are proven to follow each other, and whose transactions are counted; and each move begins where another ended. Where
    the block does not list a reward, getInflationReward tells it, without its place."""
    if strike.promise is Promise.SAME_OR_NONE and any(one.startswith("result.rewards") for one in strike.wheres):
        return True
    return strike.how in ("answer to another question", "list in another order") or "doubled" in strike.how


def _of_a_row_without_its_epoch(strike: Strike, row: Mapping[str, Any], name: str) -> bool:
    """Rows of a directory that name no epoch are of the one in which it was looked at; others are left out."""
    return "[].epoch" in strike.wheres


def _of_another_recipient(strike: Strike, row: Mapping[str, Any], name: str) -> bool:
    """Whose address stands where says whether a block's payment was tips or a builder's."""
    return any(one.endswith("address") for one in strike.wheres)


def _of_a_rate_in_percent(strike: Strike, row: Mapping[str, Any], name: str) -> bool:
    """Where no rate in basis points is told, the one in percent is read, and named so."""
    return any(one.endswith("inflationRewardsCommissionBps") for one in strike.wheres)


def _of_a_list_as_long(strike: Strike, row: Mapping[str, Any], name: str) -> bool:
    """Rows of getInflationReward stand in the order of the addresses: one doubled and others gone is a list as long."""
    return set(strike.how.split(", ")) in ({"row doubled", "dropped"}, {"row doubled", "list cut off"})


def _of_an_empty_block(strike: Strike, row: Mapping[str, Any], name: str) -> bool:
    """A block without any transaction and any reward row is an empty one, and there are such."""
    lists = {one.partition("[]")[0] for one in strike.wheres}
    return lists == {"result.rewards", "result.transactions"}


def _of_a_head(strike: Strike, row: Mapping[str, Any], name: str) -> bool:
    """What a node says of its head, and how long it says that epochs are, only asks for a period: blocks prove it."""
    return strike.how == "of another epoch" or any("SLOTS_PER_EPOCH" in one for one in strike.wheres)


EXPLAINED: Final[Mapping[str, Callable[[Strike, Mapping[str, Any], str], bool]]] = {
    "beacon_api tells balances": _of_a_slashed_one,
    "beacon_api tells head": _of_a_head,
    "beacon_api tells now": _of_a_head,
    "solana_rpc tells costs": _of_an_empty_block,
    "solana_rpc tells fees": _of_an_empty_block,
    "solana_rpc tells rewards": _of_a_list_as_long,
    "solana_rpc tells head": _of_a_head,
    "solana_rpc tells now": _of_a_head,
    "beacon_api tells meta": _of_one_not_active,
    "beacon_api tells positions": _of_one_not_active,
    "beaconcha tells fees": _of_another_recipient,
    "beaconcha tells mev": _of_another_recipient,
    "solana_rpc tells meta": _of_a_rate_in_percent,
    "solana_rpc tells moves": _of_a_block_alone,
    "stakewiz tells meta": _of_a_row_without_its_epoch,
}
"""By teller, which other figures are explained, and how."""


def judged(reading: Reading, strike: Strike) -> tuple[str, str | None]:
    """How a try ended (read, or the name of the refusal), and what is wrong with that."""
    try:
        found = plain(reading.read(strike))
    except ReaderStumbled as error:
        return "ReaderStumbled", error.problem
    except UnreadableAnswer as error:
        return type(error).__name__, _of_refusal(reading, strike, error)
    except Exception as error:
        return "unnamed", f"{type(error).__name__}: {error}"
    bad = next((text for text in texts(found) if not _can_be_stored(text)), None)
    if bad is not None:
        return READ, f"a text that no table can hold: {bad[:80]!r}"
    if not reading.compared:
        return READ, None
    return READ, (_of_figures if reading.tells_figures else _of_value)(reading, strike, found)


def _can_be_stored(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def _of_refusal(reading: Reading, strike: Strike, error: UnreadableAnswer) -> str | None:
    if not error.problem or len(error.message) > MESSAGE_LENGTH_MAX or not error.problem.isprintable():
        return f"a refusal that cannot be shown: {error.message[:400]!r}"
    if strike.promise is Promise.SAME and reading.compared:
        return f"refused, though it says the same: {error.problem}"
    return None


def _of_value(reading: Reading, strike: Strike, found: Any) -> str | None:
    """What one reader made of one answer."""
    if strike.promise is Promise.SAME:
        return None if unordered(found) == unordered(reading.good) else _difference(found, reading.good)
    if strike.how in _WHOLE_OTHERS or "[].epoch" in strike.wheres:
        return None
    known = leaves(reading.good)
    # Whether a row that stands twice is counted twice, shows where all answers are read together.
    new = (
        Counter({leaf: n for leaf, n in leaves(found).items() if leaf not in known})
        if "doubled" in strike.how
        else leaves(found) - known
    )
    counts = FEWER.get(reading.name, ())
    new = Counter({leaf: n for leaf, n in new.items() if leaf[0] not in counts})
    if strike.promise is Promise.ANOTHER:
        new = Counter({leaf: n for leaf, n in new.items() if not _is_told(leaf, strike, known)})
    return f"read what nobody said: {_shown(new)}" if new else None


def _is_told(leaf: Leaf, strike: Strike, known: Mapping[Leaf, int]) -> bool:
    """Whether a new value is the one that was told anew, or differs from an old one by as much as that one does."""
    name, value = leaf
    was, now = _exact(strike.before), _exact(strike.after)
    if was is None or now is None or not isinstance(value, int):
        # Another text or flag can mean anything; and what a number means may be an instant, or a word.
        return True
    olds = [old for old_name, old in known if old_name == name and isinstance(old, int)]
    return name == str(strike.after) or any(
        value == now * scale or any(abs(value - old) == abs(now - was) * scale for old in olds) for scale in _SCALES
    )


def _exact(told: object) -> Fraction | None:
    if type(told) is float:
        return Fraction(str(told))
    number = number_of(told)
    if number is not None or not isinstance(told, str):
        return None if number is None else Fraction(number)
    try:
        return Fraction(told)
    except ValueError:
        return None


def _of_figures(reading: Reading, strike: Strike, found: Mapping[str, Mapping[str, Any]]) -> str | None:
    """What was made of all answers together: final figures by row."""
    good: Mapping[str, Mapping[str, Any]] = reading.good
    if strike.promise is Promise.SAME and not EXPLAINED.get(reading.name, _nothing)(strike, {}, ""):
        return None if found == good else _difference(found, good)
    for key, row in found.items():
        # Where an adapter asked, each row says who tells it.
        explained = next((how for name, how in EXPLAINED.items() if f"{reading.name} {key}".find(name) >= 0), _nothing)
        for name, value in row.items():
            was = good.get(key, {}).get(name)
            if value is None or value == was or explained(strike, row, name):
                continue
            if strike.promise is Promise.SAME_OR_NONE:
                return f"{key} has {name} {str(value)[:80]} instead of {str(was)[:80]}"
            if value == 0 and was and not isinstance(value, bool) and not _is_told_zero(strike, was):
                return f"{key} has {name} 0 out of nothing instead of {str(was)[:80]}"
    return None


def _is_told_zero(strike: Strike, was: object) -> bool:
    """Whether a 0 is what was told: itself, by leaving something out, or as the difference of two counts."""
    before, after = _exact(strike.before), _exact(strike.after)
    if after == 0 or strike.leaves_out:
        return True
    return before is not None and after is not None and abs(after - before) == was


def _difference(found: Any, good: Any) -> str:
    """What one has and the other has not."""
    return f"another value: new {_shown(leaves(found) - leaves(good))}, gone {_shown(leaves(good) - leaves(found))}"


def _shown(found: Mapping[Leaf, int]) -> str:
    return str(dict(list(found.items())[:3]))[:300]
