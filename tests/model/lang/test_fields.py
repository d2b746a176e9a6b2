# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Fields: sets, arrays, arrays of arrays, embedded records, ghosts, sizes, process ids."""

from __future__ import annotations

from .small import explored, one, sample, two

COLOUR = "class Colour(Enum):\n    RED = auto()\n    GREEN = auto()\n    BLUE = auto()"


def test_bitsets_of_numbers_members_and_processes() -> None:
    body = """
    k.numbers.add(2)
    k.numbers.add(0)
    k.numbers.remove(2)
    k.numbers.remove(1)
    k.colours.add(Colour.BLUE)
    k.colours.add(Colour.RED)
    k.who.add(me())
    k.ok = Colour.BLUE in k.colours and Colour.GREEN not in k.colours and len(k.colours) == 2 and me() in k.who
    """
    world = "numbers = bitset(3)\ncolours = bitset(Colour)\nwho = bitset(Pid)\nok = flag()"
    (end,) = one(body, world, top=COLOUR).ends
    assert end == {"numbers": "{0}", "colours": "{RED, BLUE}", "who": "{worker}", "ok": "True"}


def test_operations_on_whole_sets() -> None:
    body = (
        "k.a.add(0)\nk.a.add(1)\nk.b.add(1)\nk.b.add(2)\nk.u = k.a | k.b\nk.m = k.a & k.b\nk.d = k.a - k.b\nk.a.clear()"
    )
    (end,) = one(body, "\n".join(f"{n} = bitset(3)" for n in "abumd")).ends
    assert end == {"a": "{}", "b": "{1, 2}", "u": "{0, 1, 2}", "m": "{1}", "d": "{0}"}


def test_what_is_no_element_of_a_set() -> None:
    world = "a = bitset(3)\nowner = pid()\nwho = bitset(Pid)\nok = flag()\nn = bounded(0, 5)"
    assert one("k.ok = k.n + 4 in k.a or k.owner in k.who", world).values("ok") == {"False"}
    assert one("k.a.add(k.n + 4)", world).violated == {"bounds"}
    assert one("k.who.add(k.owner)", world).violated == {"bounds"}


def test_arrays_of_arrays() -> None:
    body = """
    for i in range(2):
        for j in range(3):
            k.grid[i][j] = i * 3 + j
    k.cells[1].marks[2] = True
    k.cells[k.grid[0][1]].marks[k.grid[0][2] - 1] = True
    k.total = sum(x for row in k.grid for x in row)
    """
    world = "grid = array(2, array(3, bounded(0, 9)))\ncells = array(2, Cell())\ntotal = bounded(0, 99)"
    (end,) = one(body, world, top="class Cell(Record):\n    marks = array(3, flag())").ends
    assert [end[f"grid[{i}][{j}]"] for i in range(2) for j in range(3)] == list("012345")
    assert [end[f"cells[{i}].marks[{j}]"] == "True" for i in range(2) for j in range(3)] == [False] * 4 + [True] * 2
    assert end["total"] == "15"


def test_an_index_out_of_its_array() -> None:
    world = "a = array(3, flag())\nn = bounded(0, 9)"
    assert one("k.a[k.n] = True", world).violated == set()
    assert one("k.n = 3\nk.a[k.n] = True", world).violated == {"bounds"}
    assert one("k.n = 3\nif k.n < 3 and k.a[k.n]:\n    k.n = 0", world).violated == set()


def test_arrays_by_process_id() -> None:
    world = "threads = Size(2)\na = array(threads, flag())\nlast = pid()\nseen = flag()"
    found = one("k.a[me()] = True\nk.last = me()\nif k.a[k.last]:\n    k.seen = True", world, actor="Demo.threads")
    assert found.violated == set()
    assert {(e["a[0]"], e["a[1]"], e["seen"]) for e in found.ends} == {("True", "True", "True")}


def test_an_id_of_another_actor_is_no_index() -> None:
    text = sample("k.last = me()\nk.a[k.last] = True",
                  "threads = Size(2)\na = array(threads, flag())\nlast = pid()", actor="Demo.threads",
                  more="@process\ndef other(k: Demo) -> None:\n    k.last = me()")  # fmt: skip
    assert explored(text).violated == {"bounds"}


def test_sizes_are_constants() -> None:
    text = sample(
        "k.n = k.count * 2", "count = Size(2, most=4)\nn = bounded(0, count * 2)".replace(", count * 2", ", 9")
    )
    assert explored(text).values("n") == {"4"}
    assert explored(text, sizes={"count": 4}).values("n") == {"8"}


def test_embedded_records_with_parameters() -> None:
    top = "class Cell(Record):\n    step: int = 1\n    n = bounded(0, 9)\n\n    def bump(self) -> None:\n"
    top += "        with atomic():\n            self.n += self.step"
    found = one("k.a.bump()\nk.b.bump()\nk.b.bump()", "a = Cell()\nb = Cell(step=3)", top=top)
    assert found.ends == [{"a.n": "1", "b.n": "6"}]


def test_leaving_the_range_of_a_field() -> None:
    assert one("k.n = k.n - 1", "n = bounded(-1, 3)").violated == {"bounds"}
    assert one("k.n = k.n + 1", "n = bounded(-1, 3)").violated == set()


# ---- ghosts


def test_ghosts_add_no_steps_and_no_interleavings() -> None:
    world = "n = bounded(0, 3)\ncount = ghost(bounded(0, 9))\nseen = ghost(bitset(Pid))"
    plain = two("k.n = 1\nk.n = 2", world)
    ghostly = two("k.n = 1\nk.count = k.count + 1\nk.seen.add(me())\nk.n = 2", world)
    assert len(ghostly.program.processes[0].edges) == len(plain.program.processes[0].edges) == 2
    assert ghostly.values("count") == {"2"}
    assert ghostly.values("seen") == {"{worker[0], worker[1]}"}


def test_assertions_read_ghosts() -> None:
    body = 'k.n = 1\nk.count = k.count + 1\nassert k.count <= {}, "few"'
    world = "n = bounded(0, 3)\ncount = ghost(bounded(0, 9))"
    assert two(body.format(2), world).violated == set()
    assert two(body.format(1), world).violated == {"few"}


# ---- first states


def test_initial_may_choose() -> None:
    initial = "@initial\ndef setup(k: Demo) -> None:\n    k.n = choose(1, 2)\n    if k.n == 2:\n        k.ok = True"
    found = one("k.n = k.n + 1", "n = bounded(0, 9)\nok = flag()", end=initial)
    assert {(e["n"], e["ok"]) for e in found.ends} == {("2", "False"), ("3", "True")}
    assert len(found.program.initial) == 2


def test_several_set_ups_run_in_order_before_anybody_moves() -> None:
    initial = "@initial\ndef a(k: Demo) -> None:\n    k.n = 4\n\n\n@initial\ndef b(k: Demo) -> None:\n    k.n = k.n * 2"
    assert one("k.ok = k.n == 8", "n = bounded(0, 9)\nok = flag()", end=initial).values("ok") == {"True"}
