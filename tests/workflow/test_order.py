"""In which order a prompt runs, and what runs again: ComfyUI's own execution list and caches say the same."""

import contextlib
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vram_forecast.estimator.errors import InputError
from vram_forecast.estimator.workflow.graph import Graph, Link, Node
from vram_forecast.estimator.workflow.lifetime import Cache, Runs
from vram_forecast.estimator.workflow.order import order, outputs_of
from vram_forecast.estimator.workflow.read import read

SWITCH, SERVICE, LAZY = "ComfySwitchNode", "FluxKontextProImageNode", ("on_false", "on_true")
TYPES = ["SaveImage", "VAEDecode", "KSampler", "ImageScale", SWITCH, SERVICE]
PACKAGE = importlib.util.find_spec("comfyui_workflow_templates_json")
FOLDERS = [Path(one) / "templates" for one in (PACKAGE.submodule_search_locations or ())] if PACKAGE else []
KINDS = {"classic": "CLASSIC", "lru": "LRU", "ram": "RAM_PRESSURE", "none": "NONE"}


@pytest.fixture(scope="module")
def executor(comfyui):
    """A function that has ComfyUI run the prompts of one job."""
    script = Path(__file__).with_name("real_executor.py")
    with subprocess.Popen(
        [sys.executable, str(script), str(comfyui)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert "." in json.loads(process.stdout.readline())

        def run(cache, *prompts, size=0):
            job = {"cache": KINDS[cache], "size": size, "runs": prompts}
            process.stdin.write(json.dumps(job) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield run
        process.stdin.close()


def job(graph, outputs, unused, changed=()):
    """A run of the executor; `changed` nodes get a value that no node had before."""
    prompt = graph.prompt()
    for key, node in prompt.items():
        node["is_changed"] = ["as it was"]  # or it would look for files
        node["inputs"] |= {"new": key} if key in changed else {}
    asks = {
        key: [name for name in node.links() if name in LAZY and name not in unused.get(key, ())]
        for key, node in graph.nodes.items()
        if node.class_type == SWITCH
    }
    return {"prompt": prompt, "outputs": outputs, "asks": asks}


def half_unused(graph):
    """Every switch asks for what it gives when its condition is false."""
    return {key: {"on_true"} for key, node in graph.nodes.items() if node.class_type == SWITCH}


def templates():
    """Every official template; where the package is missing, a skip, and under CI a failure."""
    found = [path for folder in FOLDERS for path in sorted(folder.glob("*.json"))]
    if not found:
        stop = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        stop("no templates: pip install comfyui-workflow-templates-json==0.1.123")
    for path in found:
        with contextlib.suppress(InputError):  # lists of templates lie there too
            yield path.stem, read(path)


def test_the_templates_run_in_the_order_of_comfyui(executor):
    """Those whose node types the ComfyUI at hand knows: 81 in 0.3.75, 504 in 0.33.0."""
    compared, others = 0, []
    for name, graph in templates():
        unused, outputs = half_unused(graph), outputs_of(graph)
        if found := executor("classic", job(graph, outputs, unused)):
            ((visited, executed, _),) = found
            first = list(Runs(graph, Cache("classic"), outputs, unused).first)
            compared += 1
            others += [name] if (visited, executed) != (order(graph, outputs, unused), first) else []
    assert [] == others
    assert 80 <= compared


@st.composite
def graphs(draw):
    """Graphs of up to twelve nodes, many of them alike, in any order of the prompt."""
    size = draw(st.integers(1, 12))
    nodes = {}
    for number in range(size):
        kind = draw(st.sampled_from(TYPES))
        names = [*(LAZY if kind == SWITCH else ()), "b", "a"]
        wanted = draw(st.lists(st.sampled_from(names), unique=True, max_size=3)) if number else []
        links = {
            name: Link(f"n{draw(st.integers(0, number - 1))}", draw(st.integers(0, 1))) for name in wanted
        }
        nodes[f"n{number}"] = Node(f"n{number}", kind, {"seed": draw(st.integers(0, 1)), **links})
    return Graph({key: nodes[key] for key in draw(st.permutations(list(nodes)))})


def draw_run(data, graph):
    """Outputs, unused inputs and changed nodes for a graph."""
    outputs = data.draw(st.permutations(outputs_of(graph)))
    switches = [key for key, node in graph.nodes.items() if node.class_type == SWITCH]
    unused = {key: data.draw(st.sets(st.sampled_from(LAZY))) for key in switches}
    return outputs, unused, data.draw(st.sets(st.sampled_from(sorted(graph.nodes))))


@settings(max_examples=400, deadline=None)
@given(graphs(), st.sampled_from(["classic", "lru", "ram"]), st.data())
def test_any_graph_runs_and_runs_again_as_in_comfyui(executor, graph, cache, data):
    outputs, unused, changed = draw_run(data, graph)
    first, second = executor(cache, job(graph, outputs, unused), job(graph, outputs, unused, changed))
    assert first[0] == order(graph, outputs, unused)
    found = Runs(graph, Cache(cache), outputs, unused, changed)
    assert (first[1], second[1]) == (list(found.first), list(found.next()))


@settings(max_examples=100, deadline=None)
@given(graphs(), st.data())
def test_without_a_cache_every_run_is_whole_as_in_comfyui(executor, graph, data):
    outputs, _, _ = draw_run(data, graph)
    unused = {key: LAZY for key, node in graph.nodes.items() if node.class_type == SWITCH}
    first, second = executor("none", job(graph, outputs, unused), job(graph, outputs, unused))
    found = Runs(graph, Cache("none"), outputs, unused, ())
    assert first[1] == second[1] == list(found.first) == list(found.next())


@settings(max_examples=60, deadline=None)
@given(graphs(), st.integers(1, 30), st.data())
def test_a_counted_cache_holds_as_many_results_as_comfyuis(executor, graph, size, data):
    outputs, unused, changed = draw_run(data, graph)
    prompts = [job(graph, outputs, unused)]
    for number in range(32):  # more runs than results
        prompts.append(job(graph, outputs, unused, changed))
        for key in changed:
            prompts[-1]["prompt"][key]["inputs"]["new"] = f"{key} of run {number}"
    *_, (_, _, holds) = executor("lru", *prompts, size=size)
    runs = Runs(graph, Cache("lru"), outputs, unused, changed)
    kept = {runs.before[one] for one in runs.first} & set(runs.after.values())
    assert holds == len(kept) + (1 + runs.piled(size)) * len(runs.next())


def drawn(**nodes):
    """A graph of node types and the nodes that each takes from, in the prompt's order."""
    return Graph(
        {
            key: Node(key, kind, {f"in{at}": Link(one, 0) for at, one in enumerate(needs)})
            for key, (kind, *needs) in nodes.items()
        }
    )


@pytest.mark.parametrize(
    ("graph", "expected"),
    [
        (
            drawn(
                s=("SaveImage", "c"), a=("KSampler",), b=("VAEDecode", "a"), c=("ImageBlend", "v", "b"),
                v=("VAELoader",),
            ),
            "vabcs",
        ),
        (
            drawn(
                a=("KSampler",), b=("KSampler",), x=("ImageBlend", "a", "b"), y=("ImageBlend", "a", "a"),
                p=("SaveImage", "x"), q=("PreviewImage", "y"),
            ),
            "bxpyq",
        ),
    ],
    ids=["two before an output", "alike, but joined otherwise"],
)  # fmt: skip
def test_small_cases_run_as_in_comfyui(executor, graph, expected):
    ((visited, executed, _),) = executor("classic", job(graph, outputs_of(graph), {}))
    assert visited == order(graph)
    assert executed == list(Runs(graph, Cache("classic")).first)
    assert expected == "".join(executed)
