"""Laws: which one answers, what it says beyond what was traced, and that it never goes the wrong way."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vram_forecast.estimator import facts
from vram_forecast.estimator.costs import Law, Shape, cost

NAMES = [name.removeprefix("costs/") for name in facts.names("costs")]
SQUARE = Shape(1, 16, 1, 128, 128, 256)


def flux(shape=SQUARE, comfy="0.33.0", storage="native", compute_bytes=2):
    """The cost of one pass of FLUX.1."""
    return cost("flux", "forward", shape, comfy=comfy, storage=storage, compute_bytes=compute_bytes)


def laws(name):
    """The typed rows of a law file."""
    return msgspec.convert(facts.table(f"costs/{name}")["law"], list[Law])


@pytest.mark.parametrize(
    ("name", "operation", "compute_bytes"),
    [("no-such-model", "forward", 2), ("flux", "decode", 2), ("flux", "forward", 8)],
)
def test_there_is_no_cost_where_there_is_no_law(name, operation, compute_bytes):
    found = cost(name, operation, SQUARE, comfy="0.33.0", storage="native", compute_bytes=compute_bytes)
    assert found is None


@pytest.mark.parametrize("storage", ["native", "cast"])
def test_no_text_length_means_the_models_usual_one(storage):
    unsaid = msgspec.structs.replace(SQUARE, text_tokens=0)
    assert flux(SQUARE, storage=storage) == flux(unsaid, storage=storage)


def test_weights_that_are_cast_cost_a_layer_more_and_say_which():
    native, cast = flux(storage="native"), flux(storage="cast")
    assert 0 == native.cast
    assert native.activations.best < cast.activations.best < native.activations.best + cast.cast


def test_a_text_encoder_in_fp8_casts_its_embedding_whole():
    prompt = Shape(1, 0, 1, 1, 1, 256)
    half, fp8 = (
        cost("t5xxl", "encode_text", prompt, comfy="0.33.0", storage=storage, compute_bytes=4)
        for storage in ("cast", "cast_fp8")
    )
    assert 0 < half.cast < half.activations.best < fp8.cast < fp8.activations.best


def test_a_sampler_in_fp8_is_cast_as_any_other():
    assert flux(storage="cast") == flux(storage="cast_fp8")


@pytest.mark.parametrize("comfy", ["0.33.0", "v0.33.0", "0.33.0-15-g1234567", "0.33.0+local"])
def test_a_version_is_read_as_git_and_pip_write_it(comfy):
    assert flux() == flux(comfy=comfy)


@pytest.mark.parametrize(("comfy", "like"), [("0.3.0", "0.3.75"), ("0.18.2", "0.3.75"), ("0.40.0", "0.33.0")])
def test_a_version_that_was_not_traced_takes_the_nearest_older_law_with_more_doubt(comfy, like):
    found, traced = flux(comfy=comfy).activations, flux(comfy=like).activations
    assert (traced.best, "modelled") == (found.best, found.basis)
    assert found.low < traced.low
    assert found.high > traced.high


def test_the_band_between_two_versions_reaches_to_both():
    between = flux(comfy="0.18.2").activations
    for comfy in ("0.3.75", "0.33.0"):
        assert between.low <= flux(comfy=comfy).activations.best <= between.high


def test_the_band_widens_beyond_the_grid():
    huge = flux(Shape(1, 16, 1, 1024, 1024)).activations
    assert "modelled" == huge.basis
    assert huge.high / huge.best > flux().activations.high / flux().activations.best


def test_one_frame_and_a_video_go_by_laws_of_their_own():
    one, video = (
        cost("vae-wan21", "decode", at, comfy="0.33.0", storage="native", compute_bytes=2)
        for at in (Shape(1, 16, 1, 60, 104), Shape(1, 16, 21, 60, 104))
    )
    assert one.activations.best < video.activations.best / 5


sizes = st.integers(8, 512)
shapes = st.builds(
    Shape,
    st.integers(1, 16),
    st.just(16),
    st.sampled_from([1, 5, 21, 41]),
    sizes,
    sizes,
    st.integers(0, 1024),
)


# Where more may cost less: VAEs that split their work into chunks by its size, and two laws of FLOPs that
# were fitted on sizes of some hundred pixels and fall to nothing far beyond them.
FALLS = {
    "vae-ltx2": {"activations"},
    "vae-ltx23": {"activations"},
    "vae-ltxv": {"activations", "largest_conv"},
    "vae-minimax-h3": {"activations"},
    "vae-seedvr2": {"largest_conv"},
    "vae-cogvideox": {"flops"},
    "latent-upscaler-ltx2-15": {"flops"},
}


@given(name=st.sampled_from(NAMES), shape=shapes, more=st.sampled_from(["batch", "height", "width"]))
def test_more_never_costs_less(name, shape, more):
    law = laws(name)[0]
    larger = msgspec.structs.replace(shape, **{more: getattr(shape, more) + 8})
    smaller, greater = (
        cost(name, law.operation, at, comfy="0.33.0", storage=law.storage, compute_bytes=law.compute_bytes)
        for at in (shape, larger)
    )
    assert 0 < smaller.activations.low <= smaller.activations.best <= smaller.activations.high
    falls = FALLS.get(name, ())
    assert "activations" in falls or smaller.activations.best <= greater.activations.best
    assert "flops" in falls or smaller.flops <= greater.flops
    assert "largest_conv" in falls or smaller.largest_conv <= greater.largest_conv


@pytest.mark.parametrize("name", NAMES)
def test_a_law_says_where_it_is_from_and_how_well_it_fits(name):
    for law in laws(name):
        assert law.versions and law.torch and law.source
        assert {len(law.features)} == {len(piece) for piece in law.pieces}
        assert len(law.flops_features) == len(law.flops)
        assert law.band >= max(law.worst_on_grid, law.worst_held_out)


@pytest.mark.parametrize("name", NAMES)
def test_each_version_has_one_law_for_each_case(name):
    cases = [
        (version, law.operation, law.storage, law.compute_bytes, law.range["frames"], law.range.get("batch"))
        for law in laws(name)
        for version in law.versions
    ]
    assert len(cases) == len(set(cases))
