"""The pure core: standard library only; told the time, given its randomness, handed its bytes."""
