"""The application that `celery worker` is pointed at: `app`, made when it is asked for, since it needs the broker."""

from __future__ import annotations

import os
from functools import cache

from celery import Celery

from aurora_pipeline.instance.workspace import CELERY_BROKER_VARIABLE
from aurora_pipeline.orchestration.celery_runs import worker_app


def __getattr__(name: str) -> Celery:
    if name == "app":
        return _app()
    raise AttributeError(name)


@cache
def _app() -> Celery:
    return worker_app(os.environ[CELERY_BROKER_VARIABLE])
