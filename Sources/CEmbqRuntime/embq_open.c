/* SPDX-License-Identifier: Apache-2.0 */
/* Opening an artifact: everything that inference later trusts is checked here, once. */
#include "embq_program.h"

/* An artifact's bytes: in one piece, or the header with the section table and each section apart. */
typedef struct embq_source {
    const uint8_t *head;
    size_t size;              /* of the whole artifact, or of header and table */
    const embq_piece *pieces; /* [count] by section; null where all is in one piece */
    uint32_t count;
} embq_source;

/* A section that was found and checked. */
typedef struct embq_part {
    const uint8_t *bytes;
    uint32_t size;
} embq_part;

/* The sections that running a model needs, and those that it may have. */
typedef struct embq_sections {
    embq_part model, weights, tables, tokenizer, labels, checks;
} embq_sections;

static int is_little_endian(void)
{
    const uint32_t one = 1;
    return *(const uint8_t *)&one == 1;
}

static embq_status check_header(const embq_source *source)
{
    if (source->size < sizeof(embq_header)) return EMBQ_ERROR_TRUNCATED;
    const embq_header *header = (const embq_header *)(const void *)source->head;
    const size_t size = source->pieces == NULL ? source->size : header->file_size;
    if (header->magic != EMBQ_TAG('E', 'M', 'B', 'Q')) return EMBQ_ERROR_MAGIC;
    if (header->version != EMBQ_FORMAT_VERSION) return EMBQ_ERROR_VERSION;
    if (header->file_size > size) return EMBQ_ERROR_TRUNCATED;
    if (header->file_size != size || header->section_count > EMBQ_MAX_SECTIONS) return EMBQ_ERROR_LAYOUT;
    const size_t table_end = sizeof(embq_header) + header->section_count * sizeof(embq_section);
    if (table_end > source->size || table_end > size) return EMBQ_ERROR_TRUNCATED;
    if (source->pieces != NULL && (table_end != source->size || header->section_count != source->count))
        return EMBQ_ERROR_LAYOUT;
    const embq_header blank = {.magic = header->magic,
                               .version = header->version,
                               .file_size = header->file_size,
                               .section_count = header->section_count,
                               .reserved = {header->reserved[0], header->reserved[1], header->reserved[2]}};
    uint32_t crc = embq_crc32(0, (const uint8_t *)&blank, sizeof blank);
    crc = embq_crc32(crc, source->head + sizeof blank, table_end - sizeof blank);
    if (crc != header->checksum) return EMBQ_ERROR_CHECKSUM;
    return header->reserved[0] == 0 && header->reserved[1] == 0 && header->reserved[2] == 0 ? EMBQ_OK
                                                                                            : EMBQ_ERROR_LAYOUT;
}

static embq_part *slot(embq_sections *sections, uint32_t tag)
{
    switch (tag) {
    case EMBQ_TAG('M', 'O', 'D', 'L'): return &sections->model;
    case EMBQ_TAG('W', 'G', 'H', 'T'): return &sections->weights;
    case EMBQ_TAG('T', 'A', 'B', 'L'): return &sections->tables;
    case EMBQ_TAG('T', 'O', 'K', 'N'): return &sections->tokenizer;
    case EMBQ_TAG('L', 'A', 'B', 'L'): return &sections->labels;
    case EMBQ_TAG('C', 'H', 'E', 'K'): return &sections->checks;
    default: return NULL; /* for tools */
    }
}

/* A section of its own: as long as the table says, aligned, with its checksum. One for tools may be left out. */
static embq_status check_piece(const embq_piece *piece, const embq_section *section, int is_needed)
{
    if (piece->bytes == NULL) return is_needed ? EMBQ_ERROR_ARGUMENT : EMBQ_OK;
    if (!embq_is_aligned(piece->bytes)) return EMBQ_ERROR_ALIGNMENT;
    if (piece->size < section->size) return EMBQ_ERROR_TRUNCATED;
    if (piece->size > section->size) return EMBQ_ERROR_LAYOUT;
    return embq_crc32(0, piece->bytes, section->size) == section->checksum ? EMBQ_OK : EMBQ_ERROR_CHECKSUM;
}

/* A section behind the one that ends at `end`. */
static embq_status check_section(const uint8_t *blob, const embq_section *section, uint32_t end)
{
    for (uint32_t at = end; at < section->offset; at++)
        if (blob[at] != 0) return EMBQ_ERROR_LAYOUT;
    return embq_crc32(0, blob + section->offset, section->size) == section->checksum ? EMBQ_OK : EMBQ_ERROR_CHECKSUM;
}

/* Sections stand in ascending order, aligned, with less than EMBQ_ALIGNMENT zero bytes between them, up to the end. */
static embq_status check_sections(const embq_source *source, embq_sections *found)
{
    const embq_header *header = (const embq_header *)(const void *)source->head;
    const embq_section *table = (const embq_section *)(const void *)(source->head + sizeof(embq_header));
    uint32_t end = (uint32_t)(sizeof(embq_header) + header->section_count * sizeof(embq_section));
    for (uint32_t i = 0; i < header->section_count; i++) {
        const embq_section *section = &table[i];
        if (section->offset % EMBQ_ALIGNMENT != 0 || section->offset < end || section->offset - end >= EMBQ_ALIGNMENT ||
            section->offset > header->file_size || section->size > header->file_size - section->offset)
            return EMBQ_ERROR_LAYOUT;
        embq_part *known = slot(found, section->tag);
        const embq_status status = source->pieces != NULL ? check_piece(&source->pieces[i], section, known != NULL)
                                                          : check_section(source->head, section, end);
        if (status != EMBQ_OK) return status;
        for (uint32_t j = 0; j < i; j++)
            if (table[j].tag == section->tag) return EMBQ_ERROR_LAYOUT;
        if (known != NULL) {
            known->bytes = source->pieces != NULL ? source->pieces[i].bytes : source->head + section->offset;
            known->size = section->size;
        }
        end = section->offset + section->size;
    }
    const int complete = found->model.bytes != NULL && found->weights.bytes != NULL && found->tables.bytes != NULL &&
                         found->tokenizer.bytes != NULL && found->labels.bytes != NULL;
    return end == header->file_size && complete ? EMBQ_OK : EMBQ_ERROR_LAYOUT;
}

