"""Nodes of cg-use-everywhere, which send what they take to every open input of its type.

The expectations in `CASES` were met by the real frontend (comfyui-frontend-package 1.48.7) with the pack's
extension (7.8, a3952a4) in it. Of files from before frontend 1.16 that extension makes nothing.
"""

import pytest
from vram_forecast.estimator.errors import InputError
from vram_forecast.estimator.workflow import read
from workflow.drawing import BYPASSED, EMPTY, MUTED, node, sampler, sent_by, subgraph, workflow

A = node(1, "CheckpointLoaderSimple", ["a.safetensors"], outputs=["MODEL", "CLIP", "VAE"])
B = node(2, "CheckpointLoaderSimple", ["b.safetensors"], outputs=["MODEL", "CLIP", "VAE"])
NUMBER = node(3, "PrimitiveInt", [9, "fixed"], outputs=["INT"])
PLUS = node(5, "CLIPTextEncode", ["p"], outputs=["CONDITIONING"], clip="1.1")
MINUS = node(6, "CLIPTextEncode", ["n"], outputs=["CONDITIONING"], clip="1.1")
SIX = {"properties": {"group_restricted": False, "color_restricted": False, "widget_ue_connectable": {}}}
FRAMES = [{"title": "A", "bounding": [0, 0, 400, 600]}, {"title": "Bee", "bounding": [800, 0, 800, 900]}]


def marked(one, **rules):
    """A node as version 7 saves it."""
    marks = {"version": "7.8", "widget_ue_connectable": {}, "input_ue_unconnectable": {}}
    return one | {"properties": one["properties"] | {"ue_properties": marks | rules}}


def everywhere(number=10, kind="Anything Everywhere", rules=None, mode=0, **takes):
    return marked(node(number, kind, mode=mode, **takes), **(rules or {}))


def target(number=20, *widgets, title=None, **takes):
    """A sampler with nothing linked to it; `widgets` are marked as open to what is sent."""
    one = marked(sampler(number, **(EMPTY | takes)), widget_ue_connectable=dict.fromkeys(widgets, True))
    return one | ({"title": title} if title else {})


def decoder(number=21, samples="20.0"):
    return marked(node(number, "VAEDecode", samples=samples, vae=None))


def lora(mode=0, model=None):
    return marked(node(4, "LoraLoaderModelOnly", ["l", 1], mode=mode, outputs=["MODEL"], model=model))


def sending(rules, *nodes, **takes):
    """A workflow with one node that sends, by default the model of checkpoint 1."""
    return workflow(A, B, PLUS, MINUS, everywhere(rules=rules, **(takes or {"anything": "1.0"})), *nodes)


def relabelled(drawing, number, name, label):
    for one in drawing["nodes"]:
        for slot in one["inputs"] if one["id"] == number else ():
            slot |= {"label": label} if slot["name"] == name else {}
    return drawing


