"""Directed graphs as people write them: walks, edge lists, adjacency matrices, networkx graphs, files.

An edge j -> i means that j drives i. In an adjacency matrix it is the 1 in row i, column j: a row receives, as in W.
(networkx's own ``to_numpy_array`` is the transpose of that; hand over the graph instead.)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from symgame.entries import MOST, square_rows
from symgame.errors import CircuitError
from symgame.sheets import sheet, text_of


@dataclass(frozen=True)
class Digraph:
    """A simple directed graph: labels of the nodes in order, and edges (from, to) as places in that order.

    Raises :class:`~symgame.errors.CircuitError` for a label or an edge that is given twice, a self-loop, no node, or
    more than 400 of them.
    """

    nodes: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.nodes) <= MOST:
            raise CircuitError(f"the graph has {len(self.nodes)} nodes; a circuit has from 1 to {MOST} populations.")
        twice = _repeated(self.nodes)
        if twice is not None:
            raise CircuitError(f"the graph has two nodes {twice!r}; give each a name of its own.")
        for j, i in self.edges:
            if j == i:
                raise CircuitError(
                    f"the graph has an edge from {self.nodes[j]} to itself; these circuits are of simple graphs, "
                    f"without self-loops."
                )
        parallel = _repeated(self.edges)
        if parallel is not None:
            raise CircuitError(
                f"the graph has the edge from {self.nodes[parallel[0]]} to {self.nodes[parallel[1]]} twice; "
                f"give it once."
            )
        object.__setattr__(self, "edges", tuple(sorted(self.edges)))

    def names(self, prefix: str) -> tuple[str, ...]:
        """Names of populations: a number gets the prefix, ``x1``; any other label is the name."""
        return tuple(f"{prefix}{label}" if label.isdecimal() else label for label in self.nodes)

    def adjacency(self) -> tuple[tuple[int, ...], ...]:
        """Row i, column j is 1 when j -> i."""
        edges, n = frozenset(self.edges), len(self.nodes)
        return tuple(tuple(int((j, i) in edges) for j in range(n)) for i in range(n))


def digraph(graph: Any, nodes: int | Sequence[object] | None = None) -> Digraph:
    """The graph that somebody means by

    * a text of walks, ``"1-2-3-1:3-4"``: each goes along its edges, and a node alone, ``"5"``, is one without edges;
    * a path: ``.csv`` holds an adjacency matrix, anything else an edge list, ``a b`` on a line;
    * a list of edges (from, to) as *tuples*: ``[(1, 2), (2, 3)]``;
    * an adjacency matrix of 0 and 1 as a list of *lists* or an array, its row i, column j for j -> i;
    * a networkx graph; an undirected edge goes both ways.

    A label is a whole number >= 0 or a name. ``nodes`` (how many, named 1, 2, ...; or their labels) fixes the nodes and
    their order, and an edge of another one is refused. Otherwise numbers stand in their order, names as they come.

    Raises :class:`~symgame.errors.CircuitError` for weights on edges, self-loops, parallel edges, unknown nodes.

    >>> digraph("1-2-3-1").edges == digraph([(3, 1), (1, 2), (2, 3)]).edges == ((0, 1), (1, 2), (2, 0))
    True
    >>> digraph([[0, 0, 1], [1, 0, 0], [0, 1, 0]]).edges
    ((0, 1), (1, 2), (2, 0))
    """
    if isinstance(graph, Digraph):
        return graph
    if isinstance(graph, Path) or (isinstance(graph, str) and re.search(r"[./\\]", graph)):
        return _of_file(Path(graph), nodes)
    if isinstance(graph, str):
        return _of_edges(*_walks(graph), nodes)
    if hasattr(graph, "is_directed") and hasattr(graph, "edges"):
        return _of_networkx(graph, nodes)
    if hasattr(graph, "shape") or (isinstance(graph, list | tuple) and any(isinstance(r, list) for r in graph)):
        return _of_adjacency(graph, nodes)
    if not isinstance(graph, Iterable) or isinstance(graph, dict):
        raise CircuitError(
            f"a graph is a list of edges (from, to), an adjacency matrix, a networkx graph, a text of walks such as "
            f"'1-2-3-1', or a file; this is {type(graph).__name__}."
        )
    pairs = []
    for k, edge in enumerate(graph):
        if not isinstance(edge, tuple) or len(edge) != 2:
            more = isinstance(edge, tuple) and len(edge) > 2
            raise CircuitError(
                f"edge {k + 1} of the graph is {edge!r:.60}; an edge is a pair (from, to)"
                f"{', and takes no weight here' if more else ''}."
            )
        pairs.append((_label(edge[0]), _label(edge[1])))
    return _of_edges(pairs, [], nodes)


def _label(value: object) -> str:
    """A node's label: a whole number >= 0 or a name, as text."""
    kind = getattr(getattr(value, "dtype", None), "kind", None)
    if (isinstance(value, int) and not isinstance(value, bool)) or kind in ("i", "u"):
        number = int(value)  # type: ignore[call-overload]
        if 0 <= number < 10**6:
            return str(number)
    elif isinstance(value, str) and re.fullmatch(r"[^\W_]\w*", value):
        if value.isdecimal():
            return _label(int(value)) if len(value) < 8 else _bad(value)
        return value
    return _bad(value)


