/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels of rows of 16 bits with the DSP extension: two products an instruction, added up in 64 bits. */
#include "embq_kernels_arm.h"

#if EMBQ_ARM_DSP && !EMBQ_ARM_MVE

#include "embq_kernels_dsp.h"

int64_t embq_dot16(const int16_t *x, const int8_t *weight, uint32_t count)
{
    int64_t sum = 0;
    for (const int16_t *const end = x + (count & ~3u); x != end; x += 4, weight += 4) {
        const uint32_t word = load4(weight), first = load4(x), second = load4(x + 2);
        sum = __smlald((int16x2_t)lower_halves(first, second), even_bytes(word), sum);
        sum = __smlald((int16x2_t)upper_halves(first, second), odd_bytes(word), sum);
    }
    for (uint32_t i = 0; i < count % 4; i++) sum += x[i] * weight[i];
    return sum;
}

void embq_scores16(const int16_t *keys, uint32_t count, uint32_t width, const int16_t *query, uint32_t shift,
                   int32_t *scores)
{
    for (const int32_t *const last = scores + count; scores != last;) {
        const int16_t *x = query;
        int64_t sum = 0;
        for (const int16_t *const end = x + (width & ~3u); x != end; x += 4, keys += 4) {
            sum = __smlald((int16x2_t)load4(keys), (int16x2_t)load4(x), sum);
            sum = __smlald((int16x2_t)load4(keys + 2), (int16x2_t)load4(x + 2), sum);
        }
        for (uint32_t i = width % 4; i > 0; i--) sum += *keys++ * *x++;
        *scores++ = (int32_t)(sum >> shift);
    }
}

/* Two columns of two rows at a time; weights fit 16 bits. */
void embq_mix16(const int32_t *weights, const int16_t *values, uint32_t count, uint32_t width, embq_factor factor,
                int16_t *out)
{
    for (uint32_t i = 0; i < width; i += 2) {
        const int16_t *x = values + i;
        const int32_t *weight = weights;
        const uint32_t columns = width - i > 1 ? 2 : 1;
        int64_t a = 128, b = 128;
        for (const int32_t *const end = weight + (columns == 1 ? 0 : count & ~1u); weight != end; weight += 2) {
            const uint32_t pair = lower_halves((uint32_t)weight[0], (uint32_t)weight[1]);
            const uint32_t first = load4(x), second = load4(x + width);
            a = __smlald((int16x2_t)lower_halves(first, second), (int16x2_t)pair, a);
            b = __smlald((int16x2_t)upper_halves(first, second), (int16x2_t)pair, b);
            x += (size_t)2 * width;
        }
        /* What does not fill a block: the last row, the last column. */
        for (; weight != weights + count; weight++, x += width) {
            a += *weight * x[0];
            if (columns > 1) b += *weight * x[1];
        }
        const int32_t sums[2] = {(int32_t)(a >> 8), (int32_t)(b >> 8)};
        embq_scale_row16(sums, factor, columns, out + i);
    }
}

#endif
