"""A workflow in whatever holds it: files of ComfyUI and its packs, and JSON that others wrap around it."""

import gzip
import json

import embedded
import pytest
from vram_forecast.estimator.errors import InputError
from vram_forecast.estimator.workflow.read import read
from workflow.drawing import node, workflow

PROMPT = {
    "1": {"class_type": "UNETLoader", "inputs": {"unet_name": "flux.safetensors"}},
    "2": {"class_type": "KSampler", "inputs": {"model": ["1", 0], "seed": 3}},
}
GRAPH = read(PROMPT)
DRAWN = workflow(
    node(1, "UNETLoader", ["flux.safetensors", "default"]), node(7, "SomeLoader", ["x", 1], _file=None)
)


def text(value):
    return json.dumps(value).encode()


class TestFiles:
    @pytest.mark.parametrize("kind", embedded.MADE)
    def test_what_ran_is_read_from_every_kind_of_file(self, kind):
        assert GRAPH == read(
            embedded.MADE[kind]({"workflow": json.dumps(DRAWN), "prompt": json.dumps(PROMPT)})
        )

    @pytest.mark.parametrize("kind", embedded.MADE)
    def test_the_workflow_as_it_was_drawn_does_as_well(self, kind):
        assert read(DRAWN) == read(embedded.MADE[kind]({"workflow": json.dumps(DRAWN)}))

    @pytest.mark.parametrize("kind", embedded.WRITTEN_BY_FFMPEG)
    def test_it_is_read_from_what_ffmpeg_wrote(self, kind):
        assert GRAPH == read(embedded.written_by_ffmpeg(kind, {"prompt": json.dumps(PROMPT)}))

    @pytest.mark.parametrize(
        "comment",
        [
            {"prompt": PROMPT, "workflow": DRAWN},
            {"prompt": json.dumps(PROMPT), "workflow": DRAWN},
            {"prompt": "a lighthouse", "workflow": json.dumps(PROMPT)},
        ],
        ids=["objects", "a prompt as text", "a prompt in words"],
    )
    def test_one_comment_with_both_is_read(self, comment):
        assert GRAPH == read(embedded.jpeg(embedded.comment(json.dumps(comment))))

    def test_a_text_that_was_packed_twice_is_read(self):
        assert GRAPH == read(embedded.png({"prompt": json.dumps(json.dumps(PROMPT))}))

    @pytest.mark.parametrize("text", ["", "null", "{}", "a lighthouse", '{"1": '], ids=repr)
    def test_a_prompt_that_is_none_gives_way_to_the_workflow(self, text):
        assert read(DRAWN) == read(embedded.png({"prompt": text, "workflow": json.dumps(DRAWN)}))

    def test_the_error_is_that_of_the_text_that_counts_most(self):
        with pytest.raises(InputError, match=r"^node 3: a node without `class_type`"):
            read(embedded.png({"workflow": "{", "prompt": json.dumps(PROMPT | {"3": {}})}))

    def test_gzip_of_json_is_read(self):
        assert GRAPH == read(gzip.compress(text(PROMPT)))

    def test_a_model_that_comfyui_saved_is_read_as_its_workflow(self, tmp_path):
        (tmp_path / "a.safetensors").write_bytes(embedded.safetensors({"prompt": json.dumps(PROMPT)}))
        assert GRAPH == read(tmp_path / "a.safetensors")


EXTRA = {"extra_pnginfo": {"workflow": DRAWN}}
ENTRY = {"prompt": [3, "an id", PROMPT, EXTRA, ["2"]], "outputs": {}, "status": {"completed": True}}


class TestWrappings:
    @pytest.mark.parametrize(
        "wrapped",
        [
            {"output": PROMPT, "workflow": DRAWN},
            {"prompt": PROMPT, "extra_data": EXTRA},
            {"workflow": PROMPT},
            {"workflow": {"prompt": PROMPT, "extra_data": EXTRA}},
            {"an id": ENTRY},
            ENTRY,
        ],
        ids=[
            "the frontend's graphToPrompt",
            "a request",
            "a workflow that is a prompt",
            "a job",
            "a history of one run",
            "an entry of a history",
        ],
    )
    def test_what_ran_is_found(self, wrapped):
        assert GRAPH == read(text(wrapped))

    @pytest.mark.parametrize(
        "wrapped",
        [{"workflow": DRAWN}, {"prompt": None, "extra_data": EXTRA}, {"output": {}, "workflow": DRAWN}],
        ids=["a workflow", "a request without a prompt", "an output without nodes"],
    )
    def test_or_else_what_was_drawn(self, wrapped):
        assert read(DRAWN) == read(text(wrapped))

    def test_of_a_request_only_the_outputs_that_it_asks_for_are_kept(self):
        assert ["1"] == list(read({"prompt": PROMPT, "partial_execution_targets": ["1"]}).nodes)

    def test_an_output_that_is_not_there_is_passed_over_unless_there_is_no_other(self):
        assert ["1"] == list(read({"prompt": PROMPT, "partial_execution_targets": ["9", "1"]}).nodes)
        with pytest.raises(InputError, match="no node is called `9`"):
            read({"prompt": PROMPT, "partial_execution_targets": ["9"]})

    def test_of_a_run_only_the_outputs_that_ran_are_kept(self):
        assert ["1"] == list(read({"an id": {"prompt": [3, "an id", PROMPT, {}, ["1"]]}}).nodes)

    @pytest.mark.parametrize(
        "source, said",
        [
            ([PROMPT, PROMPT], "a list of 2, no object. Give one workflow."),
            ({"a": ENTRY, "b": ENTRY}, "a history of 2 runs. Give one of them."),
            ({"prompt": [1, "id"]}, "neither a workflow nor a prompt"),
            ({"prompt": "a lighthouse"}, "neither a workflow nor a prompt"),
            (
                {"workflow": {"workflow": {"workflow": {"workflow": {"workflow": {"workflow": DRAWN}}}}}},
                "neither",
            ),
        ],
        ids=["a list", "a history", "half an entry", "words", "wrapped beyond all reason"],
    )
    def test_anything_else_is_refused_in_one_line(self, source, said):
        with pytest.raises(InputError) as error:
            read(text(source))
        assert said in str(error.value)
