"""Reads and writes YAML with the scalar types that Kubernetes' parser has.

Kubernetes reads 1e-3 as a number, 2020-01-01 as a string, and y and n as booleans, where PyYAML reads a
string, a date and strings; this module changes PyYAML's resolvers. A document that is not a Kubernetes
object is one of Azure's, whose client uses PyYAML: there 1e-3, y and n are strings. ruamel.yaml would
need such changes as well (it reads dates, and either no yes and no, or warns of 1e-3) and takes five
times as long to import; no comments have to be kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, ClassVar

import yaml

_MAX_DEPTH = 100
_MAX_NODES = 200_000
_MAX_INTEGER = 2**64  # Kubernetes reads larger ones as floating-point numbers
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_MERGE = "tag:yaml.org,2002:merge"
_BOOL = "tag:yaml.org,2002:bool"
_TAB_OR_STRING = re.compile(r'\t|"(?:[^"\\]|\\.)*"')
_JOB_TYPE = re.compile(r'"jobType"\s*:')
_LETTER = re.compile(r"[yYnN]\Z")
_DATE = "tag:yaml.org,2002:timestamp"


class InvalidYamlError(ValueError):
    """A text is not YAML, or has values that JSON cannot represent."""


def _without_dates() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    return {
        first: [(tag, pattern) for tag, pattern in known if tag != _DATE]
        for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _resolvers() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    found = _without_dates()
    for first in "-+.0123456789":
        found.setdefault(first, []).append(("tag:yaml.org,2002:float", _FLOAT))
    for first in "yYnN":
        found[first] = [*found.get(first, ()), (_BOOL, _LETTER)]
    return found


class _KubernetesLoader(yaml.SafeLoader):
    yaml_implicit_resolvers = _resolvers()
    bool_values: ClassVar = {**yaml.SafeLoader.bool_values, "y": True, "n": False}
    _merged = 0  # keys that merge keys stand for, so far
    _composed = 0  # values, so far

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Return a value; of more than are accepted anyway, the rest is not read."""
        is_key = parent is not None and index is None
        self._composed += not is_key
        if self._composed > _MAX_NODES:
            raise InvalidYamlError(f"has more than {_MAX_NODES} values")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return a dict with strings as keys, as in JSON. Duplicate keys are errors, as in Kubernetes."""
        known = set[str]()
        for key, _ in node.value:
            if key.tag == _MERGE or not isinstance(key.value, str):
                continue
            if key.value in known:
                line = node.start_mark.line + 1
                raise InvalidYamlError(
                    f"has the key {key.value!r} twice in the object that begins in line {line}"
                )
            known.add(key.value)
        self.flatten_mapping(node)
        return {
            _key(self.construct_object(key, deep=True)): self.construct_object(value, deep=deep)
            for key, value in node.value
        }

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Replace each merge key by what it stands for; an object's own keys count.

        PyYAML's own method copies without a limit: six lines of objects, each of which merges the one
        before ten times, are a million keys.
        """
        pairs = node.value
        node.value = [(key, value) for key, value in pairs if key.tag != _MERGE]
        merged = list[tuple[yaml.Node, yaml.Node]]()
        for key, value in pairs:
            if key.tag == _MERGE:
                sources = value.value if isinstance(value, yaml.SequenceNode) else [value]
                for source in reversed(sources):  # of two the first counts
                    merged += self._merged_pairs(source)
        node.value = [*merged, *node.value]

    def _merged_pairs(self, source: yaml.Node) -> list[tuple[yaml.Node, yaml.Node]]:
        if not isinstance(source, yaml.MappingNode):
            raise InvalidYamlError(
                f"merges what is no object with << in line {source.start_mark.line + 1}"
            )
        self.flatten_mapping(source)
        self._merged += len(source.value)
        if self._merged > _MAX_NODES:
            raise InvalidYamlError(f"has more than {_MAX_NODES} values")
        pairs: list[tuple[yaml.Node, yaml.Node]] = source.value
        return pairs


class _AzureLoader(_KubernetesLoader):
    yaml_implicit_resolvers = _without_dates()


class _Dumper(yaml.SafeDumper):
    yaml_implicit_resolvers = _resolvers()

    def ignore_aliases(self, data: Any) -> bool:
        return True


