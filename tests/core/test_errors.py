"""The head of `core/errors.py` lists the refusals that the file has."""

import re

from mockkrea.core import errors
from mockkrea.core.errors import MockKreaError


def test_the_head_of_the_file_names_every_refusal_in_its_order() -> None:
    assert errors.__doc__ is not None
    [listed] = re.findall(r"^The refusals: (.+?)\.$", errors.__doc__, re.MULTILINE | re.DOTALL)
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]

    assert re.split(r",\s+", listed) == [
        kind.__name__ for kind in kinds if issubclass(kind, MockKreaError) and kind is not MockKreaError
    ]
