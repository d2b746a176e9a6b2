# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Small protocols about one point of the language each, most of them once compiled wrongly: name -> functions."""

PRELUDE = '''\
from collections.abc import Iterator
from enum import Enum, auto
from svmcheck.model.lang import *
from svmcheck.model.primitives import Mutex, SpinLock, Refcount

class Col(Enum):
    RED = auto()
    BLUE = auto()

class Node(Record):
    lock = SpinLock()
    v = bounded(0, 2)
    next = ref("Node")

class Cell(Record):
    lock = Mutex()
    f = flag()
    r = ref(Node)

class W(World):
    n = Size(2)
    m = Mutex()
    x = bounded(0, 3)
    y = bounded(0, 3)
    i = bounded(0, 1)
    b = flag()
    c = state(Col.RED)
    nodes = pool(Node, 2)
    others = pool(Node, 1)
    cur = ref(Node)
    alt = ref(Node)
    arr = array(2, bounded(0, 3))
    cells = array(2, Cell())
    who = bitset(Pid)
    bs = bitset(3)
    own = pid()
    g = ghost(bounded(0, 3))
'''

CASES = {
    "swap_tuple": '''\
@process
def a(k: W) -> None:
    p, q = k.x, k.y + 1
    p, q = q, p
    k.arr[0] = p
    k.arr[1] = q
''',
    "return_clobber": '''\
def f(k: W, v: int) -> int:
    k.y = v
    return v
@process
def a(k: W) -> None:
    k.x = f(k, 1) + f(k, 2)
    if f(k, 0) == f(k, 1):
        k.b = True
''',
    "nested_call": '''\
def f(k: W, v: int) -> int:
    k.y = v
    return v
def g(k: W, a: int, b: int) -> int:
    z = f(k, 3)
    k.x = a
    return a + b - b
@process
def a(k: W) -> None:
    k.arr[0] = g(k, f(k, 1), f(k, 2))
''',
    "param_of_return": '''\
def f(k: W, v: int) -> int:
    k.y = v
    return v
def g(k: W, a: int) -> int:
    z = f(k, 3)
    k.x = a
    return a
@process
def a(k: W) -> None:
    k.arr[0] = g(k, f(k, 1))
''',
    "section_param": '''\
@section
def sec(k: W, v: int) -> Iterator[None]:
    k.x = v
    yield
    k.y = v
@process
def a(k: W) -> None:
    z = 1
    with sec(k, z):
        z = 2
        k.arr[0] = z
''',
    "section_nested": '''\
@section
def sec(k: W, v: int) -> Iterator[None]:
    old = k.x
    k.x = v
    yield
    k.x = old
@process
def a(k: W) -> None:
    with sec(k, 1):
        with sec(k, 2):
            k.y = 1
''',
    "with_lock_index": '''\
@process
def a(k: W) -> None:
    z = 0
    with k.cells[z].lock:
        z = 1
        k.y = z
''',
    "with_lock_ref": '''\
@process
def a(k: W) -> None:
    p = k.nodes.alloc()
    q = k.nodes.alloc()
    with p.lock:
        p = q
        k.y = 1
''',
    "alias_index": '''\
@process
def a(k: W) -> None:
    z = 0
    c = k.cells[z]
    z = 1
    c.f = True
    k.x = z
''',
    "alias_arg_shared": '''\
def f(k: W, c: Cell) -> None:
    k.y = 1
    c.f = True
@process
def a(k: W) -> None:
    f(k, k.cells[k.i])
@process
def b(k: W) -> None:
    k.i = 1
''',
    "quant_capture": '''\
@pure
def other(k: W, q: Node) -> bool:
    return any(p.v == 0 and p != q for p in k.nodes)
@process
def a(k: W) -> None:
    p = k.nodes.alloc()
    k.b = True
@invariant
def inv(k: W) -> bool:
    return all(other(k, p) for p in k.nodes)
''',
    "quant_shadow": '''\
@process
def a(k: W) -> None:
    p = k.nodes.alloc()
    k.b = True
@invariant
def inv(k: W) -> bool:
    return all(all(any(z2 == 1 for z in range(5)) for z2 in range(2)) for z in range(2))
''',
    "inv_two_pools": '''\
@process
def a(k: W) -> None:
    p = k.nodes.alloc()
    p.v = 1
@invariant
def inv(k: W, p: Node) -> bool:
    return p.v == 0
''',
    "self_deadlock_atomic": '''\
@process
def a(k: W) -> None:
    with atomic():
        k.m.lock()
        k.m.lock()
        k.x = 1
''',
    "atomic_alias_swap": '''\
@process
def a(k: W) -> None:
    i = choose(0, 1)
    j = choose(0, 1)
    with atomic():
        t = k.arr[i]
        k.arr[j] = 2
        k.arr[i] = t
''',
    "for_array_symmetric": '''\
@process
def a(k: W) -> None:
    for c in k.cells:
        c.f = True
''',
    "for_values": '''\
@process
def a(k: W) -> None:
    for v in k.arr:
        k.x = 1
        k.y = v
@process
def b(k: W) -> None:
    k.arr[0] = 2
''',
    "for_pool_free": '''\
@process
def a(k: W) -> None:
    for p in k.nodes:
        k.x = 1
        p.v = 1
@process
def b(k: W) -> None:
    p = k.nodes.alloc()
    k.nodes.free(p)
    q = k.nodes.alloc()
''',
    "for_pool_store": '''\
@process
def a(k: W) -> None:
    for p in k.nodes:
        k.x = 1
        q = p
        k.x = 2
        if q != null:
            q.v = 1
@process
def b(k: W) -> None:
    p = k.nodes.alloc()
    k.nodes.free(p)
''',
    "alive_local": '''\
@process
def a(k: W) -> None:
    p = k.cur
    z = alive(p)
    if p != null:
        assert alive(p), "p lives"
        k.y = 1
    k.b = z
@process
def b(k: W) -> None:
    p = k.nodes.alloc()
    k.cur = p
    k.nodes.free(p)
''',
    "ghost_first": '''\
@process
def a(k: W) -> None:
    k.g = 1
    k.x = 1
''',
    "ghost_assert": '''\
@process
def a(k: W) -> None:
    k.x = 1
    assert k.g == 0, "g is zero"
    k.x = 2
@process
def b(k: W) -> None:
    k.y = 1
    k.g = 1
    k.y = 2
''',
    "aug_ref": '''\
@process
def a(k: W) -> None:
    k.cur = k.nodes.alloc()
    k.cur.v += 1
@process
def b(k: W) -> None:
    k.cur = null
''',
    "aug_index": '''\
@process
def a(k: W) -> None:
    k.arr[k.i] += 1
@process
def b(k: W) -> None:
    k.i = 1
''',
    "aug_change": '''\
@process
def a(k: W) -> None:
    k.cur = k.nodes.alloc()
    k.x += k.cur.v
@process
def b(k: W) -> None:
    wait(k.cur != null)
    p = k.cur
    k.nodes.free(p)
    k.y = 1
''',
    "arg_check_early": '''\
def f(k: W, v: int) -> int:
    k.y = v
    return v
def g(k: W, a: int, b: int) -> None:
    k.x = a
@process
def a(k: W) -> None:
    k.cur = k.nodes.alloc()
    g(k, k.cur.v, f(k, 1))
@process
def b(k: W) -> None:
    wait(k.cur != null)
    k.nodes.free(k.cur)
''',
    "ifexp_const": '''\
@process
def a(k: W) -> None:
    k.x = k.cur.v if False else 1
''',
    "ifexp_slots": '''\
@process
def a(k: W) -> None:
    p = k.nodes[0] if k.b else k.nodes[1]
    p.v = 1
''',
    "set_null_atomic": '''\
@process
def a(k: W) -> None:
    o = k.own
    with atomic():
        k.who.clear()
        k.who.add(o)
''',
    "set_const_fold": '''\
@process
def a(k: W) -> None:
    with atomic():
        k.own = null
        k.who.clear()
        k.who.add(k.own)
''',
    "call_of_result": '''\
def f(k: W) -> Node:
    k.x = (k.x + 1) % 4
    return k.cur
@process
def a(k: W) -> None:
    k.cur = k.nodes.alloc()
    f(k).lock.lock()
    k.y = 1
    k.cur.lock.unlock()
''',
    "index_stepping": '''\
def f(k: W) -> int:
    k.x = (k.x + 1) % 4
    return 1
@process
def a(k: W) -> None:
    k.y = k.arr[f(k)]
    with k.cells[f(k)].lock:
        k.b = True
''',
    "quant_in_arg": '''\
def f(k: W, z: bool) -> None:
    k.y = 1
    k.b = z
@process
def a(k: W) -> None:
    p = k.nodes.alloc()
    p.next = p
    f(k, any(q.next.v == 0 for q in k.nodes))
''',
    "pure_twice_arg": '''\
@pure
def nxt(p: Node) -> int:
    return p.next.v
def f(k: W, a: int, b: int) -> None:
    k.x = a
    k.y = b
@process
def a(k: W) -> None:
    p = k.nodes.alloc()
    q = k.nodes.alloc()
    p.next = q
    q.next = p
    p.v = 1
    q.v = 2
    k.cur = p
    k.alt = q
    f(k, nxt(k.cur), nxt(k.alt))
''',
    "arg_pin_after_call": '''\
def g(k: W) -> int:
    k.y = 2
    return 1
def f(k: W, a: int, l: SpinLock) -> None:
    l.lock()
    k.x = a
    l.unlock()
@process
def a(k: W) -> None:
    k.cur = k.nodes.alloc()
    f(k, g(k), k.cur.lock)
@process
def b(k: W) -> None:
    wait(k.y == 2)
    k.cur = k.nodes.alloc()
''',
    "pending_after_assert": '''\
@process
def a(k: W) -> None:
    k.x = 1
    assert k.x == 1
    with pending("goal"):
        wait(k.b)
    k.y = 1
''',
    "alloc_any_exhausted": '''\
@process
def a(k: W) -> None:
    p = k.others.alloc()
    k.x = 1
    q = k.others.alloc()
@process
def b(k: W) -> None:
    wait(k.x == 1)
    for p in k.others:
        k.others.free(p)
''',
    "cond_after_lead": '''\
@process
def a(k: W) -> None:
    z = k.b
    assert k.x == 0, "x zero"
    if z:
        k.y = 1
    else:
        wait(k.x == 3)
@process
def b(k: W) -> None:
    k.b = True
    k.x = 1
''',
    "first_of_a_pool": '''\
@process(W.n)
def a(k: W) -> None:
    n = k.nodes.try_alloc()
    if n != null:
        n.v = 1
        with atomic():
            p = next((q for q in k.nodes if q.v == 1), null)
            wait(p != null)
            p.v = 2
            k.cur = next((q for q in k.nodes if q.v == 0), n)
    k.x = next((q.v for q in k.nodes if q != n), 3)
    k.y = next((i for i in range(2) if k.arr[i] > 0), k.alt.v if k.alt != null else 2)
    k.c = next((c for c in Col if c != k.c), Col.RED)
''',
    "default_of_a_first_is_read_where_there_is_none": '''\
@process
def a(k: W) -> None:
    k.arr[0] = 1
    k.y = next((i for i in range(2) if k.arr[i] > 0), k.alt.v)
@process
def b(k: W) -> None:
    k.arr[0] = 0
''',
    "first_reads_through_null": '''\
@process
def a(k: W) -> None:
    p = k.nodes.alloc()
    k.x = next((q.v for q in k.nodes if q.next.v == 0), 1)
''',
    "len_of_pool": '''\
@process(W.n)
def a(k: W) -> None:
    n = k.nodes.try_alloc()
    k.y = len(k.nodes)
    if n != null:
        with atomic():
            k.nodes.free(n)
            k.x = len(k.nodes) + len(k.others)
''',
    "set_arg_calls": '''\
def f(k: W) -> int:
    k.x = (k.x + 1) % 4
    return 1
@process
def a(k: W) -> None:
    k.bs.add(f(k))
    k.y = len(k.bs)
''',
    "div_by_zero_fold": '''\
class V(Record):
    pass
@process
def a(k: W) -> None:
    with atomic():
        k.x = 0
        k.y = 3 // (k.x + 1)
''',
    "initial_poison": '''\
@initial
def setup(k: W) -> None:
    p = k.nodes.alloc()
    k.nodes.free(p)
    k.cur = p
@process
def a(k: W) -> None:
    k.b = not alive(k.cur)
''',
    "match_shared": '''\
@process
def a(k: W) -> None:
    match k.x:
        case 0:
            k.y = 1
        case 1 | 2:
            k.y = 2
        case _:
            k.y = 3
@process
def b(k: W) -> None:
    k.x = 1
    k.x = 3
''',
    "chain": '''\
def f(k: W) -> bool:
    k.x = (k.x + 1) % 4
    return True
@process
def a(k: W) -> None:
    if k.b and f(k) or k.y == 1 and not f(k):
        k.arr[0] = 1
    z = k.b or f(k)
    k.arr[1] = 2 if z else 1
@process
def b(k: W) -> None:
    k.b = True
    k.y = 1
''',
    "aug_call": '''\
def f(k: W) -> int:
    k.y = (k.y + 1) % 4
    return 1
@process
def a(k: W) -> None:
    k.x += f(k)
@process
def b(k: W) -> None:
    k.x = 2
''',
    "free_through_itself": '''\
@initial
def setup(k: W) -> None:
    p = k.nodes.alloc()
    k.cur = p
    p.next = p
@process
def a(k: W) -> None:
    k.nodes.free(k.cur.next)
''',
    "idle_beside_busy": '''\
@process
def a(k: W) -> None:
    with atomic():
        if k.x == 0:
            wait(k.b)
        else:
            wait(k.y == 1, idle=True)
''',
    "idle_alone": '''\
@process
def a(k: W) -> None:
    assert k.x < 2
    wait(k.b, idle=True)
''',
    "rest_after_assert": '''\
@process
def a(k: W) -> None:
    assert k.x == 0
    rest()
    k.y = 1
@process
def b(k: W) -> None:
    wait(k.y == 1)
''',
    "three_results": '''\
def f(k: W, v: int) -> int:
    k.y = v
    return v
@process
def a(k: W) -> None:
    k.b = f(k, 1) == f(k, 1) == f(k, 2)
    k.x = min(f(k, 2), f(k, 1), f(k, 3))
    p, q = f(k, 1), f(k, 0)
    k.arr[q] = p
    if k.x in (f(k, 3), f(k, 2)):
        k.arr[1] = k.arr[f(k, 0)] + f(k, 1)
''',
    "return_through_section": '''\
@section
def sec(k: W, v: int) -> Iterator[None]:
    k.x = v
    yield
    k.y = v
def f(k: W, v: int) -> int:
    with sec(k, v):
        return 1
@process
def a(k: W) -> None:
    k.arr[0] = f(k, f(k, 2))
''',
    "break_through_lock": '''\
@process
def a(k: W) -> None:
    for i in range(2):
        with k.cells[i].lock:
            if k.b:
                break
            k.x = i
    for c in k.cells:
        with c.lock:
            if k.b:
                continue
            c.f = True
@process
def b(k: W) -> None:
    k.b = True
''',
    "choose_in_atomic": '''\
@process(W.n)
def a(k: W) -> None:
    with atomic():
        k.x = choose(0, 2)
        wait(k.y == 0)
        z = choose(k.x, 1)
        if z == 2:
            k.y = 1
            assert k.x != 2, "two"
        else:
            k.b = True
''',
    "negative_numbers": '''\
@process(W.n)
def a(k: W) -> None:
    t = choose(-3, -1, 2)
    k.x = t % 3
    k.y = -(t // 2) % 4
    k.arr[0] = max(-t, t) - t % 2
''',
}
