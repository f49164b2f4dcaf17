"""What holds for every saved workflow, and what is said of one that cannot be sent.

Every expectation in `CASES` was also met by the real frontend (comfyui-frontend-package 1.48.7 with the node
definitions of ComfyUI 0.33.0), which loaded these very drawings.
"""

import pytest
from vram_forecast.estimator.errors import InputError
from vram_forecast.estimator.workflow import read
from workflow.drawing import (
    MODEL,
    SAMPLING,
    UNET,
    as_version_1,
    nest,
    node,
    sampled,
    sampler,
    sent_by,
    subgraph,
    workflow,
)

CASES = {
    "ids may be text": (
        workflow(MODEL | {"id": "loader"}, sampler("two", model="loader.0")),
        {"loader": UNET, "two": sampled(model=["loader", 0])},
    ),
}


@pytest.mark.parametrize("drawing, sent", CASES.values(), ids=CASES)
def test_it_is_what_the_frontend_sends(drawing, sent):
    assert sent == sent_by(drawing)


@pytest.mark.parametrize("drawing, sent", CASES.values(), ids=CASES)
def test_version_1_of_the_format_says_the_same(drawing, sent):
    assert sent == sent_by(as_version_1(drawing))


def test_nodes_are_in_the_order_of_the_prompt_whole_numbers_first():
    drawing = workflow(
        node(30, "sampling", outputs=["LATENT"]), sampler(12), sampler(4), subgraphs=[SAMPLING]
    )
    assert ["4", "12", "30:5"] == list(read(drawing).nodes)


def test_titles_are_kept():
    assert "My sampler" == read(workflow(sampler(1) | {"title": "My sampler"})).nodes["1"].title


def circle():
    return workflow(
        node(1, "Reroute", types={"input": "*"}, outputs=["*"], input="2.0"),
        node(2, "Reroute", types={"input": "*"}, outputs=["*"], input="1.0"),
        sampler(3, model="2.0"),
    )


def missing_link():
    drawing = workflow(MODEL, sampler(2, model="1.0"))
    return drawing | {"links": []}


def missing_output():
    drawing = workflow(MODEL, sampler(2, model="1.3"))
    drawing["nodes"][0]["outputs"] = []
    return drawing


def multiply(levels, each=10):
    """Subgraphs that hold the next one several times: `each ** levels` nodes once opened."""
    found = [
        subgraph(f"level {n}", *(node(n * 100 + k, f"level {n + 1}") for k in range(each)))
        for n in range(levels)
    ]
    return workflow(node(9999, "level 0"), subgraphs=[*found, subgraph(f"level {levels}", sampler(77777))])


ERRORS = {
    "links in a circle": (circle(), "input 'input': links lead in a circle"),
    "nodes that feed each other": (
        workflow(
            node(1, "LoraLoaderModelOnly", ["a", 1], model="2.0"),
            node(2, "LoraLoaderModelOnly", ["a", 1], model="1.0"),
        ),
        "nodes feed each other in a circle",
    ),
    "a link that is not in the file": (missing_link(), "node 2, input 'model': link 1 is not in the file"),
    "a link from a node that is not there": (
        workflow(sampler(2, model="1.0")),
        "node 2, input 'model': no node 1 to take it from",
    ),
    "a link from an output that is not there": (
        missing_output(),
        "node 2, input 'model': no output 3 of node 1 to take it from",
    ),
    "a link from an output that a subgraph has not": (
        workflow(node(3, "sampling", outputs=["LATENT"]), sampler(4, model="3.1"), subgraphs=[SAMPLING]),
        "node 4, input 'model': no output 1 of its subgraph to take it from",
    ),
    "a link from an input that a subgraph has not": (
        workflow(node(3, "bad"), subgraphs=[subgraph("bad", sampler(5, model="in.4"))]),
        "node 3:5, input 'model': the subgraph has no input 4",
    ),
    "a subgraph that contains itself": (
        workflow(node(1, "loop"), subgraphs=[subgraph("loop", node(2, "loop"))]),
        "subgraph loop: a subgraph contains itself",
    ),
    "subgraphs too deep": (nest(150), "subgraphs more than 100 deep"),
    "subgraphs that multiply": (multiply(6), "more than 50000 nodes once its subgraphs are expanded"),
    "a node without a type": (
        workflow(MODEL) | {"nodes": [{"id": 1}]},
        "not a workflow's shape: Object missing required field `type` - at `$[0]`",
    ),
    "definitions of another shape": (
        workflow(MODEL) | {"definitions": {"subgraphs": [7]}},
        "`definitions.subgraphs` is not a list of subgraphs",
    ),
}


@pytest.mark.parametrize("drawing, said", ERRORS.values(), ids=ERRORS)
def test_what_cannot_be_sent_is_said_in_one_line(drawing, said):
    with pytest.raises(InputError) as error:
        read(drawing)
    assert said in str(error.value)
    assert 1 == len(str(error.value).splitlines())
