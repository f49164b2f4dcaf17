"""ComfyUI's server: its queue, its users' settings, and where routes and middlewares are added."""

from typing import Any


def server():
    """ComfyUI's one server."""
    from server import PromptServer

    return PromptServer.instance


def busy() -> bool:
    """Whether a prompt runs or waits."""
    return server().prompt_queue.get_tasks_remaining() > 0


def settings(request: Any) -> dict[str, Any]:
    """The settings of the user whom a request names, by id; empty where they cannot be read."""
    try:
        found = server().user_manager.settings.get_settings(request)
    except Exception:  # no such user, or a ComfyUI that keeps them elsewhere
        return {}
    return found if isinstance(found, dict) else {}


def add_middleware(middleware: Any) -> None:
    """Have ComfyUI's server pass each request through one more middleware, the innermost.

    Only until the server starts: aiohttp freezes the list then.
    """
    server().app.middlewares.append(middleware)
