"""What runs again, and how long results stay in RAM."""

import json

import pytest
from vram_forecast.estimator.errors import InputError
from vram_forecast.estimator.workflow.graph import Graph, Link, Node
from vram_forecast.estimator.workflow.lifetime import Cache, Runs, again, held, lives
from vram_forecast.estimator.workflow.order import order, outputs_of
from vram_forecast.estimator.workflow.read import read
from vram_forecast.estimator.workflow.repeat import always, changing

GIB = 1 << 30
# What each node of a text-to-image prompt takes from; ids are first letters.
TEXT_TO_IMAGE = {
    "model": ("UNETLoader", {"unet_name": "m.safetensors"}),
    "clip": ("CLIPLoader", {"clip_name": "c.safetensors"}),
    "text": ("CLIPTextEncode", {"clip": ["clip", 0], "text": "a cat"}),
    "empty": ("CLIPTextEncode", {"clip": ["clip", 0], "text": ""}),
    "twin": ("CLIPTextEncode", {"clip": ["clip", 0], "text": ""}),
    "latent": ("EmptyLatentImage", {"width": 512, "height": 512, "batch_size": 1}),
    "sampler": (
        "KSampler",
        {
            "model": ["model", 0], "positive": ["text", 0], "negative": ["empty", 0],
            "latent_image": ["latent", 0], "seed": 7,
        },
    ),
    "second": (
        "KSampler",
        {
            "model": ["model", 0], "positive": ["text", 0], "negative": ["twin", 0],
            "latent_image": ["sampler", 0], "seed": 7,
        },
    ),
    "vae": ("VAELoader", {"vae_name": "v.safetensors"}),
    "image": ("VAEDecode", {"vae": ["vae", 0], "samples": ["second", 0]}),
    "save": ("SaveImage", {"images": ["image", 0], "filename_prefix": "cat"}),
}  # fmt: skip


def prompt(nodes):
    """The API prompt of nodes given as above."""
    return {key: {"class_type": kind, "inputs": inputs} for key, (kind, inputs) in nodes.items()}


def graph(nodes=TEXT_TO_IMAGE):
    return read(prompt(nodes))


def drawn(control, kind="KSampler", values=(7, "CONTROL", 20, 8.0, "euler", "simple", 1.0)):
    """A saved workflow of one node with a control widget."""
    values = [control if one == "CONTROL" else one for one in values]
    return read({"nodes": [{"id": 1, "type": kind, "widgets_values": values}], "links": []})


def test_a_new_seed_runs_the_samplers_and_what_follows_and_no_text_encoder():
    assert {"sampler", "second", "image", "save"} == again(graph())


def test_a_change_runs_all_that_depends_on_it():
    assert {"text", "sampler", "second", "image", "save"} == again(graph(), {"text"})
    assert set() == again(graph(), set())


def test_of_two_nodes_that_are_alike_one_runs():
    first = Runs(graph(), Cache("ram")).first
    assert set(TEXT_TO_IMAGE) - set(first) in ({"twin"}, {"empty"})
    assert set(TEXT_TO_IMAGE) == set(Runs(graph(), Cache("none")).first)


def test_a_lost_result_is_made_again_only_where_it_is_needed():
    runs = Runs(graph(), Cache("ram"))
    assert set(runs.next()) | {"latent"} == set(runs.next({"latent", "clip"}))
    assert set(runs.next()) | {"text", "clip"} == set(runs.next({"text", "clip"}))


@pytest.mark.parametrize(
    ("control", "after"), [("randomize", {"1"}), ("increment", {"1"}), ("decrement", {"1"}), ("fixed", {"1"})]
)
def test_a_saved_workflow_says_what_becomes_of_a_seed(control, after):
    found = drawn(control)
    assert control == found.nodes["1"].after
    assert after == changing(found)  # a fixed seed is changed by hand, where no other moves


def test_a_seed_that_moves_on_leaves_a_fixed_one_alone():
    saved = drawn("fixed").nodes["1"], drawn("randomize").nodes["1"]
    both = {"1": saved[0], "2": Node("2", saved[1].class_type, saved[1].inputs, after=saved[1].after)}
    assert {"2"} == changing(Graph(both))


def test_a_control_widget_is_found_on_a_node_that_no_table_knows():
    found = drawn("randomize", kind="SomeSampler", values=(3, "CONTROL", "x"))
    assert "randomize" == found.nodes["1"].after
    assert {"1"} == changing(found)


def test_an_api_prompt_has_no_controls_and_its_seeds_are_taken_to_move():
    found = graph()
    assert {None} == {node.after for node in found.nodes.values()}
    assert {"sampler", "second"} == changing(found)


def test_a_seed_may_come_by_a_link():
    nodes = TEXT_TO_IMAGE | {"number": ("PrimitiveInt", {"value": 5})}
    nodes["sampler"] = ("KSampler", nodes["sampler"][1] | {"seed": ["number", 0]})
    nodes["second"] = ("KSampler", nodes["second"][1] | {"seed": ["number", 0]})
    assert {"number"} == changing(graph(nodes))


def test_without_a_seed_everything_is_taken_to_be_new():
    found = graph({"a": ("LoadImage", {"image": "a.png"}), "b": ("SaveImage", {"images": ["a", 0]})})
    assert {"a", "b"} == changing(found) == again(found)


