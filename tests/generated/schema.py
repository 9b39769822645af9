"""JSON Schema (draft 7) of the objects, for editors, from the CRDs' own schemas."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

# Said to the API server only.
_DROPPED = (
    "x-kubernetes-validations",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-preserve-unknown-fields",
    "format",
)


def editor_schema(crd: Schema) -> Schema:
    """The schema of a kind, as an editor takes it: unknown keys are mistakes where the API server prunes
    or refuses them, and a rule of CEL stands in the description of its object."""
    names = crd["spec"]["names"]
    [version] = crd["spec"]["versions"]
    converted = _converted(version["schema"]["openAPIV3Schema"])
    converted["properties"] |= {
        "apiVersion": {"const": f"{crd['spec']['group']}/{version['name']}"},
        "kind": {"const": names["kind"]},
        "metadata": {"type": "object", "required": ["name"]},
    }
    converted["required"] = ["apiVersion", "kind", "metadata", *converted["required"]]
    # Whoever writes a SweepJob writes no status.
    converted["properties"].pop("status", None)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": names["kind"],
        **converted,
    }


# What the API server's schemas have no words for: of two types.
_OF_TWO_TYPES = {
    ("command",): [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
}


def _converted(node: Schema) -> Schema:
    made = {key: value for key, value in node.items() if key not in _DROPPED}
    if (
        made.get("exclusiveMinimum") is True
    ):  # beside minimum in OpenAPI's drafts, in its place here
        made["exclusiveMinimum"] = made.pop("minimum")
    # What may change is the API server's to say: a file has no past.
    every = node.get("x-kubernetes-validations", ())
    rules = [rule["message"] for rule in every if "oldSelf" not in rule["rule"]]
    if rules:
        said = [made.get("description", ""), *(f"Rule: {rule}." for rule in rules)]
        made["description"] = "\n".join(filter(None, said))
    if "properties" in made:
        made["properties"] = {key: _converted(sub) for key, sub in made["properties"].items()}
        for keys, types in _OF_TWO_TYPES.items():
            for key in set(keys) & set(made["properties"]):
                if "type" not in made["properties"][key]:
                    made["properties"][key]["anyOf"] = types
    if isinstance(made.get("additionalProperties"), dict):
        made["additionalProperties"] = _converted(made["additionalProperties"])
    elif "properties" in made and not node.get("x-kubernetes-preserve-unknown-fields"):
        made["additionalProperties"] = False
    if "items" in made:
        made["items"] = _converted(made["items"])
    return made
