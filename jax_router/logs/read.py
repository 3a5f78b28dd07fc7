"""From a file to a `Log`: recognise, read what is needed and nothing else, clean, count."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from jax_router.logs import duck
from jax_router.logs.cleaning import Choices, cleaned_query, is_refused, numbers_query
from jax_router.logs.formats import NEVER_READ, Format, recognised
from jax_router.logs.log import FEW_ROWS, Failures, Log
from jax_router.logs.remarks import remarks_on
from jax_router.logs.times import UNITS, unit_of

if TYPE_CHECKING:
    import duckdb

LONGEST_LATENCY = 86_400.0
"""s; what took longer is no answer that somebody waited for."""


def read_log(
    path: str | PathLike[str],
    *,
    rename: Mapping[str, str] | None = None,
    category: str | None = None,
    scores: str | PathLike[str] | None = None,
) -> Log:
    """Read the requests that a gateway has logged.

    The file is CSV, JSON lines or Parquet, plain or in .gz or .zst, or a folder of such files; its format is recognised
    by its columns (`jax_router.logs.formats`). Prompts and answers are never read.

    Args:
        path: of the file or folder.
        rename: what a model of the log is to be called instead, by its name there.
        category: the column that has the category of a prompt, instead of the format's own.
        scores: a file with scores from 0 to 1, in a column `score` or `value`, beside the key that the log has, too:
            `request_id` (LiteLLM, plain tables), `observation_id` or `trace_id` (Langfuse), `span_id` (OpenTelemetry).

    Raises:
        OSError: where a file cannot be opened.
        ValueError: naming the file, for what is no log, or where DuckDB is not installed.
    """
    files = duck.files_of(Path(path))
    connection = duck.connect()
    there = duck.columns_of(connection, files)
    form = recognised(there)
    if set(form.lacking(there)) & _own_columns(form.model):
        form = replace(form, model="'model'")  # a log of one model need not name it
    if scores is None:
        form = replace(form, keys=())  # millions of identifiers are for joining alone
    if category is not None and (category in NEVER_READ or category not in there):
        raise ValueError(f"--category is {category!r}; the log has no such column that may be read")
    choices = Choices(tuple((rename or {}).items()), category)
    _load_numbers(connection, files, there, form, choices)
    if scores is not None:
        _join_scores(connection, Path(scores), form)
    remarks = _check_times(connection, files[0], form)
    with_answers = not set(form.lacking(there)) & _own_columns(form.completion_tokens)
    largest = connection.execute("SELECT max(start) FROM numbers WHERE numeric_time").fetchone()
    unit = (form.unit or unit_of(largest[0])) if largest and largest[0] is not None else 1.0
    if largest and largest[0] is not None:
        remarks.append(f"times are read as {UNITS.get(unit, f'units of {unit} s')}")
    duck.run(connection, f"CREATE TABLE cleaned AS {cleaned_query(unit, with_answers)}", files)
    connection.execute("DROP TABLE numbers")
    return _log_of(connection, files[0], form, remarks)


def _load_numbers(
    connection: "duckdb.DuckDBPyConnection",
    files: Sequence[Path],
    there: Mapping[str, str],
    form: Format,
    choices: Choices,
) -> None:
    columns = form.columns(there)
    if choices.category is not None:
        columns[choices.category] = "VARCHAR"
    nothing = "".join(f", NULL AS {duck.identifier(name)}" for name in form.lacking(there))
    table = f"(SELECT *{nothing} FROM {duck.table(files, columns)})"
    duck.run(connection, f"CREATE TABLE numbers AS {numbers_query(form, choices, table)}", files)


def _join_scores(connection: "duckdb.DuckDBPyConnection", path: Path, form: Format) -> None:
    """Fill in scores of another file, whose keys may be any of the log's."""
    files = duck.files_of(path)
    there = duck.columns_of(connection, files)
    value = next((name for name in ("score", "value") if name in there), None)
    named = {"id": "observation_id", "spanId": "span_id"}
    keys = [(i, named.get(key, key)) for i, key in enumerate(form.keys) if named.get(key, key) in there]
    if value is None or not keys:
        wanted = " or ".join(named.get(key, key) for key in form.keys) or "no key, because the format has none"
        raise ValueError(f"{path}: scores need a column score or value, and {wanted}")
    source = duck.table(files, dict.fromkeys([value, *(key for _, key in keys)], "VARCHAR"))
    for i, key in keys:
        query = f"""UPDATE numbers SET score = found.score FROM (
            SELECT {duck.identifier(key)} AS key, avg(TRY_CAST({duck.identifier(value)} AS DOUBLE)) AS score
            FROM {source} GROUP BY 1) AS found
            WHERE numbers.key{i} = found.key AND numbers.score IS NULL AND found.score IS NOT NULL"""
        duck.run(connection, query, files)


