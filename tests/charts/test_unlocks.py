"""The points of the chart: found by forecasts, kept as data, and what they say of a card."""

import json
import os
import subprocess
import sys

import msgspec
import pytest
from vram_forecast.estimator import facts
from vram_forecast.estimator.charts.choices import Choice, choices, library
from vram_forecast.estimator.charts.claims import Claim, judged, says
from vram_forecast.estimator.charts.machines import reference, settings, sized
from vram_forecast.estimator.charts.points import Points, Tried, quick, runs, well
from vram_forecast.estimator.charts.unlocked import one_of, tiers, unlocked, usable
from vram_forecast.estimator.charts.unlocks import Row, bare, nearest, needs, rows, searched
from vram_forecast.estimator.charts.usual import families, family, usual

SAMPLE = ("sdxl", "z-image-turbo", "hunyuan-video", "wan21-1.3b", "ace-step-1.5", "sdxl-training")
SEARCHED = [one.id for one in families()] if os.environ.get("CI") == "true" else SAMPLE
STEPS = range(0, 385, 5)
NEVER = float("inf")


def row(name) -> Row:
    return next(one for one in rows() if one.id == name)


@pytest.mark.parametrize("name", SEARCHED)
def test_the_points_in_the_data_are_those_of_today_s_forecasts(name):
    found = json.loads(msgspec.json.encode(searched(family(name))))
    assert found == facts.table("charts/points")["files"][name], "run python tools/unlocks.py"


def test_the_data_has_a_family_for_each_and_no_other():
    assert [one.id for one in families()] == list(facts.table("charts/points")["files"])


@pytest.mark.parametrize("ram", settings()["machine"]["ram_gib"])
@pytest.mark.parametrize("name", ["flux1-dev", "qwen-image", "wan22-5b", "hunyuan-video-15", "sdxl-training"])
def test_with_more_memory_nothing_gets_worse_so_that_halving_finds_the_least(name, ram):
    own = family(name)
    for choice in choices(own)[:3]:
        if not choice.gguf:
            graph = usual(own, choice.file, choice.second, choice.light)
            tried = Tried(graph, reference(ram), library())
            most = tried.on(384)
            for enough in (runs, well, lambda one, most=most: quick(one, most)):
                seen = [enough(tried.on(steps)) for steps in STEPS]
                assert seen == sorted(seen), choice.file


def test_the_least_is_the_first_that_is_enough():
    tried = Tried(usual(family("sdxl")), reference(), library())
    least = tried.least(well)
    steps = round(least / settings()["search"]["step_gib"])
    assert (well(tried.on(steps)), well(tried.on(steps - 1))) == (True, False)
    assert tried.least(lambda one: False) is None
    assert tried.least(lambda one: True, 8) == 2.0


@pytest.mark.parametrize("one", rows(), ids=lambda one: one.id)
def test_the_points_of_a_file_are_in_order_and_less_ram_never_helps(one):
    for file in one.files:
        for points in file.points.values():
            known = [point or NEVER for point in (points.runs, points.well, points.full)]
            assert known == sorted(known)
            assert known[0] <= (points.resident or NEVER)
        if not file.gguf:
            by_ram = [file.points[str(ram)].full or NEVER for ram in settings()["machine"]["ram_gib"]]
            assert by_ram == sorted(by_ram)


def test_what_a_family_needs_is_the_least_of_its_files():
    file = {"file": "a", "second": "", "format": "", "rank": 1, "bytes": 1}
    made = [
        {**file, "label": "bf16", "bits": 16, "points": {"64": Points(2, 4, 6, 24)}},
        {**file, "label": "fp8 (scaled)", "bits": 8, "points": {"64": Points(1, 4, 5, 12)}},
        {**file, "label": "GGUF Q4_K_S", "bits": 4.5, "points": {"64": Points(3, 5, 9, None)}},
    ]
    own = msgspec.convert(
        {
            "id": "x",
            "name": "X",
            "kind": "image",
            "size": "",
            "article": False,
            "files": msgspec.to_builtins(made),
        },
        Row,
    )
    found = needs(own, 64)
    assert (found.runs.gib, found.minimum.gib, found.minimum.label) == (1, 4, "bf16")  # of equals the best
    assert (found.optimum.gib, found.optimum8.gib) == (6, 5)
    assert (found.whole.gib, found.whole8.gib, found.whole4) == (24, 12, None)


