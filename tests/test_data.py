"""Every fact in `data/` says where it is from: on its own row, or once for the table that it is in."""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
TABLES = sorted(path for path in DATA.rglob("*") if path.suffix in (".toml", ".json", ".jsonl"))
# About a row, not facts of their own.
REMARKS = {"source", "checked", "note"}


def short(path: Path) -> str:
    return path.relative_to(DATA).as_posix()


def read(path: Path) -> Any:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".toml":
        return tomllib.loads(text)
    return [json.loads(line) for line in text.splitlines()] if path.suffix == ".jsonl" else json.loads(text)


def is_row(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(map(is_row, value)))


def unsourced(value: Any, where: str, sourced: bool = False) -> Iterator[str]:
    """The places that state a fact with no source beside them or above them."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            name = item.get("id", index) if isinstance(item, dict) else index
            yield from unsourced(item, f"{where}[{name}]", sourced)
    elif isinstance(value, dict):
        sourced = sourced or bool(str(value.get("source", "")).strip())
        facts = [key for key, item in value.items() if key not in REMARKS and not is_row(item)]
        if facts and not sourced:
            yield f"{where}: {', '.join(facts)}"
        for key, item in value.items():
            if is_row(item):
                yield from unsourced(item, f"{where}.{key}", sourced)


def lists_of_rows(value: Any, where: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Every list of tables in a file, by its place."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from lists_of_rows(item, f"{where}.{key}")
    elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        yield where, value
        for index, item in enumerate(value):
            yield from lists_of_rows(item, f"{where}[{index}]")


def test_there_are_tables():
    assert [] != TABLES


def test_the_data_folder_holds_nothing_but_tables_and_headers():
    known = {*TABLES, *DATA.rglob("README.md"), *(DATA / "headers").glob("*.json.gz")}
    assert set() == {path for path in DATA.rglob("*") if path.is_file()} - known


def test_the_headers_are_those_that_rows_with_a_source_name():
    specs = (row for path in (DATA / "header_specs").iterdir() for row in read(path)["files"])
    named = {row["slug"] for row in specs}
    assert named == {path.name.removesuffix(".json.gz") for path in (DATA / "headers").iterdir()} - {
        "README.md"
    }


@pytest.mark.parametrize("path", TABLES, ids=short)
def test_every_row_has_a_source(path):
    assert [] == list(unsourced(read(path), short(path)))


@pytest.mark.parametrize("path", TABLES, ids=short)
def test_ids_are_unique_within_their_table(path):
    for where, rows in lists_of_rows(read(path), short(path)):
        counts = Counter(row["id"] for row in rows if "id" in row)
        assert (where, []) == (where, [name for name, count in counts.items() if count > 1])


@pytest.mark.parametrize("path", TABLES, ids=short)
def test_a_list_has_an_id_on_all_of_its_rows_or_on_none(path):
    for where, rows in lists_of_rows(read(path), short(path)):
        assert (where, 1) == (where, len({"id" in row for row in rows}))


@pytest.mark.parametrize(
    "table",
    ["a = 1", "source = ''\na = 1", "[[row]]\nid = 'x'\nsource = 's'\n[[row]]\nid = 'y'", "[t]\na = 1"],
)
def test_a_fact_without_a_source_is_found(table):
    assert [] != list(unsourced(tomllib.loads(table), "table"))


@pytest.mark.parametrize(
    "table",
    ["source = 's'\na = 1", "source = 's'\n[[row]]\nid = 'x'", "[[row]]\nsource = 's'\nsize = {a = 1}"],
)
def test_a_source_on_the_row_or_above_it_counts(table):
    assert [] == list(unsourced(tomllib.loads(table), "table"))
