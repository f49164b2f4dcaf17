"""Every official template is forecast, known or not, without an exception, and in time for a queue button."""

import gc
import importlib.util
import json
import time
from pathlib import Path

import comfyui_workflow_templates_json
import pytest
from prompts import nowhere
from vram_forecast.estimator import check, encode, render
from vram_forecast.estimator.errors import InputError
from vram_forecast.estimator.options import machine

TEMPLATES = sorted((Path(comfyui_workflow_templates_json.__file__).parent / "templates").glob("*.json"))
HERE = machine(gpu="rtx-3060-12gb", ram=32, system="linux")
# Templates of the families that are known, and what is said of them on that machine.
KNOWN = {
    "flux1_krea_dev": "streamed",
    "flux_dev_checkpoint_example": "streamed",
    "flux_dev_full_text_to_image": "streamed",
    "flux_schnell_full_text_to_image": "streamed",
    "hunyuan_video_text_to_video": "streamed",
    "image_anima_preview": "resident",
    "image_chroma_text_to_image": "resident",
    "image_flux2_klein_text_to_image": "resident",
    "image_flux2_text_to_image": "streamed",
    "image_ovis_text_to_image": "streamed",
    "image_qwen_image": "streamed",
    "image_sdxl_simple": "resident",
    "image_z_image_turbo": "streamed",
    "sd3.5_simple_example": "resident",
    "sdxl_refiner_prompt_example": "resident",
    "sdxl_simple_example": "resident",
    "video_wan2_2_14B_i2v": "streamed",
    "video_wan2_2_14B_t2v": "streamed",
}


@pytest.fixture
def only_its_own_garbage():
    """Leaves what other tests keep in memory out of the garbage collector's rounds, which take seconds."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def test_every_template_is_forecast_and_only_lists_of_templates_are_refused(only_its_own_garbage):
    refused = []
    for path in TEMPLATES:
        began = time.process_time()  # of the processor: a busy machine is not this program's fault
        try:
            found = check(path, HERE, nowhere, suggestions=0)
        except InputError:
            refused.append(path.name)
            continue
        assert json.loads(encode(found))["verdict"] == found.forecast.verdict
        fits = [one for one in found.forecast.steps if one.verdict in ("resident", "streamed")]
        assert all(one.tight or one.vram_peak.best <= HERE.device.total for one in fits), path.name
        assert render(found, 80)
        assert time.process_time() - began < 1, path.name
    assert len(TEMPLATES) > 600
    assert [name for name in refused if "index" not in name] == ["fuse_options.json"]


@pytest.fixture(scope="module")
def measured(root):
    """What `benchmarks/templates.py` finds of the templates that run local models."""
    spec = importlib.util.spec_from_file_location("templates", root / "benchmarks" / "templates.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    here = machine(gpu="rtx-4090", ram=64, system="linux")
    folder = module.folder()
    return module, [module.judged(folder / f"{name}.json", here) for name in module.local(folder)]


def test_nearly_all_nodes_of_the_local_templates_are_understood(measured):
    module, rows = measured
    found = module.summary(rows)
    assert 208 == found["templates"]
    assert "refused" not in found["verdicts"]
    assert 0.975 < found["understood"]


def test_the_page_of_templates_says_what_is_so(measured, root):
    module, rows = measured
    assert module.page(rows) + "\n" == (root / "docs" / "templates.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "verdict"), KNOWN.items(), ids=KNOWN)
def test_a_template_of_a_known_family_gets_its_verdict(name, verdict):
    (path,) = [path for path in TEMPLATES if path.stem == name]
    found = check(path, HERE, nowhere).forecast
    assert (found.verdict, found.unknown) == (verdict, ())
