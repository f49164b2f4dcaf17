"""PyTorch checkpoints for tests, opcode by opcode, in archives as torch.save lays them out."""

import struct
import zipfile


def short(text):
    """A short text as protocol 2 has it."""
    return b"X" + struct.pack("<I", len(text)) + text.encode()


def number(value):
    return b"J" + struct.pack("<i", value)


def sides(values):
    return b"(" + b"".join(map(number, values)) + b"t"


def named(path):
    module, _, name = path.rpartition(".")
    return f"c{module}\n{name}\n".encode()


def storage(key="0", count=6, kind="torch.FloatStorage"):
    """The opcodes of a persistent storage."""
    return b"(" + short("storage") + named(kind) + short(key) + short("cpu") + number(count) + b"tQ"


def tensor(shape=(2, 3), strides=(3, 1), offset=0, stored=None, make="torch._utils._rebuild_tensor_v2"):
    """The opcodes of a tensor."""
    hooks = named("collections.OrderedDict") + b")R"
    arguments = (stored or storage()) + number(offset) + sides(shape) + sides(strides) + b"\x89" + hooks
    return named(make) + b"(" + arguments + b"tR"


def state(**entries):
    """The pickle of a dict of opcodes."""
    return b"\x80\2}(" + b"".join(short(name) + value for name, value in entries.items()) + b"u."


def archive(path, data, storages=None, folder="archive", extra=(), packed=zipfile.ZIP_STORED):
    """A checkpoint as torch.save lays it out."""
    with zipfile.ZipFile(path, "w", packed) as file:
        file.writestr(f"{folder}/data.pkl", data)
        for key, size in (storages if storages is not None else {"0": 24}).items():
            file.writestr(f"{folder}/data/{key}", bytes(size))
        for name in extra:
            file.writestr(f"{folder}/{name}", b"x")
    return path
