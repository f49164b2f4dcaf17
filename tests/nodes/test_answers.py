"""What is answered for this machine: kept while it holds, new where anything changed, and in bounds."""

import json
import threading
import time

import pytest
from at_host import SDXL, ask, forget, recorded, run, text_to_image
from vram_forecast import estimator
from vram_forecast.estimator.units import GIB
from vram_forecast.nodes import host
from vram_forecast.nodes.answers import NoForecast, checked, forecast, soon, threads
from vram_forecast.nodes.answers.patience import go_on, within

NAMES = ("check", "advise", "limits")


@pytest.fixture
def comfyui(monkeypatch, tmp_path, sparse_model):
    """A ComfyUI on a card, with SDXL on disk."""
    forget()
    sparse_model("sd_xl_base_1.0", tmp_path / "models" / "checkpoints" / SDXL)
    found = recorded(tmp_path / "models")
    monkeypatch.setattr(host, "host", lambda: found)
    return found


@pytest.fixture
def model(tmp_path):
    return tmp_path / "models" / "checkpoints" / SDXL


def test_a_question_is_answered_once_whatever_is_wrapped_around_the_prompt(comfyui, asked):
    bodies = [
        text_to_image(),
        {"prompt": text_to_image(), "client_id": "a"},
        {"prompt": text_to_image(), "client_id": "b", "extra_data": {"extra_pnginfo": {}}},
    ]
    answers = [ask("check", body) for body in (*bodies, *bodies)]
    assert 200 == answers[0][0]
    assert [answers[0]] * 6 == answers
    assert 2 == len(asked)  # the prompt alone, and what `/prompt` gets


@pytest.mark.parametrize(
    "change",
    [
        {"vram_free": 6 * GIB},
        {"ram_free": 2 * GIB},
        {"flags": ("--novram",)},
        {"comfy": "0.3.75"},
        {"dynamic_vram": False},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_state_of_the_machine_has_an_answer_of_its_own(comfyui, asked, change):
    ask("check", text_to_image())
    comfyui.told["seen"] |= change
    ask("check", text_to_image())
    assert 2 == len(asked)


def test_a_file_that_goes_comes_or_changes_ends_an_answer(comfyui, asked, model, sparse_model):
    _, first = ask("check", text_to_image())
    model.unlink()
    _, without = ask("check", text_to_image())
    assert [] == first["coverage"]["missing_files"]
    assert SDXL in json.dumps(without["coverage"]["missing_files"])
    sparse_model("sd_xl_base_1.0", model)
    assert first == ask("check", text_to_image())[1]
    assert 3 == len(asked)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_deleted_while_it_is_looked_at_leaves_a_true_forecast(comfyui, monkeypatch, model, name):
    real = comfyui.resolve

    def gone(folder, wanted):
        found = real(folder, wanted)
        if found == model:
            model.unlink()
        return found

    monkeypatch.setattr(comfyui, "resolve", gone)
    status, answer = ask(name, text_to_image())
    assert 200 == status
    if name != "limits":
        assert SDXL in json.dumps(answer["coverage"]["missing_files"])


def test_a_file_that_grows_during_each_check_is_answered_and_never_kept(comfyui, asked, monkeypatch, model):
    real = estimator.check

    def growing(*given, **options):
        found = real(*given, **options)
        with model.open("ab") as file:
            file.write(b"x")
        return found

    monkeypatch.setattr(estimator, "check", growing)
    statuses = [ask("check", text_to_image())[0] for _ in range(2)]
    assert [] == [status for status in statuses if status not in (200, 400)]
    assert 0 == len(forecast.kept().held)


def test_a_file_that_is_cut_short_is_one_sentence_with_its_name_and_no_path(comfyui, model):
    with model.open("r+b") as file:
        file.truncate(100)
    status, answer = ask("check", text_to_image())
    assert (400, 1) == (status, len(answer["error"].splitlines()))
    assert SDXL in answer["error"]
    assert str(model.parent) not in answer["error"]


def test_a_prompt_of_two_thousand_nodes_is_answered_in_time(comfyui):
    prompt = {
        f"{copy}:{node}": {
            **given,
            "inputs": {
                name: [f"{copy}:{value[0]}", value[1]] if isinstance(value, list) else value
                for name, value in given["inputs"].items()
            },
        }
        for copy in range(334)
        for node, given in text_to_image().items()
    }
    began = time.monotonic()
    status, answer = ask("check", prompt, suggestions=0)
    assert (200, 2004) == (status, answer["coverage"]["nodes"])
    assert time.monotonic() - began < 30


def test_what_is_kept_has_a_bound(comfyui):
    for width in range(64, 64 + 8 * 300, 8):
        ask("check", text_to_image(width=width), suggestions=0)
    kept = forecast.kept()
    assert kept.entries == len(kept.held)
    assert kept.bytes == sum(one.size for one in kept.held.values())


def test_another_card_is_forecast_for_with_all_else_as_here(comfyui):
    _, here = ask("check", text_to_image())
    _, there = ask("check", text_to_image(), gpu="rtx-4090")
    assert ("NVIDIA GeForce RTX 3060", "GeForce RTX 4090") == (
        here["device"]["name"],
        there["device"]["name"],
    )
    assert (here["host"], here["policy"]["comfy"]) == (there["host"], there["policy"]["comfy"])
    _, smaller = ask("check", text_to_image(), free=4, ram=16)
    assert (4 * GIB, 16 * GIB) == (smaller["device"]["free"], smaller["host"]["ram_total"])


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("check", {"vramm": 8}),
        ("check", {"vram": "much"}),
        ("check", {"vram": "nan"}),
        ("check", {"vram": -1}),
        ("check", {"gpu": "rtx-9999"}),
        ("check", {"gpu": "rtx-4090", "vram": 8}),
        ("check", {"suggestions": -1}),
        ("check", {"always": "perhaps"}),
        ("check", {"outputs": ","}),
        ("limits", {"slowdown": 0.5}),
        ("device", {"gpu": "rtx-4090"}),
    ],
    ids=str,
)
def test_an_option_that_cannot_be_used_is_refused_in_one_sentence(comfyui, name, query):
    status, answer = ask(name, text_to_image(), **query)
    assert (400, ["error"], 1) == (status, list(answer), len(answer["error"].splitlines()))


