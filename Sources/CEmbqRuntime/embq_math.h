/* SPDX-License-Identifier: Apache-2.0 */
/* Integer arithmetic that every target computes alike. Schemas/embq-format.md, "Arithmetic", states each formula. */
#ifndef EMBQ_MATH_H
#define EMBQ_MATH_H

#include "embq_platform.h"

/* The one rounding of the format: value * multiplier / 2^shift, halves towards plus infinity.
 * Holds for |value * multiplier| < 2^62 and shift in 1...62. */
static inline int64_t embq_requantize(int64_t value, int32_t multiplier, uint32_t shift)
{
    return (value * multiplier + ((int64_t)1 << (shift - 1))) >> shift;
}

static inline int32_t embq_clip(int64_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : (int32_t)value;
}

/* floor(2^63 / value), at most 2^32 - 1. value >= 2^31. */
static inline uint32_t embq_reciprocal(uint32_t value)
{
#if UINTPTR_MAX > 0xFFFFFFFFu
    const uint64_t quotient = ((uint64_t)1 << 63) / value;
    return quotient > 0xFFFFFFFFu ? 0xFFFFFFFFu : (uint32_t)quotient;
#else
    /* Long division: a 64-bit division would pull in the compiler's library. */
    uint32_t quotient = 0;
    uint32_t rest = 0x80000000u; /* 2^63 = 2^31 * 2^32: the upper half, not yet divided */
    if (rest >= value) return 0xFFFFFFFFu;
    for (int i = 0; i < 32; i++) {
        const uint32_t carry = rest >> 31;
        rest <<= 1;
        quotient <<= 1;
        if (carry != 0 || rest >= value) {
            rest -= value;
            quotient |= 1;
        }
    }
    return quotient;
#endif
}

/* floor(sqrt(value)). */
static inline uint32_t embq_square_root(uint64_t value)
{
    uint64_t root = 0;
    for (uint64_t bit = (uint64_t)1 << 62; bit != 0; bit >>= 2) {
        if (value >= root + bit) {
            value -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
    }
    return (uint32_t)root;
}

/* A factor that is known only at run time: value * multiplier / 2^shift. shift > 62 stands for zero. */
typedef struct embq_factor {
    int32_t multiplier;
    uint32_t shift;
} embq_factor;

/* (multiplier / 2^shift) / value, for value > 0 and shift in 1...31. */
static inline embq_factor embq_divide(uint32_t multiplier, uint32_t shift, uint32_t value)
{
    uint32_t zeros = 0;
    while ((value & 0x80000000u) == 0) {
        value <<= 1;
        zeros++;
    }
    const uint64_t product = (uint64_t)embq_reciprocal(value) * multiplier;
    return (embq_factor){(int32_t)(product >> 32), 31u + shift - zeros};
}

/* (multiplier / 2^shift) / sqrt(value), for value > 0 and shift in 1...31. */
static inline embq_factor embq_divide_by_root(uint32_t multiplier, uint32_t shift, uint64_t value)
{
    uint32_t zeros = 0; /* pairs of leading zero bits */
    while ((value >> 62) == 0) {
        value <<= 2;
        zeros++;
    }
    const uint64_t product = (uint64_t)embq_reciprocal(embq_square_root(value)) * multiplier;
    return (embq_factor){(int32_t)(product >> 32), 31u + shift - zeros};
}

/* 2^-exponent as a 15-bit weight (32767 is 1): exponent has 16 fraction bits.
 * A quartic in the fraction, fitted for least maximal error (2e-6) with each step truncated: within 1.28 steps. */
static inline uint32_t embq_exp2_negative(uint32_t exponent)
{
    const uint32_t whole = exponent >> 16, f = exponent & 0xFFFFu;
    if (whole > 15) return 0;
    uint32_t r = 453;
    r = 3498 - (r * f >> 16);
    r = 15699 - (r * f >> 16);
    r = 45422 - (r * f >> 16);
    r = 65536 - (r * f >> 16);
    r = ((r >> whole) + 1) >> 1;
    return r > 32767 ? 32767 : r;
}

/* 2^-exponent in steps of 2^-30: exponent has 24 fraction bits and is not negative.
 * A sextic in the fraction, fitted for least maximal error (1.5e-9) with each step truncated: within 4.4 steps. */
static inline uint32_t embq_exp2_fine(int64_t exponent)
{
    const uint64_t f = (uint64_t)exponent & 0xFFFFFFu;
    const uint64_t whole = (uint64_t)exponent >> 24;
    if (whole > 30) return 0;
    uint64_t r = 118043;
    r = 1371676 - (r * f >> 24);
    r = 10288824 - (r * f >> 24);
    r = 59584400 - (r * f >> 24);
    r = 257939319 - (r * f >> 24);
    r = 744261020 - (r * f >> 24);
    r = 1073741824 - (r * f >> 24);
    return (uint32_t)(r >> whole);
}

#endif
