"""The commands about past runs on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import InputError
from .front import app, columns, out
from .options import Json

if TYPE_CHECKING:
    from ..history.rows import Run
    from ..history.store import Store

MOST = 2000  # as many as are kept
UserDir = Annotated[Path | None, typer.Option(help="ComfyUI's user folder.")]
Database = Annotated[Path | None, typer.Option(help="The file of past runs itself.")]


@app.command()
def history(
    run: Annotated[str, typer.Option(help="One run by how its id begins, with its nodes.")] = "",
    graph: Annotated[str, typer.Option(help="Only runs of the workflow of this digest.")] = "",
    most: Annotated[int, typer.Option(min=1, help="How many of the last runs.")] = 20,
    user_dir: UserDir = None,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """The last runs on this machine: what was forecast beside what was measured."""
    from ..report import history as report

    with opened(user_dir, database) as store:
        found = [asked_for(store, run)] if run else store.runs(most, graph)
        nodes = store.nodes(found[0].id) if run else None
    out(report.encode(found, nodes) if as_json else report.render(found, nodes or (), columns()))


def asked_for(store: Store, run: str) -> Run:
    """The newest run whose id begins so. Raises `InputError` where there is none."""
    found = next((one for one in store.runs(MOST) if one.id.startswith(run)), None)
    if found is None:
        raise InputError("no such run", where=run, do="`vram-forecast history` lists the last ones.")
    return found


@app.command()
def export(
    file: Annotated[Path | None, typer.Option("--out", help="Write here instead of printing.")] = None,
    most: Annotated[int, typer.Option(min=1, help="Of how many of the last runs.")] = MOST,
    force: Annotated[bool, typer.Option(help="Replace a file that is there.")] = False,
    user_dir: UserDir = None,
    database: Database = None,
) -> None:
    """What was measured here, as rows that may be given to others: no paths, prompts, names or times."""
    from ..history.export import rows, toml
    from .written import free, write

    with opened(user_dir, database) as store:
        found = rows((run, store.nodes(run.id)) for run in store.runs(most))
    if file is None:
        out(toml(found))
        return
    write(free(file, Path(), force), toml(found).encode())
    out(f"{len(found)} measured nodes written to {file}; CONTRIBUTING.md says where to send them.")


@contextmanager
def opened(user_dir: Path | None, database: Path | None) -> Iterator[Store]:
    """The past runs, for reading. Raises `InputError` where there are none."""
    from ..history.store import Store
    from ..options import history_files

    places = [database] if database else history_files(user_dir)
    found = next((path for path in places if path.is_file()), None)
    if found is None:
        do = "Run a workflow in ComfyUI with the pack, or name its user folder with --user-dir."
        raise InputError("no past runs", where=str(places[-1]), do=do)
    store = Store(found, writes=False)
    try:
        yield store
    finally:
        store.close()
