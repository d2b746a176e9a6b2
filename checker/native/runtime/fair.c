/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Fair cycles in a region of the states, without the steps that pay (that achieve a given aim).
 *
 * Weak fairness of an instance is a Buechi condition: again and again it moves or is not obliged to. A strong demand is a
 * Streett pair: if it is offered again and again, it is met again and again. The strongly connected components of the
 * region are found by Gabow's path-based algorithm; what fairness needs to know of a component (masks, joined by "or")
 * is gathered on the stack of boundaries while the component grows. A component is weakly fair if every instance moves in
 * it or is somewhere not obliged to. If it offers what it does not meet, a fair cycle can only live in its states
 * without that offer, and the same is done with these (Emerson, Lei). Every state is expanded once for each round of
 * that; there are at most as many rounds as strong demands. Memory: some words for each state of the region.
 *
 * order[s]: 0: in the region, not visited; OUTSIDE: not in it, or done with; else its place on the stack, from 1.
 */

#define OUTSIDE UINT32_MAX

typedef struct {
    u64 free, offered, moved, met;
} Masks;

/* The states from a place on the stack to the next boundary are one component so far. */
typedef struct {
    u32 first;
    Masks masks;
} Boundary;

typedef struct {
    u32 state, arrival; /* the step it was entered by */
    u64 ahead; /* where its open successors begin */
} Frame;

typedef struct {
    u32 state, step;
} Open;

/* A weakly fair component: states begin..end of the list, and what it offers and meets. */
typedef struct {
    u64 begin, end, offered, met;
} Component;

#define VECTOR(Type, Name)                                                                                             \
    typedef struct {                                                                                                   \
        Type *at;                                                                                                      \
        u64 used, room;                                                                                                \
    } Name##s;                                                                                                         \
    static int push_##Name(Live *live, Name##s *vector, Type item)                                                     \
    {                                                                                                                  \
        if (vector->used == vector->room) {                                                                            \
            u64 room = vector->room * 2 + 64;                                                                          \
            Type *at = resized(live->memory, vector->at, vector->room * sizeof(Type), room * sizeof(Type));            \
            if (!at)                                                                                                   \
                return !(live->out_of_memory = 1);                                                                     \
            vector->at = at;                                                                                           \
            vector->room = room;                                                                                       \
        }                                                                                                              \
        vector->at[vector->used++] = item;                                                                             \
        return 1;                                                                                                      \
    }

VECTOR(Boundary, boundary)
VECTOR(Frame, frame)
VECTOR(Open, open)
VECTOR(Component, component)

typedef struct Fair {
    u64 aim; /* the mask of the aim whose steps pay, or 0 */
    boundarys boundaries;
    frames path;
    opens open;
    Numbers stack; /* states of components that still grow, by position */
    Numbers members; /* states of weakly fair components */
    components weak; /* those of the whole region */
    Numbers still; /* states in which it is fair that nobody ever moves again */
    components work; /* parts of weakly fair components that are not done with; the last ends where `parts` ends */
    Numbers parts;
    Numbers best;
    u64 candidates;
    u32 best_depth, best_trapped, best_still;
} Fair;

static inline void join(Masks *to, const Masks *from)
{
    to->free |= from->free;
    to->offered |= from->offered;
    to->moved |= from->moved;
    to->met |= from->met;
}

static inline void join_step(Live *live, Fair *fair, u32 step)
{
    const Move *move = move_of(live, step);
    Masks *top = &fair->boundaries.at[fair->boundaries.used - 1].masks;
    top->moved |= move->mover;
    top->met |= move->meets;
}

/* Enters a state: its place, its masks, and the successors that may be in the region. */
static int enter(Live *live, Fair *fair, u32 state, u32 arrival, int first_time)
{
    u64 *end = expand_state(live, state, live->rows);
    u32 n = (u32)(end - live->rows) / ROW;
    Boundary boundary = {(u32)fair->stack.used + 1, {0, 0, 0, 0}};
    demands(live, live->rows, end, &boundary.masks.free, &boundary.masks.offered);
    live->order[state] = boundary.first;
    live->progress++;
    if (first_time && boundary.masks.free == live->everyone) {
        if (n == 0 && !may_stay(state_words(live->search, state)))
            live->dead = state < live->dead ? state : live->dead;
        else if (fair->aim && !push(live, &fair->still, state))
            return 0;
    }
    if (!push(live, &fair->stack, state) || !push_boundary(live, &fair->boundaries, boundary) ||
        !push_frame(live, &fair->path, (Frame){state, arrival, fair->open.used}))
        return 0;
    resolve(live->search, live->rows, n, live->found);
    for (u32 k = 0; k < n; k++)
        __builtin_prefetch(live->order + live->found[k]);
    for (u32 k = n; k-- > 0;) {
        u32 step = (u32)live->rows[(u64)k * ROW + WORDS];
        if (live->order[live->found[k]] != OUTSIDE && !(move_of(live, step)->aims & fair->aim))
            if (!push_open(live, &fair->open, (Open){live->found[k], step}))
                return 0;
    }
    return 1;
}

