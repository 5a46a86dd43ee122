/* Operations whose operands the program has made. */
#include "generator.h"

#include <assert.h>

/* ---- Registers and stores ------------------------------------------------------------------------------------ */

enum { ANY = 0xFFFFFFFFu };
enum { BIT8 = 1 << EMBQ_I8, BIT16 = 1 << EMBQ_I16, BIT32 = 1 << EMBQ_I32 };

/* A register of these types and that width, defined or not, other than two; EMBQ_NONE if there is none. */
static uint32_t pick(generator *g, uint32_t types, uint32_t width, int defined, uint32_t not, uint32_t nor)
{
    const uint32_t count = g->record.registers, start = choose(g, count);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t at = (start + i) % count;
        if ((types >> g->registers[at].type & 1) != 0 && (width == ANY || g->registers[at].width == width) &&
            (!defined || g->defined[at]) && at != not &&at != nor)
            return at;
    }
    return EMBQ_NONE;
}

static uint32_t width_of(const generator *g, uint32_t index) { return g->registers[index].width; }
static uint32_t taken(generator *g, uint32_t types, uint32_t width) { return pick(g, types, width, 1, ANY, ANY); }

static uint32_t given(generator *g, uint32_t types, uint32_t width, uint32_t not, uint32_t nor)
{
    return pick(g, types, width, 0, not, nor);
}

static void define(generator *g, uint32_t index)
{
    assert(index < g->record.registers);
    g->defined[index] = 1, g->skewed[index] = 0;
}

/* A store of that type and width, from a random place on, for which `fits` holds. */
static uint32_t pick_store(generator *g, uint32_t type, uint32_t width, int (*fits)(const generator *g, uint32_t at))
{
    const uint32_t count = g->record.stores, start = choose(g, count);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t at = (start + i) % count;
        if (g->stores[at].type == type && (width == ANY || g->stores[at].width == width) && fits(g, at)) return at;
    }
    return EMBQ_NONE;
}

/* A store that holds rows of that type and width. */
static uint32_t pick_rows(generator *g, uint32_t type, uint32_t width, int (*fits)(const generator *g, uint32_t at))
{
    const uint32_t count = g->record.stores, start = choose(g, count);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t at = (start + i) % count;
        const kept *k = &g->kept[at];
        if (k->full && k->type == type && (width == ANY || k->width == width) && fits(g, at)) return at;
    }
    return EMBQ_NONE;
}

int is_whole(const generator *g) { return g->positions == EMBQ_ALL || g->positions == EMBQ_BACKWARDS; }

static void emit(generator *g, uint32_t kind, const void *record, size_t size)
{
    const uint32_t count = (uint32_t)(size / 4);
    assert(g->word_count + count + 1 <= ROOM_WORDS);
    g->words[g->word_count++] = kind | (count + 1) << 16;
    memcpy(g->words + g->word_count, record, size);
    g->word_count += count;
    g->passes[g->record.passes - 1].words += count + 1;
}

#define EMIT(kind, ...) emit(g, kind, &(__VA_ARGS__), sizeof(__VA_ARGS__))

/* ---- Operations. Each gives 0 if there is nothing that it could work on. ------------------------------------- */

/* A packed table of as many rows as there are tokens, in a few classes; their rows lie in WGHT in any order. */
static embq_packed_table packed_table(generator *g, uint32_t columns, uint32_t *rows)
{
    enum { CLASSES = 5, MAX_COLUMNS = 4096 };
    int32_t classes[3 * CLASSES], shifts[MAX_COLUMNS];
    const uint32_t vocabulary = g->record.vocabulary;
    assert(columns <= MAX_COLUMNS);
    for (uint32_t i = 0; i < columns; i++) shifts[i] = (int32_t)choose(g, 255) - 127;
    if (choose(g, 3))
        for (uint32_t i = 0; i < columns; i++) shifts[i] = (int32_t)choose(g, 7) - 3;
    uint32_t count = 0, first = 0, bytes = 0;
    while (first < vocabulary) {
        const uint32_t left = vocabulary - first, size = count == CLASSES - 1 ? left : 1 + choose(g, left);
        const int32_t width = 1 + (int32_t)choose(g, 8);
        uint32_t bits = 0;
        for (uint32_t i = 0; i < columns; i++) {
            const int32_t own = width + shifts[i];
            bits += width == 8 || own > 8 ? 8 : own < 1 ? 1 : (uint32_t)own;
        }
        const uint32_t gap = choose(g, 2) * choose(g, 9);
        classes[3 * count] = (int32_t)(first + size), classes[3 * count + 1] = width;
        classes[3 * count + 2] = (int32_t)(bytes + gap);
        bytes += gap + size * ((bits + 7) / 8);
        first += size, count++;
    }
    *rows = weight_array(g, bytes);
    return (embq_packed_table){.classes = given_words(g, classes, 3 * count),
                               .count = count,
                               .shifts = given_bytes(g, shifts, columns),
                               .levels = level_array(g, EMBQ_LEVELS)};
}

