"""The memory of past runs: what goes in comes out, bounded, from several threads and processes."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec
import pytest
from vram_forecast.estimator.history import opened, owner, schema
from vram_forecast.estimator.history import store as store_module
from vram_forecast.estimator.history.rows import Done, Run, Setup
from vram_forecast.estimator.history.store import HistoryError, Store

SETUP = Setup("a card", 12 << 30, "0.33.0", "2.9", "pytorch", True)
CHILDREN = 30
PACK = {**os.environ, "PACK": str(Path(__file__).resolve().parents[2])}


def run(name, began=0.0, graph="g"):
    return Run(id=name, began=began, graph=graph, setup=SETUP)


def done(of, node="3", law="flux:sample:BF16:2"):
    return Done(run=of, node=node, class_type="KSampler", law=law, peak=123, shape=(1, 16, 128, 128))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "user" / "history.sqlite"


@pytest.fixture
def store(path):
    made = Store(path)
    yield made
    made.close()


@pytest.fixture
def limits(monkeypatch):
    """Our settings, to be changed by a test."""
    own = dict(opened.limits())
    monkeypatch.setattr(opened, "limits", lambda: own)
    monkeypatch.setattr(store_module, "limits", lambda: own)
    return own


def test_a_run_and_its_nodes_come_back_as_they_were(store):
    store.begin(run("a"))
    store.add(done("a"))
    store.end("a", "failed", seconds=2.5, node="3")
    (kept,) = store.runs()
    assert msgspec.structs.replace(run("a"), outcome="failed", seconds=2.5, node="3") == kept
    assert [done("a")] == store.nodes("a")
    assert kept == store.run("a")
    assert store.run("b") is None


def test_runs_are_newest_first_and_of_one_workflow_where_it_is_named(store):
    for number, graph in enumerate("xyx"):
        store.begin(run(str(number), number, graph))
    assert ["2", "1", "0"] == [one.id for one in store.runs()]
    assert ["2"] == [one.id for one in store.runs(1)]
    assert ["2", "0"] == [one.id for one in store.runs(graph="x")]


def test_points_are_of_laws_on_this_setup_only(store):
    other = msgspec.structs.replace(SETUP, card="another")
    store.begin(run("a"))
    store.begin(msgspec.structs.replace(run("b"), setup=other))
    for of, law in (("a", "l"), ("a", ""), ("b", "l")):
        store.add(done(of, law=law))
    assert [done("a", law="l")] == store.points(SETUP)


def test_the_oldest_runs_go_first_with_their_nodes(store, limits):
    limits["most_runs"] = 3
    for number in range(5):
        store.begin(run(str(number), number))
        store.add(done(str(number)))
    assert ["4", "3", "2"] == [one.id for one in store.runs()]
    assert [] == store.nodes("0")


def test_the_file_stays_within_its_bytes(store, limits, path):
    limits["most_bytes"] = 200_000
    for number in range(200):
        store.begin(run(str(number), number))
        for node in range(20):
            store.add(done(str(number), str(node)))
        store.end(str(number), "done", seconds=1)
    store.close()
    assert path.stat().st_size < 300_000
    kept = Store(path, writes=False).runs(500)
    assert 10 < len(kept) < 200
    assert kept[0].id == "199"


def test_a_run_keeps_only_so_many_nodes(store, limits):
    limits["most_nodes"] = 2
    store.begin(run("a"))
    for node in "123":
        store.add(done("a", node))
    assert ["1", "2"] == [one.node for one in store.nodes("a")]


def test_what_a_dead_process_left_running_is_interrupted_and_what_lives_is_not(store, path, monkeypatch):
    store.begin(run("alive", 1))
    child("Store(path).begin(run)", path)
    assert ["running", "running"] == [one.outcome for one in store.runs()]
    Store(path).close()
    assert {"alive": "running", "child": "interrupted"} == {one.id: one.outcome for one in store.runs()}


def test_a_number_of_a_process_used_again_is_not_the_process_of_the_run():
    computer, number, _ = owner.owner().rsplit("/", 2)
    assert owner.gone(f"{computer}/{number}/1.00")
    assert not owner.gone(owner.owner())
    assert not owner.gone("another computer/1/1.00")


def test_threads_share_a_store(store):
    def write(name):
        store.begin(run(name))
        for _ in range(20):
            store.add(done(name))
            assert store.nodes(name)

    threads = [threading.Thread(target=write, args=(str(one),)) for one in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert [20] * 8 == [len(store.nodes(one.id)) for one in store.runs()]


def test_a_reader_sees_what_another_store_writes_and_writes_nothing(store, path):
    store.begin(run("a"))
    reader = Store(path, writes=False)
    store.begin(run("b", 1))
    assert ["b", "a"] == [one.id for one in reader.runs()]
    with pytest.raises(HistoryError, match="reading only"):
        reader.begin(run("c"))


def test_reading_makes_no_file(path):
    with pytest.raises(HistoryError):
        Store(path, writes=False)
    assert not path.exists()


def test_a_closed_store_says_so(store):
    store.close()
    store.close()
    with pytest.raises(HistoryError, match="closed"):
        store.runs()


def test_a_newer_database_is_left_alone(store, path):
    store.close()
    with sqlite3.connect(path) as database:
        database.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    for writes in (True, False):
        with pytest.raises(HistoryError, match="newer"):
            Store(path, writes=writes)
    assert ["history.sqlite"] == sorted(one.name for one in path.parent.iterdir() if "-" not in one.name)


def test_a_locked_database_is_one_error_after_the_wait_and_reading_goes_on(store, path, limits):
    limits["busy_seconds"] = 0.3
    store.begin(run("a"))
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    waiting = Store(path)  # what orphans there are waits for another start
    began = time.monotonic()
    with pytest.raises(HistoryError, match="locked"):
        waiting.begin(run("b"))
    assert 0.2 < time.monotonic() - began < 5
    assert ["a"] == [one.id for one in waiting.runs()]
    holder.execute("ROLLBACK")
    waiting.begin(run("b"))


def break_it(path, how):
    if how == "folder":
        path.mkdir(parents=True)
        (path / "something").write_text("of someone's")
        return
    with Store(path)._write() as database:
        database.execute("CREATE TABLE filler (x)")
        database.executemany("INSERT INTO filler VALUES (?)", [("x" * 3000,)] * 50)
    whole = sqlite3.connect(path)
    whole.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole.close()
    content = path.read_bytes()
    for end in ("-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    path.write_bytes(os.urandom(len(content)) if how == "random" else content[: len(content) // 2])


@pytest.mark.parametrize("how", ["random", "truncated", "folder"])
def test_a_broken_database_is_kept_aside_and_a_new_one_begun(path, how, caplog):
    break_it(path, how)
    store = Store(path)
    store.begin(run("a"))
    assert ["a"] == [one.id for one in store.runs()]
    assert path.with_name("history.sqlite.broken-1").exists()
    assert 1 == sum("broken" in line.message for line in caplog.records)


def test_a_database_broken_too_often_is_left(path, limits):
    for _ in range(limits["most_broken"]):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(os.urandom(5000))
        Store(path).close()
        path.unlink()
    path.write_bytes(os.urandom(5000))
    with pytest.raises(HistoryError, match="Delete it"):
        Store(path)


def test_a_file_of_no_bytes_is_a_new_database(path):
    path.parent.mkdir()
    path.touch()
    store = Store(path)
    store.begin(run("a"))
    assert 1 == len(store.runs())


def test_a_file_in_place_of_the_folder_is_one_error(tmp_path):
    (tmp_path / "user").write_text("")
    with pytest.raises(HistoryError):
        Store(tmp_path / "user" / "history.sqlite")


PRELUDE = """
import os, types
root = os.environ["PACK"]
pack = types.ModuleType("vram_forecast")
pack.__path__ = [root]
sys_modules = __import__("sys").modules
sys_modules["vram_forecast"] = pack
import resource, signal, sys
import pathlib
from vram_forecast.estimator.history.rows import Done, Run, Setup
from vram_forecast.estimator.history.store import HistoryError, Store
path = pathlib.Path(sys.argv[1])
name = sys.argv[2]
run = Run(id=name, began=0.0, graph="g", setup=Setup("a card", 12 << 30, "0.33.0", "2.9", "pytorch", True))
def done(of, node="3"):
    return Done(run=of, node=node, class_type="KSampler", law="l", shape=(1, 16, 128, 128))
