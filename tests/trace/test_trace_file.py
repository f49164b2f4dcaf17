"""`trace FILE`: a model that no row knows becomes known, or says why not; nothing escapes to the caller."""

import json

import pytest
from headers import lay
from vram_forecast.estimator import facts
from vram_forecast.estimator.errors import InputError
from vram_forecast.estimator.formats import read
from vram_forecast.estimator.models import identify
from vram_forecast.estimator.options import latent
from vram_forecast.estimator.trace import request as tracing
from vram_forecast.estimator.trace.file import subject_of, trace
from vram_forecast.estimator.trace.process import Bounds
from vram_forecast.estimator.units import MIB

WIDTH, DOUBLE, SINGLE = 3072, 6, 11


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """A cache folder of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))


def flux(path, width=WIDTH):
    """A FLUX of a width and a depth that nobody published."""
    tensors = {}
    for name, (dtype, shape) in facts.header("flux1-dev")["tensors"].items():
        kind, _, rest = name.partition(".")
        most = {"double_blocks": DOUBLE, "single_blocks": SINGLE}.get(kind)
        if most is None or int(rest.split(".")[0]) < most:
            tensors[name] = (dtype, [width * (n // 3072) if n % 3072 == 0 else n for n in shape])
    return lay(path, tensors)


@pytest.fixture
def made_up(tmp_path):
    """A FLUX of a depth that nobody published."""
    return flux(tmp_path / "made_up.safetensors")


def test_a_flux_of_a_new_depth_is_traced_and_known_from_then_on(made_up, comfyui):
    found = trace(made_up, str(comfyui))
    assert ("Flux", "diffusion_model") == (found.comfy_class, found.role)
    assert (3, True) == (found.laws, found.worst_held_out <= 0.01)
    (one,) = (c for c in identify(read(made_up)).components if c.role == "diffusion_model")
    assert one.cost_table == f"@{one.architecture}"
    laws = facts.learned(one.architecture)["laws"]
    assert {"native", "cast"} == {law["storage"] for law in laws}


def test_one_shape_is_one_pass_with_what_comfyui_reserves_beside_it(made_up, comfyui):
    found = trace(made_up, str(comfyui), latent("1x16x128x128", 256))
    native = found.points[0]
    assert (1, 0.0) == (native.shape[0], float(found.laws))
    # 4 096 + 256 tokens of 2 304 channels: a forward holds some ten such streams in 16 bits, not a hundred.
    assert 5 < native.activations / ((4096 + 256) * WIDTH * 2) < 20
    assert 100 * MIB < native.activations < native.comfy_reserves
    assert not facts.anything_learned()


def test_a_flux_of_a_new_width_is_traced_where_its_comfyui_can_run_it(tmp_path, comfyui):
    try:
        found = trace(flux(tmp_path / "wide.safetensors", 2304), str(comfyui), latent("1x16x64x64", 256))
    except InputError as error:  # ComfyUI 0.3.75 builds 24 heads whatever the width
        assert "positional dim 96" in str(error)
    else:
        assert found.points[0].activations > 0


def test_a_model_that_comfyui_does_not_know_is_unknown_with_its_reason(tmp_path, comfyui):
    strange = {f"blocks.{i}.strange.weight": ("F16", [64, 64]) for i in range(20)}
    with pytest.raises(InputError, match="unknown: ComfyUI detects no diffusion model"):
        trace(lay(tmp_path / "x.safetensors", strange), str(comfyui))


def test_a_tracing_process_that_cannot_start_is_a_problem_and_no_exception(made_up):
    answer = tracing.ask(tracing.request(subject_of(read(made_up)), "/no/comfyui/here"))
    assert "no ComfyUI here" in answer.problem or "no torch" in answer.problem


def test_a_python_without_torch_says_what_to_do(made_up, monkeypatch):
    monkeypatch.setattr(tracing.importlib.util, "find_spec", lambda name: None)
    answer = tracing.ask(tracing.request(subject_of(read(made_up)), "/no/comfyui/here"))
    assert "run it with the Python of your ComfyUI" in answer.problem


def test_a_tracing_process_that_takes_too_long_is_a_problem_and_no_exception(made_up, torch):
    answer = tracing.ask(tracing.request(subject_of(read(made_up)), "/no/comfyui/here"), Bounds(seconds=0.01))
    assert "did not finish" in answer.problem


def test_a_file_with_nothing_to_trace_says_what_it_holds(sparse_model, tmp_path):
    with pytest.raises(InputError, match="CLIP-L"):
        subject_of(read(sparse_model("clip_l", tmp_path / "c.safetensors")))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("", ()),
        ("2x16x128x96", (2, 16, 1, 128, 96, 7)),
        ("1x16x21x60x104", (1, 16, 21, 60, 104, 7)),
        ("1x64x1024", (1, 64, 1, 1, 1024, 7)),
    ],
)
def test_a_latent_is_written_with_its_sides(written, expected):
    assert expected == latent(written, 7)


@pytest.mark.parametrize("written", ["1024", "1x2", "axb", "1x16x0x4", "1x16x128x128x", "1x2x3x4x5x6"])
def test_what_is_no_latent_is_bad_input(written):
    with pytest.raises(InputError, match="--shape"):
        latent(written)


def test_a_broken_file_of_what_was_traced_is_as_none(made_up):
    one = subject_of(read(made_up))
    facts.learn(one.architecture, {"kind": {"id": 3}, "laws": [{"nothing": "useful"}]})
    (path,) = (facts.user_folder() / "traced").iterdir()
    for content in (b"{", b"[1]", json.dumps({"laws": 3, "kind": []}).encode()):
        path.write_bytes(content)
        assert identify(read(made_up)).components is not None
