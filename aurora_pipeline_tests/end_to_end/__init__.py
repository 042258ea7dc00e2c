"""The whole pipeline on simulated providers: real HTTP, real Postgres, real Dagster."""
