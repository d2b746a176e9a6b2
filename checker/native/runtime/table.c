/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The states found, exact and complete, in PARTS partitions by hash.
 *
 * A partition keeps its states in the order in which they were found, and an open-addressing index of 32-bit slots over
 * them. A slot holds the number of a state plus one in its lower bits and, in the bits left over, a tag from the hash:
 * a look-up touches the words of a state only if the tag agrees, which it rarely does by chance. Per state that is
 * 8 * WORDS bytes for the words, 4 for the parent and 4 / load for the slot.
 *
 * The number of a state in the whole search is (number in the partition) * PARTS + partition.
 *
 * With FINGERPRINT the table holds `prints`, the 64-bit hashes of the states, and takes two states with one hash for the
 * same. `states` then begins with that of number `base`: only those are kept that are still expanded or about to be.
 */

#define PART_BITS 4
#define PARTS (1u << PART_BITS)
#define FIRST_SLOT_BITS 8
#define MOST_SLOT_BITS (32 - PART_BITS) /* so that numbers of states fit 32 bits */
#define FAR 48 /* rows between the call for a slot and the look-up, to hide memory, */
#define NEAR 16 /* and between the call for a state and the look-up */

typedef struct {
    u64 *at; /* rows of ROW words */
    u32 used, room;
} Bucket;

typedef struct {
    u64 *states;
    u32 *parents; /* number in the whole search, or NONE for an initial state */
    u32 *slots;
    u32 count, states_room, parents_room, slot_bits;
#if FINGERPRINT
    u64 *prints;
    u32 prints_room, base;
#endif
    u32 begin, end; /* the level being expanded */
    u32 cursor, stop; /* what is expanded of it, and how far to go in this round */
    u64 transitions;
    Faults faults;
    Bucket out[PARTS]; /* successors found in this round, by the partition they belong to */
} Part;

/* One multiplication to 128 bits mixes two words; the constants are arbitrary odd numbers. */
static inline u64 mix(u64 a, u64 b)
{
    __uint128_t product = (__uint128_t)(a ^ 0x9e3779b97f4a7c15u) * (b ^ 0xd1b54a32d192ed03u);
    return (u64)product ^ (u64)(product >> 64);
}

static inline u64 hash_of(const u64 *s)
{
    u64 h = 0x8cb92ba72f3d8dd7u;
    for (int w = 0; w + 1 < WORDS; w += 2)
        h = mix(s[w] ^ h, s[w + 1]);
    if (WORDS % 2)
        h = mix(s[WORDS - 1] ^ h, h);
    return mix(h, 0x2545f4914f6cdd1du);
}

static inline u32 partition_of(u64 hash)
{
    return (u32)(hash >> (64 - PART_BITS));
}

static inline int same(const u64 *a, const u64 *b)
{
    u64 difference = 0;
    for (int w = 0; w < WORDS; w++)
        difference |= a[w] ^ b[w];
    return difference == 0;
}

/* What a state is known by: its words, or its hash. KEYS is the name of the array of them in a partition. */
#if FINGERPRINT
#define KEYS prints
#define KEY_WORDS 1
#define BASE(part) ((part)->base)
#else
#define KEYS states
#define KEY_WORDS WORDS
#define BASE(part) 0u
#endif

static inline int is_key_of(const u64 *key, const u64 *s)
{
    return FINGERPRINT ? *key == hash_of(s) : same(key, s);
}

static inline u64 hash_of_key(const u64 *key)
{
    return FINGERPRINT ? *key : hash_of(key);
}

/* The words of a state by its number in the partition. */
static inline u64 *words_of(const Part *part, u32 number)
{
    return part->states + (u64)(number - BASE(part)) * WORDS;
}

/*
 * Slots. `mask` covers the bits of a slot that number a state; the lower 32 bits of a hash choose slot and tag. A probe
 * ends at the first slot from `at` on that is empty or has the tag of the hash.
 */
static inline u32 probe(const u32 *slots, u32 mask, u32 hash, u32 at)
{
    u32 slot;
    while ((slot = slots[at]) != 0 && ((slot ^ hash) & ~mask) != 0)
        at = (at + 1) & mask;
    return at;
}

static inline u32 slot_value(u32 hash, u32 mask, u32 number)
{
    return (hash & ~mask) | (number + 1);
}

/* The number of a state in its partition; or NONE, and then `free` is the slot to put it into. */
static inline u32 look_up(const u32 *slots, const u64 *keys, u32 mask, const u64 *s, u32 hash, u32 at, u32 *free)
{
    u32 slot;
    while ((slot = slots[at = probe(slots, mask, hash, at)]) != 0) {
        if (likely(is_key_of(keys + (u64)((slot & mask) - 1) * KEY_WORDS, s)))
            return (slot & mask) - 1;
        at = (at + 1) & mask;
    }
    *free = at;
    return NONE;
}

static u32 find(const Part *part, const u64 *s, u32 hash)
{
    u32 mask = (1u << part->slot_bits) - 1, unused;
    return part->slots ? look_up(part->slots, part->KEYS, mask, s, hash, hash & mask, &unused) : NONE;
}

