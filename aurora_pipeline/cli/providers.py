"""`aurora providers`: is everybody there who is asked, how fast, and with which limits left."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict
from typing import Annotated

import typer

from aurora_pipeline.cli.terminal import out, print_json, print_table, workspace
from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.config.problems import did_you_mean
from aurora_pipeline.config.provider import Provider
from aurora_pipeline.foundation.errors import CHECK_FAILED, TRY_AGAIN, AuroraError
from aurora_pipeline.sources.checking import ProviderCheck, check_providers

providers = typer.Typer(help="Whom Aurora asks.", no_args_is_help=True)


@providers.command("check")
def check(
    name: Annotated[str | None, typer.Argument(help="One provider; left out: every enabled one.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
) -> None:
    """Ask each enabled provider one cheap question. Exit code 1 when one is down, 75 when that may pass by itself."""
    place = workspace()
    with ExitStack() as stack:
        if place.is_demo:
            from aurora_pipeline.demo.session import demo_providers

            stack.enter_context(demo_providers(place))
        checks = check_providers(_wanted(place.configuration(), name))
    if as_json:
        print_json([asdict(one) for one in checks])
    else:
        _show(checks)
    down = [one for one in checks if not one.up]
    if down:
        raise typer.Exit(TRY_AGAIN if all(one.may_pass for one in down) else CHECK_FAILED)


def _wanted(configuration: Configuration, name: str | None) -> list[Provider]:
    if name is None:
        found = [provider for provider in configuration.providers.values() if provider.enabled]
        if not found:
            raise AuroraError("no provider is enabled", "set enabled: true for one in providers.yaml")
        return found
    if name not in configuration.providers:
        raise AuroraError(
            f"there is no provider {name!r} in providers.yaml",
            did_you_mean(name, configuration.providers, "provider"),
        )
    provider = configuration.providers[name]
    if not provider.enabled:
        unset = configuration.unset_variables.get(name, ())
        also = f" and set {', '.join(unset)}" if unset else ""
        raise AuroraError(f"provider {name} is disabled", f"set enabled: true in providers.yaml{also}")
    return [provider]


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
    print_table("Providers", titles, rows, right=["seconds", "newest epoch"])
    for one in checks:
        for files in one.looked_at:
            out.print(f"{one.name} looked at {files}", markup=False, soft_wrap=True)
        if one.problem is not None:
            out.print(f"{one.name} ({one.url}): {one.problem}", markup=False, soft_wrap=True)
