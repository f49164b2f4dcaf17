"""What nodes offer and read, without a ComfyUI: lists that cost nothing at its start, cards, model files."""

import json
import sys
from types import SimpleNamespace

import pytest
from prompts import checkpoint
from vram_forecast import estimator
from vram_forecast.estimator.units import GIB
from vram_forecast.nodes import host
from vram_forecast.nodes.answers import NoForecast, cards, contents
from vram_forecast.nodes.host import pictures
from vram_forecast.nodes.host.recorded import RecordedHost
from vram_forecast.nodes.shown import choices

SEEN = {
    "device": "NVIDIA GeForce RTX 3060",
    "vendor": "nvidia",
    "vram_total": 12 * GIB,
    "vram_free": 11 * GIB,
    "compute_capability": 8.6,
    "os": "linux",
    "ram_total": 32 * GIB,
    "ram_free": 20 * GIB,
    "comfy": "0.33.0",
    "torch": "2.14.1",
    "flags": (),
    "dynamic_vram": True,
}
CPU = {"device": "CPU", "vendor": "cpu", "vram_total": 32 * GIB, "compute_capability": None} | {
    "flags": ("--cpu",),
    "dynamic_vram": False,
}
STARTING, STARTED = SimpleNamespace(SCHEMA=None), SimpleNamespace(SCHEMA=object())


@pytest.fixture
def comfyui(monkeypatch, tmp_path):
    """A function that puts a recorded ComfyUI in place, with what is given other than usual."""

    def put(**seen):
        recorded = RecordedHost({"seen": SEEN | seen, "models": [str(tmp_path)]})
        monkeypatch.setattr(host, "host", lambda: recorded)
        return recorded

    put()
    return put


def test_at_comfyuis_start_no_folder_is_looked_into_and_no_table_is_read(monkeypatch):
    monkeypatch.setattr(host, "host", lambda: pytest.fail("the host was asked"))
    monkeypatch.setitem(sys.modules, "vram_forecast.estimator.runtime.cards", None)
    assert [] == choices.model_files(STARTING)
    assert ["this machine"] == choices.cards(STARTING)
    assert choices.other_card(STARTING) is None


def test_files_are_named_by_folder_in_the_order_of_folders(comfyui, tmp_path):
    for name in ("vae/ae.safetensors", "checkpoints/b/x.safetensors", "checkpoints/a.safetensors"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert [
        "checkpoints/a.safetensors",
        "checkpoints/b/x.safetensors",
        "vae/ae.safetensors",
    ] == choices.model_files(STARTED)
    assert tmp_path / "checkpoints" / "b" / "x.safetensors" == choices.found("checkpoints/b/x.safetensors")


@pytest.mark.parametrize(
    "file", [None, "", "vae", "vae/", "vae/gone.safetensors", "nofolder/x", "/etc/passwd"]
)
def test_what_is_no_file_is_not_found(comfyui, file):
    assert choices.found(file) is None


def test_a_host_that_fails_leaves_the_lists_empty(monkeypatch):
    monkeypatch.setattr(host, "host", lambda: 1 / 0)
    assert [] == choices.model_files(STARTED)


def test_without_the_estimator_this_machine_is_left(monkeypatch):
    monkeypatch.setitem(sys.modules, "vram_forecast.estimator.runtime.cards", None)
    assert ["this machine"] == choices.cards(STARTED)
    assert choices.other_card(STARTED) is None


def test_the_card_of_a_comparison_can_be_chosen():
    assert choices.other_card(STARTED) in choices.cards(STARTED)


def test_what_if_takes_the_other_card_and_keeps_the_computer(comfyui):
    found = cards.with_card("GeForce RTX 4090")
    assert ("GeForce RTX 4090", 24) == (found.device.name, round(found.device.total / GIB))
    assert (32 * GIB, "0.33.0", True) == (
        found.host.ram_total,
        found.policy.comfy,
        found.policy.dynamic_vram,
    )


def test_what_if_on_a_comfyui_without_a_card_is_one_with_it(comfyui):
    comfyui(**CPU)
    found = cards.with_card("GeForce RTX 4090")
    assert ("cuda", True, ()) == (found.backend, found.policy.dynamic_vram, found.policy.flags)


@pytest.mark.parametrize(
    ("here", "card", "system"),
    [
        ("linux", "Apple M4 Max", "macos"),
        ("macos", "GeForce RTX 4090", "linux"),
        ("windows", "RX 9070", "windows"),
    ],
)
def test_what_if_a_mac_is_a_mac(comfyui, here, card, system):
    comfyui(os=here)
    assert system == cards.with_card(card).host.os


def test_another_card_makes_another_forecast(comfyui):
    small, large = (
        cards.on_card(checkpoint(side=2048, batch=4), name).forecast
        for name in ("GeForce RTX 3050 6 GB", "GeForce RTX 5090")
    )
    assert small.seconds.best > 2 * large.seconds.best
    assert small.device.total < large.device.total


def test_this_machines_card_is_known_by_its_drivers_name_and_size(comfyui):
    assert "rtx-3060-12gb" == cards.row("")["id"]
    assert ("RTX 3060 12 GB", "RTX 4090") == tuple(
        one.name for one in (cards.compared("", "rtx-4090").first, cards.compared("", "rtx-4090").second)
    )


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: cards.compared("", "rtx-4090"), "CPU is no card that is known. Choose a card."),
        (lambda: cards.unlocks(""), "ComfyUI runs on the processor here. Choose a card."),
        (lambda: cards.on_card(checkpoint(), "x"), "no card is named `x`"),
        (lambda: cards.on_card({}, "rtx-4090"), ""),
    ],
)
def test_what_cannot_be_answered_is_one_sentence(comfyui, ask, said):
    comfyui(**CPU)
    with pytest.raises(NoForecast) as why:
        ask()
    assert said in str(why.value)
    assert 1 == len(str(why.value).splitlines())


