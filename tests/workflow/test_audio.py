"""Sounds and their latents: as long as ComfyUI 0.33.0's own nodes make them."""

import pytest
from at_work import BOTH, node, sides, sound, vae, whole, work


@pytest.mark.parametrize(
    ("class_type", "widgets", "expected"),
    [
        ("EmptyLatentAudio", {"seconds": 47.6}, (2, 1, 1, 1024)),
        ("EmptyAceStepLatentAudio", {"seconds": 120.0}, (2, 1, 16, 1291)),
        ("EmptyAceStep1.5LatentAudio", {"seconds": 120.0}, (2, 1, 1, 3000)),
        ("EmptyMiniMaxMusic3LatentAudio", {"seconds": 120.0}, (2, 1, 1, 10335)),
    ],
)
def test_an_empty_sound_has_its_model_s_steps(class_type, widgets, expected):
    gives, _ = work(class_type, batch_size=2, **widgets)
    assert sides(gives[0]) == expected


OPEN = node("CheckpointLoaderSimple", ckpt_name="stable-audio-open-1.0.safetensors")
ACE = node("CheckpointLoaderSimple", ckpt_name="ace_step_v1_3.5b.safetensors")
ACE15 = vae("ace_1.5_vae.safetensors")


@pytest.mark.parametrize(
    ("decoder", "latent", "rate", "samples"),
    [
        ((OPEN, 2), "EmptyLatentAudio", 44100, 216 * 2048),
        ((ACE, 2), "EmptyAceStepLatentAudio", 44100, 107 * 4096),
        (ACE15, "EmptyAceStep1.5LatentAudio", 48000, 480000),
    ],
    ids=["Stable Audio Open", "ACE-Step 1", "ACE-Step 1.5"],
)
def test_a_vae_gives_sound_at_its_own_rate(decoder, latent, rate, samples):
    gives, (step,) = work("VAEDecodeAudio", {"samples": node(latent, seconds=10.0), "vae": decoder})
    assert (gives[0].rate, gives[0].samples) == (rate, samples)
    assert step.output == samples * 2 * 4


def test_a_sound_is_brought_to_the_rate_of_its_vae_and_cut_to_whole_steps():
    inputs = {"audio": sound(10, 24000), "vae": vae("ace_1.5_vae.safetensors")}
    gives, (step,) = work("VAEEncodeAudio", inputs)
    assert sides(gives[0]) == (1, 1, 1, 250)
    assert (step.law, sides(step.shape)) == ("encode", (1, 1, 1, 250))


def test_the_sound_of_a_checkpoint_is_not_its_pictures():
    prompt = {
        "1": node("CheckpointLoaderSimple", ckpt_name="ltx-2-19b-dev.safetensors"),
        "2": node("LTXVAudioVAELoader", ckpt_name="ltx-2-19b-dev.safetensors"),
    }
    (pictures, heard) = (whole(prompt, name)[0][slot].component for name, slot in (("1", 2), ("2", 0)))
    assert (pictures.rpartition("/")[2], heard.rpartition("/")[2]) == ("ltx2-vae", "ltx2-audio-vae")


def test_a_vae_of_pictures_hears_nothing():
    _, (step,) = work("VAEDecodeAudio", {"samples": node("EmptyLatentAudio"), "vae": vae("ae.safetensors")})
    assert step.unknown == "its VAE is of no sound that we know"


def test_of_a_video_with_its_sound_the_sound_is_decoded():
    prompt = {
        "1": node("EmptyMiniMaxH3LatentAV", width=768, height=512, length=124),
        "2": vae("minimax_h3_audio_vae_fp32.safetensors"),
        "3": node("VAEDecodeAudio", samples=["1", 0], vae=["2", 0]),
    }
    (audio,), (step,) = whole(prompt, "3")
    assert sides(step.shape) == (1, 1, 2, 207)
    assert (audio.samples, audio.rate) == (207 * 800, 32000)


