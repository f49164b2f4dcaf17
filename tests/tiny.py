"""A checkpoint that ComfyUI loads and samples on the CPU in seconds: SD 1.5's shapes, as shallow as they go.

The UNet is one level of the 320 channels by which ComfyUI knows SD 1.5 (comfy/supported_models.py), with one
transformer; the VAE is TAESD; both hold small random numbers. CLIP-L has the twelve layers that ComfyUI gives
it whatever a file holds; of it all but norms and positions is a hole in the file, which reads as zeros.
"""

from math import prod
from pathlib import Path

from headers import lay
from prompts import checkpoint

FILE = "tiny-sd15.safetensors"
WIDTH, TIME, TEXT, LATENT, TAESD = 320, 1280, 768, 4, 64
Shapes = dict[str, tuple[int, ...]]


def picture(seed: int, side: int = 64, steps: int = 4) -> dict:
    """A prompt for a picture by it; node 10 saves it. Each seed has ComfyUI sample anew."""
    prompt = checkpoint(FILE, side=side, sampler="euler")
    prompt["8"]["inputs"] |= {"seed": seed, "steps": steps, "scheduler": "normal"}
    return prompt


def write(path: Path) -> Path:
    """The checkpoint at `path`, in 16 bits: 283 MB, of which some 37 lie on the disk."""
    import torch

    torch.manual_seed(1)
    text = {f"cond_stage_model.transformer.text_model.{name}": shape for name, shape in clip().items()}
    real = {f"model.diffusion_model.{name}": shape for name, shape in unet().items()}
    real |= {f"first_stage_model.{name}": shape for name, shape in vae().items()}
    real |= {name: text[name] for name in text if "norm" in name or "position" in name}

    def values(name: str, shape: tuple[int, ...]) -> bytes:
        if name.endswith(".bias"):
            numbers = torch.randn(shape) / 4
        elif len(shape) > 1:
            numbers = torch.randn(shape) / (prod(shape[1:]) ** 0.5)
        else:
            numbers = torch.full(shape, float("shift" not in name))
        return numbers.half().numpy().tobytes()

    contents = {name: values(name, shape) for name, shape in real.items()}
    return lay(path, {name: ("F16", shape) for name, shape in (text | real).items()}, contents=contents)


def with_bias(name: str, *shape: int) -> Shapes:
    """A layer and its bias; a norm is one with one dimension."""
    return {f"{name}.weight": shape, f"{name}.bias": shape[:1]}


def joined(*parts: tuple[str, Shapes]) -> Shapes:
    """Parts below their prefixes."""
    return {f"{prefix}.{name}": shape for prefix, part in parts for name, shape in part.items()}


def unet() -> Shapes:
    """One level: a residual block with a transformer in, one in the middle, two out."""
    return {
        **with_bias("time_embed.0", TIME, WIDTH),
        **with_bias("time_embed.2", TIME, TIME),
        **with_bias("input_blocks.0.0", WIDTH, LATENT, 3, 3),
        **joined(("input_blocks.1.0", residual(WIDTH)), ("input_blocks.1.1", transformer())),
        **joined(("middle_block.0", residual(WIDTH))),
        **joined(("output_blocks.0.0", residual(2 * WIDTH)), ("output_blocks.1.0", residual(2 * WIDTH))),
        **with_bias("out.0", WIDTH),
        **with_bias("out.2", LATENT, WIDTH, 3, 3),
    }


def residual(width: int) -> Shapes:
    """A residual block from `width` channels."""
    skip = with_bias("skip_connection", WIDTH, width, 1, 1) if width != WIDTH else {}
    return {
        **with_bias("in_layers.0", width),
        **with_bias("in_layers.2", WIDTH, width, 3, 3),
        **with_bias("emb_layers.1", WIDTH, TIME),
        **with_bias("out_layers.0", WIDTH),
        **with_bias("out_layers.3", WIDTH, WIDTH, 3, 3),
        **skip,
    }


def transformer() -> Shapes:
    """A transformer of one block between two convolutions."""
    block = {**attention(WIDTH, "attn1"), **attention(TEXT, "attn2")}
    block |= with_bias("ff.net.0.proj", 8 * WIDTH, WIDTH) | with_bias("ff.net.2", WIDTH, 4 * WIDTH)
    for norm in ("norm1", "norm2", "norm3"):
        block |= with_bias(norm, WIDTH)
    ends = with_bias("proj_in", WIDTH, WIDTH, 1, 1) | with_bias("proj_out", WIDTH, WIDTH, 1, 1)
    return with_bias("norm", WIDTH) | ends | joined(("transformer_blocks.0", block))


def attention(context: int, name: str) -> Shapes:
    """Attention to what is `context` wide."""
    keys = {f"{name}.{one}.weight": (WIDTH, context) for one in ("to_k", "to_v")}
    return {f"{name}.to_q.weight": (WIDTH, WIDTH), **keys, **with_bias(f"{name}.to_out.0", WIDTH, WIDTH)}


def vae() -> Shapes:
    """TAESD, whose layers ComfyUI numbers (comfy/taesd/taesd.py)."""
    inner = {f"taesd_encoder.{at}": TAESD for at in (2, 6, 10)} | {
        f"taesd_decoder.{at}": TAESD for at in (7, 12, 17)
    }
    blocks = [f"taesd_encoder.{at}" for at in (1, 3, 4, 5, 7, 8, 9, 11, 12, 13)]
    blocks += [f"taesd_decoder.{at}" for at in (3, 4, 5, 8, 9, 10, 13, 14, 15, 18)]
    found = {f"{name}.weight": (TAESD, TAESD, 3, 3) for name in inner}
    for block in blocks:
        for at in (0, 2, 4):
            found |= with_bias(f"{block}.conv.{at}", TAESD, TAESD, 3, 3)
    found |= with_bias("taesd_encoder.0", TAESD, 3, 3, 3) | with_bias("taesd_encoder.14", LATENT, TAESD, 3, 3)
    found |= with_bias("taesd_decoder.1", TAESD, LATENT, 3, 3) | with_bias("taesd_decoder.19", 3, TAESD, 3, 3)
    return found | {"vae_scale": (), "vae_shift": ()}


def clip() -> Shapes:
    """CLIP-L (comfy/sd1_clip_config.json)."""
    layer = with_bias("layer_norm1", TEXT) | with_bias("layer_norm2", TEXT)
    layer |= with_bias("mlp.fc1", 4 * TEXT, TEXT) | with_bias("mlp.fc2", TEXT, 4 * TEXT)
    for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
        layer |= with_bias(f"self_attn.{name}", TEXT, TEXT)
    return {
        "embeddings.token_embedding.weight": (49408, TEXT),
        "embeddings.position_embedding.weight": (77, TEXT),
        **joined(*((f"encoder.layers.{at}", layer) for at in range(12))),
        **with_bias("final_layer_norm", TEXT),
    }
