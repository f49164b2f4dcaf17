"""The JSON of a forecast where its parts do not go without saying."""

import json

import pytest
from prompts import flux, nowhere
from vram_forecast.estimator import check, report
from vram_forecast.estimator.options import machine


def told(prompt, **on):
    found = check({"prompt": prompt}, machine(system="linux", **on), nowhere, suggestions=0)
    return json.loads(report.encode(found))


@pytest.mark.parametrize("gpu", ["rtx-4060", "rtx-4090"])
def test_the_deciding_step_is_told_by_its_place(gpu):
    answer = told(flux(), gpu=gpu, ram=64)
    where = answer["where"]
    step = answer["steps"][where.pop("step")]
    assert where == {key: step[key] for key in where}


def test_the_loading_of_a_file_that_decides_is_no_step():
    answer = told(flux(), gpu="rtx-4090", ram=16, comfy="0.3.75")
    assert ("oom", "load", None) == (answer["verdict"], answer["where"]["kind"], answer["where"]["step"])
