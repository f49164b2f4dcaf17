"""`inspect` over files and folders: what is found, its order and totals, its cache, and what is remarked."""

import json
import os
import sys
from pathlib import Path

import pytest
from headers import lay
from vram_forecast.estimator.errors import InputError
from vram_forecast.estimator.facts import user_folder
from vram_forecast.estimator.report import remarks, tree
from vram_forecast.estimator.report.cache import Cache
from vram_forecast.estimator.report.files import FileReport, describe

ONE = {"x": ("F16", [4, 4])}
LORA = {"blocks.0.self_attn.q.lora_A.weight": ("F16", [4, 5120])}
LORA |= {"blocks.0.self_attn.q.lora_B.weight": ("F16", [5120, 4])}


@pytest.fixture
def models(tmp_path):
    """A small models folder."""
    root = tmp_path / "models"
    lay(root / "vae" / "b.safetensors", ONE)
    lay(root / "vae" / "a.sft", {"x": ("F32", [100])})
    lay(root / "loras" / "wan" / "c.safetensors", LORA)
    (root / "vae" / "put_vae_here").write_text("", encoding="utf-8")
    return root


def names(reports):
    return [Path(one.path).name for one in reports]


def codes(report):
    return [one.code for one in report.problems]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("name", ["c.safetensors", "a.sft", "b.safetensors"]),
        ("size", ["c.safetensors", "a.sft", "b.safetensors"]),
        ("family", ["c.safetensors", "a.sft", "b.safetensors"]),
    ],
)
def test_a_folder_is_searched_and_sorted(models, sort, expected):
    assert expected == names(tree.inspect([models], sort))


def test_the_largest_file_comes_first_by_size(models):
    lay(models / "vae" / "z.safetensors", {"x": ("F32", [1_000_000])})
    assert "z.safetensors" == names(tree.inspect([models], "size"))[0]


def test_each_folder_has_its_total(models):
    reports = tree.inspect([models])
    totals = tree.folders(reports)
    assert [(str(models / "loras" / "wan"), 1), (str(models / "vae"), 2)] == [
        (one.path, one.files) for one in totals
    ]
    assert sum(one.file_bytes for one in reports) == sum(one.file_bytes for one in totals)
    said = json.loads(tree.encode(reports))
    assert [4 * 100 + 2 * 16, 4 * 5120 * 2 * 2] == sorted(one["weight_bytes"] for one in said["folders"])
    assert "vae: 2 files" in tree.render(reports, by_folder=True)


def test_a_file_named_twice_counts_once(models):
    assert 3 == len(tree.inspect([models, models / "vae", models / "vae" / "a.sft"]))


def test_a_sharded_model_in_a_folder_is_one_model(models):
    lay(models / "t" / "m-00001-of-00002.safetensors", ONE)
    lay(models / "t" / "m-00002-of-00002.safetensors", {"y": ("F16", [2])})
    weights = {"x": "m-00001-of-00002.safetensors", "y": "m-00002-of-00002.safetensors"}
    index = models / "t" / "m.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": weights}), encoding="utf-8")
    (report,) = tree.inspect([models / "t"])
    assert ("sharded", 2, 36) == (report.format, report.tensor_count, report.weight_bytes)


def test_an_unknown_order_and_an_empty_folder_are_bad_input(models, tmp_path):
    with pytest.raises(InputError, match="--sort"):
        tree.inspect([models], "colour")
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError, match="no model files"):
        tree.inspect([tmp_path / "none"])


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_are_followed_without_going_in_circles_and_remarked(models):
    (models / "vae" / "round").symlink_to(models)
    (models / "vae" / "d.safetensors").symlink_to(models / "vae" / "b.safetensors")
    reports = {Path(one.path).name: one for one in tree.inspect([models / "vae"])}
    assert ["symlink"] == codes(reports["d.safetensors"])
    assert not reports["d.safetensors"].broken
    assert str(models / "vae" / "b.safetensors") in reports["d.safetensors"].problems[0].message


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_to_nowhere_is_said(models):
    (models / "vae" / "e.safetensors").symlink_to(models / "gone")
    assert ["missing"] == codes(tree.inspect([models / "vae"])[-1])


@pytest.mark.skipif(sys.platform != "linux", reason="only there may a name be any bytes")
def test_a_name_that_is_no_unicode_does_no_harm(models, tmp_path):
    lay(models / os.fsdecode(b"\xff.safetensors"), ONE)
    reports = tree.inspect([models], cache=tmp_path / "cache.json")
    assert json.loads(tree.encode(reports))["files"][0]["path"].endswith("?.safetensors")


# ---- the cache ------------------------------------------------------------


