"""Packs that move their models by themselves: what fits whole, and what only in parts."""

import pytest
from prompts import node, nowhere
from vram_forecast.estimator import check
from vram_forecast.estimator.options import machine

MODEL = "wan2.2_t2v_low_noise_14B_fp8_scaled.safetensors"  # 13.3 GiB


def wrapped(swap):
    """A short video by WanVideoWrapper, with or without blocks to swap."""
    found = {
        "1": node("WanVideoModelLoader", model=MODEL, quantization="disabled", base_precision="bf16"),
        "2": node("LoadWanVideoT5TextEncoder", model_name="umt5_xxl_fp8_e4m3fn_scaled.safetensors"),
        "3": node("WanVideoVAELoader", model_name="wan_2.1_vae.safetensors", precision="bf16"),
        "4": node("WanVideoTextEncode", t5=["2", 0], positive_prompt="a tower", negative_prompt="static"),
        "5": node("WanVideoEmptyEmbeds", width=832, height=480, num_frames=17),
        "6": node("WanVideoBlockSwap", blocks_to_swap=20),
        "7": node("WanVideoSetBlockSwap", model=["1", 0], block_swap_args=["6", 0]),
        "9": node("WanVideoDecode", vae=["3", 0], samples=["8", 0], enable_vae_tiling=False),
        "10": node("VHS_VideoCombine", images=["9", 0], frame_rate=16),
    }
    sampler = {"steps": 4, "cfg": 1.0, "denoise_strength": 1.0, "start_step": 0, "end_step": -1}
    links = {"model": ["7" if swap else "1", 0], "image_embeds": ["5", 0], "text_embeds": ["4", 0]}
    found["8"] = node("WanVideoSampler", batched_cfg=False, **sampler, **links)
    return found


@pytest.mark.parametrize(
    "card, swap, verdict",
    [(24, False, "resident"), (12, False, "oom"), (12, True, "streamed"), (24, True, "resident")],
)
def test_a_model_that_is_moved_whole_needs_room_for_all_of_it(card, swap, verdict):
    here = machine(vram=card, ram=64, system="linux")
    assert check(wrapped(swap), here, nowhere).forecast.verdict == verdict
