"""Edits in the document that the user saved: they lie where they should, and nothing else changes."""

from copy import deepcopy

import pytest
from vram_forecast.estimator.errors import InputError
from vram_forecast.estimator.workflow import read
from vram_forecast.estimator.workflow.amend import amend
from vram_forecast.estimator.workflow.edits import Edit
from vram_forecast.estimator.workflow.graph import Link
from workflow.drawing import (
    EMPTY,
    SAMPLING,
    node,
    promoting,
    sampler,
    sent_by,
    subgraph,
    workflow,
)
from workflow.edited import CHAIN, LORA, NEW_UNET, TILES, UNET, by_id, changed, reads_as_edited, set_to
from workflow.sending import NUMBER, everywhere, target
from workflow.test_promotion import CASES as PROMOTED


class TestValues:
    def test_a_value_changes_at_its_place_and_nothing_else_does(self, version):
        _, where = changed(version(CHAIN), set_to("3", "steps", 4))
        assert [("nodes", 2, "widgets_values", 2)] == where

    def test_values_saved_by_name_change_by_name(self):
        drawing = workflow(node(1, "VHS_VideoCombine", {"frame_rate": 8, "format": "video/h264-mp4"}))
        _, where = changed(drawing, set_to("1", "frame_rate", 16))
        assert [("nodes", 0, "widgets_values", "frame_rate")] == where

    def test_what_newer_frontends_save_by_name_beside_the_places_follows(self):
        drawing = deepcopy(CHAIN)
        drawing["nodes"][1]["widgets_values_named"] = {
            "lora_name": "style.safetensors",
            "strength_model": 0.8,
        }
        found, _ = changed(drawing, set_to("2", "strength_model", 0.5))
        assert 0.5 == found["nodes"][1]["widgets_values_named"]["strength_model"]

    def test_a_value_that_was_not_saved_is_added_behind_those_before_it(self):
        drawing = workflow(node(1, "UNETLoader", ["flux.safetensors"]))
        found, _ = changed(drawing, set_to("1", "weight_dtype", "fp8_e4m3fn"))
        assert ["flux.safetensors", "fp8_e4m3fn"] == found["nodes"][0]["widgets_values"]

    def test_a_promoted_value_changes_at_its_host(self):
        drawing = workflow(node(3, "sampling", [99]), subgraphs=[SAMPLING])
        _, where = changed(drawing, set_to("3:5", "seed", 7))
        assert [("nodes", 0, "widgets_values", 0)] == where

    def test_a_value_promoted_the_old_way_does_too(self):
        drawing, _ = PROMOTED["promoted widgets of the old kind get the host's values in their own order"]
        _, where = changed(drawing, set_to("3:5", "seed", 7))
        assert [("nodes", 0, "widgets_values", 1)] == where

    def test_a_promoted_value_that_the_host_has_not_saved_lies_inside(self):
        drawing = workflow(node(3, "sampling", []), subgraphs=[SAMPLING])
        found, where = changed(drawing, set_to("3:5", "seed", 7))
        assert [("definitions", "subgraphs", 0, "nodes", 0, "widgets_values", 0)] == where
        assert 7 == sent_by(found)["3:5"]["seed"]

    def test_a_value_that_once_was_quarantined_changes_there_as_well(self):
        entry = {"originalEntry": ["-1", "seed"], "reason": "missingSourceNode", "hostValue": 99}
        host = node(3, "sampling", [99]) | {"properties": {"proxyWidgetErrorQuarantine": [entry]}}
        found, _ = changed(workflow(host, subgraphs=[SAMPLING]), set_to("3:5", "seed", 7))
        assert 7 == found["nodes"][0]["properties"]["proxyWidgetErrorQuarantine"][0]["hostValue"]

    def test_a_primitive_that_feeds_it_alone_has_the_value(self):
        primitive = node(1, "PrimitiveNode", [20, "fixed"], outputs=["INT"])
        drawing = workflow(primitive, sampler(3, _steps="1.0"))
        _, where = changed(drawing, set_to("3", "steps", 4))
        assert [("nodes", 0, "widgets_values", 0)] == where

    def test_a_primitive_that_feeds_others_too_is_cut_off(self):
        primitive = node(1, "PrimitiveNode", [20, "fixed"], outputs=["INT"])
        drawing = workflow(primitive, sampler(3, _steps="1.0"), sampler(4, _steps="1.0"))
        found = reads_as_edited(drawing, set_to("3", "steps", 4))
        assert 1 == len(found["links"])
        assert [2] == by_id(found, 1)["outputs"][0]["links"]

    def test_one_that_feeds_others_gets_the_value_where_all_are_to_have_it(self):
        primitive = node(1, "PrimitiveNode", [20, "fixed"], outputs=["INT"])
        drawing = workflow(primitive, sampler(3, _steps="1.0"), sampler(4, _steps="1.0"))
        _, where = changed(drawing, set_to("3", "steps", 4), set_to("4", "steps", 4))
        assert [("nodes", 0, "widgets_values", 0)] == where

    def test_a_link_gives_way_to_the_value(self, version):
        number = node(1, "PrimitiveInt", [9, "fixed"], outputs=["INT"])
        found = reads_as_edited(version(workflow(number, sampler(3, _seed="1.0"))), set_to("3", "seed", 5))
        assert ([], None) == (found["links"], by_id(found, 3)["inputs"][0]["link"])

    def test_a_link_into_a_host_gives_way_to_the_host_s_value(self):
        number = node(1, "PrimitiveInt", [9, "fixed"], outputs=["INT"])
        drawing = workflow(number, node(3, "sampling", [99], _seed="1.0"), subgraphs=[SAMPLING])
        found = reads_as_edited(drawing, set_to("3:5", "seed", 5))
        assert drawing["definitions"] == found["definitions"]
        assert [5] == by_id(found, 3)["widgets_values"]

    def test_a_widget_that_is_open_to_what_is_sent_everywhere_is_closed(self):
        drawing = workflow(NUMBER, everywhere(anything="3.0"), target(20, "seed"))
        assert Link("3", 0) == read(drawing).nodes["20"].inputs["seed"]
        found = reads_as_edited(drawing, set_to("20", "seed", 5))
        assert {"seed": False} == by_id(found, 20)["properties"]["ue_properties"]["widget_ue_connectable"]

    def test_an_input_without_a_widget_takes_no_value(self):
        with pytest.raises(InputError, match="KSampler has no widget `model`"):
            amend(CHAIN, [set_to("3", "model", 5)])


