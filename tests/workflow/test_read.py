"""Anything that may hold a workflow, read; anything else, refused in one line."""

import copy
import gzip
import json
import struct
import zlib

import embedded
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vram_forecast.estimator import facts
from vram_forecast.estimator.errors import InputError
from vram_forecast.estimator.workflow.graph import Graph, Link, Node
from vram_forecast.estimator.workflow.prompt import from_prompt
from vram_forecast.estimator.workflow.read import read
from workflow.drawing import BYPASSED, node, promoting, subgraph, workflow

PROMPT = {
    "1": {"class_type": "UNETLoader", "inputs": {"unet_name": "flux.safetensors"}},
    "2": {"class_type": "KSampler", "inputs": {"model": ["1", 0], "seed": 3}, "_meta": {"title": "Sample"}},
}
GRAPH = Graph(
    {
        "1": Node("1", "UNETLoader", {"unet_name": "flux.safetensors"}),
        "2": Node("2", "KSampler", {"model": Link("1", 0), "seed": 3}, "Sample"),
    }
)
DRAWN = workflow(
    node(1, "UNETLoader", ["flux.safetensors", "default"]),
    node(2, "LoraLoader", ["a", 1, 1], mode=BYPASSED, model="1.0"),
    node(3, "Reroute", types={"input": "*"}, outputs=["MODEL"], input="2.0"),
    promoting(node(4, "outer", [5, 7], model="3.0"), ("6", "5: seed"), ("-1", "steps")),
    node(7, "SomeLoader", ["x", 1], _file=None),
    subgraphs=[
        subgraph("outer", node(6, "inner", [3], model="in.0"), inputs=[("model", "MODEL")]),
        subgraph(
            "inner",
            node(5, "KSampler", [1, "fixed"], model="in.0", _seed="in.1"),
            node(8, "PrimitiveNode", [1], outputs=["INT"]),
            node(9, "SaveVideo", ["a", "auto", "h264"]),
            inputs=[("model", "MODEL"), ("seed", "INT")],
        ),
    ],
)


def text(value):
    return json.dumps(value).encode()


def png(*chunks):
    """A PNG of nothing but texts."""
    body = b"".join(struct.pack(">I", len(data)) + kind + data + bytes(4) for kind, data in chunks)
    return b"\x89PNG\r\n\x1a\n" + body


class TestShapes:
    @pytest.mark.parametrize(
        "source",
        [
            PROMPT,
            {"prompt": PROMPT, "client_id": "x", "extra_data": {}},
            text(PROMPT),
            text({"prompt": PROMPT}),
            b"\xef\xbb\xbf" + text(PROMPT),
            json.dumps(PROMPT).encode("utf-16"),
            png((b"IHDR", b"?"), (b"tEXt", b"prompt\0" + text(PROMPT))),
            png((b"tEXt", b"workflow\0" + text(DRAWN)), (b"tEXt", b"prompt\0" + text(PROMPT))),
            png((b"iTXt", b"prompt\0\0\0\0\0" + text(PROMPT))),
            png((b"iTXt", b"prompt\0\1\0\0\0" + zlib.compress(text(PROMPT)))),
            png((b"zTXt", b"prompt\0\0" + zlib.compress(text(PROMPT)))),
        ],
        ids=[
            "a prompt",
            "what is posted to /prompt",
            "a prompt in bytes",
            "what is posted, in bytes",
            "bytes with a byte order mark",
            "bytes as PowerShell writes them",
            "a PNG",
            "a PNG with both, of which the prompt is what ran",
            "a PNG with international text",
            "a PNG with packed international text",
            "a PNG with packed text",
        ],
    )
    def test_a_prompt_is_read(self, source):
        assert GRAPH == read(source)

    @pytest.mark.parametrize(
        "source",
        [DRAWN, text(DRAWN), png((b"tEXt", b"workflow\0" + text(DRAWN)))],
        ids=["dict", "bytes", "PNG"],
    )
    def test_a_workflow_is_flattened(self, source):
        assert ["1", "7", "4:6:5", "4:6:9"] == list(read(source).nodes)

    def test_a_file_is_read(self, tmp_path):
        (tmp_path / "a.json").write_bytes(text(PROMPT))
        assert GRAPH == read(tmp_path / "a.json")

    def test_a_prompt_is_written_as_it_was_read(self):
        plain = {key: {name: one[name] for name in ("class_type", "inputs")} for key, one in PROMPT.items()}
        assert plain == read(PROMPT).prompt()

    def test_python_s_own_nan_is_let_through(self):
        source = text(PROMPT | {"3": {"class_type": "X", "inputs": {}, "is_changed": [float("nan")]}})
        assert ["1", "2", "3"] == list(read(source).nodes)

    def test_a_workflow_without_nodes_is_an_empty_graph(self):
        assert Graph({}) == read(workflow())