def test_a_defect_is_one_sentence_too(comfyui, monkeypatch):
    monkeypatch.setattr(estimator, "check", lambda *_, **__: 1 / 0)
    with pytest.raises(NoForecast, match="ComfyUI's log has the error"):
        cards.on_card(checkpoint(), "rtx-4090")


def test_a_file_says_family_weights_and_type(sparse_model, tmp_path):
    path = sparse_model("sd_xl_base_1.0", tmp_path / "x.safetensors")
    told = contents.contents(path, "checkpoints/x.safetensors")
    assert told.text.startswith("checkpoints/x.safetensors: sdxl base checkpoint")
    assert ("sdxl", "F16", 6.46) == (told.family, told.dtype, round(told.bytes / GIB, 2))


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "x.safetensors: "), (b"\xff" * 100, "x.safetensors: "), (None, "is not there")],
)
def test_a_broken_file_is_one_sentence_without_its_place(tmp_path, content, said):
    path = tmp_path / "x.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(NoForecast) as why:
        contents.contents(path if content is not None else None, "vae/x.safetensors")
    assert said in str(why.value)
    assert str(tmp_path) not in str(why.value)
    assert 1 == len(str(why.value).splitlines())


def test_a_png_becomes_comfyuis_image(torch):
    import io

    from PIL import Image

    out = io.BytesIO()
    Image.new("RGBA", (3, 2), (255, 0, 51, 255)).save(out, "PNG")
    found = pictures.image(out.getvalue())
    assert ((1, 2, 3, 3), torch.float32) == (tuple(found.shape), found.dtype)
    assert [1.0, 0.0, pytest.approx(0.2)] == found[0, 0, 0].tolist()


def test_the_grey_picture_is_grey(torch):
    found = pictures.grey(5, 4)
    assert ((1, 4, 5, 3), 0.5, 0.5) == (tuple(found.shape), float(found.min()), float(found.max()))


def test_the_folders_are_comfyuis_own(root):
    listed = choices.settings()["folders"]
    assert len(listed) == len(set(listed))
    assert {"checkpoints", "diffusion_models", "text_encoders", "vae", "loras"} <= set(listed)
    json.dumps(listed)
