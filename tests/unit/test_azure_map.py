"""Tests the map of an Azure workspace: how names are found, and what is said about a wrong map."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from sweepjob.api.parsing.problem import InvalidSpec
from sweepjob.loading.azure_map import (
    MAP_VARIABLE,
    AzureMap,
    InvalidAzureMap,
    current_azure_map,
    read_azure_map,
)
from sweepjob.loading.azure_map.reading import parse_azure_map
from sweepjob.loading.errors import LoadError

MAP = """
workspace: {namespace: team-a}
compute:
  gpu-cluster:
    queue: gpus
    gpus: 2
    resources: {limits: {memory: 8Gi}}
    nodeSelector: {pool: a100}
    tolerations: [{key: gpu, operator: Exists}]
  serverless: {queue: small}
instance_type:
  Standard_NC6s_v3: {gpus: 1}
environment:
  sklearn-1.5: registry.example/sklearn:1
  train:7: {image: "registry.example/train:7"}
  mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04: registry.example/base:1
  envs/conda.yml: registry.example/conda:1
data:
  titanic: {claim: tables, path: titanic, local: tables/titanic}
  titanic:2: {claim: tables, path: titanic-2}
  wasbs://data@account.blob.core.windows.net/mnist: {volume: {nfs: {server: s, path: /x}}, mountPath: /mnist}
  https://account.blob.core.windows.net/public: {url: "https://mirror.example/public"}
  ./local-data: {path: /in/the/image}
datastore:
  workspaceblobstore: {claim: blob, path: workspace, local: store}
code:
  ./src: {path: /app}
  "*": snapshot
component:
  train: ./train.yml
