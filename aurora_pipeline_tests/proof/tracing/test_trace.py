"""Tracing a line or a statement to the bytes: through what it was computed from, with figures that can be redone."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import replace

import pytest
from rich.console import Console

from aurora_pipeline.commissions.drafts import draft_lines
from aurora_pipeline.foundation.errors import AuroraError, CheckFailed
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.pnl.drafts import draft_pnl
from aurora_pipeline.pnl.tables import Component
from aurora_pipeline.proof.tracing.node import NodeKind, TraceNode
from aurora_pipeline.proof.tracing.trace import render, trace, trace_line, trace_statement
from aurora_pipeline.work.json_form import document
from aurora_pipeline.work.reads.proof import trace_node
from aurora_pipeline_tests.cli.documents import data_of
from aurora_pipeline_tests.gated import write_check_publish
from aurora_pipeline_tests.proof.conftest import KEY, Proven

BELOW = {
    Component.EXEC_FEES: "canonical_validator_fees.fees",
    Component.MEV_TIPS: "canonical_validator_mev.validator_tips",
    Component.VOTE_REWARDS: "canonical_stake_rewards.staker_rewards",
    Component.COMMISSION: "canonical_stake_rewards.commission",
}


def of_kind(node: TraceNode, kind: NodeKind) -> list[TraceNode]:
    return [one for one in node.walk() if one.kind is kind]


def shown(node: TraceNode) -> str:
    console = Console(file=io.StringIO(), width=250)
    console.print(render(node))
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]  # it is the StringIO given above


def paying_line(proven: Proven, component: Component) -> dict[str, object]:
    """The line of the component with the largest amount."""
    rows = proven.run(
        """SELECT line_id::text AS line_id, validator_key, base, final FROM partner_commission_lines
           WHERE component = %s AND kind = 'LINE' AND attribution_method = 'FIXED_SHARE' AND basis = 'GROSS'
           ORDER BY final DESC NULLS LAST LIMIT 1""",
        component.value,
    )
    return rows[0]


@pytest.mark.parametrize("component", list(Component))
def test_trace_line__any_component__leads_to_the_hashes_of_the_bytes(proven: Proven, component: Component) -> None:
    line = paying_line(proven, component)
    node = trace_line(proven.connection, str(line["line_id"]))
    assert node.figure is not None
    assert node.figure.startswith(f"{line['final']} (")
    (top,) = of_kind(node, NodeKind.COMPONENT)
    assert top.figure is not None
    assert top.figure.startswith(f"{line['base']} (")
    rows = [one for one in top.walk() if one.title.startswith(BELOW[component])]
    assert rows or line["base"] == 0
    payloads = of_kind(top, NodeKind.PAYLOAD)
    assert payloads
    stored = {
        row["response_hash"]: hashlib.sha256(row["body"]).hexdigest()
        for row in proven.run("SELECT response_hash::text AS response_hash, body FROM staging_bodies")
    }
    for payload in payloads:
        assert payload.digest is not None
        assert stored[payload.digest] == payload.digest
    for fetch in of_kind(top, NodeKind.FETCH):
        assert fetch.children


def test_trace_line__own_stake__every_account_is_summed(proven: Proven) -> None:
    """A line over the validator with own stake: the component's formula has one summand per own account."""
    (row,) = proven.run("SELECT validator_key, vote_rewards FROM validator_pnl ORDER BY vote_rewards DESC LIMIT 1")
    assert row["vote_rewards"] > 0
    line = paying_line(proven, Component.VOTE_REWARDS)
    proven.run(
        "UPDATE layers.partner_commission_lines SET validator_key = %s WHERE line_id = %s::uuid",
        *(row["validator_key"], line["line_id"]),
    )
    (top,) = of_kind(trace_line(proven.connection, str(line["line_id"])), NodeKind.COMPONENT)
    accounts = of_kind(top, NodeKind.ACCOUNT)
    amounts = [int(one.figure.split(" ")[0]) for one in accounts if one.figure is not None]
    assert sum(amounts) == row["vote_rewards"]
    assert top.formula is not None
    assert top.formula.endswith(f"{' + '.join(map(str, amounts))} = {row['vote_rewards']}")
    assert next(one.title for one in of_kind(top, NodeKind.DECISION)).startswith("operator_wallets:solana-demo/")


def test_trace_line__terms__are_the_version_and_rule_that_paid(proven: Proven) -> None:
    node = trace_line(proven.connection, str(paying_line(proven, Component.MEV_TIPS)["line_id"]))
    (terms,) = of_kind(node, NodeKind.TERMS)
    tables = [decision.title.split(":")[0] for decision in terms.children]
    wanted = ["agreement_events", "agreement_rules", "agreement_versions", "agreements", "partners"]
    assert sorted(tables) == wanted
    assert all(decision.note is None and decision.digest for decision in terms.children)
    (rule,) = [decision for decision in terms.children if decision.title.startswith("agreement_rules:")]
    assert rule.formula is not None
    assert "commission_rate_bps" in rule.formula


def test_trace_statement__lines__add_up_to_its_total(proven: Proven) -> None:
    (row,) = proven.run(
        """SELECT statement_id::text AS id, lines_total, line_count FROM partner_commission_statements
           WHERE partner_id = 'northwind'"""
    )
    node = trace_statement(proven.connection, row["id"])
    lines = of_kind(node, NodeKind.LINE)
    assert len(lines) == row["line_count"]
    assert sum(int(line.figure.split(" ")[0]) for line in lines if line.figure) == row["lines_total"]
    assert node.formula is not None
    assert node.formula.endswith(f" = {row['lines_total']}")
    assert None not in (node.digest, node.content_digest)
    text = shown(node)
    assert all(line.title.split(":")[0] in text for line in lines)
    assert "getBlock " not in text.split("period ")[0]  # a statement shows its lines, a line what is below


