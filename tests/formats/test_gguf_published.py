"""Published GGUF files of FLUX.1 dev, laid out again from the model's header: equal to the byte.

Sizes: city96/FLUX.1-dev-gguf as its repository lists them (shared data/variants.json, `size_bytes`). What its
converter leaves unpacked was worked out from those sizes; the reader must agree with every one of them.
"""

import math
import struct

import gguf_files as made
import pytest
from vram_forecast.estimator import facts
from vram_forecast.estimator.formats import read
from vram_forecast.estimator.models import identify

PUBLISHED = {
    "Q8_0": 12_708_281_504,
    "Q4_0": 6_791_167_136,
    "Q6_K": 9_857_000_736,
    "Q5_K": 8_285_267_232,
    "Q4_K": 6_805_988_640,
    "Q3_K": 5_234_255_136,
    "Q2_K": 4_032_341_280,
}
UNPACKED = ("img_in.", "txt_in.", "time_in.", "vector_in.", "guidance_in.", "final_layer.")
ENTRIES = [
    made.entry("general.architecture", made.STRING, made.text("flux")),
    made.entry("general.quantization_version", made.U32, struct.pack("<I", 2)),
    made.entry("general.file_type", made.U32, struct.pack("<I", 0)),
]


def kind(name, shape, packed):
    """The type that the converter gave a tensor: K types came with 32-bit vectors and small inputs."""
    if len(shape) > 1 and not name.startswith(UNPACKED):
        return packed
    small = len(shape) < 2 or math.prod(shape) < 3072 * 1024
    return "F32" if packed.endswith("_K") and small else "F16"


@pytest.mark.parametrize(("packed", "published"), PUBLISHED.items(), ids=PUBLISHED)
def test_a_published_file_s_bytes_come_out_of_its_header(packed, published, tmp_path):
    tensors = facts.header("flux1-dev")["tensors"]
    laid = {name: (kind(name, shape, packed), tuple(shape)) for name, (_, shape) in tensors.items()}
    path = made.lay(tmp_path / "m.gguf", laid, ENTRIES)
    table = read(path)
    assert published == table.file_bytes == table.header_bytes + table.weight_bytes
    assert [one.id for one in identify(table).components] == ["flux-dev"]
