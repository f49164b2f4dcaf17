"""The ComfyUI side, thin: nodes, HTTP routes, and the one file that looks at ComfyUI itself."""
