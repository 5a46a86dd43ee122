/* SPDX-License-Identifier: Apache-2.0 */
/* Steps that the kernels with the DSP extension share. */
#ifndef EMBQ_KERNELS_DSP_H
#define EMBQ_KERNELS_DSP_H

#include <arm_acle.h>

#include "embq_kernels_arm.h"

#define INLINE static inline __attribute__((always_inline))
#define ALONE static __attribute__((noinline)) /* a loop that has all registers for itself */

/* Four bytes from anywhere: one instruction, also in a freestanding build. */
INLINE uint32_t load4(const void *bytes)
{
    uint32_t word;
    __builtin_memcpy(&word, bytes, sizeof word);
    return word;
}

/* Bytes 0 and 2, or 1 and 3, as int16. ACLE does not name the rotation that the instruction includes, and GCC does not
 * find it. */
INLINE int16x2_t even_bytes(uint32_t word) { return __sxtb16((int8x4_t)word); }
INLINE int16x2_t odd_bytes(uint32_t word)
{
    int16x2_t pair;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(word));
    return pair;
}

/* The lower halves of two words, the upper halves of two words; the first word's becomes the lower. */
INLINE uint32_t lower_halves(uint32_t first, uint32_t second)
{
    uint32_t pair;
    __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(pair) : "r"(first), "r"(second));
    return pair;
}
INLINE uint32_t upper_halves(uint32_t first, uint32_t second)
{
    uint32_t pair;
    __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(pair) : "r"(second), "r"(first));
    return pair;
}

#endif
