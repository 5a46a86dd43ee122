/* SPDX-License-Identifier: Apache-2.0 */
/* Products of packed weights with Helium: sixteen codes of four words become bytes with two shifts. */
#include "embq_kernels_arm.h"

#if EMBQ_ARM_MVE

#include <arm_mve.h>

#include "embq_format.h"

/* Four words of a row are worked on at a time. A step takes the next two pairs of codes of each word: in a word's bytes
 * lie the first code of the one pair, of the other, the second code of the one, of the other. */
enum { WORDS = 4, STEP = 4 * WORDS };

/* As many bytes of inputs in that order as the stack should hold, of one row. */
enum { BYTES = 128 };

/* Inputs of `blocks` times four words in the order of their codes, 0 behind the last. */
static void spread(const int8_t *input, uint32_t inputs, uint32_t codes, uint32_t blocks, int8_t *out)
{
    static const uint8_t places[4] = {0, 2, 1, 3};
    for (uint32_t b = 0; b < blocks; b++)
        for (uint32_t step = 0; step < codes; step += 4)
            for (uint32_t w = 0; w < WORDS; w++)
                for (uint32_t i = 0; i < 4; i++) {
                    const uint32_t at = step + places[i], column = (b * WORDS + w) * codes + at;
                    *out++ = at < codes && column < inputs ? input[column] : 0;
                }
}

/* acc += the products of `count` words of one output with two rows of inputs. */
static void add_output(const uint32_t *words, uint32_t count, uint32_t bits, uint32_t steps, const int8_t *x,
                       const int8_t *y, int32_t *sum, int32_t *other)
{
    const int32_t down = -(int32_t)bits;
    const uint8x16_t mask = vdupq_n_u8((uint8_t)((1u << bits) - 1));
    int32_t a = 0, b = 0;
    for (uint32_t at = 0; at < count; at += WORDS) {
        uint32x4_t w = vldrwq_z_u32(words + at, vctp32q(count - at));
        for (uint32_t s = 0; s < steps; s++, x += STEP, y += STEP) {
            const uint32x4_t next = vshlq_r_u32(w, down);
            const uint16x8_t both = vsliq_n_u16(vreinterpretq_u16_u32(w), vreinterpretq_u16_u32(next), 8);
            const int8x16_t codes = vreinterpretq_s8_u8(vandq_u8(vreinterpretq_u8_u16(both), mask));
            a = vmladavaq_s8(a, codes, vldrbq_s8(x));
            b = vmladavaq_s8(b, codes, vldrbq_s8(y));
            w = vshlq_r_u32(next, down);
        }
    }
    *sum = a, *other = b;
}

void embq_add_codes(const uint32_t *words, uint32_t stride, uint32_t bits, uint32_t shift, uint32_t outputs,
                    uint32_t inputs, const int8_t *input, uint32_t rows, int32_t *acc)
{
    int8_t x[2][BYTES];
    const uint32_t codes = embq_codes_of_word(bits), steps = (codes + 3) / 4, all = embq_part_words(inputs, bits);
    const uint32_t most = BYTES / (steps * STEP) * WORDS;
    for (uint32_t at = 0; at < all; at += most) {
        const uint32_t count = all - at < most ? all - at : most, column = at * codes;
        const uint32_t blocks = (count + WORDS - 1) / WORDS;
        /* One row is taken twice. */
        for (uint32_t r = 0; r < 2; r++)
            spread(input + (rows == 1 ? 0 : r * inputs) + column, inputs - column, codes, blocks, x[r]);
        for (uint32_t o = 0; o < outputs; o++) {
            int32_t sum, other;
            add_output(words + (size_t)o * stride + at, count, bits, steps, x[0], x[1], &sum, &other);
            acc[o] += sum * (1 << shift);
            if (rows > 1) acc[outputs + o] += other * (1 << shift);
        }
    }
}

/* acc[...] += the sums of the next pair of codes of four words of each row. */
static void mix_pair(const int32_t *weights, const uint32_t *words, uint32_t stride, uint32_t bits, uint32_t from,
                     uint32_t count, mve_pred16_t left, int32x4_t *first, int32x4_t *second)
{
    const int32_t down = -(int32_t)from;
    const uint32x4_t mask = vdupq_n_u32((1u << bits) - 1);
    int32x4_t a = vdupq_n_s32(0), b = a;
    for (uint32_t j = 0; j < count; j++, words += stride) {
        const uint32x4_t w = vshlq_r_u32(vldrwq_z_u32(words, left), down);
        a = vmlaq_n_s32(a, vreinterpretq_s32_u32(vandq_u32(w, mask)), weights[j]);
        b = vmlaq_n_s32(b, vreinterpretq_s32_u32(vandq_u32(vshrq_n_u32(w, 16), mask)), weights[j]);
    }
    *first = a, *second = b;
}

void embq_mix_codes(const int32_t *weights, const uint32_t *words, uint32_t stride, uint32_t bits, uint32_t shift,
                    uint32_t count, uint32_t width, int32_t *acc)
{
    const uint32_t codes = embq_codes_of_word(bits), row = embq_part_words(width, bits);
    for (uint32_t at = 0; at < row; at += WORDS)
        for (uint32_t place = 0; place < codes; place += 2) {
            int32x4_t first, second;
            int32_t sums[2][WORDS];
            mix_pair(weights, words + at, stride, bits, place / 2 * bits, count, vctp32q(row - at), &first, &second);
            vstrwq_s32(sums[0], first);
            vstrwq_s32(sums[1], second);
            for (uint32_t i = 0; i < 2 * WORDS; i++) {
                const uint32_t column = (at + i / 2) * codes + place + i % 2;
                if (column < width) acc[column] += sums[i % 2][i / 2] * (1 << shift);
            }
        }
}

#endif
