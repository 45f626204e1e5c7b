"""mockkrea: an offline twin of Krea's generation API, for tests and demos.

Nothing is made and nothing costly is imported here: `import mockkrea` takes no measurable time.
`mockkrea.serve` is imported when it is asked for.
"""

__version__ = "0.1.0"

# Type checkers take this name for true; `typing` itself would cost something.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from mockkrea.testing import serve as serve
else:

    def __getattr__(name: str) -> object:
        if name == "serve":
            from mockkrea.testing import serve

            return serve
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
