"""Nodes put in, taken out and changed in a saved document, also where a subgraph stands several times."""

from copy import deepcopy

import pytest
from vram_forecast.estimator.errors import InputError
from vram_forecast.estimator.workflow.amend import amend
from vram_forecast.estimator.workflow.edits import Edit, Feed
from vram_forecast.estimator.workflow.graph import Link
from workflow.drawing import (
    BYPASSED,
    EMPTY,
    MUTED,
    SAMPLING,
    node,
    sampler,
    sent_by,
    subgraph,
    workflow,
)
from workflow.edited import (
    CHAIN,
    FAST,
    LORA,
    TILES,
    UNET,
    by_id,
    changed,
    reads_as_edited,
    set_to,
)
from workflow.grouped import SAVE, drawn, mine, use


class TestNewNodes:
    def insert(self, key="2", path=""):
        feeds = (Feed(f"{path}3", "model"),)
        inputs = {"model": Link(f"{path}{key}", 0)} | FAST
        return Edit("insert", f"{path}9", class_type="LoraLoaderModelOnly", inputs=inputs, feeds=feeds)

    def test_a_node_is_put_in_with_the_next_ids(self, version):
        drawing = version(CHAIN)
        found = amend(drawing, [self.insert()])
        assert ["4", 0] == sent_by(found)["3"]["model"]
        assert FAST | {"model": ["2", 0]} == sent_by(found)["4"]
        state = found.get("state") or {
            "lastNodeId": found["last_node_id"],
            "lastLinkId": found["last_link_id"],
        }
        assert (4, 4) == (state["lastNodeId"], state["lastLinkId"])

    def test_it_lies_on_no_other_node(self):
        found = amend(CHAIN, [self.insert()])
        new, (x, y) = by_id(found, 4), by_id(found, 4)["pos"]
        for one in CHAIN["nodes"]:
            beside = x + new["size"][0] <= one["pos"][0] or one["pos"][0] + one["size"][0] <= x
            apart = y - 30 >= one["pos"][1] + one["size"][1] or y + new["size"][1] <= one["pos"][1] - 30
            assert beside or apart

    def test_in_a_subgraph_it_has_an_id_that_none_has_anywhere(self):
        inner = subgraph("inside", UNET, sampler(3, **EMPTY | {"model": "1.0"}))
        drawing = workflow(node(50, "inside"), subgraphs=[inner])
        found = amend(drawing, [self.insert("1", "50:")])
        assert ["50:51", 0] == sent_by(found)["50:3"]["model"]
        assert 51 == found["definitions"]["subgraphs"][0]["state"]["lastNodeId"]

    def test_two_are_put_in_a_row(self):
        first = self.insert()
        second = Edit(
            "insert",
            "10",
            class_type="LoraLoaderModelOnly",
            inputs={"model": Link("9", 0), "lora_name": "b", "strength_model": 0.1},
            feeds=(Feed("3", "model"),),
        )
        found = amend(CHAIN, [first, second])
        sent = sent_by(found)
        assert (["5", 0], ["4", 0], ["2", 0]) == (sent["3"]["model"], sent["5"]["model"], sent["4"]["model"])

    def test_a_checkpoint_becomes_three_loaders(self, version):
        loader = node(1, "CheckpointLoaderSimple", ["sd"], outputs=["MODEL", "CLIP", "VAE"])
        drawing = version(
            workflow(
                loader,
                node(2, "CLIPTextEncode", ["a"], clip="1.1"),
                sampler(3, **EMPTY | {"model": "1.0"}, outputs=["LATENT"]),
                node(4, "VAEDecode", samples="3.0", vae="1.2"),
            )
        )
        parts = (
            ("UNETLoader", {"unet_name": "u", "weight_dtype": "default"}, "3", "model"),
            ("CLIPLoader", {"clip_name": "c", "type": "sdxl", "device": "default"}, "2", "clip"),
            ("VAELoader", {"vae_name": "v"}, "4", "vae"),
        )
        edits = [
            Edit("insert", str(90 + place), class_type=kind, inputs=inputs, feeds=(Feed(user, name),))
            for place, (kind, inputs, user, name) in enumerate(parts)
        ]
        sent = sent_by(amend(drawing, [*edits, Edit("remove", "1")]))
        assert {"2", "3", "4", "5", "6", "7"} == set(sent)
        assert [["5", 0], ["6", 0], ["7", 0]] == [sent["3"]["model"], sent["2"]["clip"], sent["4"]["vae"]]


