"""Facts: tables are read as they stand in data/, also by way of the copies that are quicker to read."""

import os
from pathlib import Path

import pytest
from vram_forecast.estimator import facts


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A data folder and a cache folder of the test's own."""
    (tmp_path / "data" / "kinds").mkdir(parents=True)
    monkeypatch.setattr(facts, "DATA", tmp_path / "data")
    monkeypatch.setattr(facts, "user_folder", lambda: tmp_path / "cache")
    facts.table.cache_clear()
    yield tmp_path
    facts.table.cache_clear()


def again(name):
    facts.table.cache_clear()
    return facts.table(name)


def test_a_table_is_the_same_when_it_is_read_from_its_copy(own):
    (own / "data" / "kinds" / "one.toml").write_text("a = [1, 2.5, 'x']\n[b]\nc = true\n")
    first = facts.table("kinds/one")
    assert {"a": [1, 2.5, "x"], "b": {"c": True}} == first == again("kinds/one")
    assert 1 == len(list((own / "cache" / "tables").iterdir()))


def test_a_table_that_was_changed_is_read_anew(own):
    file = own / "data" / "one.toml"
    file.write_text("a = 1\n")
    assert {"a": 1} == facts.table("one")
    file.write_text("a = 22\n")
    assert {"a": 22} == again("one")
    stamp = file.stat()
    file.write_text("a = 33\n")  # as long, and as old: some installers give all files one date
    os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert {"a": 33} == again("one")
    assert 1 == len(list((own / "cache" / "tables").iterdir()))


@pytest.mark.parametrize("broken", [b"", b"{", b"\xff", b"3"])
def test_a_broken_copy_is_as_none(own, broken):
    (own / "data" / "one.toml").write_text("a = 1\n")
    facts.table("one")
    (copy,) = (own / "cache" / "tables").iterdir()
    copy.write_bytes(broken)
    assert {"a": 1} == again("one")


def test_without_a_place_to_write_tables_are_read_all_the_same(own):
    (own / "cache").write_text("a file where the folder should be")
    (own / "data" / "one.toml").write_text("a = 1\n")
    assert {"a": 1} == facts.table("one")


def test_a_user_without_a_home_has_tables_too(monkeypatch):
    def no_home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    assert facts.DATA.parent in facts.user_folder().parents
    assert "commits" in again("comfyui")


def test_what_is_learned_anew_is_read_anew(own):
    facts.learn("x", {"laws": [1]})
    assert {"laws": [1]} == facts.learned("x")
    facts.learn("x", {"laws": [2, 3]})
    assert {"laws": [2, 3]} == facts.learned("x")
