"""Sweeps as lines for a person, as JSON, and as files: a long CSV table, ``.npz`` arrays, netCDF."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from symgame.sweep_axes import SweepError
from symgame.sweep_summary import Tally, tallies
from symgame.sweeps import exact_values

if TYPE_CHECKING:
    import xarray

SUFFIXES = (".csv", ".npz", ".nc")


def check_suffix(path: Path) -> None:
    """Refuse a file that is none of :data:`SUFFIXES`, before anything is computed."""
    if path.suffix not in SUFFIXES:
        raise SweepError(f"--out {str(path)!a} ends in none of {', '.join(SUFFIXES)}; the ending says what is written")


def content(dataset: xarray.Dataset, path: Path) -> bytes:
    """The file of a sweep, by the ending of its name; the same sweep gives the same bytes."""
    check_suffix(path)
    if path.suffix == ".csv":
        return csv_text(dataset).encode()
    return npz_bytes(dataset) if path.suffix == ".npz" else netcdf_bytes(dataset)


# -- lines and documents ----------------------------------------------------------------------------------------------


def summary_lines(dataset: xarray.Dataset) -> Iterator[str]:
    """The size of a sweep, then one line for each variable."""
    shape = " x ".join(f"{size} {dim}" for dim, size in _sizes(dataset).items())
    yield f"{dataset.attrs['circuit']}: {shape or '1 point'}, {_points(dataset)} points"
    rows = [
        row for row in tallies(dataset) if row.name != "domain" or len(row.values) > 1 or row.values[0][0] != "true"
    ]
    said = [(row.name, _said(row)) for row in rows]
    by_rate = [name for name, variable in dataset.data_vars.items() if "population" in variable.dims]
    said += [(str(name), "numbers by branch and population, for --out") for name in by_rate]
    width = max((len(name) for name, _ in said), default=0)
    yield from (f"  {name:<{width}}  {text}" for name, text in said)
    yield f"  by: {dataset.attrs['evidence']}"


def _said(row: Tally) -> str:
    if row.values:
        more = [f"{row.more} more"] if row.more else []
        return ", ".join([*(f"{value}: {n}" for value, n in row.values), *more])
    if row.least is None:
        return "no value anywhere"
    ends = f"{row.least:.6g} to {row.largest:.6g}"
    return f"{ends}, no value at {row.absent}" if row.absent else ends


def summary_document(dataset: xarray.Dataset) -> dict[str, Any]:
    """The attributes, the axes and a tally of every variable."""
    axes = [
        {
            "symbol": str(name),
            "dims": [str(d) for d in row.dims],
            "points": row.size,
            "exact": row.attrs.get("exact"),
            "least": float(row.min()),
            "largest": float(row.max()),
        }
        for name, row in dataset.coords.items()
        if row.dtype.kind == "f"
    ]
    variables = [
        {
            "name": row.name,
            "values": [{"value": value, "points": n} for value, n in row.values],
            "more_values": row.more,
            "least": row.least,
            "largest": row.largest,
            "absent": row.absent,
        }
        for row in tallies(dataset)
    ]
    return {**dataset.attrs, "points": _points(dataset), "axes": axes, "variables": variables}


def unfinished(dataset: xarray.Dataset) -> bool:
    """Whether somewhere not all equilibria were found."""
    rows = [v for v in dataset.data_vars.values() if "not_all_found" in v.attrs.get("flag_meanings", "")]
    return any(bool((v == v.attrs["flag_values"][0]).any()) for v in rows)


def _sizes(dataset: xarray.Dataset) -> dict[str, int]:
    return {str(d): int(n) for d, n in dataset["domain"].sizes.items()}


def _points(dataset: xarray.Dataset) -> int:
    return int(dataset["domain"].size)


# -- files ------------------------------------------------------------------------------------------------------------


def csv_text(dataset: xarray.Dataset) -> str:
    """One line for each point: the exact values of the axes, then every variable.

    Variables of branches have a column for each, ``x(*)[E,I][E]``; where there is no number the cell is empty.
    """
    sizes = _sizes(dataset)
    dims = list(sizes)
    columns: dict[str, list[str]] = {}
    for name, row in dataset.coords.items():
        if row.dtype.kind == "f":
            texts = np.array([str(v) for v in exact_values(dataset, str(name))], object).reshape(row.shape)
            spread = row.variable.to_base_variable().copy(data=texts).set_dims(sizes)
            columns[str(name)] = [str(v) for v in spread.transpose(*dims).values.ravel()]
    for name, variable in dataset.data_vars.items():
        flat = variable.values.reshape((_points(dataset), *variable.shape[len(dims) :]))
        labels = [dataset[d].values.tolist() for d in variable.dims[len(dims) :]]
        for place in np.ndindex(*(len(row) for row in labels)):
            head = str(name) + "".join(f"[{row[k]}]" for row, k in zip(labels, place, strict=True))
            columns[head] = [_cell(v) for v in flat[(slice(None), *place)].tolist()]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return buffer.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value != value else str(value)


def npz_bytes(dataset: xarray.Dataset) -> bytes:
    """Every coordinate and variable by name, and ``attributes``: a JSON text of all that is said of them."""
    names = [*dataset.coords, *dataset.data_vars]
    arrays = {str(n): _plain(dataset[n].values) for n in names}
    about = {str(n): {"dims": list(dataset[n].dims), **dataset[n].attrs} for n in names}
    text = json.dumps({"attributes": dataset.attrs, "variables": about}, ensure_ascii=False)
    arrays["attributes"] = np.array(text)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, array, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), member.getvalue(), zipfile.ZIP_DEFLATED)  # no time in it
    return buffer.getvalue()


def _plain(array: Any) -> Any:
    return array.astype(np.str_) if array.dtype == object else array


def netcdf_bytes(dataset: xarray.Dataset) -> bytes:
    """netCDF 3, by SciPy. A name that it does not take is written with ``_`` before it and ``:`` for ``/``."""
    names = {name: _nc_name(str(name)) for name in dataset.variables}
    changed = {name: new for name, new in names.items() if name != new}
    return bytes(dataset.rename(changed).to_netcdf(engine="scipy", format="NETCDF3_64BIT"))


def _nc_name(name: str) -> str:
    plain = name.replace("/", ":")
    return plain if plain[0].isalnum() or plain[0] == "_" else f"_{plain}"