class TestGoneNodes:
    def test_its_users_take_what_it_took(self, version):
        found = reads_as_edited(version(CHAIN), Edit("remove", "2", instead={0: Link("1", 0)}))
        assert [1, 3] == [one["id"] for one in found["nodes"]]
        assert 1 == len(found["links"])

    def test_a_reroute_behind_it_stays(self):
        drawing = workflow(
            UNET, LORA, node(7, "Reroute", outputs=["MODEL"], _="2.0"), sampler(3, model="7.0")
        )
        found = reads_as_edited(drawing, Edit("remove", "2", instead={0: Link("1", 0)}))
        assert [1, 7, 3] == [one["id"] for one in found["nodes"]]

    def test_what_it_promoted_goes_with_it(self):
        inner = subgraph(
            "inside",
            UNET,
            node(2, "LoraLoaderModelOnly", ["s", 1], outputs=["MODEL"], model="1.0", _lora_name="in.0"),
            sampler(3, model="2.0", _steps="in.1"),
            inputs=[("lora_name", "COMBO"), ("steps", "INT")],
        )
        host = node(50, "inside", ["style", 33], _lora_name=None, _steps=None)
        found = reads_as_edited(
            workflow(host, subgraphs=[inner]), Edit("remove", "50:2", instead={0: Link("50:1", 0)})
        )
        assert ["steps"] == [one["name"] for one in by_id(found, 50)["inputs"]]
        assert [33] == by_id(found, 50)["widgets_values"]

    def test_muted_and_bypassed_users_follow(self):
        more = [sampler(4, model="2.0", mode=MUTED), sampler(5, model="2.0", mode=BYPASSED)]
        drawing = workflow(UNET, LORA, sampler(3, model="2.0"), *more)
        found = reads_as_edited(drawing, Edit("remove", "2", instead={0: Link("1", 0)}))
        assert [1, 1, 1] == [link[1] for link in found["links"]]

    def test_native_reroutes_forget_its_links(self):
        drawing = deepcopy(CHAIN)
        drawing["extra"] = {
            "reroutes": [{"id": 1, "pos": [0, 0], "linkIds": [1]}],
            "linkExtensions": [{"id": 1, "parentId": 1}],
        }
        found = reads_as_edited(drawing, Edit("remove", "2", instead={0: Link("1", 0)}))
        assert ([], []) == (found["extra"]["reroutes"][0]["linkIds"], found["extra"]["linkExtensions"])


class TestSeveralUses:
    TWICE = workflow(node(3, "sampling", [1]), node(4, "sampling", [2]), subgraphs=[SAMPLING])

    def test_what_each_has_for_itself_changes_alone(self):
        _, where = changed(self.TWICE, set_to("4:5", "seed", 7))
        assert [("nodes", 1, "widgets_values", 0)] == where

    def test_what_they_share_is_not_changed_for_one(self):
        with pytest.raises(InputError, match="stands 2 times in the workflow") as error:
            amend(self.TWICE, [set_to("4:5", "steps", 7)])
        assert "Unpack that subgraph in ComfyUI, or change all of them alike." == error.value.do

    def test_nor_where_the_other_is_muted(self):
        drawing = workflow(
            node(3, "sampling", [1], mode=MUTED), node(4, "sampling", [2]), subgraphs=[SAMPLING]
        )
        with pytest.raises(InputError, match="stands 2 times"):
            amend(drawing, [set_to("4:5", "steps", 7)])

    def test_it_is_changed_once_for_all(self):
        _, where = changed(self.TWICE, set_to("4:5", "steps", 7), set_to("3:5", "steps", 7))
        assert [("definitions", "subgraphs", 0, "nodes", 0, "widgets_values", 2)] == where

    def test_a_node_is_put_in_once_for_all(self):
        inner = subgraph("inside", UNET, sampler(3, **EMPTY | {"model": "1.0"}))
        drawing = workflow(node(50, "inside"), node(60, "inside"), subgraphs=[inner])
        edits = [
            Edit(
                "insert",
                f"{host}:9",
                class_type="LoraLoaderModelOnly",
                inputs={"model": Link(f"{host}:1", 0)} | FAST,
                feeds=(Feed(f"{host}:3", "model"),),
            )
            for host in (50, 60)
        ]
        sent = sent_by(amend(drawing, edits))
        assert (["50:61", 0], ["60:61", 0]) == (sent["50:3"]["model"], sent["60:3"]["model"])


class TestGroupNodes:
    def test_a_value_that_a_group_node_shows_changes_there(self):
        drawing = drawn(use(), SAVE, groups={"Mine": mine()})
        found = reads_as_edited(drawing, set_to("12:10", "steps", 4))
        assert drawing["extra"] == found["extra"]

    def test_a_node_beside_it_is_put_in_though_the_group_s_ids_move_on(self):
        drawing = drawn(use(), SAVE, groups={"Mine": mine()})
        new = Edit(
            "insert", "90", class_type="EmptyLatentImage", inputs={"width": 64, "height": 64, "batch_size": 1}
        )
        found = amend(drawing, [new])
        assert 1 + len(sent_by(drawing)) == len(sent_by(found))

    def test_a_node_inside_becomes_no_other(self):
        drawing = drawn(use(), SAVE, groups={"Mine": mine()})
        with pytest.raises(InputError, match=r"lies in a group node.*Load the workflow in ComfyUI"):
            amend(drawing, [Edit("replace", "12:11", class_type="VAEDecodeTiled", inputs=TILES)])
