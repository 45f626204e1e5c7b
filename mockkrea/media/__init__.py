"""Pictures made here: prompt, seed and size in, real PNG, JPEG or WebP bytes out.

`size`, `formats` and `picture` cost nothing to import; `draw` brings Pillow, so import it where bytes
are needed and not before. What is drawn depends on nothing but its arguments. `facts` goes the other way:
the bytes of an upload in, what they hold out; `enlarge` makes one picture of another.
"""
