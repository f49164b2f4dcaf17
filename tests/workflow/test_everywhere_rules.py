"""The rules by which a node of cg-use-everywhere chooses the inputs that it sends to.

The expectations in `CASES` were met by the real frontend (comfyui-frontend-package 1.48.7) with the pack's
extension (7.8, a3952a4) in it. Of files from before frontend 1.16 that extension makes nothing.
"""

import pytest
from vram_forecast.estimator.errors import InputError
from vram_forecast.estimator.workflow import read
from workflow.drawing import node, sent_by, workflow
from workflow.sending import (
    BOTH,
    FRAMES,
    MINUS,
    NUMBER,
    PLUS,
    A,
    B,
    decoder,
    everywhere,
    links,
    marked,
    relabelled,
    sending,
    target,
)

CASES = {
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
}


@pytest.mark.parametrize("drawing, sent", CASES.values(), ids=CASES)
def test_it_is_linked_as_the_frontend_links_it(drawing, sent):
    assert sent == links(sent_by(drawing))


@pytest.mark.parametrize("pattern", ["(a+)+$", "a*b*", "(.*)*x", "a" * 1000, "(a|b){3}"])
def test_patterns_that_could_take_long_match_nothing(pattern):
    assert {} == links(sent_by(sending({"title_regex": pattern}, target(title="a" * 200))))


def test_patterns_are_not_tried_without_end():
    many = [everywhere(n, rules={"title_regex": f"{n}$"}, anything="1.0") for n in range(1000, 2000)]
    with pytest.raises(InputError) as error:
        read(workflow(A, *many, *(target(n, title=str(n)) for n in range(2000, 2200))))
    assert "regular expressions ask more than 100000 questions" in str(error.value)
