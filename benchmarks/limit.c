/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What the memory of this machine allows a search: random look-ups in a hash table of full states, and nothing else.
 *
 *     limit STATES WORDS LOOKUPS THREADS
 *
 * puts STATES distinct random keys of WORDS 64-bit words into an open-addressing table, with LOOKUPS look-ups in all, so
 * that LOOKUPS - STATES of them find a key that is there, as a search with LOOKUPS transitions does. The table has room
 * for twice the keys at least, is in memory before the clock starts, and look-ups are announced by a prefetch 32 before.
 * Threads have a table each, of their share of the keys. Prints the seconds of wall time and of processor time.
 */

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define AHEAD 32
#define MOST_WORDS 16

typedef struct {
    uint64_t *table, mask, states, lookups, seed, stored;
} Share;

static unsigned words;

/* splitmix64: key number n is the same whenever it is asked for. */
static uint64_t scramble(uint64_t n)
{
    n += 0x9e3779b97f4a7c15u;
    n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9u;
    n = (n ^ n >> 27) * 0x94d049bb133111ebu;
    return n ^ n >> 31;
}

/* Of `lookups`, evenly spread, every (lookups / states)th is a new key, the others an old one at random. */
static uint64_t key_of(const Share *share, uint64_t lookup)
{
    uint64_t now = (uint64_t)((__uint128_t)lookup * share->states / share->lookups);
    uint64_t next = (uint64_t)((__uint128_t)(lookup + 1) * share->states / share->lookups);
    if (next > now)
        return share->seed + now;
    return share->seed + (now ? scramble(~lookup) % now : 0);
}

static void *fill(void *argument)
{
    Share *share = argument;
    uint64_t numbers[AHEAD];
    for (uint64_t i = 0; i < share->lookups + AHEAD; i++) {
        if (i >= AHEAD) {
            uint64_t first = numbers[i % AHEAD], key[MOST_WORDS];
            for (unsigned w = 0; w < words; w++)
                key[w] = scramble(first + w) | 1; /* 0 marks a free place */
            uint64_t at = first & share->mask;
            uint64_t *place = share->table + at * words;
            while (*place && memcmp(place, key, words * sizeof *key)) {
                at = (at + 1) & share->mask;
                place = share->table + at * words;
            }
            if (!*place) {
                memcpy(place, key, words * sizeof *key);
                share->stored++;
            }
        }
        if (i < share->lookups) {
            numbers[i % AHEAD] = scramble(key_of(share, i));
            __builtin_prefetch(share->table + (numbers[i % AHEAD] & share->mask) * words, 1);
        }
    }
    return NULL;
}

static double seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int main(int count, char **arguments)
{
    if (count != 5)
        return 2;
    uint64_t states = strtoull(arguments[1], NULL, 10), lookups = strtoull(arguments[3], NULL, 10);
    unsigned threads = (unsigned)atoi(arguments[4]);
    words = (unsigned)atoi(arguments[2]);
    if (!states || lookups < states || !words || words > MOST_WORDS || !threads || threads > 64)
        return 2;
    Share shares[64];
    for (unsigned t = 0; t < threads; t++) {
        Share *share = shares + t;
        *share = (Share){.states = states / threads, .lookups = lookups / threads, .seed = (uint64_t)t << 48};
        share->mask = 1;
        while (share->mask < 2 * share->states)
            share->mask *= 2;
        size_t bytes = share->mask-- * words * sizeof(uint64_t);
        share->table = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (share->table == MAP_FAILED)
            return 3;
        madvise(share->table, bytes, MADV_HUGEPAGE);
        memset(share->table, 0, bytes);
    }
    pthread_t workers[64];
    double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (unsigned t = 0; t < threads; t++)
        if (pthread_create(workers + t, NULL, fill, shares + t))
            return 3;
    uint64_t stored = 0;
    for (unsigned t = 0; t < threads; t++) {
        pthread_join(workers[t], NULL);
        stored += shares[t].stored;
    }
    wall = seconds(CLOCK_MONOTONIC) - wall, cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    if (stored + threads < states) /* a share may be one short of its part */
        return 4;
    printf("%.6f %.6f\n", wall, cpu);
    return 0;
}
