/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Memory that grows. All of it is counted, and refused beyond a limit as if the system had none. Large pieces are mapped
 * in large pages where the system has them, for the tables are read at random, and grow without being copied.
 */

#ifdef __linux__
#include <sys/mman.h>
#endif

#define MAPPED ((u64)1 << 18)
#define HUGE_PAGE ((u64)2 << 20)

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

#ifdef __linux__

/* All of a piece is advised, for a mapping that is advised in parts could not be moved as one. */
static void *advised(void *mapped, u64 bytes)
{
    if (bytes >= HUGE_PAGE)
        madvise(mapped, bytes, MADV_HUGEPAGE);
    return mapped;
}

static void *raw_resize(void *old, u64 old_bytes, u64 bytes)
{
    if (bytes < MAPPED)
        return realloc(old, bytes);
    void *result = old_bytes < MAPPED
                       ? mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                       : mremap(old, old_bytes, bytes, MREMAP_MAYMOVE);
    if (result == MAP_FAILED)
        return NULL;
    if (old && old_bytes < MAPPED) {
        memcpy(result, old, old_bytes);
        free(old);
    }
    return advised(result, bytes);
}

static void raw_free(void *old, u64 bytes)
{
    if (bytes < MAPPED)
        free(old);
    else
        munmap(old, bytes);
}

static void *raw_zeroed(u64 bytes)
{
    return bytes < MAPPED ? calloc(bytes, 1) : raw_resize(NULL, 0, bytes);
}

#else

static void *raw_resize(void *old, u64 old_bytes, u64 bytes)
{
    (void)old_bytes;
    return realloc(old, bytes);
}

static void raw_free(void *old, u64 bytes)
{
    (void)bytes;
    free(old);
}

static void *raw_zeroed(u64 bytes)
{
    return calloc(bytes, 1);
}

#endif

/* NULL if refused; then the old piece is as it was. */
static void *resized(Memory *memory, void *old, u64 old_bytes, u64 bytes)
{
    if (!allow(memory, bytes - old_bytes))
        return NULL;
    void *result = raw_resize(old, old_bytes, bytes);
    if (!result)
        atomic_fetch_sub(&memory->bytes, bytes - old_bytes);
    return result;
}

static void *zeroed(Memory *memory, u64 bytes)
{
    void *result = allow(memory, bytes) ? raw_zeroed(bytes) : NULL;
    return result;
}

static void released(Memory *memory, void *old, u64 bytes)
{
    if (!old)
        return;
    raw_free(old, bytes);
    atomic_fetch_sub(&memory->bytes, bytes);
}
