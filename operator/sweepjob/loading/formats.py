"""Finds out which tool a sweep file is of, and converts it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .azure import Conversion, ConversionOptions, UnsupportedFileError
from .azure import convert as convert_azure
from .katib import convert_experiment, is_experiment
from .sagemaker import convert_tuning_job, is_tuning_job
from .wandb import convert_wandb, is_wandb_sweep

AZURE, KATIB, SAGEMAKER, WANDB = FORMATS = ("azure", "katib", "sagemaker", "wandb")
OPTUNA = "optuna"  # a storage, and no document
# The options that belong to the files of other tools; --name, --namespace and --queue are for all.
_OTHER_OPTIONS = {
    AZURE: ("trials",),
    KATIB: ("image", "command", "gpus", "inputs", "outputs", "claim"),
    SAGEMAKER: ("inputs", "outputs", "claim"),
    WANDB: ("command", "inputs", "outputs", "claim"),
    OPTUNA: ("inputs", "outputs", "claim"),
}


def format_of(document: Any) -> str:
    """Return the format of a document; Azure's if it is none of the others."""
    if is_experiment(document):
        return KATIB
    if is_tuning_job(document):
        return SAGEMAKER
    return WANDB if is_wandb_sweep(document) else AZURE


def listed(documents: Sequence[Any]) -> list[Any]:
    """Return documents with the items of lists, as kubectl prints them, in place of the lists."""
    found: list[Any] = []
    for document in documents:
        items = document.get("items") if isinstance(document, Mapping) else None
        is_list = isinstance(items, list) and str(document.get("kind", "")).endswith("List")
        found += items if is_list and items else [document]
    return found


def convert_document(
    document: Any, options: ConversionOptions, stem: str, kind: str | None = None
) -> Conversion:
    """Convert a sweep file of any tool to a SweepJob.

    Args:
        document: the contents of the file.
        options: what it refers to but does not contain.
        stem: the SweepJob's name if the file has none.
        kind: its format; by default the one that it has.

    Raises:
        UnsupportedFileError: it is no sweep, or an option does not belong to its format.
        ConversionError: it cannot be converted; the error has every reason.
    """
    kind = kind or format_of(document)
    reject_other_options(options, kind)
    if kind == AZURE:
        return convert_azure(document, options, stem)
    if not isinstance(document, Mapping):
        raise UnsupportedFileError("holds no object with keys and values")
    converters = {KATIB: convert_experiment, SAGEMAKER: convert_tuning_job, WANDB: convert_wandb}
    return converters[kind](document, options, stem)


def reject_other_options(options: ConversionOptions, kind: str) -> None:
    """Check that no option belongs to files of another format.

    Raises:
        UnsupportedFileError: one does.
    """
    for name in _OTHER_OPTIONS[kind]:
        if getattr(options, name):
            flag = f"--{name.removesuffix('s') if name in ('inputs', 'outputs') else name}"
            raise UnsupportedFileError(
                f"is of {kind}, whose files have no use for {flag}; remove it"
            )
