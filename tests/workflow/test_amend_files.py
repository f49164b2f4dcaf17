"""Which document of a file is amended, prompts in their wrappings, and the files that a node offers."""

import json
from copy import deepcopy

import embedded
import pytest
from prompts import checkpoint
from vram_forecast.estimator.advice import Download
from vram_forecast.estimator.errors import InputError
from vram_forecast.estimator.workflow import read
from vram_forecast.estimator.workflow.amend import amend, document_of
from vram_forecast.estimator.workflow.edits import Edit, Feed, apply
from vram_forecast.estimator.workflow.graph import Link
from workflow.drawing import (
    SAMPLING,
    node,
    sampler,
    workflow,
)
from workflow.edited import (
    CHAIN,
    FAST,
    NEW_UNET,
    TILES,
    UNET,
    by_id,
    changed,
    reads_as_edited,
    set_to,
)

OLD = {"name": "flux.safetensors", "url": "https://a/flux.safetensors", "directory": "diffusion_models"}


class TestDownloads:
    NEW = Download("flux-Q4_0.gguf", "https://b/flux-Q4_0.gguf", "diffusion_models", 5)

    def test_the_node_that_names_a_file_offers_it_and_the_old_one_no_longer(self):
        drawing = deepcopy(CHAIN)
        other = {"name": "mine", "url": "https://c", "directory": "loras"}
        drawing["nodes"][0]["properties"] = {"models": [OLD, other]}
        found, _ = changed(drawing, NEW_UNET, downloads=[self.NEW])
        told = {"name": self.NEW.file, "url": self.NEW.url, "directory": self.NEW.directory}
        assert [other, told] == by_id(found, 1)["properties"]["models"]

    def test_a_file_that_is_there_leaves_no_stale_offer(self):
        drawing = deepcopy(CHAIN)
        drawing["nodes"][0]["properties"] = {"models": [OLD]}
        found, _ = changed(drawing, set_to("1", "unet_name", "other.safetensors"))
        assert {} == by_id(found, 1)["properties"]


class TestPrompts:
    EDITS = (
        set_to("4", "width", 512),
        Edit("replace", "9", class_type="VAEDecodeTiled", inputs=TILES),
        Edit(
            "insert",
            "20",
            class_type="LoraLoaderModelOnly",
            inputs={"model": Link("1", 0)} | FAST,
            feeds=(Feed("8", "model"),),
        ),
    )

    def test_a_prompt_is_edited_as_its_graph_is(self):
        found, _ = changed(checkpoint(), *self.EDITS)
        assert apply(read(checkpoint()), self.EDITS).prompt() == found

    def test_titles_stay(self):
        prompt = checkpoint()
        prompt["9"]["_meta"] = {"title": "Decode"}
        assert {"title": "Decode"} == amend(prompt, self.EDITS)["9"]["_meta"]

    def test_an_id_that_is_taken_is_not_lost(self):
        new = Edit("insert", "9", class_type="VAELoader", inputs={"vae_name": "v"}, feeds=(Feed("9", "vae"),))
        with pytest.raises(InputError):
            amend(checkpoint(), [new])

    @pytest.mark.parametrize(
        "wrapped",
        [
            {"prompt": checkpoint(), "client_id": "x"},
            {"output": checkpoint()},
            {"id": {"prompt": [1, "id", checkpoint(), {}, ["10"]], "outputs": {}}},
        ],
        ids=["request", "frontend", "history"],
    )
    def test_of_a_wrapping_what_comfyui_can_load_is_left(self, wrapped):
        assert amend(checkpoint(), self.EDITS) == amend(wrapped, self.EDITS)


class TestFiles:
    PROMPT = read(CHAIN).prompt()

    def test_what_was_drawn_is_amended_where_it_is_what_ran(self):
        picture = embedded.png({"prompt": json.dumps(self.PROMPT), "workflow": json.dumps(CHAIN)})
        assert CHAIN == document_of(picture)

    def test_and_else_what_ran(self):
        other = workflow(UNET)
        picture = embedded.png({"prompt": json.dumps(self.PROMPT), "workflow": json.dumps(other)})
        assert self.PROMPT == document_of(picture)

    def test_a_request_to_the_server_holds_both_too(self):
        request = {"prompt": self.PROMPT, "extra_data": {"extra_pnginfo": {"workflow": CHAIN}}}
        assert CHAIN == document_of(request)

    def test_a_picture_without_one_is_refused(self):
        with pytest.raises(InputError, match="without a workflow"):
            document_of(embedded.png({}))


def test_no_edits_change_nothing():
    assert CHAIN == amend(CHAIN, [])


def test_a_node_that_is_not_there_is_named():
    with pytest.raises(InputError, match="no node is called `77`"):
        amend(CHAIN, [set_to("77", "seed", 1)])


def test_copies_of_a_node_with_one_id_get_the_ids_that_the_frontend_gives_them():
    drawing = workflow(sampler(5), node(3, "sampling", [1]), subgraphs=[SAMPLING])
    (key,) = [key for key in read(drawing).nodes if ":" in key]
    found = reads_as_edited(drawing, set_to(key, "cfg", 3))
    assert key == f"3:{found['definitions']['subgraphs'][0]['nodes'][0]['id']}"


def test_a_file_that_comfyui_would_not_save_is_refused_in_a_line():
    drawing = deepcopy(CHAIN)
    drawing["nodes"][0]["properties"] = "x"
    with pytest.raises(InputError, match="has not the shape that ComfyUI saves"):
        amend(drawing, [NEW_UNET])


def test_what_would_be_lost_on_the_way_is_refused_not_written():
    # The drawing sends the value of the input's widget once its link is cut, and not nothing.
    number = node(1, "PrimitiveInt", [9, "fixed"], outputs=["INT"])
    with pytest.raises(InputError, match="`seed` of node 3 would be another"):
        amend(workflow(number, sampler(3, _seed="1.0")), [Edit("remove", "1")])
