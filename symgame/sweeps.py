"""Sweeps: a circuit's exact answers over the outer product of parameter values, as labelled arrays.

The points are cut into chunks; :func:`symgame.sweep_plan.results` of a chunk is a pure function of things that can be
pickled. Chunks run in local threads, or wherever a scheduler of the caller's takes them.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import math
import os
import queue
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from symgame import __version__
from symgame.circuit import Circuit
from symgame.groups import neurons
from symgame.statements import check_domain
from symgame.sweep_answers import Array, Prepared, Problem, Variable
from symgame.sweep_axes import Axis, Grid, Numbers, SweepError, axis, grid
from symgame.sweep_plan import ASKED, WALKED, WORDS, prepared, results
from symgame.sweep_store import Store, opened
from symgame.words import nearest

if TYPE_CHECKING:
    import xarray

MAX_BYTES = 2**31
CHUNK, CHUNK_OF_WALK = 65_536, 64
_WINDOW = 256  # chunks whose coordinates wait at a scheduler at once
_BATCH = 64  # chunks that Dask is asked for at once: so many are lost when it is interrupted

Progress = Callable[[int, int], None]


def sweep(
    circuit: Circuit,
    axes: Mapping[str, Any],
    quantities: Sequence[str] | Mapping[str, str],
    *,
    at: str | None = None,
    paired: Sequence[Sequence[str]] = (),
    chunk: int | None = None,
    scheduler: Any = None,
    store: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> xarray.Dataset:
    """What is true of a circuit at every point of a grid, decided as exact arithmetic decides it.

    ``axes`` maps symbols to values (:func:`symgame.sweep_axes.axis`): doubles are the rationals that they are, texts
    such as ``"1/10"`` or ``"0:3:61"`` and fractions are exact. The result lies over the outer product of the axes in
    their order; symbols with a common dimension (labelled arrays, or a group of ``paired``) vary together. A value in
    the circuit gives way to an axis; every other symbol needs a value.

    ``quantities`` are words of :data:`symgame.sweep_plan.WORDS` or formulas of the package's grammar, conditions or
    numbers, read at the branch ``at``; a mapping gives them names. Conditions become truth values, false outside the
    domain (the variable ``domain`` says where that is) and where a denominator is 0 (``NAME_decided``, when there is
    one). Dimensions: those of the axes, then ``branch`` and ``population`` for ``WORD(*)``.

    ``scheduler``: ``None`` (threads), ``"serial"``, any ``concurrent.futures.Executor`` or ``dask.distributed.Client``,
    or ``"dask"``, which is whatever scheduler Dask has been given. ``store``: a directory in which finished chunks are
    kept; the same call later computes only what is missing. ``progress`` is told how many chunks of how many are done.
    Every scheduler and every chunk size gives the same arrays. What is answered point by point (``evidence`` says so)
    takes one thread at a time: processes or a cluster make that faster, threads do not.

    Raises :class:`~symgame.sweep_axes.SweepError` and the errors of formulas before anything is computed, and
    :class:`~symgame.errors.Unsupported` for what has no exact answer here.

    >>> from symgame.named import wilson_cowan
    >>> pair = wilson_cowan().with_values(w_EI=1, w_IE=1, w_II=0, tau_E=1, tau_I=1, u_I=-1)
    >>> found = sweep(pair, {"w_EE": "1/2:3/2:3", "u_E": [-0.25, 0]}, ["count", "lds"])
    >>> found["count"].dims, found["count"].values.tolist(), found["lds"].values[:, 0].tolist()
    (('w_EE', 'u_E'), [[1, 1], [1, -2], [3, 2]], [True, False, False])
    """
    labelled = _xarray()
    problem, points = request(circuit, axes, quantities, at=at, paired=paired)
    labels = _labels(axes)
    ready = prepared(problem)
    _check_size(ready, points)
    if chunk is not None and (isinstance(chunk, bool) or not isinstance(chunk, int) or chunk < 1):
        raise SweepError(f"chunk is {chunk!r}; it is a number of points, at least 1")
    default = CHUNK_OF_WALK if ready.walks else CHUNK
    kept = None
    if store is not None:
        key = _key(problem, points)
        kept = opened(Path(store), key, points.points, chunk, default, _about(problem, points))
    arrays = _computed(ready, points, kept.chunk if kept else chunk or default, scheduler, kept, progress)
    return _dataset(labelled, ready, points, arrays).assign_coords(labels)


def _labels(axes: Mapping[str, Any]) -> dict[str, Any]:
    """The labels along dimensions that labelled arrays bring with them, such as the numbers of runs."""
    found: dict[str, Any] = {}
    for symbol, values in axes.items():
        for dim in getattr(values, "dims", ()):
            if dim not in axes and dim in getattr(values, "coords", ()):
                labels = values.coords[dim].variable
                if not found.setdefault(dim, labels).equals(labels):
                    raise SweepError(f"the axis {symbol} has other labels along {dim!r} than the axes before it")
    return found


def request(
    circuit: Circuit,
    axes: Mapping[str, Any],
    quantities: Sequence[str] | Mapping[str, str],
    *,
    at: str | None = None,
    paired: Sequence[Sequence[str]] = (),
) -> tuple[Problem, Grid]:
    """The problem and the points of a sweep, checked; errors as in :func:`sweep`."""
    known = tuple(dict.fromkeys((*circuit.symbols, *(name for name, _ in circuit.values))))
    for symbol in axes:
        if symbol not in known:
            raise SweepError(f"the axis {str(symbol)[:60]!a} is no symbol of the circuit{nearest(str(symbol), known)}")
    points = grid(axes, paired)
    swept = circuit.fixed(keep=tuple(axes))
    if swept.copies:
        swept = neurons(swept)
    idle = [symbol for symbol in axes if symbol not in swept.symbols]
    if idle:
        raise SweepError(f"the circuit does not depend on the axis {idle[0]!r}; leave it out")
    left = [name for name in swept.symbols if name not in axes]
    if left:
        raise SweepError(f"these symbols have no value and no axis: {', '.join(left)}; give them in [values], by "
                         f"--set, or an axis each")  # fmt: skip
    check_domain(swept)
    by_symbol = {row.symbol: row for row in points.axes}
    rows = tuple(by_symbol[name] for name in swept.symbols)  # columns come in the order of the symbols
    named = _named(quantities)
    _check_names(named, points)
    scales = tuple((row.symbol, row.scale) for row in rows)
    return Problem(swept, scales, named, at, swept.presentation), replace(points, axes=rows)


def _named(quantities: Sequence[str] | Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    if isinstance(quantities, str):
        quantities = [quantities]
    pairs = list(quantities.items()) if isinstance(quantities, Mapping) else [(q, q) for q in quantities]
    if not pairs:
        raise SweepError(f"no quantities; give formulas, or some of the words {', '.join(WORDS)}")
    for name, text in pairs:
        if not isinstance(name, str) or not isinstance(text, str):
            raise SweepError(f"the quantity {name!r} is no text; write a formula or one of {', '.join(WORDS)}")
    return tuple((name.strip(), text.strip()) for name, text in pairs)


def _check_names(named: tuple[tuple[str, str], ...], points: Grid) -> None:
    taken = dict.fromkeys(points.dims, "a dimension") | {row.symbol: "an axis" for row in points.axes}
    taken |= {"domain": "the domain", "branch": "the dimension of branches", "population": "that of populations"}
    for row in points.axes:
        if {row.symbol, *row.dims} & {"branch", "population", "domain"}:
            raise SweepError(f"the axis {row.symbol!r} along {', '.join(row.dims)!r}: branch, population and domain "
                             f"are names of the result; rename the symbol or the dimension")  # fmt: skip
    for name, _ in named:
        if name in taken:
            raise SweepError(f"the quantity {name!r} has the name of {taken[name]}; give it another, as in "
                             f"{{'other': {name!r}}}, or leave it out")  # fmt: skip
        taken[name] = "another quantity"
        taken[f"{name}_decided"] = "what says where another is decided"


def _check_size(ready: Prepared, points: Grid) -> None:
    wide = {"branch": len(ready.branches), "population": len(ready.problem.circuit.names)}
    width = sum(
        math.prod(wide[d] for d in v.dims) * (64 if v.dtype == "str" else np.dtype(v.dtype).itemsize)
        for v in ready.variables
    )
    if points.points * width > MAX_BYTES:
        shape = " x ".join(map(str, points.shape))
        raise SweepError(f"the sweep has {points.points} points ({shape}), whose results need about "
                         f"{points.points * width / 2**30:.1f} GB, more than {MAX_BYTES / 2**30:.0f} GB; take fewer "
                         f"values or quantities, or sweep part by part")  # fmt: skip


# -- identity ---------------------------------------------------------------------------------------------------------


def circuit_hash(circuit: Circuit) -> str:
    """SHA-256 of all that a circuit is; how it is written and called plays no part.

    >>> from symgame.named import wilson_cowan
    >>> pair = wilson_cowan()
    >>> circuit_hash(pair) == circuit_hash(replace(pair, name="another name"))
    True
    >>> circuit_hash(pair) == circuit_hash(pair.with_values(w_II=1))
    False
    """
    rows = [
        [p.name, p.type, str(p.tau), str(p.input), p.activation.kind, str(p.activation.phi)]
        + [[k, str(v)] for k, v in p.activation.parameters]
        for p in circuit.populations
    ]
    n = len(rows)
    weights = [[str(circuit.W[a, b]) for b in range(n)] for a in range(n)]
    values = sorted([name, str(value)] for name, value in circuit.values)
    copies = [[list(c.members), str(c.count), [str(w) for w in c.lateral]] for c in circuit.copies]
    own = [rows, weights, list(circuit.assume), values, circuit.form, list(circuit.inputs)]
    return _sha256([*own, copies] if copies else own)


def _sha256(document: Any) -> str:
    return hashlib.sha256(json.dumps(document, ensure_ascii=True).encode()).hexdigest()


def _key(problem: Problem, points: Grid) -> str:
    """The hash of a request: circuit, exact points, quantities and version; not the chunks, not the scheduler."""
    axes = []
    for row in points.axes:
        values = row.scaled.ravel()
        exact = [str(v) for v in values] if values.dtype == object else values.astype("<f8").tobytes().hex()
        axes.append([row.symbol, list(row.dims), list(row.scaled.shape), row.scale, exact])
    asked = [list(pair) for pair in problem.quantities]
    return _sha256([__version__, circuit_hash(problem.circuit), axes, list(points.dims), asked, problem.at])


def _about(problem: Problem, points: Grid) -> str:
    shape = " x ".join(f"{size} {dim}" for dim, size in zip(points.dims, points.shape, strict=True))
    return f"{problem.circuit.name}: {shape or '1 point'}; {', '.join(name for name, _ in problem.quantities)}"


# -- chunks -----------------------------------------------------------------------------------------------------------


def _computed(
    ready: Prepared,
    points: Grid,
    size: int,
    scheduler: Any,
    store: Store | None,
    progress: Progress | None,
) -> dict[str, Array]:
    """Every variable over all points, flat, chunk by chunk."""
    total = (points.points + size - 1) // size
    spans = {k: (k * size, min((k + 1) * size, points.points)) for k in range(total)}
    done: dict[int, dict[str, Array]] = {}
    wide = {"branch": len(ready.branches), "population": len(ready.problem.circuit.names)}

    def expected(k: int) -> dict[str, tuple[tuple[int, ...], str]]:
        count = spans[k][1] - spans[k][0]
        return {v.name: ((count, *(wide[d] for d in v.dims)), v.dtype) for v in ready.variables}

    for k in spans if store else ():
        assert store is not None
        found = store.load(k, expected(k))
        if found is not None:
            done[k] = found
    tell = progress or (lambda finished, of: None)
    tell(len(done), total)
    missing = [k for k in spans if k not in done]
    jobs = ((k, points.columns(*spans[k])) for k in missing)
    for k, found in _run(ready.problem, jobs, scheduler):
        if store is not None:
            store.save(k, found)
        done[k] = found
        tell(len(done), total)
    return {v.name: np.concatenate([done[k][v.name] for k in spans]) for v in ready.variables}


Job = tuple[int, tuple[Numbers, ...]]
Done = tuple[int, dict[str, Array]]


def _run(problem: Problem, jobs: Iterator[Job], scheduler: Any) -> Iterator[Done]:
    """The results of the jobs as they are finished, by whatever runs them."""
    if scheduler == "serial":
        for k, columns in jobs:
            yield k, results(problem, columns)
    elif scheduler is None or scheduler == "threads":
        pool = ThreadPoolExecutor(max_workers=min(32, os.cpu_count() or 1))
        try:
            yield from _submitted(problem, jobs, pool)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    elif scheduler == "dask":
        yield from _delayed(problem, jobs)
    elif isinstance(scheduler, str):
        raise SweepError(f"there is no scheduler {scheduler!r}{nearest(scheduler, ('serial', 'threads', 'dask'))}")
    elif callable(getattr(scheduler, "submit", None)):
        yield from _submitted(problem, jobs, scheduler)
    else:
        raise SweepError(f"the scheduler is a {type(scheduler).__name__}; 'serial', 'threads', 'dask', or an Executor "
                         f"or Client with a method submit was expected")  # fmt: skip


def _submitted(problem: Problem, jobs: Iterator[Job], scheduler: Any) -> Iterator[Done]:
    """By futures, of ``concurrent.futures`` or of ``dask.distributed``: both call back when they are done.

    When one fails, those that have not begun are cancelled, and what is finished still counts.
    """
    finished: queue.SimpleQueue[int] = queue.SimpleQueue()
    pending: dict[int, Any] = {}
    failure: BaseException | None = None
    try:
        while True:
            while failure is None and len(pending) < _WINDOW and (job := next(jobs, None)) is not None:
                try:
                    pending[job[0]] = scheduler.submit(results, problem, job[1])
                except Exception as error:  # a pool that was shut down
                    failure = error
                else:
                    pending[job[0]].add_done_callback(lambda _, k=job[0]: finished.put(k))
            if not pending:
                break
            k = finished.get()
            future = pending.pop(k)
            reason = _failure(future)
            if reason is None:
                yield k, future.result()
            elif failure is None:
                failure = reason
                for other in pending.values():
                    other.cancel()
        if failure is not None:
            raise failure
    finally:
        for future in pending.values():
            future.cancel()


def _failure(future: Any) -> BaseException | None:
    if future.cancelled():
        return SweepError("the scheduler cancelled a chunk; sweep again, with the same store if there is one")
    error: BaseException | None = future.exception()
    return error


def _delayed(problem: Problem, jobs: Iterator[Job]) -> Iterator[Done]:
    """By Dask, some chunks at a time: one graph of all would yield nothing before everything is computed."""
    try:
        dask = importlib.import_module("dask")
    except ImportError:
        raise SweepError("Dask is not installed; pip install dask, or leave the scheduler out") from None
    task = dask.delayed(results, pure=False)
    batch: list[Job] = []
    for job in (*jobs, None):
        if job is not None:
            batch.append(job)
        if batch and (job is None or len(batch) == _BATCH):
            found = dask.compute(*(task(problem, columns) for _, columns in batch))
            yield from zip([k for k, _ in batch], found, strict=True)
            batch = []


# -- the labelled arrays ----------------------------------------------------------------------------------------------


def _xarray() -> Any:
    try:
        return importlib.import_module("xarray")
    except ImportError:
        raise SweepError("xarray is not installed; pip install 'symgame[sweeps]'") from None


def _dataset(labelled: Any, ready: Prepared, points: Grid, arrays: Mapping[str, Array]) -> xarray.Dataset:
    circuit = ready.problem.circuit
    rows = sorted(points.axes, key=lambda row: [points.dims.index(d) for d in row.dims])
    coordinates: dict[str, Any] = {row.symbol: (row.dims, row.at, _about_axis(circuit, row)) for row in rows}
    used = {d for v in ready.variables for d in v.dims}
    if "branch" in used:
        about = {"long_name": "branch of equilibria, by its active populations"}
        coordinates["branch"] = ("branch", np.array(ready.branches, dtype=object), about)
    if "population" in used:
        about = {"long_name": "population"}
        coordinates["population"] = ("population", np.array(circuit.names, dtype=object), about)
    variables = {}
    for v in ready.variables:
        array = arrays[v.name]
        values = array.astype(object) if v.dtype == "str" else array
        variables[v.name] = (
            (*points.dims, *v.dims),
            values.reshape((*points.shape, *array.shape[1:])),
            dict(v.attributes),
        )
    exact = all(row.written is None for row in points.axes)
    attributes = {
        "circuit": circuit.name,
        "circuit_sha256": circuit_hash(circuit),
        "symgame_version": __version__,
        "evidence": _evidence(ready.variables, exact),
    }
    attributes |= {"at": ready.problem.at} if ready.problem.at is not None else {}
    found: xarray.Dataset = labelled.Dataset(variables, coordinates, attributes)
    return found


def _evidence(variables: Sequence[Variable], doubles: bool) -> str:
    said = {str(v.attributes["evidence"]) for v in variables}
    kinds = [text for text in (WALKED, ASKED) if text in said]
    return "; ".join([f"exact sign decisions on {'doubles' if doubles else 'exact rationals'}", *kinds])


def exact_values(dataset: xarray.Dataset, symbol: str) -> list[Fraction]:
    """The values of an axis at which a sweep decided, in C order; the coordinate holds them rounded.

    >>> from symgame.named import wilson_cowan
    >>> pair = wilson_cowan().with_values(w_EI=1, w_IE=1, w_II=0, tau_E=1, tau_I=1, u_E=1, u_I=0)
    >>> exact_values(sweep(pair, {"w_EE": "0:1/5:3"}, ["lds"]), "w_EE")
    [Fraction(0, 1), Fraction(1, 10), Fraction(1, 5)]
    """
    row = dataset.coords[symbol]
    return axis(symbol, row.attrs.get("exact", row.values.ravel())).fractions()


def _about_axis(circuit: Circuit, row: Axis) -> dict[str, str]:
    about = {"long_name": row.symbol, "latex": circuit.shown(row.symbol)}
    roles = {"time": [str(p.tau) for p in circuit.populations], "input": [str(p.input) for p in circuit.populations]}
    for kind, names in roles.items():
        unit = circuit.presentation.unit(kind)
        if row.symbol in names and unit:
            about["units"] = unit
    if row.written is not None:
        about["exact"] = row.written
        about["note"] = "decided at the exact values; the coordinate is rounded"
    return about
