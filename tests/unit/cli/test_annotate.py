"""``tag`` and ``note``, and where tags are shown: on folders, and with a fake kubectl. tests/e2e has the real one."""

from __future__ import annotations

import csv
import io
import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from sweepjob.api.sweeptrial.annotations import AnnotationChange
from sweepjob.local import annotation_changes
from sweepjob.local.annotation_changes import apply_changes, change_annotations
from sweepjob.local.folder import FolderError, SweepFolder
from sweepjob.timestamps import format_time

from .bodies import NOW, sweep_body, trial_body
from .program import Program


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a sweep with three trials that has ended, in the working folder."""
    monkeypatch.chdir(tmp_path)
    sweep = sweep_body()
    sweep["metadata"] |= {"namespace": "local", "uid": "uid", "resourceVersion": "5"}
    sweep["status"] = {"phase": "Complete"}
    trials = [trial_body(n, [0.1 * n + 0.1]) for n in range(3)]
    for trial in trials:
        trial["metadata"] |= {"namespace": "local", "creationTimestamp": format_time(NOW)}
    path = Path(".sweepjob/sweep")
    path.parent.mkdir()
    SweepFolder(path).write_results(sweep, trials)
    return path


def metadata(folder: Path, index: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / f"sweeptrials/sweep-{index}.json").read_text())
    return dict(found["metadata"])


def test_tags_are_set_changed_removed_and_listed(program: Program, folder: Path) -> None:
    trial = folder / "sweep-0"
    assert program("tag", trial, "keep=yes", "baseline=") == 0
    assert program.out == "sweeptrial/sweep-0 tagged\n"
    assert metadata(folder)["labels"] == {
        "sweepjob.dev/sweep": "sweep",
        "sweepjob.dev/tag-keep": "yes",
        "sweepjob.dev/tag-baseline": "",
    }
    assert metadata(folder)["resourceVersion"] == "2"
    assert program("tag", trial) == 0
    assert program.out == "baseline=\nkeep=yes\n"
    assert program("tag", trial, "keep=no") == 2
    assert "tag keep already has the value yes; --overwrite replaces it" in program.err
    assert program("tag", trial, "keep=no", "baseline-", "zz-", "--overwrite") == 0
    assert "note: sweeptrial/sweep-0 has no tag zz" in program.err
    assert program("tag", trial) == 0
    assert program.out == "keep=no\n"
    assert program("tag", trial, "keep=no") == 0
    assert program.out == "sweeptrial/sweep-0 not tagged\n"


def test_several_trials_are_tagged_or_none(program: Program, folder: Path) -> None:
    first, second = folder / "sweep-0", folder / "sweep-1"
    assert program("tag", first, second, "a=1") == 0
    assert program.out == "sweeptrial/sweep-0 tagged\nsweeptrial/sweep-1 tagged\n"
    assert program("tag", second, "a=2", "--overwrite") == 0
    assert program("tag", first, second, "a=1", "b=1") == 2, "the second has another value"
    assert "sweepjob.dev/tag-b" not in metadata(folder)["labels"]
    assert program("tag", first, second, folder / "sweep-2") == 0
    assert program.out.splitlines() == [
        "sweeptrial/sweep-0: a=1",
        "sweeptrial/sweep-1: a=2",
        "sweeptrial/sweep-2: no tags",
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["k=a b"], "Write free text as a note"),
        (["a/b=1"], "there is no such folder"),
        (["k=1", "k-"], "tag k is given twice"),
        (["=x"], "a key has 1 to 59 characters"),
        (["-"], "a key has 1 to 59 characters"),
        ([f"t{n}=" for n in range(33)], "at most 32 tags"),
    ],
)
def test_mistakes_change_nothing_and_have_a_remedy(
    program: Program, folder: Path, words: list[str], said: str
) -> None:
    before = metadata(folder)
    assert program("tag", folder / "sweep-0", *words) == 2
    assert said in program.err
    assert metadata(folder) == before


def test_words_may_follow_flags(program: Program, folder: Path) -> None:
    trial = folder / "sweep-0"
    assert program("tag", trial, "keep=yes") == 0
    assert program("tag", trial, "--overwrite", "keep=no", "baseline=") == 0
    assert metadata(folder)["labels"]["sweepjob.dev/tag-keep"] == "no"
    assert program("note", trial, "old") == 0
    assert program("note", trial, "worth", "--overwrite", "another", "look") == 0
    assert metadata(folder)["annotations"] == {"sweepjob.dev/note": "worth another look"}
    assert program("note", trial, "--overwrite", "--", "-x", "--remove") == 0
    assert metadata(folder)["annotations"] == {"sweepjob.dev/note": "-x --remove"}
    for words in (["--overwrite", "-z", "a=b"], ["--overwrit", "a=b", "-y", "--", "c=d"]):
        with pytest.raises(SystemExit, match="2"):
            program("tag", trial, *words)
        assert "unrecognized arguments: " in program.capture.readouterr().err
    assert metadata(folder)["labels"]["sweepjob.dev/tag-keep"] == "no", "nothing is changed then"
    with pytest.raises(SystemExit, match="2"):
        program("trials", folder, "--wide", "more")
    assert "unrecognized arguments: more" in program.capture.readouterr().err


def test_a_word_that_is_neither_a_tag_nor_a_trial_says_how_a_tag_is_written(
    program: Program, folder: Path
) -> None:
    assert program("tag", folder / "sweep-0", "keep") == 2
    said = "to set a tag, write keep=VALUE, or keep= for one without a value"
    assert said in program.err
    assert "localhost" not in program.err, "no cluster is asked"
    assert program("tag", folder / "sweep-0", folder / "sweep-9") == 2
    assert "there is no trial sweep-9" in program.err


def test_a_change_in_place_of_a_trial_is_explained(program: Program, folder: Path) -> None:
    assert program("tag", "keep=yes") == 2
    assert "keep=yes is no trial; write: tag TRIAL keep=yes" in program.err
    assert program("tag", folder / "sweep-9", "a=1") == 2
    assert "there is no trial sweep-9" in program.err


def test_a_note_is_set_printed_replaced_and_removed(program: Program, folder: Path) -> None:
    trial = folder / "sweep-0"
    assert program("note", trial) == 0
    assert (program.out, program.err) == ("", "sweeptrial/sweep-0 has no note\n")
    assert program("note", trial, "worth", "another look") == 0
    assert metadata(folder)["annotations"] == {"sweepjob.dev/note": "worth another look"}
    assert program("note", trial) == 0
    assert program.out == "worth another look\n"
    assert program("note", trial, "other") == 2
    assert "--overwrite replaces it. It says: worth another look" in program.err
    assert program("note", trial, "other", "--overwrite") == 0
    assert program("note", trial, "other") == 0
    assert program.out == "sweeptrial/sweep-0 not changed\n"
    assert program("note", trial, " ") == 2
    assert "--remove removes the note" in program.err
    assert program("note", trial, "x", "--remove") == 2
    assert program("note", trial, "--remove") == 0
    assert program.out == "sweeptrial/sweep-0 note removed\n"
    assert metadata(folder)["annotations"] == {}
    assert program("note", trial, "x" * 2001) == 2
    assert "a note has at most 2,000" in program.err


def test_trials_export_and_explain_have_them(program: Program, folder: Path) -> None:
    program("trials", folder)
    assert "TAGS" not in program.out
    program("tag", folder / "sweep-1", "keep=yes", "owner=ana")
    program("note", folder / "sweep-1", "=HYPERLINK(1)\x07"[:-1])
    program("trials", folder)
    assert "TAGS" in program.out
    assert "keep=yes,owner=ana" in program.out
    assert program("trials", folder, "--tag", "keep=yes", "--tag", "owner", "-o", "name") == 0
    assert program.out == "sweeptrial/sweep-1\n"
    assert program("trials", folder, "--tag", "keep=no") == 0
    assert "no trial of sweep has the tag keep=no; there are: keep=yes, owner=ana" in program.err
    assert program("trials", folder, "--tag", "a b") == 2
    assert "--tag: tag 'a b': a key has" in program.err
    program("trials", folder, "-o", "json")
    rows = {row["name"]: (row["tags"], row["note"]) for row in json.loads(program.out)}
    assert rows["sweep-1"] == ({"keep": "yes", "owner": "ana"}, "=HYPERLINK(1)")
    assert rows["sweep-0"] == ({}, "")
    program("export", folder)
    [zero, one, _] = csv.DictReader(io.StringIO(program.out))
    assert (one["tags.keep"], one["note"]) == ("yes", "'=HYPERLINK(1)"), "no formula"
    assert (zero["tags.keep"], zero["note"]) == ("", "")
    program("export", folder, "-o", "json")
    assert json.loads(program.out)[1]["tags"] == {"keep": "yes", "owner": "ana"}
    program("explain", folder / "sweep-1")
    assert "tags: keep=yes,owner=ana\nnote: =HYPERLINK(1)\n" in program.out


def test_a_note_of_others_does_not_reach_the_terminal(program: Program, folder: Path) -> None:
    file = folder / "sweeptrials/sweep-0.json"
    body = json.loads(file.read_text())
    body["metadata"]["annotations"] = {"sweepjob.dev/note": "a\x1b]0;owned\x07\nb\u202e"}
    body["metadata"]["labels"]["sweepjob.dev/tag-k"] = "v\x1b[2J"
    file.write_text(json.dumps(body))
    for words in (("note", folder / "sweep-0"), ("tag", folder / "sweep-0"), ("trials", folder)):
        assert program(*words) == 0
        assert not {"\x1b", "\x07", "\u202e"} & set(program.out)
    program("explain", folder / "sweep-0")
    assert "note: a\\x1b]0;owned\\x07\nnote: b\\u202e\n" in program.out


def test_the_process_that_runs_a_sweep_applies_the_changes(folder: Path) -> None:
    """A file may be changed by its owner only: the one that has the lock."""
    applied: list[tuple[str, AnnotationChange]] = []
    first, second = AnnotationChange({"a": "1"}), AnnotationChange(note="x")
    with SweepFolder(folder).reserve():
        asking = [
            threading.Thread(target=change_annotations, args=(folder, "sweep-0", change))
            for change in (first, second)
        ]
        for thread in asking:
            thread.start()
            while len(list(folder.glob("annotation-changes/*.json"))) < asking.index(thread) + 1:
                thread.join(0.01)
        assert "sweepjob.dev/tag-a" not in metadata(folder)["labels"]
        apply_changes(folder, lambda trial, change: applied.append((trial, change)))
        for thread in asking:
            thread.join(30)
            assert not thread.is_alive()
    assert applied == [("sweep-0", first), ("sweep-0", second)]
    assert not list(folder.glob("annotation-changes/*"))


def test_a_process_that_does_not_answer_is_named(
    program: Program, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(annotation_changes, "_PATIENCE", 0.1)
    with SweepFolder(folder).reserve():
        assert program("tag", folder / "sweep-0", "a=1") == 2
    assert "has not answered for" in program.err
    assert not list(folder.glob("annotation-changes/*")), "it is not applied later"


def test_files_that_are_no_changes_are_dropped(folder: Path) -> None:
    requests = folder / "annotation-changes"
    requests.mkdir()
    for n, text in enumerate(("{", "[]", '{"trial": "sweep-0"}', '{"trial": "x", "change": 3}')):
        (requests / f"{n}.json").write_text(text)
    change_annotations(folder, "sweep-0", AnnotationChange({"a": "1"}))
    assert metadata(folder)["labels"]["sweepjob.dev/tag-a"] == "1"
    assert not list(requests.glob("*.json"))


def test_a_folder_that_cannot_be_written_is_named(folder: Path) -> None:
    (folder / "annotation-changes").write_text("a file where the folder should be")
    with pytest.raises(FolderError, match="cannot be written"):
        change_annotations(folder, "sweep-0", AnnotationChange({"a": "1"}))


class TestOnTheCluster:
    """A fake kubectl that answers what the real one does."""

    @pytest.fixture
    def calls(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        sweep, trial = sweep_body(), trial_body(0, [0.1])
        trial["metadata"]["labels"]["sweepjob.dev/tag-keep"] = "yes"
        (tmp_path / "sweep.json").write_text(json.dumps(sweep))
        (tmp_path / "trial.json").write_text(json.dumps(trial))
        script = tmp_path / "kubectl"
        script.write_text(
            "#!/bin/sh\n"
            f'echo "$*" >> {tmp_path}/calls\n'
            'case "$*" in\n'
            f"  *get\\ sweeptrials*) cat {tmp_path}/trial.json ;;\n"
            f"  *get\\ sweepjobs*) cat {tmp_path}/sweep.json ;;\n"
            f"  *patch*) if [ -e {tmp_path}/forbidden ]; then\n"
            '    echo "Error from server (Forbidden): sweeptrials.sweepjob.dev \\"sweep-0\\" is forbidden: '
            'User \\"eve\\" cannot patch resource \\"sweeptrials\\"" >&2; exit 1; fi ;;\n'
            "esac\n"
        )
        script.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        return tmp_path / "calls"

    def test_the_labels_are_patched(self, program: Program, calls: Path) -> None:
        assert program("tag", "sweeptrial/sweep-0", "a=1", "keep-", "-n", "team") == 0
        patch = calls.read_text().splitlines()[-1]
        assert patch == (
            "--namespace=team patch sweeptrials.sweepjob.dev sweep-0 --type=merge -p "
            '{"metadata": {"labels": {"sweepjob.dev/tag-a": "1", "sweepjob.dev/tag-keep": null}}}'
        )

    def test_what_is_there_is_not_patched(self, program: Program, calls: Path) -> None:
        assert program("tag", "sweep-0", "keep=yes") == 0
        assert "not tagged" in program.out
        assert "patch" not in calls.read_text()

    def test_a_reader_gets_a_sentence(self, program: Program, calls: Path) -> None:
        (calls.parent / "forbidden").touch()
        assert program("note", "sweep-0", "hello") == 2
        assert program.err.startswith(
            "error: you may read sweep-0, but not change it: tags and notes"
        )
        assert "which the role edit has" in program.err