def test_the_points_are_those_of_the_most_ram_that_is_there():
    assert [nearest(ram) for ram in (0, 8, 16, 31, 48, 64, 512)] == ["64", "16", "16", "16", "32", "64", "64"]


def test_a_tier_names_what_the_smaller_ones_did_not():
    for what in ("well", "quick", "whole8", "whole"):
        named = [name for tier in tiers() for name in getattr(tier, what)]
        assert len(named) == len(set(named))
    sizes = [tier.gib for tier in tiers()]
    assert sizes == sorted(sizes) == settings()["tiers"]["gib"]
    eight, more = tiers()[0], tiers()[2]
    assert "SDXL" in eight.whole
    assert "FLUX.1 dev / Krea" in more.whole8


def test_a_card_gets_the_best_file_that_runs_well_on_it():
    plenty, little = (one_of(row("qwen-image-edit-2511"), sized(reference(ram), 12)) for ram in (64, 16))
    assert (plenty.label, plenty.verdict, plenty.well, plenty.sixteen) == ("bf16", "streamed", True, True)
    assert little.label != "bf16"
    assert little.well
    whole = one_of(row("flux1-dev"), sized(reference(), 16))
    assert (whole.verdict, whole.whole) == ("streamed", "GGUF Q8_0")
    assert 100e9 < whole.streamed < 400e9


def test_where_no_file_runs_it_says_so():
    found = one_of(row("flux1-training"), sized(reference(), 16))
    assert (found.verdict, found.well, found.seconds, found.whole) == ("oom", False, None, "")


def test_a_card_s_own_types_come_first():
    ampere, blackwell = (reference(gpu=gpu) for gpu in ("rtx-3090", "rtx-5090"))
    labels = [[one.label for one in usable(row("z-image-turbo"), gpu)] for gpu in (ampere, blackwell)]
    assert labels[0][-1] == "nvfp4"
    assert labels[1].index("nvfp4") < len(labels[1]) - 1


def test_all_families_are_answered_for_a_card():
    found = unlocked(reference(32, "rtx-5060-ti-16gb"))
    assert [one.id for one in found] == [one.id for one in families()]
    assert all(one.seconds for one in found if one.well)


def test_every_claim_of_the_article_is_beside_ours_with_a_reason_where_they_differ():
    reasons = facts.table("charts/claims")["why"]
    for one in judged((64,)):
        assert set(one.claim.why) <= set(reasons)
        assert one.agrees or one.claim.why, one.claim.words


def test_a_forecast_in_the_article_s_terms():
    fails = one_of(row("flux1-training"), sized(reference(), 8))
    assert says(fails) == "no"
    assert says(msgspec.structs.replace(fails, seconds=ONE)) == "slow"
    assert says(msgspec.structs.replace(fails, seconds=ONE, well=True, sixteen=False)) == "light"
    assert says(msgspec.structs.replace(fails, seconds=ONE, well=True, sixteen=True)) == "yes"


ONE = one_of(row("sd15"), sized(reference(), 8)).seconds


def test_precisions_are_short_where_room_is_scarce():
    names = ["GGUF Q8_0", "fp8 (scaled)", "fp8 without scales", "bf16"]
    assert [bare(name) for name in names] == ["Q8_0", "fp8 scaled", "fp8", "bf16"]


def test_claims_and_statements_are_of_families_that_are_there():
    known = {one.id for one in families()} | {one.published for one in families()}
    claims = msgspec.convert(facts.table("charts/claims")["claim"], list[Claim])
    assert {one.family for one in claims} <= known
    assert {one["family"] for one in facts.table("charts/published")["statement"]} <= known


def test_the_page_says_what_the_data_says(root):
    done = subprocess.run(
        [sys.executable, root / "tools" / "models_page.py", "--check"], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout.strip()) == (0, "up to date")


def test_a_choice_knows_whether_it_is_light_and_whether_a_pack_loads_it():
    assert Choice("a.gguf", "", "", "", 1, 1, 8.5).gguf
    assert Choice("a.gguf", "", "", "", 1, 1, 8.5).light
    assert not Choice("a.safetensors", "", "", "", 1, 1, 16).light
