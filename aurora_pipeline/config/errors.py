"""Errors about the configuration, each with its code."""

from __future__ import annotations

from aurora_pipeline.foundation.errors import Conflict, Misconfigured, NotThere


class ChainUnknown(NotThere):
    """No chain has the name that was given."""

    code = "chain-unknown"
    what_to_do = "Take a name from chains.yaml; the message names the nearest."


class ChainDisabled(Conflict):
    """The chain is switched off."""

    code = "chain-disabled"
    what_to_do = "Set `enabled: true` for it in chains.yaml."


class ChainNotSetUp(Misconfigured):
    """Nodes that the chain needs have no address yet."""

    code = "chain-not-set-up"
    what_to_do = "Set the variables that the message names; or `enabled: false` for the chain in chains.yaml."


class ProviderUnknown(NotThere):
    """No provider has the name that was given."""

    code = "provider-unknown"
    what_to_do = "Take a name from providers.yaml; the message names the nearest."


class ProviderDisabled(Conflict):
    """The provider is switched off, or all are."""

    code = "provider-disabled"
    what_to_do = "Set `enabled: true` for it in providers.yaml."


class ProviderWithoutAddress(Misconfigured):
    """The provider has no address yet."""

    code = "provider-without-address"
    what_to_do = "Set the variable that the message names, or give it a `base_url` in providers.yaml."


class ProviderKindUnknown(Misconfigured):
    """A provider is of a kind that Aurora does not know."""

    code = "provider-kind-unknown"
    what_to_do = "Write one of the kinds that docs/providers.md lists."


class ProtocolFeeMissing(Misconfigured):
    """No protocol fee is configured for the moment that is computed."""

    code = "protocol-fee-missing"
    what_to_do = "Add a dated entry that covers it to protocol_fee_bps in chains.yaml."