def _bad(value: object) -> str:
    raise CircuitError(f"{value!r:.60} is no node; a node is a whole number >= 0, or a name of letters and digits.")


def _walks(text: str) -> tuple[list[tuple[str, str]], list[str]]:
    """The edges along the walks, and all nodes in the order in which they come."""
    pairs, seen = [], []
    for walk in text.split(":"):
        labels = [_label(part.strip()) for part in walk.split("-")]
        pairs += list(pairwise(labels))
        seen += labels
    return pairs, seen


def _of_edges(pairs: list[tuple[str, str]], seen: Iterable[str], nodes: int | Sequence[object] | None) -> Digraph:
    found = list(dict.fromkeys([*seen, *(label for pair in pairs for label in pair)]))
    if nodes is not None:
        order = _given(nodes)
        for label in found:
            if label not in order:
                raise CircuitError(f"the graph has an edge of {label}, which is none of its nodes {_few(order)}.")
    elif all(label.isdecimal() for label in found):
        order = tuple(sorted(found, key=int))
    else:
        order = tuple(found)
    place = {label: k for k, label in enumerate(order)}
    return Digraph(order, tuple((place[j], place[i]) for j, i in pairs))


def _given(nodes: int | Sequence[object]) -> tuple[str, ...]:
    if isinstance(nodes, int) and not isinstance(nodes, bool):
        if not 1 <= nodes <= MOST:
            raise CircuitError(f"nodes is {nodes}; a circuit has from 1 to {MOST} populations.")
        return tuple(str(k + 1) for k in range(nodes))
    if isinstance(nodes, str) or not isinstance(nodes, Iterable):
        raise CircuitError(f"nodes is {nodes!r}; give how many there are, or a list of their names.")
    return tuple(map(_label, nodes))


def _of_adjacency(matrix: Any, nodes: int | Sequence[object] | None) -> Digraph:
    try:
        rows, labels = square_rows(matrix)
    except CircuitError as error:
        said = str(error).replace("W ", "the adjacency matrix ", 1)
        raise CircuitError(f"{said} (A list of edges has tuples in it: [(1, 2), (2, 3)].)") from None
    n = len(rows)
    order = _given(labels if nodes is None and labels else n if nodes is None else nodes)
    if len(order) != n:
        raise CircuitError(f"the adjacency matrix has {n} rows, but {len(order)} nodes are named.")
    pairs = []
    for i, row in enumerate(rows):
        for j, entry in enumerate(row):
            if str(entry) not in ("0", "1", "0.0", "1.0", "True", "False"):
                raise CircuitError(
                    f"row {i + 1}, column {j + 1} of the adjacency matrix is {entry!r:.40}; it is 1 for an edge from "
                    f"{order[j]} to {order[i]}, else 0. Weighted couplings are Circuit.from_matrix's."
                )
            if str(entry) in ("1", "1.0", "True"):
                pairs.append((j, i))
    return Digraph(order, tuple(pairs))


def _of_networkx(graph: Any, nodes: int | Sequence[object] | None) -> Digraph:
    pairs = []
    for j, i, data in graph.edges(data=True):
        if data.get("weight", 1) != 1:
            raise CircuitError(
                f"the edge from {j} to {i} has the weight {data['weight']!r:.40}; these circuits take the graph alone. "
                f"Weighted couplings are Circuit.from_matrix's."
            )
        pairs.append((_label(j), _label(i)))
        if not graph.is_directed() and j != i:
            pairs.append((_label(i), _label(j)))
    seen = [_label(node) for node in graph.nodes]
    return _of_edges(pairs, seen, seen if nodes is None else nodes)


# -- files ------------------------------------------------------------------------------------------------------------


def _of_file(path: Path, nodes: int | Sequence[object] | None) -> Digraph:
    text = text_of(path)
    try:
        if path.suffix.lower() == ".csv":
            table = sheet(text)
            if table.columns:
                raise CircuitError(f"an adjacency matrix has no column {min(table.columns)!r}.")
            return _of_adjacency([list(row) for row in table.matrix], table.names if nodes is None else nodes)
        pairs, seen = [], []
        for number, parts in _lines(text):
            if len(parts) > 2:
                raise CircuitError(f"line {number}: an edge is two nodes, 'from to', not {len(parts)} entries.")
            labels = [_label(part) for part in parts]
            seen += labels
            if len(labels) == 2:
                pairs.append((labels[0], labels[1]))
        if not seen:
            raise CircuitError("no edge in the file; write 'from to' on a line.")
        return _of_edges(pairs, seen, nodes)
    except CircuitError as error:
        raise CircuitError(f"{path.name}: {error}") from None


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(text.splitlines(), 1):
        parts = line.split("#")[0].replace(",", " ").split()
        if parts:
            yield number, parts


def _repeated(items: Sequence[Any]) -> Any:
    seen = set()
    for item in items:
        if item in seen:
            return item
        seen.add(item)
    return None


def _few(names: Sequence[str]) -> str:
    shown = ", ".join(names[:12])
    return shown if len(names) <= 12 else f"{shown}, ..."
