"""The acts that rules are made of: a new one is a class here and its name in this union."""

from __future__ import annotations

from .bundles import Bind, Pack, Unpack
from .load import Load, Lora
from .other import Assume, Calculate, Choose, Compute, Open, Run, Upscale
from .pictures import Decode, DecodeSound, Encode, EncodeSound
from .remarks import Remark
from .sample import Sample
from .texts import EncodeText

AnyAct = (
    Assume
    | Bind
    | Calculate
    | Choose
    | Compute
    | Decode
    | DecodeSound
    | Encode
    | EncodeSound
    | EncodeText
    | Load
    | Lora
    | Open
    | Pack
    | Remark
    | Run
    | Sample
    | Unpack
    | Upscale
)

__all__ = ["AnyAct", "Lora"]