/* A component is complete: its states leave the stack; if it is weakly fair, it is added to `kept`. */
static int close_component(Live *live, Fair *fair, components *kept, Numbers *members)
{
    Boundary boundary = fair->boundaries.at[--fair->boundaries.used];
    const Masks *m = &boundary.masks;
    int keep = m->moved && (m->free | m->moved) == live->everyone;
    u64 begin = members->used;
    for (u64 k = boundary.first - 1; k < fair->stack.used; k++) {
        live->order[fair->stack.at[k]] = OUTSIDE;
        if (keep && !push(live, members, fair->stack.at[k]))
            return 0;
    }
    fair->stack.used = boundary.first - 1;
    return !keep || push_component(live, kept, (Component){begin, members->used, m->offered, m->met});
}

/* Follows a step inside the region: into a new state, or back to one on the stack, which closes a cycle. */
static int follow(Live *live, Fair *fair, Open next, int first_time)
{
    u32 met = live->order[next.state];
    if (met == 0)
        return enter(live, fair, next.state, next.step, first_time);
    if (met == OUTSIDE)
        return 1;
    boundarys *b = &fair->boundaries;
    for (; b->at[b->used - 1].first > met; b->used--)
        join(&b->at[b->used - 2].masks, &b->at[b->used - 1].masks);
    join_step(live, fair, next.step);
    return 1;
}

/* Adds to `kept` the weakly fair components that can be reached from a root inside the region. */
static int components_from(Live *live, Fair *fair, u32 root, int first_time, components *kept, Numbers *members)
{
    int ok = enter(live, fair, root, NONE, first_time);
    while (ok && fair->path.used && pass_goes_on(live)) {
        Frame *frame = &fair->path.at[fair->path.used - 1];
        if (fair->open.used > frame->ahead) {
            ok = follow(live, fair, fair->open.at[--fair->open.used], first_time);
            continue;
        }
        u32 arrival = frame->arrival;
        fair->path.used--;
        if (fair->boundaries.at[fair->boundaries.used - 1].first == live->order[frame->state])
            ok = close_component(live, fair, kept, members);
        else
            join_step(live, fair, arrival); /* it came back to where it was entered from */
    }
    return ok && pass_goes_on(live);
}

/* Is it the best so far? First those from which the aim cannot be achieved any more, then the nearest. */
static int propose(Live *live, Fair *fair, const u32 *states, u64 n, int still)
{
    u32 depth = NONE, trapped = fair->aim && !(live->ahead[states[0]] & fair->aim);
    for (u64 k = 0; k < n; k++) {
        u32 here = live->depth ? live->depth[states[k]] : svm_depth(live->search, states[k]);
        depth = here < depth ? here : depth;
    }
    fair->candidates++;
    int better = trapped != fair->best_trapped ? trapped > fair->best_trapped : depth < fair->best_depth;
    if (fair->candidates > 1 && !better)
        return 1;
    fair->best_depth = depth;
    fair->best_trapped = trapped;
    fair->best_still = (u32)still;
    fair->best.used = 0;
    for (u64 k = 0; k < n; k++)
        if (!push(live, &fair->best, states[k]))
            return 0;
    return 1;
}

/*
 * The weakly fair components among the states of `parts` from `begin` on, which they replace there; they are added to
 * the work. All other states are OUTSIDE.
 */
static int divide(Live *live, Fair *fair, u64 begin)
{
    u64 end = fair->parts.used, first = fair->work.used;
    for (u64 k = begin; k < end; k++)
        live->order[fair->parts.at[k]] = 0;
    for (u64 k = begin; k < end; k++)
        if (live->order[fair->parts.at[k]] == 0 &&
            !components_from(live, fair, fair->parts.at[k], 0, &fair->work, &fair->parts))
            return 0;
    memmove(fair->parts.at + begin, fair->parts.at + end, (fair->parts.used - end) * sizeof(u32));
    fair->parts.used -= end - begin;
    for (u64 c = first; c < fair->work.used; c++) {
        fair->work.at[c].begin -= end - begin;
        fair->work.at[c].end -= end - begin;
    }
    return 1;
}

/* Appends to `parts` those of n states in which nothing of `missing` is on offer; `states` may lie in `parts`. */
static int without_offer(Live *live, Fair *fair, const Numbers *list, u64 begin, u64 end, u64 missing)
{
    for (u64 k = begin; k < end; k++) {
        u32 state = list->at[k];
        u64 free, offered;
        demands(live, live->rows, expand_state(live, state, live->rows), &free, &offered);
        live->progress++;
        if (!(offered & missing) && !push(live, &fair->parts, state))
            return 0;
    }
    return 1;
}

