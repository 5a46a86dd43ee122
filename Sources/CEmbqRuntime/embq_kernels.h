/* SPDX-License-Identifier: Apache-2.0 */
/* The inner loops. Each has a portable version, which defines its result, and may have faster ones that give the
 * same bits (EMBQ_HOST_SIMD, embq_kernels_x86.c). Rows and matrices are row-major without gaps; no pointer may overlap
 * an output unless it says so. */
#ifndef EMBQ_KERNELS_H
#define EMBQ_KERNELS_H

#include "embq_math.h"

/* How many rows of a sentence the linear layers take at a time: each weight is then read once for that many. */
#define EMBQ_ROWS 2u

/* acc[r][o] = sum over i of weight[o][i] * input[r][i].
 *   weight int8 [outputs, inputs], input int8 [rows, inputs] within +-127, acc int32 [rows, outputs]; rows 1 or 2 */
void embq_linear(const int8_t *weight, uint32_t outputs, uint32_t inputs, const int8_t *input, uint32_t rows,
                 int32_t *acc);

/* As embq_linear with a packed matrix (embq_format.h): weight uint8 [outputs, 8 * groups], factor two to a byte. */
void embq_packed_product(const uint8_t *weight, const uint8_t *factor, uint32_t outputs, uint32_t inputs,
                         const int8_t *input, uint32_t rows, int32_t *acc);

/* sum of x[i] * weight[i], count <= EMBQ_MAX_INNER. */
int64_t embq_dot16(const int16_t *x, const int8_t *weight, uint32_t count);

/* Weights of row `row` of a packed matrix as int8 [inputs]. */
void embq_unpack_row(const uint8_t *weight, const uint8_t *factor, uint32_t row, uint32_t inputs, int8_t *out);

/* out[i] = clip(requantize(acc[i] + bias[i], multiplier[i], shift), -127, 127); shift >= 31, multiplier >= 0. */
void embq_requantize_row(const int32_t *acc, const int32_t *bias, const int32_t *multiplier, uint32_t shift,
                         uint32_t count, int8_t *out);

/* As embq_requantize_row, then looked up: out[i] = table[clip(requantized + zero, 0, 2^bits - 1)]. */
void embq_activate_row(const int32_t *acc, const int32_t *bias, const int32_t *multiplier, uint32_t shift,
                       const int8_t *table, uint32_t bits, uint32_t zero, uint32_t count, int8_t *out);

/* x[i] = clip(((a[i] * am[i] + b[i] * bm[i] + half) >> shift) + bias[i], +-EMBQ_ROW_LIMIT). x may be a or b. */
void embq_combine_rows(const int32_t *a, const int32_t *a_multiplier, const int32_t *b, const int32_t *b_multiplier,
                       uint32_t shift, const int32_t *bias, uint32_t count, int32_t *x);

/* sum of x[i]^2, for |x| <= EMBQ_ROW_LIMIT and count <= EMBQ_MAX_WIDTH. */
uint64_t embq_sum_of_squares(const int32_t *x, uint32_t count);

/* out[i] = clip(requantize(x[i], factor), -127, 127). */
void embq_scale_row(const int32_t *x, embq_factor factor, uint32_t count, int8_t *out);

/* out[i] = clip(requantize(x[i], factor), -32767, 32767). */
void embq_scale_row16(const int32_t *x, embq_factor factor, uint32_t count, int16_t *out);

/* out[i] = clip(requantize(x[i], factor), -127, 127). */
void embq_narrow_row(const int16_t *x, embq_factor factor, uint32_t count, int8_t *out);

/* scores[j] = 2^-((top - scores[j]) * multiplier / 2^shift / 2^16) in 0...32767, in place; a score above top counts as
 * top. |scores| <= 2^25, shift 1...62. */
void embq_exponentials(int32_t *scores, uint32_t count, int32_t top, int32_t multiplier, uint32_t shift);

/* acc[i] = sum over j of weights[j] * values[j][i]; weights 0...32767 with a sum <= 2^24, values int8 [count, width]
 * within +-127. */
void embq_mix(const int32_t *weights, const int8_t *values, uint32_t count, uint32_t width, int32_t *acc);

/* acc[c] = sum over t of taps[t][c] * window[t][c / (channels / width)]; taps int8 [count, channels], window int8
 * [count, width]. channels is a multiple of width. */
void embq_convolve(const int8_t *taps, const int8_t *window, uint32_t count, uint32_t channels, uint32_t width,
                   int32_t *acc);

#endif