int add_embed(generator *g)
{
    if (g->positions == EMBQ_ONCE) return 0;
    const uint32_t out = given(g, BIT32, ANY, ANY, ANY), width = width_of(g, out);
    const uint32_t reduced = choose(g, 2) ? 1 + choose(g, 20) : 0, columns = reduced ? reduced : width;
    embq_packed_embed p = {.embed = {.out = out, .acc = EMBQ_NONE, .reduced = reduced, .shift = any_shift(g, 1, 62)}};
    embq_embed *e = &p.embed;
    const int packed = columns <= 4 * width && choose(g, 3) == 0;
    const uint32_t vocabulary = g->record.vocabulary, length = g->record.max_length;
    if (packed) p.table = packed_table(g, columns, &e->token);
    else e->token = row_array(g, vocabulary * columns);
    e->segment = e->position = e->token_expander = e->position_expander = e->position_multiplier = EMBQ_NONE;
    if (reduced || choose(g, 4)) {
        e->rule = 1 + choose(g, 3), e->segments = e->rule == 1 ? 3 : 2;
        e->segment = bias_array(g, e->segments * width);
    }
    if (reduced || choose(g, 4)) e->position = row_array(g, length * columns);
    if (reduced) {
        e->acc = given(g, BIT32, width, out, ANY);
        if (e->acc == EMBQ_NONE) return 0;
        g->defined[e->acc] = 0;
        e->token_expander = weight_array(g, width * columns), e->position_expander = weight_array(g, width * columns);
        e->token_multiplier = table_array(g, width, 0, INT32_MAX),
        e->position_multiplier = table_array(g, width, 0, INT32_MAX);
    } else {
        e->token_multiplier = weight_numbers(g, vocabulary, 0);
        if (e->position != EMBQ_NONE) e->position_multiplier = weight_numbers(g, length, 0);
    }
    define(g, out);
    if (packed) EMIT(EMBQ_PACKED_EMBED, p);
    else EMIT(EMBQ_EMBED, *e);
    return 1;
}

static int add_norm(generator *g)
{
    const uint32_t in = taken(g, BIT32, ANY);
    if (in == EMBQ_NONE) return 0;
    const uint32_t width = width_of(g, in), out = given(g, BIT8 | BIT16, width, ANY, ANY);
    const uint64_t epsilon =
        choose(g, 3) ? 1 + any_next(g) % (uint64_t)any_number(g, 1, (int64_t)1 << 40) : 0x3FFFFFFFFFFFFFFFu;
    embq_norm n = {.in = in,
                   .out = out,
                   .centred = EMBQ_NONE,
                   .multiplier = any_multiplier(g, INT32_MAX),
                   .shift = any_shift(g, 1, 31),
                   .epsilon_low = (uint32_t)epsilon,
                   .epsilon_high = (uint32_t)(epsilon >> 32)};
    if (choose(g, 2)) {
        n.centred = given(g, BIT32, width, in, ANY);
        if (n.centred == EMBQ_NONE) return 0;
        n.mean_multiplier = any_multiplier(g, 1u << 25), n.mean_shift = any_shift(g, 1, 62);
        g->defined[n.centred] = 0;
    }
    define(g, out);
    EMIT(EMBQ_NORM, n);
    return 1;
}

static int add_linear(generator *g)
{
    const uint32_t in = taken(g, BIT8, ANY), out = given(g, BIT32, ANY, ANY, ANY);
    if (in == EMBQ_NONE) return 0;
    const uint32_t inputs = width_of(g, in), outputs = width_of(g, out);
    if (choose(g, 2)) {
        const embq_linear_record l = {in, out, weight_array(g, inputs * outputs)};
        EMIT(EMBQ_LINEAR, l);
    } else {
        const uint32_t bits = 1 + choose(g, EMBQ_MAX_PACKED);
        const embq_packed_linear l = {in, out, weight_array(g, outputs * embq_row_words(inputs, bits) * 4), bits};
        EMIT(EMBQ_PACKED_LINEAR, l);
    }
    define(g, out);
    return 1;
}

