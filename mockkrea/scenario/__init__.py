"""The scenario file: its format, reading it with line numbers, playing it and saying what should have been."""
