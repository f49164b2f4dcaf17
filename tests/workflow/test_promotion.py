"""Widgets that a subgraph's host shows as its own, listed in `proxyWidgets`.

Every expectation in `CASES` was also met by the real frontend (comfyui-frontend-package 1.48.7 with the node
definitions of ComfyUI 0.33.0), which loaded these very drawings.
"""

import pytest
from workflow.drawing import (
    EMPTY,
    SAMPLING,
    as_version_1,
    node,
    promoting,
    sampled,
    sampler,
    sent_by,
    subgraph,
    workflow,
)

CASES = {
    "promoted widgets of the old kind get the host's values in their own order": (
        workflow(
            promoting(
                node(3, "plain", [30, 99, None], outputs=["LATENT"]),
                ("5", "steps"),
                ("5", "seed"),
                ("5", "cfg"),
            ),
            subgraphs=[subgraph("plain", sampler(5), outputs=[("LATENT", "LATENT")], ends=["5.0"])],
        ),
        {"3:5": sampled(99, steps=30)},
    ),
    "a promoted widget of the old kind that is an input already is that input": (
        workflow(
            promoting(node(3, "sampling", [30, 99], outputs=["LATENT"]), ("5", "steps"), ("5", "seed")),
            subgraphs=[SAMPLING],
        ),
        {"3:5": sampled(99, steps=30)},
    ),
    "the node -1 of a promoted widget is the host itself": (
        workflow(
            promoting(node(3, "sampling", [30, 99], outputs=["LATENT"]), ("5", "steps"), ("-1", "seed")),
            subgraphs=[SAMPLING],
        ),
        {"3:5": sampled(99, steps=30)},
    ),
    "a widget promoted from a host inside reaches the widget behind it": (
        workflow(
            promoting(node(3, "outer", [99], outputs=["LATENT"]), ("6", "seed")),
            subgraphs=[
                subgraph(
                    "outer",
                    node(6, "sampling", [11], outputs=["LATENT"]),
                    outputs=[("LATENT", "LATENT")],
                    ends=["6.0"],
                ),
                SAMPLING,
            ],
        ),
        {"3:6:5": sampled(99)},
    ),
    "a promoted widget named with the node it is in reaches the widget behind it": (
        workflow(
            promoting(node(3, "outer", [99], outputs=["LATENT"]), ("6", "5: seed")),
            subgraphs=[
                subgraph(
                    "outer",
                    node(6, "sampling", [11], outputs=["LATENT"]),
                    outputs=[("LATENT", "LATENT")],
                    ends=["6.0"],
                ),
                SAMPLING,
            ],
        ),
        {"3:6:5": sampled(99)},
    ),
    "one use of a subgraph that promotes a widget leaves the others as they are": (
        workflow(
            promoting(node(3, "plain", [30], outputs=["LATENT"]), ("5", "steps")),
            node(4, "plain", outputs=["LATENT"]),
            subgraphs=[subgraph("plain", sampler(5), outputs=[("LATENT", "LATENT")], ends=["5.0"])],
        ),
        {"3:5": sampled(steps=30), "4:5": sampled()},
    ),
    "a primitive promoted from a subgraph gives way to the host's value": (
        workflow(
            promoting(node(3, "fed", [99], outputs=["LATENT"]), ("7", "value")),
            node(4, "fed", outputs=["LATENT"]),
            subgraphs=[
                subgraph(
                    "fed",
                    node(7, "PrimitiveNode", [42, "fixed"], outputs=["INT"]),
                    sampler(5, **EMPTY, _seed="7.0"),
                    outputs=[("LATENT", "LATENT")],
                    ends=["5.0"],
                )
            ],
        ),
        {"3:5": sampled(99), "4:5": sampled(1)},
    ),
}


@pytest.mark.parametrize("drawing, sent", CASES.values(), ids=CASES)
def test_it_is_what_the_frontend_sends(drawing, sent):
    assert sent == sent_by(drawing)


@pytest.mark.parametrize("drawing, sent", CASES.values(), ids=CASES)
def test_version_1_of_the_format_says_the_same(drawing, sent):
    assert sent == sent_by(as_version_1(drawing))
