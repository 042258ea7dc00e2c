"""The parameters of the simulated chains as options of a command line."""

from __future__ import annotations

import argparse

from aurora_pipeline.demo.clock import ChainParameters


def add_parameter_options(parser: argparse.ArgumentParser, usual: ChainParameters, prefix: str = "") -> None:
    """One option per parameter of the chain, none of them with a default, so that a kept chain's own win."""
    for name, value in usual.as_dict().items():
        parser.add_argument(f"--{(prefix + name).replace('_', '-')}", type=int, help=f"default {value}")


def given_parameters(options: argparse.Namespace, usual: ChainParameters, prefix: str = "") -> dict[str, int]:
    """The parameters that were named on the command line."""
    given = {name: getattr(options, prefix + name) for name in usual.as_dict()}
    return {name: value for name, value in given.items() if value is not None}