class TestLinksOfAPrompt:
    def input_of(self, value):
        return (
            from_prompt(PROMPT | {"3": {"class_type": "Any", "inputs": {"x": value}}}).nodes["3"].inputs["x"]
        )

    @pytest.mark.parametrize("value", [["1", 0], ["1", 0.0]], ids=str)
    def test_the_id_of_a_node_and_a_number_are_a_link(self, value):
        assert Link("1", 0) == self.input_of(value)

    @pytest.mark.parametrize(
        "value",
        [
            [1, 0],
            ["1", "0"],
            ["1", True],
            ["1", 0.5],
            ["1", 0, 0],
            ["1"],
            ["cat", 3],
            {"__value__": ["1", 0]},
            "1",
        ],
        ids=str,
    )
    def test_anything_else_is_a_value(self, value):
        assert value == self.input_of(value)

    def test_an_output_that_a_newer_comfyui_added_is_a_link_like_any(self):
        assert Link("1", 9) == self.input_of(["1", 9])

    @pytest.mark.parametrize(
        "value, said",
        [
            (["9", 0], "node 3, input 'x': linked to node 9, which is not there. Link it again."),
            (["57:28", 0], "node 3, input 'x': linked to node 57:28, which is not there. Link it again."),
            (["1", -1], "node 3, input 'x': linked to output -1 of node 1, which has none such."),
        ],
        ids=["a node that is not there", "an inner node that is not there", "negative"],
    )
    def test_a_link_to_nothing_is_refused(self, value, said):
        with pytest.raises(InputError) as error:
            self.input_of(value)
        assert said == str(error.value)

    def test_nodes_that_feed_each_other_are_named(self):
        prompt = {
            "a": {"class_type": "X", "inputs": {"x": ["b", 0]}},
            "b": {"class_type": "X", "inputs": {"x": ["c", 0]}},
            "c": {"class_type": "X", "inputs": {"x": ["b", 0]}},
        }
        with pytest.raises(
            InputError, match=r"^node (b > c > b|c > b > c): nodes feed each other in a circle"
        ):
            from_prompt(prompt)


REFUSED = {
    "nothing": (b"", "not JSON"),
    "no JSON": (b"GIF 89a", "not JSON"),
    "JSON cut short": (text(PROMPT)[:-3], "not JSON"),
    "text that is no Unicode": (b'{"a": "\\ud800"}', "not JSON"),
    "JSON nested 100 000 deep": (b"[" * 100_000, "nested too deep"),
    "objects nested 100 000 deep": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested too deep"),
    "a number of 10 000 digits": (b'{"nodes": [{"id": ' + b"1" * 10_000 + b"}]}", ""),
    "a list": (b"[{}, {}]", "a list of 2, no object. Give one workflow."),
    "a number": (b"1", "JSON, but no object"),
    "an empty object": (b"{}", "neither a workflow nor a prompt"),
    "an object of another kind": (b'{"a": {"b": 1}}', "neither a workflow nor a prompt"),
    "a node without class_type": (
        text(PROMPT | {"3": {"inputs": {}}}),
        "node 3: a node without `class_type`",
    ),
    "a node that is no object": (text(PROMPT | {"3": 1}), "node 3: a node without `class_type`"),
    "a class_type that is no text": (
        text(PROMPT | {"3": {"class_type": 1}}),
        "node 3: a node without `class_type`",
    ),
    "inputs that are no object": (
        text(PROMPT | {"3": {"class_type": "X", "inputs": [1]}}),
        "node 3: `inputs` is not an object",
    ),
    "a PNG without texts": (png((b"IHDR", b"?")), "a PNG without a workflow in it"),
    "a PNG cut short": (png((b"tEXt", b"prompt\0" + text(PROMPT)))[:40], "a PNG, but cut short"),
    "a PNG with broken packed text": (png((b"zTXt", b"prompt\0\0xyz")), "a PNG without a workflow in it"),
}


