"""The browser that all of these tests share."""

from tests.chromium import browser

__all__ = ["browser"]
