/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Opening and closing of a liveness check, and the sets of states that fair cycles are looked for in. */

void svm_live_close(Live *live)
{
    Fair *fair = live->fair;
    if (fair) {
        Numbers *lists[] = {&fair->stack, &fair->members, &fair->still, &fair->parts, &fair->best};
        for (u32 k = 0; k < sizeof lists / sizeof *lists; k++)
            drop(live, lists[k]);
        released(live->memory, fair->boundaries.at, fair->boundaries.room * sizeof(Boundary));
        released(live->memory, fair->path.at, fair->path.room * sizeof(Frame));
        released(live->memory, fair->open.at, fair->open.room * sizeof(Open));
        released(live->memory, fair->weak.at, fair->weak.room * sizeof(Component));
        released(live->memory, fair->work.at, fair->work.room * sizeof(Component));
        free(fair);
    }
    released(live->memory, live->ahead, live->size * 8);
    released(live->memory, live->order, live->size * 4);
    released(live->memory, live->region, live->size);
    released(live->memory, live->depth, live->size * 4);
    released(live->memory, live->before, live->size * 4);
    free(live->rows);
    free(live->found);
    free(live);
}

/* The tables have to live as long as the result; NULL if there is no memory. */
Live *svm_live_open(Search *search, u32 instances, const Move *moves, const Place *places, const u64 *at_location)
{
    u32 most = 0;
    for (u32 p = 0; p < PARTS; p++)
        most = search->part[p].count > most ? search->part[p].count : most;
    Live *live = calloc(1, sizeof *live);
    if (!live)
        return NULL;
    live->search = search;
    live->memory = &search->memory;
    live->moves = moves;
    live->places = places;
    live->at_location = at_location;
    live->instances = instances;
    live->everyone = instances == 64 ? ~(u64)0 : ((u64)1 << instances) - 1;
    live->size = (u64)most * PARTS;
    live->fair = calloc(1, sizeof *live->fair);
    live->rows = malloc((u64)(MANY + MOST_SUCCESSORS) * ROW * 8);
    live->found = malloc((u64)(MANY + MOST_SUCCESSORS) * 4);
    live->ahead = zeroed(live->memory, live->size * 8);
    live->order = zeroed(live->memory, live->size * 4);
    live->region = zeroed(live->memory, live->size);
    if (live->fair && live->rows && live->found && live->ahead && live->order && live->region)
        return live;
    svm_live_close(live);
    return NULL;
}

void svm_live_stop(Live *live)
{
    live->stop = 1;
}

u64 svm_live_progress(const Live *live)
{
    return live->progress;
}

static void forget_way(Live *live)
{
    released(live->memory, live->depth, live->size * 4);
    released(live->memory, live->before, live->size * 4);
    live->depth = live->before = NULL;
}

/* Everything is outside but what `let_in` lets in. */
static void empty_region(Live *live)
{
    memset(live->order, 0xff, live->size * 4);
    memset(live->region, 0, live->size);
}

static void let_in(Live *live, u32 number)
{
    live->order[number] = 0;
    live->region[number] = 1;
}

/* Region: the states in which an instance stands at a location whose byte in `pending` is set; returns their number. */
u64 svm_live_pending(Live *live, u32 instance, const unsigned char *pending)
{
    const Place *place = &live->places[instance];
    u64 owed = 0;
    forget_way(live);
    empty_region(live);
    for (u32 p = 0; p < PARTS; p++) {
        for (u32 n = 0; n < live->search->part[p].count; n++) {
            if (!pending[location_of(place, live->search->part[p].states + (u64)n * WORDS)])
                continue;
            let_in(live, n * PARTS + p);
            owed++;
        }
    }
    return owed;
}

/* Region: the states in which an instance could move if others did not have priority. */
void svm_live_held(Live *live, u32 instance)
{
    forget_way(live);
    empty_region(live);
    live->progress = 0;
    for (u32 p = 0; p < PARTS; p++) {
        for (u32 n = 0; n < live->search->part[p].count && pass_goes_on(live); n++, live->progress++) {
            const u64 *s = live->search->part[p].states + (u64)n * WORDS, *end;
            int moves = 0;
            if (!can_step(s, instance))
                continue;
            end = expand_state(live, n * PARTS + p, live->rows);
            for (const u64 *row = live->rows; row < end; row += ROW)
                moves |= (row[WORDS] >> 24 & 0xff) == instance;
            if (!moves)
                let_in(live, n * PARTS + p);
        }
    }
}

