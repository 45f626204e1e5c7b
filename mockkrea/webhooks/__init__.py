"""Sending webhooks: when (`dispatcher.py`), and how carefully (`posting.py`)."""
