"""Past runs: what was forecast and what was measured."""

from collections.abc import Iterator
from contextlib import contextmanager

from .past import file
from .question import is_node
from .question import opened as opened_workflow
from .refusal import NoForecast, spoken

NONE = "no run of this workflow has been recorded yet."
MOST = 20


def report(most: int, width: int) -> str:
    """The last runs of the workflow that runs now as text, `most` at most. Raises `NoForecast` for none."""
    with opened() as store:
        from ...estimator.report.history import render

        runs = past(store, most) if store else []
        if not runs:
            raise NoForecast(NONE, 404)
        return render(runs, store.nodes(runs[0].id), width)


def listed(runs: int = MOST, run: str = "", graph: str = "") -> str:
    """The last runs as JSON, of one workflow's `graph` if given; or one `run`, with its nodes.

    Raises `NoForecast` where that run is not known.
    """
    with opened() as store:
        from ...estimator.report.history import encode

        if not run:
            return encode(store.runs(runs, graph) if store else [])
        found = store.run(run) if store else None
        if found is None:
            raise NoForecast(f"No run `{run}` is on record.", 404)
        return encode([found], store.nodes(run))


def of_workflow(body: bytes, runs: int = MOST) -> str:
    """The last runs of the prompt in a body as JSON, seeds and texts aside, with the nodes of the newest.

    Raises `NoForecast` for what is no prompt: of a drawn workflow nothing is recorded.
    """
    prompt = prompt_in(body)
    with opened() as store:
        from ...estimator.report.history import encode
        from ..record.digest import digest

        found = store.runs(runs, digest(prompt)) if store else []
        ended = next((run for run in found if run.outcome != "running"), None)
        return encode(found, store.nodes(ended.id) if store and ended else ())


def prompt_in(body: bytes) -> dict:
    """The prompt in a body, which is what `/prompt` gets, or a prompt alone. Raises `NoForecast`."""
    with spoken():
        workflow = opened_workflow(body)
        prompt = workflow.get("prompt", workflow) if isinstance(workflow, dict) else None
    if not isinstance(prompt, dict) or not prompt or not all(map(is_node, prompt.values())):
        raise NoForecast("Not a prompt. Send what /prompt gets.", 400)
    return prompt


@contextmanager
def opened() -> Iterator:
    """The store, for reading; None where nothing was recorded. Raises `NoForecast` where it is broken."""
    with spoken():
        if not file().is_file():
            yield None
            return
        from ...estimator.history.store import Store

        store = Store(file(), writes=False)
        try:
            yield store
        finally:
            store.close()


def past(store, most: int) -> list:
    """The ended runs of the workflow whose run is the newest that has not ended: ComfyUI runs one at a time.

    Where nothing is recorded just now, of any workflow.
    """
    newest = store.runs(1)
    now = newest[0] if newest and newest[0].outcome == "running" else None
    found = store.runs(most + 1, graph=now.graph if now else "")
    return [run for run in found if run.outcome != "running"][:most]
