"""Runs ComfyUI's own classes on a pretended card, with no memory and no weights, and makes laws of it.

Nothing here is imported until it is asked for: every module but `grid` and `checkout` needs torch. One
process traces one ComfyUI: `checkout.open_checkout` first, then `device.pretended`, and inside it a
`run.Subject` whose `trace` gives a `meter.Meter` for each shape; `make.law` turns such points into a law.
"""
