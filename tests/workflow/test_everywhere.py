"""Nodes of cg-use-everywhere, which send what they take to every open input of its type.

The expectations in `CASES` were met by the real frontend (comfyui-frontend-package 1.48.7) with the pack's
extension (7.8, a3952a4) in it. Of files from before frontend 1.16 that extension makes nothing.
"""

import pytest
from vram_forecast.estimator.errors import InputError
from vram_forecast.estimator.workflow import read
from workflow.drawing import BYPASSED, EMPTY, MUTED, node, sampler, sent_by, subgraph, workflow
from workflow.sending import (
    BOTH,
    FRAMES,
    INSIDE,
    MINUS,
    NUMBER,
    PLUS,
    SIX,
    A,
    B,
    decoder,
    everywhere,
    links,
    lora,
    marked,
    sending,
    target,
)

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
    "some are closed by their own pack": (
        sending({}, marked(node(20, "VHS_VideoCombine", {}, images=None, vae=None)), anything="1.2"),
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


@pytest.mark.parametrize("drawing, sent", CASES.values(), ids=CASES)
def test_it_is_linked_as_the_frontend_links_it(drawing, sent):
    assert sent == links(sent_by(drawing))


def test_prompts_of_old_files_are_told_apart_by_their_order():
    old = node(10, "Prompts Everywhere", CONDITIONING="5.0", CONDITIONING2="6.0") | SIX
    assert BOTH == links(sent_by(workflow(A, PLUS, MINUS, old, sampler(20, **EMPTY))))


def test_more_than_any_real_workflow_compares_is_refused():
    senders = [everywhere(n, anything="1.0") for n in range(1000, 3500)]
    with pytest.raises(InputError) as error:
        read(workflow(A, *senders, *(target(n) for n in range(4000, 6000))))
    assert "too many nodes that send everywhere" in str(error.value)
    with pytest.raises(InputError) as error:
        read(workflow(A, *senders, groups=FRAMES * 1001))
    assert "too many frames around nodes" in str(error.value)
