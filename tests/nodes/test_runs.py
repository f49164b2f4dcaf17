"""What is told of past runs: of the workflow that runs now in the node, all of them over HTTP."""

import contextlib
import json

import pytest
from at_host import text_to_image
from vram_forecast.estimator.history.rows import Done, Run, Setup
from vram_forecast.estimator.history.store import Store
from vram_forecast.nodes import host
from vram_forecast.nodes.answers import NoForecast, past, runs
from vram_forecast.nodes.host.recorded import RecordedHost
from vram_forecast.nodes.record.digest import digest

SETUP = Setup("RTX 4070", 12 * 1024**3, "0.33.0", "2.9", "pytorch", True)


def run(name, graph="g", outcome="done", seconds=10.0):
    return Run(id=name, began=1.79e9, graph=graph, setup=SETUP, outcome=outcome, seconds=seconds)


@pytest.fixture
def kept(monkeypatch, tmp_path):
    """A function that puts runs into ComfyUI's user folder, the newest first."""
    recorded = RecordedHost({"user_folder": str(tmp_path)})
    monkeypatch.setattr(host, "host", lambda: recorded)

    def put(*rows):
        with contextlib.closing(Store(tmp_path / past.FILE)) as store:
            for at, row in enumerate(reversed(rows)):
                store.begin(Run(id=row.id, began=row.began + at, graph=row.graph, setup=SETUP))
                store.add(Done(run=row.id, node="8", class_type=f"Node of {row.id}", seconds=1.0))
                if row.outcome != "running":
                    store.end(row.id, row.outcome, seconds=row.seconds)
        return tmp_path / past.FILE

    return put


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
    kept().write_bytes(b"broken" * 1000)
    with pytest.raises(NoForecast, match=r"history\.sqlite: "):
        runs.report(10, 100)
    with pytest.raises(NoForecast, match=r"history\.sqlite: "):
        runs.listed()


def test_runs_over_http_are_the_newest_first_and_those_of_one_workflow(kept):
    assert [] == json.loads(runs.listed())["runs"]
    kept(run("c"), run("b", graph="h"), run("a"))
    assert ["c", "b", "a"] == [one["id"] for one in json.loads(runs.listed())["runs"]]
    assert ["c"] == [one["id"] for one in json.loads(runs.listed(1))["runs"]]
    assert ["b"] == [one["id"] for one in json.loads(runs.listed(graph="h"))["runs"]]


def test_one_run_over_http_has_its_nodes_and_an_unknown_one_is_a_sentence(kept):
    kept(run("a"))
    (node,) = json.loads(runs.listed(run="a"))["nodes"]
    assert ("Node of a", 1.0) == (node["class_type"], node["seconds"])
    with pytest.raises(NoForecast, match="No run `b` is on record"):
        runs.listed(run="b")


def test_runs_of_a_prompt_are_those_that_differ_in_seeds_and_texts_only(kept):
    asked = text_to_image()
    kept(run("now", digest(asked), "running"), run("b", digest(asked)), run("a", graph="h"))
    asked["3"]["inputs"]["seed"], asked["6"]["inputs"]["text"] = 7, "a pier"
    found = json.loads(runs.of_workflow(json.dumps({"prompt": asked}).encode()))
    assert (["now", "b"], ["Node of b"]) == (
        [one["id"] for one in found["runs"]],
        [one["class_type"] for one in found["nodes"]],
    )
    other = json.loads(runs.of_workflow(json.dumps(text_to_image(width=512)).encode()))
    assert ([], []) == (other["runs"], other["nodes"])


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"nodes": [], "links": []}', b'{"prompt": 3}'])
def test_runs_of_what_is_no_prompt_are_refused_in_one_sentence(kept, body):
    with pytest.raises(NoForecast) as refused:
        runs.of_workflow(body)
    assert 400 == refused.value.status