def test_trace_line__what_it_rests_on_was_superseded__shows_what_it_was_computed_from(copied: Aurora) -> None:
    with copied.database.connect() as connection:
        line = paying_line(Proven(copied, connection), Component.EXEC_FEES)
        draft = draft_pnl(copied.configuration, connection, KEY)
    doubled = draft.frame.with_columns(exec_fees=draft.frame["exec_fees"] + draft.frame["exec_fees"])
    write_check_publish(copied.database, [replace(draft, frame=doubled, grounds={})])
    with copied.database.connect() as connection:
        (top,) = of_kind(trace_line(connection, str(line["line_id"])), NodeKind.COMPONENT)
    assert top.figure is not None
    assert top.figure.startswith(f"{line['base']} (")


def test_trace__line_no_longer_in_force__says_so(copied: Aurora) -> None:
    with copied.database.connect() as connection:
        line = paying_line(Proven(copied, connection), Component.MEV_TIPS)
        drafts = draft_lines(copied.configuration, connection, KEY)
    write_check_publish(copied.database, [replace(draft, frame=draft.frame.clear(), grounds={}) for draft in drafts])
    with copied.database.connect() as connection:
        node = trace(connection, str(line["line_id"]))
    assert node.note is not None
    assert "this snapshot is superseded" in node.note


def test_trace__beginning_of_an_id__finds_lines_and_statements(proven: Proven) -> None:
    line = str(paying_line(proven, Component.MEV_TIPS)["line_id"])
    (statement,) = proven.run("SELECT statement_id::text AS id FROM partner_commission_statements LIMIT 1 OFFSET 1")
    assert trace(proven.connection, f" {line[:13].upper()} ").kind is NodeKind.LINE
    assert trace(proven.connection, line).title.startswith(f"line {line}")
    assert trace(proven.connection, statement["id"][:12]).kind is NodeKind.STATEMENT


@pytest.mark.parametrize("text", ["", "abc", "not-an-id", "x" * 36, "0" * 33, "%", "'; DROP TABLE x"])
def test_trace__what_is_no_id__is_refused_with_an_example(proven: Proven, text: str) -> None:
    with pytest.raises(AuroraError, match="no id or beginning of one") as caught:
        trace(proven.connection, text)
    assert caught.value.remedy is not None
    assert "at least 4 characters" in caught.value.remedy


def test_trace__unknown_id__says_where_ids_are_listed(proven: Proven) -> None:
    with pytest.raises(AuroraError, match="no line has an id") as caught:
        trace_line(proven.connection, "00000000")
    assert caught.value.remedy == "ids are listed by `aurora lines CHAIN EPOCH`"


def test_trace__several_ids_begin_so__are_named(proven: Proven) -> None:
    rows = proven.run("SELECT line_id::text AS id FROM partner_commission_lines ORDER BY line_id LIMIT 2")
    for number, row in enumerate(rows):
        proven.run(
            "UPDATE layers.partner_commission_lines SET line_id = %s::uuid WHERE line_id = %s::uuid",
            *(f"abcdabcd-0000-5000-8000-00000000000{number}", row["id"]),
        )
    with pytest.raises(AuroraError, match="2 ids begin with 'abcd'") as caught:
        trace_line(proven.connection, "abcd")
    assert "abcdabcd-0000-5000-8000-000000000000" in caught.value.message
    assert "solana-demo:0000850" in caught.value.message
    assert trace_line(proven.connection, "abcdabcd-0000-5000-8000-000000000001").kind is NodeKind.LINE


def test_trace__upstream_snapshot_gone__is_a_failed_check(proven: Proven) -> None:
    line = paying_line(proven, Component.MEV_TIPS)
    proven.run("DELETE FROM snapshots WHERE asset = 'validator_pnl'")
    with pytest.raises(CheckFailed, match="validator_pnl@solana-demo:0000850"):
        trace_line(proven.connection, str(line["line_id"]))


def test_trace__decision_edited_or_payload_gone__is_noted_at_its_place(proven: Proven) -> None:
    line = paying_line(proven, Component.MEV_TIPS)
    proven.run("UPDATE agreement_rules SET commission_rate_bps = 9999")
    proven.run("DELETE FROM staging_payloads WHERE data_type = 'mev'")
    node = trace_line(proven.connection, str(line["line_id"]))
    notes = [one.note for one in node.walk() if one.note is not None]
    assert any("its row is gone or changed" in note for note in notes)
    assert any("it is gone" in note for note in notes)


def test_render__many_payloads__are_cut_and_all_in_json(proven: Proven) -> None:
    node = trace_line(proven.connection, str(paying_line(proven, Component.EXEC_FEES)["line_id"]))
    (fetch,) = of_kind(node, NodeKind.FETCH)
    assert f"and {len(fetch.children) - 3} more" in shown(node)
    told = data_of(json.dumps(document("trace", trace_node(node))))
    assert all(payload.digest in json.dumps(told) for payload in fetch.children if payload.digest)
    assert (told["kind"], told["figure"].split()[0], told["amount"]["unit"]) == (
        "line",
        told["amount"]["amount"],
        "lamport",
    )


def test_render__brackets_in_what_others_wrote__stay_as_they_are() -> None:
    node = TraceNode(NodeKind.PAYLOAD, "payload 1: GET [/bold] [red]x", note="[link=evil]")
    assert "GET [/bold] [red]x" in shown(node)
    assert "[link=evil]" in shown(node)