def _check_times(connection: "duckdb.DuckDBPyConnection", path: Path, form: Format) -> list[str]:
    """Raise `ValueError` for times that are written in two ways; else say how those without a zone are read."""
    query = """SELECT count(*), count(*) FILTER (numeric_time), count(*) FILTER (zoned AND NOT numeric_time)
        FROM numbers WHERE start IS NOT NULL"""
    total, numeric, zoned = connection.execute(query).fetchone() or (0, 0, 0)
    if not total:
        raise ValueError(f"{path}: {form.start} holds no time that can be read; write ISO 8601, or s since 1970")
    if numeric not in (0, total):
        raise ValueError(f"{path}: {form.start} is a number in {numeric} rows and a date in {total - numeric}")
    without = total - numeric - zoned
    if zoned and without:
        raise ValueError(f"{path}: {form.start} names its zone in {zoned} rows and none in {without}")
    return ["times name no zone and are read as UTC"] if without else []


def _log_of(connection: "duckdb.DuckDBPyConnection", path: Path, form: Format, remarks: list[str]) -> Log:
    counted = "SELECT reason, count(*) FROM cleaned WHERE reason IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1"
    dropped = {str(reason): int(count) for reason, count in connection.execute(counted).fetchall()}
    models = _names(connection, "SELECT DISTINCT model FROM cleaned WHERE reason IS NULL ORDER BY 1")
    categories = _names(
        connection, "SELECT DISTINCT coalesce(category, '') FROM cleaned WHERE reason IS NULL ORDER BY 1"
    )
    if not models:
        why = ", ".join(f"{count} rows: {reason}" for reason, count in dropped.items()) or "the file holds no rows"
        raise ValueError(f"{path}: no answered request is left; {why}")
    connection.execute(f"""CREATE TYPE model_name AS ENUM ({_listed(models)});
        CREATE TYPE category_name AS ENUM ({_listed(categories)})""")
    rows = connection.execute(f"""
        SELECT start, enum_code(model::model_name)::INTEGER AS model, prompt_tokens, completion_tokens, cost,
            CASE WHEN latency <= {LONGEST_LATENCY} THEN latency END AS latency,
            CASE WHEN ttft >= 0 AND (latency IS NULL OR ttft <= latency) THEN ttft END AS ttft,
            enum_code(coalesce(category, '')::category_name)::INTEGER AS category,
            CASE WHEN score BETWEEN 0 AND 1 THEN score END AS score,
            CASE WHEN prompt IS NULL THEN -1 ELSE (hash(prompt) >> 1)::BIGINT END AS prompt
        FROM cleaned WHERE reason IS NULL ORDER BY start""").fetchnumpy()
    failed = connection.execute(f"""
        SELECT start, enum_code(TRY_CAST(model AS model_name))::INTEGER AS model, {is_refused("failure")} AS refused
        FROM cleaned WHERE failure IS NOT NULL AND reason = failure AND TRY_CAST(model AS model_name) IS NOT NULL
        ORDER BY start""").fetchnumpy()
    plain = {name: _filled(column) for name, column in rows.items()}
    log = Log(
        seconds=plain.pop("start"),
        **plain,
        models=models,
        categories=categories,
        failures=Failures(_filled(failed["start"]), np.asarray(failed["model"]), np.asarray(failed["refused"])),
        format=form.name,
        dropped=dropped,
        remarks=(),
    )
    remarks += remarks_on(log, FEW_ROWS)
    return Log(**{**vars(log), "remarks": tuple(remarks)})


def _names(connection: "duckdb.DuckDBPyConnection", query: str) -> tuple[str, ...]:
    return tuple(str(name) for (name,) in connection.execute(query).fetchall())


def _listed(names: Sequence[str]) -> str:
    return ", ".join(duck.text(name) for name in names)


def _own_columns(expression: str) -> set[str]:
    return set(expression.split('"')[1::2]) - {"value", "key", "span"} if expression.startswith('"') else set()


def _filled(column: Any) -> np.ndarray:
    """A column of DuckDB's without its mask: NaN where there is nothing."""
    return column.filled(np.nan) if isinstance(column, np.ma.MaskedArray) else np.asarray(column)
