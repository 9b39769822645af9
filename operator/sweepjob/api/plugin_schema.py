r"""The parts of the SweepJob CRD that are generated from the declarations of policies and samplers.

``make generated`` writes them into ``crds/sweepjobs.yaml``. A cluster with plug-ins of other
distributions gets a CRD that includes them with::

    kubectl get crd sweepjobs.sweepjob.dev -o yaml | python -m sweepjob.api.plugin_schema \
      | kubectl replace -f -

run with the operator's image, or wherever the plug-ins are installed. Without it, ``kubectl apply``
refuses their names, since the API server knows only those in the CRD.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from ..early_stopping.policies.declaration import PolicyDeclaration, Rule
from ..early_stopping.policies.registry import POLICIES
from ..plugins.parameters import ParameterDeclaration
from ..plugins.registry import Declaration
from ..search.samplers.declaration import COMMON_PARAMETERS, SamplerDeclaration
from ..search.samplers.registry import SAMPLERS

Schema = dict[str, Any]
# Keys that bound a value; left to the operator where the types of one section differ in them.
_SHARED = ("type", "format", "x-kubernetes-preserve-unknown-fields")


@dataclass(frozen=True, slots=True)
class _Words:
    """How the messages of a section call a type: ``bandit``, or ``type random``."""

    prefix: str
    remedy: str

    def belongs(self, parameters: Sequence[str], types: Sequence[str]) -> str:
        """Return the message about parameters of other types."""
        verb = "belongs" if len(parameters) == 1 else "belong"
        return f"{_listed(parameters)} {verb} to {self.prefix}{_listed(types)}{self.remedy}"


def policy_schema(declarations: Sequence[PolicyDeclaration]) -> Schema:
    """Return the OpenAPI schema of ``spec.earlyTermination``."""
    words = _Words("", "")
    rules = [*_declared_rules(declarations), *_ownership_rules(declarations, words)]
    description = "Stops trials that fall behind. If absent, every trial runs to its end."
    return _section(declarations, description, words, rules, ())


def sampler_schema(declarations: Sequence[SamplerDeclaration]) -> Schema:
    """Return the OpenAPI schema of ``spec.samplingAlgorithm``."""
    words = _Words("type ", "; remove it")
    rules = list(_ownership_rules(declarations, words))
    description = "How trials are proposed. Default is random."
    return _section(declarations, description, words, rules, COMMON_PARAMETERS)


def sections() -> dict[str, Schema]:
    """Return the schemas of both sections by their keys in ``spec``, plug-ins included."""
    return {
        "samplingAlgorithm": sampler_schema(SAMPLERS.declarations()),
        "earlyTermination": policy_schema(POLICIES.declarations()),
    }


def with_plugins(crd: Mapping[str, Any]) -> dict[str, Any]:
    """Return the SweepJob CRD with the sections that are generated from the declarations.

    Args:
        crd: the CustomResourceDefinition, as it is in ``crds/`` or in a cluster.
    """
    made = copy.deepcopy(dict(crd))
    for version in made["spec"]["versions"]:
        spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
        spec["properties"] |= sections()
    made.pop("status", None)
    return made


def _section(
    declarations: Sequence[Declaration],
    description: str,
    words: _Words,
    rules: Sequence[Schema],
    common: Sequence[ParameterDeclaration],
) -> Schema:
    names = [declaration.name for declaration in declarations]
    summaries = " ".join(f"{d.name}: {_summary(d)}." for d in declarations)
    properties: Schema = {"type": {"type": "string", "enum": names, "description": summaries}}
    for name, found in _by_name(declarations).items():
        properties[name] = _property(found, len(declarations), words)
    for parameter in common:
        properties[parameter.name] = parameter.openapi(parameter.description)
    required = [
        "type",
        *(p for p, owners in _by_name(declarations).items() if _is_always(owners, declarations)),
    ]
    return {
        "type": "object",
        "description": description,
        "required": required,
        "x-kubernetes-validations": list(rules),
        "properties": properties,
    }


def _is_always(
    owners: Mapping[str, ParameterDeclaration], declarations: Sequence[Declaration]
) -> bool:
    return len(owners) == len(declarations) and all(p.required for p in owners.values())


def _summary(declaration: Declaration) -> str:
    return str(getattr(declaration, "summary", ""))


def _by_name(declarations: Iterable[Declaration]) -> dict[str, dict[str, ParameterDeclaration]]:
    """Return the parameters by their names, then by the types that have them."""
    found: dict[str, dict[str, ParameterDeclaration]] = {}
    for declaration in declarations:
        for parameter in declaration.parameters:
            found.setdefault(parameter.name, {})[declaration.name] = parameter
    return found


def _property(owners: Mapping[str, ParameterDeclaration], types: int, words: _Words) -> Schema:
    first = next(iter(owners.values()))
    made = [parameter.openapi("") for parameter in owners.values()]
    schema = made[0]
    if any(other != schema for other in made):
        schema = {key: value for key, value in schema.items() if key in _SHARED}
    text = first.description
    if len(owners) == 1 and types > 1:
        text = f"Of {words.prefix}{next(iter(owners))}: {text[0].lower()}{text[1:]}"
    if isinstance(first.default, int | float) and not isinstance(first.default, bool):
        text += f" Default {first.default:g}."
    return {**schema, "description": text}


def _declared_rules(declarations: Iterable[PolicyDeclaration]) -> Iterator[Schema]:
    types: dict[Rule, list[str]] = {}
    for declaration in declarations:
        for rule in declaration.rules:
            types.setdefault(rule, []).append(declaration.name)
    for rule, names in types.items():
        is_other = " && ".join(f"self.type != '{name}'" for name in names)
        is_other = is_other if len(names) == 1 else f"({is_other})"
        yield {"rule": f"{is_other} || ({rule.expression})", "message": rule.message}


def _ownership_rules(declarations: Sequence[Declaration], words: _Words) -> Iterator[Schema]:
    """Yield which parameters belong to which types, and which are required there."""
    groups: dict[tuple[str, ...], list[ParameterDeclaration]] = {}
    for owners in _by_name(declarations).values():
        groups.setdefault(tuple(owners), []).append(next(iter(owners.values())))
    for types, parameters in groups.items():
        others = [d for d in declarations if d.name not in types]
        if not others:
            continue
        required = [p.name for p in parameters if p.required]
        for name in required:
            yield _required_rule(name, types)
        optional = [p.name for p in parameters if not p.required]
        if optional:
            yield from _foreign_rules(optional, types, others, words)


def _required_rule(name: str, types: Sequence[str]) -> Schema:
    verb, pronoun = (
        ("needs", "no other type has it") if len(types) == 1 else ("need", "no other has")
    )
    return {
        "rule": f"({_is_of(types)}) == has(self.{name})",
        "message": f"{_listed(types)} {verb} {name}, and {pronoun}",
    }


def _foreign_rules(
    names: Sequence[str], types: Sequence[str], others: Sequence[Declaration], words: _Words
) -> Iterator[Schema]:
    """Refuse parameters of other types: with a policy's own message where it has one."""
    absent = f"!({' || '.join(f'has(self.{name})' for name in names)})"
    with_own_message = []
    for other in others:
        messages = getattr(other, "instead_of", {})
        if message := messages.get(tuple(names)):
            with_own_message.append(other.name)
            yield {"rule": f"self.type != '{other.name}' || {absent}", "message": message}
    if len(with_own_message) < len(others):
        allowed = _is_of([*types, *with_own_message])
        yield {"rule": f"{allowed} || {absent}", "message": words.belongs(names, types)}


def _is_of(types: Sequence[str]) -> str:
    if len(types) == 1:
        return f"self.type == '{types[0]}'"
    return f"self.type in [{', '.join(repr(name) for name in types)}]"


def _listed(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def main() -> int:
    """Read a CRD from standard input and write it with all plug-ins to standard output."""
    for failure in (*POLICIES.failures, *SAMPLERS.failures):
        sys.stderr.write(f"error: {failure}\n")
    if POLICIES.failures or SAMPLERS.failures:
        return 1
    crd = with_plugins(yaml.safe_load(sys.stdin))
    yaml.safe_dump(crd, sys.stdout, sort_keys=False, width=120, allow_unicode=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
