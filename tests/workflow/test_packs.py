"""Nodes of other packs that exist in the frontend alone, and widgets that a pack's own script makes.

Every expectation in `CASES` was also met by the real frontend (comfyui-frontend-package 1.48.7) with the
extensions of ComfyUI-KJNodes 3f20054 and rgthree-comfy 13b4399 in it, which loaded these very drawings.
"""

import pytest
from workflow.drawing import (
    BYPASSED,
    EMPTY,
    MODEL,
    MUTED,
    UNET,
    as_version_1,
    node,
    sampled,
    sampler,
    sent_by,
    subgraph,
    workflow,
)

LOADER = MODEL | {"outputs": ["MODEL"]}
OTHER = node(30, "UNETLoader", ["b.safetensors", "default"], outputs=["MODEL"])
B = {"unet_name": "b.safetensors", "weight_dtype": "default"}
CLIP = node(2, "CLIPLoader", ["t5.safetensors", "flux", "default"], outputs=["CLIP"])
T5 = {"clip_name": "t5.safetensors", "type": "flux", "device": "default"}
LATENT = {"outputs": [("LATENT", "LATENT")], "ends": ["5.0"]}
LINKED = {"1": UNET, "5": sampled(model=["1", 0])}
UNLINKED = {"1": UNET, "5": sampled()}


def setter(number, name="flux", origin="1.0", mode=0):
    return node(
        number, "SetNode", [name], mode=mode, types={"MODEL": "MODEL"}, outputs=["MODEL"], MODEL=origin
    )


def getter(number=4, name="flux", mode=0):
    return node(number, "GetNode", [name], mode=mode, outputs=["MODEL"])


def taking(origin="4.0"):
    return sampler(5, **(EMPTY | {"model": origin}))


def lora(number, origin):
    return node(number, "LoraLoaderModelOnly", ["l", 1], mode=BYPASSED, outputs=["MODEL"], model=origin)


def reroute(mode):
    return node(7, "Reroute (rgthree)", mode=mode, types={"": "*"}, outputs=["MODEL"], **{"": "1.0"})


def power(*values, show="Single Strength"):
    """A Power Lora Loader with such values, and a sampler behind it."""
    loader = node(
        9, "Power Lora Loader (rgthree)", values, outputs=["MODEL", "CLIP"], model="1.0", clip="2.0"
    )
    return workflow(LOADER, CLIP, loader | {"properties": {"Show Strengths": show}}, taking("9.0"))


def powered(**loras):
    """What it sends."""
    always = {
        "PowerLoraLoaderHeaderWidget": {"type": "PowerLoraLoaderHeaderWidget"},
        "\N{HEAVY PLUS SIGN} Add Lora": "",
        "model": ["1", 0],
        "clip": ["2", 0],
    }
    return {"1": UNET, "2": T5, "5": sampled(model=["9", 0]), "9": always | loras}


