"""The demo: a deterministic chain simulator behind a real HTTP server that speaks the providers' APIs."""
