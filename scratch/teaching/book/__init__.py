"""The book: what Sphinx is given to read, made from the notebooks, the pages and the package."""
