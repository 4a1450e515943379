"""The JSON pages of a server that tasks are submitted to, read for following them."""

from typing import Any

import msgspec

from fleet.errors import Fault, OutsideError
from fleet.ports import Answer
from fleet.text import scrub


def page_json(answer: Answer, path: str) -> Any:
    """The JSON value of a page; `path` is how it is called. Raises OutsideError where it is none."""
    if answer.status != 200 or answer.is_html:
        raise OutsideError(Fault.STATUS, f"{path} answered {answer.status}")
    try:
        return msgspec.json.decode(answer.body)
    except (ValueError, RecursionError) as error:
        raise OutsideError(Fault.PAYLOAD, f"{path}: {scrub(str(error), 120)}") from error
