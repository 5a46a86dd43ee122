/* SPDX-License-Identifier: Apache-2.0 */
/* A model is a program: passes over the positions of a sentence, each a list of operations on the rows of a few
 * registers. An operation is a kind with a check, which embq_open calls once, and the code that runs it. */
#ifndef EMBQ_PROGRAM_H
#define EMBQ_PROGRAM_H

#include "embq_internal.h"
#include "embq_kernels.h"

/* ---- Running ------------------------------------------------------------------------------------------------- */

static inline void *embq_place(const embq_run *run, uint32_t index) { return run->arena + run->places[index]; }

/* Registers, [EMBQ_ROWS, width]. */
static inline int8_t *embq_i8(const embq_run *run, uint32_t index) { return (int8_t *)embq_place(run, index); }
static inline int16_t *embq_i16(const embq_run *run, uint32_t index) { return (int16_t *)embq_place(run, index); }
static inline int32_t *embq_i32(const embq_run *run, uint32_t index) { return (int32_t *)embq_place(run, index); }
static inline uint32_t embq_width(const embq_run *run, uint32_t index) { return run->registers[index].width; }

/* The memory of a store. */
static inline void *embq_store_at(const embq_run *run, uint32_t index)
{
    return embq_place(run, run->model->record->registers + index);
}

/* Rows of a store before the rows that are worked on, in a store of `span` rows: the newest rows are its last. */
static inline uint32_t embq_oldest(const embq_run *run, uint32_t span)
{
    return span == 0 ? run->first : span - run->count;
}

static inline const int8_t *embq_weights8(const embq_run *run, uint32_t offset)
{
    return (const int8_t *)(run->model->weights + offset);
}

static inline const uint8_t *embq_packed(const embq_run *run, uint32_t offset) { return run->model->weights + offset; }

static inline const int32_t *embq_weights32(const embq_run *run, uint32_t offset)
{
    return (const int32_t *)(const void *)(run->model->weights + offset);
}

static inline const int32_t *embq_tables32(const embq_run *run, uint32_t offset)
{
    return (const int32_t *)(const void *)(run->model->tables + offset);
}

/* The parts of MODL behind the record. */
static inline const embq_register *embq_registers(const embq_model_record *record)
{
    return (const embq_register *)(const void *)(record + 1);
}

static inline const embq_store *embq_stores(const embq_model_record *record)
{
    return (const embq_store *)(const void *)(embq_registers(record) + record->registers);
}

static inline const embq_pass *embq_passes(const embq_model_record *record)
{
    return (const embq_pass *)(const void *)(embq_stores(record) + record->stores);
}

/* What a tagger's arena has for each token at its start: an id, a token, and what aligns them. */
#define EMBQ_TAGGED_SHIFT 4u
#define EMBQ_TAGGED_SIZE ((size_t)1 << EMBQ_TAGGED_SHIFT)
_Static_assert(EMBQ_TAGGED_SIZE >= sizeof(uint16_t) + sizeof(embq_token) + 2, "aligned to 4 for any count");

/* Where the arena of a sentence has a tagger's tokens: behind the ids. */
static inline size_t embq_tokens_begin(uint32_t tokens) { return (tokens * sizeof(uint16_t) + 3u) & ~(size_t)3u; }

/* Bytes of arena for a sentence of `tokens` tokens. */
size_t embq_program_arena_size(const embq_model_record *record, uint32_t tokens);

/* True of passes that visit every position. */
static inline int embq_is_whole(uint32_t positions) { return positions == EMBQ_ALL || positions == EMBQ_BACKWARDS; }

/* Of EMBED's rule: how many segments there are, 0 for another rule; that of a position. */
uint32_t embq_segments(uint32_t rule);
uint32_t embq_segment(const embq_run *run, uint32_t rule, uint32_t position);

/* Begins the sentence whose ids lie at the arena's start: embq_step goes on from there. */
void embq_program_begin(const embq_model *model, uint32_t tokens, uint8_t *arena, int32_t *logits, embq_run *run);

/* acc[r][o] = input[r] . weight[o], of a packed matrix [outputs, inputs]. */
void embq_packed_product(const uint32_t *words, uint32_t bits, uint32_t outputs, uint32_t inputs, const int8_t *input,
                         uint32_t rows, int32_t *acc);

/* A packed row [width] as int8. */
void embq_unpack_codes(const uint32_t *words, uint32_t bits, uint32_t width, int8_t *out);

/* Numbers of a vector that are used at a time: all where they lie as int32, else as many as the stack has room for. */
enum { EMBQ_VECTOR_PART = 16 };

static inline uint32_t embq_vector_part(uint32_t shift, uint32_t width)
{
    return shift >> EMBQ_FIRST_VECTOR != 0 && width > EMBQ_VECTOR_PART ? EMBQ_VECTOR_PART : width;
}

/* Numbers first ... first + count - 1 of a vector, where they lie or in `room`. Its form is in the lowest byte. */
const int32_t *embq_vector(const void *vector, uint32_t form, uint32_t first, uint32_t count, int32_t *room);

/* ---- Checking ------------------------------------------------------------------------------------------------ */

/* What has happened to a store. */
enum {
    EMBQ_STORE_FULL = 1,    /* an earlier pass has written every row */
    EMBQ_STORE_WRITTEN = 2, /* this pass writes it */
    EMBQ_STORE_SPREAD = 4,  /* this pass reads the rows of other positions */
    EMBQ_STORE_SKEWED = 8,  /* its int8 rows have their zero elsewhere than at 0 */
    EMBQ_STORE_LOADED = 16, /* this pass reads the row of its position; of stores without a span */
    EMBQ_STORE_KIND = 16    /* times the kind of POOL, in the upper bits; of stores with a span */
};

