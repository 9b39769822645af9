"""Converts environments to container images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..azure_map import resolve_environment
from .conversion import PLACEHOLDER, Section

IMAGE = f"{PLACEHOLDER}/image:with-your-code"
_DESCRIPTIONS = ("name", "version", "description", "tags", "id")
# Why settings of environments have no effect.
ENVIRONMENT_DETAILS = {
    "inference_config": "it is for the serving of models",
    "datastore": "the image is that of the Azure map",
}
_FILE_PREFIX = "file:"


def convert_image(section: Section, key: str) -> str:
    """Return the image: the option's, the map's, that of an inline environment, or a placeholder.

    Args:
        section: the section that has the environment.
        key: its key.
    """
    options = section.conversion.options
    given = section.read(key)
    if given is None:
        if not options.image:
            remedy = "give --image"
            section.reject(key, None, f"is required: the environment of a trial; {remedy}")
        return options.image or IMAGE
    if isinstance(given, str):
        given = given.removeprefix(_FILE_PREFIX)
    elif not isinstance(given, Mapping):
        section.reject(key, given, "must be the name of an environment, or an object with an image")
        return options.image or IMAGE
    if isinstance(given, Mapping):
        _check_keys(section.conversion.section(given, section.at(key)))
    if options.is_lazy and not options.image:
        section.conversion.azure["environment"] = given
        return IMAGE
    resolved = resolve_environment(options.azure_map, given)
    if options.image:
        section.note(key, given, "not carried over: --image has the image")
        return options.image
    if resolved.value:
        return resolved.value
    message = f"put an image for {IMAGE}, or give --image IMAGE, or {resolved.message}"
    section.note(key, given, message)
    return IMAGE


def _check_keys(section: Section) -> None:
    """Add a note for each key that is not carried over; reject unknown ones."""
    section.read("image")
    for key in ("conda_file", "build"):
        section.ignore(key, "put its packages into the image")
    for key in _DESCRIPTIONS:
        section.read(key)
    section.ignore("auto_delete_setting", "nothing is registered, so nothing is deleted")
    for key, reason in ENVIRONMENT_DETAILS.items():
        section.ignore(key, reason)
    if str(section.read("os_type", "linux")).lower() != "linux":
        section.note("os_type", section.data["os_type"], "not carried over: nodes run Linux")
    section.reject_unknown_keys()


def has_environment(data: Any) -> bool:
    """Return whether a trial has an environment."""
    return isinstance(data, Mapping) and data.get("environment") is not None