BOTH = {"20.positive": ["5", 0], "20.negative": ["6", 0]}
INSIDE = {"inputs": [("model", "MODEL")], "outputs": [("LATENT", "LATENT")]}
CASES = {
    "open inputs get what is of their type": (
        workflow(A, everywhere(anything="1.0", anything2="1.2"), target(), decoder()),
        {"20.model": ["1", 0], "21.samples": ["20", 0], "21.vae": ["1", 2]},
    ),
    "a linked input keeps its link": (sending({}, target(model="2.0")), {"20.model": ["2", 0]}),
    "also one that leads to a muted node": (
        workflow(A, B | {"mode": MUTED}, everywhere(anything="1.0"), target(model="2.0")),
        {},
    ),
    "of two with the same priority neither is taken": (
        workflow(A, B, everywhere(anything="1.0"), everywhere(11, anything="2.0"), target()),
        {},
    ),
    "the higher priority wins": (
        workflow(
            A, B, everywhere(anything="1.0"), everywhere(11, rules={"priority": 50}, anything="2.0"), target()
        ),
        {"20.model": ["2", 0]},
    ),
    "the narrower rule has the higher priority": (
        workflow(
            A,
            B,
            everywhere(anything="1.0"),
            everywhere(11, rules={"title_regex": "second"}, anything="2.0"),
            target(),
            target(21, title="my second"),
        ),
        {"20.model": ["1", 0], "21.model": ["2", 0]},
    ),
    "a title may be excluded": (
        sending(
            {"title_regex": "second", "title_regex_invert": True}, target(), target(21, title="my second")
        ),
        {"20.model": ["1", 0]},
    ),
    "an input may be asked for by its name": (
        sending({"input_regex": "pos"}, target(), anything="5.0"),
        {"20.positive": ["5", 0]},
    ),
    "or by its label": (
        relabelled(sending({"input_regex": "^mine$"}, target(), anything="5.0"), 20, "negative", "mine"),
        {"20.negative": ["5", 0]},
    ),
    "an unsound rule is none": (
        sending({"input_regex": "(pos"}, target(), anything="5.0"),
        {"20.positive": ["5", 0], "20.negative": ["5", 0]},
    ),
    "widgets take nothing": (workflow(NUMBER, everywhere(anything="3.0"), target()), {}),
    "but for those that are marked": (
        workflow(NUMBER, everywhere(anything="3.0"), target(20, "seed")),
        {"20.seed": ["3", 0]},
    ),
    "in a file without marks all that are inputs": (
        workflow(NUMBER, everywhere(anything="3.0"), sampler(20, **EMPTY, _seed=None)),
        {"20.seed": ["3", 0]},
    ),
    "an input may be closed": (
        sending({}, marked(sampler(20, **EMPTY), input_ue_unconnectable={"model": True})),
        {},
    ),
    "and a whole node": (sending({}, target() | {"properties": {"rejects_ue_links": True}}), {}),
    "a bypassed node sends nothing": (workflow(A, everywhere(mode=BYPASSED, anything="1.0"), target()), {}),
    "nor does a muted one": (workflow(A, everywhere(mode=MUTED, anything="1.0"), target()), {}),
    "nothing is sent from a muted node": (
        workflow(
            A | {"mode": MUTED},
            B,
            everywhere(anything="1.0"),
            everywhere(11, rules={"priority": 5}, anything="2.0"),
            target(),
        ),
        {"20.model": ["2", 0]},
    ),
    "a bypassed node is passed by": (
        workflow(A, lora(BYPASSED, "1.0"), everywhere(anything="4.0"), target()),
        {"20.model": ["1", 0]},
    ),
    "a bypassed node takes what is sent": (
        workflow(A, everywhere(anything="1.0"), lora(BYPASSED), target(model="4.0")),
        {"20.model": ["1", 0]},
    ),
    "a reroute is followed": (
        workflow(
            A,
            node(4, "Reroute", types={"": "*"}, outputs=["MODEL"], **{"": "1.0"}),
            everywhere(anything="4.0"),
            target(),
        ),
        {"20.model": ["1", 0]},
    ),
    "two of one type go by their names": (sending({}, target(), positive="5.0", negative="6.0"), BOTH),
    "by how those begin": (sending({"repeated_type_rule": 1}, target(), pos="5.0", neg="6.0"), BOTH),
    "or end": (sending({"repeated_type_rule": 2}, target(), itive="5.0", gative="6.0"), BOTH),
    "by the title of the node": (
        sending(
            {"repeated_type_rule": 3}, target(title="one"), target(21, title="two"), one="1.0", two="2.0"
        ),
        {"20.model": ["1", 0], "21.model": ["2", 0]},
    ),
    "or as patterns": (
        sending({"repeated_type_rule": 4}, target(), **{"p.*": "5.0", "n.*": "6.0"}),
        BOTH,
    ),
    "one alone goes by its name where that is asked for": (
        sending({"apply_to_unrepeated": 1}, target(), positive="5.0"),
        {"20.positive": ["5", 0]},
    ),
    "a pair of prompts": (
        workflow(
            A, PLUS, MINUS, everywhere(kind="Prompts Everywhere", positive="5.0", negative="6.0"), target()
        ),
        BOTH,
    ),
    "one prompt goes to both": (
        workflow(A, PLUS, everywhere(kind="Prompts Everywhere", positive="5.0", negative=None), target()),
        {"20.positive": ["5", 0], "20.negative": ["5", 0]},
    ),
    "a seed goes to seeds": (
        workflow(
            marked(
                node(10, "Seed Everywhere", [77, "fixed"], outputs=["INT"]),
                input_regex="seed",
                seed_inputs=True,
            ),
            target(20, "seed", "steps"),
        ),
        {"20.seed": ["10", 0]},
    ),
    "anything may be sent where anything is taken": (
        workflow(
            NUMBER,
            everywhere(rules={"send_to_any": 1}, anything="3.0"),
            marked(node(20, "PreviewAny", source=None)),
        ),
        {"20.source": ["3", 0]},
    ),
    "any node may send what it gives": (
        workflow(
            marked(A | {"properties": {"ue_convert": True}}, output_not_broadcasting={"CLIP": True}),
            target(),
            decoder(),
            marked(node(22, "CLIPTextEncode", ["x"], clip=None)),
        ),
        {"20.model": ["1", 0], "21.samples": ["20", 0], "21.vae": ["1", 2]},
    ),
    "to nodes of its colour": (
        sending({"color_restricted": 1}, target() | {"color": "#222"}, target(21)),
        {"21.model": ["1", 0]},
    ),
    "to nodes of other colours": (
        sending({"color_restricted": 2}, target() | {"color": "#222"}, target(21)),
        {"20.model": ["1", 0]},
    ),
    **{
        f"to nodes in {name}": (
            workflow(
                A,
                everywhere(rules=rules, anything="1.0") | {"pos": [10, 50]},
                target() | {"pos": [10, 200]},
                target(21) | {"pos": [900, 200]},
                groups=FRAMES,
            ),
            {f"{number}.model": ["1", 0]},
        )
        for name, rules, number in (
            ("its own frame", {"group_restricted": 1}, 20),
            ("no frame of its own", {"group_restricted": 2}, 21),
            ("a frame of some title", {"group_regex": "^B"}, 21),
        )
    },
    "version 6 said it with widgets": (
        workflow(
            A,
            node(10, "Anything Everywhere?", ["second", "", ""], anything="1.0") | SIX,
            sampler(20, **EMPTY) | SIX,
            sampler(21, **EMPTY) | SIX | {"title": "second"},
        ),
        {"21.model": ["1", 0]},
    ),
    "version 6 had three in one": (
        workflow(
            A,
            node(10, "Anything Everywhere3", anything="1.0", anything2="1.1", anything3="1.2") | SIX,
            sampler(20, **EMPTY) | SIX,
            node(21, "VAEDecode", samples="20.0", vae=None) | SIX,
        ),
        {"20.model": ["1", 0], "21.samples": ["20", 0], "21.vae": ["1", 2]},
    ),
    "the host of a subgraph takes it": (
        workflow(
            A,
            everywhere(anything="1.0"),
            marked(node(30, "sub", outputs=["LATENT"], types={"model": "MODEL"}, model=None)),
            subgraphs=[subgraph("sub", target(5, model="in.0"), ends=["5.0"], **INSIDE)],
        ),
        {"30:5.model": ["1", 0]},
    ),
    "it does not reach into a subgraph": (
        workflow(
            A,
            everywhere(anything="1.0"),
            node(30, "sub", outputs=["LATENT"]),
            subgraphs=[subgraph("sub", target(5), ends=["5.0"], outputs=[("LATENT", "LATENT")])],
        ),
        {},
    ),
    "inside, an input of the subgraph can be sent": (
        workflow(
            A,
            node(30, "sub", outputs=["LATENT"], types={"model": "MODEL"}, model="1.0"),
            subgraphs=[subgraph("sub", everywhere(anything="in.0"), target(5), ends=["5.0"], **INSIDE)],
        ),
        {"30:5.model": ["1", 0]},
    ),
    "and taken by an output": (
        workflow(
            node(30, "sub", outputs=["MODEL"]),
            target(model="30.0"),
            subgraphs=[subgraph("sub", A, everywhere(anything="1.0"), outputs=[("MODEL", "MODEL")])],
        ),
        {"20.model": ["30:1", 0]},
    ),
}


