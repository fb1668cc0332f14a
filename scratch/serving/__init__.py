"""Answers while somebody waits: the best few of a million items, and a service that gives them."""
