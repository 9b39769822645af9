"""Values come out of real shells as they went in, wherever in the text they are referred to."""

import os
import subprocess

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sweepjob.template import command, kubelet_expansion, shell_quoting

SHELLS = [name for name in ("dash", "bash") if os.path.exists(f"/bin/{name}")]
SHOW = "show() { /usr/bin/printf '%s\\0' \"$@\"; }\n"
# All that may stand in an argument: neither NUL, nor half of a pair of surrogates.
VALUES = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",))) | st.text(
    "'\"\\$`(){}[]<>;&|!#*?~=%@ \n\tabcEOF{}-0", max_size=12
)
REF = "${{search_space.v}}"
# What is in the text, and what the program is to see of it.
PLACES = {
    "a word": (f"show {REF}", "{}"),
    "part of a word": (f"show a{REF}b", "a{}b"),
    "before a redirection": (f"show {REF}>&1", "{}"),
    "an assignment": (f'X={REF}; show "$X"', "{}"),
    "single quotes": (f"show 'a {REF} b'", "a {} b"),
    "double quotes": (f'show "a {REF} b"', "a {} b"),
    "mixed quotes": (f"""show 'it is "{REF}"'" and '{REF}'" """, """it is "{}" and '{}'"""),
    "behind a backslash": (f"show \\{REF}", "{}"),
    "behind a backslash in quotes": (f'show "\\{REF}"', "{}"),
    "behind an escaped backslash": (f"show \\\\{REF}", "\\{}"),
    "behind escaped quotes": (f"show \\'{REF}\\\"", "'{}\""),
    "behind a dollar": (f"show ${REF}", "${}"),
    "behind a dollar in quotes": (f'show "${REF}"', "${}"),
    "a comment": (f"show a # {REF}\n", "a"),
    "a comment between": (f"# it's {REF}\nshow {REF}", "{}"),
    "no comment": (f"show a#'{REF}'", "a#{}"),
    "a substitution": (f'show "$(printf "%s." {REF})"', "{}."),
    "quotes in a substitution": (f'show "$(printf "%s." "{REF}")"', "{}."),
    "a substitution with brackets": (f'show "$( (printf "%s." \'{REF}\') )"', "{}."),
    "a substitution in quotes in one": (f'show "$(printf "%s." "$(printf "%s." {REF})")"', "{}.."),
    "a comment in a substitution": (f'show "$(: # it)s "{REF}\n printf "%s." {REF})"', "{}."),
    "back quotes": (f'X=`printf "%s." {REF}`; show "$X"', "{}."),
    "quotes in back quotes": (f"X=`printf '%s.' '{REF}'`; show \"$X\"", "{}."),
    "back quotes in quotes": (f'show "`printf \'%s.\' {REF}`"', "{}."),
    "escaped quotes in back quotes in quotes": (f'show "`printf \\"%s.\\" \\"{REF}\\"`"', "{}."),
    "back quotes in back quotes": (f'X=`printf "%s." "\\`printf "%s." {REF}\\`"`; show "$X"', "{}.."),
    "a default": (f'show ${{NONE:-{REF}}}', "{}"),
    "a default in quotes": (f'show "${{NONE:-{REF}}}"', "{}"),
    "a quoted default": (f'show ${{NONE:-"{REF}"}}', "{}"),
    "a default that is kept": (f': ${{X:={REF}}}; show "$X"', "{}"),
    "an alternative": (f'show "${{HOME:+a{REF}}}"', "a{}"),
    "a pattern": (f"X={REF}tail; show ${{X#{REF}}}", "tail"),
    "a pattern in quotes": (f'X=head{REF}; show "${{X%{REF}}}"', "head"),
    "a case": (f"case {REF} in {REF}) show {REF};; *) show no;; esac", "{}"),
    "a function": (f'f() {{ show "$1" {REF}; }}; f x', "x\0{}"),
    "a loop": (f'for x in {REF}; do show "$x"; done', "{}"),
    "a here-document": (f'X=$(cat <<X-Y\na "{REF}" $HOME-\nX-Y\necho .); show "$X"', 'a "{}" /h-\n.'),
    "a literal here-document": (f"X=$(cat <<'X-Y'\na \"{REF}\" $HOME\nX-Y\necho .); show \"$X\"", 'a "{}" $HOME\n.'),
    "behind a here-document": (f"cat <<A >&2; show {REF}\nit's \"\nA\n", "{}"),
    "two here-documents": (f"cat <<A >&2; cat <<\\B >&2\nit's {REF}\nA\n`\nB\nshow {REF}", "{}"),
    "a continued line": (f"show a \\\n  {REF} \\\n  'b'", "a\0{}\0b"),
    "Windows' ends of lines": (f"show a\r\nshow {REF}\r\n", "a\0{}"),
    "the pid": (f"show $$ {REF} >&2; show {REF}", "{}"),
    "a variable of Kubernetes": (f"show '$(DIR)' {REF}", "/d\0{}"),
}  # fmt: skip


