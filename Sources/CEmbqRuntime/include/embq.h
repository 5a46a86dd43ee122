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

/* ---- Tokenizer ----------------------------------------------------------------------------------------------- */

#ifdef __cplusplus
}
#endif
#endif
