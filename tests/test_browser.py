"""The page in a real Chromium: at a laptop's and a phone's width, light and dark, opened from the disk."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import pytest

from symgame import derive, wilson_cowan
from symgame.article import article
from symgame.derivation import Derivation
from symgame.document import Picture
from symgame.report.html import page

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(CHROMIUM is None or DRIVER is None, reason="no chromium and chromedriver here")

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars",
)  # fmt: skip
VIEWS = [(width, scheme) for width in (1280, 390) for scheme in ("light", "dark")]
SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="400pt" viewBox="0 0 40 20">
<path d="M0 0L40 20" stroke="#000"/></svg>"""


@pytest.fixture(scope="module")
def derivation() -> Derivation:
    return derive(wilson_cowan())


@pytest.fixture(scope="module")
def place(derivation: Derivation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory as ``symgame derive`` leaves it: the page, and beside it every file that it links to."""
    directory = tmp_path_factory.mktemp("page")
    certificates = {c.id: f"certificates/{c.id}.smt2" for c in derivation.claims if c.certificate is not None}
    pictures = [Picture("phase-plane", "Phase plane", ("both nullclines",), "two lines that cross")]
    text = page(
        article(derivation, certificates, pictures), derivation, svgs={"phase-plane": SVG}, certificates=certificates,
        checker_lines={c.id: k + 1 for k, c in enumerate(derivation.claims)},
    )  # fmt: skip
    (directory / "report.html").write_text(text, encoding="utf-8")
    (directory / "certificates").mkdir()
    for claim in derivation.claims:
        if claim.certificate is not None:
            (directory / certificates[claim.id]).write_text(claim.certificate, encoding="utf-8")
    (directory / "claims.json").write_text("{}", encoding="utf-8")
    (directory / "checkers.py").write_text("", encoding="utf-8")
    return directory


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield browser
    browser.quit()


def shown(chromium: Any, place: Path, width: int, scheme: str) -> Any:
    """The page, freshly opened in a window of that width and colour scheme; older log entries are thrown away."""
    command = chromium.execute_cdp_cmd
    command("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    command("Emulation.setDeviceMetricsOverride", size)
    for log in ("browser", "performance"):
        chromium.get_log(log)
    chromium.get("about:blank")
    chromium.get((place / "report.html").as_uri())
    chromium.execute_script("document.documentElement.style.scrollBehavior = 'auto'")
    return chromium


@pytest.fixture(params=VIEWS, ids=[f"{width}-{scheme}" for width, scheme in VIEWS])
def view(request: pytest.FixtureRequest, chromium: Any, place: Path) -> Any:
    return shown(chromium, place, *request.param)


@pytest.fixture
def laptop(chromium: Any, place: Path) -> Any:
    return shown(chromium, place, 1280, "light")


def test_no_message_and_no_request(view: Any) -> None:
    assert view.get_log("browser") == []
    events = [json.loads(entry["message"])["message"] for entry in view.get_log("performance")]
    asked = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
    schemes = [urlparse(url).scheme for url in asked if not url.startswith("about:")]
    assert set(schemes) <= {"file", "data"} and schemes.count("file") == 1, "the page itself and nothing else"
    assert view.execute_script("return performance.getEntriesByType('resource').length") == 0


def test_the_policy_stops_what_a_page_must_not_do(laptop: Any) -> None:
    ran = laptop.execute_script(
        "const s = document.createElement('script'); s.textContent = 'window.ran = true'; document.body.append(s);"
        "return window.ran === true"
    )
    assert ran is False
    assert any("Content Security Policy" in entry["message"] for entry in laptop.get_log("browser"))


def test_nothing_is_wider_than_the_window_even_with_all_unfolded(view: Any) -> None:
    view.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
    wide, window = view.execute_script("const d = document.documentElement; return [d.scrollWidth, d.clientWidth]")
    assert wide <= window
    outside = view.execute_script(
        """const most = document.documentElement.clientWidth + 0.5;
        const box = e => e.getBoundingClientRect();
        return [...document.querySelectorAll('main *')].filter(e => !e.closest('.scroll, .wide, .aside, svg')
          && box(e).width > 0 && box(e).right > most).map(e => e.outerHTML.slice(0, 80))"""
    )
    assert outside == []


def test_formulas_are_set(view: Any) -> None:
    """Every formula outside folded parts has a size; subscripts stand lower, numerators above denominators."""
    boxes = view.execute_script(
        """return [...document.querySelectorAll('main math')].filter(m => m.checkVisibility()).map(m => {
          const r = m.getBoundingClientRect(); return [r.width, r.height]; })"""
    )
    assert len(boxes) > 200 and min(w for w, _ in boxes) > 3 and min(h for _, h in boxes) > 3
    lower, above = view.execute_script(
        """const middle = e => { const r = e.getBoundingClientRect(); return (r.top + r.bottom) / 2; };
        const seen = tag => [...document.querySelectorAll('.claim > .formula ' + tag)];
        return [seen('msub').map(e => middle(e.children[1]) - middle(e.children[0])),
                seen('mfrac').map(e => middle(e.children[1]) - middle(e.children[0]))]"""
    )
    assert len(lower) > 50 and min(lower) > 1
    assert len(above) > 10 and min(above) > 8
    upright = view.execute_script(
        """const words = [...document.querySelectorAll('.claim > .formula mi')].filter(e => e.textContent === 'stable');
        return words.map(e => e.getBoundingClientRect().width / e.getBoundingClientRect().height)"""
    )
    assert upright and min(upright) > 1, "a word is one word"


def test_pieces_of_a_formula_wrap(chromium: Any, place: Path) -> None:
    """The same long formula takes more lines on a phone than on a laptop, and no piece is cut there."""
    lines = {}
    for width in (1280, 390):
        browser = shown(chromium, place, width, "light")
        rows = browser.execute_script(
            """const formula = document.getElementById('count.multistable').querySelector('.formula > .f');
            return [...formula.querySelectorAll('math')].map(m => {
              const r = m.getBoundingClientRect(); return [r.left, r.right, Math.round(r.bottom / 12)]; })"""
        )
        assert all(0 <= left and right <= width for left, right, _ in rows)
        lines[width] = len({bottom for *_, bottom in rows})
    assert lines[390] > lines[1280] > 1


def test_links_work(laptop: Any, place: Path, derivation: Derivation) -> None:
    links = laptop.execute_script("return [...document.querySelectorAll('a[href]')].map(a => a.href)")
    files = {unquote(urlparse(url).path) for url in links if url.startswith("file:") and "#" not in url}
    assert len(files) > 20 and all(Path(file).is_file() for file in files)
    assert {str(place / "claims.json"), str(place / "checkers.py")} <= files
    laptop.execute_script("document.querySelector('nav.side a[href*=\"nash\"]').click()")
    assert "nash" in laptop.execute_script("return location.hash")
    top = laptop.execute_script("return document.querySelector(':target').getBoundingClientRect().top")
    assert -1 <= top < 120
    laptop.execute_script("document.getElementById('matrix.lds').querySelector('h4 a').click()")
    assert laptop.execute_script("return document.querySelector(':target').id") == "matrix.lds"
    for claim in derivation.claims:
        id = laptop.execute_script("return document.getElementById(arguments[0])?.className", claim.id)
        assert id == "claim", claim.id


NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', {value: undefined, configurable: true});"
CLIPBOARD = """Object.defineProperty(navigator, 'clipboard', {configurable: true,
  value: {writeText: async text => { window.copied = text; }}});"""


@pytest.mark.parametrize("clipboard", [NO_CLIPBOARD, CLIPBOARD], ids=["selection", "clipboard"])
def test_formulas_and_commands_are_copied(laptop: Any, clipboard: str) -> None:
    laptop.execute_script(
        clipboard + "addEventListener('copy', e => { window.copied = e.target.value; });"
        "document.querySelectorAll('details').forEach(d => d.open = true)"
    )
    latex = r"\mathbf{A}\in\mathrm{LDS} \;\Longleftrightarrow\; w_{EE} < 1"
    for clicked, text, what in (
        (".formula .copy", latex, "LaTeX"),
        (".formula .f", latex, "LaTeX"),
        (".command .copy", 'symgame check MODEL "lds <=> w_EE < 1"', "Command"),
    ):
        laptop.execute_script("window.copied = null; document.getElementById('said').textContent = ''")
        laptop.find_element("css selector", f"[id='matrix.lds'] {clicked}").click()
        laptop.execute_async_script("setTimeout(arguments[0], 100)")
        found = laptop.execute_script("return [window.copied, document.getElementById('said').textContent]")
        assert found == [text, f"{what} copied"]


def test_the_filter_finds_by_words_ids_formulas_and_verdict(laptop: Any, derivation: Derivation) -> None:
    def filtered(words: str, verdict: str = "") -> tuple[list[str], str]:
        laptop.execute_script(
            """const form = document.querySelector('.filter');
            form.querySelector('input').value = arguments[0]; form.querySelector('select').value = arguments[1];
            form.dispatchEvent(new Event('input'));""",
            words, verdict,
        )  # fmt: skip
        return tuple(  # type: ignore[return-value]
            laptop.execute_script(
                """return [[...document.querySelectorAll('.claim')].filter(e => e.checkVisibility()).map(e => e.id),
                document.querySelector('.filter output').textContent]"""
            )
        )

    n = len(derivation.claims)
    ids, said = filtered("")
    assert len(ids) == n and said == f"{n} of {n} statements shown"
    ids, said = filtered("paradoxical")
    assert ids == [c.id for c in derivation.claims if "paradoxical" in f"{c.id} {c.title} {c.then}".lower()]
    assert said == f"{len(ids)} of {n} statements shown"
    assert filtered("MATRIX.lds-p  iff")[0] == [] and filtered(" coincide MATRIX.lds-p ")[0] == ["matrix.lds-p"]
    assert "stability.fold" in filtered("det = 0 <=> w_EE")[0]
    proved = {c.id for c in derivation.claims if c.verdict.kind == "proved"}
    assert set(filtered("", "proved")[0]) == proved
    assert filtered("no such thing") == ([], f"0 of {n} statements shown")
    assert laptop.execute_script("return document.querySelector('.filter output').ariaLive") == "polite"
    laptop.execute_script("location.hash = '#matrix.lds'")
    laptop.execute_async_script("setTimeout(arguments[0], 100)")
    assert laptop.execute_script("return document.getElementById('matrix.lds').checkVisibility()"), "a link reveals"


def test_the_keyboard_reaches_the_content_first_and_sees_where_it_is(laptop: Any) -> None:
    for kind in ("keyDown", "keyUp"):
        laptop.execute_cdp_cmd(
            "Input.dispatchKeyEvent", {"type": kind, "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
        )
    text, outline = laptop.execute_script(
        "const e = document.activeElement; return [e.textContent, getComputedStyle(e).outlineStyle]"
    )
    assert text == "Skip to the content" and outline == "solid"


def test_contents_stand_beside_on_a_laptop_and_fold_on_a_phone(chromium: Any, place: Path) -> None:
    seen = """return ['nav.side', 'details.contents'].map(q => document.querySelector(q).checkVisibility())"""
    assert shown(chromium, place, 1280, "light").execute_script(seen) == [True, False]
    browser = shown(chromium, place, 390, "light")
    assert browser.execute_script(seen) == [False, True]
    browser.execute_script("document.querySelector('details.contents summary').click()")
    assert browser.execute_script("return document.querySelector('details.contents a').checkVisibility()")


def test_without_scripts_everything_is_there_and_nothing_pretends(chromium: Any, place: Path) -> None:
    chromium.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser = shown(chromium, place, 1280, "light")
        for query, visible in ((".copy", False), (".filter", False), (".claim", True), ("details.proof summary", True)):
            assert browser.find_element("css selector", query).is_displayed() is visible, query
    finally:
        chromium.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


CONTRAST = """
const light = c => { const v = c / 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
const luminance = ([r, g, b]) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
const numbers = text => text.match(/[\\d.]+/g).map(Number);
const under = e => { for (let at = e; at; at = at.parentElement) {
  const c = numbers(getComputedStyle(at).backgroundColor); if (c.length < 4 || c[3] > 0) return c; } };
return arguments[0].map(query => { const e = document.querySelector(query);
  const [a, b] = [luminance(numbers(getComputedStyle(e).color)), luminance(under(e))];
  return [query, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)]; });
"""


def test_text_and_badges_have_contrast(view: Any) -> None:
    view.execute_script(
        """for (const kind of ['cited', 'refuted', 'undecided']) {
        const b = document.querySelector('.badge').cloneNode(true);
        b.className = 'badge ' + kind; document.querySelector('.claim .head').append(b); }"""
    )
    queries = [
        "main p", "h1", "main a", "caption", ".claim dt", ".proof .reason", "summary", ".copy", ".filter label",
        ".filter output", "figcaption", "footer", "code", "pre", "nav a",
        *(f".claim .badge.{kind}" for kind in ("proved", "cited", "refuted", "undecided")),
    ]  # fmt: skip
    low = [(query, ratio) for query, ratio in view.execute_script(CONTRAST, queries) if ratio < 4.5]
    assert low == []


def test_dark_is_dark_and_light_is_light(chromium: Any, place: Path) -> None:
    colours = [
        shown(chromium, place, 1280, scheme).execute_script(
            "return getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/g).map(Number)"
        )
        for scheme in ("light", "dark")
    ]
    assert min(colours[0]) > 220 and max(colours[1]) < 60
