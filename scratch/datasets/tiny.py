"""Parse the small files that are part of the course: see datasets/README.md."""

import pandas as pd

from scratch.checking import checked
from scratch.datasets.reading import Kind, RawFile, check_ratings, read_lines, read_table


@checked
def parse_interests(file: RawFile) -> list[list[str]]:
    """Return the interests of each user: a line per user, interests separated by ", "."""
    users = []
    for number, line in enumerate(read_lines(file, "utf-8"), 1):
        interests = [interest.strip() for interest in line.split(",")]
        if not all(interests):
            raise file.damaged(number, "an interest is empty (one user per line, commas between)")
        if len(set(interests)) < len(interests):
            raise file.damaged(number, "an interest comes twice")
        users.append(interests)
    return users


@checked
def parse_ratings(file: RawFile) -> pd.DataFrame:
    """Return the table of user_id, movie_id, rating (1 to 5)."""
    columns: dict[str, Kind] = {"user_id": "id", "movie_id": "id", "rating": "rating"}
    table = read_table(file, columns, ",", header="user_id,movie_id,rating")
    check_ratings(table, file, lambda row: row + 2, scale=(1, 5))
    return table
