"""The demo hands out statements: the log gets a key and a checkpoint, and a bundle is written and verified."""

from __future__ import annotations

from typing import Final

from aurora_pipeline.cli.keys import key_file
from aurora_pipeline.cli.terminal import out
from aurora_pipeline.decisions.person import actor
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.proof.bundle.container import write_bundle
from aurora_pipeline.proof.bundle.verify import read_files, verify
from aurora_pipeline.proof.errors import ProofFailed
from aurora_pipeline.proof.signing.checkpoints import checkpoint
from aurora_pipeline.signed_log.keys import new_key
from aurora_pipeline.signed_log.log import known_keys
from aurora_pipeline.statements.documents import PayableStatement, payable_statements
from aurora_pipeline.statements.stated import Stage

_NAME: Final = "demo.example/aurora"
_WHY: Final = "the demo's log"


def hand_out(aurora: Aurora, chain_id: str) -> None:
    """Write and verify the bundle of a chain's first released statement; without one, nothing."""
    with aurora.database.connect() as connection:
        released = [
            one for one in payable_statements(connection, chain_id) if one.stage in (Stage.RELEASED, Stage.PAID)
        ]
        has_key = bool(known_keys(connection))
    if not released:
        return
    if not has_key:
        new_key(aurora.database, key_file(aurora), _NAME, actor(), _WHY)
    checkpoint(aurora.database, key_file(aurora))
    _hand_out(aurora, released[0])


def _hand_out(aurora: Aurora, one: PayableStatement) -> None:
    # Only this pays for loading the typesetter.
    from aurora_pipeline.work.bundles import statement_bundle

    folder = aurora.workspace.data_dir / "bundles" / f"{one.row['partner_id']}-{one.key.chain_id}-{one.key.period}"
    if not folder.exists():
        with aurora.database.connect() as connection:
            files = statement_bundle(connection, aurora.configuration.chain(one.key.chain_id), one)
        folder.parent.mkdir(exist_ok=True)
        write_bundle(folder, files)
    report = verify(read_files(str(folder.with_name(f"{folder.name}.zip"))))
    if report.failures:
        file, where, field, problem = next(iter(report.failures))
        raise ProofFailed(f"the bundle {folder} does not verify itself: {file} {where} {field}: {problem}")
    out.print(
        f"\n{one.row['partner_name']}'s statement of {one.key.period} as it is handed out, with all that proves it:"
        f" {folder}\n  verified without a database: {report.checked[1]}",
        markup=False,
    )
