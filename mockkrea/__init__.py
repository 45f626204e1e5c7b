"""mockkrea: an offline twin of Krea's generation API, for tests and demos.

Nothing is made and nothing costly is imported here: `import mockkrea` takes no measurable time.
"""

__version__ = "0.1.0"
