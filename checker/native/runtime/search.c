/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Breadth-first search by levels, the same for any number of threads.
 *
 * A level is expanded in rounds. In the first half of a round every partition expands the next SLICE of its states of
 * this level and sorts the successors by the partition they belong to; in the second half every partition looks up the
 * successors sent to it, in the order of the senders. Within a half no partition reads what another one writes. So the
 * numbers of states, their parents, the order in which violations are found and all counts depend on the program and on
 * the constants PART_BITS and SLICE only: the threads merely share out the partitions. Of several predecessors on the
 * level before, a state's parent is the first in the order (round, partition, number, instance, edge), and of several
 * violations of a property the first in that order is kept, on the lowest level; both are therefore shortest.
 */

#include <time.h>

#define DEADLOCK 0 /* its number among the faults */
#ifndef SLICE /* states of a partition in one round: a round's successors should fit the cache */
#define SLICE 2048
#endif
#define CHUNK 1024 /* rows that are looked up in one go */
#define SCRATCH_ROWS (1024 + MOST_SUCCESSORS)

enum { DONE, PAUSED, MEMORY_LIMIT, STATE_LIMIT };

typedef struct {
    u32 state, step, depth, found;
    int32_t check;
} Violation;

typedef struct Pool Pool;

typedef struct {
    Memory memory;
    Part part[PARTS];
    Violation violation[FAULTS];
    u32 *levels; /* row d: for each partition its first state of depth d; row 0 is not used */
    u64 levels_room;
    u32 depth, workers;
    _Atomic u32 out_of_memory;
    u64 *scratch; /* SCRATCH_ROWS rows for each worker */
    Pool *pool;
} Search;

static void expand(Search *search, u32 p, u32 worker);
static void collect(Search *search, u32 q, u32 worker);
typedef void Half(Search *, u32 part, u32 worker);
static void for_all_parts(Search *search, Half *half, u64 work);
static void stop_workers(Search *search);

static void sort_out(Search *search, Part *part, const u64 *rows, const u64 *end)
{
    for (const u64 *row = rows; row < end; row += ROW) {
        u64 hash = hash_of(row);
        Bucket *bucket = &part->out[partition_of(hash)];
        part->faults.taken[row[WORDS] & EDGE_MASK] = 1;
        if (unlikely(bucket->used == bucket->room) && !grow_bucket(&search->memory, bucket)) {
            search->out_of_memory = 1;
            return;
        }
        u64 *to = bucket->at + (u64)bucket->used++ * ROW;
        for (int w = 0; w < WORDS; w++)
            to[w] = row[w];
        to[WORDS] = (row[WORDS] >> 32) << 32 | (u32)hash;
    }
    part->transitions += (u64)(end - rows) / ROW;
}

static void expand(Search *search, u32 p, u32 worker)
{
    Part *part = &search->part[p];
    u64 *rows = search->scratch + (u64)worker * SCRATCH_ROWS * ROW;
    u64 *full = rows + (SCRATCH_ROWS - MOST_SUCCESSORS) * ROW;
    while (part->cursor < part->stop) {
        u64 *end = rows;
        for (; part->cursor < part->stop && end <= full; part->cursor++) {
            const u64 *s = words_of(part, part->cursor);
            u64 from = ((u64)part->cursor * PARTS + p) << 32;
            examine(s, from | NONE, &part->faults);
            u32 faults = part->faults.count;
            u64 *start = end;
            end = stored_successors(s, from, end, &part->faults);
            if (unlikely(end == start) && part->faults.count == faults && !may_stay(s))
                report(&part->faults, DEADLOCK, from | NONE, -1);
        }
        sort_out(search, part, rows, end);
    }
}

static int collect_rows(Search *search, Part *part, const u64 *const *rows, u32 n)
{
    if (!reserve(&search->memory, part, n))
        return 0;
    insert_rows(part, rows, n);
    return 1;
}

static void collect(Search *search, u32 q, u32 worker)
{
    (void)worker;
    Part *part = &search->part[q];
    const u64 *rows[CHUNK];
    u32 n = 0;
    for (u32 p = 0; p < PARTS; p++) {
        Bucket *bucket = &search->part[p].out[q];
        for (u32 k = 0; k < bucket->used; k++) {
            rows[n++] = bucket->at + (u64)k * ROW;
            if (n == CHUNK) {
                if (!collect_rows(search, part, rows, n))
                    search->out_of_memory = 1;
                n = 0;
            }
        }
        bucket->used = 0;
    }
    if (n && !collect_rows(search, part, rows, n))
        search->out_of_memory = 1;
}

/* After the first half of a round: partitions in order, so that the first violation is the same for any threads. */
static void keep_violations(Search *search)
{
    for (u32 p = 0; p < PARTS; p++) {
        Faults *faults = &search->part[p].faults;
        if (!faults->count)
            continue;
        for (u32 f = 0; f < FAULTS; f++) {
            Fault *first = &faults->first[f];
            if (first->found && !search->violation[f].found)
                search->violation[f] = (Violation){first->state, first->step, search->depth, 1, first->check};
        }
        faults->count = 0;
    }
}

/* The share of each partition in the next round; 0 at the end of the level. */
static u64 plan_round(Search *search, u32 slice)
{
    u64 work = 0;
    for (u32 p = 0; p < PARTS; p++) {
        Part *part = &search->part[p];
        part->stop = part->end - part->cursor < slice ? part->end : part->cursor + slice;
        work += part->stop - part->cursor;
    }
    return work;
}

