"""The page's ES modules: their own tests, under Node.js, and how a report joins them."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path

import pytest
from sweepjob.dashboard.assets import (
    LIBRARIES,
    LIVE_ENTRY,
    PREFETCH,
    REPORT_ENTRY,
    STYLES,
    joined_script,
    read_asset,
    report_script,
)
from sweepjob.dashboard.module_bundle import UnsupportedModule, join_modules, module_order

from tests.node import run_node

HERE = Path(__file__).parent
STATIC = HERE.parents[1] / "operator" / "sweepjob" / "dashboard" / "static"
TESTS = sorted((HERE / "javascript").glob("*.test.js"))

MODULES = {
    "main.js": """// Comment.
import { greet, Named as Other } from "./lib/words.js";
import {
  count,
} from "./lib/count.js";

const suffix = "!";
console.log(greet("you") + suffix, new Other().name, count(), count());
""",
    "lib/words.js": """import { count } from "./count.js";
const suffix = ", number ";
export const greet = (name) => `hello ${name}${suffix}${count()}`;
export class Named {
  name = "named";
}
""",
    "lib/count.js": """let n = 0;
export function count() {
  n += 1;
  return n;
}
export async function unused() {}
""",
}


@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.name.partition(".")[0])
def test_unit_tests_of_a_javascript_module_pass(file: Path) -> None:
    summary = run_node(["--test-reporter=tap", file])
    assert "\n# fail 0\n" in summary
    assert "\n# pass 0\n" not in summary


def test_joined_modules_do_the_same(tmp_path: Path) -> None:
    for path, text in MODULES.items():
        file = tmp_path / "modules" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    joined = tmp_path / "joined.js"
    joined.write_text(join_modules("main.js", MODULES.__getitem__))
    printed = run_node([joined])
    assert printed == run_node([tmp_path / "modules" / "main.js"])
    assert printed == "hello you, number 1! named 2 3\n"


@pytest.mark.parametrize(
    "line",
    [
        'import name from "./x.js";',
        'import * as x from "./x.js";',
        'import "./x.js";',
        'import { x } from "package";',
        "export default 1;",
        "export let x = 1;",
        "export { x };",
        'const x = await import("./x.js");',
        "const x = import.meta.url;",
        'const x = "</script>";',
        'const x = "<!--";',
    ],
)
def test_unsupported_syntax_is_refused(line: str) -> None:
    with pytest.raises(UnsupportedModule, match=r"main\.js"):
        join_modules("main.js", {"main.js": f"{line}\n"}.__getitem__)


def test_circular_imports_are_refused() -> None:
    circle: Mapping[str, str] = {
        "a.js": 'import { b } from "./b.js";\n',
        "b.js": 'import { a } from "./a.js";\n',
    }
    with pytest.raises(UnsupportedModule, match=r"a\.js -> b\.js -> a\.js"):
        module_order("a.js", circle.__getitem__)


def test_every_module_is_used_by_a_page() -> None:
    entries = (LIVE_ENTRY, REPORT_ENTRY, PREFETCH)
    used = {path for entry in entries for path in module_order(entry, read_asset)}
    assert used == {f"static/{file.relative_to(STATIC)}" for file in STATIC.rglob("*.js")}


def test_a_report_has_no_module_that_sends_requests() -> None:
    script = report_script()
    assert "fetch(" in joined_script(LIVE_ENTRY)
    assert "fetch(" not in script


@pytest.mark.parametrize("entry", [LIVE_ENTRY, REPORT_ENTRY, PREFETCH])
def test_the_scripts_of_a_page_can_be_parsed(entry: str, tmp_path: Path) -> None:
    file = tmp_path / "script.mjs"
    file.write_text(joined_script(entry))
    run_node(["--check", file])


def test_a_page_loads_few_files_of_its_own() -> None:
    loaded = [joined_script(entry) for entry in (LIVE_ENTRY, PREFETCH)]
    loaded += map(read_asset, (*STYLES, *LIBRARIES))
    packed = sum(len(gzip.compress(text.encode())) for text in loaded)
    assert packed < 550_000  # bytes, of which the libraries have 475,000
