"""Whatever a tenant writes into a spec is read in time in proportion to it, or refused."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from sweepjob.api.messages.missing_metric import missing_metric_message
from sweepjob.api.parsing.problem import InvalidSpec
from sweepjob.api.parsing.quantity import is_quantity
from sweepjob.api.parsing.suggestions import closest, nearest
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.api.validation.bash_warnings import bash_warnings
from sweepjob.api.validation.exit_code_warnings import exit_code_warnings
from sweepjob.api.validation.option_like_values import option_like_values
from sweepjob.api.validation.spec_warnings import spec_warnings
from sweepjob.loading.azure.command import with_double_braces
from sweepjob.template import command, kubelet_expansion, shell_quoting
from sweepjob.template import references as placeholders

from tests.e2e.invalid_specs import invalid_cases
from tests.processor_time import assert_within

from .builders import sweepjob

BLANKS = " " * 6000
UNITS = [
    "${{", "${{" + BLANKS, "${{ }", "${{}", "$[[", "$[[ ]", "]]", "}}", "$", "$(", "$$(", "${", "$((", "((", "`", "\\`",
    "\\", "'", '"', "'\"", "<<", "<<-'", "<<A\n", "<<A <<B\n", "$(cat <<A\n", "\n", "#", " #", "{", "{lr}", "{ ",
    "{{" + " " * 9, "${search_space.", "$lr ", "a", "aA.-", "=", "lr=", "--x\n", "$'", "$'\\'", "${a:-", "${a#", "case ", "& ", "&", "|", "; ", ";\n", "set ", "set -", ">", "-", "--a-", "\t",
    "$(case ", "\"$(", "é$", "1", ".", "{inputs." + "a" * 90,
    "then cat {a", "do trap a ", "for a in a", "else echo -e a", "[ a ",
]  # fmt: skip
READERS: dict[str, Callable[[str], object]] = {
    "pieces": placeholders.split_references,
    "parts": placeholders.split_optional,
    "settle_optional": lambda text: placeholders.resolve_optional(text, ()),
    "expand": lambda text: kubelet_expansion.expand_variables(text, {}),
    "decoded": lambda text: kubelet_expansion.unescape(placeholders.split_references(text)),
    "literal": kubelet_expansion.escape_text,
    "needs_shell": command.needs_shell,
    "syntax_error": command.syntax_error,
    "words_of": lambda text: _quietly(command.split_words, text),
    "places": lambda text: shell_quoting.find_positions(text.replace("a", "\0")),
    "lines": lambda text: shell_quoting.reference_lines(text.replace("a", "\0")),
    "quantity": is_quantity,
    "braces": with_double_braces,
    "exit_code": lambda text: [*exit_code_warnings(f"python t.py {text}; echo {text}")],
    "exit_code_last": lambda text: [*exit_code_warnings(f"python t.py | tee\n{text}x")],
    "bash": lambda text: [*bash_warnings(f"python t.py; {text[:19_000]}")],
    "options": lambda text: [
        *option_like_values("p", f"a --{text}${{{{search_space.lr}}}}", {"lr": -1e-9})
    ],
}


def _quietly(read: Callable[[str], object], text: str) -> None:
    with contextlib.suppress(ValueError):
        read(text)


@pytest.mark.parametrize("name", READERS)
def test_reading_takes_linear_time(name: str) -> None:
    """What is quadratic takes minutes for a text like these, and what is cubic days."""
    for unit in UNITS:
        text = unit * (40_000 // len(unit))
        for hostile in (text, f"'${{{{{text}"):
            assert_within(2, lambda hostile=hostile: READERS[name](hostile), unit)


@pytest.mark.parametrize("unit", ["${{" + BLANKS, "${{", "$[[", "$("])
def test_a_megabyte(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    for name in ("pieces", "parts", "expand"):
        assert_within(8, lambda name=name: READERS[name](text), name)


@pytest.mark.parametrize("unit", UNITS)
def test_a_spec_is_read_quickly_or_refused(unit: str) -> None:
    text = unit * (131_000 // len(unit))
    space = {f"p{n}": {"type": "choice", "values": [*range(100)]} for n in range(200)}
    space["lr"] = space.pop("p0")
    for trial in (
        {"image": "i", "command": text},
        {"image": "i", "command": ["sh", "-c", text]},
        {"template": {"spec": {"containers": [{"args": [text]}]}}},
    ):
        body = sweepjob(searchSpace=space, trial=trial)
        assert_within(3, lambda body=body: _read(body), unit)


def _read(body: dict[str, Any]) -> None:
    with contextlib.suppress(InvalidSpec):
        spec_warnings(body, parse_sweepjob(body))


def deep(depth: int) -> Any:
    node: Any = "x"
    for _ in range(depth):
        node = {"a": node}
    return node


CHOICE = {"type": "choice", "values": [1]}
TOO_MUCH: dict[str, tuple[dict[str, Any], str, str]] = {
    "a deep template": ({"trial": {"template": deep(5000)}}, "spec.trial.template.a", "nested deeper"),
    "a deep input": ({"inputs": {"x": deep(5000)}}, "spec.inputs.x.a", "nested deeper"),
    "a deep list": ({"inputs": {"x": json.loads("[" * 900 + "]" * 900)}}, "spec.inputs.x[0]", "nested deeper"),
    "NUL in a choice": ({"searchSpace": {"x": {"type": "choice", "values": ["a\0b"]}}}, "spec.searchSpace.x.values[0]", "remove it"),
    "NUL in a command": ({"trial": {"image": "i", "command": "a\0"}}, "spec.trial.command", "remove it"),
    "NUL in a variable": ({"trial": {"image": "i", "env": [{"name": "A", "value": "\0"}]}}, "spec.trial.env[0].value", "remove it"),
    "half a character": ({"inputs": {"x": "\ud800"}}, "spec.inputs.x", "remove it"),
    "a long command": ({"trial": {"image": "i", "command": "x" * 131_072}}, "spec.trial.command", "131071 bytes"),
    "a long command in bytes": ({"trial": {"image": "i", "command": "é" * 65_536}}, "spec.trial.command", "131071 bytes"),
    "a large template": ({"trial": {"template": {"spec": {"containers": [{"name": "a"}], "tolerations": [{"key": "a"}] * 60_000}}}}, "spec.trial", "10000 values"),
    "many words": ({"trial": {"image": "i", "command": ["x"] * 1001}}, "spec.trial.command", "1000 at most"),
    "many references": ({"trial": {"image": "i", "command": "${{search_space.lr}}" * 1001}}, "spec.trial.command", "more than 1000 references"),
    "a long value": ({"searchSpace": {"x": {"type": "choice", "values": ["x" * 20_001]}}}, "spec.searchSpace.x.values[0]", "20000 at most"),
    "a long input": ({"inputs": {"x": "x" * 20_001}}, "spec.inputs.x", "20000 at most"),
    "a large input": ({"inputs": {"x": [*range(9000)]}}, "spec.inputs.x", "20000 at most"),
    "a long name": ({"searchSpace": {"x" * 101: CHOICE}}, f"spec.searchSpace.{'x' * 101}", "at most 100"),
    "a name with a line's end": ({"searchSpace": {"x\n": CHOICE}}, "spec.searchSpace.x\n", "letters"),
    "a long name of an input": ({"inputs": {"x" * 101: 1}}, f"spec.inputs.{'x' * 101}", "100 characters"),
    "a key that is none": ({"inputs": {"x" * 1000: 1}}, "spec.inputs", "cannot be one"),
    "many amounts": ({"trial": {"image": "i", "resources": {"limits": {f"x{n}": 1 for n in range(101)}}}}, "spec.trial.resources.limits", "100 at most"),
    "a long path": ({"metrics": {"source": "file", "path": "/" + "x" * 1000 + "/x"}}, "spec.metrics.path", "1000 at most"),
    "a long order": ({"samplingAlgorithm": {"type": "grid", "order": ["x"] * 1001}, "searchSpace": {"x": CHOICE}}, "spec.samplingAlgorithm.order", "1000 at most"),
    "a long name of a sweep to begin with": ({"warmStart": {"sweeps": ["x" * 64]}}, "spec.warmStart.sweeps[0]", "longer than"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "path", "remedy"), TOO_MUCH.values(), ids=TOO_MUCH)
def test_oversized_specs_are_refused(change: dict[str, Any], path: str, remedy: str) -> None:
    with pytest.raises(InvalidSpec) as caught:
        parse_sweepjob(sweepjob(**change))
    found = [p for p in caught.value.problems if p.path.startswith(path)]
    assert found, str(caught.value)[:500]
    assert any(remedy in p.message for p in found), str(found[0])


MANY: dict[str, dict[str, Any]] = {
    "sources": {"warmStart": {"sweeps": [f"a{n}" for n in range(50_000)]}},
    "unknown values": {"initialPoints": [{f"a{n}": 1 for n in range(200)} for _ in range(200)]},
    "unknown values of one": {"initialPoints": [{f"a{n}": 1 for n in range(50_000)}]},
    "unknown words": {
        "searchSpace": {"lr": {"type": "choice", "values": [f"v{n}" for n in range(1000)]}},
        "initialPoints": [{"lr": f"x{n}"} for n in range(200)],
    },
}


@pytest.mark.parametrize("change", MANY.values(), ids=MANY)
def test_as_many_mistakes_as_fit_are_found_quickly(change: dict[str, Any]) -> None:
    body = sweepjob(**change)
    assert_within(2, lambda: _read(body), "minutes, if each is compared with all others")
    with pytest.raises(InvalidSpec) as caught:
        parse_sweepjob(body)
    assert len(caught.value.problems) < 500


def test_a_large_template_is_refused_quickly() -> None:
    template = {"spec": {"containers": [{"name": "a"}], "tolerations": [{"key": "a"}] * 60_000}}
    body = sweepjob(trial={"template": template})
    assert_within(0.05, lambda: _read(body))


def test_warnings_of_any_valid_spec_can_be_computed() -> None:
    """Every field of a rich spec with values of every type: what is taken is looked at without a fall."""
    taken = [mistake.spec for mistake in invalid_cases() if not mistake.remark]
    assert len(taken) > 100
    for spec in taken:
        body = {"metadata": {"name": "s"}, "spec": spec}
        spec_warnings(body, parse_sweepjob(body))


def test_many_errors_are_summarized() -> None:
    values = {f"p{n}": {"type": "choice", "values": [None] * 1000} for n in range(200)}
    with pytest.raises(InvalidSpec) as caught:
        parse_sweepjob(sweepjob(searchSpace=values))
    assert "and 199" in str(caught.value)
    assert len(str(caught.value)) < 20_000


def test_unresolved_references_are_listed_once_and_truncated() -> None:
    text = "".join(f"${{{{search_space.x{n}}}}}" for n in range(999))
    with pytest.raises(InvalidSpec) as caught:
        parse_sweepjob(sweepjob(trial={"image": "i", "command": text}))
    assert len(caught.value.problems) == 20


ALIKE = {
    f"{'ab' * 48}{n:04}": {"type": "uniform", "minValue": 0, "maxValue": 1} for n in range(200)
}
WORDS = [f"{'ba' * 48}{n:03}" for n in range(900)]


@pytest.mark.parametrize(
    "change",
    [
        {"trial": {"image": "i", "command": " ".join(f"${{{{search_space.{w}}}}}" for w in WORDS)}},
        {"trial": {"image": "i", "command": " ".join(f"${{search_space.{w}}}" for w in WORDS)}},
        {"trial": {"image": "i", "command": ["${{search_space.x}}"] * 900}},
        {word: 1 for word in WORDS},
        {"limits": {"maxTotalTrials": 1, **dict.fromkeys(WORDS, 1)}},
    ],
    ids=["references", "other-references", "one-reference", "keys", "limits"],
)
def test_suggestions_for_misspelled_words_are_cheap(change: dict[str, Any]) -> None:
    """They are compared with every known word, and difflib takes long for letters that repeat."""
    body = sweepjob(**{"searchSpace": ALIKE, **change})

    def read() -> None:
        with contextlib.suppress(InvalidSpec):
            list(spec_warnings(body, parse_sweepjob(body)))

    assert_within(1.0, read)


def test_the_nearest_word_is_found_as_before() -> None:
    known = ["uniform", "quniform", "loguniform", "choice", "normal", "lr", "batch_size", "x"]
    asked = {"unifrom": "uniform", "LOG_UNIFORM": "loguniform", "choise": "choice", "lrr": "lr"}
    asked |= {"batchsize": "batch_size", "bacth_size": "batch_size", "zzz": "", "": "", "rl": ""}
    assert {word: nearest(word, known) for word in asked} == asked
    assert closest("a" * 1000, ["a" * 999]) == "a" * 999
    assert closest("accuracy", ["loss", "val_accuracy", "acuracy"]) == "acuracy"


def test_a_metric_that_is_missing_among_many_alike() -> None:
    metrics = parse_sweepjob(sweepjob()).metrics
    seen = [f"{'ba' * 122}{n:03}" for n in range(50)]
    assert_within(0.1, lambda: missing_metric_message("t", "ab" * 125, metrics, seen, (), ()))