static int add_requantize(generator *g)
{
    const uint32_t in = taken(g, BIT32, ANY);
    if (in == EMBQ_NONE) return 0;
    const uint32_t width = width_of(g, in), out = given(g, BIT8, width, ANY, ANY);
    embq_requantize_record q = {.in = in, .out = out, .shift = any_shift(g, 31, 62)};
    q.bias = vector_array(g, EMBQ_BIAS_VECTOR, width, -EMBQ_MAX_BIAS, EMBQ_MAX_BIAS, &q.shift);
    q.multiplier = vector_array(g, EMBQ_FIRST_VECTOR, width, 0, INT32_MAX, &q.shift);
    EMIT(EMBQ_REQUANTIZE, q);
    define(g, out);
    return 1;
}

static int add_activate(generator *g)
{
    const uint32_t in = taken(g, BIT32, ANY);
    if (in == EMBQ_NONE) return 0;
    const uint32_t width = width_of(g, in), out = given(g, BIT8, width, ANY, ANY), bits = 1 + choose(g, 12);
    embq_activate a = {.in = in,
                       .out = out,
                       .shift = any_shift(g, 31, 62),
                       .bits = bits,
                       .zero = (uint32_t)any_number(g, 0, (1 << bits) - 1)};
    a.bias = vector_array(g, EMBQ_BIAS_VECTOR, width, -EMBQ_MAX_BIAS, EMBQ_MAX_BIAS, &a.shift);
    a.multiplier = vector_array(g, EMBQ_FIRST_VECTOR, width, 0, INT32_MAX, &a.shift);
    a.table = byte_array(g, g->tables, &g->tables_size, 1u << bits, -127, 127);
    if (choose(g, 2)) g->tables[a.table + a.zero] = 0;
    EMIT(EMBQ_ACTIVATE, a);
    define(g, out);
    g->skewed[out] = g->tables[a.table + a.zero] != 0;
    return 1;
}

static int add_combine(generator *g)
{
    const uint32_t a = taken(g, BIT16 | BIT32, ANY);
    if (a == EMBQ_NONE) return 0;
    const uint32_t width = width_of(g, a), b = choose(g, 3) ? taken(g, BIT16 | BIT32, width) : EMBQ_NONE;
    const uint32_t out = given(g, BIT32, width, b, ANY);
    embq_combine s = {.a = a, .b = b, .out = out, .shift = any_shift(g, 1, 62), .b_multiplier = EMBQ_NONE};
    s.bias = vector_array(g, EMBQ_BIAS_VECTOR, width, -EMBQ_MAX_BIAS, EMBQ_MAX_BIAS, &s.shift);
    s.a_multiplier = vector_array(g, EMBQ_FIRST_VECTOR, width, -INT32_MAX, INT32_MAX, &s.shift);
    if (b != EMBQ_NONE) s.b_multiplier = vector_array(g, EMBQ_SECOND_VECTOR, width, -INT32_MAX, INT32_MAX, &s.shift);
    EMIT(EMBQ_COMBINE, s);
    define(g, out);
    return 1;
}

static int add_rescale(generator *g)
{
    const uint32_t in = taken(g, BIT16 | BIT32, ANY);
    if (in == EMBQ_NONE) return 0;
    const uint32_t types = g->registers[in].type == EMBQ_I32 ? BIT8 | BIT16 : BIT8;
    const embq_rescale s = {in, given(g, types, width_of(g, in), ANY, ANY), any_multiplier(g, INT32_MAX),
                            any_shift(g, 1, 62)};
    EMIT(EMBQ_RESCALE, s);
    define(g, s.out);
    return 1;
}

static int is_loadable(const generator *g, uint32_t at)
{
    return g->stores[at].span == 0 && g->stores[at].groups == 1 && !g->kept[at].written;
}

int add_load(generator *g)
{
    const uint32_t type = choose(g, 2) ? EMBQ_I8 : EMBQ_I16, store = pick_rows(g, type, ANY, is_loadable);
    if (store == EMBQ_NONE || g->positions == EMBQ_ONCE) return 0;
    const embq_transfer t = {given(g, 1u << type, g->kept[store].width, ANY, ANY), store};
    if (t.row == EMBQ_NONE) return 0;
    EMIT(EMBQ_LOAD, t);
    define(g, t.row);
    g->skewed[t.row] = g->kept[store].skewed;
    g->kept[store].loaded = 1;
    return 1;
}

/* A store that no position of this pass has read in another place than its own. */
static int is_storable(const generator *g, uint32_t at)
{
    const uint32_t span = g->stores[at].span;
    return !g->kept[at].written && !g->kept[at].spread &&
           (span == 0 ? is_whole(g) : span >= EMBQ_ROWS && g->positions != EMBQ_BACKWARDS);
}

