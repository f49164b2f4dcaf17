"""Writes data/nodes/core.json: a node type's inputs, widgets and outputs, from a server's /object_info.

`python tools/node_table.py OBJECT_INFO.json [OUT.json]`, and for the nodes of one pack alone
`python tools/node_table.py OBJECT_INFO.json --pack vhs --module custom_nodes.ComfyUI-VideoHelperSuite
--source "Kosinkadink/ComfyUI-VideoHelperSuite 4ee72c06"`, which writes data/nodes/packs/vhs.json. Either
writes data/nodes/packs/index.json too, where each node type has its pack; `python tools/node_table.py` alone
nothing else.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from estimator.workflow.object_info import node  # noqa: E402

NODES = ROOT / "data" / "nodes"
PACKS = NODES / "packs"
OUT = NODES / "core.json"
SOURCE = (
    "GET /object_info of ComfyUI 0.33.0 (commit 2f35f4a0) with city96/ComfyUI-GGUF 795e451, 22 Nov 2026, "
    "by tools/node_table.py and data/frontend.toml"
)
KEYS = (
    "inputs in the frontend's order; widget: has a value in `widgets_values`; after, end: places there that "
    "are never sent; forced: a socket that old versions showed as a widget; grows: a group of sockets, more "
    "as they are used; choices: {a|b} in its text is resolved; options: the inputs that each choice of a "
    "dynamic combo adds; lazy: fetched only when the node asks for it; rest: any number of text widgets so "
    "named"
)
INDEX = "the tables of the packs, by tools/node_table.py; core.json goes before them"


def main(info: Path, out: Path = OUT, module: str = "", source: str = SOURCE) -> None:
    """Turn the definitions in `info`, or those of one Python `module`, into the table `out`, one a line."""
    definitions = json.loads(info.read_text(encoding="utf-8"))
    chosen = {name: one for name, one in definitions.items() if module in ("", one.get("python_module"))}
    lines = [f"{dump(name)}:{dump(node(name, one))}" for name, one in sorted(chosen.items())]
    head = f'{{"source":{dump(source)},\n"keys":{dump(KEYS)},\n"nodes":{{\n'
    out.write_text(head + ",\n".join(lines) + "\n}}\n", encoding="utf-8")
    print(f"{out}: {len(lines)} node types, {out.stat().st_size} bytes")


def dump(value: Any) -> str:
    """JSON with no spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def index(folder: Path = PACKS) -> str:
    """The content of index.json: for each node type of a pack, the table that has it."""
    types: dict[str, str] = {}
    for path in sorted(folder.glob("*.json"), reverse=True):
        if path.stem != "index":
            types |= dict.fromkeys(json.loads(path.read_text(encoding="utf-8"))["nodes"], path.stem)
    lines = [f"{dump(name)}:{dump(pack)}" for name, pack in sorted(types.items())]
    return f'{{"source":{dump(INDEX)},\n"types":{{\n' + ",\n".join(lines) + "\n}}\n"


def command() -> None:
    """Read the command line and write the table that it asks for."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    asked.add_argument("info", type=Path, nargs="?")
    asked.add_argument("out", type=Path, nargs="?", default=OUT)
    asked.add_argument("--pack", help="write data/nodes/packs/PACK.json")
    asked.add_argument("--module", default="", help="the nodes of this python_module only")
    asked.add_argument("--source", default=SOURCE, help="repository and commit of the pack")
    given = asked.parse_args()
    if given.info:
        main(
            given.info,
            PACKS / f"{given.pack}.json" if given.pack else given.out,
            given.module,
            given.source,
        )
    (PACKS / "index.json").write_text(index(), encoding="utf-8")


if __name__ == "__main__":
    command()