class TestLinks:
    def test_an_input_is_linked_anew(self, version):
        found = reads_as_edited(version(CHAIN), set_to("3", "model", Link("1", 0)))
        assert [[1, 3], []] == [
            by_id(found, 1)["outputs"][0]["links"],
            by_id(found, 2)["outputs"][0]["links"],
        ]

    def test_a_link_into_a_subgraph_changes_outside_of_it(self):
        drawing = workflow(
            UNET, LORA, node(4, "sampling", [99], seed=None, model="2.0"), subgraphs=[SAMPLING]
        )
        found = reads_as_edited(drawing, set_to("4:5", "model", Link("1", 0)))
        assert drawing["definitions"] == found["definitions"]

    def test_a_link_may_need_an_input_of_the_subgraph_on_its_way(self):
        inner = subgraph(
            "two",
            node(5, "UNETLoader", ["a", "default"], outputs=["MODEL"]),
            sampler(6, **EMPTY | {"model": "5.0"}),
        )
        drawing = workflow(UNET, node(3, "two"), subgraphs=[inner])
        found = reads_as_edited(drawing, set_to("3:6", "model", Link("1", 0)))
        (port,) = found["definitions"]["subgraphs"][0]["inputs"]
        assert ("MODEL", "MODEL") == (port["name"], port["type"])

    def test_or_an_output(self):
        inner = subgraph("one", node(5, "UNETLoader", ["a", "default"], outputs=["MODEL"]))
        drawing = workflow(UNET, node(3, "one"), sampler(6, **EMPTY | {"model": "1.0"}), subgraphs=[inner])
        found = reads_as_edited(drawing, set_to("6", "model", Link("3:5", 0)))
        assert ["MODEL"] == [one["name"] for one in found["definitions"]["subgraphs"][0]["outputs"]]


