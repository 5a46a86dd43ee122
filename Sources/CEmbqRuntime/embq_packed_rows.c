/* SPDX-License-Identifier: Apache-2.0 */
/* Stores whose rows have few bits, packed as the rows of a matrix: less memory for what the positions of a sentence
 * must remember. */
#include "embq_program.h"

/* What makes numbers of codes is the same for all columns: the sums begin with its product. */
static void begin_sums(const int8_t *input, uint32_t inputs, uint32_t offset, uint32_t outputs, int32_t *acc)
{
    int32_t sum = 0;
    for (uint32_t i = 0; i < inputs; i++) sum += input[i];
    for (uint32_t o = 0; o < outputs; o++) acc[o] = -(int32_t)offset * sum;
}

void embq_packed_product(const uint32_t *words, uint32_t bits, uint32_t outputs, uint32_t inputs, const int8_t *input,
                         uint32_t rows, int32_t *acc)
{
    const uint32_t stride = embq_row_words(inputs, bits);
    for (uint32_t r = 0; r < rows; r++)
        begin_sums(input + (size_t)r * inputs, inputs, embq_code_offset(bits), outputs, acc + (size_t)r * outputs);
    if (bits < EMBQ_MAX_PACKED) {
        embq_add_codes(words, stride, bits, bits <= 3 ? 1 : 0, outputs, inputs, input, rows, acc);
        return;
    }
    embq_add_codes(words, stride, EMBQ_UPPER_BITS, EMBQ_LOWER_BITS, outputs, inputs, input, rows, acc);
    embq_add_codes(words + embq_part_words(inputs, EMBQ_UPPER_BITS), stride, EMBQ_LOWER_BITS, 0, outputs, inputs, input,
                   rows, acc);
}

/* ---- PACK ---------------------------------------------------------------------------------------------------- */

static int check_pack(embq_checker *c, const void *record)
{
    const embq_pack *p = record;
    const uint32_t width = embq_takes(c, p->row, 1u << EMBQ_I8 | 1u << EMBQ_I16);
    if (width == 0 || p->store >= c->record->stores || !embq_within(p->bits, 1, EMBQ_MAX_PACKED) ||
        p->multiplier > INT32_MAX || !embq_within(p->shift, 1, 62) || !embq_is_symmetric(c, p->row))
        return 0;
    const embq_store *store = &c->stores[p->store];
    if (width % store->groups != 0 || width > EMBQ_MAX_WIDTH || store->span != 0) return 0;
    return embq_writes(c, p->store, embq_packed_shape(p->bits, width),
                       store->groups * embq_row_words(width / store->groups, p->bits) * 4);
}

static uint32_t code_of(const embq_pack *p, int32_t x)
{
    const int64_t half = p->bits <= 3 ? 0 : (int64_t)1 << (p->shift - 1);
    const int64_t place = (((int64_t)x * (int32_t)p->multiplier + half) >> p->shift) + (1 << (p->bits - 1));
    return (uint32_t)embq_clip(place, 0, (1 << p->bits) - 1);
}

/* The next words of a row, which are 0: `bits` bits of each code, those from bit `from` on. */
static uint32_t *put_codes(const embq_run *run, const embq_pack *p, uint32_t first, uint32_t count, uint32_t from,
                           uint32_t bits, uint32_t *words)
{
    const uint32_t codes = embq_codes_of_word(bits), mask = (1u << bits) - 1;
    const int is_short = run->registers[p->row].type == EMBQ_I16;
    for (uint32_t i = 0, place = 0; i < count; i++, place = place + 1 < codes ? place + 1 : 0) {
        const int32_t x = is_short ? embq_i16(run, p->row)[first + i] : embq_i8(run, p->row)[first + i];
        if (place == 0) words++;
        words[-1] |= (code_of(p, x) >> from & mask) << (place / 2 * bits + (place % 2 != 0 ? 16 : 0));
    }
    return words;
}

