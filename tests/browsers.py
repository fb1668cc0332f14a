"""A real browser for tests, where there is one."""

import contextlib
import shutil
from collections.abc import Iterator

from selenium import webdriver

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
DRIVER = shutil.which("chromedriver")
IS_THERE = bool(CHROMIUM and DRIVER)
MISSING = "there is no chromium with chromedriver"


@contextlib.contextmanager
def a_browser(width: int = 1366, height: int = 1000) -> Iterator[webdriver.Chrome]:
    """A browser without a window, of this size, which asks nobody for anything by itself."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                 "--disable-background-networking", f"--window-size={width},{height}"):  # fmt: skip
        options.add_argument(flag)
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    try:
        yield driver
    finally:
        driver.quit()
