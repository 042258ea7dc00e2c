"""`aurora alerts`: rehearse that people are told, and see what they were told."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from aurora_pipeline.cli.json_output import Json, print_json
from aurora_pipeline.cli.terminal import opened, out, print_table, workspace
from aurora_pipeline.work.alerts.errors import NoAlerts, NotDelivered
from aurora_pipeline.work.alerts.message import Happening
from aurora_pipeline.work.alerts.sending import channels
from aurora_pipeline.work.alerts.settings import RECEIVERS, SMTP, WEBHOOK, alert_settings
from aurora_pipeline.work.alerts.telling import alert
from aurora_pipeline.work.concern import Concern
from aurora_pipeline.work.reads.alerts import tellings

alerts = typer.Typer(help="Telling people what needs one.", no_args_is_help=True)


@alerts.command("test")
def test() -> None:
    """Send a message on every channel that is set up; exit with 75 where one is not delivered."""
    settings = alert_settings(workspace().env)
    ways = channels(settings)
    if not ways:
        raise NoAlerts("nobody is told of anything", f"set {WEBHOOK}, or {SMTP} and {RECEIVERS} (docs/operations.md)")
    rehearsed = Concern("test", "this is a test: alerts of this instance reach you", "nothing")
    failed = []
    for way in ways:
        try:
            way.send(alert(settings, Happening.TEST, rehearsed, datetime.now(UTC)))
            out.print(f"{way.name}: sent", markup=False)
        except NotDelivered as error:
            failed.append(error)
            out.print(f"{way.name}: {error.message}", markup=False)
    if failed:
        raise NotDelivered(
            f"{len(failed)} of {len(ways)} channels did not take the message", "mend them, and try again"
        )


@alerts.command("list")
def told(as_json: Json = False) -> None:
    """What people were told, the newest first, and whether it is over."""
    with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
        found = tellings(connection)
    if as_json:
        print_json("alerts_list", found)
        return
    if not found:
        out.print("nobody was told of anything yet")
        return
    rows = [[f"{one.told_at:%Y-%m-%d %H:%M}", one.channel, one.happening, one.what] for one in found]
    print_table("", ["told (UTC)", "by", "happening", "what"], rows, prose=["what"])
