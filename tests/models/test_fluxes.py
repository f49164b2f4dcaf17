"""FLUX.1's other releases, FLUX.2, Chroma and the picture models like them: told from their headers."""

import pytest
from vram_forecast.estimator import facts
from vram_forecast.estimator.formats import Tensor, read
from vram_forecast.estimator.models import identify, match, rows

# header: row, then what is published of its size (in GB as hosts show it, or parameters in billions).
CASES = {
    "flux1-fill-dev": ("flux-fill", 23.8),
    "flux1-canny-dev": ("flux-control", 23.8),
    "longcat_image_bf16": ("longcat-image", 12.5),
    "ovis_image_bf16": ("ovis-image", 14.7),
    "flux2-dev": ("flux2-dev", 64.446596),
    "flux-2-klein-4b": ("flux2-klein-4b", 7.751106),
    "flux-2-klein-9b": ("flux2-klein-9b", 18.157185),
    "Chroma1-HD": ("chroma", 2 * 8.9),
    "chroma-radiance-x0": ("chroma-radiance", 19.0),
    "krea2": ("krea2", 25.6),
    "ideogram4": ("ideogram4", 2 * 9.28),
    "ernie-image": ("ernie-image", 16.1),
    "lens_bf16": ("lens", 8.21),
    "mage_flow_bf16": ("mage-flow", 8.23),
}
OWN = {
    "flux1-dev": "flux-dev",
    "flux1-schnell": "flux-schnell",
    **{key: one for key, (one, _) in CASES.items()},
}


def tensors_of(slug, prefix=""):
    """A header's tensors as a file holds them."""
    kept = facts.header(slug)["tensors"]
    return {
        prefix + name: Tensor(prefix + name, dtype, tuple(shape)) for name, (dtype, shape) in kept.items()
    }


def told(tensors):
    """The ids of the rows that match, endings left out."""
    return [one.row.id for one in match(tensors)[0]]


@pytest.mark.parametrize(("slug", "expected"), CASES.items(), ids=CASES)
def test_a_model_is_told_by_one_row_and_has_the_bytes_it_is_published_with(
    slug, expected, sparse_model, tmp_path
):
    (found,) = identify(read(sparse_model(slug, tmp_path / "m.safetensors"))).components
    assert (expected[0], "diffusion_model") == (found.id, found.role)
    assert found.file_bytes / 1e9 == pytest.approx(expected[1], rel=0.005)


@pytest.mark.parametrize("prefix", ["model.diffusion_model.", "diffusion_model."])
@pytest.mark.parametrize("slug", OWN)
def test_a_model_is_told_under_the_usual_prefixes(slug, prefix):
    assert [OWN[slug]] == told(tensors_of(slug, prefix))


def test_a_file_of_mixed_types_has_the_published_bytes_and_says_what_its_layers_are(sparse_model, tmp_path):
    (found,) = identify(read(sparse_model("flux2_dev_fp8mixed", tmp_path / "m.safetensors"))).components
    assert ("flux2-dev", "F8_E4M3", "f8_e4m3_scaled") == (found.id, found.majority, found.quantization)
    assert found.file_bytes / 1e9 == pytest.approx(35.455600, rel=1e-5)


def narrowed(tensors, factor):
    """The same model at a width that is `factor` times as large."""
    return {
        name: Tensor(
            name,
            one.dtype,
            tuple(side // 3072 * factor * 1024 if side % 3072 == 0 else side for side in one.shape),
        )
        for name, one in tensors.items()
    }


def without(tensors, block):
    """The same model, one block less."""
    return {name: one for name, one in tensors.items() if not name.startswith(block)}


@pytest.mark.parametrize(
    ("slug", "expected"),
    [
        ("flux1-dev", "flux-other"),
        ("flux1-schnell", "flux-other-distilled"),
        ("flux-2-klein-4b", "flux2-other"),
    ],
)
def test_another_width_or_depth_is_of_the_family_and_has_no_costs(slug, expected):
    known = tensors_of(slug)
    shallower = (
        without(known, "single_blocks.19.") if "klein" in slug else without(known, "double_blocks.18.")
    )
    for other in (narrowed(known, 2), shallower):
        found, refused = match(other)
        assert [expected] == [one.row.id for one in found]
        assert "" == found[0].row.costs
        assert {row.id for row in rows()} == {expected, *(one.id for one in refused)}


def test_a_published_size_is_not_also_of_another_size():
    reasons = {one.id: one.reason for one in match(tensors_of("flux1-dev"))[1]}
    assert "told as `flux-dev`" == reasons["flux-other"]


def test_flux_is_not_taken_for_a_controlnet_made_of_its_blocks():
    controlnet = tensors_of("flux1-dev") | {"controlnet_blocks.0.weight": Tensor("x", "BF16", (3072, 3072))}
    assert not [one for one in told(controlnet) if one.startswith("flux")]
