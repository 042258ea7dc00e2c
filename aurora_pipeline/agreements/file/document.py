"""The agreements file of docs/agreements.md: its format as models, and reading it with every mistake named by line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
)

from aurora_pipeline.agreements.file.schema import DOCUMENT_SCHEMA, PARTNER_SCHEMA, RULE_SCHEMA, TIERS_SCHEMA
from aurora_pipeline.agreements.matching import is_glob
from aurora_pipeline.agreements.tables import Basis, Method, Metric, Series, TierMode, Window
from aurora_pipeline.agreements.units import AMOUNT_PATTERN
from aurora_pipeline.config.explain import explain
from aurora_pipeline.config.fields import Day, Flag, FrozenModel, broken_rule
from aurora_pipeline.config.problems import did_you_mean
from aurora_pipeline.config.yaml_file import KeyPath, Value, YamlFile, read_yaml
from aurora_pipeline.foundation.csv_file import FIRST_YEAR
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.free_text import NAME_MAX, fault
from aurora_pipeline.foundation.mistakes import Mistake, counted, in_order, listing
from aurora_pipeline.foundation.money import BPS_WHOLE
from aurora_pipeline.pnl.tables import Component

_KEY = r"^[a-z0-9][a-z0-9._-]*$"
_KEY_WORDS = "lower-case letters, digits, dots, hyphens and underscores"
_NAME_PATTERN = r"^(?=.*\S)[^\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+$"
"""What JSON Schema can say of a name; `free_text.fault` knows the rest."""

Entry = TypeVar("Entry", bound=BaseModel)


class AgreementsRefused(AuroraError):
    """An agreements file cannot be applied; `mistakes` lists every mistake that was found. Nothing was written."""

    code = "agreements-have-mistakes"
    what_to_do = "Correct every mistake that is listed and repeat the command."

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = in_order(mistakes)
        heading = f"{counted(self.mistakes)} in the agreements, nothing was written"
        super().__init__(f"{heading}:\n{listing(self.mistakes)}")


def _no_component_all(value: Any) -> Any:
    if isinstance(value, str) and value.upper() in ("ALL", "*"):
        raise broken_rule(
            "there is no component for all of them", "write four rules, one per component: nothing is paid twice then"
        )
    return value


def _at_least_one(rules: tuple[RuleEntry, ...]) -> tuple[RuleEntry, ...]:
    # Pydantic's own min_length counts the items without mistakes, so it would call a list of bad rules too short.
    if not rules:
        raise broken_rule("an agreement without rules pays nothing", "write at least one: - rule: ...")
    return rules


def _has_unit(value: Any) -> Any:
    if not isinstance(value, str) or re.match(AMOUNT_PATTERN, value.strip()) is None:
        shown = f'"{value}"' if isinstance(value, str | int | float) else "this"
        if isinstance(value, str) and re.match(AMOUNT_PATTERN, value.strip().removeprefix("-")):
            raise broken_rule(f"{shown} is negative", f"write 0 or more, like {value.strip().removeprefix('-')}")
        raise broken_rule(
            f"{shown} is not an amount with a unit", 'write a number, a space and a unit of the chain, like "1000 SOL"'
        )
    return value


def _printable(name: str) -> str:
    found = fault(name, NAME_MAX)
    if found is not None:
        raise broken_rule(f"this is not a name: {found}", f"write one line of 1 to {NAME_MAX} printable characters")
    return name.strip()


def _within_time(day: date) -> date:
    if day.year < FIRST_YEAR:
        raise broken_rule(f"{day} lies before every chain", f"give a day of {FIRST_YEAR} or later")
    return day


_Day: TypeAlias = Annotated[Day, AfterValidator(_within_time)]
_Component: TypeAlias = Annotated[Component, BeforeValidator(_no_component_all)]
_Amount: TypeAlias = Annotated[
    str, BeforeValidator(_has_unit), WithJsonSchema({"type": "string", "pattern": AMOUNT_PATTERN})
]


# Not made of `Whole`: behind a validator, pydantic loses the bounds on the way to JSON Schema.
_Rate: TypeAlias = Annotated[int, Field(strict=True, ge=0, le=BPS_WHOLE)]
_Number: TypeAlias = Annotated[int, Field(strict=True, ge=1)]
_Name: TypeAlias = Annotated[
    str,
    AfterValidator(_printable),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": NAME_MAX, "pattern": _NAME_PATTERN}),
]


class TierEntry(FrozenModel):
    """One tier: what lies above `above` up to and including `up_to` is paid at its rate."""

    above: _Amount | None = Field(
        default=None, description="Where the tier begins (excluded); left out: where the tier before it ends, or at 0."
    )
    up_to: _Amount | None = Field(
        default=None, description='Where the tier ends (included), like "1000 SOL"; the last tier goes without: open.'
    )
    rate_bps: _Rate = Field(description="The tier's rate in hundredths of a percent.")


class TiersEntry(FrozenModel):
    """A rate that depends on how much there is."""

    model_config = ConfigDict(json_schema_extra=TIERS_SCHEMA)

    mode: TierMode = Field(
        description="GRADUATED: each tier's rate applies to what lies in it. VOLUME: the rate of the tier that holds"
        " the metric applies to the whole base."
    )
    metric: Metric = Field(
        default=Metric.PERIOD,
        description="What places the rule in its tiers. PERIOD: its base in the period. MONTH_TO_DATE, YEAR_TO_DATE,"
        " LIFETIME: its bases so far (GRADUATED only). INTRODUCED_STAKE: the partner's active stake on the validators"
        " that the rule matches (VOLUME only).",
    )
    steps: tuple[TierEntry, ...] = Field(
        description="The tiers from the lowest on; the last one has no up_to.", json_schema_extra={"minItems": 1}
    )


class RuleEntry(FrozenModel):
    """One rule. Rules are tried in the order in which they stand."""

    model_config = ConfigDict(json_schema_extra=RULE_SCHEMA)

    rule: str = Field(
        pattern=_KEY, max_length=64, description=f"The rule's key, kept when its terms change: {_KEY_WORDS}."
    )
    chain: str | None = Field(
        default=None,
        min_length=1,
        description="The chain, as named in chains.yaml; left out: every chain, which only rules without amounts may.",
    )
    validator: str | None = Field(
        default=None,
        # A class that [ opens has to close: else it would mean the letter [, which no key has.
        pattern=r"^(?:[A-Za-z0-9_.:*?!\]-]|\[!?[A-Za-z0-9_.:*?!\[\]-][A-Za-z0-9_.:*?!\[-]*\])+$",
        max_length=200,
        description="A validator's key, as `aurora validators list` shows it, or a pattern with *, ? and [abc]; "
        "left out: all.",
    )
    component: _Component = Field(description="What is shared: EXEC_FEES, MEV_TIPS, VOTE_REWARDS or COMMISSION.")
    method: Method = Field(
        description="How much of it the rule looks at. FIXED_SHARE: all of it. STAKE_WEIGHT: the part that the"
        " partner's wallets have of the active stake. CLIENT_REVENUE: the part that comes from the partner's clients;"
        " on VOTE_REWARDS the clients' own rewards, paid from COMMISSION."
    )
    rate_bps: _Rate | None = Field(
        default=None,
        description="The rate in hundredths of a percent, a whole number: 500 is 5 %. A rule has it or tiers.",
    )
    tiers: TiersEntry | None = Field(default=None, description="A rate that depends on how much there is.")
    basis: Basis = Field(
        default=Basis.GROSS, description="GROSS: the component before costs. NET: after the costs that reduce it."
    )
    carry_losses: Flag = Field(
        default=False, description="true: a validator's loss reduces what later periods pay (NET only)."
    )
    floor: _Amount | None = Field(default=None, description='The least that the rule pays in its window: "2 SOL".')
    floor_window: Window | None = Field(default=None, description="The floor's window; left out: PERIOD.")
    cap: _Amount | None = Field(default=None, description='The most that the rule pays in its window: "50 SOL".')
    cap_window: Window | None = Field(default=None, description="The cap's window; left out: PERIOD.")
    stacks: Flag = Field(
        default=False, description="true: pays in addition to the first rule that matches. false: the default."
    )
    funded_by: Component | None = Field(
        default=None,
        description="Which component pays CLIENT_REVENUE on VOTE_REWARDS; left out: COMMISSION. On other rules what"
        " they look at pays.",
    )
    wallet_attribution: Flag = Field(
        default=False,
        description="true: one line per wallet instead of one per validator; what is paid stays.",
    )


class AgreementEntry(FrozenModel):
    """One agreement with the terms that hold from `valid_from` on, or over the time of the version they correct."""

    agreement: str = Field(pattern=_KEY, max_length=64, description=f"The agreement's key, for good: {_KEY_WORDS}.")
    partner: str = Field(pattern=_KEY, max_length=64, description="The key of the partner it belongs to, for good.")
    active_from: _Day | None = Field(
        default=None,
        description="The day (00:00 UTC) from which it accrues, like 2026-01-31; left out: it stays a draft.",
    )
    valid_from: _Day | None = Field(
        default=None,
        description="The day (00:00 UTC) from which these terms hold; needed when terms change, for the first terms it"
        " is active_from unless given.",
    )
    corrects: _Number | None = Field(
        default=None,
        description="The number of a version that was wrong: these terms cover its time again, from its beginning on.",
    )
    rules: Annotated[tuple[RuleEntry, ...], AfterValidator(_at_least_one)] = Field(
        description="The rules in their order, at least one.", json_schema_extra={"minItems": 1}
    )


class PartnerEntry(FrozenModel):
    """One partner."""

    model_config = ConfigDict(json_schema_extra=PARTNER_SCHEMA)

    partner: str = Field(pattern=_KEY, max_length=64, description=f"The partner's key, for good: {_KEY_WORDS}.")
    name: _Name = Field(description="The partner's name for people: one line of printable characters.")
    payable_series: Mapping[str, Series] = Field(
        default={},
        description="By chain, which statements are paid: MONTH or EPOCH. A chain that is left out stays as it is,"
        " MONTH at first.",
    )
    minimum_payout: Mapping[str, _Amount] = Field(
        default={},
        description='By chain, the least that is paid, like "1 SOL": a smaller total is carried forward. A chain that'
        " is left out stays as it is, 0 at first.",
    )
    payable_from: _Day | None = Field(
        default=None,
        description="The first day of the month from which a changed payable_series or minimum_payout holds; a new"
        " partner's hold always unless it is given.",
    )


class AgreementsDocument(FrozenModel):
    """The agreements file: partners and their agreements, all or some of them."""

    model_config = ConfigDict(title="Aurora agreements", json_schema_extra=DOCUMENT_SCHEMA)

    partners: tuple[PartnerEntry, ...] = Field(default=(), description="Partners, new ones and known ones.")
    agreements: tuple[AgreementEntry, ...] = Field(default=(), description="Agreements, new ones and known ones.")


@dataclass
class AgreementsFile:
    """What a file holds: its usable entries with their places, and in `yaml.mistakes` what is wrong with the others."""

    yaml: YamlFile
    partners: dict[KeyPath, PartnerEntry] = field(default_factory=dict)
    agreements: dict[KeyPath, AgreementEntry] = field(default_factory=dict)
    named_partners: set[str] = field(default_factory=set)
    """Partner keys the file introduces, those of unusable entries included, so that one mistake is reported once."""

    def refuse_if_wrong(self) -> None:
        """Raise with every mistake found so far."""
        if self.yaml.mistakes:
            raise AgreementsRefused(self.yaml.mistakes)


def read_agreements(path: Path) -> AgreementsFile:
    """Read a file and check all that can be known from it alone; mistakes are collected, not raised."""
    file = AgreementsFile(read_yaml(path))
    for base, entry in _entries(file.yaml, "partners"):
        partner = _validated(PartnerEntry, file.yaml, base, entry)
        if partner is not None:
            file.partners[base] = partner
        key = entry.get("partner") if isinstance(entry, dict) else None
        if isinstance(key, str):
            file.named_partners.add(key)
    for base, entry in _entries(file.yaml, "agreements"):
        agreement = _validated(AgreementEntry, file.yaml, base, entry)
        if agreement is not None:
            file.agreements[base] = agreement
    _check_unique(file.yaml, "partner", {base: entry.partner for base, entry in file.partners.items()})
    _check_unique(file.yaml, "agreement", {base: entry.agreement for base, entry in file.agreements.items()})
    for base, checked in file.agreements.items():
        rules = {(*base, "rules", place): rule.rule for place, rule in enumerate(checked.rules)}
        _check_unique(file.yaml, "rule", rules)
    return file


def midnight(day: date) -> datetime:
    """A date as an instant: 00:00 UTC."""
    return datetime.combine(day, time(), UTC)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the format, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | AgreementsDocument.model_json_schema()


def shadowed_rules(agreement: AgreementEntry) -> Iterator[tuple[int, str]]:
    """Places (from 0) of rules that can never pay, each with the key of the earlier rule that takes all they match."""
    for place, rule in enumerate(agreement.rules):
        for earlier in agreement.rules[:place]:
            covers = earlier.validator in (None, "*", rule.validator)
            same = (earlier.chain, earlier.component) == (rule.chain, rule.component)
            if covers and same and not earlier.stacks and not rule.stacks:
                yield place, earlier.rule
                break


def is_exact(rule: RuleEntry) -> bool:
    """Whether a rule names one validator by its key."""
    return rule.validator is not None and not is_glob(rule.validator)


def _entries(file: YamlFile, section: str) -> list[tuple[KeyPath, Value]]:
    """The items of a top-level list; anything else at the top is a mistake, reported once."""
    if not file.readable:
        return []
    known = list(AgreementsDocument.model_fields)
    if not isinstance(file.values, dict):
        if section == known[0]:
            file.add((), "expected a map with the keys partners and agreements", "see docs/agreements.md")
        return []
    if section == known[0]:
        for key in file.values:
            if key not in known:
                file.add((key,), f'unknown key "{key}"', did_you_mean(key, known, "key"))
        if not file.values.keys() & set(known):
            file.add((), "there are neither partners nor agreements", "see docs/agreements.md for an example")
    items = file.values.get(section, [])
    if isinstance(items, list):
        return [((section, place), item) for place, item in enumerate(items)]
    if (section,) not in file.unusable:
        file.add((section,), f"expected a list of {section}", f"write each as an item: - {section[:-1]}: ...")
    return []


def _validated(model: type[Entry], file: YamlFile, base: KeyPath, entry: Value) -> Entry | None:
    try:
        return model.model_validate(entry)
    except ValidationError as error:
        explain(error, file, base, model, entry)
    return None


def _check_unique(file: YamlFile, what: str, keys: dict[KeyPath, str]) -> None:
    first: dict[str, KeyPath] = {}
    for path, key in keys.items():
        if key in first:
            remedy = f"the first stands on line {file.line(first[key])}: rename one of the two, or remove it"
            file.add((*path, what), f'two {what}s have the key "{key}"', remedy)
        first.setdefault(key, path)
