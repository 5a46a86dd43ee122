/* SPDX-License-Identifier: Apache-2.0 */
/* The records of an .embq artifact as they lie in memory; Schemas/embq-format.md says what each field means.
 * All fields are little-endian uint32 unless named otherwise. */
#ifndef EMBQ_FORMAT_H
#define EMBQ_FORMAT_H

#include "embq_limits.h"
#include "embq_platform.h"

#define EMBQ_TAG(a, b, c, d) ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)
#define EMBQ_FORMAT_VERSION 3u

#define EMBQ_NO_TOKEN 0xFFFFFFFFu
#define EMBQ_NONE 0xFFFFFFFFu /* in place of an array or a register that is not there */

typedef struct embq_header {
    uint32_t magic; /* "EMBQ" */
    uint32_t version;
    uint32_t file_size;
    uint32_t section_count;
    uint32_t checksum; /* CRC-32 of header and table, this field taken as 0 */
    uint32_t reserved[3];
} embq_header;

typedef struct embq_section {
    uint32_t tag, offset, size, checksum;
} embq_section;

/* ---- MODL: a program. The record, then registers, stores, passes and the passes' operations. ------------------- */

typedef struct embq_model_record {
    uint32_t
        task; /* 1: one of the labels, 2: numbers, 3: an embedding, 4: masked tokens, 5: any of the labels, 6: tags */
    uint32_t vocabulary, max_length, outputs;
    uint32_t pad, separator, mask;      /* token ids, or EMBQ_NO_TOKEN */
    uint32_t registers, stores, passes; /* how many of each follow */
} embq_model_record;

/* What a register's or store's numbers are. */
enum {
    EMBQ_I8 = 1,  /* within +-127 */
    EMBQ_I16 = 2, /* within +-32767 */
    EMBQ_I32 = 3, /* within +-EMBQ_ROW_LIMIT */
    EMBQ_I64 = 4  /* stores only: sums of a pooling */
};

/* A row for each of the EMBQ_ROWS positions that are worked on at a time. */
typedef struct embq_register {
    uint32_t type, width;
} embq_register;

/* Memory that outlives a position: `span` rows, or one for each token where span is 0. With several groups the columns
 * lie group by group, [groups][rows][width / groups]. */
typedef struct embq_store {
    uint32_t type, width, groups, span;
} embq_store;

/* Which positions a pass visits. */
enum {
    EMBQ_ALL = 1,      /* each, in order */
    EMBQ_FIRST = 2,    /* position 0 */
    EMBQ_AT_MASK = 3,  /* the first [MASK]; none: the pass is left out */
    EMBQ_ONCE = 4,     /* no position: once for the sentence */
    EMBQ_BACKWARDS = 5 /* each, from the last one on: what reads earlier rows may be overwritten behind them */
};

typedef struct embq_pass {
    uint32_t positions, words; /* words of its operations */
} embq_pass;

/* ---- Operations: a word of kind and size, then these words. `in`, `out` and the like name registers. ----------- */

enum {
    EMBQ_EMBED = 1,
    EMBQ_NORM = 2,
    EMBQ_LINEAR = 3,
    EMBQ_REQUANTIZE = 4,
    EMBQ_ACTIVATE = 5,
    EMBQ_COMBINE = 6,
    EMBQ_RESCALE = 7,
    EMBQ_LOAD = 8,
    EMBQ_STORE = 9,
    EMBQ_ATTEND = 10,
    EMBQ_CONVOLVE = 11,
    EMBQ_WIDE_LINEAR = 12,
    EMBQ_CURVE = 13,
    EMBQ_GATE = 14,
    EMBQ_SCAN = 15,
    EMBQ_POOL = 16,
    EMBQ_POOLED = 17,
    EMBQ_UNIT = 18,
    EMBQ_PACKED_EMBED = 19,
    EMBQ_PACKED_LINEAR = 20,
    EMBQ_UNIT_ROW = 21,
    EMBQ_JOIN = 22,
    EMBQ_OUTPUT = 23,
    EMBQ_LOOK_UP = 24,
    EMBQ_WIDE_ATTEND = 25,
    EMBQ_TAG = 26,
    EMBQ_TABLE_NORM = 27,
    EMBQ_PACKED_TABLE_NORM = 28,
    EMBQ_PACK = 29,
    EMBQ_UNPACK = 30,
    EMBQ_PACKED_ATTEND = 31,
    EMBQ_PACKED_CONVOLVE = 32,
    EMBQ_OPERATION_LIMIT = 33
};

