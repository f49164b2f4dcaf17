"""What a group node shows of its inner nodes, and by what names.

Every expectation in `CASES` was also met by the real frontend, version 1.58.1 (with the node definitions of
ComfyUI 0.33.0). The one that ComfyUI 0.33.0 asks for, 1.48.7, takes a group node's choices for sockets and
mixes up its values and links; 1.58.1 has that mended.
"""

import pytest
from workflow.drawing import as_version_1, group, node, sent_by
from workflow.grouped import SAVE, SENT, SOCKETS, drawn, inside, mine, use

CASES = {
    "an output may be used inside and out": (
        drawn(
            use(),
            node(9, "SaveLatent", ["out"], samples="8.0"),
            groups={"Mine": mine(external=[[0, 0, "LATENT"]])},
        ),
        SENT | {"9": {"filename_prefix": "out", "samples": ["12:10", 0]}} | inside(),
    ),
    "an output that the user shows comes in its node's place": (
        drawn(
            use(),
            node(9, "SaveImage", ["out"], images="8.1"),
            groups={"Mine": mine(config={"0": {"output": {"0": {"visible": True}}}})},
        ),
        SENT | inside(),
    ),
    "an output that the user hid gives nothing": (
        drawn(use(), SAVE, groups={"Mine": mine(config={"1": {"output": {"0": {"visible": False}}}})}),
        SENT | {"9": {"filename_prefix": "out"}} | inside(),
    ),
    "an input that the user hid is not linked": (
        drawn(use(), SAVE, groups={"Mine": mine(config={"0": {"input": {"model": {"visible": False}}}})}),
        SENT | inside(model=None),
    ),
    "a widget that the user hid has its place all the same": (
        drawn(use(), SAVE, groups={"Mine": mine(config={"0": {"input": {"steps": {"visible": False}}}})}),
        SENT | inside(),
    ),
    "an input goes by the name that the user gave it": (
        drawn(use(m="1.0"), SAVE, groups={"Mine": mine(config={"0": {"input": {"model": {"name": "m"}}}})}),
        SENT | inside(),
    ),
    "and has no other name": (
        drawn(use(), SAVE, groups={"Mine": mine(config={"0": {"input": {"model": {"name": "m"}}}})}),
        SENT | inside(model=None),
    ),
    "names that come twice say whose they are, and then which": (
        drawn(
            node(
                8,
                "workflow>Mine",
                ["one", "two", "three"],
                **{"clip": "1.1", "Neg clip": "1.1", "Neg 2 clip": "1.1"},
            ),
            groups={
                "Mine": group(
                    *(
                        node(number, "CLIPTextEncode", [""], outputs=["CONDITIONING"], clip=None)
                        | ({"title": "Neg"} if number else {})
                        for number in range(3)
                    )
                )
            },
        ),
        {key: SENT[key] for key in ("1", "4")}
        | {
            f"12:{number}": {"text": text, "clip": ["1", 1]}
            for number, text in ((9, "one"), (10, "two"), (11, "three"))
        },
    ),
    "values of widgets that are inputs come after all others": (
        drawn(
            use(values=[5, "fixed", 7, "dpmpp_2m", "karras", 0.5, 30]),
            SAVE,
            groups={"Mine": mine(sampler={"_steps": None})},
        ),
        SENT | inside(),
    ),
    "where every widget has an input their order is that of the inputs": (
        drawn(use(), SAVE, groups={"Mine": mine(sampler=SOCKETS)}),
        SENT | inside(),
    ),
    "a link into a widget that is an input is kept where all widgets are": (
        drawn(
            node(5, "PrimitiveInt", [99, "fixed"]),
            use(_steps="5.0"),
            SAVE,
            groups={"Mine": mine(sampler=SOCKETS)},
        ),
        SENT | {"5": {"value": 99}} | inside(steps=["5", 0]),
    ),
    "and lost where it is not the first": (
        drawn(
            node(5, "PrimitiveInt", [99, "fixed"]),
            use(values=[5, "fixed", 7, "dpmpp_2m", "karras", 0.5, 30], _steps="5.0"),
            SAVE,
            groups={"Mine": mine(sampler={"_steps": None})},
        ),
        SENT | {"5": {"value": 99}} | inside(),
    ),
}


@pytest.mark.parametrize("drawing, sent", CASES.values(), ids=CASES)
def test_it_is_what_the_frontend_sends(drawing, sent):
    assert sent == sent_by(drawing)


@pytest.mark.parametrize("drawing, sent", CASES.values(), ids=CASES)
def test_version_1_of_the_format_says_the_same(drawing, sent):
    assert sent == sent_by(as_version_1(drawing))
