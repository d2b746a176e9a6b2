/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Liveness on the stored states. Steps are not stored: the successors of a state are generated again when they are
 * needed and looked up, many at a time, so that memory is linear in the number of states.
 *
 * Sets of instances, of strong fairness demands and of aims are masks of 64 bits; the caller sees to it that they fit.
 * Arrays over states are indexed by the number of a state.
 */

#define MANY 512 /* rows that are looked up in one go; at least MOST_SUCCESSORS more fit behind them */

typedef struct {
    u64 mover, meets; /* who moves; the strong demand that is met */
    u64 aims; /* what making the step achieves */
    u64 obliges; /* the mover, unless fairness does not oblige it here, because it rests */
} Move;

/* Where the location of an instance stands, its row of location masks, and what makes an edge's number a move's. */
typedef struct {
    u32 word, shift, mask, table, to_move;
} Place;

typedef struct {
    u32 *at;
    u64 used, room;
} Numbers;

typedef struct {
    const Search *search;
    Memory *memory;
    const Move *moves; /* by place.to_move + edge */
    const Place *places; /* by instance */
    const u64 *at_location; /* by place.table + location: aims that standing there achieves */
    u32 instances;
    u64 everyone;
    u64 size; /* of arrays over states */
    u64 *ahead; /* by state: the aims achieved there or reachable from there */
    u32 *order; /* by state, see fair.c */
    u32 *depth; /* by state: the length of the way through, or NULL; see regions.c */
    u32 *before;
    u64 *rows;
    u32 *found;
    _Atomic u64 progress; /* states handled in the pass that runs */
    _Atomic int stop; /* set by another thread to end it */
    int out_of_memory;
    unsigned char *region; /* by state: 1 if something is owed there */
    u32 dead; /* the first deadlock in the region, found while it is searched; NONE */
    struct Fair *fair; /* see fair.c */
} Live;

enum { LIVE_DONE, LIVE_STOPPED, LIVE_MEMORY };

static int push(Live *live, Numbers *numbers, u32 number)
{
    if (numbers->used == numbers->room) {
        u64 room = numbers->room * 2 + 1024;
        u32 *at = resized(live->memory, numbers->at, numbers->room * 4, room * 4);
        if (!at)
            return !(live->out_of_memory = 1);
        numbers->at = at;
        numbers->room = room;
    }
    numbers->at[numbers->used++] = number;
    return 1;
}

static void drop(Live *live, Numbers *numbers)
{
    released(live->memory, numbers->at, numbers->room * 4);
    *numbers = (Numbers){0};
}

static inline const Move *move_of(const Live *live, u32 step)
{
    return &live->moves[(u32)(live->places[step >> 24].to_move + (step & EDGE_MASK))];
}

static inline u32 location_of(const Place *place, const u64 *s)
{
    return (u32)(s[place->word] >> place->shift) & place->mask;
}

/* The numbers of the states in rows, which are all stored; in three passes, as in insert_rows. */
static void resolve(const Search *search, const u64 *rows, u32 n, u32 *numbers)
{
    u64 hash[MANY + MOST_SUCCESSORS];
    for (u32 k = 0; k < n; k++) {
        hash[k] = hash_of(rows + (u64)k * ROW);
        const Part *part = &search->part[partition_of(hash[k])];
        __builtin_prefetch(part->slots + ((u32)hash[k] & ((1u << part->slot_bits) - 1)));
    }
    for (u32 k = 0; k < n; k++) {
        const Part *part = &search->part[partition_of(hash[k])];
        u32 mask = (1u << part->slot_bits) - 1, at = probe(part->slots, mask, (u32)hash[k], (u32)hash[k] & mask);
        __builtin_prefetch(part->states + (u64)((part->slots[at] & mask) - 1) * WORDS);
    }
    for (u32 k = 0; k < n; k++) {
        u32 p = partition_of(hash[k]);
        numbers[k] = find(&search->part[p], rows + (u64)k * ROW, (u32)hash[k]) * PARTS + p;
    }
}

/* The rows of a state's successors behind `rows`; the state's number goes into the upper half of their last words. */
static u64 *expand_state(const Live *live, u32 number, u64 *rows)
{
    Faults unused;
    return successors(state_words(live->search, number), (u64)number << 32, rows, &unused);
}

/* What fairness asks in a state with these successors. free: whom it does not oblige to move; offered: demands. */
static void demands(const Live *live, const u64 *rows, const u64 *end, u64 *free, u64 *offered)
{
    u64 obliged = 0;
    *offered = 0;
    for (const u64 *row = rows; row < end; row += ROW) {
        const Move *move = move_of(live, (u32)row[WORDS]);
        obliged |= move->obliges;
        *offered |= move->obliges ? move->meets : 0;
    }
    *free = live->everyone & ~obliged;
}

static int pass_goes_on(Live *live)
{
    return !live->stop && !live->out_of_memory;
}

static int pass_status(const Live *live)
{
    return live->out_of_memory ? LIVE_MEMORY : live->stop ? LIVE_STOPPED : LIVE_DONE;
}