/* An index of 1 << bits slots, filled from the states. */
static int make_index(Memory *memory, Part *part, u32 bits)
{
    u32 mask = (1u << bits) - 1;
    u32 *slots = bits > MOST_SLOT_BITS ? NULL : zeroed(memory, (u64)4 << bits);
    if (!slots)
        return 0;
    u32 hash[FAR];
    for (u32 from = 0; from < part->count; from += FAR) {
        u32 n = part->count - from < FAR ? part->count - from : FAR;
        for (u32 k = 0; k < n; k++) {
            hash[k] = (u32)hash_of_key(part->KEYS + (u64)(from + k) * KEY_WORDS);
            __builtin_prefetch(slots + (hash[k] & mask), 1);
        }
        for (u32 k = 0; k < n; k++) {
            u32 at = hash[k] & mask;
            while (slots[at])
                at = (at + 1) & mask;
            slots[at] = slot_value(hash[k], mask, from + k);
        }
    }
    released(memory, part->slots, (u64)4 << part->slot_bits);
    part->slots = slots;
    part->slot_bits = bits;
    return 1;
}

/* An index twice as large. */
static int grow_index(Memory *memory, Part *part)
{
    return make_index(memory, part, part->slots ? part->slot_bits + 1 : FIRST_SLOT_BITS);
}

/* Room for the words of the states from `base` on. */
static int grow_words(Memory *memory, Part *part, u32 room)
{
    u64 *states = resized(memory, part->states, (u64)part->states_room * WORDS * 8, (u64)room * WORDS * 8);
    if (!states)
        return 0;
    part->states = states;
    part->states_room = room;
    return 1;
}

static int grow_states(Memory *memory, Part *part, u32 room)
{
    if (room - BASE(part) > part->states_room && !grow_words(memory, part, room - BASE(part)))
        return 0;
#if FINGERPRINT
    u64 *prints = resized(memory, part->prints, (u64)part->prints_room * 8, (u64)room * 8);
    if (!prints)
        return 0;
    part->prints = prints;
    part->prints_room = room;
#endif
    u32 *parents = resized(memory, part->parents, (u64)part->parents_room * 4, (u64)room * 4);
    if (!parents)
        return 0;
    part->parents = parents;
    part->parents_room = room;
    return 1;
}

static int grow_bucket(Memory *memory, Bucket *bucket)
{
    u32 room = bucket->room ? bucket->room * 2 : 16;
    u64 *at = resized(memory, bucket->at, (u64)bucket->room * ROW * 8, (u64)room * ROW * 8);
    if (!at)
        return 0;
    bucket->at = at;
    bucket->room = room;
    return 1;
}

/* Room for `more` states: an index at most half full and their rows. */
static int reserve(Memory *memory, Part *part, u32 more)
{
    u64 need = (u64)part->count + more;
    while (!part->slots || need * 2 > (u64)1 << part->slot_bits)
        if (!grow_index(memory, part))
            return 0;
    u32 room = (u32)(need + need / 4 + 64), window = (u32)(need - BASE(part));
    if (need > part->parents_room && !grow_states(memory, part, room))
        return 0;
    return window <= part->states_room || grow_words(memory, part, window + window / 4 + 64);
}

/*
 * Adds the states of rows that are not there yet; the last word of a row is (parent, hash), and the caller has reserved
 * room. Each row passes three stations, so that the memory it needs is on its way before it is used: its slot; the one
 * state it has to be compared with, which the tag tells; the comparison.
 */
static void insert_rows(Part *part, const u64 *const *restrict rows, u32 n)
{
    const u32 mask = (1u << part->slot_bits) - 1;
    u32 *restrict slots = part->slots, *restrict parents = part->parents, count = part->count, at[FAR];
    u64 *restrict states = part->states;
    const u32 base = BASE(part);
#if FINGERPRINT
    u64 *restrict prints = part->prints;
#endif
    for (u32 k = 0; k < n + FAR; k++) {
        if (k < n)
            __builtin_prefetch(slots + ((u32)rows[k][WORDS] & mask), 1);
        if (k >= FAR - NEAR && k < n + FAR - NEAR) {
            u32 hash = (u32)rows[k - (FAR - NEAR)][WORDS], end = probe(slots, mask, hash, hash & mask);
            at[(k - (FAR - NEAR)) % FAR] = end;
            __builtin_prefetch(KEYS + (u64)(slots[end] ? (slots[end] & mask) - 1 : count) * KEY_WORDS);
        }
        if (k < FAR)
            continue;
        const u64 *row = rows[k - FAR];
        u32 hash = (u32)row[WORDS], free = at[k % FAR];
        if (look_up(slots, KEYS, mask, row, hash, free, &free) != NONE)
            continue;
        slots[free] = slot_value(hash, mask, count);
        for (int w = 0; w < WORDS; w++)
            states[(u64)(count - base) * WORDS + w] = row[w];
#if FINGERPRINT
        prints[count] = hash_of(row);
#endif
        parents[count++] = (u32)(row[WORDS] >> 32);
    }
    part->count = count;
}

#if FINGERPRINT
/* Of the states before this number only the hashes are needed any more. */
static void forget_words(Part *part, u32 before)
{
    memmove(part->states, words_of(part, before), (u64)(part->count - before) * WORDS * 8);
    part->base = before;
}
#endif