/* A store whose rows have room for the row; those that this pass has read stay in their places. */
static uint32_t roomy_store(generator *g, uint32_t row)
{
    const uint32_t count = g->record.stores, start = choose(g, count), type = g->registers[row].type;
    const uint32_t width = width_of(g, row);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t at = (start + i) % count;
        const embq_store *store = &g->stores[at];
        const int moves = g->kept[at].loaded && (g->kept[at].type != type || g->kept[at].width != width);
        if (store->span == 0 && store->type <= EMBQ_I16 && width % store->groups == 0 && !moves &&
            width * type <= store->width * store->type && is_storable(g, at))
            return at;
    }
    return EMBQ_NONE;
}

static int is_unmoved(const generator *g, uint32_t at)
{
    return is_storable(g, at) && (!g->kept[at].loaded ||
                                  (g->kept[at].type == g->stores[at].type && g->kept[at].width == g->stores[at].width));
}

static int add_store_row(generator *g)
{
    const uint32_t row = taken(g, BIT8 | BIT16, ANY);
    if (row == EMBQ_NONE || g->positions == EMBQ_ONCE || g->positions == EMBQ_AT_MASK) return 0;
    const uint32_t type = g->registers[row].type, width = width_of(g, row);
    const int reshapes = choose(g, 3) == 0 && g->reshaped < EMBQ_MAX_RESHAPED;
    const uint32_t store = reshapes ? roomy_store(g, row) : pick_store(g, type, width, is_unmoved);
    if (store == EMBQ_NONE) return 0;
    if (g->stores[store].type != type || g->stores[store].width != width) g->reshaped++;
    const embq_transfer t = {row, store};
    EMIT(EMBQ_STORE, t);
    g->kept[store].written = 1;
    g->kept[store].skewed = g->skewed[row];
    g->kept[store].type = type, g->kept[store].width = width;
    return 1;
}

/* ---- Packed rows --------------------------------------------------------------------------------------------- */

/* A store with room for a packed row; those that this pass has read stay in their places. */
static uint32_t store_for_packed(generator *g, uint32_t width, uint32_t bits)
{
    const uint32_t count = g->record.stores, start = choose(g, count);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t at = (start + i) % count;
        const embq_store *store = &g->stores[at];
        const int moves = g->kept[at].loaded && (g->kept[at].type != PACKED + bits || g->kept[at].width != width);
        if (store->span != 0 || store->type == EMBQ_I64 || (store->type == EMBQ_I32 && store->width == 1) || moves ||
            width % store->groups != 0 || !is_storable(g, at))
            continue;
        const uint32_t bytes = store->type == EMBQ_I32 ? 4 : store->type;
        if (store->groups * embq_row_words(width / store->groups, bits) * 4 <= store->width * bytes) return at;
    }
    return EMBQ_NONE;
}

static int add_pack(generator *g)
{
    const uint32_t row = taken(g, BIT8 | BIT16, ANY), bits = 1 + choose(g, EMBQ_MAX_PACKED);
    if (row == EMBQ_NONE || g->skewed[row] || !is_whole(g) || g->reshaped >= EMBQ_MAX_RESHAPED) return 0;
    const uint32_t store = store_for_packed(g, width_of(g, row), bits);
    if (store == EMBQ_NONE) return 0;
    const embq_pack p = {row, store, bits, any_multiplier(g, INT32_MAX), any_shift(g, 1, 62)};
    EMIT(EMBQ_PACK, p);
    g->reshaped++;
    g->kept[store].written = 1, g->kept[store].skewed = 0;
    g->kept[store].type = PACKED + bits, g->kept[store].width = width_of(g, row);
    return 1;
}

static int add_unpack(generator *g)
{
    const uint32_t bits = 1 + choose(g, EMBQ_MAX_PACKED), store = pick_rows(g, PACKED + bits, ANY, is_loadable);
    if (store == EMBQ_NONE || g->positions == EMBQ_ONCE) return 0;
    const embq_unpack u = {given(g, BIT8, g->kept[store].width, ANY, ANY), store, bits};
    if (u.row == EMBQ_NONE) return 0;
    EMIT(EMBQ_UNPACK, u);
    define(g, u.row);
    g->kept[store].loaded = 1;
    return 1;
}

static int is_convolved(const generator *g, uint32_t at)
{
    if (g->stores[at].groups != 1 || g->kept[at].skewed) return 0;
    const int has_own_rows = g->kept[at].type == EMBQ_I8 && g->kept[at].width == g->stores[at].width;
    return g->stores[at].span == 0 ? g->kept[at].full && has_own_rows && !g->kept[at].written
                                   : g->kept[at].written != 0;
}

