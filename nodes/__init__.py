"""The ComfyUI side, thin: nodes, routes, guard and recorder, and the one room that looks at ComfyUI."""
