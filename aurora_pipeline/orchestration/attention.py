"""The sensor `attention`: no partition stays failed or open unnoticed, and people are told once of each cause."""

from datetime import UTC, datetime

import dagster as dg

from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.orchestration.failing import Said
from aurora_pipeline.work.alerts.looking import look_and_tell


@dg.sensor(
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Looks each minute at what needs a person (failed and hanging runs, periods that stay open, lag,"
    " failing sensors, old backups) and tells it by webhook and mail: each cause once, and once that it is over.",
)
def attention(context: dg.SensorEvaluationContext, aurora: dg.ResourceParam[Aurora]) -> dg.SensorResult:
    """One look. What could not be told is told in a later one; no run waits for it."""
    try:
        cursor, told, wrong = look_and_tell(aurora, context.cursor, datetime.now(UTC))
    except AuroraError as error:
        raise Said(str(error)) from None
    needs = f"{wrong} thing(s) need a person" if wrong else "nothing needs a person"
    if told is None:
        return dg.SensorResult(skip_reason=f"{needs}; nobody is named to be told (docs/operations.md)", cursor=cursor)
    for why in told.failed:
        context.log.error("%s", why)
    later = f", {told.waiting} follow" if told.waiting else ""
    trouble = f"; not delivered: {'; '.join(told.failed)}" if told.failed else ""
    return dg.SensorResult(skip_reason=f"{needs}; {told.told} message(s) sent{later}{trouble}", cursor=cursor)
