/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The states found, exact and complete, in PARTS partitions by hash.
 *
 * A partition keeps its states in the order in which they were found, and an open-addressing index of 32-bit slots over
 * them. A slot holds the number of a state plus one in its lower bits and, in the bits left over, a tag from the hash:
 * a look-up touches the row of a state only if the tag agrees, which it rarely does by chance. Per state that is
 * 8 * WORDS bytes for the words, 4 for the parent and 4 / load for the slot.
 *
 * The number of a state in the whole search is (number in the partition) * PARTS + partition.
 */

#ifdef __linux__
#include <sys/mman.h>
#endif

#define PART_BITS 5
#define PARTS (1u << PART_BITS)
#define FIRST_SLOT_BITS 8
#define MOST_SLOT_BITS (32 - PART_BITS) /* so that numbers of states fit 32 bits */
#define FAR 64 /* rows between the call for a slot and the look-up, to hide memory, */
#define NEAR 24 /* and between the call for a state and the look-up */
#define BATCH 64 /* slots called for together when an index is filled again */

typedef struct {
    u64 *at; /* rows of ROW words */
    u32 used, room;
} Bucket;

typedef struct {
    u64 *states;
    u32 *parents; /* number in the whole search, or NONE for an initial state */
    u32 *slots;
    u32 count, room, slot_bits;
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

/* Large pages where the system has them: the tables are read at random. */
static void *advised(void *memory, size_t bytes)
{
#ifdef MADV_HUGEPAGE
    size_t huge = (size_t)2 << 20;
    if (memory && bytes >= 2 * huge) {
        uintptr_t from = ((uintptr_t)memory + huge - 1) & ~(uintptr_t)(huge - 1);
        madvise((void *)from, ((uintptr_t)memory + bytes - from) & ~(huge - 1), MADV_HUGEPAGE);
    }
#else
    (void)bytes;
#endif
    return memory;
}

/* All memory of a search is counted, and refused beyond its limit as if the system had none. */
typedef struct {
    _Atomic u64 bytes;
    u64 limit;
} Memory;

static int allow(Memory *memory, u64 more)
{
    if (atomic_fetch_add(&memory->bytes, more) + more <= memory->limit)
        return 1;
    atomic_fetch_sub(&memory->bytes, more);
    return 0;
}

static void *grown(Memory *memory, void *old, u64 old_bytes, u64 bytes)
{
    if (!allow(memory, bytes - old_bytes))
        return NULL;
    void *result = realloc(old, bytes);
    if (!result)
        atomic_fetch_sub(&memory->bytes, bytes - old_bytes);
    return advised(result, bytes);
}

static int grow_bucket(Memory *memory, Bucket *bucket)
{
    u32 room = bucket->room ? bucket->room * 2 : 16;
    u64 *at = grown(memory, bucket->at, (u64)bucket->room * ROW * 8, (u64)room * ROW * 8);
    if (!at)
        return 0;
    bucket->at = at;
    bucket->room = room;
    return 1;
}

static int grow_states(Memory *memory, Part *part, u32 room)
{
    u64 *states = grown(memory, part->states, (u64)part->room * WORDS * 8, (u64)room * WORDS * 8);
    if (!states)
        return 0;
    part->states = states;
    u32 *parents = grown(memory, part->parents, (u64)part->room * 4, (u64)room * 4);
    if (!parents) {
        atomic_fetch_sub(&memory->bytes, (u64)(room - part->room) * WORDS * 8);
        return 0;
    }
    part->parents = parents;
    part->room = room;
    return 1;
}

static inline u32 slot_value(u32 hash, u32 bits, u32 number)
{
    return (hash >> bits) << bits | (number + 1);
}

/* An index twice as large, filled again from the states. */
static int grow_index(Memory *memory, Part *part)
{
    u32 bits = part->slots ? part->slot_bits + 1 : FIRST_SLOT_BITS;
    u64 old = part->slots ? (u64)4 << part->slot_bits : 0;
    if (bits > MOST_SLOT_BITS || !allow(memory, (u64)4 << bits))
        return 0;
    u32 *slots = advised(calloc((size_t)1 << bits, 4), (size_t)4 << bits);
    if (!slots) {
        atomic_fetch_sub(&memory->bytes, (u64)4 << bits);
        return 0;
    }
    u32 mask = (1u << bits) - 1, hash[BATCH];
    for (u32 from = 0; from < part->count; from += BATCH) {
        u32 n = part->count - from < BATCH ? part->count - from : BATCH;
        for (u32 k = 0; k < n; k++) {
            hash[k] = (u32)hash_of(part->states + (u64)(from + k) * WORDS);
            __builtin_prefetch(slots + (hash[k] & mask), 1);
        }
        for (u32 k = 0; k < n; k++) {
            u32 at = hash[k] & mask;
            while (slots[at])
                at = (at + 1) & mask;
            slots[at] = slot_value(hash[k], bits, from + k);
        }
    }
    free(part->slots);
    atomic_fetch_sub(&memory->bytes, old);
    part->slots = slots;
    part->slot_bits = bits;
    return 1;
}

/* Room for `more` states: an index at most 5/8 full and their rows. */
static int reserve(Memory *memory, Part *part, u32 more)
{
    u64 need = (u64)part->count + more;
    while (!part->slots || need * 8 > (u64)5 << part->slot_bits)
        if (!grow_index(memory, part))
            return 0;
    if (need <= part->room)
        return 1;
    u64 room = need + need / 4 + 64;
    return grow_states(memory, part, (u32)room);
}

/* The slot where a look-up ends that begins at `at`: an empty one, or one with the tag of the hash. */
static inline u32 probe(const u32 *slots, u32 mask, u32 hash, u32 at)
{
    u32 slot;
    while ((slot = slots[at]) != 0 && ((slot ^ hash) & ~mask) != 0)
        at = (at + 1) & mask;
    return at;
}

/* The number of a state in its partition, or NONE. */
static u32 find(const Part *part, const u64 *s, u32 hash)
{
    if (!part->slots)
        return NONE;
    u32 mask = (1u << part->slot_bits) - 1, at = hash & mask, slot;
    while ((slot = part->slots[at = probe(part->slots, mask, hash, at)]) != 0) {
        if (same(part->states + (u64)((slot & mask) - 1) * WORDS, s))
            return (slot & mask) - 1;
        at = (at + 1) & mask;
    }
    return NONE;
}

/* Adds a state unless it is there, looking from slot `at` on; the caller has reserved room. */
static inline void insert(Part *part, u32 mask, const u64 *s, u32 hash, u32 parent, u32 at)
{
    u32 slot;
    while ((slot = part->slots[at = probe(part->slots, mask, hash, at)]) != 0) {
        if (likely(same(part->states + (u64)((slot & mask) - 1) * WORDS, s)))
            return;
        at = (at + 1) & mask;
    }
    part->slots[at] = slot_value(hash, part->slot_bits, part->count);
    for (int w = 0; w < WORDS; w++)
        part->states[(u64)part->count * WORDS + w] = s[w];
    part->parents[part->count++] = parent;
}

/*
 * Adds rows whose last word is (parent, hash). Each row passes three stations, so that the memory it needs is on its way
 * before it is used: its slot; the one state it has to be compared with, which the tag tells; the comparison.
 */
static void insert_rows(Part *part, const u64 *const *rows, u32 n)
{
    u32 mask = (1u << part->slot_bits) - 1, at[FAR], *slots = part->slots;
    for (u32 k = 0; k < n + FAR; k++) {
        if (k < n)
            __builtin_prefetch(slots + ((u32)rows[k][WORDS] & mask), 1);
        if (k >= FAR - NEAR && k < n + FAR - NEAR) {
            u32 j = k - (FAR - NEAR), hash = (u32)rows[j][WORDS];
            u32 end = probe(slots, mask, hash, hash & mask);
            at[j % FAR] = end;
            u32 slot = slots[end] & mask;
            __builtin_prefetch(part->states + (u64)(slot ? slot - 1 : part->count) * WORDS);
        }
        if (k >= FAR) {
            const u64 *row = rows[k - FAR];
            insert(part, mask, row, (u32)row[WORDS], (u32)(row[WORDS] >> 32), at[k % FAR]);
        }
    }
}
