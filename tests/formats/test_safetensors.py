"""safetensors headers: what is read, and every way in which a file can be wrong."""

import json
import re
import struct
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import SafetensorError, deserialize
from vram_forecast.estimator import facts
from vram_forecast.estimator.errors import FormatError
from vram_forecast.estimator.formats import Tally, Tensor, read, tally

TWO = {
    "a.weight": {"dtype": "F16", "shape": [2, 3], "data_offsets": [0, 12]},
    "a.bias": {"dtype": "F32", "shape": [2], "data_offsets": [12, 20]},
}


def lay(path, header, data=b"\0" * 20):
    """A file of that header (an object, or raw bytes) and that data."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


def test_a_file_gives_its_tensors_metadata_and_sizes(tmp_path):
    table = read(lay(tmp_path / "m.safetensors", {"__metadata__": {"format": "pt"}, **TWO}))
    assert table.tensors == {
        "a.weight": Tensor("a.weight", "F16", (2, 3)),
        "a.bias": Tensor("a.bias", "F32", (2,)),
    }
    assert table.metadata == {"format": "pt"}
    assert table.file_bytes == table.header_bytes + 20


def test_a_header_by_its_literal_bytes(tmp_path):
    path = tmp_path / "m.safetensors"
    text = b'{"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}'
    path.write_bytes(b"\x35\0\0\0\0\0\0\0" + text + b"\1\2\3\4")
    assert read(path).tensors == {"x": Tensor("x", "U8", (4,))}


def test_tallies_add_up_by_type_the_largest_first():
    tensors = [Tensor("a", "F32", (4,)), Tensor("b", "F16", (100,)), Tensor("c", "F32", (1,))]
    assert list(tally(tensors).items()) == [("F16", Tally(1, 100, 200)), ("F32", Tally(2, 5, 20))]


def test_packed_types_round_up_to_whole_bytes():
    assert Tensor("a", "F4", (3,)).nbytes == 2


def test_metadata_named_like_a_tensor_entry_is_only_metadata(tmp_path):
    header = {"__metadata__": {"dtype": "bf16", "shape": "[1]", "data_offsets": "none"}, **TWO}
    assert sorted(read(lay(tmp_path / "m.safetensors", header)).tensors) == ["a.bias", "a.weight"]


DTYPES = {"F4": 4, "F6_E2M3": 6, "F6_E3M2": 6} | {
    name: 8 for name in ("BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3")
}
DTYPES |= {name: 8 for name in ("F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ")}
DTYPES |= {name: 16 for name in ("I16", "U16", "F16", "BF16")} | {name: 32 for name in ("I32", "U32", "F32")}
DTYPES |= {name: 64 for name in ("C64", "F64", "I64", "U64")}


@pytest.mark.parametrize(("dtype", "width"), DTYPES.items(), ids=DTYPES)
def test_every_type_of_the_format_is_read_as_the_safetensors_library_reads_it(tmp_path, dtype, width):
    header = {"x": {"dtype": dtype, "shape": [2, 4], "data_offsets": [0, width]}}
    path = lay(tmp_path / "m.safetensors", header, b"\0" * width)
    ((name, theirs),) = deserialize(path.read_bytes())
    assert (name, theirs["dtype"], theirs["shape"]) == ("x", dtype, [2, 4])
    assert {"x": Tensor("x", dtype, (2, 4))} == read(path).tensors
    assert width == read(path).tensors["x"].nbytes


def test_the_types_of_the_format_are_those_of_the_safetensors_library():
    header = json.dumps({"x": {"dtype": "Q9", "shape": [0], "data_offsets": [0, 0]}}).encode()
    with pytest.raises(SafetensorError) as caught:
        deserialize(struct.pack("<Q", len(header)) + header)
    theirs = str(caught.value).partition("expected one of")[2]
    assert set(re.findall(r"`(\w+)`", theirs)) == set(DTYPES) == set(facts.table("dtypes")["bits"])


@pytest.mark.parametrize(
    "metadata", [{}, {"a": "}, {"}, {"dtype": "F16", "shape": "[2]", "data_offsets": "[0, 8]"}]
)
@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
@pytest.mark.parametrize("first", [True, False])
def test_metadata_of_any_content_and_place_is_only_metadata(tmp_path, metadata, separators, first):
    noted = {"__metadata__": metadata}
    header = json.dumps({**noted, **TWO} if first else {**TWO, **noted}, separators=separators).encode()
    table = read(lay(tmp_path / "m.safetensors", header))
    assert (metadata, set(TWO)) == (table.metadata, set(table.tensors))


@pytest.mark.parametrize("second", [b'{"y":"1"}', b'{"dtype":"U8","shape":[0],"data_offsets":[0,0]}'])
def test_metadata_that_stands_twice_is_no_tensor(tmp_path, second):
    entry = b'"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}'
    header = b'{"__metadata__":{"y":"1"},' + entry + b',"__metadata__":' + second + b"}"
    try:
        assert ["x"] == list(read(lay(tmp_path / "m.safetensors", header, b"\0" * 4)).tensors)
    except FormatError as error:
        assert error.code == "header-invalid"


@pytest.mark.parametrize(("places", "code"), [(((0, 4), (4, 8)), "extents"), (((0, 4), (0, 4)), "")])
def test_a_name_that_stands_twice_is_its_last_entry_and_leaves_no_hole(tmp_path, places, code):
    entries = [b'"x":{"dtype":"U8","shape":[4],"data_offsets":[%d,%d]}' % place for place in places]
    path = lay(tmp_path / "m.safetensors", b"{" + b",".join(entries) + b"}", b"\0" * places[-1][1])
    if code:
        assert refused(path).code == code
    else:
        assert ["x"] == list(read(path).tensors)


def test_a_header_takes_at_most_four_times_its_size_in_memory(sparse_model, tmp_path):
    path = sparse_model("qwen_image_bf16", tmp_path / "m.safetensors")
    header_bytes = read(path).header_bytes
    tracemalloc.start()
    try:
        read(path)
        assert tracemalloc.get_traced_memory()[1] <= 4 * header_bytes
    finally:
        tracemalloc.stop()


def one(**changes):
    """A header of one tensor of eight bytes, changed."""
    return {"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **changes}}


BROKEN = {
    "an empty file": (b"", "not-safetensors"),
    "a short file": (b"\x10\0\0", "not-safetensors"),
    "a header longer than the file": (struct.pack("<Q", 5000) + b"{}", "cut-short"),
    "a header past the limit": (struct.pack("<Q", 1 << 40) + b"{}", "header-too-large"),
    "a web page": (b"<!DOCTYPE html><html>" + b" " * 99, "html"),
    "a Git LFS pointer": (b"version https://git-lfs.github.com/spec/v1\n", "lfs-pointer"),
}
BROKEN_HEADERS = {
    "no JSON": (b"{nonsense", b"", "header-invalid"),
    "not UTF-8": (b'{"\xff":1}', b"", "header-invalid"),
    "a list": (b"[1, 2]", b"", "header-invalid"),
    "deep nesting": (b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", b"", "header-invalid"),
    "a tensor without a type": ({"x": {"shape": [2], "data_offsets": [0, 8]}}, b"\0" * 8, "header-invalid"),
    "a type of text for a shape": (one(shape="2"), b"\0" * 8, "header-invalid"),
    "an unknown type": (one(dtype="Q9"), b"\0" * 8, "dtype-unknown"),
    "a negative side": (one(shape=[-2, -1]), b"\0" * 8, "header-invalid"),
    "a size that is not its shape's": (one(shape=[3]), b"\0" * 8, "shape"),
    "a huge shape": (one(shape=[1 << 62, 1 << 62]), b"\0" * 8, "shape"),
    "offsets that run backwards": (one(data_offsets=[8, 0]), b"\0" * 8, "shape"),
    "a hole": (one(data_offsets=[4, 12]), b"\0" * 12, "extents"),
    "an odd number of packed elements": (
        {"x": {"dtype": "F4", "shape": [3], "data_offsets": [0, 2]}},
        b"\0" * 2,
        "shape",
    ),
    "a third offset": (one(data_offsets=[0, 8, 9]), b"\0" * 8, "header-invalid"),
    "an overlap": (
        {**one(), "y": {"dtype": "F32", "shape": [2], "data_offsets": [4, 12]}},
        b"\0" * 12,
        "extents",
    ),
    "a cut-short file": (one(), b"\0" * 5, "cut-short"),
    "bytes after the last tensor": (one(), b"\0" * 9, "trailing-bytes"),
}


def refused(path):
    """The error of reading a file; it is one line that names the file."""
    with pytest.raises(FormatError) as caught:
        read(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(("content", "code"), BROKEN.values(), ids=BROKEN)
def test_a_file_that_is_something_else_is_refused(tmp_path, content, code):
    path = tmp_path / "m.safetensors"
    path.write_bytes(content)
    assert refused(path).code == code


@pytest.mark.parametrize(("header", "data", "code"), BROKEN_HEADERS.values(), ids=BROKEN_HEADERS)
def test_a_header_that_does_not_hold_is_refused(tmp_path, header, data, code):
    assert refused(lay(tmp_path / "m.safetensors", header, data)).code == code


def test_a_cut_short_file_says_how_much_is_there(tmp_path):
    path = lay(
        tmp_path / "ae.safetensors", one(shape=[2_000_000], data_offsets=[0, 8_000_000]), b"\0" * 4_000_000
    )
    assert str(refused(path)) == f"{path}: is cut short: 3.8 MiB of 7.6 MiB. Download it again."


@pytest.mark.parametrize(("name", "code"), [("none.safetensors", "missing"), ("", "folder")])
def test_what_is_no_file_is_refused(tmp_path, name, code):
    assert refused(tmp_path / name).code == code


@settings(max_examples=200, deadline=None)
@given(start=st.binary(max_size=64), length=st.integers(0, 1 << 63))
def test_no_bytes_do_worse_than_a_refusal(tmp_path_factory, start, length):
    path = tmp_path_factory.mktemp("fuzz") / "m.safetensors"
    path.write_bytes(struct.pack("<Q", length) + start)
    try:
        assert read(path).format == "safetensors"
    except FormatError as error:
        assert error.code


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.text(max_size=8).filter(lambda n: n != "__metadata__"),
        st.tuples(st.sampled_from(["F32", "F16", "U8"]), st.lists(st.integers(0, 5), max_size=3)),
        max_size=6,
    )
)
def test_what_is_written_is_what_is_read(tmp_path_factory, tensors):
    made = {name: Tensor(name, dtype, tuple(shape)) for name, (dtype, shape) in tensors.items()}
    header, end = {}, 0
    for name, tensor in made.items():
        header[name] = {
            "dtype": tensor.dtype,
            "shape": tensor.shape,
            "data_offsets": [end, end + tensor.nbytes],
        }
        end += tensor.nbytes
    path = lay(tmp_path_factory.mktemp("made") / "m.safetensors", header, b"\0" * end)
    assert read(path).tensors == made
