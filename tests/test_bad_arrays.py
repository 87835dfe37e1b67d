"""Bad graphs, matrices, arrays and options: one clear message each, exit status 2, nothing printed, nothing written."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from symgame import Circuit, ctln, ei_tln, random_ei, read_arrays
from symgame.cli import main
from symgame.errors import ModelError
from symgame.families import ring

PAIR = [[0, 1], [1, 0]]
LIMIT = 4_000  # a message quotes a part of a long input, not all of it
ONE = np.array([[0, 1.0], [1, 0]])


class Touch:
    """What a pickle may do when it is loaded."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str, ...]]:
        return open, ("executed", "w")


@pytest.fixture(autouse=True)
def empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Every case runs in an empty directory, and leaves it as it was."""
    directory = tmp_path / "here"
    directory.mkdir()
    monkeypatch.chdir(directory)
    yield directory
    assert list(directory.iterdir()) == []


def place(entry: object, row: int = 1, column: int = 0) -> list[list[object]]:
    matrix: list[list[object]] = [[0, 1], [1, 0]]
    matrix[row][column] = entry
    return matrix


# -- through Python ---------------------------------------------------------------------------------------------------

MATRICES: dict[str, tuple[Any, dict[str, Any], str]] = {
    "ragged": ([[0, 1], [1]], {}, "W has 2 rows, but row 2 has 1 entries; it must be square"),
    "not square": (np.zeros((2, 3)), {}, "W has 2 rows and 3 columns; it must be square"),
    "empty list": ([], {}, "from 1 to 400 populations; this one has 0"),
    "no size": (np.zeros((0, 0)), {}, "from 1 to 400 populations; this one has 0"),
    "one dimension": (np.zeros(3), {}, "an array with 1 dimension (shape (3,)); a matrix has 2"),
    "three dimensions": (np.zeros((2, 2, 2)), {}, "an array with 3 dimensions (shape (2, 2, 2)); a matrix has 2"),
    "rows within rows": ([[[0]]], {}, "the weight to x1 from x1 (row 1, column 1) is [0] (list)"),
    "too large": (np.zeros((401, 401)), {}, "from 1 to 400 populations; this one has 401"),
    "sparse and huge": (scipy.sparse.coo_array((10**6, 10**6)), {}, "this one has 1000000"),
    "no matrix": ("0,1;1,0", {}, "W must be a matrix: a list of rows"),
    "no rows": ([0, 1], {}, "W must be a matrix: a list of rows"),
    "nothing": (None, {}, "W must be a matrix: a list of rows"),
    "NaN": (np.array(place(np.nan), dtype=float), {}, "to x2 from x1 (row 2, column 1) is nan, not a finite number"),
    "NaN of 32 bits": (np.array(place(np.nan), dtype=np.float32), {}, "(row 2, column 1) is nan, not a finite number"),
    "infinity": (place(float("-inf")), {}, "(row 2, column 1) is -inf, not a finite number"),
    "infinity in binary": (place(np.inf), {"floats": "binary"}, "(row 2, column 1) is inf, not a finite number"),
    "complex": (np.array(place(1j)), {}, "(row 1, column 1) is 0j, a complex number; a real number was expected"),
    "complex entry": (place(1j), {}, "(row 2, column 1) is 1j, a complex number"),
    "truth values": (np.array(PAIR, dtype=bool), {}, "(row 1, column 1) is False; an exact number"),
    "NumPy's truth": (place(np.True_), {}, "(row 2, column 1) is True, a truth value"),
    "None": (place(None), {}, "(row 2, column 1) is None; an exact number"),
    "masked": (np.ma.masked_equal(PAIR, 1), {}, "W has masked entries"),
    "dates": (np.array([["2020-01-01"]], dtype="datetime64[D]"), {}, "an exact number, a name or a polynomial"),
    "text that is no number": (place("one two"), {}, "(row 2, column 1)"),
    "quotient of names": (place("1/w"), {}, "the weight to x2 from x1 is 1/w; a polynomial"),
    "how to read floats": (ONE, {"floats": "exact"}, "floats is 'exact'; it is 'decimal' (as printed) or 'binary'"),
    "Dale": (ONE, {"types": ["inhibitory", None]}, "to x2 from x1 is 1, but x1 is inhibitory: its weights are"),
    "no type": (ONE, {"types": ["glial", None]}, "the type of x1 is 'glial'"),
    "tau 0": (ONE, {"tau": [1, 0]}, "tau of x2 is 0; a time constant is > 0"),
    "tau negative": (ONE, {"tau": np.array([1, -2.5])}, "tau of x2 is -5/2; a time constant is > 0"),
    "tau NaN": (ONE, {"tau": [1, np.nan]}, "tau of x2 is nan, not a finite number"),
    "input infinite": (ONE, {"u": [np.inf, 1]}, "the input of x1 is inf, not a finite number"),
    "too few inputs": (ONE, {"u": [1]}, "W is 2 by 2, but u has 1 entries"),
    "one input": (ONE, {"u": 1}, "u is 1; give a list with one entry for each population"),
    "inputs as a text": (ONE, {"u": "ab"}, "u is the text 'ab'; give a list"),
    "a column of inputs": (ONE, {"u": np.ones((2, 1))}, "the input of x1 is array([1.]) (ndarray)"),
    "a name twice": (ONE, {"names": ["E", "E"]}, "Two populations are called 'E'"),
    "a word as a name": (ONE, {"names": ["stable", "I"]}, "'stable' is a word of the formula vocabulary"),
    "a number as a name": (ONE, {"names": [1, 2]}, "1 in names is no text"),
    "no name": (ONE, {"names": ["a b", "I"]}, "'a b' is not a name"),
    "a symbol with the name of a population": (place("x1"), {}, "'x1' names a population and a symbol"),
    "rows of a frame in another order": (
        pd.DataFrame(PAIR, index=["I", "E"], columns=["E", "I"]), {}, "rows are not named as its columns are",
    ),
    "columns of a frame twice": (pd.DataFrame(PAIR, columns=["E", "E"]), {}, "Two populations are called 'E'"),
}  # fmt: skip


@pytest.mark.parametrize("case", MATRICES)
def test_a_bad_matrix_is_one_message(case: str) -> None:
    W, options, part = MATRICES[case]
    with pytest.raises(ModelError) as caught:
        Circuit.from_matrix(W, **options)
    assert part in str(caught.value) and len(str(caught.value)) < LIMIT


def weighted() -> Any:
    graph = nx.DiGraph()
    graph.add_edge(1, 2, weight=0.5)
    return graph


CALLS: dict[str, tuple[Callable[[], Circuit], str]] = {
    "self-loop": (lambda: ctln([(1, 1)]), "an edge from 1 to itself"),
    "self-loop in a matrix": (lambda: ctln([[1]]), "an edge from 1 to itself"),
    "self-loop of networkx": (lambda: ctln(nx.DiGraph([("a", "a")])), "an edge from a to itself"),
    "parallel edges": (lambda: ctln([(1, 2), (1, 2)]), "the edge from 1 to 2 twice"),
    "parallel edges of networkx": (lambda: ctln(nx.MultiDiGraph([(1, 2), (1, 2)])), "the edge from 1 to 2 twice"),
    "unknown node": (lambda: ctln([(1, 4)], nodes=3), "an edge of 4, which is none of its nodes 1, 2, 3"),
    "a node twice": (lambda: ctln([], nodes=["a", "a"]), "two nodes 'a'"),
    "weight on an edge": (lambda: ctln([(1, 2, 0.5)]), "edge 1 of the graph is (1, 2, 0.5); an edge is a pair"),
    "weight of networkx": (lambda: ctln(weighted()), "from 1 to 2 has the weight 0.5"),
    "weight in a matrix": (lambda: ctln([[0, 2], [0, 0]]), "row 1, column 2 of the adjacency matrix is 2; it is 1"),
    "adjacency not square": (lambda: ctln([[0, 1]]), "the adjacency matrix has 1 rows, but row 1 has 2 entries"),
    "edges as lists": (lambda: ctln([[1, 2], [2, 3], [3, 1]]), "A list of edges has tuples in it"),
    "no graph": (lambda: ctln(7), "a graph is a list of edges"),
    "a dictionary": (lambda: ctln({1: [2]}), "a graph is a list of edges"),
    "no node": (lambda: ctln([]), "the graph has 0 nodes"),
    "too many nodes": (lambda: ctln([(k, k + 1) for k in range(500)]), "the graph has 501 nodes"),
    "a negative node": (lambda: ctln([(-1, 2)]), "-1 is no node"),
    "a node that is no name": (lambda: ctln([("a b", "c")]), "'a b' is no node"),
    "a node with a reserved name": (lambda: ctln("stable-b"), "'stable' is a word of the formula vocabulary"),
    "names that meet": (lambda: ctln("1-x1"), "Two populations are called 'x1'"),
    "a node called I": (lambda: ei_tln("I-b"), "Two populations are called 'I'"),
    "eps at the end of its range": (lambda: ctln("1-2", "1/3", "1/2", 1), "legal range eps < delta/(delta + 1)"),
    "eps 0": (lambda: ctln("1-2", 0), "eps is 0; it is > 0"),
    "delta negative": (lambda: ctln("1-2", delta=-1), "delta is -1; it is > 0"),
    "theta NaN": (lambda: ctln("1-2", theta=np.nan), "theta is nan, not a finite number"),
    "eps as a polynomial": (lambda: ctln("1-2", "a + b"), "eps is a + b; give a number, or one name"),
    "tau_I 0": (lambda: ei_tln("1-2", tau_I=0), "tau_I is 0; it is > 0"),
    "one name for two things": (lambda: ctln("1-2", eps="a", theta="a"), "'a' names a weight and an input"),
    "ring of none": (lambda: ring(0), "n is 0; a whole number from 1 to 400 was expected"),
    "ring of halves": (lambda: ring(2.5), "n is 5/2; a whole number"),
    "too many weights": (lambda: ring(3, [1, 2, 3]), "3 weights, but a ring of 3 has 2 distances, 0 included"),
    "weights as a text": (lambda: ring(3, "ab"), "weights is 'ab'; give a list"),
    "seed as a text": (lambda: random_ei(5, seed="x"), "seed is x; a whole number"),
    "seed negative": (lambda: random_ei(5, seed=-1), "seed is -1; a whole number from 0"),
    "seed of None": (lambda: random_ei(5, seed=None), "seed is None; an exact number"),
    "density above 1": (lambda: random_ei(5, density=1.5), "density is 3/2; a number from 0 to 1"),
    "density 0": (lambda: random_ei(5, density=0), "density is 0, and no weight would be there"),
    "n huge": (lambda: random_ei(10**6), "n is 1000000; a whole number from 1 to 400"),
    "too few digits": (lambda: random_ei(100, digits=1, excitation="1/100"), "digits is 1, too few for weights"),
    "excitation negative": (lambda: random_ei(5, excitation=-1), "excitation is -1; a number >= 0"),
}


@pytest.mark.parametrize("case", CALLS)
def test_a_bad_graph_or_option_is_one_message(case: str) -> None:
    call, part = CALLS[case]
    with pytest.raises(ModelError) as caught:
        call()
    assert part in str(caught.value) and len(str(caught.value)) < LIMIT


# -- files ------------------------------------------------------------------------------------------------------------


def npy(array: Any, **options: Any) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        np.save(path, array, **options)

    return write


def npz(**arrays: Any) -> Callable[[Path], None]:
    return lambda path: np.savez(path, **arrays)


def content(data: bytes) -> Callable[[Path], None]:
    return lambda path: (path.write_bytes(data), None)[1]


def text(data: str) -> Callable[[Path], None]:
    return content(data.encode())


def truncated(path: Path) -> None:
    np.save(path, np.ones((20, 20)))
    path.write_bytes(path.read_bytes()[:-100])


def promising(path: Path) -> None:
    """A header of a terabyte, and nothing behind it."""
    header = {"descr": "<f8", "fortran_order": False, "shape": (400_000, 400_000)}
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)


def disguised(path: Path) -> None:
    np.savez(path.with_suffix(".npz"), W=ONE)
    path.with_suffix(".npz").rename(path)


def cut_archive(path: Path) -> None:
    np.savez(path, W=ONE)
    path.write_bytes(path.read_bytes()[:-30])


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("W.npy", bytes(80_000_000))


def strange_member(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("W.npy", b"no array")


FILES: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "truncated": ("bad.npy", truncated, "cannot be read as an array"),
    "a header alone": ("bad.npy", promising, "cannot be read as an array"),
    "no array": ("bad.npy", content(b"hello, world"), "no plain array: pickled objects are never loaded"),
    "empty array file": ("bad.npy", content(b""), "cannot be read as an array"),
    "pickled": ("bad.npy", npy(np.array([[Touch()]], dtype=object), allow_pickle=True), "never loaded"),
    "archive as npy": ("bad.npy", disguised, "call it .npz"),
    "three dimensions": ("bad.npy", npy(np.zeros((1, 1, 1))), "an array with 3 dimensions"),
    "no size": ("bad.npy", npy(np.zeros((0, 0))), "from 1 to 400 populations; this one has 0"),
    "a number": ("bad.npy", npy(np.float64(3)), "an array with 0 dimensions"),
    "too large": ("bad.npy", npy(np.zeros((401, 401))), "from 1 to 400 populations; this one has 401"),
    "NaN": ("bad.npy", npy(np.array(place(np.nan))), "(row 2, column 1) is nan, not a finite number"),
    "complex": ("bad.npy", npy(np.array([[1j]])), "a complex number; a real number was expected"),
    "truth values": ("bad.npy", npy(np.eye(2, dtype=bool)), "is True; an exact number"),
    "records": ("bad.npy", npy(np.zeros((2, 2), dtype=[("a", "f8")])), "W is an array of"),
    "bytes": ("bad.npy", npy(np.array([[b"1"]])), "W is an array of |S1; save numbers, or texts"),
    "no W": ("bad.npz", npz(weights=ONE), "unknown array 'weights'"),
    "only inputs": ("bad.npz", npz(u=np.ones(2)), "no array W (arrays: u)"),
    "nothing in it": ("bad.npz", npz(), "no array W (arrays: none)"),
    "misspelt key": ("bad.npz", npz(W=ONE, taus=np.ones(2)), "unknown array 'taus'; did you mean 'tau'"),
    "pickled names": ("bad.npz", npz(W=ONE, names=np.array([Touch(), 1], dtype=object)), "never loaded"),
    "too many inputs": ("bad.npz", npz(W=ONE, u=np.ones(3)), "W is 2 by 2, but u has 3 entries"),
    "inputs as a column": ("bad.npz", npz(W=ONE, u=np.ones((2, 1))), "u has the shape (2, 1)"),
    "cap 0": ("bad.npz", npz(W=ONE, cap=[1, 0]), "x2: activation 'saturating': cap = 0"),
    "cap NaN": ("bad.npz", npz(W=ONE, cap=[1, np.nan]), "the cap of x2 is nan, not a finite number"),
    "tau 0 in an archive": ("bad.npz", npz(W=ONE, tau=[0, 1]), "tau of x1 is 0; a time constant is > 0"),
    "type": ("bad.npz", npz(W=ONE, types=["E", "I"]), "the type of x1 is 'E'"),
    "activation": ("bad.npz", npz(W=ONE, activation=["relu", "rely"]), "did you mean 'relu'"),
    "a cut archive": ("bad.npz", cut_archive, "cannot be read as an archive of arrays"),
    "a bomb": ("bad.npz", bomb, "more than 64000000 bytes"),
    "no array in the archive": ("bad.npz", strange_member, "W is no array"),
    "junk as a table": ("bad.csv", content(bytes(range(256))), "not UTF-8 text (byte 128)"),
    "null bytes": ("bad.csv", content(b"1\0,2\n3,4\n"), "not text (it has null bytes)"),
    "a page": ("bad.csv", text("<html>\n<p>Not, found</p>\n</html>\n"), "row 2 of the table has 2 cells"),
    "empty table": ("bad.csv", text("\n# nothing\n , ,\n"), "the table is empty"),
    "a table with ragged rows": ("bad.csv", text("1,2\n3\n"), "row 2 of the table has 1 cells, but row 1 has 2"),
    "two rows more": ("bad.csv", text("1,2\n3,4\n5,6\n7,8\n"), "the table has no square matrix: 4 rows by 2 columns"),
    "names alone": ("bad.csv", text("E,I,u\n"), "no square matrix: 0 rows by 0 columns"),
    "rows in another order": ("bad.csv", text(",E,I\nI,1,2\nE,3,4\n"), "row 1 of the matrix is called 'I' but column"),
    "a column twice": ("bad.csv", text("E,u,u\n1,2,3\n"), "two columns 'u'"),
    "names twice": ("bad.csv", text("E,E\n1,2\n3,4\n"), "Two populations are called 'E'"),
    "a word in the names": ("bad.csv", text("det,I\n1,2\n3,4\n"), "'det' is a word of the formula vocabulary"),
    "an empty cell": ("bad.csv", text("1,\n3,4\n"), "row 1, column 2 of the matrix is empty; write 0"),
    "nan in a table": ("bad.csv", text("1,NaN\n3,4\n"), "row 1, column 2 of the matrix is NaN, not a finite number"),
    "open quotes": ("bad.csv", text('"1,2\n3,4\n'), "not comma-separated values"),
    "no number": ("bad.csv", text("1 2\n"), "(row 1, column 1)"),
    "Dale in a table": ("bad.csv", text("E,type\n-1,excitatory\n"), "E is excitatory: its weights are >= 0 (Dale)"),
    "cap of a ReLU": ("bad.csv", text("E,cap,activation\n1,2,relu\n"), "E has a cap and the activation 'relu'"),
    "tau in a table": ("bad.csv", text("E,tau\n1,-3\n"), "tau of E is -3; a time constant is > 0"),
    "another suffix": ("bad.mat", content(b"MATLAB 5.0"), "ends in .csv, .npy, .npz, not in '.mat'"),
    "too many bytes": ("bad.csv", content(b"1," * 4_500_000), "more than 8000000 bytes"),
}  # fmt: skip


@pytest.mark.parametrize("case", FILES)
def test_a_bad_file_is_one_message(case: str, tmp_path: Path) -> None:
    name, write, part = FILES[case]
    write(tmp_path / name)
    with pytest.raises(ModelError) as caught:
        read_arrays(tmp_path / name)
    said = str(caught.value)
    assert said.startswith(f"{name}: ") and part in said and len(said) < LIMIT
    assert said.count(f"{name}: ") == 1


def test_a_file_that_is_not_there_and_a_directory(tmp_path: Path) -> None:
    for suffix in ("npy", "npz", "csv"):
        with pytest.raises(ModelError, match="cannot be read"):
            read_arrays(tmp_path / f"missing.{suffix}")
        (tmp_path / f"directory.{suffix}").mkdir()
        with pytest.raises(ModelError, match=rf"directory\.{suffix}: cannot be read"):
            read_arrays(tmp_path / f"directory.{suffix}")


# -- through the command line -----------------------------------------------------------------------------------------


def refused(argv: list[str], part: str, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    status = main(argv)
    said = capsys.readouterr()
    assert status == 2, said.err
    assert said.out == "" and said.err.startswith("symgame: ") and said.err.count("\n") == 1
    assert part in said.err and len(said.err) < LIMIT and "Traceback" not in said.err


@pytest.mark.parametrize("verb", ["equilibria", "derive", "stability"])
@pytest.mark.parametrize("case", ["truncated", "pickled", "NaN", "no W", "no array", "null bytes", "Dale in a table"])
def test_a_bad_file_on_the_command_line(
    verb: str, case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, write, part = FILES[case]
    write(tmp_path / name)
    refused([verb, str(tmp_path / name)], part, capsys)


MODELS = {
    "ctln": "the option 'graph' is missing",
    "ctln:": "the option 'graph' is missing",
    "ctln:1-1": "an edge from 1 to itself",
    "ctln:1-2-1-2": "the edge from 1 to 2 twice",
    "ctln:1-2,nodes=1": "an edge of 2, which is none of its nodes 1",
    "ctln:1->2": "'>2' is no node",
    "ctln:1-2-": "'' is no node",
    "ctln:missing.csv": "missing.csv: cannot be read",
    "ctln:1-2,epsi=1/4": "unknown option 'epsi'; did you mean 'eps'",
    "ctln:1-2,eps=1/4,eps=1/4": "the option 'eps' is given twice",
    "ctln:1-2,eps=": "the option 'eps' needs a value: eps=VALUE",
    "ctln:1-2,1-3": "unknown option '1-3'",
    "ctln:1-2,eps=1/2,delta=1": "legal range eps < delta/(delta + 1), here 1/2",
    "ctln:1-2,eps=nan": "'nan' is not a finite number",
    "ctln:1-2,eps=__import__('os')": "eps",
    "ei-tln:1-2,tau_I=-1": "tau_I is -1; it is > 0",
    "ring:0": "n is 0; a whole number from 1 to 400",
    "ring:-3": "n is '-3'; a whole number",
    "ring:3,directed=yes": "'directed' is switched on by its name alone",
    "ring:3,weights=1:2:3": "3 weights, but a ring of 3 has 2 distances",
    "random-ei:5,seed=1.5": "seed is '1.5'; a whole number",
    "random-ei:5,density=2": "density is 2; a number from 0 to 1",
    "random-ei:99999999999999999999999": "a whole number was expected",
    "wilson-cowan:full": "unknown option 'full'; it takes none",
    "e-pv-sst-vip:ful": "unknown option 'ful'; did you mean 'full'",
    "ctn:1-2": "did you mean 'ctln'",
    "bad.mat": "neither a built-in circuit nor a file",
    "bad.npy": "there is no such file",
}


@pytest.mark.parametrize("model", MODELS)
def test_a_bad_model_on_the_command_line(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    refused(["equilibria", model], MODELS[model], capsys)
    refused(["derive", model], MODELS[model], capsys)


def test_a_bad_graph_file_names_the_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "graph.txt"
    for lines, part in {
        "1 2\n2 3 0.5\n": "graph.txt: line 2: an edge is two nodes, 'from to', not 3 entries",
        "# nothing\n": "graph.txt: no edge in the file",
        "1 2\n1 2\n": "graph.txt: the graph has the edge from 1 to 2 twice",
        "a b!\n": "graph.txt: 'b!' is no node",
    }.items():
        path.write_text(lines)
        refused(["equilibria", f"ctln:{path}"], part, capsys)
    table = tmp_path / "graph.csv"
    for lines, part in {
        "0,1\n0,0.5\n": "graph.csv: row 2, column 2 of the adjacency matrix is '0.5'",
        "E,u\n0,1\n": "graph.csv: an adjacency matrix has no column 'u'",
        "0,1,1\n": "graph.csv: the table has no square matrix",
    }.items():
        table.write_text(lines)
        refused(["equilibria", f"ctln:{table}"], part, capsys)


def test_there_are_enough_cases() -> None:
    assert min(len(MATRICES), len(CALLS), len(FILES), len(MODELS)) >= 25
