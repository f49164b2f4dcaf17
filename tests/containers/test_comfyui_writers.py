"""Files that ComfyUI's own writers made, read."""

import json
import subprocess
import sys
from pathlib import Path

from vram_forecast.estimator.workflow.read import read

PROMPT = {
    "1": {
        "class_type": "CLIPTextEncode",
        "inputs": {"text": "größe {b} 'c' \"d\" ; # = \\ \n", "clip": ["2", 0]},
    },
    "2": {"class_type": "CLIPLoader", "inputs": {"clip_name": "a.safetensors"}},
}
WORKFLOW = {"nodes": [{"id": 7, "type": "Note"}], "links": []}
ALWAYS = {"png", "latent", "webp", "apng", "webm", "mp4", "glb", "flac", "mp3", "opus"}


def test_every_file_that_comfyui_writes_holds_its_prompt(comfyui, tmp_path):
    script = Path(__file__).with_name("comfyui_writers.py")
    arguments = [comfyui, tmp_path, json.dumps(PROMPT), json.dumps(WORKFLOW)]
    done = subprocess.run(
        [sys.executable, script, *map(str, arguments)], cwd=tmp_path, capture_output=True, text=True
    )
    assert 0 == done.returncode, done.stderr
    written = set(json.loads(done.stdout.splitlines()[-1]))
    assert set() == ALWAYS - written
    made = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) == len(made)
    assert {path.name: PROMPT for path in made} == {path.name: read(path).prompt() for path in made}