class TestClasses:
    def test_a_node_becomes_one_of_another_class_and_keeps_its_place_and_links(self, version):
        decoder = node(4, "VAEDecode", outputs=["IMAGE"], samples="3.0", vae=None) | {"pos": [7, 8]}
        save = node(5, "SaveImage", ["x"], images="4.0")
        drawing = version(workflow(sampler(3, outputs=["LATENT"]), decoder, save))
        edit = Edit("replace", "4", class_type="VAEDecodeTiled", inputs=TILES)
        found = reads_as_edited(drawing, edit)
        one = by_id(found, 4)
        assert ("VAEDecodeTiled", [512, 64, 64, 8], [7, 8]) == (
            one["type"],
            one["widgets_values"],
            one["pos"],
        )
        assert "VAEDecodeTiled" == one["properties"]["Node name for S&R"]
        assert drawing["links"] == found["links"]

    def test_values_go_to_their_places_in_the_new_class(self):
        made = {"noise_seed": 1, "add_noise": "enable", "start_at_step": 0, "end_at_step": 9}
        made |= {"return_with_leftover_noise": "disable"}
        edit = Edit("replace", "3", class_type="KSamplerAdvanced", inputs=made, drops=("seed", "denoise"))
        found = reads_as_edited(CHAIN, edit)
        values = ["enable", 1, "randomize", 20, 8, "euler", "normal", 0, 9, "disable"]
        assert values == by_id(found, 3)["widgets_values"]

    def test_where_it_says_which_pack_it_is_from_that_is_another_now(self):
        drawing = deepcopy(CHAIN)
        drawing["nodes"][0]["properties"] = {"cnr_id": "comfy-core", "ver": "0.3.75", "mine": 1}
        found = reads_as_edited(drawing, NEW_UNET)
        assert {"Node name for S&R": "UnetLoaderGGUF", "mine": 1} == by_id(found, 1)["properties"]

    def test_a_promoted_widget_that_it_lacks_is_promoted_no_longer(self):
        loader = node(
            5, "UNETLoader", ["a", "default"], outputs=["MODEL"], _unet_name="in.1", _weight_dtype="in.0"
        )
        inner = subgraph(
            "load",
            loader,
            inputs=[("weight_dtype", "COMBO"), ("unet_name", "COMBO")],
            outputs=[("MODEL", "MODEL")],
            ends=["5.0"],
        )
        drawing = workflow(node(3, "load", ["fp8_e4m3fn", "b"]), subgraphs=[inner])
        edit = Edit(
            "replace", "3:5", class_type="UnetLoaderGGUF", inputs={"unet_name": "q"}, drops=("weight_dtype",)
        )
        found = reads_as_edited(drawing, edit)
        assert ["unet_name"] == [one["name"] for one in found["definitions"]["subgraphs"][0]["inputs"]]
        assert ["q"] == by_id(found, 3)["widgets_values"]

    def test_one_promoted_the_old_way_is_listed_no_longer(self):
        inner = subgraph(
            "load",
            node(5, "UNETLoader", ["a", "default"], outputs=["MODEL"]),
            outputs=[("MODEL", "MODEL")],
            ends=["5.0"],
        )
        host = promoting(node(3, "load", ["fp8_e4m3fn", "b"]), ("5", "weight_dtype"), ("5", "unet_name"))
        edit = Edit(
            "replace", "3:5", class_type="UnetLoaderGGUF", inputs={"unet_name": "q"}, drops=("weight_dtype",)
        )
        found = reads_as_edited(workflow(host, subgraphs=[inner]), edit)
        one = by_id(found, 3)
        assert ([["5", "unet_name"]], ["q"]) == (one["properties"]["proxyWidgets"], one["widgets_values"])

    def test_outputs_take_each_other_s_place(self):
        loader = node(1, "CheckpointLoaderSimple", ["sd"], outputs=["MODEL", "CLIP", "VAE"])
        drawing = workflow(loader, node(4, "VAEDecode", samples=None, vae="1.2"))
        edit = Edit(
            "replace",
            "1",
            class_type="VAELoader",
            inputs={"vae_name": "v"},
            drops=("ckpt_name",),
            outputs={2: 0},
        )
        found = reads_as_edited(drawing, edit)
        assert [1, 1, 0] == found["links"][0][:3]

    def test_a_class_that_nobody_describes_is_refused(self):
        with pytest.raises(InputError, match="no definition of Nobody"):
            amend(CHAIN, [Edit("replace", "1", class_type="Nobody")])
