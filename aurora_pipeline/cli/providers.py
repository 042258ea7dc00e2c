"""`aurora providers`: is everybody there who is asked, how fast, and with which limits left."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import Annotated

import psycopg
import typer

from aurora_pipeline.cli.json_output import Json, print_json
from aurora_pipeline.cli.terminal import out, print_table, workspace
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.config.errors import ProviderDisabled, ProviderUnknown, ProviderWithoutAddress
from aurora_pipeline.config.problems import did_you_mean
from aurora_pipeline.config.provider import FILE_KIND, Provider
from aurora_pipeline.foundation.errors import CHECK_FAILED, TRY_AGAIN, AuroraError
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import Workspace
from aurora_pipeline.registry.validators import registered_validators
from aurora_pipeline.sources.checking import ProviderCheck, check_providers
from aurora_pipeline.sources.files.check import Ours
from aurora_pipeline.store.database import Connection
from aurora_pipeline.work.reads.configuration import provider_check

providers = typer.Typer(help="Whom Aurora asks.", no_args_is_help=True)


@providers.command("check")
def check(
    name: Annotated[str | None, typer.Argument(help="One provider; left out: every enabled one.")] = None,
    as_json: Json = False,
) -> None:
    """Ask each enabled provider one cheap question, and read its files whole.

    Exit code 1 when one is down, 75 when that may pass by itself.
    """
    place = workspace()
    with ExitStack() as stack:
        if place.is_demo:
            from aurora_pipeline.demo.session import demo_providers

            stack.enter_context(demo_providers(place))
        configuration = place.configuration()
        wanted = _wanted(configuration, name)
        checks = check_providers(wanted, _ours(place, wanted))
    if as_json:
        print_json("providers_check", [provider_check(one) for one in checks])
    else:
        _show(checks)
        for sentence in configuration.not_set_up() if name is None else ():
            out.print(sentence, markup=False)
    down = [one for one in checks if not one.up]
    if down:
        raise typer.Exit(TRY_AGAIN if all(one.may_pass for one in down) else CHECK_FAILED)


def _ours(place: Workspace, wanted: list[Provider]) -> dict[str, Ours]:
    """Of which family and about which validators each provider's files should be; none where none are registered yet.

    Files that no enabled chain names are read as those of the first chain.
    """
    files = [provider.name for provider in wanted if provider.kind == FILE_KIND]
    if not files:
        return {}
    configuration = place.configuration()
    first = next(iter((*configuration.enabled_chains(), *configuration.chains.values())))
    chains = {name: [one for one in configuration.enabled_chains() if one.asks(name)] for name in files}
    ours = {name: Ours((named or [first])[0].family) for name, named in chains.items()}
    # A look at files sets up no database where there is none yet.
    if place.database_url is not None or place.data_dir.exists():
        with suppress(AuroraError, psycopg.Error), Aurora(place) as aurora, aurora.database.connect() as connection:
            ours |= {
                name: replace(ours[name], asked=_all_registered(connection, named)) for name, named in chains.items()
            }
    return ours


def _all_registered(connection: Connection, chains: list[Chain]) -> dict[str, list[str]]:
    """Every validator ever registered on some chains, with its identities."""
    found: dict[str, list[str]] = {}
    for row in (row for chain in chains for row in registered_validators(connection, chain.chain_id)):
        found.setdefault(row["validator_key"], []).extend([row["identity_key"]] if row["identity_key"] else [])
    return found


def _wanted(configuration: Configuration, name: str | None) -> list[Provider]:
    if name is None:
        waiting = _of_chains_not_set_up(configuration)
        found = [one for one in configuration.providers.values() if one.is_asked and one.name not in waiting]
        if not found:
            raise ProviderDisabled("no provider is enabled", "set enabled: true for one in providers.yaml")
        return found
    if name not in configuration.providers:
        raise ProviderUnknown(
            f"there is no provider {name!r} in providers.yaml",
            did_you_mean(name, configuration.providers, "provider"),
        )
    provider = configuration.providers[name]
    if not provider.enabled:
        unset = configuration.unset_variables.get(name, ())
        also = f" and set {', '.join(unset)}" if unset else ""
        raise ProviderDisabled(f"provider {name} is disabled", f"set enabled: true in providers.yaml{also}")
    if not provider.is_asked:
        variables = " and ".join(configuration.address_variables.get(name, ()))
        remedy = f"set {variables}" if variables else "give it a base_url in providers.yaml"
        raise ProviderWithoutAddress(f"provider {name} has no address", remedy)
    return [provider]


def _of_chains_not_set_up(configuration: Configuration) -> frozenset[str]:
    """The providers that only chains ask that are not set up: nobody would ask them yet."""
    asking = configuration.enabled_chains()
    waiting = [chain for chain in configuration.chains.values() if chain.enabled and chain not in asking]
    return frozenset(
        name
        for name in configuration.providers
        if any(chain.asks(name) for chain in waiting) and not any(chain.asks(name) for chain in asking)
    )


def _show(checks: list[ProviderCheck]) -> None:
    rows = [
        [
            one.name,
            one.kind,
            "up" if one.up else "DOWN",
            f"{one.seconds:.3f}",
            one.epoch,
            ", ".join(one.serves),
            ", ".join(one.observes),
            ", ".join(f"{header}: {left}" for header, left in one.limits_left.items()),
        ]
        for one in checks
    ]
    titles = ["provider", "kind", "state", "seconds", "newest epoch", "serves", "observes", "limits left"]
    print_table("Providers", titles, rows, right=["seconds", "newest epoch"], prose=titles[-3:])
    for one in checks:
        for files in one.looked_at:
            out.print(f"{one.name} looked at {files}", markup=False)
        for words in one.odd:
            out.print(f"{one.name} has something odd in {words}", markup=False)
        if one.problem is not None:
            out.print(f"{one.name} ({one.url}): {one.problem}", markup=False)
