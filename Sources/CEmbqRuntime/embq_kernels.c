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

/* The two weights of a byte. */
static inline int32_t low_half(uint8_t byte) { return (int32_t)((byte & 15u) ^ 8u) - 8; }
static inline int32_t high_half(uint8_t byte) { return (int32_t)(byte >> 4 ^ 8u) - 8; }

static inline int32_t factor_at(const uint8_t *factor, size_t group)
{
    return factor[group / 2] >> (group % 2 * 4) & 15;
}

/* Weights and inputs of a group's first `count` columns. */
static inline int32_t group_sum(const uint8_t *bytes, const int8_t *input, uint32_t count)
{
    int32_t sum = 0;
    const uint32_t low = count < 8 ? count : 8;
    for (uint32_t j = 0; j < low; j++) sum += low_half(bytes[j]) * input[j];
    for (uint32_t j = 8; j < count; j++) sum += high_half(bytes[j - 8]) * input[j];
    return sum;
}

void EMBQ_PORTABLE(embq_packed_product)(const uint8_t *weight, const uint8_t *factor, uint32_t outputs, uint32_t inputs,
                                        const int8_t *input, uint32_t rows, int32_t *acc)
{
    size_t group = 0;
    for (uint32_t o = 0; o < outputs; o++) {
        int32_t sum0 = 0, sum1 = 0;
        for (uint32_t i = 0; i < inputs; i += EMBQ_GROUP, group++, weight += EMBQ_GROUP / 2) {
            const uint32_t count = inputs - i < EMBQ_GROUP ? inputs - i : EMBQ_GROUP;
            sum0 += factor_at(factor, group) * group_sum(weight, input + i, count);
            if (rows > 1) sum1 += factor_at(factor, group) * group_sum(weight, input + inputs + i, count);
        }
        acc[o] = sum0;
        if (rows > 1) acc[outputs + o] = sum1;
    }
}

void embq_unpack_row(const uint8_t *weight, const uint8_t *factor, uint32_t row, uint32_t inputs, int8_t *out)
{
    const size_t first = (size_t)row * embq_groups(inputs);
    for (uint32_t i = 0; i < inputs; i++) {
        const size_t group = first + i / EMBQ_GROUP;
        const uint8_t byte = weight[group * (EMBQ_GROUP / 2) + i % 8];
        out[i] = (int8_t)((i % EMBQ_GROUP < 8 ? low_half(byte) : high_half(byte)) * factor_at(factor, group));
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

void embq_scale_row16(const int32_t *x, embq_factor factor, uint32_t count, int16_t *out)
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
