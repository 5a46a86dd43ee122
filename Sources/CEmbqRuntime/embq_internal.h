/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the runtime's own files. */
#ifndef EMBQ_INTERNAL_H
#define EMBQ_INTERNAL_H

#include "embq_format.h"

/* All that is taken from a library. Declared here as C11 7.1.4 allows: a freestanding compiler has no <string.h>. */
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memset(void *to, int byte, size_t size);

/* CRC-32 of `bytes`, continuing `crc` (0 at the start). */
uint32_t embq_crc32(uint32_t crc, const uint8_t *bytes, size_t size);

/* embq_tokenizer_open with these parts alone. EMBQ_ERROR_OPERATION: the tokenizer needs one that is not there. */
embq_status embq_tokenizer_open_with(embq_tokenizer *t, const void *tables, uint32_t size, const embq_parts *parts);

/* True for an address that is a multiple of EMBQ_ALIGNMENT. */
static inline int embq_is_aligned(const void *pointer) { return ((uintptr_t)pointer & (EMBQ_ALIGNMENT - 1)) == 0; }

/* Little-endian values at any offset of a section that was checked to hold them aligned. */
static inline uint32_t embq_u32(const uint8_t *section, uint32_t offset)
{
    return *(const uint32_t *)(const void *)(section + offset);
}

#endif
