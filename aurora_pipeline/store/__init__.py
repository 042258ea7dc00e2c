"""The system of record: engine, embedded PostgreSQL, migrations, digests, snapshots, bulk load and read."""
