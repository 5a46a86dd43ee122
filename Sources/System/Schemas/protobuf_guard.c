#include "protobuf_guard.h"

#include <stdbool.h>
#include <stdlib.h>

/* ---- The walk ------------------------------------------------------------------------------------------------- */

enum {
    WIRE_VARINT = 0,
    WIRE_64 = 1,
    WIRE_BYTES = 2,
    WIRE_32 = 5,
    /* Fields of one message whose repetition is watched; a descriptor with more is a mistake of ours. */
    WATCHED_FIELDS = 256
};

#define MAXIMUM_FIELD_NUMBER UINT64_C(0x1FFFFFFF)

typedef struct scanner {
    const uint8_t *start; /* of the whole input, for offsets */
    const uint8_t *field; /* of the field being read */
    size_t records_left;
} scanner;

static embq_protobuf_status read_varint(const uint8_t **at, const uint8_t *end, uint64_t *value)
{
    uint64_t bits = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (*at == end) return EMBQ_PROTOBUF_TRUNCATED;
        const uint8_t byte = *(*at)++;
        /* the tenth byte has room for the 64th bit alone */
        if (shift == 63 && byte > 1) return EMBQ_PROTOBUF_BAD_VARINT;
        bits |= (uint64_t)(byte & 0x7F) << shift;
        if ((byte & 0x80) == 0) {
            *value = bits;
            return EMBQ_PROTOBUF_OK;
        }
    }
    return EMBQ_PROTOBUF_BAD_VARINT;
}

/* UTF-8 as RFC 3629 has it (no overlong forms, no surrogates, nothing above U+10FFFF), and no NUL. */
static bool is_text(const uint8_t *at, const uint8_t *end)
{
    while (at < end) {
        const uint8_t lead = *at++;
        if (lead == 0) return false;
        if (lead < 0x80) continue;
        unsigned more;
        uint8_t low = 0x80, high = 0xBF; /* bounds of the second byte */
        if (lead >= 0xC2 && lead <= 0xDF) {
            more = 1;
        } else if (lead >= 0xE0 && lead <= 0xEF) {
            more = 2;
            if (lead == 0xE0) low = 0xA0;
            if (lead == 0xED) high = 0x9F;
        } else if (lead >= 0xF0 && lead <= 0xF4) {
            more = 3;
            if (lead == 0xF0) low = 0x90;
            if (lead == 0xF4) high = 0x8F;
        } else {
            return false;
        }
        for (; more > 0; more--) {
            if (at == end || *at < low || *at > high) return false;
            at++;
            low = 0x80;
            high = 0xBF;
        }
    }
    return true;
}

/* The wire type of one value of a field. */
static unsigned wire_type_of(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT: return WIRE_32;
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE: return WIRE_64;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE: return WIRE_BYTES;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_ENUM: break;
    }
    return WIRE_VARINT;
}

static bool take_records(scanner *scan, size_t count)
{
    if (count > scan->records_left) return false;
    scan->records_left -= count;
    return true;
}

/* The values of a packed field: each one is a record, so that few bytes cannot ask for many times their size. */
static embq_protobuf_status scan_packed(scanner *scan, unsigned wire, const uint8_t *at, const uint8_t *end)
{
    const size_t count = (size_t)(end - at);
    if (wire != WIRE_VARINT) {
        const size_t size = wire == WIRE_32 ? 4 : 8;
        if (count % size != 0) return EMBQ_PROTOBUF_TRUNCATED;
        return take_records(scan, count / size) ? EMBQ_PROTOBUF_OK : EMBQ_PROTOBUF_TOO_MANY;
    }
    while (at < end) {
        uint64_t ignored;
        if (!take_records(scan, 1)) return EMBQ_PROTOBUF_TOO_MANY;
        const embq_protobuf_status status = read_varint(&at, end, &ignored);
        if (status != EMBQ_PROTOBUF_OK) return status;
    }
    return EMBQ_PROTOBUF_OK;
}