"""


@pytest.fixture
def found(tmp_path: Path) -> AzureMap:
    (tmp_path / "map.yaml").write_text(MAP)
    return read_azure_map(tmp_path / "map.yaml")


ENVIRONMENTS = [
    ("azureml:train:7", "registry.example/train:7"),
    ("train:7", "registry.example/train:7"),
    ("azureml:sklearn-1.5@latest", "registry.example/sklearn:1"),
    ("sklearn-1.5:33", "registry.example/sklearn:1"),
    ("azureml://registries/azureml/environments/sklearn-1.5/versions/4", "registry.example/sklearn:1"),
    ("azureml://registries/azureml/environments/sklearn-1.5/labels/latest", "registry.example/sklearn:1"),
    ("/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/environments/train/versions/7", "registry.example/train:7"),
    ("mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04", "registry.example/base:1"),
    ("./envs/conda.yml", "registry.example/conda:1"),
]  # fmt: skip


@pytest.mark.parametrize(("reference", "image"), ENVIRONMENTS)
def test_an_environment_is_found_in_every_form(found: AzureMap, reference: str, image: str) -> None:
    entry = found.find_environment(None, reference)
    assert entry is not None
    assert entry.image == image


def test_another_version_is_another_environment(found: AzureMap) -> None:
    assert found.find_environment("azureml:train:8") is None


DATA = [
    ("azureml:titanic:1", "/mnt/tables/titanic"),
    ("azureml:titanic@latest", "/mnt/tables/titanic"),
    ("azureml:titanic:2", "/mnt/tables/titanic-2"),
    ("wasbs://data@account.blob.core.windows.net/mnist/train/x.gz", "/mnist/train/x.gz"),
    ("https://account.blob.core.windows.net/public/a.csv", "https://mirror.example/public/a.csv"),
    ("local-data/", "/in/the/image"),
    ("azureml://datastores/workspaceblobstore/paths/a/b.csv", "/mnt/blob/workspace/a/b.csv"),
    ("azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/workspaceblobstore/paths/a/", "/mnt/blob/workspace/a"),
    ("azureml://registries/r/data/titanic/versions/9", "/mnt/tables/titanic"),
]  # fmt: skip


@pytest.mark.parametrize(("reference", "value"), DATA)
def test_data_is_found_in_every_form(found: AzureMap, reference: str, value: str) -> None:
    entry = found.find_data(reference)
    assert entry is not None
    assert entry.value == value


def test_data_has_a_path_on_this_machine(found: AzureMap, tmp_path: Path) -> None:
    asset = found.find_data("azureml:titanic:1")
    below = found.find_data("azureml://datastores/workspaceblobstore/paths/a/b.csv")
    assert asset is not None
    assert asset.local == str(tmp_path / "tables/titanic")
    assert below is not None
    assert below.local == str(tmp_path / "store/a/b.csv")
    assert below.path == "workspace/a/b.csv"


@pytest.mark.parametrize("address", ["wasbs://data@account.blob.core.windows.net/mnist2/x", "azureml://datastores/other/paths/x", "azureml:iris:1", "data.csv"])  # fmt: skip
def test_other_data_is_not_found(found: AzureMap, address: str) -> None:
    assert found.find_data(address) is None


def test_computes_and_instance_types(found: AzureMap) -> None:
    compute = found.find_compute("azureml:gpu-cluster")
    assert compute is not None
    assert compute == found.find_compute(
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/computes/gpu-cluster"
    )
    assert compute.queue == "gpus"
    assert compute.amounts() == {"limits": {"memory": "8Gi", "nvidia.com/gpu": 2}}
    serverless = found.find_compute(None)
    assert serverless is not None
    assert serverless.queue == "small"
    assert found.find_compute("cpu-cluster") is None
    size = found.find_instance_type("STANDARD_NC6S_V3")
    assert size is not None
    assert size.gpus == 1


def test_code_components_and_datastores(found: AzureMap, tmp_path: Path) -> None:
    src, other = found.find_code("src/"), found.find_code("train")
    assert src is not None
    assert src.path == "/app"
    assert other is not None
    assert other.path == ""
    component = found.find_component("azureml://registries/r/components/train/versions/1")
    assert component is not None
    assert Path(component).resolve() == tmp_path / "train.yml"
    store = found.find_datastore()
    assert store is not None
    assert store.volume == {"persistentVolumeClaim": {"claimName": "blob"}}


MISSING = [
    ("environment", "azureml:iris@latest", "add under environment: in map.yaml: iris: REGISTRY/IMAGE:TAG"),
    ("environment", "azureml:iris:3", 'add under environment: in map.yaml: "iris:3": REGISTRY/IMAGE:TAG'),
    ("compute", "azureml:cpu-cluster", "add under compute: in map.yaml: cpu-cluster: {queue: QUEUE}"),
    ("data", "azureml://datastores/lake/paths/a", "add under datastore: in map.yaml: lake: {claim: CLAIM}"),
    ("data", "./tables/a.csv", "add under data: in map.yaml: tables/a.csv: {claim: CLAIM, path: PATH}"),
]  # fmt: skip


@pytest.mark.parametrize(("section", "reference", "message"), MISSING)
def test_a_missing_entry_is_the_line_to_add(section: str, reference: str, message: str) -> None:
    missing = AzureMap(name="map.yaml").missing(section, reference)
    assert str(missing) == message
    document = {missing.section: yaml.safe_load(missing.line)}
    with pytest.raises(InvalidAzureMap) as caught:
        parse_azure_map(document, "map.yaml", "/")
    assert all("is a word of the skeleton; replace it" in p.message for p in caught.value.problems)


def test_without_a_map_the_message_says_so() -> None:
    assert "give an Azure map" in str(AzureMap().missing("compute", "cpu"))


WRONG: list[tuple[Any, str]] = [
    ({"computes": {}}, "map.yaml: computes: {}: unknown section; known: workspace, compute"),
    ({"compute": {"gpu": {"gpus": -1}}}, "map.yaml: compute.gpu.gpus: -1"),
    ({"compute": {"gpu": {"node_selector": {}}}}, "map.yaml: compute.gpu.node_selector"),
    ({"compute": {"gpu": {"nodeSelector": {"a": 1}}}}, "must be a string; quote it"),
    ({"compute": {"gpu": "queue"}}, "must be an object"),
    ({"instance_type": {"gpu": {"resources": {"limits": {"cpu": "1K"}}}}}, "must be a quantity"),
    ({"environment": {"a": {"img": "b"}}}, "map.yaml: environment.a.img"),
    ({"environment": {"a": ""}}, "map.yaml: environment.a"),
    ({"data": {"a": {"claim": "c", "path": "../x"}}}, "stay inside it"),
    ({"data": {"a": {"claim": "c", "volume": {"nfs": {}}}}}, "takes one of"),
    ({"data": {"a": {"path": "relative"}}}, "must be absolute"),
    ({"data": {"a": {}}}, "needs claim:"),
    ({"datastore": {"a": "claim"}}, "must be an object"),
    ({"code": {"src": {"path": "app"}}}, "must be absolute"),
    ({"code": {"src": "upload"}}, "map.yaml: code.src"),
    ({"workspace": {"local": True, "namespace": "a"}}, "remove one"),
    (["compute"], "must be an object"),
]  # fmt: skip


@pytest.mark.parametrize(("document", "message"), WRONG)
def test_a_wrong_map_is_refused_with_its_path(document: Any, message: str) -> None:
    with pytest.raises(InvalidAzureMap) as caught:
        parse_azure_map(document, "map.yaml", "/")
    assert message in str(caught.value)
    assert isinstance(caught.value, InvalidSpec)


def test_the_map_of_the_documentation_is_valid() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "azure-map.md"
    (block,) = re.findall(r'```yaml title="Azure map"\n(.*?)```', page.read_text(), re.DOTALL)
    found = parse_azure_map(yaml.safe_load(block), "azure-map.yaml", "/")
    assert found.find_environment("azureml:train:7")


def test_all_errors_of_a_map_are_listed() -> None:
    with pytest.raises(InvalidAzureMap) as caught:
        parse_azure_map({"compute": {"a": {"gpus": "x"}}, "data": {"b": {}}}, "m", "/")
    assert len(caught.value.problems) == 2


def test_a_config_map_in_a_file_and_on_the_cluster(tmp_path: Path) -> None:
    body = {"kind": "ConfigMap", "data": {"azure-map.yaml": MAP}}
    (tmp_path / "cm.yaml").write_text(yaml.safe_dump(body))
    assert read_azure_map(tmp_path / "cm.yaml").find_compute("gpu-cluster")
    asked = []

    def read(namespace: str | None, name: str) -> dict[str, Any]:
        asked.append((namespace, name))
        return body

    assert read_azure_map("configmap/azure", read).find_compute("gpu-cluster")
    assert read_azure_map("configmap/team/azure", read).find_compute("gpu-cluster")
    assert asked == [(None, "azure"), ("team", "azure")]
    with pytest.raises(LoadError, match=r"data has no key azure-map\.yaml"):
        read_azure_map("configmap/azure", lambda *_: {"data": {}})


def test_the_current_map(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(MAP_VARIABLE, raising=False)
    assert current_azure_map() == AzureMap()
    (tmp_path / "azure-map.yaml").write_text("compute: {a: {queue: here}}")
    here = current_azure_map().find_compute("a")
    assert here is not None
    (tmp_path / "other.yaml").write_text("compute: {a: {queue: there}}")
    monkeypatch.setenv(MAP_VARIABLE, "other.yaml")
    there = current_azure_map().find_compute("a")
    assert there is not None
    assert (here.queue, there.queue) == ("here", "there")
    monkeypatch.setenv(MAP_VARIABLE, "absent.yaml")
    with pytest.raises(LoadError, match=r"absent\.yaml: cannot be read: No such file"):
        current_azure_map()
