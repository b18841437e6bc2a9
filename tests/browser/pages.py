"""Pages of hostile texts in a real browser: nothing runs, nothing is asked for, no element is there that a page of ours
does not have, and on a narrow screen nothing but what scrolls by itself is wider than the page.

    python3 pages.py FILE...

Prints a line a page; the exit code is 0 when all held. First of all the checks are tried on a page that breaks every
rule, so that they are known to find it."""

import http.server
import json
import os
import sys
import tempfile
import threading

from webdriver import Browser

ELEMENTS = set(
    "html head meta title style body h1 h2 h3 p b bdi code nav a div table caption thead tbody tr th td ul ol li "
    "svg g path line rect circle text".split()
)
ATTRIBUTES = set(
    "lang xmlns charset http-equiv content name id class href scope role aria-label aria-hidden width height viewBox d "
    "transform x y x1 y1 x2 y2 cx cy r rx stroke-width stroke-opacity fill-opacity opacity".split()
)

SURVEY = """
const elements = {}, attributes = {}, links = [];
for (const element of document.querySelectorAll('*')) {
    elements[element.localName] = (elements[element.localName] || 0) + 1;
    for (const attribute of element.attributes) {
        attributes[attribute.name] = (attributes[attribute.name] || 0) + 1;
        if (attribute.localName === 'href' && !attribute.value.startsWith('#'))
            links.push(attribute.value);
    }
}
return {elements, attributes, links, ran: typeof window.polyglot !== 'undefined', title: document.title,
        wide: document.documentElement.scrollWidth > window.innerWidth};
"""

BAD = """<!DOCTYPE html><html><body><script>polyglot=1</script><img src="//polyglot.example/a.png" onerror="polyglot=2">
<a href="javascript:polyglot=1">x</a><p style="width:3000px">wide</p></body></html>"""


class Listener(http.server.BaseHTTPRequestHandler):
    """Whatever the browser would ask of any host comes here."""

    asked = []

    def do_GET(self):
        Listener.asked.append(f"{self.headers.get('Host')}{self.path}")
        self.send_response(404)
        self.end_headers()

    do_POST = do_HEAD = do_OPTIONS = do_CONNECT = do_GET

    def log_message(self, *arguments):
        """Says nothing."""


def faults_of(browser, path):
    """What a page does that it must not, in words."""
    url = "file://" + os.path.abspath(path)
    Listener.asked.clear()
    browser.log("browser")
    browser.requests()
    browser.open(url)
    seen = browser.run(SURVEY)
    faults = []
    if seen["ran"]:
        faults.append("a script ran")
    faults += [f"element {name}" for name in seen["elements"] if name not in ELEMENTS]
    faults += [f"attribute {name}" for name in seen["attributes"] if name not in ATTRIBUTES]
    faults += [f"link {link[:60]}" for link in seen["links"]]
    faults += [f"request {asked[:100]}" for asked in browser.requests() if asked != url]
    faults += [f"request that arrived {asked[:100]}" for asked in Listener.asked]
    faults += [f"log {entry['message'][:200]}" for entry in browser.log("browser")]
    if seen["wide"]:
        faults.append("wider than a narrow screen")
    return faults


def check_the_checks(browser):
    """A page that breaks all rules is found to."""
    with tempfile.NamedTemporaryFile("w", suffix=".html") as page:
        page.write(BAD)
        page.flush()
        faults = faults_of(browser, page.name)
    for words in ("a script ran", "element script", "element img", "attribute onerror", "link javascript", "request",
                  "wider"):
        assert any(words in fault for fault in faults), f"a bad page passes: no '{words}' in {json.dumps(faults)}"


def main(paths):
    """Checks all pages; the number of those with faults."""
    bad = 0
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    browser = Browser(f"--host-resolver-rules=MAP * 127.0.0.1:{server.server_port}", "--allow-file-access-from-files")
    try:
        browser.resize(400, 900)
        check_the_checks(browser)
        for path in paths:
            faults = faults_of(browser, path)
            bad += bool(faults)
            print(f"{path}: {'; '.join(faults) if faults else 'sound'}")
    finally:
        browser.close()
        server.shutdown()
    return bad


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
