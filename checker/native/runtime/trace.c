/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Runs out of the stored states: parents give the states, expanding them again gives the steps between. */

static const u64 *state_words(const Search *search, u32 number)
{
    return words_of(&search->part[number % PARTS], number / PARTS);
}

static u32 number_of(const Search *search, const u64 *words)
{
    u64 hash = hash_of(words);
    u32 p = partition_of(hash), found = find(&search->part[p], words, (u32)hash);
    return found == NONE ? NONE : found * PARTS + p;
}

/* The states of a partition that have some depth: from..to. */
static void level_of(const Search *search, u32 p, u32 depth, u32 *from, u32 *to)
{
    *from = depth ? search->levels[depth * PARTS + p] : 0;
    *to = depth < search->depth ? search->levels[(depth + 1) * PARTS + p] : search->part[p].count;
}

u32 svm_depth(const Search *search, u32 number)
{
    u32 p = number % PARTS, n = number / PARTS, low = 0, high = search->depth + 1;
    while (high - low > 1) { /* the state is on a level from low to high - 1 */
        u32 middle = low + (high - low) / 2;
        if (search->levels[middle * PARTS + p] <= n)
            low = middle;
        else
            high = middle;
    }
    return low;
}

void svm_state(const Search *search, u32 number, u64 *words)
{
    memcpy(words, state_words(search, number), WORDS * 8);
}

u32 svm_parent(const Search *search, u32 number)
{
    return search->part[number % PARTS].parents[number / PARTS];
}

/* The number of a state, or NONE (all ones) if it was not found. */
u32 svm_number(const Search *search, const u64 *words)
{
    return number_of(search, words);
}

/* The first step (instance << 24 | edge) from one state to another, or NONE. */
u32 svm_step(const Search *search, u32 from, u32 to)
{
    u64 *rows = search->scratch;
    static Faults unused; /* written, never read */
    u64 *end = successors(state_words(search, from), 0, rows, &unused);
    for (u64 *row = rows; row < end; row += ROW)
        if (same(row, state_words(search, to)))
            return (u32)row[WORDS];
    return NONE;
}
