/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Fingerprints: the hash of a state, that of a number, and how near two of them ever came to each other. */

/* Whether the table holds fingerprints in the place of states. */
int svm_compact(void)
{
    return FINGERPRINT;
}

u64 svm_hash(const u64 *words)
{
    return hash_of(words);
}

u64 svm_print(const Search *search, u32 number)
{
    const Part *part = &search->part[number % PARTS];
    return hash_of_key(part->KEYS + (u64)(number / PARTS) * KEY_WORDS);
}

static int by_size(const void *a, const void *b)
{
    u64 x = *(const u64 *)a, y = *(const u64 *)b;
    return (x > y) - (x < y);
}

/* The least distance between two fingerprints; 0 if there are fewer than two, or no memory to sort them. */
u64 svm_closest(const Search *search)
{
    u64 least = ~(u64)0, last = 0, seen = 0;
    for (u32 p = 0; p < PARTS; p++) { /* a partition is a range of hashes, so that sorting each sorts all */
        const Part *part = &search->part[p];
        u64 *sorted = malloc((u64)part->count * 8 + 8);
        if (!sorted)
            return 0;
        for (u32 n = 0; n < part->count; n++)
            sorted[n] = hash_of_key(part->KEYS + (u64)n * KEY_WORDS);
        qsort(sorted, part->count, 8, by_size);
        for (u32 n = 0; n < part->count; n++, seen++) {
            if (seen && sorted[n] - last < least)
                least = sorted[n] - last;
            last = sorted[n];
        }
        free(sorted);
    }
    return seen < 2 ? 0 : least;
}
