"""Parses specs in threads: a spec may be large, and a plug-in that it names may take any time."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from ..api.parsing.problem import InvalidSpec, Problem
from ..api.spec.sampler_builder import check_plugin_sampler, seed_of
from ..api.spec.sweep_spec import SweepSpec
from ..api.spec_parser import parse_sweepjob
from ..api.validation.spec_warnings import spec_warnings
from ..early_stopping.policies.registry import POLICIES
from ..search.samplers.registry import SAMPLERS
from .fair_thread import FairThread
from .plugin_thread import CallTimeout, PluginThread

_log = logging.getLogger(__name__)
_PLUGIN_TIMEOUT = 60.0  # seconds to read and build what the plug-ins of one spec declare


class ParserThreads:
    """Parses the specs of all sweeps. Those that name plug-ins have a thread and a deadline.

    Attributes:
        own: the thread for the other specs.
    """

    def __init__(self) -> None:
        self.own = FairThread("specs")
        self._plugins = PluginThread("plug-ins of specs")

    async def parse(self, body: Mapping[str, Any]) -> tuple[SweepSpec, list[Problem]]:
        """Return the spec of a SweepJob, and warnings about probably unintended settings.

        Args:
            body: the SweepJob.

        Raises:
            InvalidSpec: with every mistake.
        """
        plugins = _plugins_of(body)
        if plugins:
            try:
                found = await self._plugins.call(_PLUGIN_TIMEOUT, _parse_and_warn, body)
            except CallTimeout as error:
                problems = [
                    Problem(path, name, f"the plug-in of {distribution} failed: {error}")
                    for path, name, distribution in plugins
                ]
                raise InvalidSpec(problems) from error
        else:
            found = await self.own.call(body["metadata"]["namespace"], _parse_and_warn, body)
        if isinstance(found, InvalidSpec):
            raise found
        return found


def _parse(body: Mapping[str, Any]) -> SweepSpec:
    """Return the spec of a SweepJob.

    Raises:
        InvalidSpec: it is invalid, or has content that no check foresaw.
    """
    try:
        return parse_sweepjob(body)
    except InvalidSpec:
        raise
    except Exception as error:
        meta = body["metadata"]
        _log.exception("the spec of sweep %s/%s", meta["namespace"], meta["name"])
        remedy = f"cannot be read because of a bug in the operator: {error!r}; please report it"
        raise InvalidSpec([Problem("spec", meta["name"], remedy)]) from error


def _plugins_of(body: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return the path, the name and the distribution of each plug-in that a SweepJob names."""
    found = []
    spec = body.get("spec")
    for key, registry in (("samplingAlgorithm", SAMPLERS), ("earlyTermination", POLICIES)):
        section = spec.get(key) if isinstance(spec, Mapping) else None
        name = section.get("type") if isinstance(section, Mapping) else None
        distribution = registry.distribution_of(name) if isinstance(name, str) else ""
        if distribution:
            found.append((f"spec.{key}.type", str(name), distribution))
    return found


def _parse_and_warn(body: Mapping[str, Any]) -> tuple[SweepSpec, list[Problem]] | InvalidSpec:
    try:
        spec = _parse(body)
        check_plugin_sampler(spec, seed_of(spec, body["metadata"]["uid"]))
    except InvalidSpec as error:
        return error
    return spec, spec_warnings(body, spec)
