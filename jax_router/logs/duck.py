"""DuckDB, which reads and aggregates logs: opened with bounded memory, and pointed at a file of any known kind."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

MEMORY = "2000MB"
"""What DuckDB may take; above it, it works on disk."""
ENDINGS = {"csv": "csv", "tsv": "csv", "jsonl": "json", "ndjson": "json", "json": "json", "parquet": "parquet"}
"""How a file is read, by the ending of its name before .gz or .zst."""


def connect() -> "duckdb.DuckDBPyConnection":
    """A database in memory, in UTC; raises `ValueError` where DuckDB is not installed."""
    try:
        import duckdb
    except ImportError:
        raise ValueError("reading logs needs DuckDB: pip install 'jax-router[logs]'") from None
    connection = duckdb.connect()
    connection.execute(f"SET TimeZone = 'UTC'; SET memory_limit = '{MEMORY}'; SET preserve_insertion_order = false")
    return connection


def kind_of(path: Path) -> str:
    """How a file is read: csv, json or parquet. Raises `ValueError` for another ending."""
    endings = [suffix.lstrip(".").lower() for suffix in path.suffixes if suffix not in (".gz", ".zst")]
    kind = ENDINGS.get(endings[-1]) if endings else None
    if kind is None:
        raise ValueError(f"{path}: the ending must be one of {', '.join(ENDINGS)}, with .gz or .zst or without")
    return kind


def files_of(path: Path) -> list[Path]:
    """The file itself, or the files of a folder, in the order of their names.

    Raises `FileNotFoundError` where there is neither, and `ValueError` for a folder without a log.
    """
    if not path.is_dir():
        path.open("rb").close()
        return [path]
    files = sorted(file for file in path.iterdir() if file.is_file() and not file.name.startswith("."))
    if not files:
        raise ValueError(f"{path}: the folder holds no files")
    kinds = {kind_of(file) for file in files}
    if len(kinds) > 1:
        raise ValueError(f"{path}: the folder holds {' and '.join(sorted(kinds))} files; a log is of one kind")
    return files


def columns_of(connection: "duckdb.DuckDBPyConnection", files: Sequence[Path]) -> dict[str, str]:
    """The names of a log's columns with DuckDB's types; of JSON lines, those of the first of them."""
    kind = kind_of(files[0])
    described = {
        "csv": f"read_csv({_paths(files)}, all_varchar = true, header = true, union_by_name = true)",
        "json": f"read_json({_paths(files)}, format = 'newline_delimited', sample_size = 1000, union_by_name = true)",
        "parquet": f"read_parquet({_paths(files)}, union_by_name = true)",
    }[kind]
    rows = _execute(connection, f"DESCRIBE SELECT * FROM {described}", files).fetchall()
    return {str(name): str(of_type) for name, of_type, *_ in rows}


def table(files: Sequence[Path], columns: Mapping[str, str]) -> str:
    """SQL for a table of nothing but these columns; every other one stays unread.

    Args:
        files: of a log.
        columns: the name of each with its type, of which JSON takes account: everything else comes as text.
    """
    kind = kind_of(files[0])
    if kind == "json":
        typed = ", ".join(f"{text(name)}: {text(of_type)}" for name, of_type in columns.items())
        return f"(SELECT * FROM read_json({_paths(files)}, format = 'newline_delimited', columns = {{{typed}}}))"
    named = ", ".join(identifier(name) for name in columns)
    if kind == "csv":
        return (
            f"(SELECT {named} FROM read_csv({_paths(files)}, all_varchar = true, header = true, null_padding = true))"
        )
    as_text = ", ".join(f"CAST({identifier(name)} AS VARCHAR) AS {identifier(name)}" for name in columns)
    return f"(SELECT {as_text} FROM read_parquet({_paths(files)}, union_by_name = true))"


def run(connection: "duckdb.DuckDBPyConnection", query: str, files: Sequence[Path]) -> None:
    """Execute a query over a log's files; what DuckDB finds wrong with them becomes a `ValueError` of one line."""
    _execute(connection, query, files)


def identifier(name: str) -> str:
    """A name of a column as SQL."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text as SQL."""
    return "'" + value.replace("'", "''") + "'"


def _execute(connection: "duckdb.DuckDBPyConnection", query: str, files: Sequence[Path]) -> "duckdb.DuckDBPyConnection":
    import duckdb

    try:
        return connection.execute(query)
    except duckdb.Error as error:
        # Only the first line: DuckDB goes on to quote the row, which may hold a prompt.
        raise ValueError(f"{files[0]}: {str(error).splitlines()[0]}") from None


def _paths(files: Sequence[Path]) -> str:
    return "[" + ", ".join(text(str(file)) for file in files) + "]"
