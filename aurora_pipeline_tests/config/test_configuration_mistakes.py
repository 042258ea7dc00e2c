"""Every mistake in the two files is named with its place and a remedy, and all of them at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from aurora_pipeline.config import ConfigurationError, load_configuration
from aurora_pipeline.foundation.mistakes import Mistake

Problems = Callable[..., tuple[Mistake, ...]]
With = Callable[..., str]

FEES = "    protocol_fee_bps:\n      - {from: 2025-01-01, bps: 300}\n      - {from: 2025-06-01, bps: 309}\n"
# A chain that is not enabled may be described: its roles are not checked.
DESCRIBED = [
    ("enabled: true", "enabled: false"),
    ("family: solana", "family: ethereum"),
    ("decimals: 9", "decimals: 18"),
    (FEES, ""),
]

# (replacements, line, key path, part of the message, part of the remedy); the path is that of the only problem.
IN_CHAINS = [
    # keys
    ([("finality_lag: 32", "finalty_lag: 32\n    finality_lag: 32")], 10, "finalty_lag", "unknown key", "finality_lag"),
    ([("    finality_lag: 32\n", "")], 2, "", 'key "finality_lag" is missing', "add finality_lag: How many slots"),
    ([("bps: 300", "bsp: 300, bps: 3")], 12, "protocol_fee_bps[0].bsp", "unknown", "bps"),
    ([("{from: 2025-01-01, bps: 300}", "{bps: 300}")], 12, "protocol_fee_bps[0]", 'key "from" is missing', "add from"),
    ([("name: Solana test", "name: Solana test\n    name: twice")], 4, "name", "given twice", "line 3"),
    ([("      mev: [kobe]", "      mevv: [kobe]\n      mev: [kobe]")], 17, "roles.mevv", "unknown role", '"mev"'),
    ([("      mev: [kobe]", "      period: [rpc]\n      mev: [kobe]")], 17, "roles.period", "no role", "fees, mev"),
    # types and bounds
    ([("first_period: 850", "first_period: -1")], 7, "first_period", "at least 0, found the number -1", "first period"),
    ([("first_period: 850", "first_period: 1000000000000")], 7, "first_period", "at most 999999999999", "first period"),
    ([("first_period: 850", "first_period: soon")], 7, "first_period", 'whole number, found the text "soon"', "period"),
    ([("first_period: 850", "first_period: 850.5")], 7, "first_period", "found the number 850.5", "period"),
    ([("first_period: 850", "first_period: true")], 7, "first_period", "whole number, found true", "period"),
    ([("first_period: 850", "first_period: 1:30")], 7, "first_period", "whole number, found the text", "period"),
    ([("first_period: 850", "first_period: !!int soon")], 7, "first_period", "whole number, found the text", "period"),
    ([("first_period: 850", "first_period: !!binary aGk=")], 7, "first_period", "tags", "plain value"),
    ([("first_period: 850", "first_period:")], 7, "first_period", "whole number, found nothing", "period"),
    ([("first_period: 850", "first_period: [850]")], 7, "first_period", "whole number, found a list", "period"),
    ([("enabled: true", "enabled: yes")], 4, "enabled", 'true or false, found the text "yes"', "true:"),
    ([("enabled: true", "enabled: 1")], 4, "enabled", "true or false, found the number 1", "true:"),
    ([("family: solana", "family: solan")], 5, "family", "one of solana, ethereum", 'did you mean "solana"'),
    ([("period_type: EPOCH", "period_type: epoch")], 6, "period_type", "one of EPOCH", 'did you mean "EPOCH"'),
    ([("[VOTE_FEES]", "[VOTE_FEE]")], 14, "costs_due[0]", "one of NETWORK_FEE", 'did you mean "VOTE_FEES"'),
    ([("[VOTE_FEES]", "[VOTE_FEES, VOTE_FEES]")], 14, "costs_due", "more than once", "once"),
    ([("[VOTE_FEES]", "VOTE_FEES")], 14, "costs_due", "expected a list, found the text", "Cost types"),
    ([("bps: 300", "bps: 10001")], 12, "protocol_fee_bps[0].bps", "at most 10000", "0 to 10000"),
    ([("bps: 300", "bps: 3.09")], 12, "protocol_fee_bps[0].bps", "whole number", "basis points"),
    ([("2025-01-01", "2025-02-30")], 12, "protocol_fee_bps[0].from", "a day like 2025-01-31", "first day"),
    ([("2025-01-01", "20250101")], 12, "protocol_fee_bps[0].from", "a day like 2025-01-31", "first day"),
    ([("2025-06-01", "2025-01-01")], 11, "protocol_fee_bps", "days must rise", "one per day"),
    ([("native_unit: SOL", "native_unit: S O L")], 8, "native_unit", "not spelled", "SOL"),
    ([("name: Solana test", 'name: ""')], 3, "name", "at least this many characters: 1", "people"),
    ([("      fees: [rpc, beach]", "      fees: rpc")], 16, "roles.fees", "expected a list", "providers to ask"),
    # rules between keys
    ([("period_type: EPOCH", "period_type: SLOT_RANGE\n    period_size: 9")], 6, "period_type", "per epoch", "EPOCH"),
    ([("period_type: EPOCH", "period_type: EPOCH\n    period_size: 9")], 7, "period_size", "one epoch", "remove"),
    # what the chain's family decides
    ([("unit: SOL", "unit: Lamports")], 8, "native_unit", "Lamports is a smaller unit of Solana chains", "SOL"),
    ([("decimals: 9", "decimals: 18")], 9, "native_decimals", "a Solana chain has 9 decimals, as SOL", "decimals: 9"),
    ([*DESCRIBED, ("EPOCH", "BLOCK_WINDOW")], 2, "period_size", "needs", "blocks"),
    ([*DESCRIBED, ("costs_due", "split_fees: true\n    costs_due")], 11, "split_fees", "have no", "remove"),
    ([*DESCRIBED[:-1]], 11, "protocol_fee_bps", "Ethereum chains have no protocol_fee_bps", "remove"),
    # roles and providers
    ([("      mev: [kobe]\n", "")], 15, "roles", 'for the role "mev"', "mev: []"),
    (
        [
            ("fees: [rpc, beach]", "fees: []"),
            ("mev: [kobe]", "mev: []"),
            ("rewards: [rpc]", "rewards: []"),
            ("meta: [wiz, rpc]", "meta: []"),
            ("positions: [rpc]", "positions: []"),
            ("costs: [rpc]", "costs: []"),
        ],
        15,
        "roles",
        "no role has a provider",
        "one of them",
    ),
    ([("mev: [kobe]", "mev: [kobbe]")], 17, "roles.mev[0]", 'no provider "kobbe"', 'did you mean "kobe"'),
    ([("fees: [rpc, beach]", "fees: [beach]")], 16, "roles.fees", "none of its providers is enabled", "enable beach"),
    ([("mev: [kobe]", "mev: [kobe, rpc]")], 17, "roles.mev[1]", "serves costs, fees", "of kind file or jito"),
    ([("mev: [kobe]", "mev: [kobe, kobe]")], 15, "roles", "more than once", "once"),
    ([("mev: [kobe]", "mev: [kobe, 7]")], 17, "roles.mev[1]", "expected text", "providers"),
    # variables
    ([("finality_lag: 32", "finality_lag: ${LAG}")], 10, "finality_lag", "variable LAG is not set", "set LAG"),
    ([("finality_lag: 32", "finality_lag: ${LAG-32}")], 10, "finality_lag", "malformed", "${NAME:-default}"),
    ([("finality_lag: 32", "finality_lag: ${LAG:-x}")], 10, "finality_lag", "environment", "slots"),
]  # fmt: skip

IN_PROVIDERS = [
    ([("kind: jito", "kind: jitto")], 10, "kobe.kind", 'no adapter is of kind "jitto"', 'did you mean "jito"'),
    ([("concurrency: 4", "concurrency: 0")], 6, "rpc.concurrency", "at least 1", "under way"),
    ([("concurrency: 4", "concurency: 4")], 6, "rpc.concurency", "unknown key", '"concurrency"'),
    ([("per_seconds: 1", "per_second: 1, per_seconds: 1")], 7, "rpc.rate_limit.per_second", "unknown", "per_seconds"),
    ([("per_seconds: 1", "per_seconds: .inf")], 7, "rpc.rate_limit.per_seconds", "a number", "how many seconds"),
    ([("{requests: 10, per_seconds: 1}", "10")], 7, "rpc.rate_limit", "map of keys", "How many"),
    ([("concurrency: 4", "name: other")], 6, "rpc.name", "unknown key", "the name is the key above"),
    ([("base_url: http://127.0.0.1:1/rpc", "base_url: ftp://h/")], 5, "rpc.base_url", "no http or https", "https://"),
    ([("base_url: http://127.0.0.1:1/rpc", "base_url: http://h:99999/")], 5, "rpc.base_url", "no http or https", "https://"),
    ([("base_url: http://127.0.0.1:1/rpc", "base_url: http:///x")], 5, "rpc.base_url", "no http or https", "https://"),
    ([("base_url: http://127.0.0.1:1/rpc", "base_url: http://h /x")], 5, "rpc.base_url", "space", "https://"),
    ([("concurrency: 4", 'concurrency: "4"')], 6, "rpc.concurrency", 'found the text "4"', "under way"),
    ([("  kobe:", "  Kobe:")], 8, "Kobe", "not spelled", "lower-case"),
    ([("concurrency: 4", "api_key: 1234")], 6, "rpc.api_key", "expected text, found something else", "environment"),
    ([("enabled: false", "enabled: ${BEACH}")], 17, "beach.enabled", "variable BEACH is not set", "set BEACH"),
    ([("concurrency: 4", "api_key: ${RPC_KEY}")], 6, "rpc.api_key", "variable RPC_KEY is not set", "set RPC_KEY"),
    ([("concurrency: 4", "concurrency: 4\n    concurrency: 5")], 7, "rpc.concurrency", "given twice", "line 6"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "line", "path", "message", "remedy"), IN_CHAINS)
def test_chains_file__one_mistake__one_problem_with_place_and_remedy(
    changes: list[tuple[str, str]],
    line: int,
    path: str,
    message: str,
    remedy: str,
    problems_of: Problems,
    chains_with: With,
) -> None:
    problems = problems_of(chains=chains_with(*changes))
    assert len(problems) == 1, problems
    (problem,) = problems
    assert problem.file.endswith("chains.yaml")
    assert (problem.line, problem.place) == (line, "chains[solana-test]" + (f".{path}" if path else ""))
    assert message in problem.message
    assert remedy in str(problem.remedy)


@pytest.mark.parametrize(("changes", "line", "path", "message", "remedy"), IN_PROVIDERS)
def test_providers_file__one_mistake__named_with_place_and_remedy(
    changes: list[tuple[str, str]],
    line: int,
    path: str,
    message: str,
    remedy: str,
    problems_of: Problems,
    providers_with: With,
) -> None:
    problems = [p for p in problems_of(providers=providers_with(*changes)) if p.file.endswith("providers.yaml")]
    assert len(problems) == 1, problems
    (problem,) = problems
    assert (problem.line, problem.place) == (line, f"providers.{path}")
    assert message in problem.message
    assert remedy in str(problem.remedy)


def test_providers_file__misspelt_required_key__both_sides_named(problems_of: Problems, providers_with: With) -> None:
    problems = problems_of(providers=providers_with(("base_url: http://127.0.0.1:1/rpc", "base_ulr: http://h")))
    assert {problem.message for problem in problems} == {'the key "base_url" is missing', 'unknown key "base_ulr"'}


def test_chains_file__solana_without_protocol_fee__refused(problems_of: Problems, chains_with: With) -> None:
    start, end = "    protocol_fee_bps:\n", "    costs_due"
    text = chains_with()
    problems = problems_of(chains=text[: text.index(start)] + text[text.index(end) :])
    assert [problem.place for problem in problems] == ["chains[solana-test].protocol_fee_bps"]


@pytest.mark.parametrize(
    ("text", "line", "message", "remedy"),
    [
        ("", None, "empty", "docs/files.md"),
        ("# only a comment\n", None, "empty", "docs/files.md"),
        ("chains:\n\t- chain_id: x\n", 2, "not valid YAML", "replace the tab"),
        ("chains: [\n", 2, "not valid YAML", "indentation"),
        ("chains: [a\n---\nb: 1\n", None, "not valid YAML", "indentation"),
        ("a: 1\n---\nb: 1\n", 2, "not valid YAML", "indentation"),
        (b"\xff\xfe\x00", 1, "not UTF-8", "UTF-8"),
        (b"chains:\n- name: \xe9\n", 2, "not UTF-8", "UTF-8"),
        ("chains: \x00\n", None, "characters", "UTF-8"),
        ("[" * 5000, None, "nested too deeply", "docs/configuration.md"),
        ("x" * 1_000_001, None, "bytes", "configuration file"),
        ("- chain_id: x\n", 1, "map with the key", "begin the file"),
        ("just words\n", 1, "map with the key", "begin the file"),
        ("chains:\n", 1, "list of chains", "item"),
        ("chains: []\n", 1, "list of chains", "item"),
        ("chains: {a: 1}\n", 1, "list of chains", "item"),
        ("chains: &all [*all]\n", 1, "aliases", "one place"),
        ("chains: !!set {a}\n", 1, "tags", "plain value"),
        ("chains:\n- 5\n", 2, "map of keys", "docs/configuration.md"),
    ],
)
def test_chains_file__not_a_chains_file__said_once(
    text: str | bytes, line: int | None, message: str, remedy: str, problems_of: Problems
) -> None:
    problems = problems_of(chains=text)
    assert len(problems) == 1, problems
    assert message in problems[0].message
    assert remedy in str(problems[0].remedy)
    assert line is None or problems[0].line == line


def test_chains_file__misspelt_top_key__names_the_right_one(problems_of: Problems, chains_with: With) -> None:
    problems = problems_of(chains=chains_with(("chains:", "chain:")))
    assert {problem.message for problem in problems} == {'unknown key "chain"', 'the key "chains" is missing'}
    assert any('did you mean "chains"' in str(problem.remedy) for problem in problems)


def test_chains_file__complex_key__refused(problems_of: Problems, chains_with: With) -> None:
    problems = problems_of(chains=chains_with(("    name: Solana test", "    name: Solana test\n    [a, b]: 1")))
    assert [(problem.line, problem.message) for problem in problems] == [(4, "a key must be a single word")]


def test_chains_file__two_chains_with_one_id__refused(problems_of: Problems, chains_with: With) -> None:
    text = chains_with()
    problems = problems_of(chains=text + text.removeprefix("chains:\n"))
    assert [(p.line, p.place, p.message) for p in problems] == [
        (22, "chains[solana-test].chain_id", "two chains have this id")
    ]
    assert "line 2" in str(problems[0].remedy)


@pytest.mark.parametrize("providers", ["providers:\n- rpc\n", "providers: {}\n", "", "rpc: {}\n"])
def test_providers_file__unusable__chains_are_not_blamed_for_it(providers: str, problems_of: Problems) -> None:
    assert {Path(problem.file).name for problem in problems_of(providers=providers)} == {"providers.yaml"}


def test_providers_file__enabled_is_no_flag__roles_that_name_it_are_not_blamed(
    problems_of: Problems, providers_with: With
) -> None:
    problems = problems_of(providers=providers_with(("enabled: true\n    kind: jito", "enabled: yes\n    kind: jito")))
    assert [(problem.line, problem.place) for problem in problems] == [(9, "providers.kobe.enabled")]


def test_providers_file__entry_is_no_map__said_once(problems_of: Problems) -> None:
    providers = "providers:\n  rpc: http://h/SECRET\n"
    problems = [p for p in problems_of(providers=providers) if p.file.endswith("providers.yaml")]
    assert [(p.line, p.place) for p in problems] == [(2, "providers.rpc")]


def test_files__missing_or_a_folder__both_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_configuration(tmp_path / "none.yaml", tmp_path, {}, {})
    messages = {Path(problem.file).name: problem.message for problem in refused.value.mistakes}
    assert messages["none.yaml"] == "the file does not exist"
    assert "cannot be read" in messages[tmp_path.name]


def test_files__many_mistakes__all_at_once_in_file_order(
    problems_of: Problems, chains_with: With, providers_with: With
) -> None:
    problems = problems_of(
        chains=chains_with(
            ("family: solana", "family: solan"),
            ("native_decimals: 9", "native_decimals: nine"),
            ("finality_lag: 32", "finalty_lag: 32"),
            ("mev: [kobe]", "mev: [kobbe]"),
            ("      costs: [rpc]\n", ""),
        ),
        providers=providers_with(
            ("kind: jito", "kind: jitto"),
            ("concurrency: 4", "concurrency: lots"),
            ("base_url: http://127.0.0.1:1/wiz", "base_url: ${WIZ_URL}"),
        ),
    )
    assert [(Path(p.file).name, p.line, p.place) for p in problems] == [
        ("chains.yaml", 2, "chains[solana-test]"),
        ("chains.yaml", 5, "chains[solana-test].family"),
        ("chains.yaml", 9, "chains[solana-test].native_decimals"),
        ("chains.yaml", 10, "chains[solana-test].finalty_lag"),
        ("chains.yaml", 15, "chains[solana-test].roles"),
        ("chains.yaml", 17, "chains[solana-test].roles.mev[0]"),
        ("providers.yaml", 6, "providers.rpc.concurrency"),
        ("providers.yaml", 10, "providers.kobe.kind"),
        ("providers.yaml", 15, "providers.wiz.base_url"),
    ]


def test_error__as_text__counts_and_lists_every_problem(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_configuration(tmp_path / "a.yaml", tmp_path / "b.yaml", {}, {})
    text = str(refused.value)
    assert text.startswith("2 mistakes in the configuration")
    assert re.findall(r"([ab]\.yaml)  the file does not exist\n    -> name one that is there", text) == [
        "a.yaml",
        "b.yaml",
    ]
