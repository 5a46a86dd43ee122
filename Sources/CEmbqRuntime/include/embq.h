/* embq: runs 8-bit language models on microcontrollers. Text or token ids in, logits out.
 *
 * C11. No malloc, no floating point, no global state, no library but memcpy and memset.
 * Everything passed by pointer stays the caller's; everything read is const. */
#ifndef EMBQ_H
#define EMBQ_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a call answers. 0 is success; the numbers are stable. */
typedef enum embq_status {
    EMBQ_OK = 0,
    EMBQ_ERROR_ARGUMENT = 1,    /* a null pointer, or a count of 0 where one is needed */
    EMBQ_ERROR_ALIGNMENT = 2,   /* the blob or the arena is not aligned to EMBQ_ALIGNMENT */
    EMBQ_ERROR_TRUNCATED = 3,   /* fewer bytes than the header promises */
    EMBQ_ERROR_MAGIC = 4,       /* not an .embq artifact */
    EMBQ_ERROR_VERSION = 5,     /* written for another version of this runtime */
    EMBQ_ERROR_CHECKSUM = 6,    /* bytes changed since the artifact was written */
    EMBQ_ERROR_LAYOUT = 7,      /* sections out of place, missing, twice or with bytes left over */
    EMBQ_ERROR_MODEL = 8,       /* shapes or parameters that do not fit together */
    EMBQ_ERROR_TOKENIZER = 9,   /* tokenizer tables that do not fit together */
    EMBQ_ERROR_ARENA = 10,      /* the arena is smaller than embq_arena_size says */
    EMBQ_ERROR_LENGTH = 11,     /* no tokens, or more than the model's longest sentence */
    EMBQ_ERROR_TOKEN = 12,      /* a token id outside the vocabulary */
    EMBQ_ERROR_WORD = 13,       /* one word is too long for the scratch memory */
    EMBQ_ERROR_ENDIAN = 14      /* this machine is big-endian */
} embq_status;

/* The blob and the arena start at a multiple of this. */
#define EMBQ_ALIGNMENT 16u

/* Logits are fixed-point numbers with this many bits behind the point: 65536 is 1.0. */
#define EMBQ_LOGIT_FRACTION_BITS 16

/* ---- Tokenizer ----------------------------------------------------------------------------------------------- */

/* ---- Model --------------------------------------------------------------------------------------------------- */

/* An artifact opened in place. Filled by embq_open; the fields are for the runtime alone. The blob must stay where
 * it is, unchanged, for as long as the model is used. */
typedef struct embq_model {
    const uint8_t *weights;         /* section WGHT */
    const uint8_t *tables;          /* section TABL */
    const uint8_t *labels;          /* section LABL */
    const uint8_t *checks;          /* section CHEK, or null */
    const struct embq_model_record *record;
    embq_tokenizer tokenizer;
} embq_model;

/* Opens the artifact at `blob` (aligned to EMBQ_ALIGNMENT, `size` bytes) and checks all of it: after EMBQ_OK the
 * other functions trust it. A damaged or hostile blob gives a status, nothing else. */
embq_status embq_open(embq_model *model, const void *blob, size_t size);

/* Bytes of arena that a sentence of `tokens` tokens needs, exactly; 0 when the model takes no such length. */
size_t embq_arena_size(const embq_model *model, uint32_t tokens);

/* The model's longest sentence, in tokens; longer texts are cut. */
uint32_t embq_max_length(const embq_model *model);

/* How many logits a run gives. */
uint32_t embq_output_count(const embq_model *model);

/* The name of output `index`, UTF-8, ended by a NUL; null when there is no such output. */
const char *embq_label(const embq_model *model, uint32_t index);

/* Runs a sentence given as token ids.
 *   ids      uint16 [count], [CLS] included as the tokenizer puts it; [PAD] at the end is ignored
 *   arena    at least embq_arena_size(model, count) bytes, aligned to EMBQ_ALIGNMENT; its content is overwritten
 *   logits   int32 [embq_output_count(model)], see EMBQ_LOGIT_FRACTION_BITS */
embq_status embq_run_tokens(const embq_model *model, const uint16_t *ids, uint32_t count, void *arena,
                            size_t arena_size, int32_t *logits);

/* Runs a sentence given as text (UTF-8, `length` bytes, no NUL needed). It is cut to as many tokens as the arena has
 * room for, at most embq_max_length. */
embq_status embq_run_text(const embq_model *model, const char *text, size_t length, void *arena, size_t arena_size,
                          int32_t *logits);

/* The index of the largest logit, the first of equals. */
uint32_t embq_best(const int32_t *logits, uint32_t count);

/* How many recorded check vectors the artifact carries. */
uint32_t embq_check_count(const embq_model *model);

/* Replays check vector `index`: tokenizes its text and compares the ids, runs them and compares the logits, bit for
 * bit, with those recorded when the artifact was made.
 *   arena    at least embq_arena_size(model, embq_max_length(model)) bytes
 *   logits   scratch, int32 [embq_output_count(model)]
 * EMBQ_ERROR_CHECKSUM says that this build or this chip computes something else. */
embq_status embq_check(const embq_model *model, uint32_t index, void *arena, size_t arena_size, int32_t *logits);

/* A short English sentence on a status. Define EMBQ_NO_STATUS_TEXT to leave the texts out. */
const char *embq_status_text(embq_status status);

#ifdef __cplusplus
}
#endif
#endif
