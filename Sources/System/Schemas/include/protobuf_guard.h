/* Parses protobuf messages that nobody vouches for.
 *
 * libprotobuf-c checks every length, but it recurses as deep as the input asks, allocates a hundred times the input's
 * size for empty messages, merges a repeated singular message at quadratic cost, takes any bytes for a string and cuts
 * a string at its first NUL. So the wire format is first walked by the library's own descriptors, without allocating
 * anything, and the library then works with an allocator that refuses to exceed a limit. */
#ifndef EMBQ_PROTOBUF_GUARD_H
#define EMBQ_PROTOBUF_GUARD_H

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum embq_protobuf_status {
    EMBQ_PROTOBUF_OK = 0,
    EMBQ_PROTOBUF_TRUNCATED = 1,     /* the bytes end inside a field */
    EMBQ_PROTOBUF_BAD_VARINT = 2,    /* a variable-length integer of more than 64 bits */
    EMBQ_PROTOBUF_BAD_FIELD = 3,     /* field number 0 or above 2^29 - 1 */
    EMBQ_PROTOBUF_BAD_WIRE_TYPE = 4, /* a group, or a wire type that does not exist */
    EMBQ_PROTOBUF_WRONG_TYPE = 5,    /* a known field with the wire type of another kind of value */
    EMBQ_PROTOBUF_DUPLICATE = 6,     /* a field that may stand once stands twice */
    EMBQ_PROTOBUF_BAD_TEXT = 7,      /* a string that is not UTF-8 or holds a NUL */
    EMBQ_PROTOBUF_TOO_DEEP = 8,      /* messages nested beyond `depth` */
    EMBQ_PROTOBUF_TOO_MANY = 9,      /* more fields and packed values than `records` */
    EMBQ_PROTOBUF_TOO_LARGE = 10,    /* the message needs more memory than `memory` */
    EMBQ_PROTOBUF_REFUSED = 11       /* the library refused bytes that passed the walk */
} embq_protobuf_status;

typedef struct embq_protobuf_limits {
    unsigned depth; /* messages inside each other, the outermost one included */
    size_t records; /* fields, known or not, and packed values, over all messages */
    size_t memory;  /* bytes that the unpacked message may hold at any time, without the heap's own overhead */
} embq_protobuf_limits;

/* Walks `count` bytes at `bytes` as one message of type `type` and allocates nothing.
 *
 * `fault` receives the offset of the field that is at fault, or `count`; it may be null. `bytes` may be null when
 * `count` is 0. */
embq_protobuf_status embq_protobuf_scan(const ProtobufCMessageDescriptor *type, const uint8_t *bytes, size_t count,
                                        const embq_protobuf_limits *limits, size_t *fault);

/* A message and the memory that it lives in. */
typedef struct embq_protobuf_document embq_protobuf_document;

/* Scans and unpacks. On success `*document` is the caller's, to be closed; otherwise it is null.
 *
 * The bytes are not needed afterwards. */
embq_protobuf_status embq_protobuf_open(const ProtobufCMessageDescriptor *type, const uint8_t *bytes, size_t count,
                                        const embq_protobuf_limits *limits, embq_protobuf_document **document,
                                        size_t *fault);

/* Bytes that stand for a value of a `bytes` field in a document opened by reference. */
#define EMBQ_PROTOBUF_PLACE 16

/* As embq_protobuf_open, for messages whose `bytes` are large: each value of a `bytes` field is unpacked as its place
 * in the input, offset and length, 8 bytes each, little-endian. Fields that the schema does not know are not kept.
 *
 * The document takes memory for what lies around the bytes alone, while opening at most `memory` twice. */
embq_protobuf_status embq_protobuf_open_by_reference(const ProtobufCMessageDescriptor *type, const uint8_t *bytes,
                                                     size_t count, const embq_protobuf_limits *limits,
                                                     embq_protobuf_document **document, size_t *fault);

/* The unpacked message: of the type that was asked for, valid until the document is closed. */
const ProtobufCMessage *embq_protobuf_root(const embq_protobuf_document *document);

/* Frees the message and all that belongs to it. Null is allowed. */
void embq_protobuf_close(embq_protobuf_document *document);

#ifdef __cplusplus
}
#endif
#endif
