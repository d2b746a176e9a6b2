# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Catalogue files: what they mean, and what is said about the ones that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from svmcheck.specs.catalogue.entry import Catalogue, CatalogueError
from svmcheck.specs.catalogue.load import load_file, load_shipped
from svmcheck.specs.verdict import Grade, Verdict

HEAD = """\
target = "mine"
protocol = "mine.py"
summary = "two threads"

[variants.plain]
summary = "as written"

[variants.locked]
options = {driver_lock = true, generation = "g1", tries = 2}
sizes = {threads = 4}
summary = "with the driver lock"
source = "commit 1234"
"""
EXPECT = """
[[expect]]
variant = "plain"
property = "fault-completes"
verdict = "HOLDS"
source = "the document"
"""


def load(tmp_path: Path, text: str) -> Catalogue:
    (tmp_path / "mine.py").write_text("")
    file = tmp_path / "mine.toml"
    file.write_text(text)
    return load_file(file)


def test_a_target_with_its_variants(tmp_path: Path) -> None:
    (target,) = load(tmp_path, HEAD + EXPECT).targets
    assert (target.name, target.protocol, target.world) == ("mine", tmp_path / "mine.py", None)
    assert target.summary == "two threads"
    assert [v.name for v in target.variants] == ["plain", "locked"]
    locked = target.variant("locked")
    assert locked is not None
    assert locked.options == (("driver_lock", "true"), ("generation", "g1"), ("tries", "2"))
    assert locked.sizes == (("threads", 4),)
    assert locked.source == "commit 1234"
    assert target.variant("other") is None


def test_lists_of_variants_and_sizes_make_one_expectation_each(tmp_path: Path) -> None:
    text = HEAD + EXPECT.replace('"plain"', '["plain", "locked"]') + "sizes = {threads = [1, 2], pages = 1}\n"
    (target,) = load(tmp_path, text).targets
    assert [(e.variant, e.sizes) for e in target.expectations] == [
        (v, (("threads", n), ("pages", 1))) for v in ("plain", "locked") for n in (1, 2)
    ]


def test_an_expectation_with_everything(tmp_path: Path) -> None:
    text = HEAD + EXPECT.replace('"HOLDS"', '"VIOLATED"') + 'grade = "inevitable"\nset = {urgent = false}\n'
    (expectation,) = load(tmp_path, text).targets[0].expectations
    assert (expectation.verdict, expectation.grade) == (Verdict.VIOLATED, Grade.INEVITABLE)
    assert (expectation.options, expectation.source) == ((("urgent", "false"),), "the document")
    assert expectation.expected == "VIOLATED inevitable"
    assert expectation.place.line == text.splitlines().index("[[expect]]") + 1


def test_several_targets_in_one_file(tmp_path: Path) -> None:
    one = '[[target]]\nname = "{}"\nprotocol = "mine.py"\nsummary = "s"\n[target.variants.v]\nsummary = "s"\n{}\n'
    expect = EXPECT.replace("[[expect]]", "[[target.expect]]").replace("plain", "v")
    catalogue = load(tmp_path, one.format("a", expect) + one.format("b", expect + expect))
    assert [(t.name, len(t.expectations)) for t in catalogue.targets] == [("a", 1), ("b", 2)]
    lines = [e.place.line for t in catalogue.targets for e in t.expectations]
    assert lines == sorted({n for n in lines if n is not None})
    assert catalogue.target("b") is catalogue.targets[1]
    with pytest.raises(CatalogueError, match="also defined at"):
        load(tmp_path, one.format("a", "") + one.format("a", ""))


