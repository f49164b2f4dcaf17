"""Models in several files count as one: their bytes add up, and a part that is not there is named."""

import json
import struct

import pytest
from vram_forecast.estimator.errors import FormatError
from vram_forecast.estimator.formats import Tensor, read

INDEX = "model.safetensors.index.json"


def shard(path, **sizes):
    """A safetensors file of U8 tensors of these lengths; gives its size."""
    header, end = {}, 0
    for name, size in sizes.items():
        header[name] = {"dtype": "U8", "shape": [size], "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"\0" * end)
    return path.stat().st_size


def index(folder, weight_map, name=INDEX):
    """An index file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps({"metadata": {}, "weight_map": weight_map}), encoding="utf-8")
    return folder / name


def test_an_index_and_its_shards_are_one_table(tmp_path):
    sizes = shard(tmp_path / "a.safetensors", x=10, y=2), shard(tmp_path / "b.safetensors", z=5)
    table = read(index(tmp_path, {"x": "a.safetensors", "y": "a.safetensors", "z": "b.safetensors"}))
    assert {name: Tensor(name, "U8", (size,)) for name, size in {"x": 10, "y": 2, "z": 5}.items()} == (
        table.tensors
    )
    assert (table.format, table.file_bytes, table.problems) == ("sharded", sum(sizes), ())
    assert table.file_bytes - table.header_bytes == 17


def test_a_missing_shard_is_named_and_the_others_count(tmp_path):
    shard(tmp_path / "a.safetensors", x=10)
    table = read(index(tmp_path, {"x": "a.safetensors", "z": "b.safetensors"}))
    (problem,) = table.problems
    assert ("shard-missing", "error") == (problem.code, problem.severity)
    assert f"{tmp_path / 'b.safetensors'}: no such file" in problem.message
    assert ["x"] == list(table.tensors)


def test_a_shard_that_lacks_a_tensor_of_the_index_says_which(tmp_path):
    shard(tmp_path / "a.safetensors", x=10)
    (problem,) = read(index(tmp_path, {"x": "a.safetensors", "w": "a.safetensors"})).problems
    assert problem.code == "shard-incomplete"
    assert "lacks `w`" in problem.message


def test_a_cut_short_shard_is_an_error_of_the_whole(tmp_path):
    shard(tmp_path / "a.safetensors", x=10)
    (tmp_path / "a.safetensors").write_bytes((tmp_path / "a.safetensors").read_bytes()[:-3])
    assert ["cut-short"] == [one.code for one in read(index(tmp_path, {"x": "a.safetensors"})).problems]


def test_a_diffusers_folder_counts_every_component(tmp_path):
    (tmp_path / "model_index.json").write_text("{}", encoding="utf-8")
    sizes = [
        shard(tmp_path / "vae" / "diffusion_pytorch_model.safetensors", x=3),
        shard(tmp_path / "transformer" / "a-00001-of-00002.safetensors", x=7),
        shard(tmp_path / "transformer" / "a-00002-of-00002.safetensors", y=9),
    ]
    shard(tmp_path / "vae" / "diffusion_pytorch_model.fp16.safetensors", x=2)
    (tmp_path / "scheduler").mkdir()
    weights = {"x": "a-00001-of-00002.safetensors", "y": "a-00002-of-00002.safetensors"}
    index(tmp_path / "transformer", weights, "diffusion_pytorch_model.safetensors.index.json")
    table = read(tmp_path)
    assert {"transformer.x", "transformer.y", "vae.x"} == set(table.tensors)
    assert ("diffusers", sum(sizes)) == (table.format, table.file_bytes)


def test_a_component_folder_is_a_model(tmp_path):
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    size = shard(tmp_path / "model.safetensors", x=3)
    assert (read(tmp_path).file_bytes, list(read(tmp_path).tensors)) == (size, ["x"])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"{}", "weight_map"),
        (b"[1", "weight_map"),
        (b'{"weight_map": {"x": 1}}', "weight_map"),
        (b"[" * 100_000, "weight_map"),
        (b"\xff\xfe", "weight_map"),
        (b'{"weight_map": {"x": "../../etc/passwd"}}', "outside"),
        (b'{"weight_map": {"x": "C:evil.safetensors"}}', "outside"),
        (b'{"weight_map": {"x": ""}}', "outside"),
    ],
)
def test_an_index_that_does_not_hold_is_refused_in_one_line(tmp_path, text, says):
    (tmp_path / INDEX).write_bytes(text)
    with pytest.raises(FormatError, match=says) as caught:
        read(tmp_path / INDEX)
    assert (caught.value.code, "\n" in str(caught.value)) == ("index-invalid", False)


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(FormatError) as caught:
        read(tmp_path)
    assert caught.value.code == "folder"


def test_an_index_that_is_not_there_is_missing(tmp_path):
    with pytest.raises(FormatError) as caught:
        read(tmp_path / INDEX)
    assert caught.value.code == "missing"
