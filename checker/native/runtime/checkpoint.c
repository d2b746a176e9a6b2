/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What a search needs to go on in another process. Between two calls of svm_run all buckets are empty, so that a search
 * is its states and their parents, in their order, the levels, the violations kept, and a few numbers. The index is made
 * again from the states: where in it a state stands makes no difference to any answer.
 *
 * States, parents and levels only ever grow at their ends, so the caller saves what is new since it last did.
 */

/* Where the rows of a partition stand, and its numbers: states, begin, end, cursor, transitions. */
typedef struct {
    void *states, *parents;
    u64 count, begin, end, cursor, transitions;
} Saved;

void svm_part(const Search *search, u32 p, Saved *out)
{
    const Part *part = &search->part[p];
    *out = (Saved){part->states, part->parents, part->count, part->begin, part->end, part->cursor, part->transitions};
}

/* Rows 1..depth of the levels: for each partition its first state of that depth. */
u32 *svm_levels(const Search *search)
{
    return search->levels ? search->levels + PARTS : NULL;
}

/* Takes over the numbers and makes room for the rows, which the caller then fills in; 0 if there is no memory. */
int svm_restore_part(Search *search, u32 p, Saved *saved)
{
    Part *part = &search->part[p];
    if (saved->count && !grow_states(&search->memory, part, (u32)saved->count))
        return 0;
    part->count = (u32)saved->count;
    part->begin = (u32)saved->begin;
    part->end = (u32)saved->end;
    part->cursor = (u32)saved->cursor;
    part->transitions = saved->transitions;
    saved->states = part->states;
    saved->parents = part->parents;
    return 1;
}

/* Room for the rows of the levels up to this depth; 0 if there is no memory. */
int svm_restore_levels(Search *search, u32 depth)
{
    u64 row = sizeof(u32) * PARTS, room = (u64)depth + 64;
    search->levels = resized(&search->memory, NULL, 0, room * row);
    search->levels_room = search->levels ? room : 0;
    search->depth = depth;
    return search->levels != NULL;
}

/* Edges that were taken, one byte each, and whether balance was ever demanded: facts of the whole, kept in one part. */
void svm_restore_seen(Search *search, const unsigned char *taken, u32 edges, u32 settled)
{
    memcpy(search->part[0].faults.taken, taken, edges);
    search->part[0].faults.settled = settled;
}

void svm_restore_violation(Search *search, u32 fault, const Violation *violation)
{
    search->violation[fault] = *violation;
}

/* Once all rows are filled in: the indices. 0 if there is no memory. */
int svm_restored(Search *search)
{
    for (u32 p = 0; p < PARTS; p++) {
        Part *part = &search->part[p];
        u32 bits = FIRST_SLOT_BITS;
        while ((u64)part->count * 2 > (u64)1 << bits)
            bits++;
        if (part->count && !make_index(&search->memory, part, bits))
            return 0;
    }
    return 1;
}