/* Where a new level begins, so that the depth of a state can be told from its number. */
static int note_level(Search *search)
{
    u64 row = sizeof(u32) * PARTS, room = search->levels_room;
    if (search->depth + 1 >= room) {
        u32 *levels = resized(&search->memory, search->levels, room * row, (room * 2 + 64) * row);
        if (!levels)
            return 0;
        search->levels = levels;
        search->levels_room = room * 2 + 64;
    }
    for (u32 p = 0; p < PARTS; p++)
        search->levels[(search->depth + 1) * PARTS + p] = search->part[p].begin;
    return 1;
}

static u64 next_level(Search *search)
{
    u64 frontier = 0;
    for (u32 p = 0; p < PARTS; p++) {
        Part *part = &search->part[p];
        part->begin = part->cursor = part->end;
        part->end = part->count;
#if FINGERPRINT
        forget_words(part, part->begin);
#endif
        frontier += part->end - part->begin;
    }
    if (frontier && !note_level(search))
        search->out_of_memory = 1;
    return frontier;
}

static u64 now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (u64)t.tv_sec * 1000000000u + (u64)t.tv_nsec;
}

static u64 states_found(const Search *search)
{
    u64 count = 0;
    for (u32 p = 0; p < PARTS; p++)
        count += search->part[p].count;
    return count;
}

/* What the caller calls */

Search *svm_open(u32 workers, u64 memory_limit)
{
    Search *search = calloc(1, sizeof *search);
    if (!search)
        return NULL;
    search->workers = workers < 1 ? 1 : workers < PARTS ? workers : PARTS;
    search->scratch = malloc((u64)search->workers * SCRATCH_ROWS * ROW * 8);
    search->memory.limit = memory_limit;
    search->memory.bytes = sizeof *search + (u64)search->workers * SCRATCH_ROWS * ROW * 8;
    if (search->scratch)
        return search;
    free(search);
    return NULL;
}

void svm_close(Search *search)
{
    stop_workers(search);
    for (u32 p = 0; p < PARTS; p++) {
        Part *part = &search->part[p];
        for (u32 q = 0; q < PARTS; q++)
            released(&search->memory, part->out[q].at, (u64)part->out[q].room * ROW * 8);
        released(&search->memory, part->states, (u64)part->states_room * WORDS * 8);
#if FINGERPRINT
        released(&search->memory, part->prints, (u64)part->prints_room * 8);
#endif
        released(&search->memory, part->parents, (u64)part->parents_room * 4);
        released(&search->memory, part->slots, (u64)4 << part->slot_bits);
    }
    released(&search->memory, search->levels, search->levels_room * sizeof(u32) * PARTS);
    free(search->scratch);
    free(search);
}

/* A first state; 0 if there is no memory for it. Only before the search. */
int svm_begin(Search *search, const u64 *words)
{
    u64 row[ROW];
    const u64 *rows[] = {row};
    memcpy(row, words, WORDS * 8);
#if SYMMETRY
    canonical(row);
#endif
    u64 hash = hash_of(row);
    Part *part = &search->part[partition_of(hash)];
    if (!reserve(&search->memory, part, 1))
        return 0;
    row[WORDS] = (u64)NONE << 32 | (u32)hash;
    insert_rows(part, rows, 1);
    part->end = part->count;
    return 1;
}

/* Searches on until the end, a limit, or until `nanoseconds` have passed. After a limit it must not be called again. */
int svm_run(Search *search, u64 nanoseconds, u64 most_states)
{
    u64 deadline = now() + nanoseconds;
    for (;;) {
        u64 states = states_found(search);
        if (states >= most_states)
            return STATE_LIMIT;
        u64 share = (most_states - states) / PARTS + 1;
        u64 work = plan_round(search, share < SLICE ? (u32)share : SLICE);
        if (!work) {
            if (!next_level(search))
                return DONE;
            search->depth++;
            if (search->out_of_memory)
                return MEMORY_LIMIT;
            continue;
        }
        for_all_parts(search, expand, work);
        keep_violations(search);
        for_all_parts(search, collect, work);
        if (search->out_of_memory)
            return MEMORY_LIMIT;
        if (now() >= deadline)
            return PAUSED;
    }
}

/* out: states, transitions, the level being expanded, states not expanded yet, bytes, whether any state was settled. */
void svm_count(const Search *search, u64 *out)
{
    memset(out, 0, 6 * sizeof *out);
    out[2] = search->depth;
    out[4] = search->memory.bytes;
    for (u32 p = 0; p < PARTS; p++) {
        const Part *part = &search->part[p];
        out[0] += part->count;
        out[1] += part->transitions;
        out[3] += part->count - part->cursor;
        out[5] |= part->faults.settled;
    }
}

const Violation *svm_violation(const Search *search, u32 fault)
{
    return search->violation[fault].found ? &search->violation[fault] : NULL;
}

/* flags: one byte for each edge of the program, 1 if it was ever taken. */
void svm_taken(const Search *search, unsigned char *flags, u32 edges)
{
    memset(flags, 0, edges);
    for (u32 p = 0; p < PARTS; p++)
        for (u32 e = 0; e < edges; e++)
            flags[e] |= search->part[p].faults.taken[e];
}
