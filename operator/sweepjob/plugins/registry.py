"""The registry of policies, and that of samplers.

The package's own are registered with one line each. Those of other distributions are found by entry
points (``importlib.metadata``), which are loaded once, when a name is first looked up. What cannot be
loaded becomes a message in ``failures``; it never keeps the program from running.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, Protocol, TypeVar

from .parameters import ParameterDeclaration

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


class PluginError(Exception):
    """A declaration that cannot be registered."""


class Declaration(Protocol):
    """What is common to the declarations of policies and samplers."""

    @property
    def name(self) -> str:
        """The value of ``type`` in the SweepJob."""
        ...

    @property
    def parameters(self) -> tuple[ParameterDeclaration, ...]:
        """The keys besides ``type``."""
        ...


D = TypeVar("D", bound=Declaration)


@dataclass(frozen=True, slots=True)
class LoadFailure:
    """A plug-in that is not available.

    Attributes:
        plugin: the entry point's name, which is the name of the policy or the sampler.
        distribution: the distribution that has the entry point, with its version.
        message: why it could not be loaded.
    """

    plugin: str
    distribution: str
    message: str

    def __str__(self) -> str:
        return f"plug-in {self.plugin} of {self.distribution} could not be loaded: {self.message}"


class Registry(Generic[D]):
    """Declarations by name, in the order in which they were registered.

    Attributes:
        kind: what is registered, in a word for messages.
        group: the group of entry points.
    """

    def __init__(self, kind: str, group: str, declaration: type[D]) -> None:
        self.kind = kind
        self.group = group
        self._declaration = declaration
        self._found: dict[str, D] = {}
        self._distributions: dict[str, str] = {}
        self._failures: list[LoadFailure] = []
        self._is_loaded = False

    def register(self, declaration: D, distribution: str = "") -> None:
        """Add a declaration.

        Args:
            declaration: what to add.
            distribution: where it comes from; empty for this package and for tests.

        Raises:
            PluginError: the name is taken or invalid, or a parameter has the name of another one of a
                different type.
        """
        if not isinstance(declaration, self._declaration):
            wanted = self._declaration.__name__
            raise PluginError(f"must be a {wanted}, not a {type(declaration).__name__}")
        name = declaration.name
        if not _NAME.fullmatch(name):
            raise PluginError(f"{self.kind} {name!r}: a name has small letters, digits and _ only")
        if name in self._found:
            raise PluginError(f"{self.kind} {name} is registered already{self._origin(name)}")
        for parameter in declaration.parameters:
            self._check_type(name, parameter)
        self._found[name] = declaration
        if distribution:
            self._distributions[name] = distribution

    def _check_type(self, name: str, parameter: ParameterDeclaration) -> None:
        """Refuse a parameter whose name has another type: in the CRD, all keys are side by side."""
        for other in self._found.values():
            for known in other.parameters:
                if known.name == parameter.name and known.type != parameter.type:
                    raise PluginError(
                        f"{self.kind} {name}: parameter {parameter.name} is of type "
                        f"{parameter.type}, but {known.type} in {other.name}; rename it"
                    )

    def _origin(self, name: str) -> str:
        distribution = self._distributions.get(name)
        return f" by {distribution}" if distribution else ""

    @contextmanager
    def registered(self, declaration: D, distribution: str = "") -> Iterator[None]:
        """Register a declaration for the duration of a block, for tests.

        Args:
            declaration: what to register.
            distribution: where it comes from.

        Raises:
            PluginError: as ``register`` does.
        """
        self._load()
        self.register(declaration, distribution)
        try:
            yield
        finally:
            del self._found[declaration.name]
            self._distributions.pop(declaration.name, None)

    def get(self, name: str) -> D | None:
        """Return the declaration of that name; None when there is none."""
        if name not in self._found:
            self._load()
        return self._found.get(name)

    def names(self) -> tuple[str, ...]:
        """Return all names, the package's own first."""
        self._load()
        return tuple(self._found)

    def declarations(self) -> tuple[D, ...]:
        """Return all declarations, the package's own first."""
        self._load()
        return tuple(self._found.values())

    @property
    def failures(self) -> tuple[LoadFailure, ...]:
        """Plug-ins that are installed and could not be loaded."""
        self._load()
        return tuple(self._failures)

    def distribution_of(self, name: str) -> str:
        """Return the distribution that a plug-in comes from; empty for the package's own."""
        return self._distributions.get(name, "")

    def unknown(self, suggestion: str = "") -> str:
        """Return the message about a name that is not registered.

        Args:
            suggestion: a clause about what was probably meant, such as ``; did you mean grid?``.
        """
        known = f"unknown{suggestion or ';'} known: {', '.join(self.names())}"
        return "; ".join([known, *map(str, self._failures)])

    def _load(self) -> None:
        if self._is_loaded:
            return
        self._is_loaded = True
        for entry in sorted(entry_points(group=self.group), key=lambda e: (e.name, e.value)):
            distribution = _distribution(entry)
            try:
                self.register(entry.load(), distribution)
            except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever another's code raises
                said = str(error) if isinstance(error, PluginError) else repr(error)
                self._failures.append(LoadFailure(entry.name, distribution, said))


def _distribution(entry: EntryPoint) -> str:
    found = entry.dist
    return f"distribution {found.name} {found.version}" if found else "an unknown distribution"
