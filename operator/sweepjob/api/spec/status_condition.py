"""Success and failure of an object as CEL expressions over its status.

Tenants write the expressions, and the operator evaluates them on its event loop. So what could make an
expression expensive is refused (``expression_cost``), and a status that is too large is not evaluated:
the cost is bounded by the length of the expression times the size of the status.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from .expression_cost import MACROS, cost_problems

STATUS_LIMIT = 16 * 1024  # bytes of JSON
_LIST_LIMIT = 200  # items of a list, or of a map
_VALUE_LIMIT = 1000  # objects, lists and other values of a status
# ``matches`` compiles its pattern for each item.
_FUNCTIONS = frozenset(
    {"size", "contains", "startsWith", "endsWith", "has", "int", "uint", "double", "string", "bool"}
)
_BINDING = re.compile(r"\b(\w{1,100})\s{0,100}\(\s{0,100}(\w{1,100})\s{0,100},")


class ExpressionError(ValueError):
    """An expression is invalid, or gave no truth value."""


@dataclass(frozen=True, slots=True)
class StatusCondition:
    """A CEL expression over ``status``.

    Attributes:
        text: the expression.
    """

    text: str
    _program: Any = field(compare=False, repr=False)

    @classmethod
    def parse(cls, text: str) -> StatusCondition:
        """Return the condition of a text.

        Raises:
            ExpressionError: it is invalid, or could cost too much.
        """
        for problem in cost_problems(text):
            raise ExpressionError(problem)
        return cls(text, _compile(text))

    def is_met(self, status: Mapping[str, Any]) -> bool:
        """Return whether a status meets the condition; a field that is missing does not meet it.

        Args:
            status: the status of an object, without a ``status_problem``.

        Raises:
            ExpressionError: the expression gives no truth value.
        """
        try:
            found = self._program.execute({"status": status})
        except (KeyError, IndexError):
            return False
        except Exception as error:  # the library raises whatever fits the fault
            raise ExpressionError(f"{self.text}: {str(error)[:200]}") from error
        if not isinstance(found, bool):
            raise ExpressionError(
                f"{self.text}: gives {str(found)[:100]!r}, and must give true or false"
            )
        return found


def status_problem(status: Mapping[str, Any]) -> str:
    """Return why conditions are not evaluated over a status: it is too large; empty if they are."""
    if len(json.dumps(status)) > STATUS_LIMIT:
        return f"it is larger than {STATUS_LIMIT // 1024} KiB"
    waiting, count = list[Any]([status]), 1
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping | list):
            if len(node) > _LIST_LIMIT:
                return f"it has a list, or an object, of more than {_LIST_LIMIT} items"
            waiting += node.values() if isinstance(node, Mapping) else node
            count += len(node)
    return "" if count <= _VALUE_LIMIT else f"it has more than {_VALUE_LIMIT} values"


@lru_cache(maxsize=256)
def _compile(text: str) -> Any:
    import cel  # here, since it loads the packages of its own command line, which takes half a second

    try:
        program = cel.compile(text)
    except Exception as error:
        raise ExpressionError(f"is no CEL expression: {_first_line(error)}") from error
    variables, functions = set(program.variables()), set(program.functions())
    unknown = variables - {"status"} - _bound(text)
    if unknown:
        raise ExpressionError(f"{min(unknown)} is unknown; the only variable is status")
    if "status" not in variables:
        raise ExpressionError("must depend on status, e.g. status.phase == 'Succeeded'")
    refused = {name for name in functions if name.isidentifier() and name[0] != "_"} - _FUNCTIONS
    if refused:
        known = ", ".join(sorted(_FUNCTIONS | MACROS))
        raise ExpressionError(f"{min(refused)}() is not available; there are: {known}")
    return program


def _first_line(error: Exception) -> str:
    line = str(error).splitlines()[0]
    _, _, said = line.partition("ERROR: <input>:")
    return (said or line)[:200]


def _bound(text: str) -> set[str]:
    """Return the variables that macros bind, as in ``exists(c, ...)``.

    A macro that is not known here, whose cost nobody counts, binds an unknown variable.
    """
    return {name for macro, name in _BINDING.findall(text) if macro in MACROS and name != "status"}
