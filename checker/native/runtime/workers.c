/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Threads that share out the partitions of one half round. Who takes which does not matter to the result. */

#include <pthread.h>
#include <sched.h>

#ifndef SMALL /* states in a round below which waking threads costs more than they save */
#define SMALL 2048
#endif
#define SPINS 4096 /* looks for new work before a thread goes to sleep */

struct Pool {
    Search *search;
    Half *half;
    _Atomic u32 next, busy, generation;
    int closing;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    u32 threads;
    struct {
        Pool *pool;
        u32 worker;
        pthread_t thread;
    } member[PARTS];
};

static void share(Pool *pool, u32 worker)
{
    for (u32 p; (p = atomic_fetch_add(&pool->next, 1)) < PARTS;)
        pool->half(pool->search, p, worker);
}

static void *worker_main(void *argument)
{
    Pool *pool = *(Pool **)argument;
    u32 worker = (u32)(((char *)argument - (char *)pool->member) / (long)sizeof pool->member[0]);
    for (u32 seen = 0;;) {
        for (u32 spin = 0; spin < SPINS && pool->generation == seen; spin++)
            if (spin % 64 == 63)
                sched_yield();
        if (pool->generation == seen) {
            pthread_mutex_lock(&pool->lock);
            while (pool->generation == seen)
                pthread_cond_wait(&pool->wake, &pool->lock);
            pthread_mutex_unlock(&pool->lock);
        }
        seen = pool->generation;
        if (pool->closing)
            return NULL;
        share(pool, worker);
        atomic_fetch_sub(&pool->busy, 1);
    }
}

static void wake_all(Pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    atomic_fetch_add(&pool->generation, 1);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
}

/* Starts the threads at the first round that is worth it. Without them the caller does all the work alone. */
static Pool *pool_of(Search *search)
{
    if (search->pool)
        return search->pool;
    Pool *pool = search->pool = calloc(1, sizeof *pool);
    if (!pool)
        return NULL;
    pool->search = search;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    for (u32 w = 1; w < search->workers; w++) {
        pool->member[w].pool = pool;
        pool->member[w].worker = w;
        if (pthread_create(&pool->member[w].thread, NULL, worker_main, &pool->member[w]))
            break;
        pool->threads++;
    }
    return pool;
}

static void for_all_parts(Search *search, Half *half, u64 work)
{
    Pool *pool = search->workers > 1 && work >= SMALL ? pool_of(search) : NULL;
    if (!pool) {
        for (u32 p = 0; p < PARTS; p++)
            half(search, p, 0);
        return;
    }
    pool->half = half;
    pool->next = 0;
    pool->busy = pool->threads;
    wake_all(pool);
    share(pool, 0);
    while (pool->busy)
        sched_yield();
}

static void stop_workers(Search *search)
{
    Pool *pool = search->pool;
    if (!pool)
        return;
    pool->closing = 1;
    wake_all(pool);
    for (u32 w = 1; w <= pool->threads; w++)
        pthread_join(pool->member[w].thread, NULL);
    pthread_mutex_destroy(&pool->lock);
    pthread_cond_destroy(&pool->wake);
    free(pool);
}
