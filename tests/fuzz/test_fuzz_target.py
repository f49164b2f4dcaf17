"""The fuzz target runs, and a few seconds of it find nothing."""

import importlib.util
import os
import subprocess
import sys

import pytest


def test_the_fuzz_target_finds_nothing_in_a_few_seconds(root, tmp_path):
    if importlib.util.find_spec("atheris") is None:
        wheels = sys.platform == "linux" and (3, 11) <= sys.version_info < (3, 14)
        stop = pytest.fail if wheels and os.environ.get("CI") == "true" else pytest.skip
        stop(
            'no atheris for the tests: run `python -m pip install -e ".[fuzz]"` (Linux, Python 3.11 to 3.13)'
        )
    # By way of a shell: a process takes over the most memory of the one that it was split from, and this one
    # has collected thousands of tests.
    command = [
        *("sh", "-c", '"$@"; exit $?', "sh"),
        sys.executable,
        root / "tests" / "fuzz" / "fuzz_formats.py",
        "-max_total_time=5",
        "-rss_limit_mb=1024",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert (done.returncode, list(tmp_path.iterdir())) == (0, []), done.stderr[-2000:]
    assert "DONE" in done.stderr or "Done" in done.stderr
