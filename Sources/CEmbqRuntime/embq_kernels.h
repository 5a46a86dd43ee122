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

/* acc[r][o] += sum over i of code[o][i] * input[r][i] << shift, with the codes of a packed matrix (embq_format.h).
 *   words uint32 [outputs, stride], the codes of a row its first ones, 1 ... 5 bits each; else as embq_linear */
void embq_add_codes(const uint32_t *words, uint32_t stride, uint32_t bits, uint32_t shift, uint32_t outputs,
                    uint32_t inputs, const int8_t *input, uint32_t rows, int32_t *acc);

/* acc[i] += sum over j of weights[j] * code[j][i] << shift; weights as embq_mix's, words uint32 [count, stride] */
void embq_mix_codes(const int32_t *weights, const uint32_t *words, uint32_t stride, uint32_t bits, uint32_t shift,
                    uint32_t count, uint32_t width, int32_t *acc);

/* sum of x[i] * weight[i], count <= EMBQ_MAX_INNER; x within +-32767. */
int64_t embq_dot16(const int16_t *x, const int8_t *weight, uint32_t count);

/* out[o] = clip(requantize(sum over i of weight[o][i] * x[i], multiplier[o], shift) + bias[o], +-limit).
 *   weight int8 [outputs, inputs], x int16 [inputs] within +-32767, multiplier 0 ... 2^18 - 1, bias within +-2^30 */
void embq_linear16(const int8_t *weight, uint32_t outputs, uint32_t inputs, const int16_t *x, const int32_t *multiplier,
                   uint32_t shift, const int32_t *bias, int32_t limit, int32_t *out);

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

/* scores[j] = (sum over i of keys[j][i] * query[i]) >> shift, below 2^30; keys int16 [count, width] and query within
 * +-32767. */
void embq_scores16(const int16_t *keys, uint32_t count, uint32_t width, const int16_t *query, uint32_t shift,
                   int32_t *scores);

/* out[i] = clip(requantize((sum over j of weights[j] * values[j][i] + 128) >> 8, factor), -32767, 32767); weights as
 * embq_mix's, values int16 [count, width] within +-32767. */
void embq_mix16(const int32_t *weights, const int16_t *values, uint32_t count, uint32_t width, embq_factor factor,
                int16_t *out);

/* acc[c] = sum over t of taps[t][c] * window[t][c / (channels / width)]; taps int8 [count, channels], window int8
 * [count, width]. channels is a multiple of width. */
void embq_convolve(const int8_t *taps, const int8_t *window, uint32_t count, uint32_t channels, uint32_t width,
                   int32_t *acc);

#endif