static void run_pack(const embq_run *run, const void *record)
{
    const embq_pack *p = record;
    const uint32_t width = embq_width(run, p->row), groups = embq_stores(run->model->record)[p->store].groups;
    const uint32_t part = width / groups, stride = embq_row_words(part, p->bits);
    for (uint32_t r = 0; r < run->count; r++)
        for (uint32_t g = 0; g < groups; g++) {
            const uint32_t first = r * width + g * part;
            uint32_t *words =
                (uint32_t *)embq_store_at(run, p->store) + ((size_t)g * run->tokens + run->first + r) * stride;
            /* Rows of another type may have been there: what is set byte by byte takes the words' type. */
            memset(words, 0, stride * sizeof *words);
            if (p->bits < EMBQ_MAX_PACKED) {
                put_codes(run, p, first, part, 0, p->bits, words);
            } else {
                words = put_codes(run, p, first, part, EMBQ_LOWER_BITS, EMBQ_UPPER_BITS, words);
                put_codes(run, p, first, part, 0, EMBQ_LOWER_BITS, words);
            }
        }
}

const embq_operation embq_operation_pack = {sizeof(embq_pack) / 4, check_pack, run_pack};

/* ---- UNPACK -------------------------------------------------------------------------------------------------- */

/* out[i] += code[i] << shift */
static void add_codes_to_row(const uint32_t *words, uint32_t bits, uint32_t shift, uint32_t width, int8_t *out)
{
    const uint32_t codes = embq_codes_of_word(bits), mask = (1u << bits) - 1;
    for (uint32_t first = 0; first < width; first += codes) {
        const uint32_t end = width - first < codes ? width : first + codes;
        uint32_t word = *words++;
        for (uint32_t i = first; i < end; i++) {
            out[i] = (int8_t)(out[i] + (int32_t)((i % 2 == 0 ? word & mask : word >> 16 & mask) << shift));
            if (i % 2 != 0) word >>= bits;
        }
    }
}

void embq_unpack_codes(const uint32_t *words, uint32_t bits, uint32_t width, int8_t *out)
{
    for (uint32_t i = 0; i < width; i++) out[i] = (int8_t) - (int32_t)embq_code_offset(bits);
    if (bits < EMBQ_MAX_PACKED) {
        add_codes_to_row(words, bits, bits <= 3 ? 1 : 0, width, out);
    } else {
        add_codes_to_row(words, EMBQ_UPPER_BITS, EMBQ_LOWER_BITS, width, out);
        add_codes_to_row(words + embq_part_words(width, EMBQ_UPPER_BITS), EMBQ_LOWER_BITS, 0, width, out);
    }
}

static int check_unpack(embq_checker *c, const void *record)
{
    const embq_unpack *u = record;
    if (u->row >= c->record->registers || c->positions == EMBQ_ONCE || !embq_within(u->bits, 1, EMBQ_MAX_PACKED))
        return 0;
    const uint32_t width = c->registers[u->row].width;
    if (width > EMBQ_MAX_WIDTH || !embq_holds_packed(c, u->store, u->bits, width, 1) ||
        (c->state[u->store] & EMBQ_STORE_WRITTEN) != 0 || !embq_gives(c, u->row, EMBQ_I8, width))
        return 0;
    c->state[u->store] |= EMBQ_STORE_LOADED;
    return 1;
}

static void run_unpack(const embq_run *run, const void *record)
{
    const embq_unpack *u = record;
    const uint32_t width = embq_width(run, u->row), stride = embq_row_words(width, u->bits);
    const uint32_t *words = (const uint32_t *)embq_store_at(run, u->store) + (size_t)run->first * stride;
    for (uint32_t r = 0; r < run->count; r++)
        embq_unpack_codes(words + (size_t)r * stride, u->bits, width, embq_i8(run, u->row) + (size_t)r * width);
}

const embq_operation embq_operation_unpack = {sizeof(embq_unpack) / 4, check_unpack, run_unpack};