@pytest.mark.parametrize(
    ("start", "length", "samples"), [(0, 5, 220500), (-4, 2, 88200), (9, 5, 44100), (1, 100, 396900)]
)
def test_a_sound_is_trimmed_in_seconds(start, length, samples):
    gives, _ = work("TrimAudioDuration", {"audio": sound(10)}, start_index=start, duration=length)
    assert gives[0].samples == samples


def test_sounds_are_joined_at_the_higher_rate():
    inputs = {"audio1": sound(2, 22050), "audio2": sound(1, 44100)}
    assert work("AudioConcat", inputs, direction="after")[0][0].samples == 3 * 44100
    assert work("AudioMerge", inputs, merge_method="add")[0][0].samples == 2 * 44100


def test_an_encoder_hears_sixteen_thousand_samples_a_second():
    encoder = node("AudioEncoderLoader", audio_encoder_name="wav2vec2-chinese-base_fp16.safetensors")
    _, (step,) = work("AudioEncoderEncode", {"audio_encoder": encoder, "audio": sound(10)})
    assert (step.law, step.shape.width) == ("encode_audio", 160000)


def planned(cfg, codes=True):
    encoders = ("qwen_0.6b_ace15.safetensors", "qwen_1.7b_ace15.safetensors")
    clip = node("DualCLIPLoader", clip_name1=encoders[0], clip_name2=encoders[1], type="ace")
    said = {"tags": "pop", "lyrics": "la " * 100, "cfg_scale": cfg, "generate_audio_codes": codes}
    return work("TextEncodeAceStepAudio1.5", {"clip": clip}, duration=60.5, **said)[1]


def test_a_planner_of_sounds_writes_five_codes_a_second():
    read, listened, plan, codes = planned(2.0)
    assert [len(one.tokens) for one in (read, listened)] == [1, 1]
    assert (plan.law, plan.shape.batch, plan.shape.width) == ("prefill", 2, 305)
    assert (codes.law, codes.repeats, codes.shape.text_tokens) == (
        "write_token",
        305,
        plan.shape.text_tokens + 305,
    )
    assert "17b" in plan.components[0]
    assert planned(1.0)[2].shape.batch == 1
    assert len(planned(2.0, codes=False)) == 2


def test_what_an_encoder_writes_is_not_known_but_is_encoded_again():
    prompt = {
        "1": node("CLIPLoader", clip_name="gemma_3_12B_it_fp8_scaled.safetensors", type="ltxv"),
        "2": node("TextGenerateLTX2Prompt", clip=["1", 0], prompt="a cat", max_length=256),
        "3": node("CLIPTextEncode", clip=["1", 0], text=["2", 0]),
    }
    (text,), (read, wrote) = whole(prompt, "2")
    assert "not known" in text.reason
    assert (read.kind, read.law, wrote.law, wrote.repeats) == ("other", "prefill", "write_token", 256)
    assert whole(prompt, "3")[0][0].tokens == 1024


def test_the_projection_of_ltx_2_is_loaded_with_its_encoder():
    files = {
        "text_encoder": "gemma_3_12B_it_fp8_scaled.safetensors",
        "ckpt_name": "ltx-2-19b-dev.safetensors",
    }
    clip = node("LTXAVTextEncoderLoader", **files, device="default")
    _, (step,) = work("CLIPTextEncode", {"clip": clip}, text="x")
    assert [key.rpartition("/")[2] for key in step.components] == ["gemma3-12b", "ltx2-text-projection"]
    assert step.tokens == (1024,)


def test_a_projection_in_the_encoder_s_own_file_is_loaded_with_it():
    clip = node("CLIPLoader", clip_name="gemma4-12b-with-proj-ltx-2.5-bf16.safetensors", type="ltxv")
    _, (step,) = work("CLIPTextEncode", {"clip": clip}, text="x")
    assert [key.rpartition("/")[2] for key in step.components] == ["gemma4-12b", "ltx23-text-projection"]


def test_conditionings_of_sound_keep_their_tokens():
    gives, _ = work("ConditioningStableAudio", BOTH, seconds_start=0.0, seconds_total=47.0)
    assert gives[0] == gives[1]
