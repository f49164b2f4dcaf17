"""Run when a ComfyUI under test starts, since its folder is on PYTHONPATH: what is shut stays shut.

`ROOM_READ_ONLY`: folders, `os.pathsep` between them, in which nothing may be written; `ROOM_OFFLINE=1`: no
connection leaves this computer. Attempts are refused, and noted in the file `ROOM_LOG`. `ROOM_TIMED=1`: it is
noted there what each custom node costs ComfyUI's start.
"""

import errno
import importlib.machinery
import ipaddress
import json
import os
import sys
import time
from pathlib import Path

SHUT = filter(None, os.environ.get("ROOM_READ_ONLY", "").split(os.pathsep))
READ_ONLY = tuple(folder + os.sep for folder in SHUT)
OFFLINE = os.environ.get("ROOM_OFFLINE") == "1"
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Which of an event's arguments are paths that are written to.
CHANGES = {"os.mkdir": (0,), "os.remove": (0,), "os.rmdir": (0,), "os.rename": (0, 1), "os.truncate": (0,)}


def guard(event, arguments):
    """Refuse what is shut."""
    if READ_ONLY:
        for path in written(event, arguments):
            if str(Path(path).absolute()).startswith(READ_ONLY):
                refuse(event, path, PermissionError(errno.EACCES, "read-only", path))
    if OFFLINE:
        host = reached(event, arguments)
        if host and not is_here(host):
            refuse(event, host, ConnectionError(f"no network: {host}"))


def written(event, arguments):
    """The paths that an event is about to write to."""
    if event == "open":
        path, mode, flags = arguments
        writes = flags & WRITING if isinstance(flags, int) else False
        named = [path] if writes or (mode and set("wax+") & set(mode)) else []
    else:
        named = [arguments[at] for at in CHANGES.get(event, ())]
    return [os.fsdecode(path) for path in named if isinstance(path, str | bytes)]


def reached(event, arguments):
    """The host that an event is about to reach or to look up."""
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        return str(arguments[1][0])
    return str(arguments[0]) if event == "socket.getaddrinfo" and arguments[0] else ""


def is_here(host):
    """Whether a host is this computer."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def refuse(event, what, error):
    """Note an attempt, then refuse it."""
    note({"event": event, "what": what})
    raise error


def note(what):
    """A line in the log."""
    with Path(os.environ["ROOM_LOG"]).open("a", encoding="utf-8") as log:
        log.write(json.dumps(what) + "\n")


class Timed:
    """Finds ComfyUI's module `nodes` as Python would, and has it time the loading of custom nodes."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != "nodes":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        run = spec.loader.exec_module

        def exec_module(module):
            run(module)
            module.load_custom_node = timed(module.load_custom_node)

        spec.loader.exec_module = exec_module
        return spec


def timed(load):
    """`nodes.load_custom_node` with a note of its seconds, of calls of torch, and of what is imported."""
    from torch.overrides import TorchFunctionMode

    class Calls(TorchFunctionMode):
        count = 0

        def __torch_function__(self, function, types, args=(), kwargs=None):
            self.count += 1
            return function(*args, **(kwargs or {}))

    async def load_custom_node(path, *more, **named):
        with Calls() as calls:
            began = time.perf_counter()
            done = await load(path, *more, **named)
            seconds = time.perf_counter() - began
        if f"{os.sep}custom_nodes{os.sep}" not in path:
            return done
        ours = [one for one in sys.modules if ".estimator" in one]
        note({"event": "loaded", "what": path, "seconds": seconds, "torch": calls.count, "estimator": ours})
        return done

    return load_custom_node


if READ_ONLY or OFFLINE:
    sys.addaudithook(guard)
if os.environ.get("ROOM_TIMED") == "1":
    sys.meta_path.insert(0, Timed)
