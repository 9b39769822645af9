"""YAML as Kubernetes reads it: texts to plain values and back.

PyYAML speaks YAML 1.1, where 1e-3 is a text and 2020-01-01 a date; Kubernetes takes the one for a
number and the other for a text, and y and n for truth values, which they are for nobody else. Both
directions follow Kubernetes, but in a document that is not for it y and n are texts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

import yaml

_DEEPEST = 100
_MOST_NODES = 200_000
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_MERGE = "tag:yaml.org,2002:merge"
_BOOL = "tag:yaml.org,2002:bool"
_LETTER = re.compile(r"[yYnN]\Z")
_DATE = "tag:yaml.org,2002:timestamp"


class BadYaml(ValueError):
    """A text that is not YAML, or not of the kind that describes a Kubernetes object."""


def _resolvers(truths: str = "yYnN") -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    without_dates = {
        first: [(tag, pattern) for tag, pattern in known if tag != _DATE]
        for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    for first in "-+.0123456789":
        without_dates.setdefault(first, []).append(("tag:yaml.org,2002:float", _FLOAT))
    for first in truths:
        without_dates[first] = [*without_dates.get(first, ()), (_BOOL, _LETTER)]
    return without_dates


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers = _resolvers()
    bool_values: ClassVar = {**yaml.SafeLoader.bool_values, "y": True, "n": False}

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Keys become texts, as in JSON; one that is there twice is an error, as in Kubernetes."""
        written = [key.value for key, _ in node.value if key.tag != _MERGE]
        for position, key in enumerate(written):
            if isinstance(key, str) and key in written[:position]:
                line = node.start_mark.line + 1
                raise BadYaml(f"has the key {key!r} twice in the object that begins in line {line}")
        self.flatten_mapping(node)
        return {
            _key(self.construct_object(key, deep=True)): self.construct_object(value, deep=deep)
            for key, value in node.value
        }


class _OthersLoader(_Loader):
    yaml_implicit_resolvers = _resolvers(truths="")


class _Dumper(yaml.SafeDumper):
    yaml_implicit_resolvers = _resolvers()

    def ignore_aliases(self, data: Any) -> bool:
        return True


def load_documents(text: str) -> list[Any]:
    """The documents of a text that are not empty, as dicts, lists, texts, numbers, booleans, None.

    Raises:
        BadYaml: with what is wrong and where.
    """
    try:
        found = list(yaml.load_all(text, Loader=_Loader))
        others = list(yaml.load_all(text, Loader=_OthersLoader))
    except BadYaml:
        raise
    except yaml.YAMLError as error:
        raise BadYaml(f"is not YAML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise BadYaml(f"is nested deeper than {_DEEPEST} levels") from None
    except (ValueError, OverflowError, TypeError) as error:  # a number or key that Python refuses
        raise BadYaml(f"has a value that cannot be read: {error}") from None
    counter = [0]
    documents = (d if _is_object(d) else o for d, o in zip(found, others, strict=True))
    return [_plain(document, 0, counter) for document in documents if document is not None]


def _is_object(document: Any) -> bool:
    """Whether it is meant for Kubernetes."""
    return isinstance(document, Mapping) and "apiVersion" in document


def _plain(node: Any, depth: int, counter: list[int]) -> Any:
    """A copy without shared parts, with texts for keys, as JSON would have it."""
    counter[0] += 1
    if counter[0] > _MOST_NODES:
        raise BadYaml(f"has more than {_MOST_NODES} values")
    if depth > _DEEPEST:
        raise BadYaml(f"is nested deeper than {_DEEPEST} levels")
    if isinstance(node, Mapping):
        return {key: _plain(value, depth + 1, counter) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(value, depth + 1, counter) for value in node]
    if node is None or isinstance(node, bool | int | float | str):
        return node
    raise BadYaml(f"has a value of a kind that JSON has not: {type(node).__name__}")


def _key(key: Any) -> str:
    if isinstance(key, bool):
        return "true" if key else "false"
    if key is None:
        return "null"
    if isinstance(key, str | int | float):
        return str(key)
    raise BadYaml(f"has a key that is not a text: {key!r}")


def dump(data: Any) -> str:
    """Plain values as YAML, in their own order."""
    text: str = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return text
