"""What the node Run History reads: the ended runs of the workflow that runs now; one sentence for none."""

import sys
from types import ModuleType

import pytest
from vram_forecast.estimator.history.rows import Done, Run, Setup
from vram_forecast.nodes import host
from vram_forecast.nodes.answers import NoForecast, runs
from vram_forecast.nodes.host.recorded import RecordedHost

SETUP = Setup("RTX 4070", 12 * 1024**3, "0.33.0", "2.9", "pytorch", True)


class HistoryError(Exception):
    """The store's."""


def run(name, graph="g", outcome="done", seconds=10.0):
    return Run(id=name, began=1.79e9, graph=graph, setup=SETUP, outcome=outcome, seconds=seconds)


class Kept:
    """A store that keeps what it was given, the newest first."""

    rows: tuple[Run, ...] = ()
    open = 0

    def __init__(self, path):
        if path.read_bytes() == b"broken":
            raise HistoryError("history.sqlite: is no database")
        Kept.open += 1

    def runs(self, most=20, graph=""):
        return [one for one in self.rows if graph in ("", one.graph)][:most]

    def nodes(self, run_id):
        return [Done(run=run_id, node="8", class_type=f"Node of {run_id}", seconds=1.0)]

    def close(self):
        Kept.open -= 1


@pytest.fixture
def kept(monkeypatch, tmp_path):
    """A function that puts runs into ComfyUI's user folder, the newest first."""
    store = ModuleType("store")
    store.Store, store.HistoryError = Kept, HistoryError
    monkeypatch.setitem(sys.modules, "vram_forecast.estimator.history.store", store)
    recorded = RecordedHost({"user_folder": str(tmp_path)})
    monkeypatch.setattr(host, "host", lambda: recorded)

    def put(*rows):
        monkeypatch.setattr(Kept, "rows", rows)
        (tmp_path / runs.FILE).touch()
        return tmp_path / runs.FILE

    yield put
    assert 0 == Kept.open


def test_only_ended_runs_of_the_workflow_that_runs_now_are_told(kept):
    kept(run("now", outcome="running"), run("other", graph="h"), run("last"), run("first"))
    text = runs.report(10, 100)
    assert text.startswith("2 runs; the newest took 10 s.")
    assert "Node of last" in text


def test_not_more_runs_than_asked_for(kept):
    kept(run("now", outcome="running"), *(run(str(at)) for at in range(30)))
    assert runs.report(5, 100).startswith("5 runs;")


def test_where_nothing_is_recorded_now_it_is_of_any_workflow(kept):
    kept(run("a", graph="g"), run("b", graph="h"))
    assert runs.report(10, 100).startswith("2 runs;")


@pytest.mark.parametrize(
    "rows", [(), (run("now", outcome="running"),), (run("now", "h", "running"), run("a"))]
)
def test_no_run_yet_is_one_sentence(kept, rows):
    kept(*rows)
    with pytest.raises(NoForecast, match="no run of this workflow has been recorded yet"):
        runs.report(10, 100)


def test_no_file_is_one_sentence(kept):
    with pytest.raises(NoForecast, match="no run of this workflow has been recorded yet"):
        runs.report(10, 100)


def test_a_broken_file_is_the_stores_sentence(kept):
    kept().write_bytes(b"broken")
    with pytest.raises(NoForecast, match="is no database"):
        runs.report(10, 100)