/* Recursion is bounded by `depth`. */
static embq_protobuf_status scan_message(scanner *scan, const ProtobufCMessageDescriptor *type, const uint8_t *at,
                                         const uint8_t *end, unsigned depth)
{
    uint64_t seen[WATCHED_FIELDS / 64] = {0};
    if (depth == 0) return EMBQ_PROTOBUF_TOO_DEEP;
    while (at < end) {
        uint64_t key, length;
        scan->field = at;
        if (!take_records(scan, 1)) return EMBQ_PROTOBUF_TOO_MANY;
        embq_protobuf_status status = read_varint(&at, end, &key);
        if (status != EMBQ_PROTOBUF_OK) return status;
        const uint64_t number = key >> 3;
        const unsigned wire = (unsigned)(key & 7);
        if (number == 0 || number > MAXIMUM_FIELD_NUMBER) return EMBQ_PROTOBUF_BAD_FIELD;

        const uint8_t *value = at;
        switch (wire) {
        case WIRE_VARINT:
            status = read_varint(&at, end, &length);
            if (status != EMBQ_PROTOBUF_OK) return status;
            break;
        case WIRE_64:
        case WIRE_32:
            length = wire == WIRE_32 ? 4 : 8;
            if ((size_t)(end - at) < length) return EMBQ_PROTOBUF_TRUNCATED;
            at += (size_t)length;
            break;
        case WIRE_BYTES:
            status = read_varint(&at, end, &length);
            if (status != EMBQ_PROTOBUF_OK) return status;
            if (length > (size_t)(end - at)) return EMBQ_PROTOBUF_TRUNCATED;
            value = at;
            at += (size_t)length;
            break;
        default: return EMBQ_PROTOBUF_BAD_WIRE_TYPE;
        }

        const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field(type, (unsigned)number);
        if (field == NULL) continue; /* a later version's field */
        if (field->label != PROTOBUF_C_LABEL_REPEATED) {
            const size_t index = (size_t)(field - type->fields);
            if (index >= WATCHED_FIELDS) return EMBQ_PROTOBUF_REFUSED;
            const uint64_t bit = UINT64_C(1) << (index % 64);
            if (seen[index / 64] & bit) return EMBQ_PROTOBUF_DUPLICATE;
            seen[index / 64] |= bit;
        }
        const unsigned expected = wire_type_of(field->type);
        if (wire != expected) {
            if (wire != WIRE_BYTES || field->label != PROTOBUF_C_LABEL_REPEATED) return EMBQ_PROTOBUF_WRONG_TYPE;
            status = scan_packed(scan, expected, value, at);
            if (status != EMBQ_PROTOBUF_OK) return status;
        } else if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
            status = scan_message(scan, field->descriptor, value, at, depth - 1);
            if (status != EMBQ_PROTOBUF_OK) return status;
        } else if (field->type == PROTOBUF_C_TYPE_STRING && !is_text(value, at)) {
            return EMBQ_PROTOBUF_BAD_TEXT;
        }
    }
    return EMBQ_PROTOBUF_OK;
}

embq_protobuf_status embq_protobuf_scan(const ProtobufCMessageDescriptor *type, const uint8_t *bytes, size_t count,
                                        const embq_protobuf_limits *limits, size_t *fault)
{
    static const uint8_t nothing[1] = {0};
    const uint8_t *start = count == 0 ? nothing : bytes; /* adding 0 to a null pointer is undefined in C11 */
    scanner scan = {start, start, limits->records};
    const embq_protobuf_status status = scan_message(&scan, type, start, start + count, limits->depth);
    if (fault != NULL) *fault = status == EMBQ_PROTOBUF_OK ? count : (size_t)(scan.field - scan.start);
    return status;
}

/* ---- The bounded allocator ------------------------------------------------------------------------------------ */

struct embq_protobuf_document {
    ProtobufCAllocator allocator;
    ProtobufCMessage *root;
    size_t live; /* bytes handed out and not freed, never above `limit` */
    size_t limit;
    bool refused;
};

/* Stands before each block and keeps what follows aligned for every type. */
typedef union block_header {
    size_t size;
    max_align_t alignment;
} block_header;

static void *bounded_alloc(void *context, size_t size)
{
    embq_protobuf_document *document = context;
    if (size > document->limit - document->live || size > SIZE_MAX - sizeof(block_header)) {
        document->refused = true;
        return NULL;
    }
    block_header *header = malloc(sizeof *header + size);
    if (header == NULL) {
        document->refused = true;
        return NULL;
    }
    header->size = size;
    document->live += size;
    return header + 1;
}

static void bounded_free(void *context, void *block)
{
    embq_protobuf_document *document = context;
    if (block == NULL) return;
    block_header *header = (block_header *)block - 1;
    document->live -= header->size;
    free(header);
}

/* Unpacks bytes that have passed the walk. */
static embq_protobuf_status unpack(const ProtobufCMessageDescriptor *type, const uint8_t *bytes, size_t count,
                                   size_t memory, embq_protobuf_document **document)
{
    embq_protobuf_document *opened = malloc(sizeof *opened);
    if (opened == NULL) return EMBQ_PROTOBUF_TOO_LARGE;
    *opened = (embq_protobuf_document){
        .allocator = {.alloc = bounded_alloc, .free = bounded_free, .allocator_data = opened},
        .limit = memory,
    };
    opened->root = protobuf_c_message_unpack(type, &opened->allocator, count, bytes);
    if (opened->root == NULL) {
        const bool refused = opened->refused;
        free(opened); /* a failed unpack has freed all that it took */
        return refused ? EMBQ_PROTOBUF_TOO_LARGE : EMBQ_PROTOBUF_REFUSED;
    }
    *document = opened;
    return EMBQ_PROTOBUF_OK;
}

embq_protobuf_status embq_protobuf_open(const ProtobufCMessageDescriptor *type, const uint8_t *bytes, size_t count,
                                        const embq_protobuf_limits *limits, embq_protobuf_document **document,
                                        size_t *fault)
{
    *document = NULL;
    const embq_protobuf_status status = embq_protobuf_scan(type, bytes, count, limits, fault);
    if (status != EMBQ_PROTOBUF_OK) return status;
    return unpack(type, bytes, count, limits->memory, document);
}

