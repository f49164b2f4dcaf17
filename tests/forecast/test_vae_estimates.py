"""What ComfyUI reserves for a VAE, as rows, against ComfyUI's own formulas, for the header of every VAE."""

import json
import subprocess
import sys

import pytest
from vram_forecast.estimator.costs import Shape
from vram_forecast.estimator.forecast import reserve
from vram_forecast.estimator.models import identify, rows
from vram_forecast.estimator.models.published import stand_in

VAES = {row.id for row in rows() if row.role == "vae"}
# Latent shapes (batch, channels, frames, height, width) by the latent's dimensions; 0: the model's own.
SHAPES = {
    1: [(1, 0, 1, 1, 100), (2, 0, 1, 1, 1000)],
    2: [(1, 0, 1, 128, 128), (2, 0, 1, 90, 160)],
    3: [(1, 0, 1, 60, 104), (2, 0, 2, 45, 80), (1, 0, 7, 44, 80), (1, 0, 12, 32, 32), (1, 0, 21, 60, 104)],
}
OWN = {"ace-dcae": [(1, 0, 1, 16, 100)], "minimax-h3-audio-vae": [(1, 0, 1, 2, 50), (1, 0, 1, 2, 900)]}
OWN |= {"ltx2-audio-vae": [(1, 0, 1, 125, 16)], "hunyuan3d-vae": [(2, 64, 1, 16, 4, 3072)]}
# TripoSplat's decoder is no part of ComfyUI's decode; a VAE that cannot encode has nothing to say of it.
WITHOUT = {"triposplat-decoder"}
# In a process of its own: it imports ComfyUI and pretends a card.
ASK = """
import json, sys
sys.path.insert(0, sys.argv[1])
from estimator.costs.law import Shape
from estimator.trace.checkout import open_checkout
checkout = open_checkout(sys.argv[2])
import torch
from estimator.errors import InputError
from estimator.trace import autoencoders
from estimator.trace.device import pretendable, pretended
from estimator.trace.grid import Row, rows
from estimator.trace.models import of_slug
ROWS = {row.headers[0]: row for row in rows().values() if row.headers}
said = {}
for slug, (dimensions, own) in json.loads(sys.argv[3]).items():
    with pretended(pretendable()):
        header = of_slug(slug)
        try:
            model = autoencoders.of_header(header, torch.bfloat16)
        except InputError:  # not known to this version, or not to be made without numbers
            continue
        row = ROWS.get(slug, Row(name=slug))
        for sides in own or dimensions[str(model.latent_dim)]:
            shape = Shape(*sides)
            latent = autoencoders.latent(model, row, header, shape).shape
            latent = (latent[0], shape.channels or latent[1], *latent[2:])
            asked = {"decode": (model.memory_used_decode, latent)}
            try:
                pixels = autoencoders.pixels(model, row, header, shape).shape
                asked["encode"] = (model.memory_used_encode, pixels)
            except RuntimeError:
                pass
            for operation, (formula, of) in asked.items():
                for dtype in (torch.bfloat16, torch.float32):
                    try:
                        bytes = float(formula(of, dtype))
                    except (RuntimeError, ValueError):
                        continue
                    key = (*sides[:1], latent[1], *sides[2:])
                    said.setdefault(slug, []).append([operation, key, dtype.itemsize, bytes])
print(json.dumps([checkout.version, said]))
"""


def slug_and_kind(root):
    """The headers that hold one VAE alone."""
    for path in sorted((root / "data" / "headers").glob("*.json.gz")):
        slug = path.name.removesuffix(".json.gz")
        found = identify(stand_in(slug, slug)).components
        if len(found) == 1 and found[0].id in VAES - WITHOUT:
            yield slug, found[0]


@pytest.fixture(scope="module")
def parts(root):
    """The component in each header of a VAE."""
    return dict(slug_and_kind(root))


@pytest.fixture(scope="module")
def said(root, comfyui, parts):
    """ComfyUI's version, and its own numbers for each header."""
    ask = {slug: (SHAPES, OWN.get(part.id, [])) for slug, part in parts.items()}
    done = subprocess.run(
        [sys.executable, "-c", ASK, str(root), str(comfyui), json.dumps(ask)], capture_output=True, text=True
    )
    assert 0 == done.returncode, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_every_vae_has_a_row(root):
    known = {kind for row in reserve._estimates() for kind in row.of}
    assert VAES - WITHOUT == known


def test_comfyui_reserves_what_the_rows_say(said, parts):
    version, numbers = said
    wrong = []
    for slug, asked in numbers.items():
        for operation, sides, element, expected in asked:
            if not getattr(reserve.vae_estimate(parts[slug].id, version), operation):
                continue  # no node of ComfyUI asks for it
            own = reserve.vae(parts[slug], element, "nvidia", Shape(*sides), operation, version)
            if own is None or own != pytest.approx(expected, rel=1e-4, abs=1):
                wrong.append((slug, operation, sides, element, own, expected))
    assert [] == wrong
    assert len(numbers) >= 15


@pytest.mark.parametrize(
    ("comfy", "mib"), [("0.3.75", 16 * 7000), ("0.33.0", 16 * 2200)], ids=["0.3.75", "0.33.0"]
)
def test_one_frame_was_counted_as_a_video_before(root, comfy, mib):
    (part,) = identify(stand_in("vae", "wan_2.1_vae")).components
    assert mib * 2**20 == reserve.vae(part, 2, "nvidia", Shape(1, 16, 1, 256, 512), "decode", comfy)


def test_an_amd_card_is_asked_for_more(root):
    (part,) = identify(stand_in("vae", "ae")).components
    own = reserve.vae(part, 2, "amd", Shape(1, 16, 1, 128, 128), "decode", "0.33.0")
    assert round(2.73 * 4356 * 2**20) == pytest.approx(own, abs=1)
