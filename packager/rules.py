"""Rules: one-line expressions over named values, in CEL, the Common Expression Language.

``theme == "dark" ? "dark" : "light"``: a rule is compiled once, when the configuration is read,
where a misspelt name, a wrong type or a slip of the pen is told with its place; it is settled as
often as it takes, a few microseconds each. Nothing else of Weft knows the library behind it.

What a rule may cost is bounded by its text: the functions and macros of CEL that loop, match
patterns or give up types (`all`, `map`, `matches`, `dyn` and their like) are not there.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Literal

from cel_expr_python import cel

Kind = Literal["string", "int", "float", "bool", "strings"]
Value = str | int | float | bool | tuple[str, ...]

MAX_CHARACTERS = 1000

_TYPES: Mapping[Kind, Any] = {
    "string": cel.Type.STRING,
    "int": cel.Type.INT,
    "float": cel.Type.DOUBLE,
    "bool": cel.Type.BOOL,
    "strings": cel.Type.List(cel.Type.STRING),
}
_CONFIG = """
name: rules
stdlib:
  exclude_macros: [all, exists, exists_one, filter, map]
  exclude_functions: [{name: matches}, {name: dyn}, {name: timestamp}, {name: duration}]
"""
# What the grammar has already, or a type of that name.
_TAKEN = frozenset(
    {"as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in"}
    | {"let", "loop", "namespace", "null", "package", "return", "true", "var", "void", "while"}
    | {"bool", "bytes", "double", "dyn", "int", "list", "map", "null_type", "string", "type"}
    | {"uint", "duration", "timestamp"}
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)
# Text in quotes, and a name that is not one of a function or of a field.
_TEXT = re.compile(r"""[rR]"[^"]*"|[rR]'[^']*'|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""")
_WORD = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?!\w|\s*\()", re.ASCII)
_PROBLEM = re.compile(r"<input>:-?\d+:(-?\d+): (.*)")
_UNKNOWN = re.compile(r"undeclared reference to '([^']*)'")
_OVERLOAD = re.compile(r"found no matching overload for '([^']*)' applied to '\(([^']*)\)'")


class RuleError(ValueError):
    """A rule cannot be used; `column` is where, 1-based, or None where that is the whole of it."""

    def __init__(self, reason: str, *, column: int | None = None) -> None:
        super().__init__(reason if column is None else f"column {column}: {reason}")
        self.column = column


class RuleFailed(Exception):
    """A rule has no value with these values: a division by zero, a text that is no number."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that was compiled."""

    text: str
    kind: Kind  # of what it gives
    reads: tuple[str, ...]  # the names that it asks for, sorted
    _expression: Any = field(repr=False, compare=False)

    def settle(self, values: Mapping[str, Value]) -> Value:
        """What the rule gives.

        Args:
            values: One of its kind for every name that the rule asks for; others are of no matter.

        Raises:
            RuleFailed: It gives nothing.
        """
        data: dict[str, object] = {}
        for name in self.reads:
            if name in values:
                value = values[name]
                # The library knows lists and no tuples.
                data[name] = list(value) if isinstance(value, tuple) else value
        try:
            found = self._expression.eval(data=data)
        except RuntimeError as error:  # a budget of the library's
            raise RuleFailed(f"{self.text!r}: {error}") from error
        gave: Value = found.value()
        # What is wrong is said in text, so nothing else needs to be looked at.
        if isinstance(gave, str) and found.type() == cel.Type.ERROR:
            raise RuleFailed(f"{self.text!r}: {gave}")
        return gave


