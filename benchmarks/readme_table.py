"""Write the table of peers in README.md from benchmarks/peers.json, or print it.

    python benchmarks/readme_table.py [--store]

For each work our fastest contestant that does the same as theirs, beside their fastest.
"""

import argparse
import json
from pathlib import Path

HERE = Path(__file__).parent
STORED, README = HERE / "peers.json", HERE.parent / "README.md"
BEGIN, END = "<!-- from benchmarks/peers.json: begin -->", "<!-- end -->"
OURS = "scratch"
# Ours that count: the others do not reach what the peers reach, or have another way to it.
SAME = {"weighted": "as far as", "by neighbours": "item-based", "reading": "every line checked"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--store", action="store_true")
    if parser.parse_args().store:
        README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        print(table())


def with_table(readme: str) -> str:
    """The text of the README with the table as it is now between its two marks."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


def table() -> str:
    """A row for each work: seconds with one thread of ours and theirs, and both ratios."""
    rows = json.loads(STORED.read_text(encoding="utf-8"))["rows"]
    lines = [
        "| work | ours | fastest peer | times as fast | with two threads |",
        "|---|---|---|---|---|",
    ]
    for work in dict.fromkeys(row["work"] for row in rows):
        (ours, theirs), (ours_of_two, theirs_of_two) = (
            fastest([row for row in rows if (row["work"], row["threads"]) == (work, threads)])
            for threads in (1, 2)
        )
        lines.append(
            f"| {work} | {in_words(ours['median'])} | {in_words(theirs['median'])}, "
            f"{theirs['name']} | {theirs['median'] / ours['median']:.2g} | "
            f"{theirs_of_two['median'] / ours_of_two['median']:.2g} |"
        )
    return "\n".join(lines)


def fastest(rows: list[dict]) -> tuple[dict, dict]:
    """The row of our fastest that counts, and of their fastest."""
    words = [word for part, word in SAME.items() if part in rows[0]["work"]]
    ours = [row for row in rows if row["name"].startswith(OURS)]
    counts = [row for row in ours if all(word in row["name"] for word in words)]
    theirs = [row for row in rows if row not in ours]
    first, second = (min(some, key=lambda row: row["median"]) for some in (counts, theirs))
    return first, second


def in_words(seconds: float) -> str:
    """Seconds or milliseconds, with two digits.

    >>> in_words(0.00891), in_words(1.74), in_words(15.9)
    ('8.9 ms', '1.7 s', '16 s')
    """
    return f"{seconds:.2g} s" if seconds >= 1 else f"{float(f'{1000 * seconds:.2g}'):g} ms"


if __name__ == "__main__":
    main()
