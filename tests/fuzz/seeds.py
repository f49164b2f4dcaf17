"""Small sound files of every format, from which broken ones are made."""

import io
import json
import struct
import zipfile

GGUF_TYPES = {"F32": (0, 1, 4), "Q8_0": (8, 32, 34), "Q4_K": (12, 256, 144)}


def safetensors() -> bytes:
    """Two tensors, metadata and a quantised layer's note."""
    note = b'{"format": "float8_e4m3fn"}'
    header = {
        "__metadata__": {"format": "pt", "modelspec.title": "x"},
        "a.weight": {"dtype": "F16", "shape": [4, 3], "data_offsets": [0, 24]},
        "a.bias": {"dtype": "F32", "shape": [4], "data_offsets": [24, 40]},
        "a.comfy_quant": {"dtype": "U8", "shape": [len(note)], "data_offsets": [40, 40 + len(note)]},
    }
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(40) + note


def gguf() -> bytes:
    """Three tensors, text, numbers, arrays and an original shape."""

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    strings = struct.pack("<IIQ", 9, 8, 3) + text("a") + text("") + text("token")
    entries = [
        text("general.architecture") + struct.pack("<I", 8) + text("flux"),
        text("general.file_type") + struct.pack("<II", 4, 7),
        text("general.alignment") + struct.pack("<II", 4, 32),
        text("tokenizer.ggml.tokens") + strings,
        text("tokenizer.ggml.scores") + struct.pack("<IIQ3f", 9, 6, 3, 0.0, 1.0, 2.0),
        text("comfy.gguf.orig_shape.c.weight") + struct.pack("<IIQ2i", 9, 5, 2, 2, 16),
    ]
    infos, offset = [], 0
    for name, kind, sides in [
        ("a.weight", "Q4_K", (256, 2)),
        ("b.weight", "Q8_0", (32,)),
        ("c.weight", "F32", (32,)),
    ]:
        number, block, width = GGUF_TYPES[kind]
        infos.append(text(name) + struct.pack(f"<I{len(sides)}QIQ", len(sides), *sides, number, offset))
        size = sides[0] // block * width * (sides[1] if len(sides) > 1 else 1)
        offset += -(-size // 32) * 32
    head = b"GGUF" + struct.pack("<IQQ", 3, len(infos), len(entries)) + b"".join(entries) + b"".join(infos)
    return head + bytes(-len(head) % 32) + bytes(offset)


def opcodes() -> bytes:
    """A checkpoint's pickle: a state dict of two tensors that share a storage, and a number beside it."""
    storage = b"((X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\x000X\3\0\0\0cpuK\x06tQ"
    tensor = b"ctorch._utils\n_rebuild_tensor_v2\n" + storage + b"K\0K\2K\3\x86K\3K\1\x86\x89"
    tensor += b"ccollections\nOrderedDict\n)RtR"
    state = b"}q\0(X\1\0\0\0w" + tensor + b"q\1X\1\0\0\0vh\1u"
    return (
        b"\x80\2}(X\x0a\0\0\0state_dict" + state + b"X\5\0\0\0epochM\2\1X\2\0\0\0lr" + b"G?\xf0\0\0\0\0\0\0u."
    )


def checkpoint() -> bytes:
    """The same in a zip archive."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        file.writestr("m/data.pkl", opcodes())
        file.writestr("m/data/0", bytes(24))
        file.writestr("m/version", b"3\n")
    return made.getvalue()


def older_checkpoint() -> bytes:
    """The same as PyTorch wrote it before 1.6."""
    start = b"\x80\2\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19." + b"\x80\2M\xe9\3." + b"\x80\2}."
    return start + opcodes() + b"\x80\2]X\1\0\0\x000a." + struct.pack("<Q", 6) + bytes(24)


SEEDS = {
    "safetensors": (".safetensors", safetensors()),
    "gguf": (".gguf", gguf()),
    "pickle": (".ckpt", checkpoint()),
    "older pickle": (".pth", older_checkpoint()),
}
