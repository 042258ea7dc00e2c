"""No key ever appears in a repr, a report or an error, wherever in the files or the environment it stands."""

from __future__ import annotations

import traceback
from collections.abc import Callable

import pytest

from aurora_pipeline.config import Configuration, ConfigurationError, provider_report
from aurora_pipeline.config.provider import shown_url

Load = Callable[..., Configuration]
With = Callable[..., str]
SECRET = "hunter2butlonger"
RPC_URL = "base_url: http://127.0.0.1:1/rpc"

URLS = [
    f"https://host.example/?api-key={SECRET}",
    f"https://user:{SECRET}@host.example/rpc",
    f"https://{SECRET}@host.example:8899/rpc",
    f"https://host.example/v2/{SECRET}",
    f"https://host.example/v2/{SECRET}/rpc#x",
    f"https://host.example/rpc#{SECRET}",
    f"https://host.example/rpc;{SECRET}",
]


@pytest.mark.parametrize("url", URLS)
def test_provider__key_in_its_address__never_shown(url: str, load: Load, providers_with: With) -> None:
    configuration = load(
        providers=providers_with((RPC_URL, "base_url: ${URL}\n    api_key: ${KEY}")),
        env={"URL": url, "KEY": SECRET},
    )
    provider = configuration.providers["rpc"]
    assert provider.base_url == url
    assert provider.api_key is not None
    for shown in (
        repr(provider),
        str(provider),
        provider.shown_url,
        repr(configuration),
        str(configuration),
        f"{provider_report(configuration)}",
    ):
        assert SECRET not in shown
    assert provider.shown_url.startswith("https://host.example")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://kobe.mainnet.jito.network/api/v1", "https://kobe.mainnet.jito.network/api/v1"),
        ("http://127.0.0.1:8899", "http://127.0.0.1:8899"),
        ("http://[::1]:8899/rpc", "http://[::1]:8899/rpc"),
        ("https://host/v2/abcdefgh", "https://host/v2/…"),
        ("https://u:p@host/rpc?key=1", "https://host/rpc?…"),
        ("https://${HOST}/x", "https://${host}/x"),
        ("${URL}", "(no address)"),
        ("https://host:port/x", "(no address)"),
        ("http://[broken", "(no address)"),
    ],
)
def test_shown_url__forms__safe_and_still_useful(url: str, shown: str) -> None:
    assert shown_url(url) == shown


# A secret in a place where it is a mistake: (replacements in providers.yaml, environment).
MISPLACED = [
    ([(RPC_URL, f"base_url: {SECRET}")], {}),
    ([(RPC_URL, f"base_url: [{SECRET}]")], {}),
    ([(RPC_URL, f"base_url: https://u:{SECRET}@host:99999/")], {}),
    ([(RPC_URL, f"base_url: https://host/{SECRET} x")], {}),
    ([(RPC_URL, f"{RPC_URL}\n    api_key: [{SECRET}]")], {}),
    ([(RPC_URL, f"{RPC_URL}\n    api_key: {{key: {SECRET}}}")], {}),
    ([(RPC_URL, f"{RPC_URL}\n    api_key: *{SECRET}")], {}),
    ([(RPC_URL, f"{RPC_URL}\n    api_key: !{SECRET} x")], {}),
    ([(RPC_URL, f'{RPC_URL}\n    api_key: "{SECRET}')], {}),
    ([(RPC_URL, f"{RPC_URL}\n    api_key: {SECRET}: x")], {}),
    ([(RPC_URL, f"{RPC_URL}\n    api_key: ${{{SECRET}")], {}),
    ([("concurrency: 4", "concurrency: ${KEY}")], {"KEY": SECRET}),
    ([("kind: solana_rpc", "kind: ${KEY}")], {"KEY": SECRET}),
    ([("enabled: true", "enabled: ${KEY}")], {"KEY": SECRET}),
    ([("{requests: 10, per_seconds: 1}", "${KEY}")], {"KEY": SECRET}),
    ([(RPC_URL, "base_url: ${KEY}")], {"KEY": SECRET}),
]


@pytest.mark.parametrize(("changes", "env"), MISPLACED)
def test_error__secret_in_the_wrong_place__not_repeated_even_in_a_traceback(
    changes: list[tuple[str, str]], env: dict[str, str], load: Load, providers_with: With
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load(providers=providers_with(*changes), env=env)
    assert SECRET not in str(refused.value)
    assert SECRET not in "".join(traceback.format_exception(refused.value))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("chain_id: solana-test", "chain_id: ${KEY}X"),
        ("family: solana", "family: ${KEY}"),
        ("mev: [kobe]", "mev: ['${KEY}']"),
        ("fees: [rpc, beach]", "fees: ['${KEY}', '${KEY}']"),
        ("[VOTE_FEES]", "['${KEY}']"),
        ("2025-01-01", "'${KEY}'"),
    ],
)
def test_error__secret_variable_in_chains_file__not_repeated(old: str, new: str, load: Load, chains_with: With) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load(chains=chains_with((old, new)), env={"KEY": SECRET})
    assert SECRET not in str(refused.value)
