"""The routes in a real ComfyUI: as guarded as its own, bounded, and answering many at once."""

import json
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
from at_host import text_to_image

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
PREFIX = "/vram_forecast"


def status_of(server, path, **headers) -> int:
    """The status of a request to queue or answer nothing much, with some headers."""
    request = urllib.request.Request(server.url + path, data=b"{}", headers=headers)
    try:
        with OPENER.open(request, timeout=60) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.parametrize("name", ["check", "advise", "limits", "inspect"])
@pytest.mark.parametrize("under", ["", "/api"])
def test_another_sites_request_is_refused_as_comfyui_refuses_it(server, name, under):
    foreign = {"Origin": "http://evil.example"}
    assert 403 == status_of(server, f"{under}/prompt", **foreign)
    assert 403 == status_of(server, f"{under}{PREFIX}/{name}", **foreign)
    assert 400 == status_of(server, f"{under}{PREFIX}/{name}", Origin=server.url)


def test_a_body_beyond_the_bound_is_refused_in_one_sentence(server):
    status, answer = server.ask(f"{PREFIX}/check", b" " * ((64 << 20) + 1))
    assert (400, {"error"}) == (status, set(answer))


@pytest.mark.parametrize("name", ["advise", "limits"])
def test_advice_and_limits_are_answered(server, name):
    status, answer = server.ask(f"{PREFIX}/{name}?vram=8", text_to_image("sdxl/sd_xl_base_1.0.safetensors"))
    assert (200, 1, "a 8 GiB card") == (status, answer["schema"], answer["device"]["name"])


def test_a_model_of_comfyuis_list_is_inspected(server):
    name = "sdxl/sd_xl_base_1.0.safetensors"
    status, answer = server.ask(f"{PREFIX}/inspect", {"folder": "checkpoints", "name": name})
    (file,) = answer["files"]
    assert (200, name, "sdxl") == (status, file["path"], file["family"])


def test_the_device_is_the_one_that_comfyui_tells_of(server):
    _, stats = server.ask("/system_stats")
    status, answer = server.ask(f"{PREFIX}/device")
    told = (answer["device"]["name"], answer["device"]["total"], answer["policy"]["comfy"])
    assert (200, ("CPU", stats["system"]["ram_total"], stats["system"]["comfyui_version"])) == (status, told)


def test_two_hundred_checks_at_once_are_all_answered(server):
    def check(number: int) -> tuple[int, str]:
        body = json.dumps(text_to_image(width=512 + 64 * (number % 20))).encode()
        status, answer = server.ask(f"{PREFIX}/check?suggestions=0", body)
        return status, answer.get("verdict", answer)

    with ThreadPoolExecutor(200) as many:
        statuses = [status for status, _ in many.map(check, range(200))]
    assert [200] * 200 == statuses
