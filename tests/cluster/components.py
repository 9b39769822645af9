"""The command lines and configuration files of every component, for one node of the cluster."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import certificates, layout
from .layout import Cluster, Node

PAUSE_IMAGE = "localhost/sweepjob-pause:1"
_CONTAINERD_SOCKET = "/run/containerd/containerd.sock"


@dataclass(frozen=True, slots=True)
class Options:
    """What a test may want otherwise than by default.

    Attributes:
        gpus: fake ``nvidia.com/gpu`` of each node.
        controller_qps: request limit of the controller manager and the scheduler; None leaves
            their defaults (20 and 50 requests a second), which are the users' ceiling too.
        quick_node_loss: notice a dead node after 8 s and evict after 5 s instead of 40 s and 5 min.
    """

    gpus: int = 4
    controller_qps: int | None = None
    quick_node_loss: bool = False


@dataclass(frozen=True, slots=True)
class Component:
    name: str
    command: tuple[str, ...]


def control_plane(cluster: Cluster, binaries: Path, options: Options) -> list[Component]:
    """etcd, API server, controller manager, scheduler and DNS, in the order to start them."""
    return [
        _etcd(cluster, binaries),
        _api_server(cluster, binaries, options),
        _controller_manager(cluster, binaries, options),
        _scheduler(cluster, binaries, options),
        _dns(cluster, binaries),
    ]


def of_node(node: Node, binaries: Path) -> list[Component]:
    """containerd, kubelet and kube-proxy."""
    return [_containerd(node), _kubelet(node, binaries), _kube_proxy(node, binaries)]


def _api_url() -> str:
    return f"https://{layout.API_ADDRESS}:{layout.API_PORT}"


def kubeconfig_of(cluster: Cluster, identity: str) -> str:
    """The file with which a component of the cluster talks to the API server."""
    path = cluster.pki / f"{identity}.kubeconfig"
    certificates.write_kubeconfig(path, cluster.pki, identity, _api_url())
    return str(path)


def _etcd(cluster: Cluster, binaries: Path) -> Component:
    return Component(
        "etcd",
        (
            f"{binaries}/etcd",
            f"--data-dir={cluster.folder}/etcd",
            "--unsafe-no-fsync",  # a test cluster has nothing to lose but time
            "--listen-client-urls=http://127.0.0.1:2379",
            "--advertise-client-urls=http://127.0.0.1:2379",
            "--listen-peer-urls=http://127.0.0.1:2380",
            "--log-level=warn",
        ),
    )


def _audit_policy(cluster: Cluster) -> Path:
    """What the operator asks for is logged, so that a test can compare it with its permissions; and what
    Flux writes, so that a test can count it."""
    path = cluster.folder / "audit-policy.yaml"
    rules = [
        {"level": "Metadata", "userGroups": ["system:serviceaccounts:sweepjob-system"]},
        {
            "level": "Metadata",
            "users": ["flux"],
            "verbs": ["create", "update", "patch", "delete"],
        },
        {"level": "None"},
    ]
    policy = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": rules}
    path.write_text(json.dumps({**policy, "omitStages": ["RequestReceived"]}))
    return path


def _api_server(cluster: Cluster, binaries: Path, options: Options) -> Component:
    pki = cluster.pki
    extra = ["--default-unreachable-toleration-seconds=5"] if options.quick_node_loss else []
    return Component(
        "kube-apiserver",
        (
            f"{binaries}/kube-apiserver",
            "--etcd-servers=http://127.0.0.1:2379",
            f"--advertise-address={layout.API_ADDRESS}",
            f"--secure-port={layout.API_PORT}",
            f"--tls-cert-file={pki}/apiserver.crt",
            f"--tls-private-key-file={pki}/apiserver.key",
            f"--client-ca-file={pki}/ca.crt",
            f"--kubelet-certificate-authority={pki}/ca.crt",
            f"--kubelet-client-certificate={pki}/apiserver-kubelet-client.crt",
            f"--kubelet-client-key={pki}/apiserver-kubelet-client.key",
            "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
            f"--service-account-key-file={pki}/service-account.pub",
            f"--service-account-signing-key-file={pki}/service-account.key",
            f"--service-cluster-ip-range={layout.SERVICE_RANGE}",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            "--allow-privileged=true",
            f"--audit-policy-file={_audit_policy(cluster)}",
            f"--audit-log-path={cluster.logs}/audit.log",
            "--kubelet-preferred-address-types=InternalIP",
            *extra,
        ),
    )


def _qps(options: Options) -> list[str]:
    if options.controller_qps is None:
        return []
    rate = options.controller_qps
    return [f"--kube-api-qps={rate}", f"--kube-api-burst={2 * rate}"]


def _controller_manager(cluster: Cluster, binaries: Path, options: Options) -> Component:
    extra = _qps(options)
    if options.controller_qps is not None:
        extra.append("--concurrent-job-syncs=50")
    if options.quick_node_loss:
        extra.append("--node-monitor-grace-period=8s")
    return Component(
        "kube-controller-manager",
        (
            f"{binaries}/kube-controller-manager",
            f"--kubeconfig={kubeconfig_of(cluster, 'controller-manager')}",
            f"--service-account-private-key-file={cluster.pki}/service-account.key",
            f"--root-ca-file={cluster.pki}/ca.crt",
            "--use-service-account-credentials=true",
            "--leader-elect=false",
            *extra,
        ),
    )


def _scheduler(cluster: Cluster, binaries: Path, options: Options) -> Component:
    kubeconfig = kubeconfig_of(cluster, "scheduler")
    return Component(
        "kube-scheduler",
        (
            f"{binaries}/kube-scheduler",
            f"--kubeconfig={kubeconfig}",
            "--leader-elect=false",
            *_qps(options),
        ),
    )


def _dns(cluster: Cluster, binaries: Path) -> Component:
    corefile = cluster.folder / "Corefile"
    corefile.write_text(
        ".:53 {\n"
        f"  bind {layout.API_ADDRESS}\n"
        "  errors\n"
        "  kubernetes cluster.local in-addr.arpa ip6.arpa {\n"
        f"    kubeconfig {kubeconfig_of(cluster, 'coredns')}\n"
        "    ttl 5\n"
        "  }\n"
        "  cache 5\n"
        "}\n"
    )
    return Component("coredns", (f"{binaries}/coredns", "-conf", str(corefile)))


def _containerd(node: Node) -> Component:
    folder = node.folder
    networks = folder / "cni"
    networks.mkdir(parents=True, exist_ok=True)
    (networks / "10-pods.conflist").write_text(json.dumps(_pod_network(node)))
    runtime = 'plugins."io.containerd.grpc.v1.cri"'
    config = folder / "containerd.toml"
    config.write_text(
        "version = 2\n"
        f'root = "{folder}/containerd"\n'
        'state = "/run/containerd"\n'
        f'[grpc]\naddress = "{_CONTAINERD_SOCKET}"\n'
        f"[{runtime}]\n"
        f'sandbox_image = "{PAUSE_IMAGE}"\n'
        # Without CAP_SYS_RESOURCE a negative score is refused, and runc dies of it.
        "restrict_oom_score_adj = true\n"
        f"[{runtime}.cni]\n"
        'bin_dir = "/usr/lib/cni"\n'
        f'conf_dir = "{networks}"\n'
        f"[{runtime}.containerd.runtimes.runc]\n"
        'runtime_type = "io.containerd.runc.v2"\n'
        f"[{runtime}.containerd.runtimes.runc.options]\n"
        "SystemdCgroup = false\n"
    )
    return Component("containerd", ("containerd", "--config", str(config), "--log-level", "warn"))


def _pod_network(node: Node) -> dict[str, object]:
    return {
        "cniVersion": "0.4.0",
        "name": "pods",
        "plugins": [
            {
                "type": "bridge",
                "bridge": "cni0",
                "isGateway": True,
                "hairpinMode": True,
                "ipam": {
                    "type": "host-local",
                    "ranges": [[{"subnet": node.pod_subnet}]],
                    "routes": [{"dst": "0.0.0.0/0"}],
                    "dataDir": "/run/cni-addresses",
                },
            },
            {"type": "portmap", "capabilities": {"portMappings": True}},
        ],
    }


def _kubelet(node: Node, binaries: Path) -> Component:
    pki = node.cluster.pki
    config = node.folder / "kubelet.json"
    config.write_text(
        json.dumps(
            {
                "apiVersion": "kubelet.config.k8s.io/v1beta1",
                "kind": "KubeletConfiguration",
                "authentication": {
                    "x509": {"clientCAFile": f"{pki}/ca.crt"},
                    "webhook": {"enabled": True},
                    "anonymous": {"enabled": False},
                },
                "authorization": {"mode": "Webhook"},
                "tlsCertFile": f"{pki}/serving-{node.name}.crt",
                "tlsPrivateKeyFile": f"{pki}/serving-{node.name}.key",
                "cgroupDriver": "cgroupfs",
                "cgroupRoot": node.cgroup,
                "failCgroupV1": False,
                "failSwapOn": False,
                "clusterDNS": [layout.API_ADDRESS],
                "clusterDomain": "cluster.local",
                "resolvConf": "",
                "serializeImagePulls": False,
                "podLogsDir": f"{node.cluster.logs}/pods-{node.name}",
                "containerRuntimeEndpoint": f"unix://{_CONTAINERD_SOCKET}",
                # The machine is shared: only a disk that is really full may evict the tests' pods.
                "evictionHard": {
                    "memory.available": "100Mi",
                    "nodefs.available": "1%",
                    "imagefs.available": "1%",
                },
                "imageGCHighThresholdPercent": 100,
                "maxPods": 250,
                # A minute by default, before a changed Secret is seen in a pod.
                "syncFrequency": "10s",
                # Tests kill the operator's container again and again. By default the third kill within ten
                # minutes costs twenty seconds, and the seventh five minutes. Since 1.35 the gate is on.
                "featureGates": {"KubeletCrashLoopBackOffMax": True},
                "crashLoopBackOff": {"maxContainerRestartPeriod": "2s"},
                # Renewed every five seconds, not ten: with --quick-node-loss a node is missed after eight.
                "nodeLeaseDurationSeconds": 20,
            }
        )
    )
    identity = f"kubelet-{node.name}"
    return Component(
        "kubelet",
        (
            f"{binaries}/kubelet",
            f"--config={config}",
            f"--kubeconfig={kubeconfig_of(node.cluster, identity)}",
            f"--root-dir={node.folder}/kubelet",
            f"--hostname-override={node.name}",
            f"--node-ip={node.address}",
        ),
    )


def _kube_proxy(node: Node, binaries: Path) -> Component:
    config = node.folder / "kube-proxy.json"
    config.write_text(
        json.dumps(
            {
                "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
                "kind": "KubeProxyConfiguration",
                "clientConnection": {"kubeconfig": kubeconfig_of(node.cluster, "kube-proxy")},
                "mode": "iptables",
                "clusterCIDR": layout.POD_RANGE,
                "conntrack": {"maxPerCore": 0},
                "hostnameOverride": node.name,
                "iptables": {"minSyncPeriod": "0s", "syncPeriod": "10s"},
            }
        )
    )
    return Component("kube-proxy", (f"{binaries}/kube-proxy", f"--config={config}"))


# Components that a test may kill and start again, by name.
RESTARTABLE: dict[str, Callable[[Cluster, Path, Options], Component]] = {
    "etcd": lambda cluster, binaries, _: _etcd(cluster, binaries),
    "kube-apiserver": _api_server,
    "kube-controller-manager": _controller_manager,
    "kube-scheduler": _scheduler,
}
