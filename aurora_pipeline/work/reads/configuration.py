"""The configuration, the database's schema, and how providers are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aurora_pipeline.config.configuration import Configuration as LoadedConfiguration
from aurora_pipeline.config.report import config_report, provider_report
from aurora_pipeline.sources.checking import ProviderCheck as FoundCheck
from aurora_pipeline.store.database import Database as LocatedDatabase
from aurora_pipeline.store.revision import revision
from aurora_pipeline.work.json_form import shaped


@dataclass(frozen=True)
class Role:
    """Who is asked for what of a chain."""

    chain_id: str
    chain_enabled: bool
    role: str
    asked: Sequence[str]
    skipped: Sequence[str]


@dataclass(frozen=True)
class Provider:
    """A provider as configured."""

    provider: str
    kind: str
    enabled: bool
    url: str
    limits: str
    has_key: bool
    unset_variables: Sequence[str]


@dataclass(frozen=True)
class Configuration:
    """The configuration, which is sound."""

    roles: Sequence[Role]
    providers: Sequence[Provider]
    not_set_up: Sequence[str]
    """Which enabled chains are not computed because providers of theirs have no address, and what to set."""


@dataclass(frozen=True)
class Database:
    """At which schema the database is."""

    database: str
    revision: str | None
    wanted: str
    is_current: bool


@dataclass(frozen=True)
class LimitLeft:
    """What a provider says is left of one of its limits."""

    header: str
    left: str


@dataclass(frozen=True)
class ProviderCheck:
    """How a provider is."""

    provider: str
    kind: str
    url: str
    up: bool
    problem: str | None
    may_pass: bool
    serves: Sequence[str]
    observes: Sequence[str]
    seconds: float
    epoch: int | None
    limits_left: Sequence[LimitLeft]
    looked_at: Sequence[str]
    odd: Sequence[str]


def configuration(loaded: LoadedConfiguration) -> Configuration:
    """Who is asked for what, and the providers."""
    roles = [shaped(Role, vars(row)) for row in config_report(loaded)]
    providers = [shaped(Provider, vars(row), provider=row.name) for row in provider_report(loaded)]
    return Configuration(roles, providers, loaded.not_set_up())


def database(located: LocatedDatabase) -> Database:
    """At which schema a database is."""
    found = revision(located)
    return Database(located.shown, found.present, found.wanted, found.is_current)


def provider_check(one: FoundCheck) -> ProviderCheck:
    """How a provider was found to be."""
    left = [LimitLeft(header, told) for header, told in one.limits_left.items()]
    return shaped(ProviderCheck, {**vars(one), "limits_left": left}, provider=one.name)
