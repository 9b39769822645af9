"""``sweepjob tag`` and ``sweepjob note``: change tags and notes, as ``kubectl label`` does."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from ..api.sweeptrial.annotations import AnnotationChange, TagFilter, format_tags
from ..read_model.sweep_view import SweepView
from ..read_model.trial_view import TrialView
from ..render.table import print_message, print_output
from .arguments import TRIAL, add_trial
from .errors import CommandError
from .folder_names import is_folder
from .kubectl_errors import NotFound
from .late_words import accept_late_words
from .sources import SweepSource, required_source


@dataclass(frozen=True)
class _Target:
    """A trial to change, and where it is."""

    source: SweepSource
    trial: TrialView

    @property
    def label(self) -> str:
        return f"{TRIAL}/{self.trial.name}"


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands to the parser."""
    _add_tag(commands)
    _add_note(commands)


def _add_tag(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "tag",
        help="set, remove or list the tags of trials",
        description="Set tags of one or more trials with KEY=VALUE, and remove them with KEY-. Without "
        "either, list them. A tag is the label sweepjob.dev/tag-KEY of the SweepTrial, by which kubectl "
        "get sweeptrials -l finds it. Nothing else depends on tags.",
    )
    add_trial(parser)
    parser.add_argument("words", metavar="TRIAL|KEY=VALUE|KEY-", nargs="*")
    _add_overwrite(parser, "tag")
    accept_late_words(parser, "words")
    parser.set_defaults(run=run_tag)


def _add_note(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "note",
        help="set, remove or print the note of a trial",
        description="Set the note of a trial. Without a text, print it. The note is the annotation "
        "sweepjob.dev/note of the SweepTrial.",
    )
    add_trial(parser)
    parser.add_argument("words", metavar="TEXT", nargs="*", help="the note; words are joined")
    _add_overwrite(parser, "note")
    parser.add_argument("--remove", action="store_true", help="remove the note")
    accept_late_words(parser, "words")
    parser.set_defaults(run=run_note)


def _add_overwrite(parser: argparse.ArgumentParser, what: str) -> None:
    text = f"replace a {what} that is there"
    parser.add_argument("--overwrite", action="store_true", help=text)


def run_tag(args: argparse.Namespace) -> int:
    """Run ``tag``, and return its exit code."""
    named = [args.name, *(word for word in args.words if not _is_change(word))]
    if _is_change(args.name):
        raise CommandError(f"{args.name} is no trial; write: tag TRIAL {args.name}")
    tags = _parse_changes([word for word in args.words if _is_change(word)])
    targets = [_read(args, named[0]), *(_read_other(args, name) for name in named[1:])]
    if not tags:
        _print_tags(targets)
        return 0
    changes = [_tag_change(target, tags, overwrite=args.overwrite) for target in targets]
    for target, change in zip(targets, changes, strict=True):
        if change.tags:
            target.source.annotate(target.trial.name, change)
        print_output(f"{target.label} {'tagged' if change.tags else 'not tagged'}")
    return 0


def run_note(args: argparse.Namespace) -> int:
    """Run ``note``, and return its exit code."""
    target, text = _read(args, args.name), " ".join(args.words).strip()
    old = target.trial.note
    if args.remove and args.words:
        raise CommandError("--remove takes no text")
    if not args.words and not args.remove:
        print_output(old) if old else print_message(f"{target.label} has no note")
        return 0
    if not text and not args.remove:
        raise CommandError("the note is empty; --remove removes the note of a trial")
    if old and text not in ("", old) and not args.overwrite:
        raise CommandError(f"{target.label} has a note; --overwrite replaces it. It says: {old}")
    if text == old:
        print_output(f"{target.label} not changed")
        return 0
    change = AnnotationChange(note=text)
    _check(target, change)
    target.source.annotate(target.trial.name, change)
    print_output(f"{target.label} {'noted' if text else 'note removed'}")
    return 0


def _read(args: argparse.Namespace, name: str) -> _Target:
    one = argparse.Namespace(**{**vars(args), "name": name.removeprefix(f"{TRIAL}/")})
    source, plain = required_source(one)
    body = source.trial(plain)
    goal = SweepView.of(source.sweep(body["spec"]["sweep"])).goal
    return _Target(source, TrialView.of(body, goal))


def _read_other(args: argparse.Namespace, name: str) -> _Target:
    """Return one more trial; a word that is none was probably meant as a tag.

    Raises:
        CommandError: there is no such trial; the message also says how a tag is written.
    """
    hint = f"to set a tag, write {name}=VALUE, or {name}= for one without a value"
    if is_folder(args.name) and not is_folder(name):
        raise CommandError(f"{name} is no folder of a trial, as {args.name} is; {hint}")
    try:
        return _read(args, name)
    except NotFound as error:
        raise NotFound(f"{error}; {hint}") from None


def _is_change(word: str) -> bool:
    """Return whether a word is KEY=VALUE or KEY-; the name or the folder of a trial is neither."""
    key, equals, _ = word.partition("=")
    return "/" not in key and bool(equals or word.endswith("-"))


def _parse_changes(words: Sequence[str]) -> dict[str, str | None]:
    """Return the new values of tags by key; None for one to remove.

    Raises:
        CommandError: a word is no tag, or a key comes twice.
    """
    found: dict[str, str | None] = {}
    for word in words:
        is_removal = "=" not in word
        try:
            tag = TagFilter.parse(word[:-1] if is_removal else word)
        except ValueError as error:
            raise CommandError(str(error)) from None
        if tag.key in found:
            raise CommandError(f"tag {tag.key} is given twice; write each key once")
        found[tag.key] = None if is_removal else tag.value
    return found


def _tag_change(
    target: _Target, tags: dict[str, str | None], *, overwrite: bool
) -> AnnotationChange:
    """Return what a trial's tags lack of a change.

    Raises:
        CommandError: a tag has another value, or the trial would have too many.
    """
    old = target.trial.tags
    for key, value in tags.items():
        if value is None and key not in old:
            print_message(f"note: {target.label} has no tag {key}")
        if value is not None and old.get(key, value) != value and not overwrite:
            raise CommandError(
                f"{target.label}: tag {key} already has the value {old[key] or 'empty'}; --overwrite "
                "replaces it"
            )
    missing = {key: value for key, value in tags.items() if old.get(key) != value}
    change = AnnotationChange(missing)
    _check(target, change)
    return change


def _check(target: _Target, change: AnnotationChange) -> None:
    try:
        change.check(target.trial.tags)
    except ValueError as error:
        raise CommandError(f"{target.label}: {error}") from None


def _print_tags(targets: Sequence[_Target]) -> None:
    for target in targets:
        tags = target.trial.tags
        if len(targets) > 1:
            print_output(f"{target.label}: {format_tags(tags) or 'no tags'}")
        elif not tags:
            print_message(f"{target.label} has no tags; sweepjob tag TRIAL KEY=VALUE adds one")
        for key, value in tags.items() if len(targets) == 1 else ():
            print_output(f"{key}={value}")
