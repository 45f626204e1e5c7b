"""Keeping what happened to a world."""
