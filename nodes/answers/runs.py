"""What was forecast and what was measured, of past runs of the workflow that runs now."""

from .. import host
from .forecast import spoken
from .refusal import NoForecast

FILE = "history.sqlite"
NONE = "no run of this workflow has been recorded yet."


def report(most: int, width: int) -> str:
    """The last runs of the workflow that runs now as text, `most` at most. Raises `NoForecast` for none."""
    with spoken():
        path = host.host().user_folder() / FILE
        if not path.is_file():
            raise NoForecast(NONE, 404)
        from ...estimator.history.store import HistoryError, Store
        from ...estimator.report.history import render

        try:
            store = Store(path, writes=False)
            try:
                runs = past(store, most)
                nodes = store.nodes(runs[0].id)
            finally:
                store.close()
        except HistoryError as error:
            raise NoForecast(str(error), 500) from None
        return render(runs, nodes, width)


def past(store, most: int) -> list:
    """The ended runs of the workflow whose run is the newest that has not ended: ComfyUI runs one at a time.

    Where nothing is recorded just now, of any workflow. Raises `NoForecast` for none.
    """
    newest = store.runs(1)
    now = newest[0] if newest and newest[0].outcome == "running" else None
    found = store.runs(most + 1, graph=now.graph if now else "")
    ended = [run for run in found if run.outcome != "running"][:most]
    if not ended:
        raise NoForecast(NONE, 404)
    return ended
