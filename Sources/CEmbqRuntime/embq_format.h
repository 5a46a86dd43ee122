/* The records of an .embq artifact as they lie in memory; Schemas/embq-format.md says what each field means.
 * All fields are little-endian uint32 unless named otherwise. */
#ifndef EMBQ_FORMAT_H
#define EMBQ_FORMAT_H

#include "embq.h"

#define EMBQ_TAG(a, b, c, d) ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)
#define EMBQ_FORMAT_VERSION 1u
#define EMBQ_MAX_SECTIONS 32u

/* Limits that keep every intermediate below its type's range; embq_open refuses what passes them. */
#define EMBQ_MAX_HIDDEN 1024u       /* D * 2^52 (sum of squares) stays below 2^63 */
#define EMBQ_MAX_INNER 4096u        /* K * 127 * 128 stays below 2^26 */
#define EMBQ_MAX_KERNEL 1024u
#define EMBQ_MAX_LENGTH 16384u
#define EMBQ_MAX_LAYERS 64u
#define EMBQ_MAX_OUTPUTS 4096u
#define EMBQ_MAX_BIAS 0x40000000    /* |bias| <= 2^30, so that a biased accumulator fits int32 */
#define EMBQ_ROW_LIMIT 0x3FFFFFF    /* |x| <= 2^26 - 1 in the 32-bit rows between layers */

#define EMBQ_NO_TOKEN 0xFFFFFFFFu

typedef struct embq_header {
    uint32_t magic;                 /* "EMBQ" */
    uint32_t version;
    uint32_t file_size;
    uint32_t section_count;
    uint32_t checksum;              /* CRC-32 of header and table, this field taken as 0 */
    uint32_t reserved[3];
} embq_header;

typedef struct embq_section {
    uint32_t tag, offset, size, checksum;
} embq_section;

/* RMSNorm to int8: out = clip(round(x * sqrt(D) / scale / sqrt(sum x^2 + epsilon))). */
typedef struct embq_norm_record {
    uint32_t epsilon_low, epsilon_high; /* D * eps / scale_x^2, 64 bits */
    uint32_t multiplier, shift;         /* sqrt(D) / scale_out */
} embq_norm_record;

/* x[d] = (token . T[d] * mt[d] + position . P[d] * mp[d]) >> shift + segment[s][d] */
typedef struct embq_nano_embedder_record {
    uint32_t reduced;
    uint32_t token, position;           /* WGHT: int8 [V, r], int8 [max_length, r] */
    uint32_t token_expander, position_expander; /* WGHT: int8 [D, r] */
    uint32_t segment;                   /* WGHT: int32 [3, D], scale of x */
    uint32_t token_multiplier, position_multiplier; /* TABL: int32 [D] */
    uint32_t shift;
} embq_nano_embedder_record;

typedef struct embq_differential_layer_record {
    embq_norm_record norm;
    uint32_t query, query_bias;         /* WGHT: int8 [D, D], int32 [D] */
    uint32_t query_multiplier, query_shift; /* TABL: int32 [D] */
    uint32_t softmax_multiplier, softmax_shift; /* difference of scores -> log2 units, 16 fraction bits */
    uint32_t context_multiplier, context_shift; /* scale_n / scale_context */
    uint32_t attention;                 /* WGHT: int8 [D, D] */
    uint32_t attention_multiplier;      /* TABL: int32 [D] */
    uint32_t convolution, convolution_bias; /* WGHT: int8 [k, E], int32 [E] */
    uint32_t convolution_multiplier, convolution_shift; /* TABL: int32 [E] */
    uint32_t activation, activation_bits; /* TABL: int8 [2^bits], indexed by the convolution's output */
    uint32_t activation_zero;           /* index that stands for 0 */
    uint32_t contract;                  /* WGHT: int8 [D, E] */
    uint32_t contract_multiplier;       /* TABL: int32 [D] */
    uint32_t output_bias;               /* WGHT: int32 [D], scale of x */
    uint32_t output_shift;              /* of attention_multiplier and contract_multiplier */
} embq_differential_layer_record;

/* logit[c] = (x . W[c] * m[c]) >> shift + bias[c], 16 fraction bits */
typedef struct embq_classifier_record {
    uint32_t weight, bias;              /* WGHT: int8 [C, D], int32 [C] */
    uint32_t multiplier, shift;         /* TABL: int32 [C] below 2^18 */
} embq_classifier_record;

/* Section MODL. */
typedef struct embq_model_record {
    uint32_t family;                    /* 1: EmbBERT */
    uint32_t head;                      /* 1: classifier on position 0 */
    uint32_t task;                      /* 1: one of several labels, 2: regression */
    uint32_t vocabulary, max_length, hidden, inner, kernel, outputs, layers;
    uint32_t pad, separator;            /* token ids, or EMBQ_NO_TOKEN */
    embq_nano_embedder_record embedder;
    embq_classifier_record classifier;
    /* followed by `layers` records of the family's layer */
} embq_model_record;

typedef struct embq_check_record {
    uint32_t text, text_size;           /* offset in CHEK, bytes */
    uint32_t ids, id_count;             /* offset in CHEK, uint16 [id_count] */
    uint32_t logits;                    /* offset in CHEK, int32 [outputs] */
} embq_check_record;

_Static_assert(sizeof(embq_header) == 32 && sizeof(embq_section) == 16, "header layout");
_Static_assert(sizeof(embq_norm_record) == 16 && sizeof(embq_nano_embedder_record) == 36, "record layout");
_Static_assert(sizeof(embq_differential_layer_record) == 100, "record layout");
_Static_assert(sizeof(embq_classifier_record) == 16 && sizeof(embq_model_record) == 100, "record layout");
_Static_assert(sizeof(embq_check_record) == 20, "record layout");

/* The layers lie behind the model record. */
static inline const embq_differential_layer_record *embq_differential_layers(const embq_model_record *record)
{
    return (const embq_differential_layer_record *)(const void *)(record + 1);
}

#endif
