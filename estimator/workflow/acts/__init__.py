"""The acts that rules are made of: a new one is a class here and its name in this union."""

from __future__ import annotations

from .bundles import Bind, Pack, Unpack
from .latents import Upsample
from .load import Load, Lora
from .other import Assume, Calculate, Choose, Compute, Open, Run, Upscale
from .pictures import Cell, Decode, Encode
from .remarks import Remark
from .sample import Sample
from .sounds import DecodeSound, EncodeSound, Listen
from .texts import EncodeText, WriteText
from .train import Train

AnyAct = (
    Assume
    | Bind
    | Calculate
    | Cell
    | Choose
    | Compute
    | Decode
    | DecodeSound
    | Encode
    | EncodeSound
    | EncodeText
    | Listen
    | Load
    | Lora
    | Open
    | Pack
    | Remark
    | Run
    | Sample
    | Train
    | Unpack
    | Upsample
    | Upscale
    | WriteText
)

__all__ = ["AnyAct", "Lora"]
