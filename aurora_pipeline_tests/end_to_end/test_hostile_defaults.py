"""A whole epoch on a server whose every default is another one: the same digests, and all of it verifies."""

from __future__ import annotations

import pytest

from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.proof.verifying.verify import verify_period
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline_tests.cli.test_server_defaults import DEFAULTS, made_default
from aurora_pipeline_tests.end_to_end.world import SMALL, World, production_world

EPOCH = SMALL.first_epoch


@pytest.mark.slow
def test_an_epoch__every_default_another__same_digests(
    server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> None:
    digests = {}
    for name, settings in (("as_ever", {}), ("hostile", DEFAULTS)):
        for database in (f"{name}", f"{name}_dagster"):
            server.ensure_database(database)
            made_default(Database(server.dsn(database)), **settings)
        upgrade(Database(server.dsn(name)))
        url = f"postgresql://postgres@/{name}?host={server.socket_dir}"
        with production_world(tmp_path_factory.mktemp(name), url, range(EPOCH, EPOCH + 1), SMALL) as lived:
            assert lived.live(EPOCH).failures == ()
            digests[name] = contents(lived)
            with lived.aurora.database.connect() as connection:
                report = verify_period(connection, lived.key(EPOCH), aurora=lived.aurora, deep=True)
            assert report.holds, report.failures
        for database in (f"{name}_dagster", name):
            server.drop_database(database)
    assert digests["hostile"] == digests["as_ever"]


def contents(lived: World) -> dict[str, str]:
    """Digests of the layers' rows; that of ids which name payloads is left out with the lineages."""
    return {asset: content for asset, (_, content, _) in lived.in_force(EPOCH).items()}
