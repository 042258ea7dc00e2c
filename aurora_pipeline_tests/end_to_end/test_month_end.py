"""The demo's month end: August is computed, one statement of it is paid by three people, once."""

from __future__ import annotations

from pathlib import Path

from aurora_pipeline.cli.demo import close_months
from aurora_pipeline.demo.closing import FIRST_MONTH, PAID
from aurora_pipeline.demo.comparing import compare_with_terms
from aurora_pipeline.demo.parameters import CHAIN_ID
from aurora_pipeline.statements.documents import payable_statements
from aurora_pipeline.statements.stated import Stage
from aurora_pipeline_tests.end_to_end.world import SMALL, world

EPOCHS = range(SMALL.first_epoch, SMALL.first_epoch + 4)
STEPS = 4
LAYERS = 2


def test_close_months__august_is_over__one_statement_is_paid_once_and_all_are_as_owed(tmp_path: Path) -> None:
    with world(tmp_path, EPOCHS) as demo:
        for epoch in EPOCHS:
            demo.live(epoch)
        assert close_months(demo.aurora, demo.parameters) == LAYERS + STEPS
        assert close_months(demo.aurora, demo.parameters) == 0
        with demo.aurora.database.connect() as connection:
            found = {one.row["partner_id"]: one for one in payable_statements(connection, CHAIN_ID)}
            compared = compare_with_terms(connection, demo.parameters, EPOCHS)
        people = demo.rows("""SELECT s.recorded_by AS submitter, a.recorded_by AS approver, r.recorded_by AS releaser
                              FROM statement_submissions s JOIN statement_approvals a USING (statement_id)
                              JOIN statement_releases r USING (statement_id)""")
    assert {one.key for one in found.values()} == {FIRST_MONTH}
    assert {partner: one.stage for partner, one in found.items()} == dict.fromkeys(found, Stage.DRAFT) | {
        PAID: Stage.PAID
    }
    assert found[PAID].paid == found[PAID].row["payable"] > 0
    assert compared is not None
    assert compared.differences == ()
    assert [len(set(one.values())) for one in people] == [3]
