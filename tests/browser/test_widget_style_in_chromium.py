"""The style of the widget as it is served is the one in its file, though it has lost its spaces."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from mockkrea.adapters import pages
from mockkrea.adapters.mcp import apps

# The rules of a page's style as Chromium understands them. A value with a variable in it keeps the spaces
# after its commas as they were written; those in strings mean something.
RULES = """(page) => {
  const style = new DOMParser().parseFromString(page, "text/html").querySelector("style");
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style.textContent);
  const spaced = /("(?:[^"\\\\]|\\\\.)*"|'(?:[^'\\\\]|\\\\.)*')|\\s*,\\s*/g;
  return [...sheet.cssRules].map((rule) => rule.cssText.replace(spaced, (_, string) => string ?? ","));
}"""


def rules(browser: Browser, page: str) -> list[str]:
    with browser.new_page() as blank:
        found: list[str] = blank.evaluate(RULES, page)
    return found


def test_the_style_of_the_widget_is_served_with_the_very_rules_of_its_file(browser: Browser) -> None:
    written = rules(browser, (pages.FOLDER / "widget.html").read_text(encoding="utf-8"))

    assert len(written) > 50
    assert rules(browser, apps.contents("http://127.0.0.1:5732")["text"]) == written


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('p::after { content: "one, two" }', 'p::after { content: "one,two" }'),
        ("p { width: calc(1px - var(--x)) }", "p { width: calc(1px -var(--x)) }"),
        (".a .b { width: 1px }", ".a.b { width: 1px }"),
    ],
)
def test_rules_that_mean_something_else_are_told_apart(browser: Browser, one: str, other: str) -> None:
    assert rules(browser, f"<style>{one}</style>") != rules(browser, f"<style>{other}</style>")