/* A packed matrix [N, K] has 1 ... 6 bits a weight. Its rows are words of 32 bits: a word holds 2 * (16 / bits) codes,
 * and of each pair of columns the first one's in its lower half, the second one's in its upper half, the first pair in
 * the halves' lowest bits. Of 6 bits a row has its codes' upper 4 bits first, then their lower 2, as rows of such
 * widths. A weight is 2 * code - 2^bits + 1 with up to 3 bits, an odd number, else code - 2^(bits - 1). */
enum { EMBQ_MAX_PACKED = 6, EMBQ_UPPER_BITS = 4, EMBQ_LOWER_BITS = 2 };

static inline uint32_t embq_codes_of_word(uint32_t bits) { return 16u / bits * 2u; }

/* The words of a row whose codes are not in two parts. */
static inline uint32_t embq_part_words(uint32_t inputs, uint32_t bits)
{
    const uint32_t codes = embq_codes_of_word(bits);
    return (inputs + codes - 1) / codes;
}

static inline uint32_t embq_row_words(uint32_t inputs, uint32_t bits)
{
    return bits < EMBQ_MAX_PACKED ? embq_part_words(inputs, bits)
                                  : embq_part_words(inputs, EMBQ_UPPER_BITS) + embq_part_words(inputs, EMBQ_LOWER_BITS);
}

/* What a weight is its code, or twice its code, less of. */
static inline uint32_t embq_code_offset(uint32_t bits) { return bits <= 3 ? (1u << bits) - 1 : 1u << (bits - 1); }

/* A packed table [rows, K], beside which its rows lie in WGHT. Rows that follow one another are a class: they have the
 * same number of bits, each begins at a byte, and their columns' codes follow one another from the lowest bit of the
 * first byte on. Column i has clip(width + shifts[i], 1, 8) bits, or 8 in a class of 8. A code of 8 bits is a number
 * less 127, 255 being 254; others are looked up among the 2^bits levels of their width. */
typedef struct embq_packed_table {
    uint32_t classes, count; /* TABL: int32 [count, 3], of each the row behind its last one, its width, and how many
                                bytes lie before its first row */
    uint32_t shifts, levels; /* TABL: int8 [K]; int8 [254], those of 1 bit, of 2 ... 7 */
} embq_packed_table;

enum { EMBQ_MAX_CLASSES = 64, EMBQ_LEVELS = 254 };

/* x[d] = (a[d] + b[d] + half >> shift) + segment[s][d], with tables of width D
 *     a[d] = token[id][d] * token_multiplier[id],  b[d] = position[p][d] * position_multiplier[p],
 * or with tables of width `reduced` and expanders
 *     a[d] = token[id] . token_expander[d] * token_multiplier[d],  b[d] likewise. */
typedef struct embq_embed {
    uint32_t out, acc;                          /* I32 [D]; acc only with expanders */
    uint32_t reduced;                           /* 0: none */
    uint32_t token, position;                   /* WGHT: int8 [V, D or reduced], int8 [max_length, D or reduced] */
    uint32_t token_expander, position_expander; /* WGHT: int8 [D, reduced] */
    uint32_t segment, segments, rule; /* WGHT: int32 [segments, D]; rule 1: from the separator, 2: after it, 3: the
                                         token type of the tokenizer's template */
    uint32_t token_multiplier, position_multiplier; /* TABL: int32 [D], or WGHT: int32 [V] and [max_length] */
    uint32_t shift;
} embq_embed;

/* EMBED with a packed token table; in `embed`, token is where its rows lie. */
typedef struct embq_packed_embed {
    embq_embed embed;
    embq_packed_table table;
} embq_packed_embed;

