/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels with Helium, the vector extension of Cortex-M55, M85 and their like: sixteen products of 8 bits an
 * instruction. Each gives the portable kernel's bits, for a sum of 32 bits is the same in whatever order it is made.
 * What Helium does not speed up, embq_kernels_dsp.c has. */
#include "embq_kernels_arm.h"

#if EMBQ_ARM_MVE

#include <arm_mve.h>

#include "embq_format.h"
#include "embq_kernels_portable.h"

/* ---- Linear -------------------------------------------------------------------------------------------------- */

/* The inner loops are in assembler for the sake of LETP, which GCC does not make: it also cuts the last block to the
 * columns that are left. Sums lie in even registers (Te). */

/* Two outputs of two rows: 9 instructions for 64 products. */
#define TWO_ROWS                           \
    "dlstp.8     lr, %[count]\n\t"         \
    "1:\n\t"                               \
    "vldrb.8     q0, [%[x]], #16\n\t"      \
    "vldrb.8     q1, [%[first]], #16\n\t"  \
    "vmladava.s8 %[a], q0, q1\n\t"         \
    "vldrb.8     q2, [%[y]], #16\n\t"      \
    "vmladava.s8 %[b], q2, q1\n\t"         \
    "vldrb.8     q3, [%[second]], #16\n\t" \
    "vmladava.s8 %[c], q0, q3\n\t"         \
    "vmladava.s8 %[d], q2, q3\n\t"         \
    "letp        lr, 1b\n\t"

static void two_rows(const int8_t *first, uint32_t outputs, uint32_t count, const int8_t *input, int32_t *acc)
{
    int32_t *other = acc + outputs;
    for (uint32_t o = 0; o < outputs; o += 2) {
        /* Of odd outputs the last is taken twice. */
        const int8_t *second = outputs - o > 1 ? first + count : first, *const next = second + count;
        const int8_t *x = input, *y = input + count;
        int32_t a = 0, b = 0, c = 0, d = 0;
        __asm__(TWO_ROWS
                : [a] "+Te"(a), [b] "+Te"(b), [c] "+Te"(c), [d] "+Te"(d), [first] "+r"(first), [second] "+r"(second),
                  [x] "+r"(x), [y] "+r"(y)
                : [count] "r"(count)
                : "q0", "q1", "q2", "q3", "lr", "memory");
        acc[o] = a, other[o] = b;
        if (outputs - o > 1) acc[o + 1] = c, other[o + 1] = d;
        first = next;
    }
}

/* Four outputs of one row: 10 instructions for 64 products. */
#define ONE_ROW                            \
    "dlstp.8     lr, %[count]\n\t"         \
    "1:\n\t"                               \
    "vldrb.8     q0, [%[x]], #16\n\t"      \
    "vldrb.8     q1, [%[first]], #16\n\t"  \
    "vmladava.s8 %[a], q0, q1\n\t"         \
    "vldrb.8     q2, [%[second]], #16\n\t" \
    "vmladava.s8 %[b], q0, q2\n\t"         \
    "vldrb.8     q3, [%[third]], #16\n\t"  \
    "vmladava.s8 %[c], q0, q3\n\t"         \
    "vldrb.8     q4, [%[fourth]], #16\n\t" \
    "vmladava.s8 %[d], q0, q4\n\t"         \
    "letp        lr, 1b\n\t"

static void one_row(const int8_t *first, uint32_t outputs, uint32_t count, const int8_t *input, int32_t *acc)
{
    while (outputs > 0) {
        /* The last few are taken four times. */
        const uint32_t block = outputs < 4 ? 1 : 4, stride = outputs < 4 ? 0 : count;
        const int8_t *second = first + stride, *third = second + stride, *fourth = third + stride;
        const int8_t *const next = fourth + count, *x = input;
        int32_t a = 0, b = 0, c = 0, d = 0;
        __asm__(ONE_ROW
                : [a] "+Te"(a), [b] "+Te"(b), [c] "+Te"(c), [d] "+Te"(d), [first] "+r"(first), [second] "+r"(second),
                  [third] "+r"(third), [fourth] "+r"(fourth), [x] "+r"(x)
                : [count] "r"(count)
                : "q0", "q1", "q2", "q3", "q4", "lr", "memory");
        acc[0] = a;
        if (block == 4) acc[1] = b, acc[2] = c, acc[3] = d;
        acc += block;
        outputs -= block;
        first = next;
    }
}

void embq_linear(const int8_t *weight, uint32_t outputs, uint32_t inputs, const int8_t *input, uint32_t rows,
                 int32_t *acc)
{
    if (rows == 1) one_row(weight, outputs, inputs, input, acc);
    else two_rows(weight, outputs, inputs, input, acc);
}

/* ---- Products of more bits ----------------------------------------------------------------------------------- */

int64_t embq_dot16(const int16_t *x, const int8_t *weight, uint32_t count)
{
    int64_t sum = 0;
    for (uint32_t i = count / 8; i > 0; i--, x += 8, weight += 8)
        sum = vmlaldavaq_s16(sum, vldrhq_s16(x), vldrbq_s16(weight));
    for (uint32_t i = 0; i < count % 8; i++) sum += x[i] * weight[i];
    return sum;
}

