"""Expressions over a feed's documents, in JMESPath: ``events[?type=='goal'] | [-1].team``.

For what a JSON pointer cannot say: the last of a list, the first that something holds for, a count.
"""

from dataclasses import dataclass, field
from typing import Any

import jmespath
import orjson
from jmespath.exceptions import JMESPathError

from packager.feeds.pointer import NotThere

MAX_CHARACTERS = 1000


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that was compiled."""

    text: str
    _compiled: Any = field(repr=False, compare=False)

    def value_in(self, body: bytes | str) -> object:
        """Read a JSON document and give what the expression finds in it.

        Raises:
            NotThere: It is not JSON, or nothing is found.
        """
        try:
            found: object = self._compiled.search(orjson.loads(body))
        except orjson.JSONDecodeError as error:
            raise NotThere("the document is not JSON") from error
        except (JMESPathError, RecursionError, TypeError, ValueError) as error:
            raise NotThere(f"{self.text!r} fails: {type(error).__name__}") from error
        if found is None:
            raise NotThere(f"the document has nothing for {self.text!r}")
        return found


def read_expression(text: str) -> Expression:
    """Compile an expression.

    Raises:
        ValueError: It is none.
    """
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"has more than {MAX_CHARACTERS} characters")
    try:
        return Expression(text, jmespath.compile(text))
    except (JMESPathError, RecursionError) as error:
        reason = str(error).partition("\n")[0].rstrip(":")
        raise ValueError(f"is no JMESPath expression: {reason}") from error
