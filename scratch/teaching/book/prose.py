"""Running text of a page: all of it but code, formulas, links, HTML, titles and tables."""

import re
from collections.abc import Callable

PASSED_OVER = re.compile(
    r"(?ms)(^\{\.admonition-title\}\n[^\n]*|^ *```.*?^ *```|^ *:::.*?$"
    r"|\$\$.*?\$\$|\$[^$\n]+\$|`+[^`\n]+`+|!?\[[^\]]*\]\([^)]*\)"
    r"|<details>.*?</details>|<[^>]+>|^#.*?$|^ *\|.*?$|https?://\S+)"
)


def replaced(text: str, pattern: re.Pattern[str], by: Callable[[re.Match[str]], str]) -> str:
    """The text with what the pattern finds in running text replaced, and all else as it is.

    >>> replaced("a `a` $a$ [a](a.md) a", re.compile("a"), lambda match: "b")
    'b `a` $a$ [a](a.md) b'
    """
    parts = PASSED_OVER.split(text)
    return "".join(part if i % 2 else pattern.sub(by, part) for i, part in enumerate(parts))
