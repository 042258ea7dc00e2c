"""Bad input at the command line: what is wrong, what to do, the right exit code, and nothing half-written."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aurora_pipeline.cli.epochs import parse_span
from aurora_pipeline.config import load_configuration
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.units import EpochNumber, EpochRange
from aurora_pipeline.periods.errors import TooManyPeriods
from aurora_pipeline.sources.kinds import KINDS
from aurora_pipeline_tests.cli.conftest import DEMO, Command, Made
from aurora_pipeline_tests.cli.documents import data_of

ROOT = Path(__file__).parents[2]
CHAIN = "solana-demo"
_SHIPPED = load_configuration(ROOT / "chains.yaml", ROOT / "providers.yaml", {}, KINDS)
SOLANA, WINDOWS = (_SHIPPED.chain(f"{family}-mainnet") for family in ("solana", "ethereum"))


def test_demo__interrupted__says_so_and_a_later_one_goes_on(made: Made) -> None:
    assert made.interrupted.code == 130
    assert "whatever was published before stands" in made.interrupted.told
    assert [ended.code for ended in made.beside] == [0, 0], made.beside


def test_demo__two_at_once__one_waits_and_finds_the_work_done(made: Made) -> None:
    first, second = sorted(made.beside, key=lambda ended: "waiting" in ended.err)
    assert "20 of 20 figures equal" in first.told
    assert "waiting for it to end" in second.told
    assert "nothing changed" in second.told
    assert "nothing changed" not in first.told


def test_demo__on_the_same_data_again__changes_nothing_and_says_so(made: Made, aurora: Command) -> None:
    ended = aurora(made.home, "demo", "--epochs", "1")
    assert ended.code == 0
    assert "Everything was computed before: nothing changed." in ended.told


def test_audit__of_a_demo_with_all_that_it_decided__holds(made: Made, aurora: Command) -> None:
    ended = aurora(made.home, "--demo", "audit")
    assert ended.code == 0, ended.told
    assert "do not hold" not in ended.told


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("backfill", "solana-demmo", "850"), 'did you mean "solana-demo"?'),
        (("backfill", CHAIN, "900"), "epoch 900 is not final: the chain is in epoch 851"),
        (("backfill", CHAIN, "850..852"), "epoch 851..852 is not final"),
        (("backfill", CHAIN, "849"), "is computed from epoch 850 on, not 849"),
        (("backfill", CHAIN, "850-852"), "write 850 or 850..855"),
        (("backfill", CHAIN, "852..850"), "write 850..852"),
        (("recompute", CHAIN, "851"), "run `aurora --demo backfill solana-demo 851`"),
        (("status", "nochain"), "known chains: ethereum-demo, solana-demo"),
        (("periods", "list", "nochain"), "known chains: ethereum-demo, solana-demo"),
        (("trace", "nonsense"), "is no id or beginning of one"),
        (("trace", "00000000-0000-0000-0000-000000000000"), "00000000-0000-0000-0000-000000000000"),
        (("verify", "nonsense"), "is no digest"),
        (("db", "downgrade", "base"), "a downgrade drops data; repeat with --yes"),
    ],
)
def test_command__about_what_is_not_there__says_what_is(
    made: Made, aurora: Command, arguments: tuple[str, ...], words: str
) -> None:
    before = everything(made, aurora)
    ended = aurora(made.home, "--demo", *arguments)
    assert ended.code == 2
    assert words in ended.told.replace("│ ", "")
    assert everything(made, aurora) == before


def everything(made: Made, aurora: Command) -> object:
    """What the demo's status says of all that is recorded, whenever it is asked."""
    told = data_of(aurora(made.home, "--demo", "status", "--json").out)
    return {name: value for name, value in told.items() if name != "checked_at"}


def test_demo__with_options_of_another_chain__is_refused(made: Made, aurora: Command) -> None:
    ended = aurora(made.home, "demo", "--epochs", "1", "--validators", "5")
    assert ended.code == 2
    assert "validators is 4 there and 5 here" in ended.told
    assert "To begin a new chain, delete" in ended.told


