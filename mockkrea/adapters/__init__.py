"""Thin adapters: each reads the request, asks the world once, and answers through `wire`."""