def run(shell: str, text: str, value: str) -> str:
    """What the program sees, its arguments with NULs between them."""
    words = command.resolve_command(f"true;\n{text}", {"search_space.v": value})
    assert tuple(words[:2]) == command.SHELL
    variables = {"DIR": "/d", "HOME": "/h"}
    script = kubelet_expansion.expand_variables(words[2], variables)
    done = subprocess.run(
        ["sh", "-c", SHOW + script],  # as /bin/sh bash keeps to POSIX
        executable=f"/bin/{shell}",
        env={"PATH": "/usr/bin:/bin", **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return os.fsdecode(done.stdout).removesuffix("\0")


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=int(os.environ.get("SWEEPJOB_EXAMPLES", "12")), deadline=None)
@given(value=VALUES)
@example(value="")
@example(value='it\'s "$HOME" `date` $(id) $$ \\ a\nb\\')
@example(value='{"kind": "mlp", "lr": 1e-05}')
@example(value="2")
@example(value="-x=*}~#$(DIR)")
def test_a_value_is_passed_unchanged(shell: str, place: str, value: str) -> None:
    text, seen = PLACES[place]
    assert run(shell, text, value) == seen.replace("{}", value)


REFUSED = {
    "arithmetic": (f"show $(( {REF} + 1 ))", "0.5", "whole numbers"),
    "an arithmetic command": (f"(( {REF} > 1 )) && show", "a[$(id)]", "whole numbers"),
    "the name of a variable": (f"show ${{{REF}}}", "a b", "name of a variable"),
    "a quoted pattern in quotes": (f'show "${{HOME%%"{REF}"}}"', "a b", "differ by shell"),
    "another operator": (f"show ${{HOME/{REF}/x}}", "*", "may be anything"),
    "a part of a text": (f'show "${{HOME:{REF}}}"', "$(id)", "may be anything"),
    "quotes in a default in quotes": (f'show "${{X:-"{REF}"}}"', "a b", "differ by shell"),
    "a default in a here-document": (f"cat <<A\n${{X:-{REF}}}\nA\n", "a b", "differs by shell"),
    "a delimiter": (f"cat <<{REF}\na\n{REF}\n", "A B", "delimiter"),
    "the end of a here-document": (f"cat <<A\n{REF}\nA\n", "x\nA\nid", "end the here-document"),
    "a part of the end of one": (f"cat <<'END'\nE{REF}D\nEND\n", "N", "end the here-document"),
    "two parts of the end of one": (f"cat <<'END'\n{REF}{REF}D\nEND\n", "EN", "end the here-document"),
    "a tab that would be lost": (f"cat <<-A\n{REF}\nA\n", "\tx", "lose tabs"),
    "a tab behind a line's end": (f"cat <<-A\nx {REF}\nA\n", "x\n\tx", "lose tabs"),
    "behind an escaped quote in $'...'": (f"show $'it\\'s {REF}'", "a b", "take for its end"),
    "a case in a substitution": (f'show "$(case x in x) show {REF};; esac)"', "a b", "behind a case"),
    "a dollar in back quotes": (f"show `echo ${REF}`", "a", "in back quotes"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "value", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_reference_in_an_unsafe_context_is_refused(text: str, value: str, reason: str) -> None:
    [(name, message)] = command.misplaced_references(text, lambda _: ["5", value])
    assert name == "search_space.v"
    assert reason in message
    assert '"$AZUREML_SWEEP_v"' in message
    with pytest.raises(shell_quoting.UnquotableValue, match="cannot be written into the command"):
        command.resolve_command(text, {"search_space.v": value})


@pytest.mark.parametrize("text", [t for t, _, reason in REFUSED.values() if "dollar" not in reason])
def test_alphanumeric_values_are_allowed_anywhere(text: str) -> None:
    """Numbers and names have no effect on any shell, so what has worked with them goes on."""
    if "`" in text or "END" in text or "(( " in text:
        return
    assert command.misplaced_references(text, lambda _: ["0.5", "name"]) == []
    assert "0.5" in command.resolve_command(text, {"search_space.v": "0.5"})[2]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("value", ["0", "5", "-3", "123456789"])
def test_whole_numbers_in_arithmetic(shell: str, value: str) -> None:
    assert run(shell, f"show $(( 10-{REF} ))", value) == str(10 - int(value))


@pytest.mark.parametrize("shell", SHELLS)
def test_several_and_optional_references(shell: str) -> None:
    text = "show $[[--a '${{search_space.a}}']] \"${{search_space.v}}-${{search_space.v}}\""
    assert run(shell, text, "a\"'b") == "a\"'b-a\"'b"


@pytest.mark.skipif("bash" not in SHELLS, reason="it is bash's")
@given(value=VALUES)
@settings(max_examples=10, deadline=None)
@example(value="it's \\n $HOME")
def test_dollar_quotes(value: str) -> None:
    assert run("bash", f"show $'a\\t{REF}\\n'{REF}", value) == f"a\t{value}\n{value}"


SHELL_SYNTAX = [
    "OMP_NUM_THREADS=1 python train.py", "A=1", "PATH+=:/x python a.py", "cd src", ". ./env.sh", "exec python a.py",
    "source env.sh", "ulimit -n 4096", "export A=1", "! python a.py", "python ~/a.py", "python a.py >log",
    "python a.py 2>&1", "python a.py {a,b}", "python a.py --x $HOME", "python a.py `date`", "python a.py \\\n --x 1",
    "# note\npython a.py", "python a.py # note", "python a.py; echo", "python a.py &", "time python a.py",
    "if true; then python a.py; fi", "python a.py --x '$HOME'", "(python a.py)", "python a.py\npython b.py",
    "set -e", "eval python a.py", "trap 'x' TERM", ": python", "command python a.py", "python a.py ?", "python *.py",
]  # fmt: skip
NO_SHELL = [
    "python a.py --x 1", "python a.py --x=1", "python a.py A=1", "  python a.py --x 1  \n", "\npython a.py\n\n",
    "python a.py\r\n", "python 'a b.py' \"c d\"", "python a.py %s 50%", "python a.py a,b a:b a@b a+b", "/bin/cd x",
    "echo a", "test -f x", "python --exec cd", "${{search_space.program}} a=b", "python a.py ${{search_space.x}}\n",
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "normalized"),
    [
        ("run --x 1 \\\n", "run --x 1"),
        ("run --x 1 \\\r\n", "run --x 1"),
        ("run \\\n  --x 1 \\\n\n", "run \\\n  --x 1"),
        ("run a\\\\\n", "run a\\\\"),
        ("run \\  \n", "run \\ "),
        ("run \\", "run \\"),
        ("\n\n run \t\n", "run"),
        ("\\\n", ""),
    ],
)
def test_unterminated_contexts(text: str, normalized: str) -> None:
    assert command.normalize(text) == normalized


@pytest.mark.parametrize("text", SHELL_SYNTAX)
def test_commands_with_shell_syntax_run_in_a_shell(text: str) -> None:
    assert command.resolve_command(text, {})[:2] == ["/bin/sh", "-c"]
    assert command.split_words(text) is None


@pytest.mark.parametrize("text", NO_SHELL)
def test_commands_without_shell_syntax_run_without_a_shell(text: str) -> None:
    values = {"search_space.program": "run it", "search_space.x": "it's $(X)"}
    words = command.resolve_command(text, values)
    assert words[0] not in ("/bin/sh", "sh")
    assert "\n" not in "".join(words)
    assert "\r" not in "".join(words)
