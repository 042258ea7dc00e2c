"""A traced figure as a tree: each node a figure, how it came about, what commits to it, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from rich.text import Text
from rich.tree import Tree

from aurora_pipeline.foundation.units import Amount


class NodeKind(StrEnum):
    """What a node is about."""

    STATEMENT = "statement"
    LINE = "line"
    COMPONENT = "component"
    ROW = "row"
    ACCOUNT = "account"
    FETCH = "fetch"
    PAYLOAD = "payload"
    PERIOD = "period"
    TERMS = "terms"
    DECISION = "decision"


@dataclass(frozen=True)
class TraceNode:
    """One figure (or document) and everything below it."""

    kind: NodeKind
    title: str
    figure: str | None = None
    amount: Amount | None = None
    """The figure in base units, where it is an amount that is known."""
    unit: str = ""
    """The base unit of the amount."""
    formula: str | None = None
    note: str | None = None
    """The state and its reason, where there is something to say."""
    digest: str | None = None
    """What commits to it: a snapshot's first lineage digest, a fetch's digest, a body's hash, a decision's digest."""
    content_digest: str | None = None
    children: tuple[TraceNode, ...] = ()

    def walk(self) -> Iterator[TraceNode]:
        """This node and all below it, depth first."""
        yield self
        for child in self.children:
            yield from child.walk()


_AT_MOST = {NodeKind.PAYLOAD: 3, NodeKind.ACCOUNT: 8, NodeKind.DECISION: 12}


def render(node: TraceNode) -> Tree:
    """The tree for people: long rows of payloads and accounts are cut, and a statement shows its lines, not below them.

    With `--json` there is everything.
    """
    tree = Tree(_label(node))
    _add(tree, node)
    return tree


def _add(tree: Tree, node: TraceNode) -> None:
    for kind, group in groupby(node.children, key=lambda child: child.kind):
        members = list(group)
        shown = members[: _AT_MOST.get(kind, len(members))]
        for child in shown:
            branch = tree.add(_label(child))
            if node.kind is not NodeKind.STATEMENT or kind is not NodeKind.LINE:
                _add(branch, child)
        if len(members) > len(shown):
            tree.add(Text(f"and {len(members) - len(shown)} more (all of them with --json)", style="dim"))


def _label(node: TraceNode) -> Text:
    # Text, not markup: titles hold what providers and partners wrote, and brackets in it are not for us to read.
    label = Text(node.title, style="bold" if node.kind in {NodeKind.STATEMENT, NodeKind.LINE} else "")
    if node.figure is not None:
        label.append(f"  {node.figure}", style="green")
    if node.formula is not None:
        label.append(f"\n{node.formula}", style="cyan")
    if node.note is not None:
        label.append(f"\n{node.note}", style="yellow")
    for name, digest in (("content", node.content_digest), (_DIGEST_NAMES[node.kind], node.digest)):
        if digest is not None:
            label.append(f"\n{name} {digest}", style="dim")
    return label


_DIGEST_NAMES = {
    NodeKind.STATEMENT: "lineage",
    NodeKind.LINE: "lineage",
    NodeKind.COMPONENT: "lineage",
    NodeKind.ROW: "lineage",
    NodeKind.ACCOUNT: "lineage",
    NodeKind.FETCH: "fetch",
    NodeKind.PAYLOAD: "sha256",
    NodeKind.PERIOD: "period",
    NodeKind.TERMS: "digest",
    NodeKind.DECISION: "decision",
}
