"""The log is signed daily and after releases: the sensor that sees when it is due, and the job that does it."""

from datetime import UTC, datetime
from typing import Final

import dagster as dg

from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.orchestration.failing import as_failure
from aurora_pipeline.proof.signing.checkpoints import checkpoint, due_because
from aurora_pipeline.signed_log.key_file import KeyFile
from aurora_pipeline.signed_log.log import known_keys, newest_checkpoint
from aurora_pipeline.signed_log.signing import is_at_hand

SIGN_JOB: Final = "sign_log_job"


@dg.op(description="Sign the head of the log of all that was published and decided.")
def sign_log(context: dg.OpExecutionContext, aurora: dg.ResourceParam[Aurora]) -> None:
    """One checkpoint; where nothing is new, the last one stands."""
    with as_failure():
        signed = checkpoint(aurora.database, KeyFile(aurora.workspace.log_key_path))
    said = "signed" if signed.is_new else "nothing is new since"
    context.log.info("%s the checkpoint of %s leaves", said, signed.at.size)


@dg.job(name=SIGN_JOB, description="Sign the head of the log; requested by checkpoint_due.")
def sign_log_job() -> None:
    """One checkpoint."""
    sign_log()


@dg.sensor(
    job=sign_log_job,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Has the log signed after a release, and once a day where anything is new, if its key is here.",
)
def checkpoint_due(context: dg.SensorEvaluationContext, aurora: dg.ResourceParam[Aurora]) -> dg.SensorResult:
    """One look; a run that failed is requested again an hour later."""
    now, file = datetime.now(UTC), KeyFile(aurora.workspace.log_key_path)
    with aurora.database.connect() as connection:
        known = known_keys(connection)
        if not known:
            return dg.SensorResult(skip_reason="the log has no key yet: `aurora keys new NAME` makes one")
        if not is_at_hand(known[-1].key, file):
            return dg.SensorResult(skip_reason=f"the key that signs is not in {file.path}")
        due, newest = due_because(connection, now), newest_checkpoint(connection)
    if due is None:
        return dg.SensorResult(skip_reason="nothing was released since the last checkpoint, and no day is over")
    context.log.info("a checkpoint is due: %s (%s)", *due)
    size = 0 if newest is None else newest.size
    return dg.SensorResult(run_requests=[dg.RunRequest(run_key=f"checkpoint:{size}:{now:%Y-%m-%dT%H}")])
