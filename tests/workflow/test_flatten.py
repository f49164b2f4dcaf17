"""What the frontend would send of a drawn workflow.

Every expectation in `CASES` was also met by the real frontend (comfyui-frontend-package 1.48.7 with the node
definitions of ComfyUI 0.33.0), which loaded these very drawings.
"""

import pytest
from vram_forecast.estimator.errors import InputError
from vram_forecast.estimator.workflow.read import read
from workflow.drawing import BYPASSED, MUTED, as_version_1, node, promoting, subgraph, workflow


def sampler(number, seed=1, **given):
    """A KSampler with its seven saved values."""
    return node(number, "KSampler", [seed, "randomize", 20, 8, "euler", "normal", 1], **given)


def sampled(seed=1, **links):
    """What a `sampler` sends."""
    sent = {"seed": seed, "steps": 20, "cfg": 8, "sampler_name": "euler", "scheduler": "normal", "denoise": 1}
    return sent | links


# The inputs of a KSampler in front of those of its widgets.
EMPTY = {"model": None, "positive": None, "negative": None, "latent_image": None}
MODEL = node(1, "UNETLoader", ["flux.safetensors", "default"])
UNET = {"unet_name": "flux.safetensors", "weight_dtype": "default"}
SAMPLING = subgraph(
    "sampling",
    sampler(5, _seed="in.0", model="in.1"),
    inputs=[("seed", "INT"), ("model", "MODEL")],
    outputs=[("LATENT", "LATENT")],
    ends=["5.0"],
)
SWITCH = {"model": "MODEL", "clip": "CLIP"}
CASES = {
    "values are named in the order of the definition and the control widget is left out": (
        workflow(MODEL, sampler(2, model="1.0")),
        {"1": UNET, "2": sampled(model=["1", 0])},
    ),
    "places that the file lacks keep the definition's defaults": (
        workflow(node(1, "KSampler", [7])),
        {
            "1": {
                "seed": 7,
                "steps": 20,
                "cfg": 8.0,
                "sampler_name": "euler",
                "scheduler": "simple",
                "denoise": 1.0,
            }
        },
    ),
    "a link into a widget's input replaces its value": (
        workflow(node(1, "PrimitiveInt", [9, "fixed"]), sampler(2, _seed="1.0")),
        {"1": {"value": 9}, "2": sampled(["1", 0])},
    ),
    "notes are not sent": (
        workflow(MODEL, node(2, "Note", ["hi"]), node(3, "MarkdownNote", ["# hi"])),
        {"1": UNET},
    ),
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
    "reroutes are followed": (
        workflow(
            MODEL,
            node(2, "Reroute", types={"input": "*"}, outputs=["MODEL"], input="1.0"),
            node(3, "Reroute", types={"input": "*"}, outputs=["MODEL"], input="2.0"),
            sampler(4, model="3.0"),
        ),
        {"1": UNET, "4": sampled(model=["1", 0])},
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
    "lists are wrapped so that they are not taken for links": (
        workflow(node(1, "CLIPTextEncode", [["a", 1]])),
        {"1": {"text": {"__value__": ["a", 1]}}},
    ),
    "a custom combo sends all its options": (
        workflow(node(1, "CustomCombo", ["dog", 1, "cat", "dog", ""])),
        {"1": {"choice": "dog", "index": 1, "option1": "cat", "option2": "dog", "option3": ""}},
    ),
    "nested dynamic combos are followed one after the other": (
        workflow(node(1, "SaveVideo", ["out", "auto", "h264", "re-encode", 18.5])),
        {
            "1": {
                "filename_prefix": "out",
                "format": "auto",
                "codec": "h264",
                "codec.encoding": "re-encode",
                "codec.encoding.crf": 18.5,
            }
        },
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
    "a dynamic combo is followed by the inputs of its choice": (
        workflow(
            node(1, "LoadImage", ["a.png", "image"]),
            node(2, "ResizeImageMaskNode", ["scale by multiplier", 2.5, "lanczos"], input="1.0"),
        ),
        {
            "1": {"image": "a.png"},
            "2": {
                "input": ["1", 0],
                "resize_type": "scale by multiplier",
                "resize_type.multiplier": 2.5,
                "scale_method": "lanczos",
            },
        },
    ),
    "inputs that grow keep their links": (
        workflow(
            node(1, "LoadImage", ["a.png", "image"]),
            node(2, "LoadImage", ["b.png", "image"]),
            node(3, "BatchImagesNode", **{"images.image0": "1.0", "images.image1": "2.0"}),
        ),
        {
            "1": {"image": "a.png"},
            "2": {"image": "b.png"},
            "3": {"images.image0": ["1", 0], "images.image1": ["2", 0]},
        },
    ),
    "comments in a prompt are not sent": (
        workflow(node(1, "CLIPTextEncode", ["a cat /* or a dog */ asleep\n// tomorrow\non a mat"])),
        {"1": {"text": "a cat  asleep\n\non a mat"}},
    ),
    "a combo that was saved empty has its first choice": (
        workflow(node(1, "KSamplerSelect", [None])),
        {"1": {"sampler_name": "euler"}},
    ),
    "the places of inputs that are sockets now are skipped": (
        workflow(node(1, "SaveText", ["old text", "out", "txt"])),
        {"1": {"filename_prefix": "out", "format": "txt"}},
    ),
    "a widget that the definition no longer has loses its link": (
        workflow(node(1, "PrimitiveInt", [9, "fixed"]), sampler(2, _tempo="1.0")),
        {"1": {"value": 9}, "2": sampled()},
    ),
    "ids may be text": (
        workflow(MODEL | {"id": "loader"}, sampler("two", model="loader.0")),
        {"loader": UNET, "two": sampled(model=["loader", 0])},
    ),
}


def sent_by(drawing):
    """The inputs of each node, by its id."""
    return {key: one["inputs"] for key, one in read(drawing).prompt().items()}


@pytest.mark.parametrize("drawing, sent", CASES.values(), ids=CASES)
def test_it_is_what_the_frontend_sends(drawing, sent):
    assert sent == sent_by(drawing)


@pytest.mark.parametrize("drawing, sent", CASES.values(), ids=CASES)
def test_version_1_of_the_format_says_the_same(drawing, sent):
    assert sent == sent_by(as_version_1(drawing))


def test_values_saved_by_name_are_read_by_name():
    drawing = workflow(node(1, "EmptyLatentImage", {"batch_size": 3, "width": 640, "height": 480}))
    assert {"width": 640, "height": 480, "batch_size": 3} == read(drawing).nodes["1"].inputs


@pytest.mark.parametrize(
    "text, sent",
    [
        ("a {red|blue} {cat|dog}", "a red cat"),
        ("a {light {red|pink}|blue} cat", "a light red cat"),
        ("a {|b} c", "a  c"),
        (r"a \{red\|blue\} cat", "a {red|blue} cat"),
        ("a | b } c", "a | b } c"),
        ("a {b|c", "a b"),
        ("/* left open", "/* left open"),
    ],
)
def test_of_a_choice_in_a_prompt_the_first_is_sent(text, sent):
    assert sent == read(workflow(node(1, "CLIPTextEncode", [text]))).nodes["1"].inputs["text"]


class TestTypesThatWeDoNotKnow:
    def test_values_are_named_by_the_slots_where_both_come_out_even(self):
        drawing = workflow(
            node(1, "SomeLoader", ["a.safetensors", 7, "randomize"], _file=None, _seed=None, model=None)
        )
        assert {"file": "a.safetensors", "seed": 7} == read(drawing).nodes["1"].inputs

    def test_values_are_told_without_names_where_they_do_not(self):
        drawing = workflow(MODEL, node(2, "SomeLoader", ["a.safetensors", 7], _file=None, model="1.0"))
        sent = {"UNKNOWN": "a.safetensors", "UNKNOWN_1": 7, "model": ["1", 0]}
        assert sent == sent_by(drawing)["2"]

    def test_a_host_counts_their_promoted_widgets_too(self):
        inside = subgraph(
            "mine",
            node(5, "SomeLoader", ["a.safetensors"], _file="in.0"),
            sampler(6, _seed="in.1"),
            inputs=[("file", "COMBO"), ("seed", "INT")],
        )
        drawing = workflow(node(3, "mine", ["b.safetensors", 99]), subgraphs=[inside])
        assert {"3:5": {"file": "b.safetensors"}, "3:6": sampled(99)} == sent_by(drawing)

    def test_a_subgraph_without_a_definition_is_one_of_them(self):
        assert "gone" == read(workflow(node(3, "gone"))).nodes["3"].class_type

    def test_they_may_give_any_output(self):
        drawing = workflow(node(1, "SomeLoader"), sampler(2, model="1.7"))
        assert ["1", 7] == sent_by(drawing)["2"]["model"]


class TestNodesOfOtherPacksThatNeverReachTheServer:
    def test_a_get_node_hands_on_what_the_set_node_of_its_name_took(self):
        drawing = workflow(
            MODEL,
            node(2, "SetNode", ["flux"], value="1.0"),
            node(3, "SetNode", ["other"]),
            node(4, "GetNode", ["flux"], outputs=["MODEL"]),
            sampler(5, model="4.0"),
        )
        assert {"1": UNET, "5": sampled(model=["1", 0])} == sent_by(drawing)

    def test_a_get_node_in_a_subgraph_looks_outside_too(self):
        inside = subgraph("mine", node(4, "GetNode", ["flux"], outputs=["MODEL"]), sampler(5, model="4.0"))
        drawing = workflow(
            MODEL, node(2, "SetNode", ["flux"], value="1.0"), node(3, "mine"), subgraphs=[inside]
        )
        assert {"1": UNET, "3:5": sampled(model=["1", 0])} == sent_by(drawing)

    def test_a_get_node_of_an_unused_name_gives_nothing(self):
        drawing = workflow(node(4, "GetNode", ["flux"], outputs=["MODEL"]), sampler(5, model="4.0"))
        assert {"5": sampled()} == sent_by(drawing)


def test_a_subgraph_that_hands_an_input_straight_on_is_passed_by():
    inside = subgraph("through", inputs=[("model", "MODEL")], outputs=[("MODEL", "MODEL")], ends=["in.0"])
    drawing = workflow(
        MODEL,
        node(3, "through", types={"model": "MODEL"}, outputs=["MODEL"], model="1.0"),
        sampler(4, model="3.0"),
        subgraphs=[inside],
    )
    assert {"1": UNET, "4": sampled(model=["1", 0])} == sent_by(drawing)


def test_nodes_are_in_the_order_of_the_prompt_whole_numbers_first():
    drawing = workflow(
        node(30, "sampling", outputs=["LATENT"]), sampler(12), sampler(4), subgraphs=[SAMPLING]
    )
    assert ["4", "12", "30:5"] == list(read(drawing).nodes)


def test_titles_are_kept():
    assert "My sampler" == read(workflow(sampler(1) | {"title": "My sampler"})).nodes["1"].title


def circle():
    return workflow(
        node(1, "Reroute", types={"input": "*"}, outputs=["*"], input="2.0"),
        node(2, "Reroute", types={"input": "*"}, outputs=["*"], input="1.0"),
        sampler(3, model="2.0"),
    )


def missing_link():
    drawing = workflow(MODEL, sampler(2, model="1.0"))
    return drawing | {"links": []}


def missing_output():
    drawing = workflow(MODEL, sampler(2, model="1.3"))
    drawing["nodes"][0]["outputs"] = []
    return drawing


def nest(depth):
    """Subgraphs inside each other, `depth` of them."""
    levels = [subgraph(f"level {n}", node(n, f"level {n + 1}")) for n in range(depth)]
    return workflow(node(9999, "level 0"), subgraphs=[*levels, subgraph(f"level {depth}", sampler(77777))])


def multiply(levels, each=10):
    """Subgraphs that hold the next one several times: `each ** levels` nodes once opened."""
    found = [
        subgraph(f"level {n}", *(node(n * 100 + k, f"level {n + 1}") for k in range(each)))
        for n in range(levels)
    ]
    return workflow(node(9999, "level 0"), subgraphs=[*found, subgraph(f"level {levels}", sampler(77777))])


ERRORS = {
    "links in a circle": (circle(), "input 'input': links lead in a circle"),
    "nodes that feed each other": (
        workflow(
            node(1, "LoraLoaderModelOnly", ["a", 1], model="2.0"),
            node(2, "LoraLoaderModelOnly", ["a", 1], model="1.0"),
        ),
        "nodes feed each other in a circle",
    ),
    "a link that is not in the file": (missing_link(), "node 2, input 'model': link 1 is not in the file"),
    "a link from a node that is not there": (
        workflow(sampler(2, model="1.0")),
        "node 2, input 'model': no node 1 to take it from",
    ),
    "a link from an output that is not there": (
        missing_output(),
        "node 2, input 'model': no output 3 of node 1 to take it from",
    ),
    "a link from an output that a subgraph has not": (
        workflow(node(3, "sampling", outputs=["LATENT"]), sampler(4, model="3.1"), subgraphs=[SAMPLING]),
        "node 4, input 'model': no output 1 of its subgraph to take it from",
    ),
    "a link from an input that a subgraph has not": (
        workflow(node(3, "bad"), subgraphs=[subgraph("bad", sampler(5, model="in.4"))]),
        "node 3:5, input 'model': the subgraph has no input 4",
    ),
    "a subgraph that contains itself": (
        workflow(node(1, "loop"), subgraphs=[subgraph("loop", node(2, "loop"))]),
        "subgraph loop: a subgraph contains itself",
    ),
    "subgraphs too deep": (nest(150), "subgraphs more than 100 deep"),
    "subgraphs that multiply": (multiply(6), "more than 50000 nodes once its subgraphs are expanded"),
    "a node without a type": (
        workflow(MODEL) | {"nodes": [{"id": 1}]},
        "not a workflow's shape: Object missing required field `type` - at `$[0]`",
    ),
    "definitions of another shape": (
        workflow(MODEL) | {"definitions": {"subgraphs": [7]}},
        "`definitions.subgraphs` is not a list of subgraphs",
    ),
}


@pytest.mark.parametrize("drawing, said", ERRORS.values(), ids=ERRORS)
def test_what_cannot_be_sent_is_said_in_one_line(drawing, said):
    with pytest.raises(InputError) as error:
        read(drawing)
    assert said in str(error.value)
    assert 1 == len(str(error.value).splitlines())


def test_subgraphs_as_deep_as_the_frontend_goes_are_opened():
    assert 1 == len(read(nest(99)).nodes)


def test_a_long_chain_of_reroutes_is_followed_once_for_all_that_hang_on_it():
    chain = [
        node(n, "Reroute", types={"input": "*"}, outputs=["MODEL"], input=f"{n - 1}.0")
        for n in range(2, 3000)
    ]
    drawing = workflow(MODEL, *chain, *(sampler(n, model="2999.0") for n in range(5000, 8000)))
    assert {("1", 0)} == {
        (one.inputs["model"].node, one.inputs["model"].slot) for one in read(drawing).of_type("KSampler")
    }
