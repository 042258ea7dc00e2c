"""A small provider, whole: what docs/providers.md says of a new one is proven with it. Nobody runs such an API."""
