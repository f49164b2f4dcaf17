"""ComfyUI's server: its queue, its users' settings, and where routes and middlewares are added."""

import logging
from pathlib import Path
from typing import Any
from urllib.parse import quote

logger = logging.getLogger("vram_forecast")


def server():
    """ComfyUI's one server."""
    from server import PromptServer

    return PromptServer.instance


def claim(folder: Path) -> Path:
    """The folder of the copy of this pack that serves this ComfyUI: the first one that claims it."""
    found: Path = vars(server()).setdefault("vram_forecast_folder", folder)
    return found


def serve_web(folder: Path, name: str) -> None:
    """Have the frontend find a pack's files under `name` where its folder's own name cannot be served.

    ComfyUI serves them by the folder's name. aiohttp 3.14 keeps one with spaces or letters beyond ASCII as
    URLs have it, and compares that with an address whose escapes were resolved (web_urldispatcher.py,
    `StaticResource.resolve`), so that nothing is ever found.
    """
    import nodes

    folders = getattr(nodes, "EXTENSION_WEB_DIRS", {})
    if quote(folder.name) != folder.name and folder.name in folders:
        folders.setdefault(name, folders.pop(folder.name))


def hide_web(folder: Path) -> None:
    """Have the frontend load none of a pack's files."""
    import nodes

    getattr(nodes, "EXTENSION_WEB_DIRS", {}).pop(folder.name, None)


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