/* out[d] = table[row][d] * multiplier[row] + half >> shift, of the row that the rule tells; zeros without one. */
typedef struct embq_look_up {
    uint32_t out;               /* I32 [D] */
    uint32_t table, multiplier; /* WGHT: int8 [rows, D], int32 [rows] */
    uint32_t rule;              /* 1: the position, 2: the token, 3: the token before it, 4: the token behind it, 5: the
                                   token type, 6: the place among the tokens that are not [PAD], 0 for [PAD]; rows are
                                   max_length, V, V, V, 2 and max_length + 1 */
    uint32_t shift;
} embq_look_up;

/* out = clip(round(c * sqrt(D) / scale / sqrt(sum c^2 + epsilon))), c = x, or x less its mean */
typedef struct embq_norm {
    uint32_t in, out;                     /* I32 [D], I8 or I16 [D] */
    uint32_t centred;                     /* I32 [D] for c, or EMBQ_NONE: the mean stays */
    uint32_t mean_multiplier, mean_shift; /* 1 / D */
    uint32_t epsilon_low, epsilon_high;   /* D * eps / scale_x^2, 64 bits */
    uint32_t multiplier, shift;           /* sqrt(D) / scale_out */
} embq_norm;

/* The numbers that an expanded embedding is made of, over the root of the row's sum of squares:
 *     u = (token[id], position[p], 1 in the place of the segment),
 *     out[i] = clip(round((u[i] * column_multiplier[i] + half >> column_shift) / scale / sqrt(sum in^2 + epsilon))) */
typedef struct embq_table_norm {
    uint32_t in, out;                         /* I32 [D], I8 or I16 [n]; n = 2 * reduced + segments */
    uint32_t acc;                             /* I32 [n] */
    uint32_t reduced;                         /* columns of a table */
    uint32_t token, position;                 /* WGHT: int8 [V, reduced], int8 [max_length, reduced] */
    uint32_t rule;                            /* as that of embq_embed */
    uint32_t column_multiplier, column_shift; /* TABL: int32 [n] */
    uint32_t epsilon_low, epsilon_high;       /* as those of embq_norm */
    uint32_t multiplier, shift;
} embq_table_norm;

/* TABLE_NORM with a packed token table, as PACKED_EMBED. */
typedef struct embq_packed_table_norm {
    embq_table_norm norm;
    embq_packed_table table;
} embq_packed_table_norm;

/* out[o] = in . weight[o] */
typedef struct embq_linear_record {
    uint32_t in, out; /* I8 [K], I32 [N] */
    uint32_t weight;  /* WGHT: int8 [N, K] */
} embq_linear_record;

/* LINEAR with a packed matrix. */
typedef struct embq_packed_linear {
    uint32_t in, out;      /* I8 [K], I32 [N] */
    uint32_t weight, bits; /* WGHT: packed [N, K] */
} embq_packed_linear;

/* The word `shift` of REQUANTIZE, ACTIVATE and COMBINE is a shift in its lowest byte; bytes above tell of vectors: of
 * multiplier or a_multiplier, of bias, of b_multiplier. 0: int32; n: int16, each number times 2^(n - 1). */
enum { EMBQ_FIRST_VECTOR = 8, EMBQ_BIAS_VECTOR = 16, EMBQ_SECOND_VECTOR = 24, EMBQ_MAX_VECTOR = 17 };

static inline uint32_t embq_shift(uint32_t word) { return word & 255u; }

/* out[i] = clip(requantize(in[i] + bias[i], multiplier[i], shift)) */
typedef struct embq_requantize_record {
    uint32_t in, out;           /* I32 [n], I8 [n] */
    uint32_t bias;              /* WGHT: vector [n] */
    uint32_t multiplier, shift; /* TABL: vector [n] */
} embq_requantize_record;

/* out[i] = table[clip(requantize(in[i] + bias[i], multiplier[i], shift) + zero)] */
typedef struct embq_activate {
    uint32_t in, out;           /* I32 [n], I8 [n] */
    uint32_t bias;              /* WGHT: vector [n] */
    uint32_t multiplier, shift; /* TABL: vector [n] */
    uint32_t table, bits, zero; /* TABL: int8 [2^bits] */
} embq_activate;