def test_only_what_is_asked_for_is_forecast(comfyui):
    _, answer = ask("check", text_to_image(), outputs="5", suggestions=0)
    assert (1, [], []) == (answer["coverage"]["nodes"], answer["steps"], answer["suggestions"])


def test_a_model_is_inspected_by_its_name(comfyui):
    status, answer = ask("inspect", {"folder": "checkpoints", "name": SDXL})
    (file,) = answer["files"]
    assert (200, SDXL, "sdxl") == (status, file["path"], file["family"])


@pytest.mark.parametrize(
    "body",
    [
        {"folder": "checkpoints", "name": "../checkpoints/" + SDXL},
        {"folder": "checkpoints", "name": "/etc/passwd"},
        {"folder": "..", "name": SDXL},
        {"folder": "checkpoints"},
        {"folder": "checkpoints", "name": 3},
        ["checkpoints", SDXL],
        b"{",
    ],
    ids=str,
)
def test_no_other_file_is_inspected(comfyui, body):
    status, answer = ask("inspect", body)
    assert (400, ["error"]) == (status, list(answer))


def test_the_device_is_the_one_that_comfyui_uses(comfyui):
    status, answer = ask("device")
    assert (200, "NVIDIA GeForce RTX 3060", 11 * GIB) == (
        status,
        answer["device"]["name"],
        answer["device"]["free"],
    )


def test_work_that_takes_too_long_ends_in_a_sentence(comfyui):
    with pytest.raises(NoForecast) as told, within(-1):
        go_on()
    assert 504 == told.value.status
    with pytest.raises(NoForecast, match="takes too long"), within(-1):
        checked(text_to_image(width=768))


def test_the_same_question_at_the_same_time_is_worked_on_once(comfyui):
    pool, go, worked = threads.Threads(2, 1, 8, 5), threading.Event(), []

    def work():
        worked.append(go.wait(5))
        return "answer"

    answers = [pool.ask("same", work) for _ in range(50)]
    go.set()
    assert ["answer"] * 50 == [one.result(5) for one in answers]
    assert [True] == worked


def test_a_full_queue_refuses_and_a_thread_that_hangs_is_replaced(comfyui):
    pool, go = threads.Threads(1, 1, 1, 0.1), threading.Event()
    hung = pool.ask("hangs", lambda: go.wait(10))
    time.sleep(0.2)
    assert "quick" == pool.ask("next", lambda: "quick").result(5)
    blocked = pool.ask("also hangs", lambda: go.wait(10))
    time.sleep(0.05)
    pool.ask("waits", lambda: None)
    with pytest.raises(NoForecast) as told:
        pool.ask("too many", lambda: None)
    assert 503 == told.value.status
    go.set()
    assert hung.result(5) and blocked.result(5)


def test_an_error_of_the_work_reaches_all_who_asked(comfyui):
    def work():
        raise NoForecast("No.", 400)

    with pytest.raises(NoForecast, match="No"):
        run(soon("failing", work))
