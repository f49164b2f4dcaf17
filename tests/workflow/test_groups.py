"""Group nodes, which today's frontend makes subgraphs of as it loads a workflow.

Every expectation in `CASES` was also met by the real frontend, version 1.58.1 (with the node definitions of
ComfyUI 0.33.0). The one that ComfyUI 0.33.0 asks for, 1.48.7, takes a group node's choices for sockets and
mixes up its values and links; 1.58.1 has that mended.
"""

import pytest
from vram_forecast.estimator.errors import InputError
from vram_forecast.estimator.workflow import read
from workflow.drawing import (
    BYPASSED,
    EMPTY,
    MUTED,
    as_version_1,
    group,
    node,
    sampled,
    sampler,
    sent_by,
    subgraph,
    workflow,
)
from workflow.grouped import LINKS, SAVE, SENT, VALUES, decoder, drawn, inside, mine, use

CASES = {
    "its nodes get ids after all others, and then the subgraph made of them its own": (
        drawn(use(), SAVE, groups={"Mine": mine()}),
        SENT | inside(),
    ),
    "the type of old files begins with `workflow/`": (
        drawn(use("workflow/Mine"), SAVE, groups={"Mine": mine()}),
        SENT | inside(),
    ),
    "ids go on from the highest that is there": (
        drawn(use(), SAVE, groups={"Mine": mine()}, last_node_id=3),
        SENT | inside(),
    ),
    "each use has its own nodes": (
        drawn(
            use(),
            use(values=[6, "fixed", 31, 7, "euler", "karras", 1], number=7),
            SAVE,
            groups={"Mine": mine()},
        ),
        SENT | inside() | inside(15, seed=6, steps=31, sampler_name="euler", denoise=1),
    ),
    "values that are missing are the definition's defaults": (
        drawn(use(values=[5]), SAVE, groups={"Mine": mine()}),
        SENT | inside(steps=20, cfg=8, sampler_name="euler", scheduler="simple", denoise=1),
    ),
    "a muted one runs all the same": (
        drawn(use(mode=MUTED), SAVE, groups={"Mine": mine()}),
        SENT | inside(),
    ),
    "so does a bypassed one": (
        drawn(use(mode=BYPASSED), SAVE, groups={"Mine": mine()}),
        SENT | inside(),
    ),
    "a node bypassed inside is passed by": (
        drawn(use(), SAVE, groups={"Mine": mine(sampler={"mode": BYPASSED})}),
        SENT | {"12:11": {"samples": ["4", 0], "vae": ["1", 2]}},
    ),
    "a node muted inside is missing": (
        drawn(use(), SAVE, groups={"Mine": mine(sampler={"mode": MUTED})}),
        SENT | {"12:11": {"vae": ["1", 2]}},
    ),
    "a primitive outside writes into the group's widget": (
        drawn(
            node(5, "PrimitiveNode", [99, "fixed"], outputs=["INT"]),
            use(values=[5, "fixed", 7, "dpmpp_2m", "karras", 0.5], _steps="5.0"),
            SAVE,
            groups={"Mine": mine(sampler={"_steps": None})},
        ),
        SENT | inside(steps=99),
    ),
    "a primitive inside has two places and changes nothing": (
        drawn(
            use(values=[33, "fixed", *VALUES[:2], *VALUES[3:]]),
            SAVE | {"takes": {"images": "8.0"}},
            groups={
                "Mine": group(
                    node(2, "PrimitiveNode", [21, "fixed"], outputs=["INT"]),
                    sampler(0, **EMPTY, _steps="2.0"),
                    decoder(1, "0.0"),
                )
            },
        ),
        SENT
        | {
            "9": {"filename_prefix": "out", "images": ["13:12", 0]},
            "13:11": inside(13, steps=20)["13:11"],
            "13:12": {"samples": ["13:11", 0], "vae": ["1", 2]},
        },
    ),
    "a reroute in front gets nothing from outside": (
        drawn(
            use(model=None, MODEL="1.0"),
            SAVE,
            groups={
                "Mine": group(
                    sampler(0, types={"model": "MODEL"}, **(EMPTY | {"model": "2.0"})),
                    decoder(1, "0.0"),
                    node(2, "Reroute", types={"": "*"}, outputs=["MODEL"], **{"": None}),
                )
            },
        ),
        SENT
        | {
            "9": {"filename_prefix": "out", "images": ["13:11", 0]},
            "13:10": inside(13, model=None)["13:11"],
            "13:11": {"samples": ["13:10", 0], "vae": ["1", 2]},
        },
    ),
    "a reroute at its end is followed": (
        drawn(
            use(),
            SAVE,
            groups={
                "Mine": group(
                    sampler(0, **EMPTY),
                    decoder(1, "0.0"),
                    node(2, "Reroute", types={"": "*"}, outputs=["IMAGE"], **{"": "1.0"}),
                )
            },
        ),
        SENT
        | {
            "9": {"filename_prefix": "out", "images": ["13:11", 0]},
            "13:10": inside(13)["13:11"],
            "13:11": {"samples": ["13:10", 0], "vae": ["1", 2]},
        },
    ),
    "one may feed another": (
        drawn(
            node(8, "workflow>Patch", ["a.safetensors", 0.3], model="1.0"),
            node(7, "workflow>Patch", ["b.safetensors", 0.4], model="8.0"),
            sampler(9, **(EMPTY | {"model": "7.0"})),
            groups={
                "Patch": group(
                    node(0, "LoraLoaderModelOnly", ["", 1], outputs=["MODEL"], model=None),
                )
            },
        ),
        {key: SENT[key] for key in ("1", "4")}
        | {
            "9": sampled(model=["13:12", 0]),
            "11:10": {"lora_name": "a.safetensors", "strength_model": 0.3, "model": ["1", 0]},
            "13:12": {"lora_name": "b.safetensors", "strength_model": 0.4, "model": ["11:10", 0]},
        },
    ),
    "one inside another stays a node, without links from outside": (
        drawn(
            node(8, "workflow>Outer", VALUES),
            SAVE,
            groups={
                "Mine": mine(),
                "Outer": group(
                    node(0, "workflow>Mine", VALUES, outputs=["IMAGE"], **dict.fromkeys(LINKS)),
                    node(1, "ImageInvert", outputs=["IMAGE"], image="0.0"),
                ),
            },
        ),
        SENT
        | {
            "12:10": {key: one for key, one in inside()["12:10"].items() if not isinstance(one, list)},
            "12:11": {"image": ["12:10", 0]},
        },
    ),
    "one in a subgraph stays a node": (
        drawn(
            node(3, "sub", outputs=["IMAGE"]),
            groups={"Mine": mine()},
            subgraphs=[
                subgraph(
                    "sub",
                    node(8, "workflow>Mine", VALUES, outputs=["IMAGE"]),
                    outputs=[("IMAGE", "IMAGE")],
                    ends=["8.0"],
                )
            ],
        ),
        {key: SENT[key] for key in ("1", "4")}
        | {"3:8": {key: one for key, one in inside()["12:10"].items() if not isinstance(one, list)}},
    ),
}