@contextmanager
def without(path: Path, instead: bytes | None = None) -> Iterator[None]:
    """A file gone, or with other content, for a while."""
    kept = path.read_bytes()
    try:
        if instead is None:
            path.unlink()
        else:
            path.write_bytes(instead)
        yield
    finally:
        path.write_bytes(kept)


def test_demo__chain_state_gone__refused_before_anything_is_begun(made: Made, aurora: Command) -> None:
    data = made.home / ".aurora" / "demo"
    with without(data / "simulator.json"):
        for arguments in (("demo", "--epochs", "1"), DEMO):
            ended = aurora(made.home, *arguments)
            assert ended.code == 2
            assert "the chain's own state is gone" in ended.told
            assert f"begin anew: delete {data}" in ended.out + ended.err.replace("\n", "")
        ended = aurora(made.home, "--demo", "backfill", CHAIN, "850")
        assert ended.code == 2
        assert "there is no demo in" in ended.told
        assert not (data / "simulator.json").exists()


def test_demo__chain_state_garbled__refused(made: Made, aurora: Command) -> None:
    with without(made.home / ".aurora" / "demo" / "simulator.json", b"{"):
        ended = aurora(made.home, "demo", "--epochs", "1")
    assert ended.code == 2
    assert "is no simulator state" in ended.told


@pytest.mark.parametrize("address", [b"http://127.0.0.1:9", b"\0\xff"])
def test_backfill__address_of_a_simulator_that_is_gone__starts_one(made: Made, aurora: Command, address: bytes) -> None:
    (made.home / ".aurora" / "demo" / "simulator.url").write_bytes(address)
    ended = aurora(made.home, "--demo", "backfill", CHAIN, "850")
    assert ended.code == 0, ended
    assert "nothing changed" in ended.told
    assert not (made.home / ".aurora" / "demo" / "simulator.url").exists()


def test_database__written_by_another_postgres__says_which_and_what_to_do(made: Made, aurora: Command) -> None:
    with without(made.home / ".aurora" / "demo" / "postgres" / "cluster" / "PG_VERSION", b"17\n"):
        ended = aurora(made.home, "--demo", "status")
    assert ended.code == 2
    assert "was written by PostgreSQL 17" in ended.told


def test_data_directory__a_file_in_its_place__says_so(tmp_path: Path, aurora: Command) -> None:
    (tmp_path / ".aurora").write_text("x")
    for arguments in (DEMO, ("--demo", "status")):
        ended = aurora(tmp_path, *arguments)
        assert ended.code == 2
        assert str(tmp_path / ".aurora") in (ended.out + ended.err).replace("\n", "")
    assert (tmp_path / ".aurora").read_text() == "x"


# Files people write.


@pytest.mark.parametrize(
    ("command", "text", "words"),
    [
        (("agreements", "apply", "--reason", "typo"), "partners: [\n", "this is not valid YAML"),
        (("agreements", "apply", "--reason", "typo"), "partnerz: []\n", 'did you mean "partners"?'),
        (
            ("validators", "import"),
            "chain_id,validator_key,name,valid_from\nsolana-demo,abc,n,2026-01-01\n",
            "no Solana key",
        ),
        (("costs", "import"), "chain_id,epoch,validator_key,cost_type,amount,unit\n", "holds no entries"),
        (
            ("costs", "import"),
            "chain_id,epoch,validator_key,cost_type,amount,unit\nsolana-demo,850,V,INFRASTRUCTUR,1,SOL\n",
            'did you mean "INFRASTRUCTURE"?',
        ),
        (("operator-wallets", "import"), "wallet\n", "unknown column 'wallet'"),
        (("fee-recipients", "import"), "wallet\n", "unknown column 'wallet'"),
    ],
)
def test_file__with_a_mistake__named_with_its_place_and_nothing_written(
    made: Made, aurora: Command, tmp_path: Path, command: tuple[str, ...], text: str, words: str
) -> None:
    path = tmp_path / "mine.txt"
    path.write_text(text)
    registered = aurora(made.home, "--demo", "validators", "export").out
    ended = aurora(made.home, "--demo", *command[:2], str(path), *command[2:])
    assert ended.code == 2
    assert words in ended.told
    assert "mine.txt:" in ended.told or "holds no entries" in words
    assert "nothing was" in ended.told
    assert aurora(made.home, "--demo", "validators", "export").out == registered


