"""The flags ``--azure-map`` and ``--input`` of commands that read files of Azure's."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from ..loading.azure_map import MAP_VARIABLE, AzureMap, current_azure_map, read_azure_map
from .kubectl import Kubectl


def add_flag(parser: argparse.ArgumentParser) -> None:
    """Add ``--azure-map``."""
    parser.add_argument(
        "--azure-map",
        metavar="FILE",
        help="what the names of the Azure workspace mean here: a file, or configmap/NAME "
        f"(default: {MAP_VARIABLE}, or azure-map.yaml in the current folder)",
    )


def add_pairs(parser: argparse.ArgumentParser, flag: str, metavar: str, text: str) -> None:
    """Add a repeatable flag whose values are pairs.

    Args:
        parser: the parser.
        flag: the flag.
        metavar: the form of a value.
        text: what it is for.
    """
    parser.add_argument(
        flag, action="append", type=_pair, default=[], metavar=metavar, help=f"{text}; repeatable"
    )


def read(args: argparse.Namespace) -> AzureMap:
    """Return the map of the flag, or the current one.

    Raises:
        CommandError: it cannot be read.
        InvalidAzureMap: it has errors.
    """
    if args.azure_map is not None:
        return read_azure_map(args.azure_map, _config_map)
    return current_azure_map(_config_map)


def _config_map(namespace: str | None, name: str) -> Mapping[str, Any]:
    flags = (f"--namespace={namespace}",) if namespace else ()
    return Kubectl(flags).get("configmap", name)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value