static int is_convolved_whole(const generator *g, uint32_t at)
{
    return g->stores[at].span == 0 && is_convolved(g, at);
}

static int add_packed_convolve(generator *g)
{
    const uint32_t bits = choose(g, 3) ? 1 + choose(g, EMBQ_MAX_PACKED) : 8;
    const uint32_t store =
        bits == 8 ? pick_store(g, EMBQ_I8, ANY, is_convolved_whole) : pick_rows(g, PACKED + bits, ANY, is_loadable);
    if (store == EMBQ_NONE || g->positions == EMBQ_ONCE) return 0;
    const uint32_t width = bits == 8 ? g->stores[store].width : g->kept[store].width, kernel = 1 + choose(g, 40);
    const uint32_t wide = given(g, BIT32, width * 2, ANY, ANY), same = given(g, BIT32, width, ANY, ANY);
    const uint32_t out = wide != EMBQ_NONE && choose(g, 2) ? wide : same;
    if (out == EMBQ_NONE) return 0;
    const uint32_t channels = width_of(g, out), acc = given(g, BIT32, channels, out, ANY);
    const uint32_t window = bits == 8 ? EMBQ_NONE : given(g, BIT8, EMBQ_WINDOW_ROWS / 2 * width, ANY, ANY);
    if (acc == EMBQ_NONE || (bits != 8 && window == EMBQ_NONE)) return 0;
    const uint32_t taps = given(g, BIT8, (EMBQ_WINDOW_ROWS / 2 + 1) * channels, window, ANY);
    const uint32_t tap_bits = taps == EMBQ_NONE || choose(g, 2) ? 8 : 1 + choose(g, EMBQ_MAX_PACKED);
    const uint32_t bytes = tap_bits == 8 ? channels : 4 * embq_row_words(channels, tap_bits);
    const embq_packed_convolve v = {{store, out, kernel, weight_array(g, kernel * bytes)},
                                    bits,
                                    acc,
                                    window,
                                    tap_bits,
                                    tap_bits == 8 ? EMBQ_NONE : taps};
    EMIT(EMBQ_PACKED_CONVOLVE, v);
    if (g->positions == EMBQ_BACKWARDS) g->kept[store].loaded = 1;
    else g->kept[store].spread = 1;
    g->defined[acc] = 0;
    if (window != EMBQ_NONE) g->defined[window] = 0;
    if (tap_bits != 8) g->defined[taps] = 0;
    define(g, out);
    return 1;
}

/* ---- Attention ----------------------------------------------------------------------------------------------- */

static int is_attended(const generator *g, uint32_t at)
{
    return g->stores[at].span == 0 && g->stores[at].groups == g->heads && g->kept[at].full && !g->kept[at].skewed &&
           !g->kept[at].written;
}

static int is_scores(const generator *g, uint32_t at) { return g->stores[at].span == 0; }

/* An attention to stores of a type, with any numbers. */
static embq_attend any_attend(generator *g, uint32_t type, uint32_t query, uint32_t out, uint32_t acc, uint32_t keys)
{
    const embq_attend a = {.query = query,
                           .out = out,
                           .acc = acc,
                           .keys = keys,
                           .values = pick_rows(g, type, g->widths[0], is_attended),
                           .scores = pick_store(g, EMBQ_I32, 1, is_scores),
                           .heads = g->heads,
                           .ignores_pad = choose(g, 2),
                           .softmax_multiplier = any_multiplier(g, INT32_MAX),
                           .softmax_shift = any_shift(g, 1, 62),
                           .context_multiplier = any_multiplier(g, INT32_MAX),
                           .context_shift = any_shift(g, 1, 31)};
    g->kept[a.keys].spread = g->kept[a.values].spread = 1;
    return a;
}

static int add_attend(generator *g)
{
    const uint32_t query = taken(g, BIT8, g->widths[0]);
    if (query == EMBQ_NONE || g->skewed[query] || g->positions == EMBQ_ONCE) return 0;
    const uint32_t width = g->widths[0], keys = pick_rows(g, EMBQ_I8, width, is_attended);
    if (keys == EMBQ_NONE) return 0;
    const uint32_t out = given(g, BIT8, width, query, ANY), acc = given(g, BIT32, width / g->heads, ANY, ANY);
    const embq_attend a = any_attend(g, EMBQ_I8, query, out, acc, keys);
    EMIT(EMBQ_ATTEND, a);
    g->defined[acc] = 0;
    define(g, out);
    return 1;
}

