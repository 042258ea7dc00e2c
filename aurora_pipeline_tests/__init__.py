"""Tests, one folder per room; they run real PostgreSQL, real HTTP and real Dagster."""
