/* Whole programs, and artifacts of them. */
#include "generator.h"

#include <assert.h>
#include <stdlib.h>

/* ---- Programs ------------------------------------------------------------------------------------------------ */

/* So many of each type that every operation finds one to write, beside what it reads. */
static void add_registers(generator *g, uint32_t width)
{
    for (uint32_t type = EMBQ_I8; type <= EMBQ_I32; type++)
        for (uint32_t n = 0; n < (type == EMBQ_I32 ? 4 : 2); n++) {
            assert(g->record.registers < EMBQ_MAX_REGISTERS);
            g->registers[g->record.registers++] = (embq_register){type, width};
        }
}

static void add_store(generator *g, uint32_t type, uint32_t width, uint32_t groups, uint32_t span)
{
    assert(g->record.stores < sizeof g->stores / sizeof *g->stores);
    g->stores[g->record.stores++] = (embq_store){type, width, groups, span};
}

static void begin_pass(generator *g, uint32_t positions)
{
    g->passes[g->record.passes++] = (embq_pass){positions, 0};
    g->positions = positions;
    memset(g->defined, 0, sizeof g->defined);
}

static void end_pass(generator *g)
{
    for (uint32_t i = 0; i < g->record.stores; i++) {
        if (g->kept[i].written && is_whole(g)) g->kept[i].full = 1;
        g->kept[i].written = g->kept[i].spread = g->kept[i].loaded = 0;
    }
}

static void add_memory(generator *g)
{
    static const uint32_t widths[] = {1, 2, 3, 5, 7, 8, 15, 16, 17, 24, 31, 32, 33, 47, 64, 65, 96, 130};
    for (uint32_t i = 0; i < WIDTHS; i++) g->widths[i] = widths[choose(g, sizeof widths / sizeof *widths)];
    g->states = g->widths[1] = g->widths[1] > 33 ? 4 : g->widths[1];
    /* Heads divide the first width. */
    g->heads = 1 + choose(g, 4);
    g->widths[0] = g->widths[0] / g->heads * g->heads + (g->widths[0] < g->heads ? g->heads : 0);
    for (uint32_t i = 0; i < WIDTHS; i++) {
        const uint32_t width = g->widths[i];
        add_registers(g, width);
        for (uint32_t n = 0; n < 2; n++) add_store(g, EMBQ_I8, width, 1, 0), add_store(g, EMBQ_I16, width, 1, 0);
        add_store(g, EMBQ_I8, width, 1, EMBQ_ROWS + choose(g, 30));
        add_store(g, EMBQ_I64, width, 1, 1), add_store(g, EMBQ_I64, width + 1, 1, 1);
        add_store(g, EMBQ_I32, width * g->states, 1, 1);
    }
    for (uint32_t i = 0; i < WIDTHS; i++) {
        const uint32_t width = g->widths[i], heads = i == 0 ? g->heads : 1;
        add_store(g, EMBQ_I32, embq_row_words(width / heads, EMBQ_MAX_PACKED) * heads, heads, 0);
        if (heads > 1) add_store(g, EMBQ_I32, embq_row_words(width, EMBQ_MAX_PACKED), 1, 0);
    }
    /* The window of a convolution of packed rows, and its unpacked taps. */
    g->registers[g->record.registers++] = (embq_register){EMBQ_I8, EMBQ_WINDOW_ROWS / 2 * g->widths[0]};
    g->registers[g->record.registers++] = (embq_register){EMBQ_I8, (EMBQ_WINDOW_ROWS / 2 + 1) * g->widths[0]};
    add_registers(g, g->widths[0] / g->heads);
    add_registers(g, g->widths[0] * 2);
    add_registers(g, g->widths[0] + g->widths[1]);
    for (uint32_t n = 0; n < 3; n++) add_store(g, EMBQ_I8, g->widths[0], g->heads, 0);
    for (uint32_t n = 0; n < 2; n++) add_store(g, EMBQ_I16, g->widths[0], g->heads, 0);
    add_store(g, EMBQ_I32, 1, 1, 0);
}

static const embq_section *base_section(const uint8_t *base, uint32_t tag)
{
    const embq_header *header = (const embq_header *)(const void *)base;
    const embq_section *section = (const embq_section *)(const void *)(base + sizeof(embq_header));
    for (uint32_t i = 0; i < header->section_count; i++)
        if (section[i].tag == tag) return &section[i];
    abort();
}

static const uint32_t model_tag = EMBQ_TAG('M', 'O', 'D', 'L'), tokenizer_tag = EMBQ_TAG('T', 'O', 'K', 'N');

