"""What a person does with the dashboard, in a real browser: opens, sorts, filters, turns pages, follows a search that
runs, opens a report; and what a store full of hostile names may not do.

    python3 dashboard.py PROGRAM STORE HOSTILE

PROGRAM: fieldwise; STORE: a store whose first study has 300 trials; HOSTILE: one in which every text is markup.
Prints a line for each part; the exit code is 0 when all held."""

import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import tempfile

from webdriver import Browser, Failed


@contextlib.contextmanager
def served(program, store):
    """A running dashboard: the address of its first page, without the slash."""
    process = subprocess.Popen(
        [program, "trials", "serve", "--store", store, "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    base = process.stdout.readline().strip().rstrip("/")
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", base), base
    try:
        yield base
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(timeout=60)
        process.stdout.close()
    assert code == 0, f"serve ended with exit code {code}"


def column(browser, title):
    """The cells of the column with this title in the page's table."""
    return browser.run(
        """
        const table = document.querySelector('#trials table') || document.querySelector('table');
        const heads = Array.from(table.querySelectorAll('thead th'));
        const at = heads.findIndex(h => h.textContent.replace(/[\\u25b2\\u25bc\\u00a0]/g, '').trim() === arguments[0]);
        return at < 0 ? null
            : Array.from(table.querySelectorAll('tbody tr'), row => row.children[at].textContent.trim());
        """,
        title,
    )


def numbers(cells):
    """Cells as numbers, without the empty ones."""
    return [float(cell.replace(",", "")) for cell in cells if cell not in ("", "-")]


def is_sound(browser, base):
    """No errors, no page but ours."""
    errors = [entry for entry in browser.log("browser") if entry["level"] in ("SEVERE", "WARNING")]
    assert not errors, errors[:3]
    others = [url for url in browser.requests() if not url.startswith((base + "/", "data:", "chrome:", "about:"))]
    assert not others, others[:3]


def test_sorting(browser, base):
    """Links in the headers sort, up and down."""
    browser.open(base + "/study/1")
    for title in ("objective", "number"):
        browser.click(browser.link(title))
        values = numbers(column(browser, title))
        assert len(values) > 10 and values == sorted(values), values
        browser.click(browser.find("th[aria-sort] a"))
        values = numbers(column(browser, title))
        assert len(values) > 10 and values == sorted(values, reverse=True), values


def test_filter(browser, base):
    """A condition narrows the table; a wrong one is told in its place and can be mended."""
    browser.open(base + "/study/1")
    browser.write(browser.find("input[name=where]"), "number <= 7\n")
    assert sorted(numbers(column(browser, "number"))) == [1, 2, 3, 4, 5, 6, 7]
    browser.write(browser.find("input[name=where]"), "number <= <script>alert(1)</script>\n")
    assert browser.run("return document.querySelector('#trials .warning').textContent.length") > 0
    assert browser.dialog() is None
    assert browser.run("return document.querySelector('input[name=where]').value").startswith("number <= <script>")
    browser.write(browser.find("input[name=where]"), "1); DELETE FROM trials; --\n")
    assert browser.run("return document.querySelector('#trials .warning') !== null")
    browser.write(browser.find("input[name=where]"), "number = 5\n")
    assert numbers(column(browser, "number")) == [5]


def test_pages(browser, base):
    """Links turn the pages, and all trials come once."""
    browser.open(base + "/study/1?sort=number")
    seen = []
    while True:
        seen += numbers(column(browser, "number"))
        try:
            browser.click(browser.link("Next"))
        except Failed:
            break
    assert seen == [float(i) for i in range(1, 301)], len(seen)


def test_ways(browser, base):
    """From the studies to a study, a trial, a report and back; on a narrow screen nothing sticks out."""
    browser.open(base + "/")
    browser.write(browser.find("input[name=find]"), "nothing has this name\n")
    assert column(browser, "study") == []
    browser.open(base + "/")
    browser.click(browser.find("tbody a"))
    assert browser.address().startswith(base + "/study/")
    browser.click(browser.find("#trials tbody a"))
    assert "/trial/" in browser.address()
    browser.click(browser.find("header nav a:last-of-type"))
    browser.click(browser.link("Report"))
    assert browser.address().endswith("/report")
    assert browser.run("return getComputedStyle(document.body).maxWidth") != "none"  # its style may be used
    for target in ("/", "/study/1", "/study/1/trial/1", "/study/1/report"):
        browser.resize(500, 800)
        browser.open(base + target)
        assert browser.run("return document.documentElement.scrollWidth <= window.innerWidth"), target
    browser.resize(1200, 900)


def test_without_scripts(base):
    """All that the pages need is links and forms."""
    browser = Browser("--blink-settings=scriptEnabled=false")
    try:
        browser.open(base + "/study/1")
        browser.write(browser.find("input[name=where]"), "number <= 3\n")
        browser.until(lambda: "where=" in browser.address())
        browser.click(browser.find("th:first-child a"))
        browser.until(lambda: "where=" in browser.address() and "sort=number" in browser.address())
        browser.find("#trials tbody tr:nth-child(3)")
    finally:
        browser.close()


def test_following(browser, program, folder):
    """A search runs, and the page shows it without being loaded again, until it has ended."""
    table = os.path.join(folder, "table.csv")
    store = os.path.join(folder, "live.db")
    subprocess.run([program, "synth", "crosses", "--rows", "6000", "--out", table], check=True, capture_output=True)
    subprocess.run(
        [program, "train", table, "--label", "y", "--store", store, "--out", os.path.join(folder, "m.fw")],
        check=True,
        capture_output=True,
    )
    with served(program, store) as base:
        browser.open(base + "/")
        # the page that is open was loaded before the search began, and is not live: open it again when it is there
        search = subprocess.Popen(
            [program, "cross", table, "--label", "y", "--store", store, "--plan", os.path.join(folder, "p.json")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:

            def is_there():
                """the study"""
                browser.open(base + "/study/2")
                return browser.run("return document.getElementById('progress') !== null")

            browser.until(is_there)
            browser.log("browser")  # it was not there at first
            browser.run("window.marker = 1; document.querySelector('input[name=where]').value = 'half a though'")
            box = "return document.querySelector('.boxes div:nth-child(2) dd').textContent"
            first = browser.run(box)

            def moves():
                """the number of trials to change"""
                return browser.run(box) != first

            def ends():
                """the status to change"""
                return browser.run("return document.querySelector('.state').textContent") == "complete"

            if browser.run("return document.querySelector('.state').textContent") == "running":
                browser.until(moves, 60)
            search.wait(timeout=120)
            browser.until(ends, 60)
            assert browser.run("return window.marker") == 1
            assert browser.run("return document.querySelector('input[name=where]').value") == "half a though"
            assert browser.run("return document.body.dataset.live") == ""
            browser.requests()
            browser.run("return new Promise(done => setTimeout(done, 2500))")
            assert browser.requests() == []  # it has ended: nobody asks any more
            assert int(browser.run(box).replace(",", "")) > int(first.replace(",", ""))
        finally:
            search.kill()
            search.wait()
        is_sound(browser, base)


def test_hostile(browser, base):
    """Whatever things are called, pages show it, and no more."""
    browser.open(base + "/")
    studies = json.loads(fetch(base, "/api/studies"))["studies"]
    targets = ["/"]
    for study in studies:
        targets += [f"/study/{study['id']}", f"/study/{study['id']}/report"]
        targets += [f"/study/{study['id']}/trial/{n}" for n in range(1, min(study["trials"], 3) + 1)]
    shown = 0
    for target in targets:
        browser.open(base + target)
        assert browser.dialog() is None, target
        assert browser.run("return typeof window.polyglot") == "undefined", target
        assert browser.run("return document.querySelectorAll('script:not([src=\"/script.js\"]), iframe, object, embed, "
                           "img, base, link[rel]:not([href^=\"/\"]), [onerror], [onload], [onfocus]').length") == 0, target
        shown += browser.run("return document.body.textContent.includes('<script')")
    assert shown > 3, shown
    is_sound(browser, base)


def fetch(base, target, headers=None):
    """An answer without the browser."""
    connection = http.client.HTTPConnection(base[len("http://") :], timeout=60)
    connection.request("GET", target, headers=headers or {})
    text = connection.getresponse().read().decode()
    connection.close()
    return text


def test_other_sites(browser, base):
    """A page from elsewhere can neither read nor show the dashboard."""
    other = base.replace("127.0.0.1", "localhost")
    browser.open(other + "/icon.svg")
    answer = browser.run(
        """
        return fetch(arguments[0] + '/api/studies').then(a => a.text().then(t => 'read ' + a.status), e => 'refused');
        """,
        base,
    )
    assert answer == "refused", answer


def main():
    """Runs all parts."""
    program, store, hostile = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        browser = Browser("--window-size=1200,900")
        stack.callback(browser.close)
        with served(program, store) as base:
            for part in (test_sorting, test_filter, test_pages, test_ways):
                part(browser, base)
                is_sound(browser, base)
                print("ok", part.__name__, flush=True)
            test_other_sites(browser, base)
            print("ok test_other_sites", flush=True)
            test_without_scripts(base)
            print("ok test_without_scripts", flush=True)
        browser.log("browser")
        browser.requests()
        with served(program, hostile) as base:
            test_hostile(browser, base)
            print("ok test_hostile", flush=True)
        test_following(browser, program, folder)
        print("ok test_following", flush=True)


if __name__ == "__main__":
    main()