def compile_rule(text: str, names: Mapping[str, Kind], gives: Kind) -> Rule:
    """Compile a rule.

    Args:
        text: In CEL, in one line.
        names: What it may ask for; each passes `check_rule_name`.
        gives: What its value must be.

    Raises:
        RuleError: It cannot be read, asks for something that is not there, or gives something else.
    """
    if len(text) > MAX_CHARACTERS:
        raise RuleError(f"has more than {MAX_CHARACTERS} characters")
    if not text.strip() or not text.isprintable():
        raise RuleError("must be an expression in one line")
    env = _environment(tuple(sorted(names.items())))
    try:
        expression = env.compile(text)
    except RuntimeError as error:
        raise _told(str(error), text, names) from error
    given = expression.return_type()
    if given != _TYPES[gives]:
        raise RuleError(f"gives {_kind_name(given.name())}, and must give {gives}")
    return Rule(text, gives, names_in(text, names), expression)


def names_in(text: str, names: Collection[str]) -> tuple[str, ...]:
    """The names among `names` that a rule's text asks for, sorted."""
    return tuple(sorted(set(_WORD.findall(_TEXT.sub('""', text))).intersection(names)))


def texts_in(text: str) -> tuple[str, ...]:
    """The plain texts in quotes of a rule: values that it tells from others."""
    found = (quoted[1:-1] for quoted in _TEXT.findall(text) if quoted[0] in "\"'")
    return tuple(dict.fromkeys(one for one in found if "\\" not in one))


@lru_cache(maxsize=64)
def _environment(names: tuple[tuple[str, Kind], ...]) -> Any:
    """What rules over the same names have in common; making it is most of a rule's cost."""
    return cel.NewEnv(
        config=cel.NewEnvConfigFromYaml(_CONFIG),
        variables={name: _TYPES[kind] for name, kind in names},
    )


def check_rule_name(name: str) -> None:
    """Raise ValueError unless rules can ask for something by that name."""
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"{name!r} cannot be a name in rules; use letters, digits and _, at most 64"
        )
    if name in _TAKEN:
        raise ValueError(f"{name!r} is a word of the rules' language; choose another name")


def _told(said: str, text: str, names: Mapping[str, Kind]) -> RuleError:
    """The library's complaint in the terms of the configuration."""
    found = [(int(column), problem) for column, problem in _PROBLEM.findall(said)]
    if not found or found[0][0] < 1:
        return RuleError("is nested too deeply; write it in fewer steps")
    for column, problem in found:  # without a function, what is in its parentheses looks wrong
        if (unknown := _UNKNOWN.search(problem)) and text[column - 1 : column] == "(":
            reason = f"there is no {unknown[1]}(); there are contains(), startsWith(), endsWith()"
            return RuleError(f"{reason}, size(), and `in [...]`", column=column)
    column, problem = found[0]
    return RuleError(_explained(problem, names), column=column)


def _explained(problem: str, names: Mapping[str, Kind]) -> str:
    if unknown := _UNKNOWN.search(problem):
        name = unknown[1].partition(".")[0]
        close = get_close_matches(name, names, n=1)
        known = ", ".join(f"{one} ({kind})" for one, kind in names.items()) or "nothing"
        hint = f"did you mean {close[0]!r}?" if close else f"known here: {known}"
        return f"{name!r} is not known; {hint}"
    if overload := _OVERLOAD.search(problem):
        kinds = " and ".join(map(_kind_name, overload[2].split(", ")))
        hint = 'write text as "5" and floats as 5.0, or use string(), int(), double()'
        return f"{_operator(overload[1])} cannot take {kinds}; {hint}"
    # What else could have stood there is a list of the grammar's own words.
    problem = re.sub(r",? expecting .*", "", problem).removesuffix(" [INVALID_ARGUMENT]")
    problem = problem.removeprefix("Syntax error: ").replace("<EOF>", "end of the text")
    return f'{problem}; write it like `name == "text" ? "this" : "that"`'


def _operator(name: str) -> str:
    """An operator without the places of its operands: ``_==_`` is ``==``."""
    return f"`{name.replace('_', ' ').strip()}`" if "_" in name else f"{name}()"


def _kind_name(name: str) -> str:
    """A type as the configuration calls it."""
    return {"double": "float", "list<string>": "strings"}.get(name.lower(), name.lower())
