/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What generated code needs to find canonical representatives; the argument is in spaces.py. */

/* Sorts `n` rows of `width` words; returns whether any moved. */
__attribute__((unused)) static int sort_members(u64 *rows, u32 n, u32 width)
{
    int moved = 0;
    for (u32 k = 1; k < n; k++) {
        for (u32 at = k; at > 0; at--) {
            u64 *low = rows + (at - 1) * width, *high = low + width;
            u32 w = 0;
            while (w < width && low[w] == high[w])
                w++;
            if (w == width || low[w] < high[w])
                break;
            for (w = 0; w < width; w++) {
                u64 kept = low[w];
                low[w] = high[w];
                high[w] = kept;
            }
            moved = 1;
        }
    }
    return moved;
}

/*
 * All renamings of some cells. Cell k of image i is cell origin[i * cells + k], its value renamed by map_of[k]: a map
 * has, for each image, `sizes` entries: the new value of each value, or the new bit of each bit of a set.
 */
typedef struct {
    u32 cells, images;
    const unsigned short *origin;
    const signed char *map_of; /* -1: values stay */
    const unsigned short *const *maps;
    const unsigned short *sizes;
    const unsigned char *of_sets;
} Images;

static inline u64 renamed(const Images *all, u32 map, u32 image, u64 value)
{
    const unsigned short *to = all->maps[map] + image * all->sizes[map];
    u64 result = 0;
    if (!all->of_sets[map])
        return to[value];
    for (u64 rest = value; rest; rest &= rest - 1)
        result |= (u64)1 << to[__builtin_ctzll(rest)];
    return result;
}

/* Replaces the cells by the least of their images. */
__attribute__((unused)) static void least_image(const Images *all, u64 *cells)
{
    u64 image[all->cells], best[all->cells];
    memcpy(best, cells, sizeof best);
    for (u32 i = 0; i < all->images; i++) {
        int less = 0;
        u32 k = 0;
        for (; k < all->cells; k++) {
            u64 value = cells[all->origin[i * all->cells + k]];
            if (all->map_of[k] >= 0)
                value = renamed(all, (u32)all->map_of[k], i, value);
            if (!less && value > best[k])
                break;
            less |= value < best[k];
            image[k] = value;
        }
        if (less && k == all->cells)
            memcpy(best, image, sizeof best);
    }
    memcpy(cells, best, sizeof best);
}
