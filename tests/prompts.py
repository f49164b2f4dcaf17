"""Small API prompts for tests, built like the official templates; every file in them is a published one."""


def node(class_type, **inputs):
    return {"class_type": class_type, "inputs": inputs}


def flux(width=1024, height=1024, batch=1, steps=20, cfg=1.0, unet="flux1-dev.safetensors", dtype="default"):
    """FLUX.1 text to image."""
    return {
        "1": node("UNETLoader", unet_name=unet, weight_dtype=dtype),
        "2": node(
            "DualCLIPLoader",
            clip_name1="clip_l.safetensors",
            clip_name2="t5xxl_fp16.safetensors",
            type="flux",
            device="default",
        ),
        "3": node("VAELoader", vae_name="ae.safetensors"),
        "4": node("EmptySD3LatentImage", width=width, height=height, batch_size=batch),
        "5": node("CLIPTextEncode", text="a lighthouse", clip=["2", 0]),
        "6": node("ConditioningZeroOut", conditioning=["5", 0]),
        "8": node(
            "KSampler",
            model=["1", 0],
            positive=["5", 0],
            negative=["6", 0],
            latent_image=["4", 0],
            seed=1,
            steps=steps,
            cfg=cfg,
            sampler_name="euler",
            scheduler="simple",
            denoise=1.0,
        ),
        "9": node("VAEDecode", samples=["8", 0], vae=["3", 0]),
        "10": node("SaveImage", images=["9", 0], filename_prefix="x"),
    }


def checkpoint(name="sd_xl_base_1.0.safetensors", side=1024, batch=1, sampler="dpmpp_2m", cfg=7.0):
    """Text to image from an all-in-one checkpoint."""
    return {
        "1": node("CheckpointLoaderSimple", ckpt_name=name),
        "4": node("EmptyLatentImage", width=side, height=side, batch_size=batch),
        "5": node("CLIPTextEncode", text="a lighthouse", clip=["1", 1]),
        "6": node("CLIPTextEncode", text="blurry", clip=["1", 1]),
        "8": node(
            "KSampler",
            model=["1", 0],
            positive=["5", 0],
            negative=["6", 0],
            latent_image=["4", 0],
            seed=1,
            steps=25,
            cfg=cfg,
            sampler_name=sampler,
            scheduler="karras",
            denoise=1.0,
        ),
        "9": node("VAEDecode", samples=["8", 0], vae=["1", 2]),
        "10": node("SaveImage", images=["9", 0], filename_prefix="x"),
    }


def wan(width=832, height=480, length=81, cfg=3.5, steps=20):
    """Wan 2.2 text to video: two experts, half of the steps each."""

    def expert(noise, start, end, latent, loader):
        return node(
            "KSamplerAdvanced",
            model=[loader, 0],
            positive=["5", 0],
            negative=["6", 0],
            latent_image=latent,
            add_noise=noise,
            noise_seed=1,
            steps=steps,
            cfg=cfg,
            sampler_name="euler",
            scheduler="simple",
            start_at_step=start,
            end_at_step=end,
            return_with_leftover_noise="enable",
        )

    return {
        "1": node(
            "UNETLoader", unet_name="wan2.2_t2v_high_noise_14B_fp8_scaled.safetensors", weight_dtype="default"
        ),
        "11": node(
            "UNETLoader", unet_name="wan2.2_t2v_low_noise_14B_fp8_scaled.safetensors", weight_dtype="default"
        ),
        "2": node(
            "CLIPLoader", clip_name="umt5_xxl_fp8_e4m3fn_scaled.safetensors", type="wan", device="default"
        ),
        "3": node("VAELoader", vae_name="wan_2.1_vae.safetensors"),
        "4": node("EmptyHunyuanLatentVideo", width=width, height=height, length=length, batch_size=1),
        "5": node("CLIPTextEncode", text="a lighthouse", clip=["2", 0]),
        "6": node("CLIPTextEncode", text="static", clip=["2", 0]),
        "7": expert("enable", 0, steps // 2, ["4", 0], "1"),
        "8": expert("disable", steps // 2, 10000, ["7", 0], "11"),
        "9": node("VAEDecode", samples=["8", 0], vae=["3", 0]),
        "10": node("CreateVideo", images=["9", 0], fps=16),
        "12": node("SaveVideo", video=["10", 0], filename_prefix="x", format="auto", codec="auto"),
    }


def nowhere(folder, name):
    """A finder for a machine without models: published files stand for all of them."""
    return None


def guided(prompt, guider, schedule, sampler="euler"):
    """`prompt` sampled by SamplerCustomAdvanced (node 8), with a guider and a schedule of its own."""
    return prompt | {
        "20": guider,
        "21": schedule,
        "22": node("KSamplerSelect", sampler_name=sampler),
        "23": node("RandomNoise", noise_seed=1),
        "8": node(
            "SamplerCustomAdvanced",
            noise=["23", 0],
            guider=["20", 0],
            sampler=["22", 0],
            sigmas=["21", 0],
            latent_image=["4", 0],
        ),
    }
