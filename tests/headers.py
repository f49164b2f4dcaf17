"""Small safetensors files for tests, from names, types and shapes."""

import json
import struct
from math import prod
from pathlib import Path

BITS = {"F64": 64, "I64": 64, "F32": 32, "I32": 32, "F16": 16, "BF16": 16, "F4": 4}


def lay(path: Path, tensors, metadata=None, contents=None) -> Path:
    """A file of `{name: (dtype, shape)}`, sparse but for the `contents` of some; others of these are U8."""
    contents = contents or {}
    tensors = {**tensors, **{name: ("U8", [len(contents[name])]) for name in contents if name not in tensors}}
    header, end, places = {"__metadata__": metadata} if metadata else {}, 0, {}
    for name, (dtype, shape) in tensors.items():
        begin, end = end, end + prod(shape) * BITS.get(dtype, 8) // 8
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}
        places[name] = begin
    text = json.dumps(header, separators=(",", ":")).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name, content in contents.items():
            file.seek(8 + len(text) + places[name])
            file.write(content)
        file.truncate(8 + len(text) + end)
    return path
