"""What holds between the keys of an agreements file, as JSON Schema, so that editors show mistakes while typing.

`terms.refusals` and `file.rules` are what decides; this repeats as much of it as a schema can say.
"""

from __future__ import annotations

from typing import Any, Final

from aurora_pipeline.agreements.methods import Measure, measure_of
from aurora_pipeline.agreements.tables import Basis, Method, Metric, TierMode, Window
from aurora_pipeline.pnl.tables import Component

Schema = dict[str, Any]


def _given(name: str) -> Schema:
    """The key stands there with a value; a key without one is as if it were left out."""
    return {"required": [name], "properties": {name: {"not": {"type": "null"}}}}


def _is(name: str, *values: object) -> Schema:
    return {"required": [name], "properties": {name: {"enum": list(values)}}}


def _all(*schemas: Schema) -> Schema:
    return {"allOf": list(schemas)}


def _never(*schemas: Schema) -> Schema:
    """These do not go together."""
    return {"not": _all(*schemas)}


def _only_with(name: str, other: Schema) -> Schema:
    """The key needs this other key."""
    return {"if": _given(name), "then": other}


def _measured(measure: Measure) -> Schema:
    """The rule's method measures its component so."""
    by_method = {method: [one for one in Component if measure_of(method, one) is measure] for method in Method}
    return {
        "anyOf": [
            _all(_is("method", method), _is("component", *components))
            for method, components in by_method.items()
            if components
        ]
    }


_CLIENTS_REWARDS = _measured(Measure.OWN_REWARDS)
_PER_PERIOD_FLOOR = _all(_given("floor"), {"not": _is("floor_window", Window.MONTH)})

RULE_SCHEMA: Final[Schema] = {
    "oneOf": [_given("rate_bps"), _given("tiers")],
    "allOf": [
        _only_with("cap_window", _given("cap")),
        _only_with("floor_window", _given("floor")),
        *(_only_with(name, _given("chain")) for name in ("cap", "floor", "tiers")),
        _never(_PER_PERIOD_FLOOR, _given("cap"), _is("cap_window", Window.MONTH)),
        _never(_is("basis", Basis.NET), _CLIENTS_REWARDS),
        _never(_is("carry_losses", True), {"not": _is("basis", Basis.NET)}),
        _never(_is("wallet_attribution", True), _measured(Measure.WHOLE)),
        *(
            _never(
                _given("funded_by"), {"not": _CLIENTS_REWARDS}, _is("component", paid), {"not": _is("funded_by", paid)}
            )
            for paid in Component
        ),
    ],
}

TIERS_SCHEMA: Final[Schema] = {
    "allOf": [
        _never(_is("mode", TierMode.VOLUME), _is("metric", *(metric for metric in Metric if metric.is_cumulative))),
        _never(_is("mode", TierMode.GRADUATED), _is("metric", Metric.INTRODUCED_STAKE)),
        {"not": {"properties": {"steps": {"type": "array", "not": {"contains": {"not": _given("up_to")}}}}}},
    ]
}
"""Of the tiers' ends it says only that one of them is open: which one, and that they rise, no schema can say."""

PARTNER_SCHEMA: Final[Schema] = _only_with(
    "payable_from", {"anyOf": [{"required": ["payable_series"]}, {"required": ["minimum_payout"]}]}
)

DOCUMENT_SCHEMA: Final[Schema] = {"anyOf": [{"required": ["partners"]}, {"required": ["agreements"]}]}
