"""The scenario file: its format, reading it with line numbers, playing it, and what it expects."""
