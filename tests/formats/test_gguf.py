"""GGUF headers: what is read, its sizes against PyPI's `gguf`, and every way in which a file can be wrong."""

import struct
import time
import tracemalloc

import gguf
import gguf_files as made
import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vram_forecast.estimator.errors import FormatError
from vram_forecast.estimator.formats import Tensor, bits, packed, read, size
from vram_forecast.estimator.formats.table import blocks

SIZES = {kind.name: sizes for kind, sizes in gguf.GGML_QUANT_SIZES.items()}
TWO = {"a.weight": ("Q4_K", (3, 512)), "a.bias": ("F32", (3,))}


@pytest.mark.parametrize("name", sorted(SIZES))
def test_a_block_is_as_large_as_the_reference_library_says(name):
    assert SIZES[name] == blocks()[name]


def test_every_type_of_the_reference_library_has_a_row_under_its_number():
    assert {kind.name: int(kind) for kind in gguf.GGML_QUANT_SIZES} == made.NUMBERS


def test_types_that_other_formats_share_have_the_same_size_in_both():
    shared = set(blocks()) & set(bits())
    assert {"F32", "F16", "BF16", "I8"} <= shared
    assert {name: bits()[name] / 8 for name in shared} == {
        name: blocks()[name][1] / blocks()[name][0] for name in shared
    }


@pytest.mark.parametrize(
    ("parameters", "dtype", "expected"),
    [
        (256, "Q4_K", 144),
        (512, "Q4_K", 288),
        (32, "Q8_0", 34),
        (33, "Q8_0", 68),
        (0, "Q6_K", 0),
        (7, "F16", 14),
    ],
)
def test_sizes_are_counted_in_whole_blocks(parameters, dtype, expected):
    assert expected == size(parameters, dtype)


def test_only_types_in_blocks_are_packed():
    assert [packed(name) for name in ("Q4_K", "MXFP4", "F16", "F4", "nonsense")] == [
        True, True, False, False, False,
    ]  # fmt: skip


def test_a_file_gives_its_tensors_in_torch_s_order_with_metadata_and_sizes(tmp_path):
    entries = [
        made.entry("general.architecture", made.STRING, made.text("flux")),
        made.entry("general.file_type", made.U32, struct.pack("<I", 14)),
        made.entry("tokenizer.ggml.tokens", made.ARRAY, made.strings(["a", "", "ccc"])),
        made.entry("tokenizer.ggml.scores", made.ARRAY, made.numbers([1, 2, 3])),
        made.entry("general.quantized", 7, b"\1"),
    ]
    table = read(made.lay(tmp_path / "m.gguf", TWO, entries))
    assert table.format == "gguf"
    assert table.tensors == {
        "a.weight": Tensor("a.weight", "Q4_K", (3, 512)),
        "a.bias": Tensor("a.bias", "F32", (3,)),
    }
    assert table.metadata == {
        "general.architecture": "flux",
        "general.file_type": "14",
        "general.quantized": "true",
    }
    assert table.weight_bytes == 3 * 2 * 144 + 12
    assert table.file_bytes == table.header_bytes + 3 * 2 * 144 + 32


def test_a_header_by_its_literal_bytes(tmp_path):
    path = tmp_path / "m.gguf"
    head = b"GGUF\3\0\0\0" + b"\1\0\0\0\0\0\0\0" + b"\0\0\0\0\0\0\0\0"
    tensor = b"\1\0\0\0\0\0\0\0x" + b"\1\0\0\0" + b"\x20\0\0\0\0\0\0\0" + b"\x08\0\0\0" + b"\0\0\0\0\0\0\0\0"
    path.write_bytes((head + tensor).ljust(64, b"\0") + bytes(34))
    assert read(path).tensors == {"x": Tensor("x", "Q8_0", (32,))}
    assert read(path).header_bytes == 64


@pytest.mark.parametrize("version", [2, 3])
def test_both_versions_are_read(version, tmp_path):
    assert set(read(made.lay(tmp_path / "m.gguf", TWO, version=version)).tensors) == set(TWO)


def test_the_first_bytes_tell_the_format_whatever_the_name(tmp_path):
    assert read(made.lay(tmp_path / "m.safetensors", TWO)).format == "gguf"