/* out[i] = clip((a[i] * a_multiplier[i] + b[i] * b_multiplier[i] + half >> shift) + bias[i]) */
typedef struct embq_combine {
    uint32_t a, b, out;                         /* I16 or I32 [n]; likewise, or EMBQ_NONE; I32 [n], may be a */
    uint32_t a_multiplier, b_multiplier, shift; /* TABL: vectors [n], of either sign */
    uint32_t bias;                              /* WGHT: vector [n] */
} embq_combine;

/* out[i] = clip(requantize(in[i], multiplier, shift)) */
typedef struct embq_rescale {
    uint32_t in, out; /* I16 or I32 [n], I8 or I16 [n] */
    uint32_t multiplier, shift;
} embq_rescale;

/* LOAD: out = the position's row of a store. STORE: in becomes the position's row. */
typedef struct embq_transfer {
    uint32_t row, store;
} embq_transfer;

typedef struct embq_attend {
    uint32_t query, out;   /* I8 [D] */
    uint32_t acc;          /* I32 [D / heads] */
    uint32_t keys, values; /* stores: I8 [D] in `heads` groups */
    uint32_t scores;       /* store: I32 [1] */
    uint32_t heads;
    uint32_t ignores_pad;                       /* 1: [PAD] is no key, and as a query gives zeros */
    uint32_t softmax_multiplier, softmax_shift; /* difference of scores -> log2 units, 16 fraction bits */
    uint32_t context_multiplier, context_shift; /* scale_values / scale_out */
} embq_attend;

/* ATTEND with query, out, keys and values of 16 bits and without acc; the context's factor is 2^8 times as large. */
typedef struct embq_wide_attend {
    embq_attend attend;
    uint32_t score_shift; /* scores lose so many bits: D / heads * 2^30 >> score_shift is at most 2^29 */
} embq_wide_attend;

/* in becomes the position's row of a store, packed as a matrix's row: of its columns each of `groups` parts by itself.
 * The code is clip((in[i] * multiplier + half >> shift) + 2^(bits - 1), 0, 2^bits - 1), without half up to 3 bits. */
typedef struct embq_pack {
    uint32_t row, store; /* I8 or I16 [D] */
    uint32_t bits, multiplier, shift;
} embq_pack;

/* out = the position's row of a store of packed rows. */
typedef struct embq_unpack {
    uint32_t row, store; /* I8 [D] */
    uint32_t bits;
} embq_unpack;

/* ATTEND with stores of packed rows. */
typedef struct embq_packed_attend {
    embq_attend attend;
    uint32_t bits;
} embq_packed_attend;

/* out[c] = sum over t of weight[t][c] * rows[p - k + 1 + t][c / (E / D)] */
typedef struct embq_convolve_record {
    uint32_t rows, out; /* store: I8 [D]; I32 [E] */
    uint32_t kernel;
    uint32_t weight; /* WGHT: int8 [k, E] */
} embq_convolve_record;

/* CONVOLVE with a store of packed rows, with packed weights, or both; a tap's weights are a row of a packed matrix. */
typedef struct embq_packed_convolve {
    embq_convolve_record convolve; /* rows: a store without a span */
    uint32_t bits;                 /* of a row: 1 ... 6, 8: not packed */
    uint32_t acc, window;          /* I32 [E], I8 [EMBQ_WINDOW_ROWS / 2 * D], EMBQ_NONE of rows that are not packed */
    uint32_t tap_bits, taps;       /* likewise; I8 [(EMBQ_WINDOW_ROWS / 2 + 1) * E] */
} embq_packed_convolve;

/* out[o] = clip(requantize(in . weight[o], multiplier[o], shift) + bias[o]) */
typedef struct embq_wide_linear {
    uint32_t in, out;           /* any [K]; I32 [N], or EMBQ_NONE: logits */
    uint32_t outputs, first;    /* N; index of the first logit */
    uint32_t weight, bias;      /* WGHT: int8 [N, K], int32 [N] */
    uint32_t multiplier, shift; /* TABL: int32 [N] below 2^18 */
} embq_wide_linear;

