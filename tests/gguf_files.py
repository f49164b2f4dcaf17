"""GGUF files for tests, byte by byte: a header, and a hole for the weights."""

import math
import struct

from vram_forecast.estimator import facts

NUMBERS = {row["name"]: row["id"] for row in facts.table("ggml_types")["type"]}
BLOCKS = {row["name"]: (row["block"], row["bytes"]) for row in facts.table("ggml_types")["type"]}
U32, STRING, ARRAY = 4, 8, 9


def text(value):
    data = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<Q", len(data)) + data


def entry(key, kind, value):
    """One entry of metadata; `value` in bytes."""
    return text(key) + struct.pack("<I", kind) + value


def strings(values):
    """The bytes of an array of strings."""
    return struct.pack("<IQ", STRING, len(values)) + b"".join(map(text, values))


def numbers(values):
    """The bytes of an array of 32-bit numbers."""
    return struct.pack(f"<IQ{len(values)}I", U32, len(values), *values)


def info(name, kind, sides, offset):
    """One tensor's entry; `sides` in GGUF's order, the fastest first."""
    return text(name) + struct.pack(f"<I{len(sides)}QIQ", len(sides), *sides, kind, offset)


def nbytes(dtype, shape):
    elements, width = BLOCKS[dtype]
    return math.prod(shape) // elements * width


def header(tensors, entries=(), version=3, align=32):
    """The header of `tensors`, which are name to (type, shape in torch's order), and their bytes."""
    infos, offset = [], 0
    for name, (dtype, shape) in tensors.items():
        infos.append(info(name, NUMBERS[dtype], shape[::-1], offset))
        offset += -(-nbytes(dtype, shape) // align) * align
    start = b"GGUF" + struct.pack("<IQQ", version, len(infos), len(entries))
    data = start + b"".join(entries) + b"".join(infos)
    return data + b"\0" * (-len(data) % align), offset


def lay(path, tensors, entries=(), **more):
    """A file of that header; the weights are a hole."""
    head, size = header(tensors, entries, **more)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + size)
    return path


def quantised(slug, dtype):
    """The tensors of a header of `data/headers/` as a GGUF of one type.

    Vectors stay in 32 bits, rows that are no whole number of blocks in 16.
    """

    def kind(shape):
        if len(shape) < 2:
            return "F32"
        return "F16" if shape[-1] % BLOCKS[dtype][0] else dtype

    tensors = facts.header(slug)["tensors"]
    return {name: (kind(shape), tuple(shape)) for name, (_, shape) in tensors.items()}


def t5(rows=32128, dtype="Q8_0", every_block=False):
    """T5's encoder as llama.cpp names it."""
    tensors = {"token_embd.weight": (dtype, (rows, 4096)), "enc.output_norm.weight": ("F32", (4096,))}
    for block in range(24):
        start = f"enc.blk.{block}"
        tensors |= {f"{start}.attn_{name}.weight": (dtype, (4096, 4096)) for name in "qkvo"}
        tensors |= {f"{start}.ffn_{name}.weight": (dtype, (10240, 4096)) for name in ("gate", "up")}
        tensors |= {f"{start}.{name}_norm.weight": ("F32", (4096,)) for name in ("attn", "ffn")}
        tensors[f"{start}.ffn_down.weight"] = (dtype, (4096, 10240))
        if every_block or block == 0:
            tensors[f"{start}.attn_rel_b.weight"] = ("F32", (32, 64))
    return tensors
