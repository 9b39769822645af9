"""Calls about the model registry, which lives as long as the trial.

These are ``registered-models/...`` and ``model-versions/...``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import search
from .conversions import pairs
from .document_store import DocumentStore
from .errors import EXISTS, MlflowError
from .filters import Lookup, Searchable
from .logged_models import LoggedModels
from .registry_store import MODELS, VERSIONS, RegistryStore, now

Body = dict[str, Any]
_TIMES = ("creation_timestamp", "last_updated_timestamp")
_MODEL_FIELDS = Searchable(texts=("name",), numbers=_TIMES)
_VERSION_FIELDS = Searchable(
    texts=("name", "run_id", "source_path"), numbers=("version_number", *_TIMES)
)
_PROMPT = "mlflow.prompt.is_prompt"
_STAGES = ("None", "Staging", "Production", "Archived")


class Registry:
    """Answers the calls about registered models and their versions.

    Args:
        documents: where they are stored.
        logged: the logged models, which versions may refer to.
    """

    def __init__(self, documents: DocumentStore, logged: LoggedModels) -> None:
        self._documents = documents
        self._store = RegistryStore(documents)
        self._logged = logged

    def routes(self) -> dict[str, Callable[[Body], Body]]:
        """Return the calls by method and path."""
        models, versions = "registered-models", "model-versions"
        return {
            f"POST {models}/create": self._create_model,
            f"GET {models}/get": lambda body: self._store.answer_model(self._store.model(body)),
            f"PATCH {models}/update": self._update_model,
            f"DELETE {models}/delete": self._delete_model,
            f"GET {models}/search": self._search_models,
            f"GET {models}/get-latest-versions": self._latest,
            f"POST {models}/get-latest-versions": self._latest,
            f"POST {models}/set-tag": lambda body: self._tag_model(body, {**_tag(body)}),
            f"DELETE {models}/delete-tag": lambda body: self._tag_model(body, None),
            f"POST {models}/alias": self._set_alias,
            f"GET {models}/alias": self._get_by_alias,
            f"DELETE {models}/alias": self._delete_alias,
            f"POST {versions}/create": self._create_version,
            f"GET {versions}/get": lambda body: self._store.answer_version(
                self._store.version(body)
            ),
            f"PATCH {versions}/update": self._update_version,
            f"DELETE {versions}/delete": self._delete_version,
            f"GET {versions}/search": self._search_versions,
            f"GET {versions}/get-download-uri": self._download_uri,
            f"POST {versions}/transition-stage": self._transition,
            f"POST {versions}/set-tag": lambda body: self._tag_version(body, {**_tag(body)}),
            f"DELETE {versions}/delete-tag": lambda body: self._tag_version(body, None),
        }

    def _create_model(self, body: Body) -> Body:
        name = str(body["name"])
        if self._documents.get(MODELS, name) is not None:
            raise MlflowError(EXISTS, f"Registered Model (name={name}) already exists.")
        model = {
            "name": name,
            "creation_timestamp": now(),
            "description": body.get("description") or "",
            "tags": pairs(body.get("tags")),
            "aliases": {},
            "versions": 0,
        }
        return self._store.put_model(model)

    def _update_model(self, body: Body) -> Body:
        return self._store.put_model(
            self._store.model(body), description=body.get("description") or ""
        )

    def _delete_model(self, body: Body) -> Body:
        model = self._store.model(body)
        for version in self._store.versions_of(model["name"]):
            self._documents.remove(VERSIONS, f"{version['version']} {version['name']}")
        self._documents.remove(MODELS, model["name"])
        return {}

    def _tag_model(self, body: Body, tag: Body | None) -> Body:
        model = self._store.model(body)
        tags = {key: value for key, value in model["tags"].items() if key != body["key"]}
        self._store.put_model(model, tags={**tags, **(tag or {})})
        return {}

    def _tag_version(self, body: Body, tag: Body | None) -> Body:
        version = self._store.version(body)
        tags = {key: value for key, value in version["tags"].items() if key != body["key"]}
        self._store.put_version(version, tags={**tags, **(tag or {})})
        return {}

    def _set_alias(self, body: Body) -> Body:
        self._store.version(body)
        model = self._store.model(body)
        aliases = {**model["aliases"], str(body["alias"]): str(body["version"])}
        self._store.put_model(model, aliases=aliases)
        return {}

    def _delete_alias(self, body: Body) -> Body:
        model = self._store.model(body)
        aliases = {k: v for k, v in model["aliases"].items() if k != body["alias"]}
        self._store.put_model(model, aliases=aliases)
        return {}

    def _get_by_alias(self, body: Body) -> Body:
        model, alias = self._store.model(body), str(body["alias"])
        if alias not in model["aliases"]:
            raise MlflowError(
                "INVALID_PARAMETER_VALUE", f"Registered model alias {alias} not found."
            )
        version = {"name": model["name"], "version": model["aliases"][alias]}
        return self._store.answer_version(self._store.version(version))

    def _create_version(self, body: Body) -> Body:
        model = self._store.model(body)
        number = model["versions"] + 1
        self._store.put_model(model, versions=number)
        version = {
            "name": model["name"],
            "version": str(number),
            "creation_timestamp": now(),
            "current_stage": "None",
            "description": body.get("description") or "",
            "source": body.get("source") or "",
            "run_id": body.get("run_id") or "",
            "run_link": body.get("run_link") or "",
            "model_id": body.get("model_id") or "",
            # READY at once: the client would ask for five minutes otherwise.
            "status": "READY",
            "tags": pairs(body.get("tags")),
        }
        return self._store.put_version(version)

    def _update_version(self, body: Body) -> Body:
        return self._store.put_version(
            self._store.version(body), description=body.get("description") or ""
        )

    def _delete_version(self, body: Body) -> Body:
        version = self._store.version(body)
        self._documents.remove(VERSIONS, f"{version['version']} {version['name']}")
        model = self._store.model(body)
        aliases = {k: v for k, v in model["aliases"].items() if v != version["version"]}
        self._store.put_model(model, aliases=aliases)
        return {}

    def _transition(self, body: Body) -> Body:
        version = self._store.version(body)
        stage = next((s for s in _STAGES if s.lower() == str(body["stage"]).lower()), None)
        if stage is None:
            text = f"Invalid Model Version stage: {body['stage']}. Value must be one of {_STAGES}"
            raise MlflowError("INVALID_PARAMETER_VALUE", text)
        if str(body.get("archive_existing_versions")).lower() == "true":
            for other in self._store.versions_of(version["name"]):
                if other["current_stage"] == stage and other["version"] != version["version"]:
                    self._store.put_version(other, current_stage="Archived")
        return self._store.put_version(version, current_stage=stage)

    def _download_uri(self, body: Body) -> Body:
        """Return where the files of a version are; those of a logged model are where that model's are."""
        source = str(self._store.version(body)["source"])
        if source.startswith("models:/m-"):
            source = self._logged.artifact_uri(source.removeprefix("models:/"))
        return {"artifact_uri": source}

    def _latest(self, body: Body) -> Body:
        """Return the latest version of each stage."""
        model = self._store.model(body)
        wanted = [str(stage) for stage in search.listed(body.get("stages"))]
        newest = {v["current_stage"]: v for v in self._store.versions_of(model["name"])}
        found = [v for stage, v in newest.items() if not wanted or stage in wanted]
        return {"model_versions": [self._store.dump_version(version) for version in found]}

    def _search_models(self, body: Body) -> Body:
        models = sorted(self._documents.all(MODELS), key=lambda model: str(model["name"]))
        found = _search(models, body, _MODEL_FIELDS)
        page, token = search.page(found, body, 100)
        answer: Body = {"registered_models": [self._store.dump_model(model) for model in page]}
        return {**answer, "next_page_token": token} if token else answer

    def _search_versions(self, body: Body) -> Body:
        versions = self._documents.all(VERSIONS)
        versions.sort(key=lambda v: (-v["last_updated_timestamp"], v["name"], -int(v["version"])))
        found = _search(versions, body, _VERSION_FIELDS)
        page, token = search.page(found, body, 10_000)
        answer: Body = {"model_versions": [self._store.dump_version(version) for version in page]}
        return {**answer, "next_page_token": token} if token else answer


def _search(found: list[Body], body: Body, searchable: Searchable) -> list[Body]:
    wanted = searchable.parse(str(body.get("filter") or ""))
    found = search.matching(found, wanted, _lookup)
    return search.ordered(found, search.listed(body.get("order_by")), searchable, _lookup)


def _lookup(item: Body) -> Lookup:
    def value(kind: str, key: str) -> Any:
        if kind == "tag":
            # Clients search models that are not prompts this way, and those have no such tag.
            return item["tags"].get(key, "false" if key == _PROMPT else None)
        if key == "version_number":
            return int(item["version"])
        return item["source" if key == "source_path" else key]

    return value


def _tag(body: Body) -> dict[str, str]:
    return {str(body["key"]): str(body.get("value", ""))}
