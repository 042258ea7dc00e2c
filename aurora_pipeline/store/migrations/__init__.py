"""Reversible schema migrations, run by Alembic."""
