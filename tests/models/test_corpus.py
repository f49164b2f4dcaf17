"""Our answer for every header beside ComfyUI's own, which tools/make_corpus.py put in tests/corpus/."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from vram_forecast.estimator.formats import size
from vram_forecast.estimator.models import identify, match, rows
from vram_forecast.estimator.models.published import stand_in
from vram_forecast.estimator.workflow.latents import latent_format

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "tests" / "corpus"
SAMPLE = (
    "flux1-fill-dev",
    "sd3.5_medium",
    "wan2.1_vace_1.3B_fp16",
    "wan2.2_vae",
    "lumina2_bf16",
    "t5xxl_fp16",
)
# In a process of its own: it imports ComfyUI and pretends a card.
ASK = """
import json, sys
sys.path.insert(0, sys.argv[1] + "/tools")
import make_corpus
checkout = make_corpus.open_checkout(sys.argv[2])
from estimator.trace.device import pretendable, pretended
with pretended(pretendable()):
    found = {slug: make_corpus.case(slug) for slug in sys.argv[3:]}
print(json.dumps([checkout.version, found]))
"""
SLUGS = sorted(path.name.removesuffix(".json.gz") for path in (ROOT / "data" / "headers").glob("*.json.gz"))
NEWEST = "0.33.0"


def answer(slug):
    """ComfyUI 0.33.0's answer for the components of a header, by our ids."""
    return json.loads((CORPUS / slug / "expected.json").read_text())[NEWEST]


def components(slug):
    return {one.id: one for one in identify(stand_in(slug, slug)).components}


def held(component):
    """Bytes with the layers that ComfyUI keeps in a type of their own."""
    found = 0
    for tensor in component.tensors:
        own = (dtype for start, dtype in component.fixed.items() if tensor.name.startswith(start))
        found += size(tensor.parameters, next(own, tensor.dtype))
    return found


def test_every_header_has_a_case_and_every_case_a_header():
    assert sorted(path.parent.name for path in CORPUS.glob("*/expected.json")) == SLUGS


@pytest.mark.parametrize("slug", SLUGS)
def test_a_header_is_split_into_parts_that_one_row_claims_each(slug):
    found, _ = match(stand_in(slug, slug).tensors)
    parts = [(one.row.role, one.prefix) for one in found]
    assert parts
    assert len(set(parts)) == len(parts)
    assert set(components(slug)) >= set(answer(slug))


@pytest.mark.parametrize("slug", SLUGS)
def test_a_diffusion_model_is_what_comfyui_detects(slug):
    for name, one in answer(slug).items():
        ours = components(slug)[name]
        if one["role"] != "diffusion_model" or "problem" in one:
            continue
        assert one["comfy_class"] == ours.comfy_class
        if ours.latent:
            assert (one["latent"], one["channels"]) == (ours.latent, latent_format(ours.latent).channels)


@pytest.mark.parametrize("slug", SLUGS)
def test_a_component_has_the_bytes_of_comfyuis_own_module(slug):
    for name, one in answer(slug).items():
        if "bytes" in one and one["role"] == "diffusion_model":
            ours = components(slug)[name]
            plain = not ours.quantization and len(ours.by_dtype) == 1
            assert not plain or one["bytes"] == pytest.approx(held(ours), rel=1e-3)


@pytest.mark.parametrize("slug", SLUGS)
def test_no_tensor_is_counted_in_two_components(slug):
    table = stand_in(slug, slug)
    claimed = [one.prefix + tensor.name for one in components(slug).values() for tensor in one.tensors]
    of_the_file = [name for name in claimed if name in table.tensors]
    assert of_the_file
    assert len(of_the_file) == len(set(of_the_file))


@pytest.mark.parametrize("slug", SLUGS)
def test_a_vae_is_the_class_that_comfyui_makes(slug):
    for name, one in answer(slug).items():
        if one["role"] == "vae" and "problem" not in one:
            assert one["comfy_class"] == components(slug)[name].comfy_class


def test_one_kind_of_text_encoder_of_comfyui_is_one_family_or_more_and_never_shared():
    kinds = {}
    for slug in SLUGS:
        for name, one in answer(slug).items():
            if one["role"] == "text_encoder" and one.get("te_model"):
                kinds.setdefault(components(slug)[name].family, set()).add(one["te_model"])
    assert kinds
    assert {} == {family: found for family, found in kinds.items() if len(found) > 1}


@pytest.mark.parametrize("slug", SLUGS)
def test_what_does_not_match_says_why(slug):
    refusals = identify(stand_in(slug, slug)).refusals
    assert all(one.reason for one in refusals)
    assert len(refusals) + len(identify(stand_in(slug, slug)).components) == len(rows())


def test_what_comfyui_said_it_says_still(root, comfyui, tmp_path):
    """A few headers of every role, asked of the ComfyUI of the test environment again."""
    done = subprocess.run(
        [sys.executable, "-c", ASK, str(root), str(comfyui), *SAMPLE], capture_output=True, text=True
    )
    assert 0 == done.returncode, done.stderr
    version, found = json.loads(done.stdout.splitlines()[-1])
    for slug in SAMPLE:
        known = json.loads((CORPUS / slug / "expected.json").read_text())
        if version in known:
            assert known[version] == found[slug], slug
