"""Nodes that are muted or bypassed.

Every expectation in `CASES` was also met by the real frontend (comfyui-frontend-package 1.48.7 with the node
definitions of ComfyUI 0.33.0), which loaded these very drawings.
"""

import pytest
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
    "a muted node is gone and what took from it has no input": (
        workflow(MODEL | {"mode": MUTED}, sampler(2, model="1.0")),
        {"2": sampled()},
    ),
    "a widget whose link comes from a muted node keeps its own value": (
        workflow(node(1, "PrimitiveInt", [9, "fixed"], mode=MUTED), sampler(2, _seed="1.0")),
        {"2": sampled()},
    ),
    "a bypassed node hands on its input of the same type": (
        workflow(
            MODEL,
            node(2, "CLIPLoader", ["t5.safetensors", "flux", "default"]),
            node(3, "LoraLoader", ["a.safetensors", 1, 1], mode=BYPASSED, model="1.0", clip="2.0"),
            sampler(4, model="3.0"),
            node(5, "CLIPTextEncode", ["a cat"], clip="3.1"),
        ),
        {
            "1": UNET,
            "2": {"clip_name": "t5.safetensors", "type": "flux", "device": "default"},
            "4": sampled(model=["1", 0]),
            "5": {"text": "a cat", "clip": ["2", 0]},
        },
    ),
    "a bypassed node without an input of that type hands on nothing": (
        workflow(
            MODEL,
            sampler(2, mode=BYPASSED, model="1.0"),
            node(3, "VAEDecode", samples="2.0"),
            node(4, "CLIPTextEncode", ["a"], mode=BYPASSED),
            sampler(5, positive="4.0"),
        ),
        {"1": UNET, "3": {}, "5": sampled()},
    ),
    "a chain of bypassed nodes is followed to its end": (
        workflow(
            MODEL,
            *(
                node(n, "LoraLoaderModelOnly", ["a.safetensors", 1], mode=BYPASSED, model=f"{n - 1}.0")
                for n in range(2, 9)
            ),
            sampler(9, model="8.0"),
        ),
        {"1": UNET, "9": sampled(model=["1", 0])},
    ),
    "a reroute in front of a bypassed node asks for the type that is wanted behind it": (
        workflow(
            MODEL,
            node(2, "CLIPLoader", ["t5.safetensors", "flux", "default"]),
            node(3, "LoraLoader", ["a.safetensors", 1, 1], mode=BYPASSED, model="1.0", clip="2.0"),
            node(4, "Reroute", types={"input": "*"}, outputs=["CLIP"], input="3.1"),
            node(5, "CLIPTextEncode", ["a cat"], clip="4.0"),
        ),
        {
            "1": UNET,
            "2": {"clip_name": "t5.safetensors", "type": "flux", "device": "default"},
            "5": {"text": "a cat", "clip": ["2", 0]},
        },
    ),
    "a muted host takes its nodes with it": (
        workflow(
            node(3, "sampling", [11], mode=MUTED, outputs=["LATENT"]),
            node(4, "VAEDecode", samples="3.0"),
            subgraphs=[SAMPLING],
        ),
        {"4": {}},
    ),
    "a bypassed host hands on its input of the same type": (
        workflow(
            MODEL,
            node(3, "patch", mode=BYPASSED, types={"model": "MODEL"}, outputs=["MODEL"], model="1.0"),
            sampler(4, model="3.0"),
            subgraphs=[
                subgraph(
                    "patch",
                    node(5, "LoraLoaderModelOnly", ["a.safetensors", 1], model="in.0"),
                    inputs=[("model", "MODEL")],
                    outputs=[("MODEL", "MODEL")],
                    ends=["5.0"],
                )
            ],
        ),
        {"1": UNET, "4": sampled(model=["1", 0])},
    ),
    "a host inside a subgraph is passed by when bypassed, though its nodes are sent": (
        workflow(
            MODEL,
            node(3, "outer", types={"model": "MODEL"}, outputs=["LATENT"], model="1.0"),
            subgraphs=[
                subgraph(
                    "outer",
                    node(
                        6, "patch", mode=BYPASSED, types={"model": "MODEL"}, outputs=["MODEL"], model="in.0"
                    ),
                    sampler(7, model="6.0"),
                    inputs=[("model", "MODEL")],
                    outputs=[("LATENT", "LATENT")],
                    ends=["7.0"],
                ),
                subgraph(
                    "patch",
                    node(5, "LoraLoaderModelOnly", ["a.safetensors", 1], model="in.0"),
                    inputs=[("model", "MODEL")],
                    outputs=[("MODEL", "MODEL")],
                    ends=["5.0"],
                ),
            ],
        ),
        {
            "1": UNET,
            "3:6:5": {"lora_name": "a.safetensors", "strength_model": 1, "model": ["1", 0]},
            "3:7": sampled(model=["1", 0]),
        },
    ),
    "a node muted inside a subgraph is missing there": (
        workflow(
            node(3, "half", outputs=["MODEL"]),
            sampler(4, model="3.0"),
            subgraphs=[subgraph("half", MODEL | {"mode": MUTED}, outputs=[("MODEL", "MODEL")], ends=["1.0"])],
        ),
        {"4": sampled()},
    ),
}


@pytest.mark.parametrize("drawing, sent", CASES.values(), ids=CASES)
def test_it_is_what_the_frontend_sends(drawing, sent):
    assert sent == sent_by(drawing)


@pytest.mark.parametrize("drawing, sent", CASES.values(), ids=CASES)
def test_version_1_of_the_format_says_the_same(drawing, sent):
    assert sent == sent_by(as_version_1(drawing))