void begin_program(generator *g, const uint8_t *data, size_t size, const uint8_t *base)
{
    *g = (generator){.data = data, .size = size, .base = base, .state = size};
    for (size_t i = 0; i < size; i++) g->state = (g->state ^ data[i]) * 0x100000001B3u;
    const embq_model_record *record = (const void *)(base + base_section(base, model_tag)->offset);
    static const uint32_t lengths[] = {1, 2, 3, 8, 17, 33, 64, 90};
    const uint32_t length = lengths[choose(g, sizeof lengths / sizeof *lengths)];
    g->record = (embq_model_record){.task = choose(g, 4) == 0 ? EMBQ_TASK_TAGS : 2 + choose(g, 2),
                                    .vocabulary = record->vocabulary,
                                    .max_length = length,
                                    .pad = record->pad,
                                    .separator = record->separator,
                                    .mask = record->mask};
    add_memory(g);
    g->record.outputs = choose(g, 2) ? g->widths[choose(g, WIDTHS)] : 1 + choose(g, 40);

    const uint32_t passes = 2 + choose(g, 4);
    for (uint32_t p = 0; p < passes; p++) {
        /* Logits come last, of a pass that does not visit all positions. */
        const int last = p + 1 == passes;
        const uint32_t whole = choose(g, 3) == 0 ? EMBQ_BACKWARDS : EMBQ_ALL;
        begin_pass(g, last || choose(g, 6) == 0 ? EMBQ_FIRST + choose(g, 3) : whole);
        if (g->positions == EMBQ_ONCE) (void)add_pooled(g);
        else if (p == 0 || !add_load(g) || choose(g, 3) == 0) (void)add_embed(g);
        const uint32_t wanted = 4 + choose(g, 24);
        for (uint32_t n = 0, tries = 0; n < wanted && tries < 300 && g->word_count + 40 < ROOM_WORDS; tries++)
            if (g->weights_size < ROOM_ARRAYS / 2 && g->tables_size < ROOM_ARRAYS / 2) n += (uint32_t)add_operation(g);
        if (last && !add_output(g)) (void)add_wide_linear(g);
        end_pass(g);
    }
}

/* ---- Artifacts ----------------------------------------------------------------------------------------------- */

/* One number goes beyond a limit or elsewhere: a word of the program, a weight, a table's number. */
static void change(generator *g, uint8_t *program, uint32_t program_size, uint8_t *weight, uint8_t *tables_at)
{
    const uint32_t part = choose(g, 4);
    uint8_t *section = part < 2 ? program : part == 2 ? weight : tables_at;
    const uint32_t size = part < 2 ? program_size : part == 2 ? g->weights_size : g->tables_size;
    if (size < 4) return;
    uint8_t *at = section + (uint32_t)(any_next(g) % (size / 4)) * 4;
    uint32_t word;
    memcpy(&word, at, 4);
    const uint32_t values[] = {
        0, EMBQ_NONE, 0x80000000u, word + 1, word - 1, 0x40000001u, word ^ 1u << (any_next(g) % 32), 63};
    memcpy(at, &values[choose(g, sizeof values / sizeof *values)], 4);
}

uint8_t *finish_program(generator *g, int fault, size_t *size)
{
    enum { SECTIONS = 5 };
    const embq_section *tokenizer = base_section(g->base, tokenizer_tag);
    const embq_model_record *r = &g->record;
    const uint32_t tags[SECTIONS] = {model_tag, EMBQ_TAG('W', 'G', 'H', 'T'), EMBQ_TAG('T', 'A', 'B', 'L'),
                                     tokenizer_tag, EMBQ_TAG('L', 'A', 'B', 'L')};
    const uint32_t program_size =
        (uint32_t)(sizeof *r + r->registers * sizeof(embq_register) + r->stores * sizeof(embq_store) +
                   r->passes * sizeof(embq_pass) + g->word_count * 4);
    const uint32_t sizes[SECTIONS] = {program_size, g->weights_size, g->tables_size, tokenizer->size, r->outputs * 5};
    uint32_t offsets[SECTIONS], end = sizeof(embq_header) + SECTIONS * sizeof(embq_section);
    for (int i = 0; i < SECTIONS; i++) {
        offsets[i] = (end + 15u) & ~15u;
        end = offsets[i] + sizes[i];
    }
    uint8_t *blob = calloc(1, end), *at = blob + offsets[0];
    const struct {
        const void *from;
        size_t size;
    } parts[] = {{r, sizeof *r},
                 {g->registers, r->registers * sizeof(embq_register)},
                 {g->stores, r->stores * sizeof(embq_store)},
                 {g->passes, r->passes * sizeof(embq_pass)},
                 {g->words, g->word_count * 4}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; at += parts[i++].size)
        memcpy(at, parts[i].from, parts[i].size);
    memcpy(blob + offsets[1], g->weights, g->weights_size);
    memcpy(blob + offsets[2], g->tables, g->tables_size);
    memcpy(blob + offsets[3], g->base + tokenizer->offset, tokenizer->size);
    for (uint32_t i = 0; i < r->outputs; i++) {
        /* Empty labels, one after the other. */
        const uint32_t offset = r->outputs * 4 + i;
        memcpy(blob + offsets[4] + i * 4, &offset, 4);
    }
    if (fault) change(g, blob + offsets[0], program_size, blob + offsets[1], blob + offsets[2]);

    embq_header *header = (embq_header *)(void *)blob;
    embq_section *sections = (embq_section *)(void *)(blob + sizeof(embq_header));
    *header = (embq_header){.magic = EMBQ_TAG('E', 'M', 'B', 'Q'),
                            .version = EMBQ_FORMAT_VERSION,
                            .file_size = end,
                            .section_count = SECTIONS};
    for (int i = 0; i < SECTIONS; i++)
        sections[i] = (embq_section){tags[i], offsets[i], sizes[i], embq_crc32(0, blob + offsets[i], sizes[i])};
    header->checksum = embq_crc32(0, blob, sizeof(embq_header) + SECTIONS * sizeof(embq_section));
    *size = end;
    return blob;
}
