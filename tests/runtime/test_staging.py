"""What the dynamic manager stages, beside what ComfyUI's own loader staged and what people's logs say."""

import json
import subprocess
import sys
import zlib

import get_comfyui
import pytest
from vram_forecast.estimator import facts
from vram_forecast.estimator.models import identify
from vram_forecast.estimator.models.published import published, stand_in
from vram_forecast.estimator.options import machine
from vram_forecast.estimator.runtime import DynamicManager, hold
from vram_forecast.estimator.units import MIB

RECORDED = facts.table("measurements/staged")
LOGS = facts.table("measurements/weights")["staged"]
SOME = [row for row in RECORDED["loaded"] if "ours" not in row][::16]


def staging(parts, role, comfy, widget=""):
    """How the parts of a role lie in their address ranges."""
    here = machine(gpu="rtx-4090", ram=64, system="linux", comfy=comfy)
    manager = DynamicManager(here)
    held = [hold(f"{at}", one, here, widget) for at, one in enumerate(parts) if one.role in role]
    return [manager.staging(one) for one in held]


def of_header(header, comfy=RECORDED["comfy"]):
    """How the diffusion model of a header lies in its address range."""
    (found,) = staging(identify(stand_in(header, header)).components, ["diffusion_model"], comfy)
    return found


def digest(units):
    return zlib.crc32(json.dumps(units, separators=(",", ":")).encode())


@pytest.mark.parametrize("row", RECORDED["loaded"], ids=[row["header"] for row in RECORDED["loaded"]])
def test_every_layer_has_the_address_that_comfyuis_own_loader_gave_it(row):
    found = of_header(row["header"])
    if "ours" not in row:
        assert (len(found.units), digest(found.units)) == (row["units"], row["digest"])
    assert found.bytes == row.get("ours", row["bytes"])
    assert found.bytes == pytest.approx(row["bytes"], rel=0.0015)


@pytest.mark.parametrize(
    "row", RECORDED["earlier"]["loaded"], ids=[row["header"] for row in RECORDED["earlier"]["loaded"]]
)
def test_before_0_23_layers_of_any_size_had_addresses(row):
    found = of_header(row["header"], RECORDED["earlier"]["comfy"])
    assert (found.bytes, len(found.units), digest(found.units)) == (row["bytes"], row["units"], row["digest"])


def test_all_but_a_few_models_lie_as_they_do_there_layer_by_layer():
    apart = [row for row in RECORDED["loaded"] if "ours" in row]
    assert len(apart) <= 0.06 * len(RECORDED["loaded"])
    assert all(row["why"] for row in apart)


@pytest.mark.parametrize("log", LOGS, ids=[log["id"] for log in LOGS])
def test_as_much_is_staged_as_other_peoples_logs_say(log):
    tables = [stand_in(one, one) for one in log.get("headers", ())]
    tables += [published(log["folder"], one) for one in log.get("files", ())]
    parts = [part for table in tables for part in identify(table).components]
    found = staging(parts, log["roles"], log["comfy"], log.get("widget", ""))
    assert sum(one.bytes for one in found) // MIB == log["mib"]


def dynamic_checkout():
    """The checkout of the tests, where its ComfyUI has a dynamic loader; recorded rows serve all others."""
    found = get_comfyui.locate()
    patcher = found / "comfy" / "model_patcher.py" if found else None
    return found if patcher and "ModelPatcherDynamic" in patcher.read_text(encoding="utf-8") else None


if checkout := dynamic_checkout():

    def test_the_loader_of_this_checkout_stages_the_same(root):
        command = [sys.executable, root / "tools" / "staged.py", checkout, "--json"]
        done = subprocess.run(
            [*command, *(row["header"] for row in SOME)], capture_output=True, text=True, check=True
        )
        found = json.loads(done.stdout.splitlines()[-1])
        assert len(found["loaded"]) == len(SOME), done.stderr
        for row in found["loaded"]:
            own = of_header(row["header"], found["comfy"])
            assert (own.bytes, digest(own.units)) == (row["bytes"], row["digest"]), row