/* ---- Bytes by reference --------------------------------------------------------------------------------------- */

/* The message as it is unpacked: grows up to a limit. */
typedef struct outline {
    const uint8_t *start; /* of the whole input, for offsets */
    uint8_t *bytes;
    size_t count, capacity, limit;
} outline;

static bool append(outline *out, const uint8_t *bytes, size_t count)
{
    if (count > out->limit - out->count) return false;
    if (count > out->capacity - out->count) {
        size_t capacity = out->capacity < 4096 ? 4096 : out->capacity;
        while (capacity - out->count < count) capacity *= 2; /* the limit is far below half of a size_t */
        uint8_t *grown = realloc(out->bytes, capacity);
        if (grown == NULL) return false;
        out->bytes = grown;
        out->capacity = capacity;
    }
    for (size_t i = 0; i < count; i++) out->bytes[out->count + i] = bytes[i];
    out->count += count;
    return true;
}

static bool append_varint(outline *out, uint64_t value)
{
    uint8_t bytes[10];
    size_t count = 0;
    for (; value > 0x7F; value >>= 7) bytes[count++] = (uint8_t)(value | 0x80);
    bytes[count++] = (uint8_t)value;
    return append(out, bytes, count);
}

/* Where a run of bytes lies in the input, as the 16 bytes that stand for it. */
static bool append_place(outline *out, const uint8_t *at, size_t length)
{
    uint8_t place[1 + EMBQ_PROTOBUF_PLACE] = {EMBQ_PROTOBUF_PLACE};
    const uint64_t offset = (uint64_t)(at - out->start);
    for (unsigned i = 0; i < 8; i++) {
        place[1 + i] = (uint8_t)(offset >> (8 * i));
        place[9 + i] = (uint8_t)((uint64_t)length >> (8 * i));
    }
    return append(out, place, sizeof place);
}

/* Copies a message that has passed the walk, which bounds the recursion. Fields that the schema does not know are left
 * out. A message's length is written in five bytes, whatever it is, because it is known only afterwards. */
static bool copy_outline(outline *out, const ProtobufCMessageDescriptor *type, const uint8_t *at, const uint8_t *end)
{
    enum { LENGTH = 5 };
    while (at < end) {
        uint64_t key, value;
        if (read_varint(&at, end, &key) != EMBQ_PROTOBUF_OK) return false;
        const unsigned wire = (unsigned)(key & 7);
        const uint8_t *from = at;
        size_t size = wire == WIRE_32 ? 4 : 8;
        if (wire == WIRE_VARINT || wire == WIRE_BYTES) {
            if (read_varint(&at, end, &value) != EMBQ_PROTOBUF_OK) return false;
            size = wire == WIRE_VARINT ? (size_t)(at - from) : (size_t)value;
            if (wire == WIRE_BYTES) from = at;
        }
        if (wire != WIRE_VARINT) at += size;

        const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field(type, (unsigned)(key >> 3));
        if (field == NULL) continue;
        if (!append_varint(out, key)) return false;
        if (field->type == PROTOBUF_C_TYPE_BYTES) {
            if (!append_place(out, from, size)) return false;
        } else if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
            const size_t before = out->count;
            if (!append(out, (const uint8_t[LENGTH]){0}, LENGTH)) return false;
            if (!copy_outline(out, field->descriptor, from, from + size)) return false;
            size_t length = out->count - before - LENGTH;
            for (unsigned i = 0; i < LENGTH; i++, length >>= 7) {
                out->bytes[before + i] = (uint8_t)((length & 0x7F) | (i + 1 < LENGTH ? 0x80 : 0));
            }
        } else {
            if (wire == WIRE_BYTES && !append_varint(out, size)) return false;
            if (!append(out, from, size)) return false;
        }
    }
    return true;
}

embq_protobuf_status embq_protobuf_open_by_reference(const ProtobufCMessageDescriptor *type, const uint8_t *bytes,
                                                     size_t count, const embq_protobuf_limits *limits,
                                                     embq_protobuf_document **document, size_t *fault)
{
    static const uint8_t nothing[1] = {0};
    *document = NULL;
    embq_protobuf_status status = embq_protobuf_scan(type, bytes, count, limits, fault);
    if (status != EMBQ_PROTOBUF_OK) return status;
    const uint8_t *start = count == 0 ? nothing : bytes;
    /* five bytes hold a length up to 2^35 - 1 */
    outline out = {.start = start, .limit = limits->memory < UINT32_MAX ? limits->memory : UINT32_MAX};
    if (copy_outline(&out, type, start, start + count)) {
        status = unpack(type, out.count == 0 ? nothing : out.bytes, out.count, limits->memory, document);
    } else {
        status = EMBQ_PROTOBUF_TOO_LARGE;
    }
    free(out.bytes);
    return status;
}

const ProtobufCMessage *embq_protobuf_root(const embq_protobuf_document *document) { return document->root; }

void embq_protobuf_close(embq_protobuf_document *document)
{
    if (document == NULL) return;
    protobuf_c_message_free_unpacked(document->root, &document->allocator);
    free(document);
}