static int add_packed_attend(generator *g)
{
    const uint32_t query = taken(g, BIT8, g->widths[0]), bits = 1 + choose(g, EMBQ_MAX_PACKED);
    if (query == EMBQ_NONE || g->skewed[query] || g->positions == EMBQ_ONCE) return 0;
    const uint32_t width = g->widths[0], keys = pick_rows(g, PACKED + bits, width, is_attended);
    if (keys == EMBQ_NONE) return 0;
    const uint32_t out = given(g, BIT8, width, query, ANY), acc = given(g, BIT32, width / g->heads, ANY, ANY);
    const embq_packed_attend p = {any_attend(g, PACKED + bits, query, out, acc, keys), bits};
    EMIT(EMBQ_PACKED_ATTEND, p);
    g->defined[acc] = 0;
    define(g, out);
    return 1;
}

static int add_wide_attend(generator *g)
{
    const uint32_t width = g->widths[0], query = taken(g, BIT16, width);
    if (query == EMBQ_NONE || g->positions == EMBQ_ONCE) return 0;
    const uint32_t keys = pick_rows(g, EMBQ_I16, width, is_attended), out = given(g, BIT16, width, query, ANY);
    if (keys == EMBQ_NONE || out == EMBQ_NONE) return 0;
    uint32_t least = 1;
    while (1u << (least - 1) < width / g->heads) least++;
    const embq_wide_attend a = {any_attend(g, EMBQ_I16, query, out, EMBQ_NONE, keys), least + choose(g, 32 - least)};
    EMIT(EMBQ_WIDE_ATTEND, a);
    define(g, out);
    return 1;
}

static int add_look_up(generator *g)
{
    const uint32_t out = given(g, BIT32, ANY, ANY, ANY), width = width_of(g, out), rule = 1 + choose(g, 6);
    if (g->positions == EMBQ_ONCE) return 0;
    const uint32_t rows = rule == 1   ? g->record.max_length
                          : rule == 6 ? g->record.max_length + 1
                          : rule == 5 ? 2
                                      : g->record.vocabulary;
    const embq_look_up l = {out, row_array(g, rows * width), weight_numbers(g, rows, 0), rule, any_shift(g, 1, 62)};
    EMIT(EMBQ_LOOK_UP, l);
    define(g, out);
    return 1;
}

static int add_table_norm(generator *g)
{
    const uint32_t in = taken(g, BIT32, ANY), out = given(g, BIT8 | BIT16, ANY, ANY, ANY), width = width_of(g, out);
    if (in == EMBQ_NONE || width < 5 || g->positions == EMBQ_ONCE) return 0;
    const uint32_t rule = width % 2 == 1 ? 1 : 2 + choose(g, 2), reduced = (width - (rule == 1 ? 3 : 2)) / 2;
    const uint32_t acc = given(g, BIT32, width, in, ANY), vocabulary = g->record.vocabulary;
    if (acc == EMBQ_NONE) return 0;
    embq_packed_table_norm p = {.norm = {.in = in,
                                         .out = out,
                                         .acc = acc,
                                         .reduced = reduced,
                                         .position = row_array(g, g->record.max_length * reduced),
                                         .rule = rule,
                                         .column_multiplier = table_array(g, width, 0, INT32_MAX),
                                         .column_shift = any_shift(g, 1, 62),
                                         .epsilon_low = 1 + choose(g, 1u << 20),
                                         .multiplier = any_multiplier(g, INT32_MAX),
                                         .shift = any_shift(g, 1, 31)}};
    if (choose(g, 3) == 0) {
        p.table = packed_table(g, reduced, &p.norm.token);
        EMIT(EMBQ_PACKED_TABLE_NORM, p);
    } else {
        p.norm.token = row_array(g, vocabulary * reduced);
        EMIT(EMBQ_TABLE_NORM, p.norm);
    }
    g->defined[acc] = 0;
    define(g, out);
    return 1;
}

static int add_convolve(generator *g)
{
    const uint32_t store = pick_store(g, EMBQ_I8, ANY, is_convolved);
    if (store == EMBQ_NONE || g->positions == EMBQ_ONCE) return 0;
    const uint32_t span = g->stores[store].span, width = g->stores[store].width;
    if (span != 0 && span < EMBQ_ROWS) return 0;
    const uint32_t kernel = span == 0 ? 1 + choose(g, 40) : 1 + choose(g, span - EMBQ_ROWS + 1);
    const uint32_t wide = given(g, BIT32, width * 2, ANY, ANY), same = given(g, BIT32, width, ANY, ANY);
    const uint32_t out = wide != EMBQ_NONE && choose(g, 2) ? wide : same;
    const embq_convolve_record v = {store, out, kernel, weight_array(g, kernel * width_of(g, out))};
    EMIT(EMBQ_CONVOLVE, v);
    if (span == 0 && g->positions == EMBQ_BACKWARDS) g->kept[store].loaded = 1;
    else if (span == 0) g->kept[store].spread = 1;
    define(g, out);
    return 1;
}