def test_file__missing__says_which(made: Made, aurora: Command) -> None:
    for command in (
        ("validators", "import"),
        ("costs", "import"),
        ("operator-wallets", "import"),
        ("fee-recipients", "import"),
    ):
        ended = aurora(made.home, "--demo", *command, "nowhere.csv")
        assert ended.code == 2
        assert "nowhere.csv can't be read: No such file" in ended.told
    ended = aurora(made.home, "--demo", "agreements", "apply", "nowhere.yaml", "--reason", "x")
    assert (ended.code, "nowhere.yaml the file does not exist" in ended.told) == (2, True)


# The operator's own workspace.


@pytest.fixture
def own(tmp_path: Path) -> Path:
    for name in ("chains.yaml", "providers.yaml"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    return tmp_path


def test_configuration__missing_or_mistyped__every_mistake_at_once(own: Path, aurora: Command) -> None:
    chains = own / "chains.yaml"
    chains.write_text(chains.read_text().replace("finality_lag:", "finality_lagg:").replace(": solana\n", ": solan\n"))
    for command in (("config", "check"), ("status",), ("backfill", "solana-mainnet", "850")):
        ended = aurora(own, *command)
        assert ended.code == 2
        assert 'did you mean "finality_lag"?' in ended.told
        assert 'did you mean "solana"?' in ended.told
    chains.unlink()
    ended = aurora(own, "status")
    assert (ended.code, "chains.yaml the file does not exist" in ended.told) == (2, True)
    assert not (own / ".aurora").exists()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://aurora:geheim@127.0.0.1:9/aurora", "Connection refused"),
        ("postgresql://aurora:geheim@127.0.0.1:9", "must be an URL that names a database"),
        ("mysql://aurora:geheim@127.0.0.1:9/aurora", "is no PostgreSQL address"),
        ("geheim", "is no PostgreSQL address"),
    ],
)
def test_database__down_or_misnamed__says_so_without_its_password(
    own: Path, aurora: Command, url: str, words: str
) -> None:
    # Only a command that runs jobs needs a second database beside the first.
    commands = (
        [("backfill", "solana-mainnet", "850")] if "names a database" in words else [("status",), ("db", "current")]
    )
    for command in commands:
        ended = aurora(own, *command, AURORA_DATABASE_URL=url)
        assert ended.code == (75 if "refused" in words else 2)
        assert words in ended.told
        assert "geheim" not in ended.told


def test_up__port_in_use__names_another(made: Made, aurora: Command) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = aurora(made.home, "--demo", "up", "--port", str(port))
    assert ended.code == 2
    assert f"port {port} is in use" in ended.told
    assert f"aurora --demo up --port {port + 1}" in ended.told


@pytest.mark.parametrize("text", ["", "x", "850..", "..850", "850...851", "-1", "1e3", "\u0668", "9" * 5_000])
def test_epochs__anything_but_one_or_a_range__refused(text: str) -> None:
    with pytest.raises(AuroraError):
        parse_span(text)


def test_epochs__one_or_a_range__both_ends_included() -> None:
    assert parse_span("850").periods_of(SOLANA) == EpochRange(EpochNumber(850), EpochNumber(851))
    assert parse_span("850..852").periods_of(SOLANA) == EpochRange(EpochNumber(850), EpochNumber(853))


@pytest.mark.parametrize(
    ("text", "periods"),
    [
        ("364050", [364_050]),
        ("364100", [364_050]),
        ("364050..364499", [364_050, 364_275]),
        ("364100..364500", [364_050, 364_275, 364_500]),
    ],
)
def test_epochs__of_a_chain_of_windows__name_the_windows_they_lie_in(text: str, periods: list[int]) -> None:
    assert list(parse_span(text).periods_of(WINDOWS)) == periods


def test_epochs__very_many_of_them__are_counted_as_periods() -> None:
    assert len(parse_span("364050..2614049").periods_of(WINDOWS)) == 10_000
    for chain, text in ((WINDOWS, "364050..2614050"), (SOLANA, "0..10000")):
        with pytest.raises(TooManyPeriods, match=f"{text} names 10001 periods of {chain.chain_id}"):
            parse_span(text).periods_of(chain)