/* Takes a state into the way through, unless a way that is not longer is known. */
static int reach(Live *live, Numbers *list, u32 number, u32 depth, u32 before)
{
    if (live->depth[number] <= depth)
        return 1;
    live->depth[number] = depth;
    live->before[number] = before;
    return push(live, list, number);
}

static int reach_targets(Live *live, Numbers *list, u32 n, u32 depth, u64 conclusion)
{
    resolve(live->search, live->rows, n, live->found);
    for (u32 k = 0; k < n; k++)
        __builtin_prefetch(live->depth + live->found[k]);
    for (u32 k = 0; k < n; k++) {
        const u64 *row = live->rows + (u64)k * ROW;
        if (!(temporal(row) & conclusion) && !reach(live, list, live->found[k], depth, (u32)(row[WORDS] >> 32)))
            return 0;
    }
    return 1;
}

/*
 * Region: the states that a run can pass after the premise of temporal property k, without its conclusion at or after
 * it; with the shortest such way to each, by levels of its length. *seen: whether the premise is ever true.
 */
int svm_live_through(Live *live, u32 k, int *seen)
{
    u64 premise = (u64)1 << (2 * k), conclusion = premise << 1;
    Numbers now = {0}, next = {0};
    *seen = 0;
    forget_way(live);
    live->depth = zeroed(live->memory, live->size * 4);
    live->before = zeroed(live->memory, live->size * 4);
    int ok = live->depth && live->before;
    live->out_of_memory |= !ok;
    if (ok)
        memset(live->depth, 0xff, live->size * 4);
    for (u32 depth = 0; ok && (depth <= live->search->depth || now.used) && pass_goes_on(live); depth++) {
        for (u32 p = 0; p < PARTS && depth <= live->search->depth; p++) {
            u32 from, to;
            level_of(live->search, p, depth, &from, &to);
            for (u32 n = from; ok && n < to; n++) {
                u64 bits = temporal(live->search->part[p].states + (u64)n * WORDS);
                *seen |= (bits & premise) != 0;
                if ((bits & premise) && !(bits & conclusion))
                    ok = reach(live, &now, n * PARTS + p, depth, NONE);
            }
        }
        u32 n = 0;
        for (u64 i = 0; ok && i < now.used; i++) {
            n = (u32)(expand_state(live, now.at[i], live->rows + (u64)n * ROW) - live->rows) / ROW;
            if (n < MANY && i + 1 < now.used)
                continue;
            ok = reach_targets(live, &next, n, depth + 1, conclusion);
            n = 0;
        }
        Numbers swap = now;
        now = next;
        next = swap;
        next.used = 0;
    }
    drop(live, &now);
    drop(live, &next);
    empty_region(live);
    for (u64 number = 0; ok && number < live->size; number++)
        if (live->depth[number] != NONE)
            let_in(live, (u32)number);
    return pass_status(live);
}

/* out: the number of states in the region, and of those from which the aim cannot be achieved. */
void svm_live_region(const Live *live, u64 aim, u64 *out)
{
    out[0] = out[1] = 0;
    for (u64 number = 0; number < live->size; number++) {
        out[0] += live->region[number];
        out[1] += live->region[number] && !(live->ahead[number] & aim);
    }
}

/* The first deadlock in the region that was searched last; NONE */
u32 svm_live_deadlock(const Live *live)
{
    return live->dead;
}

/* The length of the way to a state, and the state before it on the way through (NONE where that begins). */
u32 svm_live_way(const Live *live, u32 number, u32 *before)
{
    *before = live->before ? live->before[number] : NONE;
    return live->depth ? live->depth[number] : svm_depth(live->search, number);
}

/* The successors of a state: (number, step) pairs; returns how many. Room for MOST_SUCCESSORS is needed. */
u32 svm_live_successors(Live *live, u32 number, u32 *pairs)
{
    u32 n = (u32)(expand_state(live, number, live->rows) - live->rows) / ROW;
    resolve(live->search, live->rows, n, live->found);
    for (u32 k = 0; k < n; k++) {
        pairs[2 * k] = live->found[k];
        pairs[2 * k + 1] = (u32)live->rows[(u64)k * ROW + WORDS];
    }
    return n;
}
