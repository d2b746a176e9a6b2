/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The whole graph in arrays, for a search that is finished and small enough. States are numbered partition by partition. */

static void part_starts(const Search *search, u32 *start)
{
    start[0] = 0;
    for (u32 p = 0; p < PARTS; p++)
        start[p + 1] = start[p] + search->part[p].count;
}

/*
 * names[k]: the number in the search of state k; first[k]..first[k + 1]: its steps; target and step of each of them.
 * The caller has made room for all states and transitions.
 */
void svm_graph(const Search *search, u32 *names, u64 *first, u32 *targets, u32 *steps)
{
    u32 start[PARTS + 1];
    u64 edges = 0;
    Faults unused;
    part_starts(search, start);
    for (u32 p = 0, k = 0; p < PARTS; p++) {
        for (u32 n = 0; n < search->part[p].count; n++, k++) {
            names[k] = n * PARTS + p;
            first[k] = edges;
            const u64 *end = successors(state_words(search, names[k]), 0, search->scratch, &unused);
            for (const u64 *row = search->scratch; row < end; row += ROW, edges++) {
                u32 number = number_of(search, row);
                targets[edges] = start[number % PARTS] + number / PARTS;
                steps[edges] = (u32)row[WORDS];
            }
        }
    }
    first[start[PARTS]] = edges;
}
