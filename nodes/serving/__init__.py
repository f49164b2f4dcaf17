"""What is added to ComfyUI's server: routes, and the guard before its queue."""