int add_wide_linear(generator *g)
{
    const uint32_t in = taken(g, BIT8 | BIT16 | BIT32, ANY);
    if (in == EMBQ_NONE) return 0;
    embq_wide_linear l = {.in = in, .out = EMBQ_NONE, .outputs = g->record.outputs, .shift = any_shift(g, 1, 62)};
    if (is_whole(g) || choose(g, 2)) {
        l.out = given(g, BIT32, ANY, in, ANY);
        l.outputs = width_of(g, l.out);
        define(g, l.out);
    } else {
        l.first = choose(g, g->record.outputs);
        l.outputs = 1 + choose(g, g->record.outputs - l.first);
    }
    l.weight = weight_array(g, l.outputs * width_of(g, in)), l.bias = bias_array(g, l.outputs);
    l.multiplier = table_array(g, l.outputs, 0, (1 << 18) - 1);
    EMIT(EMBQ_WIDE_LINEAR, l);
    return 1;
}

static int add_curve(generator *g)
{
    const uint32_t in = taken(g, BIT32, ANY);
    if (in == EMBQ_NONE) return 0;
    const uint32_t width = width_of(g, in), out = given(g, BIT16 | BIT32, width, in, ANY);
    const uint32_t bits = 1 + choose(g, 12), fraction = 1 + choose(g, 12);
    const int32_t limit = g->registers[out].type == EMBQ_I16 ? 32767 : EMBQ_ROW_LIMIT;
    const embq_curve v = {.in = in,
                          .out = out,
                          .bias = bias_array(g, width),
                          .multiplier = table_array(g, width, 0, INT32_MAX),
                          .shift = any_shift(g, 1, 62),
                          .zero = (uint32_t)any_number(g, 0, (1 << (bits + fraction)) - 1),
                          .table = table_array(g, (1u << bits) + 1, -limit, limit),
                          .bits = bits,
                          .fraction = fraction};
    EMIT(EMBQ_CURVE, v);
    define(g, out);
    return 1;
}

static int add_gate(generator *g)
{
    const uint32_t a = taken(g, BIT32, ANY), b = a == EMBQ_NONE ? a : taken(g, BIT16, width_of(g, a));
    if (b == EMBQ_NONE) return 0;
    const uint32_t out = given(g, BIT8 | BIT16, width_of(g, a), ANY, ANY);
    const embq_gate s = {a, b, out, any_multiplier(g, (1u << 20) - 1), any_shift(g, 1, 62)};
    EMIT(EMBQ_GATE, s);
    define(g, out);
    return 1;
}

static int is_state(const generator *g, uint32_t at) { return g->stores[at].span == 1 && !g->kept[at].written; }

static int add_scan(generator *g)
{
    const uint32_t in = taken(g, BIT16, ANY);
    if (in == EMBQ_NONE || (g->positions != EMBQ_ALL && g->positions != EMBQ_FIRST)) return 0;
    const uint32_t width = width_of(g, in), step = taken(g, BIT32, width), write = taken(g, BIT32, g->states);
    const uint32_t read = taken(g, BIT32, g->states), state = pick_store(g, EMBQ_I32, width * g->states, is_state);
    if (step == EMBQ_NONE || write == EMBQ_NONE || state == EMBQ_NONE) return 0;
    uint32_t out = EMBQ_NONE;
    for (uint32_t i = 0; i < g->record.registers; i++)
        if (g->registers[i].type == EMBQ_I32 && g->registers[i].width == width && i != step && i != write && i != read)
            out = i;
    if (out == EMBQ_NONE) return 0;
    const embq_scan s = {.in = in,
                         .step = step,
                         .write = write,
                         .read = read,
                         .out = out,
                         .state = state,
                         .rate = weight_numbers(g, width * g->states, 0),
                         .rate_shift = any_shift(g, 1, 62),
                         .input_shift = any_shift(g, 1, 40),
                         .write_multiplier = any_multiplier(g, (1u << 20) - 1),
                         .write_shift = any_shift(g, 1, 62),
                         .read_multiplier = any_multiplier(g, (1u << 20) - 1),
                         .read_shift = any_shift(g, 1, 62),
                         .skip = weight_numbers(g, width, -INT32_MAX),
                         .skip_shift = any_shift(g, 1, 62)};
    EMIT(EMBQ_SCAN, s);
    g->kept[state].written = 1;
    define(g, out);
    return 1;
}

