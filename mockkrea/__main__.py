"""`python -m mockkrea` is `mockkrea`."""

from mockkrea import signals


def main() -> None:
    """Run the command line; a signal that comes while it is still being imported ends it cleanly too."""
    signals.end_by_exception()
    from mockkrea import cli

    cli.main()


if __name__ == "__main__":
    main()