CASES = {
    "a get node hands on what the set node of its name took": (
        workflow(LOADER, setter(2), setter(3, "other", None), getter(), taking()),
        LINKED,
    ),
    "a set node hands it on too": (workflow(LOADER, setter(2), taking("2.0")), LINKED),
    "of two set nodes with one name the first counts": (
        workflow(LOADER, OTHER, setter(2), setter(3, origin="30.0"), getter(), taking()),
        LINKED | {"30": B},
    ),
    "a get node may feed a set node": (
        workflow(LOADER, setter(2, "a"), getter(3, "a"), setter(6, "b", "3.0"), getter(4, "b"), taking()),
        LINKED,
    ),
    "a muted set node gives a get node what it took": (
        workflow(LOADER, setter(2, mode=MUTED), getter(), taking()),
        LINKED,
    ),
    "so does a bypassed one": (workflow(LOADER, setter(2, mode=BYPASSED), getter(), taking()), LINKED),
    "a muted get node gives nothing": (workflow(LOADER, setter(2), getter(mode=MUTED), taking()), UNLINKED),
    "nor does a bypassed one": (workflow(LOADER, setter(2), getter(mode=BYPASSED), taking()), UNLINKED),
    "nor one of an unused name": (workflow(LOADER, setter(2, "other"), getter(), taking()), UNLINKED),
    "nor one whose set node takes nothing": (
        workflow(LOADER, setter(2, origin=None), getter(), taking()),
        UNLINKED,
    ),
    "what is bypassed before a set node is passed by": (
        workflow(LOADER, lora(7, "1.0"), setter(2, origin="7.0"), getter(), taking()),
        LINKED,
    ),
    "and after a get node": (
        workflow(LOADER, setter(2), getter(), lora(7, "4.0"), taking("7.0")),
        LINKED,
    ),
    "a get node may drive a widget": (
        workflow(
            node(1, "PrimitiveInt", [9, "fixed"], outputs=["INT"]),
            node(2, "SetNode", ["s"], types={"INT": "INT"}, outputs=["INT"], INT="1.0"),
            node(4, "GetNode", ["s"], outputs=["INT"]),
            sampler(5, **EMPTY, _seed="4.0"),
        ),
        {"1": {"value": 9}, "5": sampled(["1", 0])},
    ),
    "a get node in a subgraph looks outside too": (
        workflow(
            LOADER,
            setter(2),
            node(3, "mine", outputs=["LATENT"]),
            subgraphs=[subgraph("mine", getter(), taking(), **LATENT)],
        ),
        {"1": UNET, "3:5": sampled(model=["1", 0])},
    ),
    "however deep it is": (
        workflow(
            LOADER,
            setter(2),
            node(3, "outer", outputs=["LATENT"]),
            subgraphs=[
                subgraph(
                    "outer",
                    node(8, "mine", outputs=["LATENT"]),
                    outputs=[("LATENT", "LATENT")],
                    ends=["8.0"],
                ),
                subgraph("mine", getter(), taking(), **LATENT),
            ],
        ),
        {"1": UNET, "3:8:5": sampled(model=["1", 0])},
    ),
    "but inside first": (
        workflow(
            LOADER,
            setter(2),
            node(3, "mine", outputs=["LATENT"]),
            subgraphs=[subgraph("mine", OTHER, setter(12, origin="30.0"), getter(), taking(), **LATENT)],
        ),
        {"1": UNET, "3:30": B, "3:5": sampled(model=["3:30", 0])},
    ),
    "and not into another subgraph": (
        workflow(
            node(3, "mine"),
            getter(),
            taking(),
            subgraphs=[subgraph("mine", LOADER, setter(2))],
        ),
        {"3:1": UNET, "5": sampled()},
    ),
    "a set node may take an input of its subgraph": (
        workflow(
            LOADER,
            node(3, "mine", types={"model": "MODEL"}, outputs=["LATENT"], model="1.0"),
            subgraphs=[
                subgraph(
                    "mine",
                    setter(2, origin="in.0"),
                    getter(),
                    taking(),
                    inputs=[("model", "MODEL")],
                    **LATENT,
                )
            ],
        ),
        {"1": UNET, "3:5": sampled(model=["1", 0])},
    ),
    "a get node may end in an output of its subgraph": (
        workflow(
            LOADER,
            setter(2),
            node(3, "mine", outputs=["MODEL"]),
            taking("3.0"),
            subgraphs=[subgraph("mine", getter(), outputs=[("MODEL", "MODEL")], ends=["4.0"])],
        ),
        LINKED,
    ),
    "another pack's reroute is followed": (workflow(LOADER, reroute(0), taking("7.0")), LINKED),
    "muted, it ends a link": (workflow(LOADER, reroute(MUTED), taking("7.0")), UNLINKED),
    "bypassed, it does not": (workflow(LOADER, reroute(BYPASSED), taking("7.0")), LINKED),
    "nodes that switch others are not sent": (
        workflow(LOADER, node(9, "Fast Bypasser (rgthree)", types={"a": "*"}, outputs=["*"], a="1.0")),
        {"1": UNET},
    ),
    "a list of LoRAs is as long as it is": (
        power(
            {},
            {"type": "PowerLoraLoaderHeaderWidget"},
            {"on": True, "lora": "a.safetensors", "strength": 1, "strengthTwo": None},
            {"on": False, "lora": "b.safetensors", "strength": 0.5, "strengthTwo": None},
            {},
            "",
        ),
        powered(
            lora_1={"on": True, "lora": "a.safetensors", "strength": 1},
            lora_2={"on": False, "lora": "b.safetensors", "strength": 0.5},
        ),
    ),
    "with two strengths where they are shown": (
        power(
            {"on": True, "lora": "a.safetensors", "strength": 1, "strengthTwo": 0.3},
            show="Separate Model & Clip",
        ),
        powered(lora_1={"on": True, "lora": "a.safetensors", "strength": 1, "strengthTwo": 0.3}),
    ),
    "or empty": (power(), powered()),
    "a value may choose its type": (
        workflow(
            node(9, "Power Primitive (rgthree)", ["INT", 7], outputs=["INT"]),
            sampler(5, **EMPTY, _steps="9.0"),
        ),
        {"5": sampled(steps=["9", 0]), "9": {"type": "INT", "value": 7}},
    ),
}


@pytest.mark.parametrize("drawing, sent", CASES.values(), ids=CASES)
def test_it_is_what_the_frontend_sends(drawing, sent):
    assert sent == sent_by(drawing)


@pytest.mark.parametrize("drawing, sent", CASES.values(), ids=CASES)
def test_version_1_of_the_format_says_the_same(drawing, sent):
    assert sent == sent_by(as_version_1(drawing))
