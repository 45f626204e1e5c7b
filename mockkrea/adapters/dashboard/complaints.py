"""What a refusal says of the fields of the form that was refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from mockkrea.adapters.dashboard.acting import ADDRESS, RAW


class Complaint(NamedTuple):
    """What is wrong with a field. `detail` goes on behind its label: ` must be …`, or `: path must be …`."""

    field: str
    detail: str


def complaints(detail: str, fields: Mapping[str, str]) -> list[Complaint]:
    """What the sentences of a refusal say of these fields; a refusal of a whole body is about all of it.

    A sentence is about a field if it begins with its name or with a JSON pointer into it.
    """
    if RAW in fields:
        return [Complaint(RAW, f": {detail}")]
    names = {re.split("[:.]", name)[0]: name for name in fields if name not in ADDRESS}
    if not names:
        return []
    any_name = "|".join(map(re.escape, names))
    begins = rf"(?:^|(?<=[.?)] ))(?:/({any_name})(?:/[^\s:]+)?(?=[ :])|({any_name})(?= must ))"
    found = [*re.finditer(begins, detail)]
    ends = [each.start() for each in found[1:]] + [len(detail)]
    return [
        Complaint(names[each[1] or each[2]], detail[each.end() : end].rstrip())
        for each, end in zip(found, ends, strict=False)
    ]