def test_what_comfyui_cannot_compare_runs_each_time():
    nodes = {
        "name": ("PrimitiveString", {"value": "a.png"}),
        "linked": ("LoadImage", {"image": ["name", 0]}),
        "named": ("LoadImage", {"image": "a.png"}),
        "a": ("SaveImage", {"images": ["linked", 0]}),
        "b": ("SaveImage", {"images": ["named", 0]}),
        "c": ("SaveImageWebsocket", {"images": ["named", 0]}),
    }
    found = graph(nodes)
    assert {"linked", "c"} == always(found)
    assert {"linked", "a", "c"} == again(found, set())


def test_without_a_cache_a_result_lives_until_its_last_use():
    steps = ["a", "b", "c", "d"]
    chain = graph(
        {
            "a": ("LoadImage", {"image": "a.png"}),
            "b": ("ImageInvert", {"image": ["a", 0]}),
            "c": ("ImageBlend", {"image1": ["a", 0], "image2": ["b", 0]}),
            "d": ("SaveImage", {"images": ["c", 0]}),
        }
    )
    sizes = dict.fromkeys("abc", GIB)
    for kind, used, peak in (("none", [2, 2, 3, 3], 3 * GIB), ("classic", [2, 2, 3, 3], 3 * GIB)):
        found = lives(chain, steps, Cache(kind))
        assert used == [life.used for life in found.values()]
        assert {kind != "none"} == {life.kept for life in found.values()}
        assert peak == held(found, sizes, Cache(kind), 100 * GIB).peak


def line(count):
    """Nodes that hand one picture on: only two results are needed at a time."""
    nodes = {str(number): ("ImageInvert", {"image": [str(number - 1), 0]}) for number in range(1, count)}
    return graph({"0": ("LoadImage", {"image": "a.png"}), **nodes})


@pytest.mark.parametrize(
    ("cache", "room", "peak", "lost"),
    [
        (Cache("classic"), 0, 8, 0),
        (Cache("lru", size=3), 0, 8, 0),
        (Cache("none"), 0, 2, 0),
        (Cache("ram"), 100, 8, 0),
        (Cache("ram"), 5, 6, 3),
        (Cache("ram"), 0, 2, 8),
        (Cache("ram", large=2 * GIB), 0, 8, 0),
        (Cache("ram", left=GIB, ease=2.0), 5, 6, 4),
    ],
)
def test_a_cache_under_pressure_gives_up_what_no_later_step_takes(cache, room, peak, lost):
    chain = line(8)
    found = held(lives(chain, order(chain), cache), dict.fromkeys(chain.nodes, GIB), cache, room * GIB)
    assert (peak * GIB, lost) == (found.peak, len(found.lost))


def test_the_largest_results_go_first():
    chain = line(4)
    sizes = {key: GIB * (2 if key == "1" else 1) for key in chain.nodes}
    found = held(lives(chain, order(chain), Cache("ram")), sizes, Cache("ram"), 4 * GIB)
    assert {"1"} == found.lost


def test_outputs_are_those_that_the_definitions_call_so_and_unknown_ends():
    nodes = {
        "a": ("EmptyImage", {}),
        "b": ("Strange", {"image": ["a", 0]}),
        "c": ("Strange", {"image": ["b", 0]}),
        "d": ("SaveImage", {"images": ["b", 0]}),
        "e": ("EmptyImage", {}),
    }
    assert ["c", "d"] == outputs_of(graph(nodes))
    assert ["a", "e"] == outputs_of(graph({key: nodes[key] for key in "ae"}))


def test_only_what_the_outputs_need_runs():
    found = graph(TEXT_TO_IMAGE | {"other": ("SaveImage", {"images": ["image", 0]})})
    assert set(TEXT_TO_IMAGE) == set(order(found, ["save"]))
    assert "other" in order(found)


def test_a_circle_is_named_where_it_is_needed():
    circle = {key: Node(key, "SaveImage", {"images": Link(other, 0)}) for key, other in ("ab", "bc", "cb")}
    with pytest.raises(InputError, match="circle"):
        order(Graph(circle), signatures={})


@pytest.mark.parametrize("shape", ["chain", "star", "ladder", "outputs"])
def test_fifty_thousand_nodes_are_ordered_in_a_few_seconds(shape):
    needs = {
        "chain": lambda number: [number - 1] if number else [],
        "star": lambda number: [0] if number else [],
        "ladder": lambda number: [one for one in (number - 1, number - 2) if one >= 0],
        "outputs": lambda number: [],
    }[shape]
    nodes = {
        str(one): Node(str(one), "SaveImage", {f"in{need}": Link(str(need), 0) for need in needs(one)})
        for one in range(50_000)
    }
    large = Graph(dict(reversed(nodes.items())))
    assert 50_000 == len(order(large))
    assert 50_000 >= len(Runs(large, Cache("ram")).first)


def test_values_that_nest_too_deep_to_be_compared_are_no_harm():
    deep = json.loads("[" * 900 + "]" * 900)
    nodes = {key: ("SaveImage", {"images": {"__value__": deep}}) for key in "ab"}
    assert ["a", "b"] == order(graph(nodes))


def test_a_counted_cache_piles_up_older_runs():
    runs = Runs(graph(), Cache("lru"))  # ten results, of which four are new each time
    assert [0, 0, 1, 1, 2] == [runs.piled(size) for size in (1, 9, 10, 13, 14)]
    assert 0 == Runs(graph(), Cache("lru"), changed=()).piled(100)
