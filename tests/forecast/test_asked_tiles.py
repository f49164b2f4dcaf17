"""What a tiled node comes to with a VAE that cuts by itself."""

import pytest
from vram_forecast.estimator.costs import Shape
from vram_forecast.estimator.forecast.retry import asked
from vram_forecast.estimator.workflow.latents import latent_format
from vram_forecast.estimator.workflow.values import Step

WHOLE = Shape(batch=1, channels=16, frames=31, height=90, width=160)
STEP = Step("1", "VAEDecodeTiled", "", "decode", (), "decode", WHOLE, tile=32, tile_frames=16, overlap=8)


@pytest.mark.parametrize(
    ("cell", "largest"),
    [("wan21", (16, 32, 32)), ("seedvr2_vae", (31, 32, 32)), ("minimaxh3video", (31, 90, 160))],
)
def test_minimax_takes_no_notice_of_tiles_and_seedvr2_none_of_frames(cell, largest):
    top = max(asked(STEP, latent_format(cell)), key=lambda one: one.frames * one.height * one.width)
    assert (top.frames, top.height, top.width) == largest
