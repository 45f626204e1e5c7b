"""How tests start Debian's Chromium, and what they ask of every page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.tools import require

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SWITCHES = [
    *("--no-sandbox", "--disable-gpu", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]

# Relative luminance and contrast as WCAG 2 defines them, of every text against the ground it stands on.
LOW_CONTRAST = """(main) => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgb = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const color = rgb(getComputedStyle(node).backgroundColor);
      if (color[3] > 0) return color;
    }
  };
  const found = [];
  const texts = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
  for (let node; node = texts.nextNode();) {
    if (!node.data.trim() || !node.parentElement.checkVisibility()) continue;
    const style = getComputedStyle(node.parentElement);
    if (style.opacity !== "1") found.push(`${node.data.trim()}: not opaque`);
    const pair = [rgb(style.color), ground(node.parentElement)].map(light);
    const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    if (ratio < 4.5) found.push(`${node.data.trim()}: ${ratio.toFixed(2)}`);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, without a window."""
    from playwright.sync_api import sync_playwright

    chromium = require("chromium")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
