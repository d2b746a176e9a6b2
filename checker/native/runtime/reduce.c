/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The successors that a reduced search stores. PARTIAL_ORDER: if some instance stands where its steps are ample
 * (ample.py has the argument), only these; and a successor with exactly one ample step is replaced by what that leads
 * to, for as long as there is one. SYMMETRY: each by its canonical representative. Without either they are all, as they
 * are, and none of this costs anything.
 */

#if PARTIAL_ORDER
/* Follows single ample steps from a row's state; the row goes on telling of the step it began with. */
static u32 follow_ample(u64 *row, unsigned char *taken, u32 *steps, u32 most)
{
    u64 next[MOST_STEPS * ROW];
    u32 n = 0;
    while (ample(row, 0, next) == next + ROW) {
        u32 step = (u32)next[WORDS];
        memcpy(row, next, WORDS * 8);
        if (taken)
            taken[step & EDGE_MASK] = 1;
        if (n < most)
            steps[n] = step;
        n++;
    }
    return n;
}
#endif

static inline u64 *stored_successors(const u64 *s, u64 from, u64 *rows, Faults *faults)
{
    u64 *end = rows;
#if PARTIAL_ORDER
    end = ample(s, from, rows);
#endif
    if (end == rows)
        end = successors(s, from, rows, faults);
#if PARTIAL_ORDER
    for (u64 *row = rows; row < end; row += ROW)
        follow_ample(row, faults->taken, NULL, 0);
#endif
#if SYMMETRY
    for (u64 *row = rows; row < end; row += ROW)
        canonical(row);
#endif
    return end;
}
