"""Generative flat art: a prompt and a seed become a list of plain shapes in seven colours.

Pure: no Pillow, no time, no ambient randomness. `compose` is the way in; `raster` (outside) draws.
"""
