"""Looks at a website on the disk: which links lead nowhere, and which lead out of it."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADING = ("script", "img", "link", "iframe", "source", "video", "audio", "object", "embed")


class Page(HTMLParser):
    """What matters of a page: places to link to, where its links lead, and what it loads."""

    def __init__(self, text: str):
        super().__init__()
        self.places: set[str] = {""}
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take in one tag."""
        values = {name: value or "" for name, value in attrs}
        self.places |= {values[name] for name in ("id", "name") if name in values}
        target = values.get("href") or values.get("src") or values.get("data")
        if target and not target.startswith("data:"):
            is_loaded = tag in LOADING and values.get("rel") not in (
                "next",
                "prev",
                "index",
                "search",
            )
            (self.loads if is_loaded else self.links).append(target)


def read(site: Path) -> dict[Path, Page]:
    """All pages of a site, by file; what lies in _static are parts of pages."""
    paths = sorted(
        path for path in site.rglob("*.html") if path.parts[len(site.parts)] != "_static"
    )
    return {path: Page(path.read_text(encoding="utf-8")) for path in paths}


def broken(pages: dict[Path, Page]) -> list[str]:
    """Every link and file of these pages that is not there, as "page: link", in order."""
    found = []
    for path, page in pages.items():
        for target in dict.fromkeys(page.links + page.loads):
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            file = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            fragment = unquote(parts.fragment)
            places = pages[file].places if file in pages else {fragment}
            if not file.is_file() or fragment not in places:
                found.append(f"{path.name}: {target}")
    return found


def loaded_from_elsewhere(pages: dict[Path, Page]) -> list[str]:
    """Whatever a page would fetch from another place than the site, as "page: address"."""
    return [
        f"{path.name}: {target}"
        for path, page in pages.items()
        for target in page.loads
        if urlsplit(target).scheme or urlsplit(target).netloc
    ]


def leading_out(pages: dict[Path, Page]) -> dict[str, list[str]]:
    """The addresses outside the site that pages link to, each with the names of these pages."""
    found: dict[str, list[str]] = {}
    for path, page in pages.items():
        for target in dict.fromkeys(page.links):
            if urlsplit(target).scheme in ("http", "https"):
                found.setdefault(target, []).append(path.name)
    return dict(sorted(found.items()))
