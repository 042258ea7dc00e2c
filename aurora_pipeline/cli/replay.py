"""`aurora replay`: a period or month computed again beside the database, and compared layer by layer."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from aurora_pipeline.cli.epochs import ChainArgument, parse_keys
from aurora_pipeline.cli.json_output import Json, print_json
from aurora_pipeline.cli.terminal import err, opened, out
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochRange
from aurora_pipeline.proof.errors import ReplayDiffers
from aurora_pipeline.work.asked_epochs import require_recorded
from aurora_pipeline.work.reads import proof as reads

_DIGEST_SHOWN = 12


def replay(
    chain_id: ChainArgument,
    period: Annotated[str, typer.Argument(help="One epoch, FROM..TO, or a month.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Compute a period again from stored bytes by the code at hand, beside the database; say what differs, and why."""
    # Only this command pays for loading every layer's code.
    from aurora_pipeline.proof.replay.compared import ReplayVerdict, stands
    from aurora_pipeline.proof.replay.walk import replay as replayed

    with opened(reads_only=True) as aurora:
        keys = parse_keys(aurora.configuration.chain(chain_id), period)
        epochs = [key.epoch for key in keys if isinstance(key, PeriodKey)]
        if epochs:
            with aurora.database.connect() as connection:
                require_recorded(connection, chain_id, EpochRange(epochs[0], epochs[-1] + 1))
        with err.status(f"replaying {chain_id} {period}") as shown:
            found = replayed(aurora, *keys, tell=lambda what: shown.update(f"replaying {what}"))
    if as_json:
        print_json("replay", reads.replayed(found))
    else:
        for sentence in found.bytes_changed:
            out.print(f"[red]changed:[/] {escape(sentence)}")
        for one in found.layers:
            colour = "green" if one.verdict is ReplayVerdict.EQUAL else "yellow" if one.holds else "red"
            digest = (one.replayed or one.recorded or "")[:_DIGEST_SHOWN]
            out.print(f"{escape(str(one.key))}  {one.asset:32} [{colour}]{one.verdict}[/]  {digest}")
            for why in one.why:
                out.print(f"    {why}", markup=False)
        out.print(stands(found.layers) or f"nothing of {chain_id} {period} is published", markup=False)
    if not found.holds:
        raise ReplayDiffers(
            f"{chain_id} {period} does not come out as it is in force: {stands(found.layers)}",
            "what is said of each layer explains it: recompute where decisions or versions changed; where stored rows"
            " or bytes were changed, run `aurora verify`, and restore them from a backup",
        )