typedef struct embq_checker {
    const embq_model_record *record;
    const embq_register *registers;
    const embq_store *stores;
    const uint8_t *weights, *tables;
    uint32_t weights_size, tables_size;
    uint32_t positions;                 /* of the pass */
    uint64_t weights_left, tables_left; /* bytes of arrays that may still be looked at */
    uint64_t defined;                   /* bit by register: this pass has written it */
    uint64_t skewed;                    /* bit by register: an int8 row whose zero is elsewhere than at 0 */
    uint8_t state[EMBQ_MAX_STORES];
    /* The stores that hold rows of another shape than their own, and what their rows are: embq_shape. */
    struct {
        uint16_t store, shape;
    } others[EMBQ_MAX_RESHAPED];
    uint32_t other_count;
    uint8_t has_tag;
} embq_checker;

struct embq_operation {
    uint32_t words; /* of its record */
    int (*check)(embq_checker *checker, const void *record);
    void (*run)(const embq_run *run, const void *record);
};

/* Checks section MODL and every array that it names. */
embq_status embq_program_check(const embq_model_record *record, uint32_t record_size, const uint8_t *weights,
                               uint32_t weights_size, const uint8_t *tables, uint32_t tables_size,
                               const embq_operation *const *operations, uint32_t operation_count);

/* A register that this pass has written, of one of the types in `types` (bits 1 << type). Its width, 0: refused. */
uint32_t embq_takes(const embq_checker *checker, uint32_t index, uint32_t types);
/* A register to be written, of that type and width. */
int embq_gives(embq_checker *checker, uint32_t index, uint32_t type, uint32_t width);
/* Notes that a register's int8 row has its zero elsewhere than at 0. embq_gives assumes that it is at 0. */
void embq_skews(embq_checker *checker, uint32_t index);
/* True if a register's row has its zero at 0: what reads int8 as it is takes no other. */
int embq_is_symmetric(const embq_checker *checker, uint32_t index);
/* A register that holds nothing of use before or behind. */
int embq_scratches(embq_checker *checker, uint32_t index, uint32_t type, uint32_t width);
/* A store of that type, or null. */
const embq_store *embq_store_of(const embq_checker *checker, uint32_t index, uint32_t type);
/* Type and width of rows in one number. */
static inline uint16_t embq_shape(uint32_t type, uint32_t width) { return (uint16_t)(width << 2 | (type & 3)); }
/* The shape of a store's rows, those of the last STORE. */
uint16_t embq_held(const embq_checker *checker, uint32_t index);
/* The same of packed rows; no other shape has the upper bit. */
static inline uint16_t embq_packed_shape(uint32_t bits, uint32_t width)
{
    return (uint16_t)(0x8000u | width << 3 | bits);
}
/* Notes the shape of a store's rows; 0 where more stores than EMBQ_MAX_RESHAPED have rows of another shape. */
int embq_reshapes(embq_checker *checker, uint32_t index, uint16_t shape);
/* A store that holds rows of that type and width, in that many groups; its own rows may be larger. */
int embq_holds(const embq_checker *checker, uint32_t index, uint32_t type, uint32_t width, uint32_t groups);
/* A store that holds packed rows of that width, in that many groups. */
int embq_holds_packed(const embq_checker *checker, uint32_t index, uint32_t bits, uint32_t width, uint32_t groups);
/* Notes that this pass writes rows of a shape to a store, `bytes` of each position. */
int embq_writes(embq_checker *checker, uint32_t index, uint16_t shape, uint32_t bytes);
/* A store of one row that the run begins with zeros, of that type and width. */
int embq_keeps(const embq_checker *checker, uint32_t index, uint32_t type, uint32_t width);

/* Arrays inside WGHT: int8; int8 that are inputs of products and so within +-127; int32 within +-EMBQ_MAX_BIAS. Arrays
 * whose numbers are looked at, counted as often as operations name them, together take at most EMBQ_MAX_SHARING times
 * the bytes of their section: the time of embq_open is linear in the artifact. */
int embq_bytes_fit(const embq_checker *checker, uint32_t offset, uint64_t count);
int embq_rows_fit(embq_checker *checker, uint32_t offset, uint64_t count);
/* A packed table whose rows begin at `rows` in WGHT: its arrays in TABL, then its rows. Two calls need less stack. */
int embq_table_arrays_fit(embq_checker *checker, const embq_packed_table *table, uint32_t columns);
int embq_table_rows_fit(embq_checker *checker, uint32_t rows, const embq_packed_table *table, uint32_t count,
                        uint32_t columns);
/* Its row `row` as int8 [columns]. */
void embq_unpack_row(const embq_run *run, uint32_t rows, const embq_packed_table *table, uint32_t row, uint32_t columns,
                     int8_t *out);
/* Vectors of REQUANTIZE, ACTIVATE and COMBINE, forms in the lowest byte: biases, multipliers from `low` on. */
int embq_bias_fits(embq_checker *checker, uint32_t offset, uint32_t form, uint64_t count);
int embq_multiplier_fits(embq_checker *checker, uint32_t offset, uint32_t form, uint64_t count, int32_t low);
/* int32 in WGHT or TABL within low ... high. */
int embq_weights_within(embq_checker *checker, uint32_t offset, uint64_t count, int32_t low, int32_t high);
int embq_tables_within(embq_checker *checker, uint32_t offset, uint64_t count, int32_t low, int32_t high);
/* int8 in TABL within +-127. */
int embq_lookups_fit(embq_checker *checker, uint32_t offset, uint64_t count);

static inline int embq_within(uint32_t value, uint32_t low, uint32_t high) { return value >= low && value <= high; }

#endif
