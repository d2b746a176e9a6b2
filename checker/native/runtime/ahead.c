/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * For every state the aims that are achieved in it or reachable from it: the least solution of
 *     ahead(s) = achieved in s, or by a step from s, or ahead of a successor of s
 * by sweeps over all states until nothing changes. A sweep goes from the deepest level up, so that one sweep carries
 * what lies ahead along any path that only goes deeper; each further sweep carries it over one more step back to a
 * level not deeper. A state that has every aim there is ahead of it is not looked at again. The number of sweeps is
 * bounded by the most steps back on the shortest way to an aim.
 */

static u64 achieved_in(const Live *live, const u64 *s)
{
    u64 aims = 0;
    for (u32 i = 0; i < live->instances; i++)
        aims |= live->at_location[live->places[i].table + location_of(&live->places[i], s)];
    return aims;
}

/* Carries what lies ahead of the targets of rows to their sources; 1 if something changed. */
static int carry_back(Live *live, const u64 *rows, u32 n)
{
    int changed = 0;
    resolve(live->search, rows, n, live->found);
    for (u32 k = 0; k < n; k++)
        __builtin_prefetch(live->ahead + live->found[k]);
    for (u32 k = 0; k < n; k++) {
        u64 last = rows[(u64)k * ROW + WORDS], *mine = &live->ahead[last >> 32];
        u64 more = live->ahead[live->found[k]] | move_of(live, (u32)last)->aims;
        changed |= (more & ~*mine) != 0;
        *mine |= more;
    }
    return changed;
}

static int sweep(Live *live, u64 all)
{
    int changed = 0;
    u32 n = 0;
    live->progress = 0;
    for (u64 local = live->size / PARTS; local-- > 0 && pass_goes_on(live);) {
        for (u32 p = PARTS; p-- > 0;) {
            u32 number = (u32)local * PARTS + p;
            if (local >= live->search->part[p].count || live->ahead[number] == all)
                continue;
            n = (u32)(expand_state(live, number, live->rows + (u64)n * ROW) - live->rows) / ROW;
            if (n >= MANY) {
                changed |= carry_back(live, live->rows, n);
                n = 0;
            }
        }
        live->progress += PARTS;
    }
    return carry_back(live, live->rows, n) | changed;
}

/* Fills `ahead`. conclusions[k]: the number of the aim that the conclusion of temporal property k achieves. */
int svm_live_ahead(Live *live, u32 temporals, const unsigned char *conclusions)
{
    for (u32 p = 0; p < PARTS; p++) {
        for (u32 n = 0; n < live->search->part[p].count; n++) {
            const u64 *s = live->search->part[p].states + (u64)n * WORDS;
            u64 bits = temporals ? temporal(s) : 0, aims = achieved_in(live, s);
            for (u32 k = 0; k < temporals; k++)
                aims |= (bits >> (2 * k + 1) & 1) << conclusions[k];
            live->ahead[n * PARTS + p] = aims;
        }
    }
    int changed = sweep(live, ~(u64)0);
    u64 all = 0; /* every step was seen once, so every aim there is has reached some state */
    for (u64 number = 0; number < live->size; number++)
        all |= live->ahead[number];
    while (changed && pass_goes_on(live))
        changed = sweep(live, all);
    return pass_status(live);
}

u64 svm_live_ahead_of(const Live *live, u32 number)
{
    return live->ahead[number];
}

/*
 * A state nearest to the initial ones from which not all of `aims` can be achieved, though somebody can move or nobody
 * has to; NONE if there is none.
 */
u32 svm_live_stuck(const Live *live, u64 aims)
{
    u32 best = NONE, depth = NONE;
    for (u32 p = 0; p < PARTS; p++) {
        for (u32 n = 0; n < live->search->part[p].count; n++) {
            u32 number = n * PARTS + p;
            if ((live->ahead[number] & aims) == aims)
                continue;
            u32 here = svm_depth(live->search, number);
            if (here >= depth)
                break; /* numbers of a partition are in the order of depth */
            const u64 *s = state_words(live->search, number);
            if (expand_state(live, number, live->rows) != live->rows || may_stay(s)) {
                best = number;
                depth = here;
            }
        }
    }
    return best;
}
