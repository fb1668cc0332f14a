"""The one error that everything about the data raises."""


class DatasetError(ValueError):
    """A file of ratings or titles cannot be used: which file, which line, what to do about it."""
