"""Subgraphs at any depth.

Every expectation in `CASES` was also met by the real frontend (comfyui-frontend-package 1.48.7 with the node
definitions of ComfyUI 0.33.0), which loaded these very drawings.
"""

import pytest
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
    "a subgraph's nodes are named after their host": (
        workflow(
            MODEL,
            node(
                3, "sampling", [11], types={"seed": "INT", "model": "MODEL"}, outputs=["LATENT"], model="1.0"
            ),
            node(4, "VAEDecode", samples="3.0"),
            subgraphs=[SAMPLING],
        ),
        {"1": UNET, "3:5": sampled(11, model=["1", 0]), "4": {"samples": ["3:5", 0]}},
    ),
    "a host's value wins over the one inside and each use has its own": (
        workflow(
            node(3, "sampling", [11], outputs=["LATENT"]),
            node(4, "sampling", [12], outputs=["LATENT"]),
            node(6, "sampling", outputs=["LATENT"]),
            subgraphs=[SAMPLING],
        ),
        {"3:5": sampled(11), "4:5": sampled(12), "6:5": sampled(1)},
    ),
    "a link to the host wins over its value": (
        workflow(
            node(1, "PrimitiveInt", [9, "fixed"]),
            node(3, "sampling", [11], outputs=["LATENT"], _seed="1.0"),
            subgraphs=[SAMPLING],
        ),
        {"1": {"value": 9}, "3:5": sampled(["1", 0])},
    ),
    "subgraphs lie inside each other to any depth": (
        workflow(
            node(306, "outer", [77], outputs=["LATENT"]),
            subgraphs=[
                subgraph(
                    "outer",
                    node(268, "middle", [55], outputs=["LATENT"], _number="in.0"),
                    inputs=[("count", "INT")],
                    outputs=[("LATENT", "LATENT")],
                    ends=["268.0"],
                ),
                subgraph(
                    "middle",
                    node(75, "sampling", [33], outputs=["LATENT"], _seed="in.0"),
                    inputs=[("number", "INT")],
                    outputs=[("LATENT", "LATENT")],
                    ends=["75.0"],
                ),
                SAMPLING,
            ],
        ),
        {"306:268:75:5": sampled(77)},
    ),
    "the host's values go to its promoted inputs one by one, sockets left out": (
        workflow(
            node(3, "mixed", [99, 30], outputs=["LATENT"]),
            subgraphs=[
                subgraph(
                    "mixed",
                    sampler(5, _seed="in.1", model="in.0", _steps="in.2"),
                    inputs=[("model", "MODEL"), ("seed", "INT"), ("steps", "INT")],
                    outputs=[("LATENT", "LATENT")],
                    ends=["5.0"],
                )
            ],
        ),
        {"3:5": sampled(99, steps=30)},
    ),
    "one input of a host may drive many widgets": (
        workflow(
            node(3, "pair", [99], outputs=["LATENT"]),
            subgraphs=[
                subgraph(
                    "pair",
                    sampler(5, _seed="in.0"),
                    sampler(6, 2, _seed="in.0"),
                    inputs=[("seed", "INT")],
                    outputs=[("LATENT", "LATENT")],
                    ends=["5.0"],
                )
            ],
        ),
        {"3:5": sampled(99), "3:6": sampled(99)},
    ),
    "an output of a subgraph may be an output of one inside": (
        workflow(
            node(3, "outer", outputs=["LATENT"]),
            node(4, "VAEDecode", samples="3.0"),
            subgraphs=[
                SAMPLING,
                subgraph(
                    "outer",
                    node(6, "sampling", [7], outputs=["LATENT"]),
                    outputs=[("LATENT", "LATENT")],
                    ends=["6.0"],
                ),
            ],
        ),
        {"3:6:5": sampled(7), "4": {"samples": ["3:6:5", 0]}},
    ),
    "nodes with the same id in two subgraphs are told apart": (
        workflow(
            node(3, "one", outputs=["LATENT"]),
            node(4, "two", outputs=["LATENT"]),
            subgraphs=[
                subgraph("one", sampler(5), outputs=[("LATENT", "LATENT")], ends=["5.0"]),
                subgraph("two", sampler(5), outputs=[("LATENT", "LATENT")], ends=["5.0"]),
            ],
        ),
        {"3:5": sampled(), "4:6": sampled()},
    ),
}


@pytest.mark.parametrize("drawing, sent", CASES.values(), ids=CASES)
def test_it_is_what_the_frontend_sends(drawing, sent):
    assert sent == sent_by(drawing)


@pytest.mark.parametrize("drawing, sent", CASES.values(), ids=CASES)
def test_version_1_of_the_format_says_the_same(drawing, sent):
    assert sent == sent_by(as_version_1(drawing))


def test_a_subgraph_that_hands_an_input_straight_on_is_passed_by():
    inside = subgraph("through", inputs=[("model", "MODEL")], outputs=[("MODEL", "MODEL")], ends=["in.0"])
    drawing = workflow(
        MODEL,
        node(3, "through", types={"model": "MODEL"}, outputs=["MODEL"], model="1.0"),
        sampler(4, model="3.0"),
        subgraphs=[inside],
    )
    assert {"1": UNET, "4": sampled(model=["1", 0])} == sent_by(drawing)


def test_subgraphs_as_deep_as_the_frontend_goes_are_opened():
    assert 1 == len(read(nest(99)).nodes)
