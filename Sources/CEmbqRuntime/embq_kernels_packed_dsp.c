/* SPDX-License-Identifier: Apache-2.0 */
/* Products of packed weights with the DSP extension of Cortex-M4, M7, M33 and their like: one instruction takes two
 * codes out of a word. */
#include "embq_kernels_arm.h"

#if EMBQ_ARM_DSP && !EMBQ_ARM_MVE

#include "embq_format.h"

#define ALONE static __attribute__((noinline)) /* a loop that has all registers for itself */

/* A pair of codes of two outputs, for two rows: 7 instructions for 8 products. */
#define PAIR(SHIFT)                           \
    "ldrd   %[p], %[q], [%[x]], #8\n\t"       \
    "and    %[t], %[mask], %[u]" SHIFT "\n\t" \
    "smlad  %[a], %[t], %[p], %[a]\n\t"       \
    "smlad  %[b], %[t], %[q], %[b]\n\t"       \
    "and    %[t], %[mask], %[v]" SHIFT "\n\t" \
    "smlad  %[c], %[t], %[p], %[c]\n\t"       \
    "smlad  %[d], %[t], %[q], %[d]\n\t"
#define BY(SHIFT) PAIR(", lsr #" #SHIFT)

/* sums[output][row] of the words from `first` to `end` and as many from `second`, with pairs of inputs of two rows. */
#define CODES(NAME, MASK, PAIRS)                                                                                  \
    ALONE void NAME(const uint32_t *first, const uint32_t *second, const uint32_t *end, const uint32_t *x,        \
                    int32_t *sums)                                                                                \
    {                                                                                                             \
        int32_t a = 0, b = 0, c = 0, d = 0;                                                                       \
        uint32_t u, v, t, p, q;                                                                                   \
        __asm__("1:\n\tldr    %[u], [%[first]], #4\n\tldr    %[v], [%[second]], #4\n\t" PAIRS                     \
                "cmp    %[first], %[end]\n\tbne    1b\n\t"                                                        \
                : [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d), [first] "+r"(first), [second] "+r"(second), \
                  [x] "+r"(x), [u] "=&r"(u), [v] "=&r"(v), [t] "=&r"(t), [p] "=&r"(p), [q] "=&r"(q)               \
                : [mask] "r"(MASK), [end] "r"(end)                                                                \
                : "cc", "memory");                                                                                \
        sums[0] = a, sums[1] = b, sums[2] = c, sums[3] = d;                                                       \
    }

CODES(codes_of_1, 0x00010001u,
      PAIR("") BY(1) BY(2) BY(3) BY(4) BY(5) BY(6) BY(7) BY(8) BY(9) BY(10) BY(11) BY(12) BY(13) BY(14) BY(15))
CODES(codes_of_2, 0x00030003u, PAIR("") BY(2) BY(4) BY(6) BY(8) BY(10) BY(12) BY(14))
CODES(codes_of_3, 0x00070007u, PAIR("") BY(3) BY(6) BY(9) BY(12))
CODES(codes_of_4, 0x000F000Fu, PAIR("") BY(4) BY(8) BY(12))
CODES(codes_of_5, 0x001F001Fu, PAIR("") BY(5) BY(10))

/* As many pairs of columns as the stack should hold. */
enum { PAIRS = 64 };

/* Pairs of 16 bits of the inputs, of two rows in turn; 0 behind the last. */
static void spread(const int8_t *input, const int8_t *other, uint32_t inputs, uint32_t pairs, uint32_t *out)
{
    for (uint32_t i = 0; i < 2 * pairs; i += 2, out += 2)
        for (uint32_t r = 0; r < 2; r++) {
            const int8_t *row = r == 0 ? input : other;
            const uint32_t low = i < inputs ? (uint16_t)row[i] : 0;
            out[r] = low | (i + 1 < inputs ? (uint32_t)(uint16_t)row[i + 1] << 16 : 0);
        }
}

void embq_add_codes(const uint32_t *words, uint32_t stride, uint32_t bits, uint32_t shift, uint32_t outputs,
                    uint32_t inputs, const int8_t *input, uint32_t rows, int32_t *acc)
{
    static void (*const loops[])(const uint32_t *, const uint32_t *, const uint32_t *, const uint32_t *,
                                 int32_t *) = {codes_of_1, codes_of_2, codes_of_3, codes_of_4, codes_of_5};
    uint32_t x[2 * PAIRS];
    const uint32_t pairs = 16 / bits, most = PAIRS / pairs, all = embq_part_words(inputs, bits);
    /* One row is taken twice. */
    const size_t other_row = rows == 1 ? 0 : inputs, other = rows == 1 ? 0 : outputs;
    for (uint32_t at = 0; at < all; at += most) {
        const uint32_t count = all - at < most ? all - at : most, column = at * 2 * pairs;
        spread(input + column, input + other_row + column, inputs - column, count * pairs, x);
        for (uint32_t o = 0; o < outputs; o += 2) {
            /* Of odd outputs the last is taken twice. */
            const uint32_t *first = words + (size_t)o * stride + at, *second = outputs - o > 1 ? first + stride : first;
            int32_t sums[4];
            loops[bits - 1](first, second, first + count, x, sums);
            for (uint32_t i = 0; i < 2 && o + i < outputs; i++) {
                acc[o + i] += sums[2 * i] * (1 << shift);
                if (rows > 1) acc[other + o + i] += sums[2 * i + 1] * (1 << shift);
            }
        }
    }
}

/* a + the lower, or upper, half of x times the lower half of y. */
static inline int32_t add_lower(int32_t a, uint32_t x, uint32_t y)
{
    __asm__("smlabb %0, %1, %2, %0" : "+r"(a) : "r"(x), "r"(y));
    return a;
}
static inline int32_t add_upper(int32_t a, uint32_t x, uint32_t y)
{
    __asm__("smlatb %0, %1, %2, %0" : "+r"(a) : "r"(x), "r"(y));
    return a;
}

/* The sums of two pairs of columns, whose codes begin at bit `from` of words `stride` apart. */
ALONE void mix_pairs(const int32_t *weights, const uint32_t *words, uint32_t stride, uint32_t bits, uint32_t from,
                     uint32_t count, int32_t *sums)
{
    const uint32_t mask = ((1u << bits) - 1) * 0x10001u;
    int32_t a = 0, b = 0, c = 0, d = 0;
    for (uint32_t j = 0; j < count; j++, words += stride) {
        const uint32_t weight = (uint32_t)weights[j], first = *words >> from & mask;
        const uint32_t second = *words >> from >> bits & mask;
        a = add_lower(a, first, weight);
        b = add_upper(b, first, weight);
        c = add_lower(c, second, weight);
        d = add_upper(d, second, weight);
    }
    sums[0] = a, sums[1] = b, sums[2] = c, sums[3] = d;
}

void embq_mix_codes(const int32_t *weights, const uint32_t *words, uint32_t stride, uint32_t bits, uint32_t shift,
                    uint32_t count, uint32_t width, int32_t *acc)
{
    const uint32_t codes = embq_codes_of_word(bits);
    for (uint32_t column = 0; column < width; column += codes, words++)
        for (uint32_t place = 0; place < codes && column + place < width; place += 4) {
            int32_t sums[4];
            mix_pairs(weights, words, stride, bits, place / 2 * bits, count, sums);
            for (uint32_t i = 0; i < 4 && place + i < codes && column + place + i < width; i++)
                acc[column + place + i] += sums[i] * (1 << shift);
        }
}

#endif
