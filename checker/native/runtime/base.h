/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What generated code and the search share. WORDS, EDGES, FAULTS, MOST_STEPS and MOST_SUCCESSORS come before. */

#define _GNU_SOURCE
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t u64;
typedef uint32_t u32;
typedef int64_t i64;

#ifndef FINGERPRINT /* 1: a table of 64-bit hashes of the states, of which only the last two levels are kept */
#define FINGERPRINT 0
#endif

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define ROW (WORDS + 1) /* a successor: its words, then where it came from */
#define NONE UINT32_MAX
#define EDGE_MASK 0xffffff /* in a step: instance << 24 | edge */

/* The first violation of one property: the state it happened in, the step (instance, edge) and which check failed. */
typedef struct {
    u32 found, state, step;
    int32_t check;
} Fault;

/*
 * What is noticed while states are expanded one after the other. count: of violations, for enabledness; settled: a state
 * was met in which balance is demanded; taken: edges that made a step, or a violating one.
 */
typedef struct {
    u32 count, settled;
    Fault first[FAULTS];
    unsigned char taken[EDGES];
} Faults;

__attribute__((noinline, cold)) static void report(Faults *faults, u32 property, u64 from, int32_t check)
{
    faults->count++;
    if ((u32)from != NONE)
        faults->taken[from & EDGE_MASK] = 1;
    if (!faults->first[property].found)
        faults->first[property] = (Fault){1, (u32)(from >> 32), (u32)from, check};
}

#define STEP(name) u64 *name(const u64 *restrict s, i64 me, u64 from, u64 *restrict o, Faults *faults)
typedef STEP(Step);

__attribute__((unused)) static STEP(step_none)
{
    (void)s, (void)me, (void)from, (void)faults;
    return o;
}

/* Whether an instance has a step or a violating one, before urgency. */
__attribute__((unused)) static int able(Step *step, const u64 *restrict s, i64 me)
{
    u64 rows[MOST_STEPS * ROW];
    Faults faults;
    faults.count = 0; /* the rest may hold anything: nobody reads it */
    for (u32 f = 0; f < FAULTS; f++)
        faults.first[f].found = 1;
    return step(s, me, 0, rows, &faults) != rows || faults.count != 0;
}

/* The steps of an instance without a report; NULL if one violates a check. */
__attribute__((unused)) static u64 *quietly(Step *step, const u64 *restrict s, i64 me, u64 from, u64 *restrict o)
{
    Faults faults;
    faults.count = 0; /* the rest may hold anything, as in able() */
    for (u32 f = 0; f < FAULTS; f++)
        faults.first[f].found = 1;
    u64 *end = step(s, me, from, o, &faults);
    return faults.count ? NULL : end;
}

__attribute__((unused)) static inline void put(u64 *word, u64 shift, u64 mask, u64 bits)
{
    *word = (*word & ~(mask << shift)) | bits << shift;
}

/* A cell number, or 0 for one outside its field: a wrong load must not leave the state. */
__attribute__((unused)) static inline u64 inside(i64 cell, u64 count)
{
    return (u64)cell < count ? (u64)cell : 0;
}

__attribute__((unused)) static inline i64 floor_divide(i64 a, i64 b)
{
    if (b == 0)
        return 0;
    return a / b - (a % b != 0 && (a % b < 0) != (b < 0));
}

__attribute__((unused)) static inline i64 floor_modulo(i64 a, i64 b)
{
    if (b == 0)
        return 0;
    i64 rest = a % b;
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}
