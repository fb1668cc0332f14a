"""Recommenders from scratch: the small library that the notebooks build and learners edit."""
