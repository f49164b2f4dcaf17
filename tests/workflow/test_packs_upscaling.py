"""Ultimate SD Upscale: a picture enlarged, then sampled again tile by tile."""

from looking import SAMPLING, lowered, sdxl, sizes, steps
from prompts import node


def upscaled(**widgets):
    """A picture of 1024 x 1024 made twice as large, in tiles of 512."""
    links = {"model": ["1", 0], "positive": ["5", 0], "negative": ["6", 0], "vae": ["1", 2]}
    tiles = {"upscale_by": 2.0, "tile_width": 512, "tile_height": 512, "tile_padding": 32, "batch_size": 1}
    tiles |= {"mode_type": "Linear", "seam_fix_mode": "None", "tiled_decode": False}
    return sdxl() | {
        "2": node("EmptyImage", width=1024, height=1024, batch_size=1, color=0),
        "3": node("UpscaleModelLoader", model_name="RealESRGAN_x4plus.pth"),
        "4": node(
            "UltimateSDUpscale",
            image=["2", 0],
            upscale_model=["3", 0],
            **(SAMPLING | links | tiles | widgets),
        ),
        "10": node("SaveImage", images=["4", 0], filename_prefix="x"),
    }


def test_a_tiled_upscaler_samples_every_tile_at_the_size_of_a_tile():
    work = lowered(upscaled())
    side = (512 + 32) // 8
    assert sizes(work, "sample") == [(1, side, side, 20 * 16)]
    assert sizes(work, "encode_image") == sizes(work, "decode") == [(1, side, side, 16)]
    assert [step.components for step in steps(work, "upscale")]


def test_a_tile_that_reaches_past_the_picture_is_a_tile_too():
    assert sizes(lowered(upscaled(upscale_by=2.1)), "sample")[0][3] == 20 * 25


def test_tiles_can_be_sampled_several_at_once():
    (sample,) = steps(lowered(upscaled(batch_size=4)), "sample")
    assert (sample.shape.batch, sample.repeats) == (4, 20 * 4)


def test_seams_are_sampled_on_top():
    assert sizes(lowered(upscaled(seam_fix_mode="Half Tile")), "sample")[0][3] == 20 * (16 + 24)
    assert sizes(lowered(upscaled(seam_fix_mode="Half Tile + Intersections")), "sample")[0][3] == 20 * (
        16 + 33
    )
    assert sizes(lowered(upscaled(seam_fix_mode="Band Pass")), "sample")[0][3] == 20 * (16 + 6)


def test_a_tiled_upscaler_can_decode_in_tiles():
    assert [step.tile for step in steps(lowered(upscaled(tiled_decode=True)), "decode")] == [64]