static int is_sums(const generator *g, uint32_t at) { return g->kept[at].pool == 0; }

static int add_pool(generator *g)
{
    const uint32_t row = taken(g, BIT32, ANY), kind = 1 + choose(g, 8);
    if (row == EMBQ_NONE || g->positions != EMBQ_ALL) return 0;
    const uint32_t sums = pick_store(g, EMBQ_I64, width_of(g, row) + (kind > 2), is_sums);
    if (sums == EMBQ_NONE) return 0;
    const embq_pool p = {row, sums, kind | (kind > 2 ? choose(g, 4) << 8 : 0)};
    EMIT(EMBQ_POOL, p);
    g->kept[sums].pool = kind;
    return 1;
}

static int is_pooled(const generator *g, uint32_t at) { return g->kept[at].pool != 0; }

int add_pooled(generator *g)
{
    const uint32_t sums = pick_store(g, EMBQ_I64, ANY, is_pooled);
    if (sums == EMBQ_NONE || g->positions != EMBQ_ONCE) return 0;
    const uint32_t kind = g->kept[sums].pool, width = g->stores[sums].width - (kind > 2);
    const embq_pool p = {given(g, BIT32, width, ANY, ANY), sums, kind};
    if (p.row == EMBQ_NONE) return 0;
    EMIT(EMBQ_POOLED, p);
    define(g, p.row);
    return 1;
}

static int add_unit(generator *g)
{
    const uint32_t in = taken(g, BIT32, g->record.outputs);
    if (in == EMBQ_NONE || is_whole(g)) return 0;
    const embq_unit u = {in};
    EMIT(EMBQ_UNIT, u);
    return 1;
}

static int add_unit_row(generator *g)
{
    const uint32_t in = taken(g, BIT32, ANY);
    if (in == EMBQ_NONE) return 0;
    const embq_unit_row u = {in, given(g, BIT32, width_of(g, in), ANY, ANY)};
    EMIT(EMBQ_UNIT_ROW, u);
    define(g, u.out);
    return 1;
}

static int add_join(generator *g)
{
    const uint32_t a = taken(g, BIT32, ANY), b = taken(g, BIT32, ANY);
    if (a == EMBQ_NONE) return 0;
    const uint32_t out = given(g, BIT32, width_of(g, a) + width_of(g, b), a, b);
    if (out == EMBQ_NONE) return 0;
    const embq_join j = {a,
                         b,
                         out,
                         any_multiplier(g, INT32_MAX),
                         any_shift(g, 1, 62),
                         any_multiplier(g, INT32_MAX),
                         any_shift(g, 1, 62)};
    EMIT(EMBQ_JOIN, j);
    define(g, out);
    return 1;
}

int add_output(generator *g)
{
    const uint32_t in = taken(g, BIT8 | BIT16 | BIT32, ANY);
    if (in == EMBQ_NONE || is_whole(g)) return 0;
    const uint32_t first = choose(g, g->record.outputs), left = g->record.outputs - first, width = width_of(g, in);
    const embq_output o = {in, 1 + choose(g, left < width ? left : width), first, any_multiplier(g, INT32_MAX),
                           any_shift(g, 1, 62)};
    EMIT(EMBQ_OUTPUT, o);
    return 1;
}

static int add_tag(generator *g)
{
    const uint32_t in = taken(g, BIT32, g->record.outputs);
    if (in == EMBQ_NONE || g->positions != EMBQ_ALL || g->record.task != EMBQ_TASK_TAGS || g->has_tag) return 0;
    const embq_tag t = {in};
    EMIT(EMBQ_TAG, t);
    g->has_tag = 1;
    return 1;
}

static int (*const adders[])(generator *g) = {
    add_embed,   add_norm, add_linear,    add_linear,      add_requantize,    add_activate,      add_combine,
    add_rescale, add_load, add_store_row, add_attend,      add_attend,        add_convolve,      add_curve,
    add_gate,    add_scan, add_scan,      add_wide_linear, add_unit_row,      add_join,          add_pool,
    add_pooled,  add_unit, add_output,    add_requantize,  add_curve,         add_store_row,     add_store_row,
    add_rescale, add_norm, add_look_up,   add_wide_attend, add_wide_attend,   add_tag,           add_table_norm,
    add_pack,    add_pack, add_unpack,    add_unpack,      add_packed_attend, add_packed_attend, add_packed_convolve,
};

int add_operation(generator *g) { return adders[choose(g, sizeof adders / sizeof *adders)](g); }