SENDERS = ("5", "6", "10", "11")  # and the two texts, whose links are drawn


def links(prompt):
    """The links of the nodes that take what is sent."""
    return {
        f"{key}.{name}": one
        for key, inputs in prompt.items()
        for name, one in inputs.items()
        if isinstance(one, list) and (key == "30:5" or key.split(":")[-1] not in SENDERS)
    }


@pytest.mark.parametrize("drawing, sent", CASES.values(), ids=CASES)
def test_it_is_linked_as_the_frontend_links_it(drawing, sent):
    assert sent == links(sent_by(drawing))


def test_prompts_of_old_files_are_told_apart_by_their_order():
    old = node(10, "Prompts Everywhere", CONDITIONING="5.0", CONDITIONING2="6.0") | SIX
    assert BOTH == links(sent_by(workflow(A, PLUS, MINUS, old, sampler(20, **EMPTY))))


@pytest.mark.parametrize("pattern", ["(a+)+$", "a*b*", "(.*)*x", "a" * 1000, "(a|b){3}"])
def test_patterns_that_could_take_long_match_nothing(pattern):
    assert {} == links(sent_by(sending({"title_regex": pattern}, target(title="a" * 200))))


def test_patterns_are_not_tried_without_end():
    many = [everywhere(n, rules={"title_regex": f"{n}$"}, anything="1.0") for n in range(1000, 2000)]
    with pytest.raises(InputError) as error:
        read(workflow(A, *many, *(target(n, title=str(n)) for n in range(2000, 2200))))
    assert "regular expressions ask more than 100000 questions" in str(error.value)
