"""PyTorch checkpoints: what is read, that nothing is run, and every way in which a file can be wrong."""

import collections
import importlib.util
import os
import pickle
import struct
import tracemalloc
import zipfile

import pytest
from pickle_files import archive, named, number, short, state, storage, tensor
from seeds import older_checkpoint
from vram_forecast.estimator.errors import FormatError
from vram_forecast.estimator.formats import Problem, Tensor, read
from vram_forecast.estimator.formats.pickle import LEGACY

GET_TORCH = "no torch for the tests: run `python -m pip install torch`"


@pytest.fixture(scope="session")
def torch():
    """torch itself, the judge of what a checkpoint holds; skipped without it, and under CI a failure."""
    if importlib.util.find_spec("torch") is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(GET_TORCH)
    import torch

    return torch


def refused(path):
    with pytest.raises(FormatError) as caught:
        read(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    return caught.value


def test_a_checkpoint_by_its_literal_opcodes(tmp_path):
    data = (
        b"\x80\x02}X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\n"
        b"HalfStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x06tQK\x00K\x02K\x03\x86K\x03K\x01\x86\x89"
        b"ccollections\nOrderedDict\n)RtRs."
    )
    table = read(archive(tmp_path / "m.ckpt", data, {"0": 12}))
    assert table.tensors == {"w": Tensor("w", "F16", (2, 3))}
    assert (table.format, table.header_bytes, table.weight_bytes) == ("pickle", len(data), 12)


@pytest.mark.parametrize("packed", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_archives_are_read_packed_or_not(tmp_path, packed):
    table = read(archive(tmp_path / "m.pt", state(w=tensor()), packed=packed))
    assert table.tensors == {"w": Tensor("w", "F32", (2, 3))}


def inside(key, *more):
    """A pickle of a dict within a dict, with other things beside it."""
    inner = state(w=tensor())[2:-1]
    return b"\x80\2}(" + b"".join(more) + short(key) + inner + short("epoch") + number(3) + b"u."


@pytest.mark.parametrize("key", ["state_dict", "model", "params", "params_ema", "string_to_param"])
def test_the_state_dict_is_found_under_the_usual_keys(tmp_path, key):
    assert set(read(archive(tmp_path / "m.ckpt", inside(key))).tensors) == {"w"}


def test_the_averaged_weights_come_before_the_others(tmp_path):
    other = short("params") + state(v=tensor())[2:-1]
    assert set(read(archive(tmp_path / "m.pth", inside("params_ema", other))).tensors) == {"w"}


def test_tensors_anywhere_else_are_found_by_their_path(tmp_path):
    data = b"\x80\2}(" + number(768) + b"(" + state(w=tensor())[2:-1] + b"N" + b"t" + short("n") + b"Nu."
    assert set(read(archive(tmp_path / "m.pt", data)).tensors) == {"768.0.w"}


def test_a_shared_storage_counts_once(tmp_path):
    view = tensor(shape=(3,), strides=(1,), offset=3)
    table = read(archive(tmp_path / "m.pt", state(w=tensor(), tied=tensor(), part=view)))
    assert [one.nbytes for one in table.tensors.values()] == [24, 24, 12]
    assert table.weight_bytes == 24


def test_parameters_and_typed_tensors_are_tensors(tmp_path):
    untyped = storage(kind="torch.storage.UntypedStorage", count=24)
    fp8 = tensor(stored=untyped, make="torch._utils._rebuild_tensor_v3", shape=(24,), strides=(1,))
    fp8 = fp8.removesuffix(b"tR") + named("torch.float8_e4m3fn") + b"tR"
    parameter = named("torch._utils._rebuild_parameter") + b"(" + tensor() + b"\x88Ntl"[:-1] + b"R"
    table = read(archive(tmp_path / "m.pt", state(w=parameter, q=fp8)))
    assert table.tensors == {"w": Tensor("w", "F32", (2, 3)), "q": Tensor("q", "F8_E4M3", (24,))}


def test_what_is_no_plain_tensor_is_said(tmp_path):
    strange = named("torch._utils._rebuild_qtensor") + b")R"
    table = read(archive(tmp_path / "m.pt", state(w=tensor(), q=strange)))
    expected = "1 entries are not plain tensors (torch._utils._rebuild_qtensor)"
    assert table.problems == (Problem("not-tensors", expected),)


class Attack:
    """What a hostile file would have `pickle` run."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_that_would_run_a_program_does_nothing(tmp_path, protocol):
    sign = tmp_path / "was-here"
    attack = pickle.dumps({"state_dict": {"w": Attack(sign), "v": 1}}, protocol)
    assert read(archive(tmp_path / "m.ckpt", attack)).tensors == {}
    (tmp_path / "bare.ckpt").write_bytes(LEGACY + attack * 4)
    with pytest.raises(FormatError):
        read(tmp_path / "bare.ckpt")
    assert not sign.exists()
    pickle.loads(attack)
    assert sign.exists()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_plain_values_of_every_protocol_are_read(tmp_path, protocol):
    values = {
        "a": [1, -5, 1 << 40, 1 << 4000, 2.5, True, False, None],
        "b": ("x", "é", b"bytes", bytearray(b"y"), {1, 2}, frozenset([3])),
        "c": collections.OrderedDict([("k", ()), ("l", (1,)), ("m", (1, 2, 3, 4))]),
        "d": {(1, 2): "a key that is a tuple"},
        "e": "long" * 300,
    }
    values["f"] = values["a"]
    assert read(archive(tmp_path / "m.ckpt", pickle.dumps(values, protocol))).tensors == {}


def nested(depth):
    return b"\x80\2" + b")" + b"\x85" * depth + b"."


def doubled(times):
    """A list of twice itself of twice itself: more items than atoms, in few bytes."""
    return b"\x80\2]q\0" + b"".join(b"](h\0h\0eq\0" for _ in range(times)) + b"."


def colliding(count):
    """A dict of so many numbers that all have the same hash."""
    keys = (b"\x8a\x0c" + (n * ((1 << 61) - 1)).to_bytes(12, "little") + b"N" for n in range(1, count))
    return b"\x80\2}(" + b"".join(keys) + b"u."


HARMLESS = {
    "a hundred thousand keys of one hash": colliding(100_000),
    "a tuple nested a million deep": nested(1_000_000),
    "a tuple nested a million deep as a key": b"\x80\2}" + nested(1_000_000)[2:-1] + b"Ns.",
    "lists that hold each other": doubled(2000),
    "a list that holds itself": b"\x80\2]q\0h\0a.",
    "a huge number as a key": b"\x80\2}\x8b\x00\x00\x10\x00" + b"\x7f" * 0x100000 + b"Ns.",
}


@pytest.mark.parametrize("data", HARMLESS.values(), ids=HARMLESS)
def test_bombs_are_no_harm(tmp_path, data):
    assert read(archive(tmp_path / "m.ckpt", data)).tensors == {}


OPCODES = {
    "an unread opcode": b"\x80\2\x82\1.",
    "an end in the middle": b"\x80\2X\xff\xff\0\0abc.",
    "no end at all": b"\x80\2}",
    "nothing to take": b"\x80\2a.",
    "a group without a beginning": b"\x80\2t.",
    "a value that was never kept": b"\x80\2h\7.",
    "a negative length": b"\x80\2T\xff\xff\xff\xff.",
    "a length of exabytes": b"\x80\4\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.",
    "a place to keep that is far away": b"\x80\2Np99999999999999999999\n.",
    "a number that is none": b"Ixyz\n.",
    "a line without an end": b"I" + b"1" * 100_000,
    "text that is no text": b"\x80\2X\2\0\0\0\xff\xfe.",
    "a name that is no text": b"\x80\4NN\x93.",
    "too many opcodes": b"\x80\2" + b"N0" * 1_100_000 + b".",
    "a storage that is none": b"\x80\2NQ.",
    "a storage of a negative size": b"\x80\2" + storage(count=-1) + b".",
    "a tensor without a storage": b"\x80\2" + tensor(stored=b"N") + b".",
    "a tensor of a negative side": b"\x80\2" + tensor(shape=(-1, 3)) + b".",
    "a tensor with too few strides": b"\x80\2" + tensor(strides=(1,)) + b".",
    "a tensor without arguments": b"\x80\2" + named("torch._utils._rebuild_tensor_v2") + b")R.",
}


@pytest.mark.parametrize("data", OPCODES.values(), ids=OPCODES)
def test_a_broken_pickle_is_refused(tmp_path, data):
    assert refused(archive(tmp_path / "m.ckpt", data)).code == "pickle"


TENSORS = {
    "no storage in the file": (state(w=tensor()), {}, "extents"),
    "a storage that is cut short": (state(w=tensor()), {"0": 23}, "cut-short"),
    "a tensor past its storage": (state(w=tensor(shape=(3, 3))), {"0": 24}, "shape"),
    "an offset past its storage": (state(w=tensor(offset=1)), {"0": 24}, "shape"),
}


@pytest.mark.parametrize(("data", "storages", "code"), TENSORS.values(), ids=TENSORS)
def test_a_tensor_that_is_not_all_there_is_refused(tmp_path, data, storages, code):
    assert refused(archive(tmp_path / "m.ckpt", data, storages)).code == code


def test_what_is_no_state_dict_is_refused_with_its_reason(tmp_path):
    whole = b"\x80\2" + named("basicsr.archs.RRDBNet") + b")\x81}b."
    error = refused(archive(tmp_path / "m.pth", whole))
    assert (error.code, "basicsr.archs.RRDBNet" in str(error)) == ("unsupported", True)


def test_torchscript_is_refused_with_its_reason(tmp_path):
    error = refused(archive(tmp_path / "m.pt", state(w=tensor()), extra=["constants.pkl"]))
    assert (error.code, "TorchScript" in str(error)) == ("unsupported", True)


def test_another_archive_is_refused_with_its_reason(tmp_path):
    with zipfile.ZipFile(tmp_path / "m.ckpt", "w") as file:
        file.writestr("readme.txt", "hello")
    assert refused(tmp_path / "m.ckpt").code == "unsupported"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"model".ljust(257, b"\0") + b"ustar" + bytes(300), "tar archive"),
        (pickle.dumps({"w": 1}), "torch.save"),
        (b"not a checkpoint at all", "not a PyTorch checkpoint"),
    ],
)
def test_other_files_under_a_checkpoint_s_name_say_what_they_are(tmp_path, content, words):
    (tmp_path / "m.ckpt").write_bytes(content)
    error = refused(tmp_path / "m.ckpt")
    assert (error.code, words in str(error)) == ("unsupported", True)


def test_an_older_file_is_read_and_one_that_is_cut_short_says_so(tmp_path):
    path = tmp_path / "m.pth"
    path.write_bytes(older_checkpoint())
    assert read(path).tensors == {name: Tensor(name, "F32", (2, 3)) for name in ("w", "v")}
    assert read(path).weight_bytes == 24
    path.write_bytes(older_checkpoint()[:-1])
    assert refused(path).code == "cut-short"


def test_an_archive_that_is_cut_short_says_so(tmp_path):
    path = archive(tmp_path / "m.ckpt", state(w=tensor()), {"0": 4000})
    path.write_bytes(path.read_bytes()[:2000])
    assert refused(path).code == "cut-short"


def rewritten(path, old, new):
    """The file with one of its byte strings replaced."""
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new))
    return path


def test_a_directory_beyond_the_file_is_refused(tmp_path):
    path = archive(tmp_path / "m.ckpt", state(w=tensor()))
    data = bytearray(path.read_bytes())
    data[-6:-2] = struct.pack("<I", 1 << 30)
    path.write_bytes(data)
    assert refused(path).code == "header-invalid"


def test_a_packed_pickle_that_is_larger_than_it_claims_is_refused(tmp_path):
    path = archive(tmp_path / "m.ckpt", b"N" * 1_000_000, packed=zipfile.ZIP_DEFLATED)
    path = rewritten(path, struct.pack("<I", 1_000_000), struct.pack("<I", 1000))
    assert refused(path).code == "header-invalid"


def test_a_pickle_that_claims_gigabytes_is_not_unpacked(tmp_path):
    path = archive(tmp_path / "m.ckpt", b"N" * 100_000_000, packed=zipfile.ZIP_DEFLATED)
    tracemalloc.start()
    assert refused(path).code == "header-too-large"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def contents(torch, path):
    """Name to type and shape of every tensor, by torch's own safe loader."""
    kinds = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64"}
    kinds |= {torch.uint8: "U8", torch.bool: "BOOL", torch.float8_e4m3fn: "F8_E4M3", torch.float64: "F64"}
    found = torch.load(path, weights_only=True)
    return {name: Tensor(name, kinds[one.dtype], tuple(one.shape)) for name, one in found.items()}


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "before 1.6"])
def test_real_files_are_read_as_torch_reads_them(torch, tmp_path, zipped):
    base = torch.zeros(64, 32, dtype=torch.float16)
    tensors = {
        "base": base,
        "view": base[3:5, ::2],
        "turned": base.t(),
        "bf16": torch.zeros(3, 4, 5, dtype=torch.bfloat16),
        "fp8": torch.zeros(8, 8).to(torch.float8_e4m3fn),
        "scalar": torch.tensor(3.0),
        "empty": torch.zeros(0, 7),
        "int": torch.arange(5),
        "flags": torch.ones(3, dtype=torch.bool),
        "parameter": torch.nn.Parameter(torch.zeros(2, 2, dtype=torch.float64)),
    }
    if not zipped:
        del tensors["fp8"]  # torch itself cannot load it from the older layout
    path = tmp_path / "m.pth"
    torch.save(tensors, path, _use_new_zipfile_serialization=zipped)
    table = read(path)
    assert contents(torch, path) == table.tensors
    storages = {one.untyped_storage().data_ptr(): one.untyped_storage().nbytes() for one in tensors.values()}
    assert sum(storages.values()) == table.weight_bytes
    assert path.stat().st_size == table.file_bytes


def test_a_module_s_state_dict_in_a_training_checkpoint_is_read(torch, tmp_path):
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.BatchNorm2d(8))
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.zeros(1, 3, 8, 8)).sum().backward()
    optimizer.step()
    path = tmp_path / "m.ckpt"
    torch.save({"epoch": 1, "optimizer": optimizer.state_dict(), "state_dict": model.state_dict()}, path)
    assert {name: tuple(one.shape) for name, one in model.state_dict().items()} == {
        name: one.shape for name, one in read(path).tensors.items()
    }
