/* The generator of programs.c: it adds operations whose operands fit what the program so far has made, with arrays and
 * factors anywhere inside the limits of Schemas/embq-format.md. It keeps account of registers and stores by the rules
 * of that page, not with the runtime's own checks. */
#ifndef EMBQ_FUZZ_GENERATOR_H
#define EMBQ_FUZZ_GENERATOR_H

#include "embq_program.h"

enum { WIDTHS = 3, ROOM_WORDS = 2048, ROOM_ARRAYS = 1 << 21 };

enum { PACKED = 16 };

/* What the generator knows of a store. */
typedef struct kept {
    int full, written, spread, skewed;
    int loaded;           /* this pass reads rows of it that it may overwrite behind that */
    uint32_t type, width; /* of its rows, which may be smaller than its own; type PACKED + bits where they are packed */
    uint32_t pool;        /* its kind of POOL, and how many positions that leaves out */
} kept;

typedef struct generator {
    const uint8_t *data;
    size_t size;
    uint64_t state;

    embq_model_record record;
    embq_register registers[EMBQ_MAX_REGISTERS];
    embq_store stores[64];
    embq_pass passes[8];
    uint32_t words[ROOM_WORDS], word_count;

    int defined[EMBQ_MAX_REGISTERS], skewed[EMBQ_MAX_REGISTERS];
    kept kept[64];
    uint32_t positions, heads, states;
    int has_tag;
    uint32_t reshaped; /* how often a store got other rows than its own */
    uint32_t widths[WIDTHS];

    uint8_t weights[ROOM_ARRAYS], tables[ROOM_ARRAYS];
    uint32_t weights_size, tables_size;
    const uint8_t *base;
} generator;

/* A number below `count`. */
uint32_t choose(generator *g, uint32_t count);

/* Makes a program, with the tokenizer of the artifact `base`. */
void begin_program(generator *g, const uint8_t *data, size_t size, const uint8_t *base);

/* The artifact in a block of its own size; `fault` changes one number before the checksums are computed. */
uint8_t *finish_program(generator *g, int fault, size_t *size);

/* ---- Between the generator's own files ----------------------------------------------------------------------- */

/* A random number, one within limits that often is a limit, a shift, and a factor up to `largest`. */
uint64_t any_next(generator *g);
int64_t any_number(generator *g, int64_t low, int64_t high);
uint32_t any_shift(generator *g, uint32_t low, uint32_t high);
uint32_t any_multiplier(generator *g, uint32_t largest);

/* New arrays: int8 in a section; int8 in WGHT with -128 and without; int32 in WGHT; int32 in TABL; int8 in TABL;
 * numbers that are given, as int32 and int8 in TABL. Their offsets. */
uint32_t byte_array(generator *g, uint8_t *section, uint32_t *size, uint32_t count, int low, int high);
uint32_t weight_array(generator *g, uint32_t count);
uint32_t row_array(generator *g, uint32_t count);
uint32_t bias_array(generator *g, uint32_t count);
uint32_t weight_numbers(generator *g, uint32_t count, int64_t low);
uint32_t table_array(generator *g, uint32_t count, int64_t low, int64_t high);
/* A vector of REQUANTIZE, ACTIVATE or COMBINE, of 32 bits or of 16 with a factor, which goes into the word `shift`. */
uint32_t vector_array(generator *g, uint32_t vector, uint32_t count, int64_t low, int64_t high, uint32_t *shift);
uint32_t level_array(generator *g, uint32_t count);
uint32_t given_words(generator *g, const int32_t *values, uint32_t count);
uint32_t given_bytes(generator *g, const int32_t *values, uint32_t count);

/* Whether the pass visits every position. */
int is_whole(const generator *g);

/* Each adds an operation to the pass. 0: there is nothing that it could work on. */
int add_operation(generator *g); /* of any kind */
int add_embed(generator *g);
int add_load(generator *g);
int add_pooled(generator *g);
int add_output(generator *g);
int add_wide_linear(generator *g);

#endif