def test_a_reshaped_tensor_has_its_original_shape(tmp_path):
    key = "comfy.gguf.orig_shape.patch_embedding.weight"
    entries = [made.entry(key, made.ARRAY, made.numbers([8, 16, 1, 2, 2]))]
    table = read(made.lay(tmp_path / "m.gguf", {"patch_embedding.weight": ("Q8_0", (16, 32))}, entries))
    assert table.tensors["patch_embedding.weight"].shape == (8, 16, 1, 2, 2)


def test_a_tensor_may_have_five_dimensions(tmp_path):
    tensors = {"patch_embedding.weight": ("F16", (8, 16, 1, 2, 2))}
    assert read(made.lay(tmp_path / "m.gguf", tensors)).tensors["patch_embedding.weight"].shape == (
        8,
        16,
        1,
        2,
        2,
    )


def test_another_alignment_is_honoured(tmp_path):
    entries = [made.entry("general.alignment", made.U32, struct.pack("<I", 256))]
    table = read(made.lay(tmp_path / "m.gguf", TWO, entries, align=256))
    assert table.header_bytes % 256 == 0
    assert table.file_bytes == table.header_bytes + 1024 + 256


def written(path, tokens=0):
    """A file of the reference library's own writer."""
    writer = gguf.GGUFWriter(path, "t5encoder")
    writer.add_name("encoder")
    if tokens:
        writer.add_token_list([f"token {n}" for n in range(tokens)])
        writer.add_token_scores([0.5] * tokens)
    kinds = gguf.GGMLQuantizationType
    values = numpy.linspace(-1, 1, 4 * 512, dtype=numpy.float32).reshape(4, 512)
    for kind in (kinds.F32, kinds.Q8_0, kinds.Q5_1, kinds.Q4_0, kinds.BF16):
        data = gguf.quants.quantize(values, kind)
        writer.add_tensor(f"enc.{kind.name}.weight", data, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_a_file_of_the_reference_library_is_read_as_it_reads_it(tmp_path):
    path = written(tmp_path / "m.gguf", tokens=100)
    reader, table = gguf.GGUFReader(path), read(path)
    assert table.header_bytes == reader.data_offset
    assert table.metadata["general.name"] == "encoder"
    assert [(t.name, t.dtype, t.parameters, t.nbytes) for t in table.tensors.values()] == [
        (t.name, t.tensor_type.name, t.n_elements, t.n_bytes) for t in reader.tensors
    ]
    assert [t.shape for t in table.tensors.values()] == [
        tuple(map(int, t.shape[::-1])) for t in reader.tensors
    ]


def test_a_tokenizer_is_stepped_over_in_a_twentieth_of_the_reference_s_time(tmp_path):
    path = written(tmp_path / "m.gguf", tokens=20_000)
    start = time.perf_counter()
    read(path)
    ours = time.perf_counter() - start
    gguf.GGUFReader(path)
    assert ours * 20 < time.perf_counter() - start - ours


def test_memory_stays_a_small_multiple_of_the_header(tmp_path):
    entries = [made.entry("tokenizer.ggml.tokens", made.ARRAY, made.strings(["token"] * 100_000))]
    path = made.lay(tmp_path / "m.gguf", TWO, entries)
    tracemalloc.start()
    header = read(path).header_bytes
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * header


def raw(*parts):
    """A version 3 header of the given parts after its magic."""
    return b"GGUF\3\0\0\0" + b"".join(parts)


def count(tensors, entries=0):
    return struct.pack("<QQ", tensors, entries)


def one(kind=0, sides=(8,), offset=0, name="x"):
    return raw(count(1), made.info(name, kind, sides, offset)).ljust(64, b"\0") + bytes(64)


ALIGNED_BY_3 = made.entry("general.alignment", made.U32, struct.pack("<I", 3))
NESTED = made.entry("k", made.ARRAY, struct.pack("<IQ", made.ARRAY, 1) + made.numbers([1]))
BROKEN = {
    "version 1": (b"GGUF\1\0\0\0" + bytes(50), "unsupported"),
    "a big-endian file": (b"GGUF\0\0\0\3" + bytes(50), "unsupported"),
    "a version of the future": (b"GGUF\4\0\0\0" + bytes(50), "unsupported"),
    "no more than the magic": (b"GGUF", "cut-short"),
    "another magic under this name": (b"FUGG\3\0\0\0" + bytes(50), "not-gguf"),
    "more tensors than any model has": (raw(count(1 << 60)), "header-too-large"),
    "more metadata than any model has": (raw(count(0, 1 << 60)), "header-too-large"),
    "a header that ends early": (raw(count(3)), "cut-short"),
    "a name longer than the file": (raw(count(1), struct.pack("<Q", 4000)), "cut-short"),
    "a name longer than names are": (raw(count(1), struct.pack("<Q", 1 << 62)), "header-invalid"),
    "a name that is no text": (one(name=b"\xff\xfe"), "header-invalid"),
    "a text longer than the file": (
        raw(count(0, 1), made.entry("k", 8, struct.pack("<Q", 1 << 62))),
        "cut-short",
    ),
    "an array longer than the file": (
        raw(count(0, 1), made.entry("k", 9, struct.pack("<IQ", 4, 1 << 62))),
        "cut-short",
    ),
    "strings longer than the file": (
        raw(count(0, 1), made.entry("k", 9, struct.pack("<IQQ", 8, 2, 1 << 63)) + bytes(64)),
        "cut-short",
    ),
    "an array of arrays": (raw(count(0, 1), NESTED), "header-invalid"),
    "metadata of an unknown type": (raw(count(0, 1), made.entry("k", 99, bytes(8))), "header-invalid"),
    "an alignment that is no power of two": (raw(count(0, 1), ALIGNED_BY_3), "header-invalid"),
    "an unknown tensor type": (one(kind=4), "dtype-unknown"),
    "too many dimensions": (one(sides=(1,) * 9), "header-invalid"),
    "a row that is no whole number of blocks": (one(kind=8, sides=(31,)), "shape"),
    "a huge shape": (one(sides=(1 << 63, 1 << 63)), "cut-short"),
    "an offset past the end": (one(offset=1 << 40), "cut-short"),
    "two tensors in one place": (
        raw(count(2), made.info("x", 0, (8,), 0), made.info("y", 0, (8,), 16)).ljust(128, b"\0") + bytes(64),
        "extents",
    ),
    "two tensors of one name": (
        raw(count(2), made.info("x", 0, (8,), 0), made.info("x", 0, (8,), 32)).ljust(128, b"\0") + bytes(64),
        "header-invalid",
    ),
    "another shape of another size": (
        raw(
            count(1, 1),
            made.entry("comfy.gguf.orig_shape.x", made.ARRAY, made.numbers([3])),
            made.info("x", 0, (8,), 0),
        ).ljust(160, b"\0") + bytes(64),
        "shape",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "code"), BROKEN.values(), ids=BROKEN)
def test_a_file_that_does_not_hold_is_refused_in_one_line(content, code, tmp_path):
    path = tmp_path / "m.gguf"
    path.write_bytes(content)
    with pytest.raises(FormatError) as caught:
        read(path)
    assert caught.value.code == code
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_name_cannot_steer_the_terminal(tmp_path):
    path = tmp_path / "m.gguf"
    path.write_bytes(one(kind=4, name="\x1b[31mred\nx"))
    with pytest.raises(FormatError) as caught:
        read(path)
    assert "tensor `?[31mred x` has the unknown type number 4" in str(caught.value)


def test_a_cut_short_file_says_how_much_is_there(tmp_path):
    path = made.lay(tmp_path / "m.gguf", {"x": ("F32", (1024, 2048))})
    with path.open("r+b") as file:
        file.truncate(4 * 1024 * 1024)
    with pytest.raises(FormatError) as caught:
        read(path)
    assert str(caught.value) == f"{path}: is cut short: 4.0 MiB of 8.0 MiB. Download it again."


def test_a_header_that_never_ends_is_given_up(tmp_path):
    path = tmp_path / "m.gguf"
    with path.open("wb") as file:
        file.write(raw(count(0, 1), made.entry("k", made.ARRAY, struct.pack("<IQ", made.STRING, 1 << 33))))
        file.truncate(1 << 40)
    with pytest.raises(FormatError) as caught:
        read(path)
    assert caught.value.code == "header-too-large"


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.text(max_size=8).filter(lambda name: name.isprintable()),
        st.tuples(
            st.sampled_from(["F32", "Q8_0", "Q4_K", "BF16"]),
            st.lists(st.integers(0, 5), max_size=3),
            st.integers(0, 3),
        ),
        max_size=6,
    )
)
def test_what_is_written_is_what_is_read(tmp_path_factory, drawn):
    tensors = {name: (dtype, (*sides, 256 * rows)) for name, (dtype, sides, rows) in drawn.items()}
    path = made.lay(tmp_path_factory.mktemp("made") / "m.gguf", tensors)
    assert read(path).tensors == {name: Tensor(name, *parts) for name, parts in tensors.items()}
