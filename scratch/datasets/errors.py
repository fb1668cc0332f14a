"""The errors that everything about the data raises."""


class DatasetError(ValueError):
    """A file of ratings or titles cannot be used: which file, which line, what to do about it."""


class UnknownMovie(DatasetError):
    """A rating is of a movie that the file of movies has not: one of the two files is damaged."""
