/* SPDX-License-Identifier: Apache-2.0 */
/* The portable kernels: plain C that defines what every faster version must compute. */
#include "embq_format.h"
#include "embq_kernels_arm.h"

/* A faster kernel calls the portable one for what it does not cover. A host build (EMBQ_HOST_SIMD) has them in
 * embq_kernels_x86.c, one for an Arm core with the extensions in embq_kernels_dsp.c and embq_kernels_mve.c. */
#if defined(EMBQ_HOST_SIMD) && defined(__x86_64__)
#include "embq_kernels_portable.h"
#define EMBQ_PORTABLE(name) name##_portable
#define EMBQ_PORTABLE_ON_ARM(name) name##_portable
#elif EMBQ_ARM_DSP
#include "embq_kernels_portable.h"
#define EMBQ_PORTABLE(name) name##_portable
#define EMBQ_PORTABLE_ON_ARM(name) name
#else
#define EMBQ_PORTABLE(name) name
#define EMBQ_PORTABLE_ON_ARM(name) name
#endif

void EMBQ_PORTABLE(embq_linear)(const int8_t *weight, uint32_t outputs, uint32_t inputs, const int8_t *input,
                                uint32_t rows, int32_t *acc)
{
    const int8_t *second = input + inputs;
    for (uint32_t o = 0; o < outputs; o++, weight += inputs) {
        int32_t sum0 = 0, sum1 = 0;
        if (rows == 1) {
            for (uint32_t i = 0; i < inputs; i++) sum0 += weight[i] * input[i];
        } else {
            for (uint32_t i = 0; i < inputs; i++) {
                sum0 += weight[i] * input[i];
                sum1 += weight[i] * second[i];
            }
            acc[outputs + o] = sum1;
        }
        acc[o] = sum0;
    }
}

int64_t EMBQ_PORTABLE(embq_dot16)(const int16_t *x, const int8_t *weight, uint32_t count)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < count; i++) sum += x[i] * weight[i];
    return sum;
}

void EMBQ_PORTABLE_ON_ARM(embq_linear16)(const int8_t *weight, uint32_t outputs, uint32_t inputs, const int16_t *x,
                                         const int32_t *multiplier, uint32_t shift, const int32_t *bias, int32_t limit,
                                         int32_t *out)
{
    for (uint32_t o = 0; o < outputs; o++, weight += inputs) {
        const int64_t y = embq_requantize(embq_dot16(x, weight, inputs), multiplier[o], shift);
        out[o] = embq_clip(y + bias[o], -limit, limit);
    }
}

void EMBQ_PORTABLE(embq_add_codes)(const uint32_t *words, uint32_t stride, uint32_t bits, uint32_t shift,
                                   uint32_t outputs, uint32_t inputs, const int8_t *input, uint32_t rows, int32_t *acc)
{
    const uint32_t codes = embq_codes_of_word(bits), mask = (1u << bits) - 1;
    const int8_t *const second = rows == 1 ? input : input + inputs;
    for (uint32_t o = 0; o < outputs; o++, words += stride) {
        int32_t sum0 = 0, sum1 = 0;
        for (uint32_t first = 0, at = 0; first < inputs; first += codes, at++) {
            const uint32_t end = inputs - first < codes ? inputs : first + codes;
            uint32_t word = words[at];
            for (uint32_t i = first; i < end; i++) {
                const int32_t code = (int32_t)(i % 2 == 0 ? word & mask : word >> 16 & mask);
                sum0 += code * input[i];
                sum1 += code * second[i];
                if (i % 2 != 0) word >>= bits;
            }
        }
        acc[o] += sum0 * (1 << shift);
        if (rows > 1) acc[outputs + o] += sum1 * (1 << shift);
    }
}

void EMBQ_PORTABLE(embq_mix_codes)(const int32_t *weights, const uint32_t *words, uint32_t stride, uint32_t bits,
                                   uint32_t shift, uint32_t count, uint32_t width, int32_t *acc)
{
    const uint32_t codes = embq_codes_of_word(bits), mask = (1u << bits) - 1;
    for (uint32_t j = 0; j < count; j++, words += stride) {
        const uint32_t weight = (uint32_t)weights[j] << shift;
        if (weight == 0) continue;
        for (uint32_t first = 0, at = 0; first < width; first += codes, at++) {
            const uint32_t end = width - first < codes ? width : first + codes;
            uint32_t word = words[at];
            for (uint32_t i = first; i < end; i++) {
                acc[i] += (int32_t)(weight * (i % 2 == 0 ? word & mask : word >> 16 & mask));
                if (i % 2 != 0) word >>= bits;
            }
        }
    }
}

void EMBQ_PORTABLE(embq_requantize_row)(const int32_t *acc, const int32_t *bias, const int32_t *multiplier,
                                        uint32_t shift, uint32_t count, int8_t *out)
{
    for (uint32_t i = 0; i < count; i++)
        out[i] = (int8_t)embq_clip(embq_requantize(acc[i] + bias[i], multiplier[i], shift), -127, 127);
}

