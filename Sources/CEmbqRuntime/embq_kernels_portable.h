/* SPDX-License-Identifier: Apache-2.0 */
/* The portable kernels under other names, in builds that have faster ones: those fall back to them. */
#ifndef EMBQ_KERNELS_PORTABLE_H
#define EMBQ_KERNELS_PORTABLE_H

#include "embq_kernels.h"

void embq_linear_portable(const int8_t *weight, uint32_t outputs, uint32_t inputs, const int8_t *input, uint32_t rows,
                          int32_t *acc);
int64_t embq_dot16_portable(const int16_t *x, const int8_t *weight, uint32_t count);
void embq_linear16_portable(const int8_t *weight, uint32_t outputs, uint32_t inputs, const int16_t *x,
                            const int32_t *multiplier, uint32_t shift, const int32_t *bias, int32_t limit,
                            int32_t *out);
void embq_add_codes_portable(const uint32_t *words, uint32_t stride, uint32_t bits, uint32_t shift, uint32_t outputs,
                             uint32_t inputs, const int8_t *input, uint32_t rows, int32_t *acc);
void embq_mix_codes_portable(const int32_t *weights, const uint32_t *words, uint32_t stride, uint32_t bits,
                             uint32_t shift, uint32_t count, uint32_t width, int32_t *acc);
void embq_requantize_row_portable(const int32_t *acc, const int32_t *bias, const int32_t *multiplier, uint32_t shift,
                                  uint32_t count, int8_t *out);
void embq_activate_row_portable(const int32_t *acc, const int32_t *bias, const int32_t *multiplier, uint32_t shift,
                                const int8_t *table, uint32_t bits, uint32_t zero, uint32_t count, int8_t *out);
void embq_combine_rows_portable(const int32_t *a, const int32_t *a_multiplier, const int32_t *b,
                                const int32_t *b_multiplier, uint32_t shift, const int32_t *bias, uint32_t count,
                                int32_t *x);
uint64_t embq_sum_of_squares_portable(const int32_t *x, uint32_t count);
void embq_scale_row_portable(const int32_t *x, embq_factor factor, uint32_t count, int8_t *out);
void embq_scale_row16_portable(const int32_t *x, embq_factor factor, uint32_t count, int16_t *out);
void embq_exponentials_portable(int32_t *scores, uint32_t count, int32_t top, int32_t multiplier, uint32_t shift);
void embq_mix_portable(const int32_t *weights, const int8_t *values, uint32_t count, uint32_t width, int32_t *acc);
void embq_scores16_portable(const int16_t *keys, uint32_t count, uint32_t width, const int16_t *query, uint32_t shift,
                            int32_t *scores);
void embq_mix16_portable(const int32_t *weights, const int16_t *values, uint32_t count, uint32_t width,
                         embq_factor factor, int16_t *out);
void embq_convolve_portable(const int8_t *taps, const int8_t *window, uint32_t count, uint32_t channels, uint32_t width,
                            int32_t *acc);

#endif
