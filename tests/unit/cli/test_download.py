"""Outputs of trials may be hostile: nothing is written elsewhere, and what is not copied is said."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

import pytest
from sweepjob.cli import download
from sweepjob.cli.errors import CommandError

FILE, LINK, HARD_LINK = tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE


class Pod:
    """A fake of kubectl exec: prints what a pod's tar would."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def command(self, *_: str) -> list[str]:
        return ["cat", str(self._file)]


def archive(*members: tuple[str, bytes, str]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as written:
        for name, kind, link in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.mode = kind, link, 0o6777
            info.size = 2 if kind == FILE else 0
            written.addfile(info, io.BytesIO(b"hi"))
    return stream.getvalue()


def copied(tmp_path: Path, data: bytes) -> Path:
    stream = tmp_path / "stream"
    stream.write_bytes(data)
    pod: Any = Pod(stream)
    download._copy(pod, "pod", "/outputs/model", tmp_path / "copy" / "model")
    return tmp_path / "copy" / "model"


@pytest.mark.parametrize(
    "data",
    [
        archive(("../../x", FILE, "")),
        archive(("link", LINK, "/tmp"), ("link/x", FILE, "")),
        archive(("link", LINK, "../.."), ("link/x", FILE, "")),
        archive(("link", HARD_LINK, "/etc/passwd")),
        archive(("device", tarfile.CHRTYPE, "")),
        archive(("pipe", tarfile.FIFOTYPE, "")),
        archive(("file", FILE, ""))[:513],
        b"no archive",
    ],
    ids=["outside", "absolute", "upwards", "hard link", "device", "pipe", "cut", "noise"],
)
def test_a_hostile_archive_is_refused_with_a_message(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(CommandError, match=r"^/outputs/model was not copied, or only in part: "):
        copied(tmp_path, data)
    assert {path.name for path in tmp_path.iterdir()} == {"stream", "copy"}


def test_absolute_names_and_modes_are_made_harmless(tmp_path: Path) -> None:
    made = copied(tmp_path, archive(("/tmp/x", FILE, ""), ("./plain", FILE, "")))
    assert (made / "tmp" / "x").read_text() == "hi"
    assert (made / "plain").stat().st_mode & 0o7022 == 0


def test_links_of_a_local_output_are_not_followed(tmp_path: Path) -> None:
    secret, folder = tmp_path / "secret", tmp_path / "output"
    secret.write_text("secret")
    folder.mkdir()
    (folder / "stolen").symlink_to(secret)
    (folder / "nowhere").symlink_to(tmp_path / "missing")
    (folder / "model").write_text("model")
    download._copy_folder(folder, tmp_path / "copy")
    assert (tmp_path / "copy" / "model").read_text() == "model"
    assert (tmp_path / "copy" / "stolen").is_symlink()