void EMBQ_PORTABLE(embq_activate_row)(const int32_t *acc, const int32_t *bias, const int32_t *multiplier,
                                      uint32_t shift, const int8_t *table, uint32_t bits, uint32_t zero, uint32_t count,
                                      int8_t *out)
{
    const int32_t last = (int32_t)((1u << bits) - 1);
    for (uint32_t i = 0; i < count; i++)
        out[i] = table[embq_clip(embq_requantize(acc[i] + bias[i], multiplier[i], shift) + (int32_t)zero, 0, last)];
}

void EMBQ_PORTABLE(embq_combine_rows)(const int32_t *a, const int32_t *a_multiplier, const int32_t *b,
                                      const int32_t *b_multiplier, uint32_t shift, const int32_t *bias, uint32_t count,
                                      int32_t *x)
{
    const int64_t half = (int64_t)1 << (shift - 1);
    for (uint32_t i = 0; i < count; i++) {
        const int64_t sum = (int64_t)a[i] * a_multiplier[i] + (int64_t)b[i] * b_multiplier[i];
        x[i] = embq_clip(((sum + half) >> shift) + bias[i], -EMBQ_ROW_LIMIT, EMBQ_ROW_LIMIT);
    }
}

uint64_t EMBQ_PORTABLE_ON_ARM(embq_sum_of_squares)(const int32_t *x, uint32_t count)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < count; i++) sum += (uint64_t)((int64_t)x[i] * x[i]);
    return sum;
}

void EMBQ_PORTABLE(embq_scale_row)(const int32_t *x, embq_factor factor, uint32_t count, int8_t *out)
{
    for (uint32_t i = 0; i < count; i++)
        out[i] = (int8_t)embq_clip(embq_requantize(x[i], factor.multiplier, factor.shift), -127, 127);
}

void EMBQ_PORTABLE_ON_ARM(embq_scale_row16)(const int32_t *x, embq_factor factor, uint32_t count, int16_t *out)
{
    for (uint32_t i = 0; i < count; i++)
        out[i] = (int16_t)embq_clip(embq_requantize(x[i], factor.multiplier, factor.shift), -32767, 32767);
}

void embq_narrow_row(const int16_t *x, embq_factor factor, uint32_t count, int8_t *out)
{
    for (uint32_t i = 0; i < count; i++)
        out[i] = (int8_t)embq_clip(embq_requantize(x[i], factor.multiplier, factor.shift), -127, 127);
}

void EMBQ_PORTABLE_ON_ARM(embq_exponentials)(int32_t *scores, uint32_t count, int32_t top, int32_t multiplier,
                                             uint32_t shift)
{
    for (uint32_t j = 0; j < count; j++) {
        const int32_t distance = scores[j] < top ? top - scores[j] : 0;
        const int64_t exponent = embq_requantize(distance, multiplier, shift);
        scores[j] = exponent > 0xFFFFF ? 0 : (int32_t)embq_exp2_negative((uint32_t)exponent);
    }
}

void EMBQ_PORTABLE(embq_mix)(const int32_t *weights, const int8_t *values, uint32_t count, uint32_t width, int32_t *acc)
{
    for (uint32_t i = 0; i < width; i++) acc[i] = 0;
    for (uint32_t j = 0; j < count; j++, values += width) {
        const int32_t weight = weights[j];
        if (weight == 0) continue;
        for (uint32_t i = 0; i < width; i++) acc[i] += weight * values[i];
    }
}

void EMBQ_PORTABLE(embq_scores16)(const int16_t *keys, uint32_t count, uint32_t width, const int16_t *query,
                                  uint32_t shift, int32_t *scores)
{
    for (uint32_t j = 0; j < count; j++, keys += width) {
        int64_t sum = 0;
        for (uint32_t i = 0; i < width; i++) sum += (int32_t)keys[i] * query[i];
        scores[j] = (int32_t)(sum >> shift);
    }
}

/* Sums stay below 2^39, and below 2^31 without their last 8 bits. */
void EMBQ_PORTABLE(embq_mix16)(const int32_t *weights, const int16_t *values, uint32_t count, uint32_t width,
                               embq_factor factor, int16_t *out)
{
    for (uint32_t i = 0; i < width; i++) {
        int64_t sum = 128;
        for (uint32_t j = 0; j < count; j++) sum += (int64_t)weights[j] * values[(size_t)j * width + i];
        const int32_t x = (int32_t)(sum >> 8);
        embq_scale_row16(&x, factor, 1, out + i);
    }
}

void EMBQ_PORTABLE(embq_convolve)(const int8_t *taps, const int8_t *window, uint32_t count, uint32_t channels,
                                  uint32_t width, int32_t *acc)
{
    const uint32_t expansion = channels / width;
    for (uint32_t c = 0; c < channels; c++) acc[c] = 0;
    for (uint32_t t = 0; t < count; t++, window += width) {
        uint32_t c = 0;
        for (uint32_t i = 0; i < width; i++)
            for (uint32_t e = 0; e < expansion; e++, c++) acc[c] += taps[c] * window[i];
        taps += channels;
    }
}