/* Two keys at a time: 6 instructions for 16 products. A sum of 64 bits lies in an even register and the next one,
 * as compilers for Helium place all numbers of 64 bits. */
#define TWO_KEYS                               \
    "dlstp.16        lr, %[count]\n\t"         \
    "1:\n\t"                                   \
    "vldrh.16        q0, [%[x]], #16\n\t"      \
    "vldrh.16        q1, [%[first]], #16\n\t"  \
    "vmlaldava.s16   %Q[a], %R[a], q0, q1\n\t" \
    "vldrh.16        q2, [%[second]], #16\n\t" \
    "vmlaldava.s16   %Q[b], %R[b], q0, q2\n\t" \
    "letp            lr, 1b\n\t"

void embq_scores16(const int16_t *keys, uint32_t count, uint32_t width, const int16_t *query, uint32_t shift,
                   int32_t *scores)
{
    for (uint32_t j = 0; j < count; j += 2) {
        /* Of an odd count the last is taken twice. */
        const int16_t *x = query, *first = keys, *second = count - j > 1 ? keys + width : keys;
        int64_t a = 0, b = 0;
        keys += (size_t)2 * width;
        __asm__(TWO_KEYS
                : [a] "+r"(a), [b] "+r"(b), [x] "+r"(x), [first] "+r"(first), [second] "+r"(second)
                : [count] "r"(width)
                : "q0", "q1", "q2", "lr", "memory");
        scores[j] = (int32_t)(a >> shift);
        if (count - j > 1) scores[j + 1] = (int32_t)(b >> shift);
    }
}

/* ---- Sums over rows ------------------------------------------------------------------------------------------ */

void embq_mix(const int32_t *weights, const int8_t *values, uint32_t count, uint32_t width, int32_t *acc)
{
    uint32_t done = 0;
    for (; done + 16 <= width; done += 16) {
        const int8_t *x = values + done;
        int32x4_t a = vdupq_n_s32(0), b = a, c = a, d = a;
        for (uint32_t j = 0; j < count; j++, x += width) {
            a = vmlaq_n_s32(a, vldrbq_s32(x), weights[j]);
            b = vmlaq_n_s32(b, vldrbq_s32(x + 4), weights[j]);
            c = vmlaq_n_s32(c, vldrbq_s32(x + 8), weights[j]);
            d = vmlaq_n_s32(d, vldrbq_s32(x + 12), weights[j]);
        }
        vstrwq_s32(acc + done, a);
        vstrwq_s32(acc + done + 4, b);
        vstrwq_s32(acc + done + 8, c);
        vstrwq_s32(acc + done + 12, d);
    }
    for (; done < width; done++) {
        int32_t sum = 0;
        for (uint32_t j = 0; j < count; j++) sum += weights[j] * values[(size_t)j * width + done];
        acc[done] = sum;
    }
}

/* Eight weights from `weight` on, of which `left` count, as 16 bits in the order of ROWS. */
static inline int16x8_t eight_weights(const int32_t *weight, uint32_t left)
{
    const int32x4_t low = vldrwq_z_s32(weight, vctp32q(left));
    const int32x4_t high = vldrwq_z_s32(weight + 4, vctp32q(left < 4 ? 0 : left - 4));
    return vmovntq_s32(vmovnbq_s32(vdupq_n_s16(0), low), high);
}

/* out[0 ... columns - 1] = the mixed columns at `values`; `columns` is a constant where it is inlined. */
static inline __attribute__((always_inline)) void mix_columns16(const int32_t *weights, const int16_t *values,
                                                                uint32_t count, uint32_t width, uint32_t columns,
                                                                embq_factor factor, int16_t *out)
{
    const int16x8_t rows = {0, 4, 1, 5, 2, 6, 3, 7};
    const uint16x8_t offsets = vreinterpretq_u16_s16(vmulq_n_s16(rows, (int16_t)width));
    int64_t sums[4] = {128, 128, 128, 128};
    int32_t x[4];
    for (uint32_t j = 0; j < count; j += 8, values += (size_t)8 * width) {
        const uint32_t left = count - j < 8 ? count - j : 8;
        const int16x8_t weight = eight_weights(weights + j, left);
        const mve_pred16_t exists = vcmpltq_n_s16(rows, (int16_t)left);
        for (uint32_t c = 0; c < columns; c++)
            sums[c] = vmlaldavaq_s16(sums[c], vldrhq_gather_shifted_offset_z_s16(values + c, offsets, exists), weight);
    }
    for (uint32_t c = 0; c < columns; c++) x[c] = (int32_t)(sums[c] >> 8);
    embq_scale_row16(x, factor, columns, out);
}

void embq_mix16(const int32_t *weights, const int16_t *values, uint32_t count, uint32_t width, embq_factor factor,
                int16_t *out)
{
    uint32_t i = 0;
    for (; i + 4 <= width; i += 4) mix_columns16(weights, values + i, count, width, 4, factor, out + i);
    for (; i < width; i++) mix_columns16(weights, values + i, count, width, 1, factor, out + i);
}

