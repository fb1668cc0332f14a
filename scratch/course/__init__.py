"""The course's own commands: `python -m scratch.course lab`, and what `make` calls.

Everything here runs before anything is installed, so it uses Python's own library alone.
"""
