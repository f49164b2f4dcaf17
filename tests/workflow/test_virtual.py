"""Nodes that exist in the frontend alone: notes, reroutes, primitives, and those of other packs.

Every expectation in `CASES` was also met by the real frontend (comfyui-frontend-package 1.48.7 with the node
definitions of ComfyUI 0.33.0), which loaded these very drawings.
"""

import pytest
from vram_forecast.estimator.workflow import read
from workflow.drawing import (
    BYPASSED,
    MODEL,
    MUTED,
    SAMPLING,
    UNET,
    as_version_1,
    node,
    sampled,
    sampler,
    sent_by,
    subgraph,
    workflow,
)

CASES = {
    "notes are not sent": (
        workflow(MODEL, node(2, "Note", ["hi"]), node(3, "MarkdownNote", ["# hi"])),
        {"1": UNET},
    ),
    "reroutes are followed": (
        workflow(
            MODEL,
            node(2, "Reroute", types={"input": "*"}, outputs=["MODEL"], input="1.0"),
            node(3, "Reroute", types={"input": "*"}, outputs=["MODEL"], input="2.0"),
            sampler(4, model="3.0"),
        ),
        {"1": UNET, "4": sampled(model=["1", 0])},
    ),
    "reroutes drawn on a link change nothing": (
        workflow(
            MODEL,
            sampler(2, model="1.0"),
            extra={
                "reroutes": [{"id": 1, "pos": [50, 50], "linkIds": [1]}],
                "linkExtensions": [{"id": 1, "parentId": 1}],
            },
        ),
        {"1": UNET, "2": sampled(model=["1", 0])},
    ),
    "a primitive writes its value into every widget it feeds": (
        workflow(
            node(1, "PrimitiveNode", [42, "fixed"], outputs=["INT"]),
            sampler(2, _seed="1.0"),
            sampler(3, _seed="1.0"),
        ),
        {"2": sampled(42), "3": sampled(42)},
    ),
    "a primitive that feeds a host changes nothing inside it": (
        workflow(
            node(1, "PrimitiveNode", [42, "fixed"], outputs=["INT"]),
            node(3, "sampling", [11], outputs=["LATENT"], _seed="1.0"),
            subgraphs=[SAMPLING],
        ),
        {"3:5": sampled(1)},
    ),
    "a primitive inside a subgraph writes into the widgets there": (
        workflow(
            node(3, "fed", outputs=["LATENT"]),
            subgraphs=[
                subgraph(
                    "fed",
                    node(7, "PrimitiveNode", [42, "fixed"], outputs=["INT"]),
                    sampler(5, _seed="7.0"),
                    outputs=[("LATENT", "LATENT")],
                    ends=["5.0"],
                )
            ],
        ),
        {"3:5": sampled(42)},
    ),
    "a reroute inside a subgraph leads out of it": (
        workflow(
            MODEL,
            node(3, "bent", types={"model": "MODEL"}, outputs=["LATENT"], model="1.0"),
            subgraphs=[
                subgraph(
                    "bent",
                    node(4, "Reroute", types={"": "*"}, outputs=["MODEL"], **{"": "in.0"}),
                    sampler(5, model="4.0"),
                    inputs=[("model", "MODEL")],
                    outputs=[("LATENT", "LATENT")],
                    ends=["5.0"],
                )
            ],
        ),
        {"1": UNET, "3:5": sampled(model=["1", 0])},
    ),
    "a primitive's text is sent like any other": (
        workflow(
            node(1, "PrimitiveNode", ["p {a|a}"], outputs=["STRING"]),
            node(2, "CLIPTextEncode", ["x"], _text="1.0"),
        ),
        {"2": {"text": "p a"}},
    ),
    "a primitive may choose": (
        workflow(
            node(1, "PrimitiveNode", ["heun", "fixed", ""], outputs=["COMBO"]),
            node(2, "KSamplerSelect", ["euler"], _sampler_name="1.0"),
        ),
        {"2": {"sampler_name": "heun"}},
    ),
    "a primitive without a value changes nothing": (
        workflow(node(1, "PrimitiveNode", outputs=["INT"]), sampler(2, _seed="1.0")),
        {"2": sampled()},
    ),
    "a muted primitive writes all the same": (
        workflow(
            node(1, "PrimitiveNode", [42, "fixed"], mode=MUTED, outputs=["INT"]), sampler(2, _seed="1.0")
        ),
        {"2": sampled(42)},
    ),
    "so does a bypassed one": (
        workflow(
            node(1, "PrimitiveNode", [42, "fixed"], mode=BYPASSED, outputs=["INT"]), sampler(2, _seed="1.0")
        ),
        {"2": sampled(42)},
    ),
    "a primitive does not write past a reroute": (
        workflow(
            node(1, "PrimitiveNode", [42, "fixed"], outputs=["INT"]),
            node(3, "Reroute", types={"": "*"}, outputs=["INT"], **{"": "1.0"}),
            sampler(2, _seed="3.0"),
        ),
        {"2": sampled()},
    ),
}


@pytest.mark.parametrize("drawing, sent", CASES.values(), ids=CASES)
def test_it_is_what_the_frontend_sends(drawing, sent):
    assert sent == sent_by(drawing)


@pytest.mark.parametrize("drawing, sent", CASES.values(), ids=CASES)
def test_version_1_of_the_format_says_the_same(drawing, sent):
    assert sent == sent_by(as_version_1(drawing))


def test_a_long_chain_of_reroutes_is_followed_once_for_all_that_hang_on_it():
    chain = [
        node(n, "Reroute", types={"input": "*"}, outputs=["MODEL"], input=f"{n - 1}.0")
        for n in range(2, 3000)
    ]
    drawing = workflow(MODEL, *chain, *(sampler(n, model="2999.0") for n in range(5000, 8000)))
    assert {("1", 0)} == {
        (one.inputs["model"].node, one.inputs["model"].slot) for one in read(drawing).of_type("KSampler")
    }