"""
FULL = """
store = Store(path)
store.begin(run)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 100_000,) * 2)
try:
    for _ in range(10_000):
        store.add(done(name))
except HistoryError as error:
    print(error)
print(len(store.nodes(name)))
"""
FOREVER = """
store = Store(path)
store.begin(run)
print("begun", flush=True)
while True:
    store.add(done(name))
"""


def child(code, path, name="child"):
    """What a process of its own prints; it dies without closing."""
    command = [sys.executable, "-c", PRELUDE + code, str(path), name]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=PACK)
    assert 0 == done.returncode, done.stderr
    return done.stdout


def test_a_full_disk_is_one_error_and_what_was_written_stays(path):
    said, count = child(FULL, path).splitlines()
    assert "cannot be used" in said
    assert 0 < int(count) < 10_000
    store = Store(path)
    assert int(count) == len(store.nodes("child"))
    store.add(done("child"))
    assert int(count) + 1 == len(store.nodes("child"))


def test_a_database_at_its_most_pages_says_that_the_disk_is_full(store):
    pages = store._open["write"].execute("PRAGMA page_count").fetchone()[0]
    store._open["write"].execute(f"PRAGMA max_page_count = {pages}")
    store.begin(run("a"))
    with pytest.raises(HistoryError, match="full"):
        for _ in range(1000):
            store.add(done("a"))
    assert all(one == done("a") for one in store.nodes("a"))


def test_killed_in_the_midst_of_writing_the_database_opens_and_every_row_is_whole(path):
    command = [sys.executable, "-c", PRELUDE + FOREVER, str(path)]
    for number in range(CHILDREN):
        with subprocess.Popen(
            [*command, str(number)], stdout=subprocess.PIPE, text=True, env=PACK
        ) as writing:
            assert "begun\n" == writing.stdout.readline()
            time.sleep(0.01 + 0.003 * number)
            writing.send_signal(signal.SIGKILL)
        with_all = Store(path)
        assert "interrupted" == with_all.run(str(number)).outcome
        assert all(one.class_type == "KSampler" for one in with_all.nodes(str(number)))
        with_all.close()
    with sqlite3.connect(path) as database:
        assert "ok" == database.execute("PRAGMA integrity_check").fetchone()[0]
    assert CHILDREN == len(Store(path).runs(100))
