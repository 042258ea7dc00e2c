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
    # A user in the address and a key are the same header, so they cannot both be given.
    key = "" if "@" in url else SECRET
    configuration = load(
        providers=providers_with((RPC_URL, "base_url: ${URL}\n    api_key: ${KEY:-}")),
        env={"URL": url, "KEY": key},
    )
    provider = configuration.providers["rpc"]
    assert provider.base_url == url
    assert (provider.api_key is None) == (not key)
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


@pytest.mark.parametrize(
    ("url", "key", "words"),
    [
        ("https://host/rpc", f"{SECRET}ä", "no ASCII letter"),
        ("https://host/rpc", f"{SECRET}\u200b", "no ASCII letter"),
        ("https://host/rpc", f"{SECRET}\x7f", "no ASCII letter"),
        ("https://host/rpc", f"{SECRET}\n", "a line end"),
        ("https://host/rpc", f" {SECRET}", "a space"),
        (f"https://user:{SECRET}@host/rpc", f"other{SECRET}", "Authorization header"),
        (f"https://{SECRET}@host/rpc", f"other{SECRET}", "Authorization header"),
        (f"https://host/rpc?key={SECRET}ä", "", "that no address can"),
    ],
)
def test_key__that_cannot_be_sent__refused_with_place_and_remedy_unseen(
    url: str, key: str, words: str, load: Load, providers_with: With
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(
            providers=providers_with((RPC_URL, "base_url: ${URL}\n    api_key: ${KEY:-}")),
            env={"URL": url, "KEY": key},
        )
    (problem,) = caught.value.mistakes
    assert words in problem.message
    assert problem.remedy
    assert problem.place.endswith("base_url" if not key else "api_key")
    assert (problem.file.endswith("providers.yaml"), problem.line is not None) == (True, True)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