@pytest.mark.parametrize("drawing, sent", CASES.values(), ids=CASES)
def test_it_is_what_the_frontend_sends(drawing, sent):
    assert sent == sent_by(drawing)


@pytest.mark.parametrize("drawing, sent", CASES.values(), ids=CASES)
def test_version_1_of_the_format_says_the_same(drawing, sent):
    assert sent == sent_by(as_version_1(drawing))


NOT_OPENED = {
    "a type that nobody describes is inside": {"Mine": group(node(0, "Nobody's"), sampler(1, **EMPTY))},
    "it is not defined": {"Other": mine()},
    "its definition has another shape": {"Mine": {"nodes": 7}},
    "it contains itself": {"Mine": group(node(0, "workflow>Mine"))},
    "definitions are no object": [1],
}


@pytest.mark.parametrize("groups", NOT_OPENED.values(), ids=NOT_OPENED)
def test_one_is_a_node_of_an_unknown_type_where(groups):
    assert "workflow>Mine" == read(drawn(use(), SAVE, groups=groups)).nodes["8"].class_type


BAD = {
    "links to nodes that are not there": [[7, 0, 0, 0], [0, 9, 1, 0], [0, 0, -1, 0], [0, 0, 1, -9]],
    "links of another shape": [[], ["a", "b", "c", "d"], [None, None, None, None], [True, 0, {}, 0]],
}


@pytest.mark.parametrize("links", BAD.values(), ids=BAD)
def test_bad_links_inside_are_left_out(links):
    drawing = drawn(use(), SAVE, groups={"Mine": mine() | {"links": links}})
    assert {"vae": ["1", 2]} == sent_by(drawing)["12:11"]


def test_too_many_are_refused():
    many = group(*(sampler(number) for number in range(1000)))
    uses = [node(number, "workflow>Mine") for number in range(100, 160)]
    with pytest.raises(InputError) as error:
        read(workflow(*uses, extra={"groupNodes": {"Mine": many}}))
    assert "more than 50000 nodes" in str(error.value)


def test_too_many_links_are_refused():
    many = mine() | {"links": [[0, 0, 1, 0]] * 20_001}
    uses = [node(number, "workflow>Mine") for number in range(100, 160)]
    with pytest.raises(InputError) as error:
        read(workflow(*uses, extra={"groupNodes": {"Mine": many}}))
    assert "more than 1000000 links" in str(error.value)


def test_it_does_not_matter_which_of_two_is_opened_first():
    patch = group(node(0, "LoraLoaderModelOnly", ["", 1], outputs=["MODEL"], model=None))
    second = node(7, "workflow>Patch", ["b", 2], model="8.0")
    first = node(8, "workflow>Patch", ["a", 1], model="1.0")
    sent = sent_by(drawn(second, first, sampler(9, model="7.0"), groups={"Patch": patch}))
    assert (["11:10", 0], ["13:12", 0], ["1", 0]) == (
        sent["9"]["model"],
        sent["11:10"]["model"],
        sent["13:12"]["model"],
    )