/* LABL: uint32 offsets of `count` texts, each ended by a NUL inside the section. They stand one behind the other: no
 * text is part of another, so that all of them together are no larger than the section. */
static embq_status check_labels(const uint8_t *labels, uint32_t size, uint32_t count)
{
    if (count > size / sizeof(uint32_t) || labels[size - 1] != 0) return EMBQ_ERROR_MODEL;
    uint32_t lowest = count * (uint32_t)sizeof(uint32_t);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t offset = embq_u32(labels, i * 4);
        if (offset < lowest || offset >= size || (i > 0 && labels[offset - 1] != 0)) return EMBQ_ERROR_MODEL;
        lowest = offset + 1;
    }
    return EMBQ_OK;
}

static int range_inside(uint32_t offset, uint64_t bytes, uint32_t alignment, uint32_t size)
{
    return offset % alignment == 0 && offset <= size && bytes <= size - offset;
}

/* CHEK: a count, records, and what they point to, which together is no larger than the section. */
static embq_status check_vectors(const uint8_t *checks, uint32_t size, const embq_model_record *record)
{
    if (size < 4) return EMBQ_ERROR_LAYOUT;
    const uint32_t count = embq_u32(checks, 0);
    if (count > (size - 4) / sizeof(embq_check_record)) return EMBQ_ERROR_LAYOUT;
    const embq_check_record *records = (const embq_check_record *)(const void *)(checks + 4);
    uint64_t used = 4 + (uint64_t)count * sizeof(embq_check_record);
    for (uint32_t i = 0; i < count; i++) {
        const embq_check_record *r = &records[i];
        if (!range_inside(r->text, r->text_size, 1, size) || r->id_count == 0 || r->id_count > record->max_length ||
            !range_inside(r->ids, (uint64_t)r->id_count * 2, 2, size) ||
            !range_inside(r->logits, (uint64_t)record->outputs * 4, 4, size))
            return EMBQ_ERROR_LAYOUT;
        used += r->text_size + (uint64_t)r->id_count * 2 + (uint64_t)record->outputs * 4;
    }
    return used <= size ? EMBQ_OK : EMBQ_ERROR_LAYOUT;
}

static embq_status open_source(embq_model *model, const embq_source *source, const embq_parts *parts)
{
    if (!is_little_endian()) return EMBQ_ERROR_ENDIAN;
    if (!embq_is_aligned(source->head)) return EMBQ_ERROR_ALIGNMENT;
    embq_sections s = {{0}, {0}, {0}, {0}, {0}, {0}};
    embq_status status = check_header(source);
    if (status == EMBQ_OK) status = check_sections(source, &s);
    if (status != EMBQ_OK) return status;

    const embq_model_record *record = (const embq_model_record *)(const void *)s.model.bytes;
    status = embq_program_check(record, s.model.size, s.weights.bytes, s.weights.size, s.tables.bytes, s.tables.size,
                                parts->operations, parts->operation_count);
    if (status == EMBQ_OK) status = check_labels(s.labels.bytes, s.labels.size, record->outputs);
    if (status == EMBQ_OK && s.checks.bytes != NULL) status = check_vectors(s.checks.bytes, s.checks.size, record);
    embq_tokenizer tokenizer;
    if (status == EMBQ_OK) status = embq_tokenizer_open_with(&tokenizer, s.tokenizer.bytes, s.tokenizer.size, parts);
    if (status != EMBQ_OK) return status;
    if (tokenizer.vocabulary > record->vocabulary) return EMBQ_ERROR_TOKENIZER;

    *model = (embq_model){.weights = s.weights.bytes,
                          .tables = s.tables.bytes,
                          .labels = s.labels.bytes,
                          .checks = s.checks.bytes,
                          .record = record,
                          .operations = parts->operations,
                          .tokenizer = tokenizer};
    return EMBQ_OK;
}

static int is_complete(const embq_parts *parts)
{
    return parts != NULL && parts->operations != NULL && parts->tokenizers != NULL;
}

embq_status embq_open_with(embq_model *model, const void *blob, size_t size, const embq_parts *parts)
{
    if (model == NULL || blob == NULL || !is_complete(parts)) return EMBQ_ERROR_ARGUMENT;
    const embq_source source = {.head = blob, .size = size, .pieces = NULL, .count = 0};
    return open_source(model, &source, parts);
}

embq_status embq_open_sections(embq_model *model, const embq_piece *pieces, uint32_t piece_count,
                               const embq_parts *parts)
{
    if (model == NULL || pieces == NULL || !is_complete(parts) || piece_count == 0 || pieces[0].bytes == NULL)
        return EMBQ_ERROR_ARGUMENT;
    const embq_source source = {
        .head = pieces[0].bytes, .size = pieces[0].size, .pieces = pieces + 1, .count = piece_count - 1};
    return open_source(model, &source, parts);
}
