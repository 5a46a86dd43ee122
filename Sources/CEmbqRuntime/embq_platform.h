/* SPDX-License-Identifier: Apache-2.0 */
/* What the runtime takes for granted of a C implementation beyond the standard, in one place. A compiler or chip that
 * is different does not compile this file; what can only be seen at run time is at its end. Every compiler that embq
 * has been tried with, and every one for Cortex-M and RISC-V that we know of, is like this. */
#ifndef EMBQ_PLATFORM_H
#define EMBQ_PLATFORM_H

#include <stddef.h>
#include <stdint.h>

#include "embq.h"

/* Arithmetic. Where uint8_t and int32_t exist, C has it that bytes have 8 bits and that these types are two's
 * complement. int is what int8_t, int16_t and uint16_t are promoted to before a product or a shift. */
_Static_assert(sizeof(int) >= sizeof(int32_t), "int of 32 bits: sums of int8 products stay below 2^31");
/* C leaves the right shift of a negative number to the implementation (6.5.7). */
_Static_assert(((int32_t)-5 >> 1) == -3 && ((int64_t)-5 >> 1) == -3, "an arithmetic right shift of negative numbers");

/* Memory. An arena has up to 2^31 bytes; a pointer is tested for its alignment as a number. */
_Static_assert(SIZE_MAX >= UINT32_MAX, "size_t of 32 bits");
_Static_assert(sizeof(uintptr_t) >= sizeof(void *), "a number that holds an address");
_Static_assert(_Alignof(uint32_t) <= 4 && _Alignof(int64_t) <= 8 && EMBQ_ALIGNMENT % 8 == 0,
               "what lies at a multiple of its size in the blob or the arena is aligned");

/* Not to be seen by a compiler:
 * - Little-endian byte order: embq_open looks and answers EMBQ_ERROR_ENDIAN.
 * - Types of memory. Blob and arena come as bytes and are read and written as the integers that lie there, as an
 *   allocator's memory is. One place never has two types at a time, except int8_t, a character type, in the memory of a
 *   32-bit register (embq_embed.c); when a sentence begins, the tokenizer's scratch becomes something else. So
 *   compilers that trust types (-fstrict-aliasing, link-time optimization) compile what is meant. */

#endif
