"""The second half of `make docs`: looks into the site that was built, as a reader without a network would.

Whatever a page loads stands beside it, every link within the site leads to a page and a place that are there, every page is reached
from the first one, and every public name has its entry.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

ROOT = Path(__file__).parent.parent
SITE = ROOT / "out" / "site"
LOADS = {
    "script": "src",
    "link": "href",
    "img": "src",
    "iframe": "src",
    "source": "srcset",
    "video": "src",
    "object": "data",
    "embed": "src",
}
POINTERS = {"next", "prev", "index", "search", "genindex"}  # kinds of <link> that load nothing


class Page(HTMLParser):
    """What a page loads and links to, and the places in it that can be linked to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
        attributes = {key: value or "" for key, value in given}
        self.places |= {attributes[key] for key in ("id", "name") if key in attributes}
        if tag == "a" and "href" in attributes:
            self.links.append(attributes["href"])
        elif tag in LOADS and attributes.get(LOADS[tag]):
            (self.links if attributes.get("rel") in POINTERS else self.loads).append(attributes[LOADS[tag]])
        if "srcdoc" in attributes:  # a page in a frame
            self.loads += Page(attributes["srcdoc"]).loads


def wrong(site: Path) -> Iterator[str]:
    """What is wrong with a site, in sentences."""
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}
    reached, waiting = set(), [site / "index.html"]
    while waiting:
        path = waiting.pop()
        if path in reached or path not in pages:
            continue
        reached.add(path)
        page = pages[path]
        for address in page.loads + page.links:
            loaded = address in page.loads
            if address.startswith(("http:", "https:", "//")):
                if loaded:
                    yield f"{path.relative_to(site)} loads {address}"
            elif not address.startswith(("data:", "mailto:", "#" if loaded else "data:")):
                file, place = urldefrag(address)
                target = (path.parent / unquote(file.partition("?")[0])).resolve() if file else path
                if not target.exists():
                    yield f"{path.relative_to(site)} leads to {address}, which is not there"
                elif place and target in pages and unquote(place) not in pages[target].places:
                    yield f"{path.relative_to(site)} leads to {address}, and there is no such place"
                waiting.append(target)
    for path in sorted(pages.keys() - reached):
        yield f"no link leads to {path.relative_to(site)}"
    for sheet in site.rglob("*.css"):
        if found := re.search(r"@import|url\(.?(https?:|//)", sheet.read_text(encoding="utf-8")):
            yield f"{sheet.relative_to(site)} loads something: {found[0]}"


def main() -> None:
    if not (SITE / "index.html").exists():
        sys.exit(f"there is no site in {SITE}")
    if found := list(wrong(SITE.resolve())):
        sys.exit("\n".join(found))
    print(f"{len(list(SITE.rglob('*.html')))} pages: {(SITE / 'index.html').relative_to(ROOT)}")


if __name__ == "__main__":
    main()
