"""Drives a headless Chromium over its DevTools pipe. Needs the standard library alone."""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
TIMEOUT = 60  # seconds for one answer: a loaded machine starts a browser slowly


class BrowserError(Exception):
    pass


def find():
    """The browser's path: $CHROMIUM, or the first of the usual names."""
    for name in (os.environ.get("CHROMIUM"), *NAMES):
        if name and shutil.which(name):
            return shutil.which(name)
    raise BrowserError(f"none of {', '.join(NAMES)} is installed: run make setup, or name one in $CHROMIUM")


class Browser:
    """One browser with one page, closed at the end of a `with`."""

    def __init__(self, program):
        self.profile = tempfile.TemporaryDirectory(prefix="embq-report-", ignore_cleanup_errors=True)
        to_child, self.commands = os.pipe()
        self.answers, from_child = os.pipe()
        arguments = [
            program, "--headless", "--remote-debugging-pipe", f"--user-data-dir={self.profile.name}", "--disable-gpu",
            "--no-first-run", "--disable-extensions", "--disable-background-networking", "--disable-dev-shm-usage",
            "--hide-scrollbars", "--force-color-profile=srgb",
        ]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")  # Chromium has no sandbox for root; the pages are our own.
        # The browser reads commands from descriptor 3 and answers on 4.
        redirect = f'exec "$@" 3<&{to_child} 4>&{from_child}'
        self.process = subprocess.Popen(
            ["bash", "-c", redirect, "browser", *arguments], pass_fds=(to_child, from_child),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_child)
        os.close(from_child)
        self.buffer = b""
        self.number = 0
        self.session = None
        self.events = []

    def __enter__(self):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        return self

    def __exit__(self, *_):
        try:
            self.session = None
            self.call("Browser.close")
            self.process.wait(10)
        except (BrowserError, OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        os.close(self.commands)
        os.close(self.answers)
        self.profile.cleanup()

    def call(self, method, **parameters):
        """Sends a command and returns its result; events that arrive meanwhile are kept."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.commands, data):]
        while True:
            answer = self.read(time.monotonic() + TIMEOUT, method)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def read(self, deadline, what):
        while b"\0" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.answers], [], [], left)[0]:
                raise BrowserError(f"{what}: the browser did not answer within {TIMEOUT} s")
            data = os.read(self.answers, 1 << 20)
            if not data:
                raise BrowserError(f"{what}: the browser ended")
            self.buffer += data
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def wait_for(self, method):
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self.read(time.monotonic() + TIMEOUT, method))

    # Pages

    def open(self, path):
        """Loads a file; returns what it asked for beyond itself and what the browser logged about it."""
        self.events.clear()
        address = "file://" + os.path.abspath(path)
        self.call("Page.navigate", url=address)
        self.wait_for("Page.loadEventFired")
        complaints = []
        for event in self.events:
            details = event.get("params", {})
            if event.get("method") == "Network.requestWillBeSent":
                url = details["request"]["url"]
                if url != address and not url.startswith("data:,"):
                    complaints.append(f"loads {url[:120]}")
            elif event.get("method") == "Log.entryAdded":
                complaints.append(f"logs {details['entry']['text'][:200]}")
            elif event.get("method") in ("Runtime.exceptionThrown", "Page.javascriptDialogOpening"):
                complaints.append("runs a script")
        return complaints

    def show(self, width, scheme, media="screen"):
        """Lays the page out anew: its width in CSS pixels, `light` or `dark`, `screen` or `print`."""
        self.call("Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": scheme}])
        # As tall as the page, so that every element can be asked what lies under it.
        for height in (900, None):
            if height is None:
                height = min(int(self.run("document.documentElement.scrollHeight")) + 1, 60000)
            self.call(
                "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def run(self, script):
        """The value of an expression in the page."""
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            raise BrowserError(details.get("exception", {}).get("description", details["text"]))
        return result["result"].get("value")

    def answered(self):
        """Waits until the report's model has answered what stands in its box, or could not; what the page says then. None
        for a report that runs no model."""
        said = "(document.getElementById('live-status') || {}).textContent"
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            text = self.run(said)
            if text is None or text.startswith("Done") or "cannot be run" in text or "does not run" in text:
                return text
            time.sleep(0.005)
        raise BrowserError(f"the page still says '{text}'")

    def picture(self, width, height, scale=1.0):
        """A PNG of the page's upper left part, in CSS pixels."""
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": scale}
        result = self.call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
        return base64.b64decode(result["data"])

    def pdf(self):
        result = self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True, paperWidth=8.27, paperHeight=11.69)
        return base64.b64decode(result["data"])
