"""ComfyUI's real frontend in a real browser: loads a workflow, and tells what it would send to the server.

Only the answers that it needs to start are served, with the node definitions of a server that ran once.
"""

import functools
import http.server
import importlib.util
import json
import os
import shutil
import threading
from pathlib import Path

OBJECT_INFO = Path(__file__).resolve().parents[2] / "shared" / "data" / "object_info.json"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
STEM = "/api/"
SETTINGS = {
    "Comfy.TutorialCompleted": True,
    "Comfy.Workflow.ShowMissingNodesWarning": False,
    "Comfy.Workflow.WarnBlueprintOverwrite": False,
    "Comfy.Release.Status": "skip",
    "Comfy.Release.Version": "99",
}
SYSTEM = {"os": "posix", "python_version": "3.12", "embedded_python": False, "comfyui_version": "0.33.0"}
ANSWERS = {
    "users": {"storage": "server", "migrated": True},
    "settings": SETTINGS,
    "extensions": [],
    "system_stats": {"system": SYSTEM | {"pytorch_version": "2", "argv": []}, "devices": []},
    "prompt": {"exec_info": {"queue_remaining": 0}},
}
READY = """window.app && window.app.extensionManager && window.app.graph
    && Object.keys(LiteGraph.registered_node_types).length > 300"""
LOAD = """async ([document, drawn]) => {
    const quiet = {skipAssetScans: true, silentAssetErrors: true};
    if (drawn) await app.loadGraphData(document, true, true, null, quiet);
    else await app.loadApiJson(document, "w");
    await new Promise(done => setTimeout(done, 50));
    return {sent: (await app.graphToPrompt()).output, saved: app.rootGraph.serialize()};
}"""


# What it finds to be missing: it looks for that after it has loaded a workflow.
MISSING = """async document => {
    await app.loadGraphData(document, true, true, null, {});
    const store = document_store();
    for (let tries = 0; tries < 100 && !(store.missingModelCandidates || []).length; tries++)
        await new Promise(done => setTimeout(done, 100));
    return JSON.parse(JSON.stringify(store.missingModelCandidates || []));
    function document_store() {
        const app = window.document.querySelector("#vue-app").__vue_app__;
        return app.config.globalProperties.$pinia.state.value.missingModel;
    }
}"""


class Handler(http.server.SimpleHTTPRequestHandler):
    """The frontend's files, and the answers above."""

    def __init__(self, *arguments, definitions, **options):
        self.answers = {name: json.dumps(one).encode() for name, one in ANSWERS.items()}
        self.answers["object_info"] = definitions
        super().__init__(*arguments, **options)

    def do_GET(self):
        name = self.path.partition("?")[0]
        if not name.startswith(STEM):
            return super().do_GET()
        found = self.answers.get(name.removeprefix(STEM))
        return self.send_error(404) if found is None else self.reply(found)

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.reply(b"{}")

    def reply(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Frontend:
    """A page with the frontend in it."""

    def __init__(self, page):
        self.page = page

    def load(self, document):
        """What it sends for a workflow or a prompt (`sent`), and how it would save it (`saved`)."""
        return self.page.evaluate(LOAD, [document, "nodes" in document])

    def missing(self, document):
        """The model files that its dialog would offer to download, with all that it knows of them."""
        return self.page.evaluate(MISSING, document)


def lacking():
    """What is not at hand for it and how to get it; nothing where all is there."""
    return pageless() or (
        "" if OBJECT_INFO.is_file() else "no shared/data/object_info.json beside the checkout"
    )


def pageless():
    """What is not at hand for a page of the frontend, whoever serves it, and how to get it."""
    if not importlib.util.find_spec("playwright"):
        return "no playwright: pip install playwright"
    if not static():
        return "no frontend: pip install comfyui-frontend-package==1.48.7"
    if not browser():
        return "no browser: apt-get install chromium"
    return ""


def static():
    """The folder of the frontend's files: `FRONTEND_PATH`, or those of the package."""
    named, spec = os.environ.get("FRONTEND_PATH"), importlib.util.find_spec("comfyui_frontend_package")
    folders = [Path(one) / "static" for one in (spec.submodule_search_locations or ())] if spec else []
    return named or next((str(one) for one in folders if one.is_dir()), None)


def browser():
    """The path of a browser."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def opened():
    """A frontend that is ready; a generator, which closes it when it goes on."""
    from playwright.sync_api import sync_playwright

    handler = functools.partial(Handler, directory=static(), definitions=OBJECT_INFO.read_bytes())
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with sync_playwright() as playwright:
            started = playwright.chromium.launch(
                executable_path=browser(), args=["--no-sandbox", "--disable-gpu", "--no-proxy-server"]
            )
            page = started.new_page()
            page.set_default_timeout(120_000)
            page.goto(f"http://127.0.0.1:{server.server_port}/")
            page.wait_for_function(READY)
            page.wait_for_timeout(2000)
            yield Frontend(page)
            started.close()
    finally:
        server.shutdown()
        server.server_close()
