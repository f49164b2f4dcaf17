"""Links that are saved in odd ways: an input goes by what it says itself, and then by the table of links.

Every expectation in `CASES` was also met by the real frontend (comfyui-frontend-package 1.48.7 with the node
definitions of ComfyUI 0.33.0), which loaded these very drawings.
"""

import copy

import pytest
from workflow.drawing import BYPASSED, MODEL, MUTED, UNET, node, sampled, sampler, sent_by, workflow

OTHER = node(3, "UNETLoader", ["b.safetensors", "default"])
B = {"3": {"unet_name": "b.safetensors", "weight_dtype": "default"}}
LINKED = {"1": UNET, "2": sampled(model=["1", 0])}


def drawn(*nodes, links=None):
    """A loader whose model a sampler takes; `links` in place of the table of links."""
    drawing = workflow(MODEL, *nodes, sampler(2, model="1.0"))
    return drawing | ({} if links is None else {"links": links})


def changed(slots=None, outputs=None, nodes=None):
    """The same, with inputs, outputs and nodes updated."""
    drawing = copy.deepcopy(drawn())
    for one in drawing["nodes"]:
        one |= nodes(one) if nodes else {}
        for slot in one["inputs"]:
            slot |= slots or {}
        for output in one["outputs"]:
            output |= outputs or {}
    return drawing


def rerouted(mode):
    """A reroute of that mode between them."""
    reroute = node(3, "Reroute", mode=mode, types={"": "*"}, outputs=["MODEL"], **{"": "1.0"})
    return workflow(MODEL, reroute, sampler(2, model="3.0"))


CASES = {
    "a link that its input does not name is none": (changed({"link": None}), {"1": UNET, "2": sampled()}),
    "also where the output does not name it": (
        changed({"link": None}, {"links": None}),
        {"1": UNET, "2": sampled()},
    ),
    "an output need not name its links": (changed(outputs={"links": None}), LINKED),
    "or may leave them out": (changed(outputs={"links": []}), LINKED),
    "ids of nodes may be text where those of links are numbers": (
        changed(nodes=lambda one: {"id": str(one["id"])}),
        LINKED,
    ),
    "the table may name another input": (drawn(links=[[1, 1, 0, 2, 3, "MODEL"]]), LINKED),
    "or one that is not there": (drawn(links=[[1, 1, 0, 2, 33, "MODEL"]]), LINKED),
    "or another node": (drawn(OTHER, links=[[1, 1, 0, 3, 0, "MODEL"]]), LINKED | B),
    "or none": (drawn(links=[[1, 1, 0, 99, 0, "MODEL"]]), LINKED),
    "of two links with one id the last counts": (
        drawn(OTHER, links=[[1, 1, 0, 2, 0, "MODEL"], [1, 3, 0, 2, 0, "MODEL"]]),
        {"1": UNET, "2": sampled(model=["3", 0])} | B,
    ),
    "of two links into one input the one that it names counts": (
        drawn(OTHER, links=[[1, 1, 0, 2, 0, "MODEL"], [2, 3, 0, 2, 0, "MODEL"]]),
        LINKED | B,
    ),
    "of two nodes with one id the last counts": (
        drawn(MODEL | {"values": ["z.safetensors", "default"]}),
        LINKED | {"1": UNET | {"unet_name": "z.safetensors"}},
    ),
    "a link may bring another type than is wanted": (
        workflow(node(4, "VAELoader", ["v.safetensors"]), sampler(2, model="4.0")),
        {"2": sampled(model=["4", 0]), "4": {"vae_name": "v.safetensors"}},
    ),
    "an input that the definition has not keeps its link": (
        workflow(MODEL, sampler(2, model="1.0", what="1.0")),
        {"1": UNET, "2": sampled(model=["1", 0], what=["1", 0])},
    ),
    "modes of old files that mean nothing today are no modes": (
        workflow(MODEL | {"mode": 1}, node(3, "VAELoader", ["v"], mode=3), sampler(2, model="1.0")),
        LINKED | {"3": {"vae_name": "v"}},
    ),
    "a muted reroute ends a link": (rerouted(MUTED), {"1": UNET, "2": sampled()}),
    "a bypassed reroute does not": (rerouted(BYPASSED), LINKED),
}


@pytest.mark.parametrize("drawing, sent", CASES.values(), ids=CASES)
def test_it_is_what_the_frontend_sends(drawing, sent):
    assert sent == sent_by(drawing)


@pytest.mark.parametrize(
    "links", [[["1", "1", 0, "2", 0, "MODEL"]], [None, [1, 1, 0, 2, 0, "MODEL"], None]], ids=["text", "gaps"]
)
def test_a_table_that_the_frontend_fails_on_is_read(links):
    assert LINKED == sent_by(drawn(links=links))


def test_a_bypassed_node_has_no_output_of_a_negative_number():
    drawing = drawn(links=[[1, 1, -20, 2, 0, "MODEL"]])
    drawing["nodes"][0] |= {"mode": BYPASSED}
    assert {"2": sampled()} == sent_by(drawing)


def test_no_output_of_a_negative_number_is_taken_past_a_reroute():
    reroute = node(3, "Reroute", types={"": "*"}, outputs=["*"], **{"": "1.0"})
    drawing = workflow(MODEL | {"mode": BYPASSED}, reroute, node(2, "PreviewAny", source="3.0"))
    drawing["links"][0][2] = -20
    assert {"2": {}} == sent_by(drawing)
