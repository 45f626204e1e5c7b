"""`python -m mockkrea` is `mockkrea`."""

from mockkrea.cli import main

if __name__ == "__main__":
    main()