@pytest.mark.parametrize("source, said", REFUSED.values(), ids=REFUSED)
def test_what_is_no_workflow_is_refused_in_one_line(source, said):
    with pytest.raises(InputError) as error:
        read(source)
    assert said in str(error.value)
    assert 1 == len(str(error.value).splitlines())


def test_an_error_names_the_file(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(text(PROMPT | {"3": {}}))
    with pytest.raises(InputError) as error:
        read(path)
    assert str(error.value).startswith(f"{path}: node 3: a node without `class_type`.")


def test_a_file_that_is_not_there_is_an_input_error(tmp_path):
    with pytest.raises(InputError) as error:
        read(tmp_path / "none.json")
    assert f"{tmp_path / 'none.json'}: No such file or directory" == str(error.value).rstrip(". ")


def test_a_file_beyond_all_reason_is_not_even_opened(tmp_path):
    with (tmp_path / "big.json").open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(InputError, match="larger than 256 MiB"):
        read(tmp_path / "big.json")


def test_packed_text_that_swells_beyond_all_reason_is_refused(monkeypatch):
    monkeypatch.setitem(facts.table("containers")["limits"], "text_bytes", 1 << 20)
    with pytest.raises(InputError, match="more text than any workflow has"):
        read(png((b"zTXt", b"prompt\0\0" + zlib.compress(b" " * 2_000_000))))


def test_gzip_that_swells_beyond_all_reason_is_refused(monkeypatch):
    monkeypatch.setitem(facts.table("frontend")["limits"], "file_bytes", 1 << 20)
    with pytest.raises(InputError, match="larger than 1 MiB"):
        read(gzip.compress(b" " * 2_000_000))


def test_a_video_may_be_larger_than_any_workflow(tmp_path):
    content = embedded.written_by_ffmpeg("mp4", {"prompt": json.dumps(PROMPT)})
    with (tmp_path / "a.mp4").open("wb") as file:
        file.write(content)
        file.truncate(2**33)
    assert GRAPH == read(tmp_path / "a.mp4")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


def places(value, path=()):
    """The path to everything inside a JSON value."""
    yield path
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, one in items:
            yield from places(one, (*path, key))


PLACES = [path for path in places(DRAWN) if path]
PROMPT_PLACES = [path for path in places(PROMPT) if path]


def changed(document, path, value):
    """A copy of `document` with something else at `path`."""
    found = copy.deepcopy(document)
    holder = found
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return found


def readable_or_refused(source):
    """Whether a source is read and can be written again, or refused in one line."""
    try:
        graph = read(source)
    except InputError as error:
        return 1 == len(str(error).splitlines())
    return msgspec.json.decode(msgspec.json.encode(graph.prompt())).keys() == graph.prompt().keys()


@settings(deadline=None)
@given(JSON)
def test_any_json_is_read_or_refused(value):
    assert readable_or_refused(text(value))


@settings(deadline=None)
@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda tail: b"\x89PNG\r\n\x1a\n" + tail))
def test_any_bytes_are_read_or_refused(value):
    assert readable_or_refused(value)


@settings(deadline=None, max_examples=400)
@given(st.sampled_from(PLACES), JSON)
def test_a_workflow_with_anything_anywhere_is_read_or_refused(path, value):
    assert readable_or_refused(changed(DRAWN, path, value))


@settings(deadline=None, max_examples=400)
@given(st.sampled_from(PLACES), st.sampled_from(PLACES))
def test_a_workflow_with_its_parts_mixed_up_is_read_or_refused(path, other):
    value = DRAWN
    for key in other:
        value = value[key]
    assert readable_or_refused(changed(DRAWN, path, value))


@settings(deadline=None)
@given(st.sampled_from(PROMPT_PLACES), JSON)
def test_a_prompt_with_anything_anywhere_is_read_or_refused(path, value):
    assert readable_or_refused(changed(PROMPT, path, value))
