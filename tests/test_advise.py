"""advise: what would help, and the workflow with it."""

import json

import pytest
from at_command_line import refused
from prompts import checkpoint, flux
from vram_forecast.estimator import amended, check
from vram_forecast.estimator.options import machine
from vram_forecast.estimator.workflow import read
from vram_forecast.estimator.workflow.edits import apply
from workflow.drawing import node, sampler, workflow

# A decode that does not fit whole: tiles mend it.
SMALL = ("--gpu", "rtx-2060", "--ram", "64", "--os", "linux")
BIG = checkpoint(side=1536)


def suggestions(cli, path):
    return json.loads(cli("advise", path, *SMALL, "--json").stdout)["suggestions"]


def apply_tiles(cli, path, target, *more):
    return cli("advise", path, *SMALL, "--apply", "tiled-decode", "--out", target, *more)


def drawn():
    """The same as a saved graph."""
    loader = node(
        1, "CheckpointLoaderSimple", ["sd_xl_base_1.0.safetensors"], outputs=["MODEL", "CLIP", "VAE"]
    )
    latent = node(4, "EmptyLatentImage", [1536, 1536, 1], outputs=["LATENT"])
    texts = [node(key, "CLIPTextEncode", ["a"], outputs=["CONDITIONING"], clip="1.1") for key in (5, 6)]
    links = {"model": "1.0", "positive": "5.0", "negative": "6.0", "latent_image": "4.0"}
    one = sampler(8, outputs=["LATENT"], **links)
    decode = node(9, "VAEDecode", outputs=["IMAGE"], samples="8.0", vae="1.2")
    return workflow(loader, latent, *texts, one, decode, node(10, "SaveImage", ["x"], images="9.0"))


def test_it_shows_what_check_shows_and_every_suggestion(cli, saved):
    path = saved(BIG)
    told = cli("advise", path, *SMALL)
    assert (told.returncode, told.stderr) == (0, "")
    assert all(one["title"] in told.stdout for one in suggestions(cli, path))


def test_a_suggestion_is_made_in_a_prompt(cli, saved, tmp_path):
    path, target = saved(BIG), tmp_path / "out.json"
    done = apply_tiles(cli, path, target)
    assert (done.returncode, done.stderr) == (0, "")
    written = json.loads(target.read_text(encoding="utf-8"))
    best = next(one for one in suggestions(cli, path) if one["code"].startswith("tiled-decode"))
    assert written["9"]["class_type"] == "VAEDecodeTiled"
    assert f"({best['code']})" in done.stdout
    assert f"Written to {target}." in done.stdout
    assert done.stdout.rstrip().endswith("As promised.")


def test_and_in_a_drawn_workflow_which_stays_drawn(cli, saved, tmp_path):
    path, target = saved(drawn()), tmp_path / "out.json"
    assert apply_tiles(cli, path, target).returncode == 0
    found = json.loads(target.read_text(encoding="utf-8"))
    assert found["links"] == drawn()["links"]
    assert read(found).nodes["9"].class_type == "VAEDecodeTiled"


def test_as_json_it_says_the_same(cli, saved, tmp_path):
    target = tmp_path / "out.json"
    told = json.loads(apply_tiles(cli, saved(BIG), target, "--json").stdout)
    assert ["schema", "applied", "written", "as_promised", "after"] == list(told)
    assert (True, str(target)) == (told["as_promised"], told["written"])
    assert told["after"]["verdict"] == told["applied"][0]["verdict_after"]


def test_a_code_that_none_has_is_refused_with_those_there_are(cli, saved, tmp_path):
    line = refused(cli("advise", saved(BIG), *SMALL, "--apply", "magic", "--out", tmp_path / "o.json"))
    assert line.startswith("--apply: no suggestion is called `magic`. There are: ")
    assert "tiled-decode" in line


def test_where_there_is_none_that_is_said(cli, saved, tmp_path):
    path, target = saved(checkpoint("v1-5-pruned-emaonly-fp16.safetensors", side=512)), tmp_path / "o.json"
    line = refused(cli("advise", path, "--gpu", "rtx-4090", "--ram", "64", "--apply", "a", "--out", target))
    assert line.endswith("There is none for this workflow on this machine.")
    assert not target.exists()


def test_a_file_is_needed_to_write_to(cli, saved):
    assert "Give both" in refused(cli("advise", saved(BIG), *SMALL, "--apply", "tiled-decode"))


def test_neither_the_workflow_nor_another_file_is_written_over(cli, saved, tmp_path):
    path, other = saved(BIG), tmp_path / "other.json"
    other.write_text("mine", encoding="utf-8")
    before = path.read_bytes()
    assert "the workflow itself" in refused(apply_tiles(cli, path, path))
    assert "a file of that name is there" in refused(apply_tiles(cli, path, other))
    assert (before, "mine") == (path.read_bytes(), other.read_text(encoding="utf-8"))
    assert apply_tiles(cli, path, other, "--force").returncode == 0
    assert json.loads(other.read_bytes())["9"]["class_type"] == "VAEDecodeTiled"


@pytest.mark.parametrize("where", ["missing/out.json", "."])
def test_a_file_that_cannot_be_written_is_refused_in_a_line(cli, saved, tmp_path, where):
    path = saved(BIG)
    refused(apply_tiles(cli, path, tmp_path / where))
    assert [path.name] == [one.name for one in tmp_path.iterdir() if one.is_file()]


def test_the_library_does_the_same(saved):
    here = machine(gpu="rtx-2060", ram=64, system="linux")
    found = check(BIG, here, lambda folder, name: None)
    one = next(one for one in found.suggestions if one.code.startswith("tiled-decode"))
    assert apply(read(BIG), one.edits).prompt() == amended(BIG, [one])
    assert apply(read(drawn()), one.edits).prompt() == read(amended(drawn(), [one])).prompt()


def test_two_suggestions_are_made_one_after_the_other():
    here = machine(gpu="rtx-3060-12gb", ram=16, system="linux")
    found = check(flux(2048, 2048), here, lambda folder, name: None)
    made = [one for one in found.suggestions if one.edits][:2]
    document = flux(2048, 2048)
    for one in made:
        document = amended(document, [one])
    assert document == amended(flux(2048, 2048), made)