/* Proposes every fair part of the work, to respect the strong demands in a mask. */
static int refine(Live *live, Fair *fair, u64 strong, int first_only)
{
    while (fair->work.used && pass_goes_on(live)) {
        Component part = fair->work.at[--fair->work.used];
        u64 missing = part.offered & ~part.met & strong;
        if (!missing) {
            if (!propose(live, fair, fair->parts.at + part.begin, part.end - part.begin, 0))
                return 0;
            if (first_only)
                return 1;
        }
        fair->parts.used = part.begin; /* the part was the last; what is kept of it moves to its front */
        if (missing && (!without_offer(live, fair, &fair->parts, part.begin, part.end, missing) ||
                        !divide(live, fair, part.begin)))
            return 0;
    }
    return pass_goes_on(live);
}

/* What the caller calls, after it has set the region */

/*
 * Finds the weakly fair components of the region. aim: the mask of what must not be achieved by a step; or 0, and then
 * only real cycles count, and not the states that nobody has to leave.
 */
int svm_live_weak(Live *live, u64 aim)
{
    Fair *fair = live->fair;
    fair->aim = aim;
    fair->weak.used = fair->members.used = fair->still.used = 0;
    live->dead = NONE;
    live->progress = 0;
    for (u64 number = 0; number < live->size && pass_goes_on(live); number++)
        if (live->order[number] == 0)
            components_from(live, fair, (u32)number, 1, &fair->weak, &fair->members);
    return pass_status(live);
}

/* Finds the fair sets inside them that respect the strong demands of a mask; `first_only`: any one will do. */
int svm_live_fair(Live *live, u64 strong, int first_only)
{
    Fair *fair = live->fair;
    fair->candidates = fair->best_trapped = fair->work.used = fair->parts.used = 0;
    live->progress = 0;
    for (u64 k = 0; k < fair->still.used && !(first_only && fair->candidates); k++)
        propose(live, fair, fair->still.at + k, 1, 1);
    for (u64 c = 0; c < fair->weak.used && pass_goes_on(live) && !(first_only && fair->candidates); c++) {
        Component whole = fair->weak.at[c];
        u64 missing = whole.offered & ~whole.met & strong;
        fair->work.used = fair->parts.used = 0;
        if (!missing)
            propose(live, fair, fair->members.at + whole.begin, whole.end - whole.begin, 0);
        else if (without_offer(live, fair, &fair->members, whole.begin, whole.end, missing) && divide(live, fair, 0))
            refine(live, fair, strong, first_only);
    }
    return pass_status(live);
}

/*
 * Looks for a fair set among the `most` states of the best one that are nearest to its first; if there is one, that
 * becomes the best. Short loops are looked for in small sets.
 */
int svm_live_shrink(Live *live, u64 strong, u64 most)
{
    Fair *fair = live->fair;
    Numbers whole = fair->best;
    u32 nearest = 0;
    for (u64 k = 0; k < whole.used; k++) {
        live->order[whole.at[k]] = 1;
        u32 a = live->depth ? live->depth[whole.at[k]] : svm_depth(live->search, whole.at[k]);
        u32 b = live->depth ? live->depth[whole.at[nearest]] : svm_depth(live->search, whole.at[nearest]);
        nearest = a < b ? (u32)k : nearest;
    }
    fair->work.used = fair->parts.used = 0;
    live->order[whole.at[nearest]] = 0;
    int ok = push(live, &fair->parts, whole.at[nearest]);
    for (u64 k = 0; ok && k < fair->parts.used && fair->parts.used < most; k++) {
        u32 n = (u32)(expand_state(live, fair->parts.at[k], live->rows) - live->rows) / ROW;
        resolve(live->search, live->rows, n, live->found);
        for (u32 e = 0; ok && e < n; e++) {
            u32 to = live->found[e];
            if (live->order[to] != 1 || move_of(live, (u32)live->rows[(u64)e * ROW + WORDS])->aims & fair->aim)
                continue;
            live->order[to] = 0;
            ok = push(live, &fair->parts, to);
        }
    }
    for (u64 k = 0; k < whole.used; k++)
        live->order[whole.at[k]] = OUTSIDE;
    u64 candidates = fair->candidates;
    fair->best = (Numbers){0};
    fair->candidates = 0;
    ok = ok && divide(live, fair, 0) && refine(live, fair, strong, 0);
    int shrunk = ok && fair->candidates != 0;
    drop(live, shrunk ? &whole : &fair->best);
    if (!shrunk)
        fair->best = whole;
    fair->candidates = candidates;
    return shrunk;
}

/* out: fair sets found, whether the best is trapped, whether it is a single state nobody has to leave, its size. */
void svm_live_best(const Live *live, u64 *out, const u32 **states)
{
    out[0] = live->fair->candidates;
    out[1] = live->fair->best_trapped;
    out[2] = live->fair->best_still;
    out[3] = live->fair->best.used;
    *states = live->fair->best.at;
}
