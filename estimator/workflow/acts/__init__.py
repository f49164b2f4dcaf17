"""The acts that rules are made of: a new one is a class here and its name in this union."""

from __future__ import annotations

from .load import Load, Lora
from .other import Calculate, Choose, Open, Run, Upscale
from .pictures import Decode, DecodeSound, Encode, EncodeSound
from .sample import Sample
from .texts import EncodeText

AnyAct = (
    Calculate
    | Choose
    | Decode
    | DecodeSound
    | Encode
    | EncodeSound
    | EncodeText
    | Load
    | Lora
    | Open
    | Run
    | Sample
    | Upscale
)

__all__ = ["AnyAct", "Lora"]
