/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Real runs out of a reduced search: the steps between two stored states, and who represents a state. */

/* Replaces a state by the one that stands for it. */
void svm_canonical(u64 *words)
{
    (void)words;
#if SYMMETRY
    canonical(words);
#endif
}

/*
 * The steps (instance << 24 | edge) from a stored state to one that a stored successor of it stands for; their number.
 * At most `most` are written. The caller knows that there are some.
 */
u32 svm_way(const Search *search, u32 from, u32 to, u32 *steps, u32 most)
{
    static Faults unused; /* written, never read */
    const u64 *s = state_words(search, from);
    u64 *rows = search->scratch, *end = rows;
#if PARTIAL_ORDER
    end = ample(s, 0, rows);
#endif
    if (end == rows)
        end = successors(s, 0, rows, &unused);
    for (u64 *row = rows; row < end; row += ROW) {
        u32 n = 1;
        steps[0] = (u32)row[WORDS];
#if PARTIAL_ORDER
        n += follow_ample(row, NULL, steps + 1, most - 1);
#endif
        svm_canonical(row);
        if (same(row, state_words(search, to)))
            return n;
    }
    return 0;
}