def load_documents(text: str) -> list[Any]:
    """Return the documents of a text that are not empty, as values that JSON can represent.

    Raises:
        InvalidYamlError: the text is invalid; the message has the place.
    """
    try:
        text = _without_tabs(text)
        found = list(yaml.load_all(text, Loader=_KubernetesLoader))
        others = found
        is_kubernetes = all(document is None or _is_object(document) for document in found)
        if not is_kubernetes and not _is_request(text):
            others = list(yaml.load_all(text, Loader=_AzureLoader))
    except InvalidYamlError:
        raise
    except yaml.YAMLError as error:
        raise InvalidYamlError(_explain(error)) from None
    except RecursionError:
        raise InvalidYamlError(f"is nested deeper than {_MAX_DEPTH} levels") from None
    except (ValueError, OverflowError, TypeError) as error:  # e.g. a number that Python refuses
        raise InvalidYamlError(f"has a value that cannot be read: {error}") from None
    counter = [0]
    documents = (d if _is_object(d) else o for d, o in zip(found, others, strict=True))
    return [_plain(document, 0, counter) for document in documents if document is not None]


# A part of PyYAML's message, and what the author should do.
_REMEDIES = {
    "mapping values are not allowed": "quote a value that contains ': ', and check the indentation",
    "found unexpected end of stream": "close the quote that was opened there",
    "while scanning a quoted scalar": "close the quote that was opened there",
    "cannot start any token": "quote a value that begins with it; indent by spaces, not tabs",
    "did not find expected ',' or": "close the bracket, and separate its items by commas",
    "expected ',' or": "close the bracket, and separate its items by commas",
    "expected <block end>": "check the indentation, and the quotes of a value",
    "could not find expected ':'": "write KEY: VALUE, and check the indentation",
    "undefined alias": "quote a value that begins with *",
    "could not determine a constructor": "quote a value that begins with !",
}


def _explain(error: yaml.YAMLError) -> str:
    """Return the place of a syntax error, its cause, the line, and the remedy."""
    problem = getattr(error, "problem", None) or str(error)
    cause = " ".join(f"{getattr(error, 'context', None) or ''} {problem}".split())
    # Of a quote that is never closed the end of the file says nothing.
    opened = getattr(error, "context_mark", None)
    at_end = "end of stream" in cause or "quoted scalar" in cause
    mark = opened if at_end and opened is not None else getattr(error, "problem_mark", None)
    remedy = next((text for part, text in _REMEDIES.items() if part in cause), "")
    shown = f"is not YAML: {cause}"
    if mark is not None:
        snippet = (mark.get_snippet(0, 100) or "").partition("\n")[0].strip()
        line = f": '{snippet}'" if snippet else ""
        shown = f"is not YAML: line {mark.line + 1}, column {mark.column + 1}{line}: {cause}"
    return f"{shown}; {remedy}" if remedy else shown


def _is_object(document: Any) -> bool:
    """Return whether a document is a Kubernetes object."""
    return isinstance(document, Mapping) and "apiVersion" in document


def _is_request(text: str) -> bool:
    """Return whether a text is a request to Azure's service: JSON, where 1e-05 is a number, too."""
    return text.lstrip()[:1] == "{" and _JOB_TYPE.search(text) is not None


def _without_tabs(text: str) -> str:
    """Return JSON without tabs between its values: PyYAML does not read them, although YAML has them."""
    if "\t" not in text or text.lstrip()[:1] not in ("{", "["):
        return text
    try:
        json.loads(text)
    except ValueError:  # it is no JSON, and so its tabs are for YAML's parser to judge
        return text
    return _TAB_OR_STRING.sub(lambda found: " " if found[0] == "\t" else found[0], text)


def _plain(node: Any, depth: int, counter: list[int]) -> Any:
    """Return a copy without aliases, after checking its depth, its size and its types."""
    counter[0] += 1
    if counter[0] > _MAX_NODES:
        raise InvalidYamlError(f"has more than {_MAX_NODES} values")
    if depth > _MAX_DEPTH:
        raise InvalidYamlError(f"is nested deeper than {_MAX_DEPTH} levels")
    if isinstance(node, Mapping):
        return {key: _plain(value, depth + 1, counter) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(value, depth + 1, counter) for value in node]
    if isinstance(node, int) and abs(node) > _MAX_INTEGER:
        raise InvalidYamlError("has a whole number that does not fit into 64 bits")
    if node is None or isinstance(node, bool | int | float | str):
        return node
    raise InvalidYamlError(f"has a value of type {type(node).__name__}, which JSON does not have")


def _key(key: Any) -> str:
    if isinstance(key, bool):
        return "true" if key else "false"
    if key is None:
        return "null"
    if isinstance(key, str | int | float):
        return str(key)
    raise InvalidYamlError(f"has a key that is not a string: {key!r}")


def dump_yaml(data: Any) -> str:
    """Return values as YAML, with keys in their own order."""
    text: str = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return text