void embq_convolve(const int8_t *taps, const int8_t *window, uint32_t count, uint32_t channels, uint32_t width,
                   int32_t *acc)
{
    if (channels != width) {
        embq_convolve_portable(taps, window, count, channels, width, acc);
        return;
    }
    uint32_t done = 0;
    for (; done + 16 <= width; done += 16) {
        const int8_t *t = taps + done, *x = window + done;
        int32x4x4_t sums; /* of every fourth column */
        for (int i = 0; i < 4; i++) sums.val[i] = vdupq_n_s32(0);
        for (uint32_t j = 0; j < count; j += 2, t += 2 * width, x += 2 * width) {
            const int8x16_t tap = vldrbq_s8(t), row = vldrbq_s8(x);
            int16x8_t even = vmullbq_int_s8(tap, row), odd = vmulltq_int_s8(tap, row);
            if (count - j > 1) {
                /* Two products stay within 16 bits, for rows are within +-127. */
                const int8x16_t next_tap = vldrbq_s8(t + width), next_row = vldrbq_s8(x + width);
                even = vaddq_s16(even, vmullbq_int_s8(next_tap, next_row));
                odd = vaddq_s16(odd, vmulltq_int_s8(next_tap, next_row));
            }
            sums.val[0] = vaddq_s32(sums.val[0], vmovlbq_s16(even));
            sums.val[1] = vaddq_s32(sums.val[1], vmovlbq_s16(odd));
            sums.val[2] = vaddq_s32(sums.val[2], vmovltq_s16(even));
            sums.val[3] = vaddq_s32(sums.val[3], vmovltq_s16(odd));
        }
        vst4q_s32(acc + done, sums);
    }
    for (; done < width; done++) {
        int32_t sum = 0;
        for (uint32_t j = 0; j < count; j++) sum += taps[(size_t)j * width + done] * window[(size_t)j * width + done];
        acc[done] = sum;
    }
}

/* ---- Requantizing -------------------------------------------------------------------------------------------- */

/* From a shift of 33 on, half a step has no bits in the lower word of the product: the upper one alone decides. */
enum { UPPER_SHIFT = 33 };

/* `shift` is 32 less than the whole one. */
static inline int32x4_t requantize_upper(int32x4_t value, int32x4_t multiplier, int32_t shift)
{
    return vrshlq_n_s32(vmulhq_s32(value, multiplier), -shift);
}

static inline int32x4_t clip(int32x4_t value, int32_t low, int32_t high)
{
    return vminq_s32(vmaxq_s32(value, vdupq_n_s32(low)), vdupq_n_s32(high));
}

/* Each takes four numbers at a time, and leaves what does not fill a vector to the portable kernel. */

void embq_requantize_row(const int32_t *acc, const int32_t *bias, const int32_t *multiplier, uint32_t shift,
                         uint32_t count, int8_t *out)
{
    const uint32_t whole = shift < UPPER_SHIFT ? 0 : count & ~3u;
    for (uint32_t i = 0; i < whole; i += 4) {
        const int32x4_t sum = vaddq_s32(vldrwq_s32(acc + i), vldrwq_s32(bias + i));
        const int32x4_t y = requantize_upper(sum, vldrwq_s32(multiplier + i), (int32_t)shift - 32);
        vstrbq_s32(out + i, clip(y, -127, 127));
    }
    embq_requantize_row_portable(acc + whole, bias + whole, multiplier + whole, shift, count - whole, out + whole);
}

void embq_activate_row(const int32_t *acc, const int32_t *bias, const int32_t *multiplier, uint32_t shift,
                       const int8_t *table, uint32_t bits, uint32_t zero, uint32_t count, int8_t *out)
{
    const uint32_t whole = shift < UPPER_SHIFT ? 0 : count & ~3u;
    const int32_t last = (int32_t)((1u << bits) - 1);
    for (uint32_t i = 0; i < whole; i += 4) {
        const int32x4_t sum = vaddq_s32(vldrwq_s32(acc + i), vldrwq_s32(bias + i));
        const int32x4_t y = requantize_upper(sum, vldrwq_s32(multiplier + i), (int32_t)shift - 32);
        const int32x4_t index = clip(vaddq_n_s32(y, (int32_t)zero), 0, last);
        vstrbq_s32(out + i, vldrbq_gather_offset_s32(table, vreinterpretq_u32_s32(index)));
    }
    embq_activate_row_portable(acc + whole, bias + whole, multiplier + whole, shift, table, bits, zero, count - whole,
                               out + whole);
}

void embq_scale_row(const int32_t *x, embq_factor factor, uint32_t count, int8_t *out)
{
    const uint32_t whole = factor.shift < UPPER_SHIFT ? 0 : count & ~3u;
    const int32x4_t multiplier = vdupq_n_s32(factor.multiplier);
    for (uint32_t i = 0; i < whole; i += 4) {
        const int32x4_t y = requantize_upper(vldrwq_s32(x + i), multiplier, (int32_t)factor.shift - 32);
        vstrbq_s32(out + i, clip(y, -127, 127));
    }
    embq_scale_row_portable(x + whole, factor, count - whole, out + whole);
}

#endif
