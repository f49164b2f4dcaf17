"""What a forecast looks like: text for people, JSON for programs."""

from __future__ import annotations

from .json import encode
from .text import render
from .words import sentence

__all__ = ["encode", "render", "sentence"]