/* z = clip(requantize(in[i] + bias[i], multiplier[i], shift) + zero); out[i] between table[z >> fraction] and the
 * next */
typedef struct embq_curve {
    uint32_t in, out;           /* I32 [n]; I16 or I32 [n] */
    uint32_t bias;              /* WGHT: int32 [n] */
    uint32_t multiplier, shift; /* TABL: int32 [n] */
    uint32_t zero;
    uint32_t table, bits, fraction; /* TABL: int32 [2^bits + 1] */
} embq_curve;

/* out[i] = clip(requantize(a[i] * b[i], multiplier, shift)) */
typedef struct embq_gate {
    uint32_t a, b, out;         /* I32, I16, I8 or I16 [n] */
    uint32_t multiplier, shift; /* below 2^20 */
} embq_gate;

/* h[e][n] = decay * h[e][n] + step[e] * in[e] * write[n];  out[e] = h[e] . read + in[e] * skip[e] */
typedef struct embq_scan {
    uint32_t in, step, write, read, out;    /* I16 [E], I32 [E], I32 [N], I32 [N], I32 [E] */
    uint32_t state;                         /* store: I32 [E * N], span 1 */
    uint32_t rate, rate_shift;              /* WGHT: int32 [E, N]; step * rate -> log2 units, 24 fraction bits */
    uint32_t input_shift;                   /* step * in -> 32 bits */
    uint32_t write_multiplier, write_shift; /* step * in * write -> steps of the state; below 2^20 */
    uint32_t read_multiplier, read_shift;   /* (h . read) / 2^12 -> steps of out; below 2^20 */
    uint32_t skip, skip_shift;              /* WGHT: int32 [E], of either sign */
} embq_scan;

/* POOL adds a row to sums, or its squares. POOLED: the mean over the tokens, or the root of the squares' mean.
 * Kinds from 3 on leave out positions at the start: their number times 256 is added to POOL's kind. */
typedef struct embq_pool {
    uint32_t row, sums; /* I32 [D]; store: I64 [D], from kind 3 on [D + 1], span 1 */
    uint32_t kind;      /* 1: mean, 2: root mean square, 3: maximum, 4: sum over the root of the number of rows and 128,
                    * 5: mean with weights 1, 2, ..., 6: mean, 7: first row, 8: last row */
} embq_pool;

/* logit[i] = in[i] / sqrt(sum in^2) */
typedef struct embq_unit {
    uint32_t in; /* I32 [outputs] */
} embq_unit;

/* out[i] = in[i] / sqrt(sum in^2), 20 fractional bits */
typedef struct embq_unit_row {
    uint32_t in, out; /* I32 [D] */
} embq_unit_row;

/* out = clip(requantize(a[i], a_multiplier, a_shift)), then b likewise */
typedef struct embq_join {
    uint32_t a, b, out; /* I32 [m], I32 [n], I32 [m + n] */
    uint32_t a_multiplier, a_shift, b_multiplier, b_shift;
} embq_join;

/* logit[first + i] = requantize(in[i], multiplier, shift), of the row's first `outputs` numbers */
typedef struct embq_output {
    uint32_t in; /* any [n] */
    uint32_t outputs, first;
    uint32_t multiplier, shift;
} embq_output;

/* The logits of a token: the largest is its label. logit[i] = logit[i] * 31 + in[i], modulo 2^32 */
typedef struct embq_tag {
    uint32_t in; /* I32 [outputs] */
} embq_tag;

typedef struct embq_check_record {
    uint32_t text, text_size; /* offset in CHEK, bytes */
    uint32_t ids, id_count;   /* offset in CHEK, uint16 [id_count] */
    uint32_t logits;          /* offset in CHEK, int32 [outputs] */
} embq_check_record;

_Static_assert(sizeof(embq_header) == 32 && sizeof(embq_section) == 16, "header layout");
_Static_assert(sizeof(embq_model_record) == 40 && sizeof(embq_store) == 16, "record layout");
_Static_assert(sizeof(embq_check_record) == 20, "record layout");

#endif
