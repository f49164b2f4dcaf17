"""ComfyUI's server: its queue, its users' settings, and where routes and middlewares are added."""

import logging
from typing import Any

logger = logging.getLogger("vram_forecast")


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


def tell(event: str, data: dict[str, Any]) -> None:
    """Send an event to all open frontends, from any thread; an error is a line in the log for debugging."""
    try:
        server().send_sync(event, data)
    except Exception as error:
        logger.debug("%s could not be sent: %s", event, error)
