"""Pictures of the demo's pages, by headless Chromium over its DevTools protocol.

Reads JSON from stdin: `browser`, `folder`, and `pages` with `name`, `url`, `wait` (a JavaScript expression that is true once the
page shows what it is for), and how to sign in: `headers`, `cookies` or `form` (url, fields).
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import requests
from websocket import WebSocket, create_connection

WIDTH, HEIGHT = 1280, 800
PATIENCE_SECONDS = 60


class Browser:
    def __init__(self, program: str, folder: str) -> None:
        flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-port=0"]
        size = [
            f"--window-size={WIDTH},{HEIGHT}",
            f"--user-data-dir={folder}",
            "--remote-allow-origins=*",
            "about:blank",
        ]
        self._process = subprocess.Popen([program, *flags, *size], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        port_file = Path(folder, "DevToolsActivePort")
        give_up = time.monotonic() + PATIENCE_SECONDS
        while not port_file.exists() or "\n" not in port_file.read_text():
            if time.monotonic() > give_up:
                raise RuntimeError(f"{program} does not start")
            time.sleep(0.1)
        self._at = f"http://127.0.0.1:{port_file.read_text().splitlines()[0]}"

    def page(self) -> Page:
        made = requests.put(f"{self._at}/json/new?about:blank", timeout=30).json()
        return Page(create_connection(made["webSocketDebuggerUrl"], timeout=PATIENCE_SECONDS))

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()


class Page:
    def __init__(self, socket: WebSocket) -> None:
        self._socket, self._number = socket, 0
        self.ask("Network.enable")
        self.ask("Page.enable")
        size = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
        self.ask("Emulation.setDeviceMetricsOverride", **size)

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            told = json.loads(self._socket.recv())
            if told.get("id") == self._number:
                if "error" in told:
                    raise RuntimeError(f"{method}: {told['error']}")
                found: dict[str, Any] = told["result"]
                return found

    def shows(self, expression: str) -> bool:
        result = self.ask("Runtime.evaluate", expression=f"Boolean({expression})")["result"]
        return bool(result.get("value"))

    def picture(self) -> bytes:
        return base64.b64decode(self.ask("Page.captureScreenshot", format="png")["data"])


def sign_in(page: Page, given: dict[str, Any]) -> None:
    if "headers" in given:
        page.ask("Network.setExtraHTTPHeaders", headers=given["headers"])
    cookies = [{"name": name, "value": value, "url": given["url"]} for name, value in given.get("cookies", {}).items()]
    if "form" in given:
        session = requests.Session()
        session.get(given["form"]["url"], timeout=30)
        fields = {**given["form"]["fields"], "_xsrf": session.cookies.get("_xsrf", "")}
        session.post(given["form"]["url"], params={"_xsrf": fields["_xsrf"]}, data=fields, timeout=180)
        for cookie in session.cookies:
            cookies.append({"name": cookie.name, "value": cookie.value or "", "url": given["url"], "path": cookie.path})
    if cookies:
        page.ask("Network.setCookies", cookies=cookies)


def main() -> None:
    given = json.load(sys.stdin)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = Browser(given["browser"], folder)
        try:
            for each in given["pages"]:
                page = browser.page()
                sign_in(page, each)
                page.ask("Page.navigate", url=each["url"])
                give_up = time.monotonic() + PATIENCE_SECONDS
                while not page.shows(each["wait"]):
                    if time.monotonic() > give_up:
                        raise RuntimeError(f"{each['url']} does not show {each['wait']}")
                    time.sleep(0.3)
                time.sleep(each.get("settleSeconds", 1.5))
                Path(given["folder"], f"{each['name']}.png").write_bytes(page.picture())
        finally:
            browser.close()


if __name__ == "__main__":
    main()
