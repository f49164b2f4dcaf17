"""The machines that a row may have run on: its card, its system, and the ComfyUIs that are possible."""

from __future__ import annotations

import re

import msgspec

from estimator.options import MOST_GIB
from estimator.options import machine as machine_of
from estimator.runtime import Machine, Policy
from estimator.runtime.machine import Os
from estimator.runtime.policy import newest, policy, version

from .cards import devices
from .reading import Row, table, worded

FLAG = re.compile(r"--[a-z0-9][a-z0-9_-]*(?:[ =][0-9.]+\b)?")


def machines(row: Row, since: str) -> list[Machine]:
    """One machine for each card and policy that the row may have had. Raises `Unjudged` without a card."""
    found = devices(row)
    system = worded("system", row.os or "")
    usual = table("words")["usual"]
    own = usual["server_system" if any(in_server for _, in_server in found) else "system"]
    ram = min((row.ram_mb or usual["ram_gib"] * 1024) / 1024, MOST_GIB - 1)
    host = machine_of(vram=1, ram=ram, system=system["is"] if system else own).host
    host = msgspec.structs.replace(host, swap=None)  # nobody states it
    return [
        Machine(device, host, each)
        for device, _ in found
        for each in policies(row, since, host.os, device.vendor)
    ]


def policies(row: Row, since: str, system: Os, vendor: str) -> list[Policy]:
    """The policy of each ComfyUI that it may have been; of two that are dynamic, today's alone."""
    torch, flags = torch_of(row, vendor), flags_of(row)
    found = [policy(comfy, torch, system, vendor, flags) for comfy in versions(row, since)]
    return found[-1:] if len(found) > 1 and found[0].dynamic_vram else found


def torch_of(row: Row, vendor: str) -> str:
    """torch's version, with the ROCm that the row states."""
    stated = re.search(r"rocm ?(\d+(?:\.\d+)?)", f"{row.os or ''} {row.flags or ''}".lower())
    usual: str = table("words")["usual"]["torch"]
    return f"{usual}+rocm{stated[1]}" if stated and vendor == "amd" else usual


def versions(row: Row, since: str) -> list[str]:
    """The row's own ComfyUI, or those that stand for all possible ones; `since`: what brought its model."""
    if stated := re.search(r"\b(\d+\.\d+(?:\.\d+)?)\b", (row.comfy_version or "").replace("v", " ")):
        return [stated[1]]
    if dynamic_said(row):
        return [newest()]
    era = worded("era", row.os or "")
    legacy = era["comfy"] if era else table("words")["usual"]["legacy"]
    if since and version(since) > version(legacy):
        return [since] if era else [since, newest()]
    return [legacy] if era else [*([since] if since else []), legacy, newest()]


def flags_of(row: Row) -> tuple[str, ...]:
    """ComfyUI's flags that the row states, and those that its words stand for."""
    text = re.sub(r"\(.*?\)", "", row.flags or "")
    found = [part for one in FLAG.findall(text) for part in re.split("[ =]", one)]
    if dynamic_said(row):
        found.append("--enable-dynamic-vram")
    said = worded("attention", text)
    return tuple(found) + ((said["flag"],) if said and said["flag"] not in found else ())


def dynamic_said(row: Row) -> bool:
    """Whether the row says that dynamic VRAM is on."""
    said = re.sub(r"\(.*?\)", "", (row.flags or "").lower())
    return bool(re.search(r"(?<!disable-)dynamic[- ]vram", said))