def test_what_is_cached_is_not_read_again_until_the_file_changes(models, tmp_path, monkeypatch):
    cache = tmp_path / "deep" / "cache.json"
    first = tree.inspect([models], cache=cache)
    asked = []
    monkeypatch.setattr(tree, "describe", lambda path, known: asked.append(path) or describe(path, known))
    assert first == tree.inspect([models], cache=cache)
    assert [] == asked
    lay(models / "vae" / "b.safetensors", {"x": ("F16", [4, 5])})
    assert 20 == tree.inspect([models], cache=cache)[-1].parameters
    assert [models / "vae" / "b.safetensors"] == asked


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[" * 100_000, b"\xff\0", b'{"made_by": "0", "files": {}}', b'{"files": {"x": 1}}'],
)
def test_a_broken_cache_is_rebuilt_silently(models, tmp_path, content):
    cache = tmp_path / "cache.json"
    cache.write_bytes(content)
    first = tree.inspect([models], cache=cache)
    assert 3 == len(Cache(cache).kept)
    assert first == tree.inspect([models], cache=cache)


def test_a_cache_that_cannot_be_written_is_done_without(models, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert 3 == len(tree.inspect([models], cache=tmp_path / "file" / "cache.json"))


def test_nothing_is_left_beside_the_cache(models, tmp_path):
    tree.inspect([models], cache=tmp_path / "kept" / "cache.json")
    assert ["cache.json"] == [path.name for path in (tmp_path / "kept").iterdir()]


@pytest.mark.skipif(sys.platform != "linux", reason="the variable is Linux's")
def test_the_cache_lies_where_the_system_keeps_caches(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert tmp_path / "vram-forecast" == user_folder()


def test_files_that_list_the_same_tensors_are_described_alike(tmp_path):
    one = lay(tmp_path / "one.safetensors", LORA, {"format": "pt"})
    two = lay(tmp_path / "two.safetensors", LORA, {"format": "pt", "title": "b}, c"})
    known: dict = {}
    describe(one, known)
    assert 1 == len(known)
    assert describe(two, {}) == describe(two, known)


def test_a_file_that_is_cut_short_is_not_taken_for_its_like(tmp_path):
    one = lay(tmp_path / "one.safetensors", LORA)
    two = lay(tmp_path / "two.safetensors", LORA)
    os.truncate(two, two.stat().st_size - 1)
    known: dict = {}
    describe(one, known)
    assert ["cut-short"] == codes(describe(two, known))


# ---- problems ------------------------------------------------------------


def test_weights_in_32_bits_are_remarked_with_the_bytes_that_16_would_save(sparse_model, tmp_path):
    report = describe(sparse_model("sdxl_vae", tmp_path / "sdxl_vae.safetensors"), {})
    (problem,) = report.problems
    assert ("fp32", "remark", False) == (problem.code, problem.severity, report.broken)
    assert "a 16-bit file is 159.6 MiB smaller" in problem.message


def test_weights_in_16_bits_are_not_remarked(sparse_model, tmp_path):
    assert () == describe(sparse_model("clip_l", tmp_path / "clip_l.safetensors"), {}).problems


def test_a_file_under_another_formats_name_is_an_error(tmp_path):
    report = describe(lay(tmp_path / "m.ckpt", ONE), {})
    assert (["wrong-extension"], True) == (codes(report), report.broken)
    assert report.problems[0].message.endswith("Rename it to .safetensors.")


@pytest.mark.parametrize(
    ("kind", "options", "expected"),
    [
        ("nfs4", "rw", "nfs4"),
        ("cifs", "rw", "cifs"),
        ("9p", "rw", "9p"),
        ("ext4", "rw", ""),
        ("apfs", "rw", ""),
        ("ntfs", "rw,remote", "ntfs"),
        ("ntfs", "rw,fixed", ""),
    ],
)
def test_network_file_systems_are_told_by_their_mount(kind, options, expected):
    types = tuple(remarks.facts.table("formats")["network"]["types"])
    assert expected == remarks.network_type(kind, options, types)


@pytest.mark.skipif(sys.platform == "win32", reason="paths of POSIX systems")
def test_a_file_on_a_network_mount_is_remarked(monkeypatch, tmp_path):
    real = os.path.realpath(tmp_path)
    monkeypatch.setattr(remarks, "mounts", lambda: (("/", ""), (real, "nfs4"), (real + "/local", "")))
    remarks.network_kind.cache_clear()
    try:
        (problem,) = remarks.of_place(f"{tmp_path}/m.safetensors", is_link=False)
        assert ("network-mount", True) == (problem.code, "nfs4" in problem.message)
        assert [] == remarks.of_place(f"{tmp_path}/local/m.safetensors", is_link=False)
    finally:
        remarks.network_kind.cache_clear()


def test_a_problem_that_is_no_error_leaves_a_file_usable():
    assert not FileReport("x", problems=(remarks.Problem("fp32", "x"),)).broken
