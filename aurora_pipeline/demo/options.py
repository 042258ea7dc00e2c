"""The parameters of a simulated chain as options of a command line."""

from __future__ import annotations

import argparse

from aurora_pipeline.demo.solana.parameters import Parameters


def add_parameter_options(parser: argparse.ArgumentParser) -> None:
    """One option per parameter of the chain, none of them with a default, so that a kept chain's own win."""
    for name, value in Parameters().as_dict().items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, help=f"default {value}")


def given_parameters(options: argparse.Namespace) -> dict[str, int]:
    """The parameters that were named on the command line."""
    names = Parameters().as_dict()
    return {name: getattr(options, name) for name in names if getattr(options, name) is not None}
