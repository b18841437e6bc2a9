"""A browser without a window, driven by the plain HTTP of WebDriver; the standard library is all it needs."""

import http.client
import json
import re
import subprocess
import time

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Failed(Exception):
    """What WebDriver says did not work."""


class Browser:
    """One browser with one window; to be closed."""

    def __init__(self, *arguments):
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.port = None
        for line in self.driver.stdout:
            found = re.search(r"started successfully on port (\d+)", line)
            if found:
                self.port = int(found.group(1))
                break
        if self.port is None:
            raise Failed("chromedriver does not start")
        self.session = None
        options = {
            "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", *arguments],
        }
        capabilities = {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"performance": "ALL", "browser": "ALL"},
            "unhandledPromptBehavior": "ignore",
        }
        try:
            answer = self._call("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
        except BaseException:
            self.close()
            raise
        self.session = answer["sessionId"]

    def close(self):
        """Ends the browser and its driver."""
        if getattr(self, "session", None):
            try:
                self._call("DELETE", f"/session/{self.session}")
            except (Failed, OSError):
                pass
        self.driver.terminate()
        self.driver.wait()
        self.driver.stdout.close()

    def _call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        text = json.dumps(body if body is not None else {}) if method == "POST" else None
        connection.request(method, path, text, {"Content-Type": "application/json"})
        answer = json.loads(connection.getresponse().read())["value"]
        connection.close()
        if isinstance(answer, dict) and "error" in answer:
            raise Failed(f"{answer['error']}: {answer.get('message', '')[:300]}")
        return answer

    def _do(self, method, path, body=None):
        return self._call(method, f"/session/{self.session}{path}", body)

    def open(self, url):
        """Loads a page and waits for it."""
        self._do("POST", "/url", {"url": url})

    def address(self):
        """Where the window is."""
        return self._do("GET", "/url")

    def run(self, script, *arguments):
        """What a function body in JavaScript returns."""
        return self._do("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def find(self, css):
        """The first element of a selector; fails when there is none."""
        return self._do("POST", "/element", {"using": "css selector", "value": css})[ELEMENT]

    def link(self, text):
        """The first link with this text."""
        return self._do("POST", "/element", {"using": "link text", "value": text})[ELEMENT]

    def click(self, element):
        """Clicks, as with a mouse."""
        self._do("POST", f"/element/{element}/click")

    def write(self, element, text):
        """Clears a field and types; a newline is the enter key."""
        self._do("POST", f"/element/{element}/clear")
        self._do("POST", f"/element/{element}/value", {"text": text})

    def dialog(self):
        """The text of an open alert; None: there is none."""
        try:
            return self._do("GET", "/alert/text")
        except Failed:
            return None

    def log(self, kind):
        """What was logged since the last call: "browser" or "performance"."""
        return self._do("POST", "/se/log", {"type": kind})

    def requests(self):
        """Addresses that were asked for over the network since the last call."""
        found = []
        for entry in self.log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                found.append(message["params"]["request"]["url"])
        return found

    def resize(self, width, height):
        """Sets the size of the window."""
        self._do("POST", "/window/rect", {"width": width, "height": height})

    def until(self, what, seconds=30):
        """Waits until a function gives something true, and gives it."""
        end = time.monotonic() + seconds
        while True:
            try:
                value = what()
            except Failed:
                value = None
            if value:
                return value
            if time.monotonic() > end:
                raise Failed(f"waited {seconds} s for {what.__doc__ or what.__name__}")
            time.sleep(0.1)