WRONG = {
    "unknown key": (HEAD + "verdit = 1", 'unknown key "verdit"', "keys can be"),
    "misspelt key": (HEAD + EXPECT.replace("verdict", "verdit"), 'unknown key "verdit"', 'did you mean "verdict"?'),
    "missing key": (HEAD + EXPECT.replace('source = "the document"', ""), '"source" is missing', "add: source"),
    "no summary": (HEAD.replace('summary = "two threads"', ""), '"summary" is missing', "add: summary"),
    "unknown variant": (HEAD + EXPECT.replace('"plain"', '"lockd"'), 'no variant "lockd"', 'did you mean "locked"?'),
    "unknown verdict": (HEAD + EXPECT.replace("HOLDS", "HOLD"), '"HOLD" is no verdict', 'did you mean "HOLDS"?'),
    "unknown grade": (HEAD + EXPECT.replace("HOLDS", "VIOLATED") + 'grade = "bad"', '"bad" is no grade', "adversarial"),
    "a grade without violation": (HEAD + EXPECT + 'grade = "inevitable"', "belongs to VIOLATED", ""),
    "a size that is text": (HEAD + EXPECT + 'sizes = {threads = "2"}', "a size is an integer", ""),
    "a size that is a truth value": (HEAD + EXPECT + "sizes = {threads = true}", "a size is an integer", ""),
    "a negative size": (HEAD + EXPECT + "sizes = {threads = -1}", "a size is an integer", ""),
    "a variant with a list of sizes": (HEAD.replace("= 4}", "= [3, 4]}"), "one number for each size", "[[expect]]"),
    "no sizes at all": (HEAD + EXPECT + "sizes = {threads = []}", "a size is an integer", ""),
    "an option that is a list": (HEAD + EXPECT + "set = {urgent = [1]}", "an option's value is", ""),
    "an expect that is a table": (HEAD + '[expect]\nvariant = "plain"', "expect is a table", "[[expect]]"),
    "every property and one": (HEAD + EXPECT.replace('"fault-completes"', '["*", "x"]'), "every property", "only"),
    "except without every": (HEAD + EXPECT + 'except = "x"', 'except needs property = "*"', "leave the name out"),
    "an empty list": (HEAD + EXPECT.replace('"fault-completes"', "[]"), "property must be a string or a list", ""),
    "an empty string": (HEAD + EXPECT.replace("the document", " "), "source must be a string that is not empty", ""),
    "a missing protocol": (HEAD.replace("mine.py", "yours.py"), "there is no file", "relative to the catalogue file"),
    "an unknown protocol": (HEAD.replace("mine.py", "mine"), 'no shipped protocol "mine"', "written with .py"),
    "a name with a space": (HEAD.replace('"mine"', '"my target"'), "cannot be a name", "use letters"),
    "not TOML": (HEAD + "= 3", "not valid TOML", ""),
    "no target": ("", "no target in this file", "begin with"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_with_its_place(case: str, tmp_path: Path) -> None:
    text, what, advice = WRONG[case]
    with pytest.raises(CatalogueError) as caught:
        load(tmp_path, text)
    assert what in caught.value.what
    assert advice in caught.value.advice
    assert str(tmp_path / "mine.toml") in str(caught.value)


EVERYTHING = """\
target = "mine"
protocol = "yours.py"
sumary = "two threads"

[variants.plain]
summary = '''
[expect]
verdict = 3'''
options = {a = [1]}

[variants."my var"]
summary = ""
sizes = {threads = [1, 2]}

[[expect]]  # the first
variant = "plane"
property = [
    "a",  # ]
    "*",
]
verdict = "HOLD"

[[expect]]
variant = "plain"
proprety = "x"
verdict = "HOLDS"
grade = "inevitable"
sizes = {threads = "2"}
set = [1]
"""


def test_everything_that_is_wrong_is_said_at_once_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError) as caught:
        load(tmp_path, EVERYTHING)
    found = [(e.place.line, e.place.key) for e in caught.value.all]
    assert found == [
        (2, "protocol"),
        (3, "sumary"),
        (9, "variants.plain.options.a"),
        (11, "variants.my var"),
        (12, "variants.my var.summary"),
        (13, "variants.my var.sizes.threads"),
        (15, "expect 1"),
        (16, "expect 1.variant"),
        (17, "expect 1.property"),
        (21, "expect 1.verdict"),
        (23, "expect 2"),
        (25, "expect 2.proprety"),
        (27, "expect 2.grade"),
        (28, "expect 2.sizes.threads"),
        (29, "expect 2.set"),
    ]
    missing = [e.what for e in caught.value.all if "missing" in e.what]
    assert missing == ['the key "source" is missing'] * 2  # summary and property are misspelt, not missing


def test_lines_in_a_file_with_several_targets(tmp_path: Path) -> None:
    one = '[[target]]\nname = "{}"\nprotocol = "mine.py"\nsummary = "s"\n[target.variants.v]\nsumary = "s"\n'
    expect = EXPECT.replace("[[expect]]", "[[target.expect]]").replace("plain", "w")
    with pytest.raises(CatalogueError) as caught:
        load(tmp_path, one.format("a") + expect + one.format("b") + expect + expect)
    found = [(e.place.line, e.place.key) for e in caught.value.all]
    assert found == [
        (6, "target 1.variants.v.sumary"),
        (9, "target 1.expect 1.variant"),
        (18, "target 2.variants.v.sumary"),
        (21, "target 2.expect 1.variant"),
        (27, "target 2.expect 2.variant"),
    ]


def test_what_is_written_in_one_line_has_that_line(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError) as caught:
        load(tmp_path, 'expect = [{variant = "x"}]\n' + HEAD.replace("locked", "a.b"))
    assert {e.place.line for e in caught.value.all if e.place.key.startswith("expect")} == {1}


def test_the_line_where_it_is_no_toml(tmp_path: Path) -> None:
    for text, line in ((HEAD + "= 3\n", 13), (HEAD + 'x = "', 13), (HEAD + "x = [\n", 13)):
        with pytest.raises(CatalogueError, match="not valid TOML") as caught:
            load(tmp_path, text)
        assert caught.value.place.line == line


def test_every_shipped_place_has_its_line() -> None:
    for target in load_shipped().targets:
        lines = target.place.file.read_text().splitlines()
        for variant in target.variants:
            assert lines[(variant.place.line or 0) - 1].startswith(f"[variants.{variant.name}")
        for expectation in target.expectations:
            assert lines[(expectation.place.line or 0) - 1] == "[[expect]]"


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="is a directory"):
        load_file(tmp_path)
    with pytest.raises(CatalogueError, match="No such file"):
        load_file(tmp_path / "missing.toml")
    (tmp_path / "latin.toml").write_bytes(b'target = "\xe9"')
    with pytest.raises(CatalogueError, match="not a UTF-8 text file"):
        load_file(tmp_path / "latin.toml")


def test_every_shipped_expectation_names_its_source() -> None:
    for target in load_shipped().targets:
        assert target.expectations, f"{target.name} expects nothing"
        expected = {e.variant for e in target.expectations}
        assert expected == {v.name for v in target.variants}, f"{target.name}: a variant without expectation"
