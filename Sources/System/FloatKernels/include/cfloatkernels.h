/* The fp32 product that the float models spend their time in, for the host alone. */
#ifndef EMBQ_CFLOATKERNELS_H
#define EMBQ_CFLOATKERNELS_H

#include <stddef.h>

/* Outputs in a panel. */
#define EMBQ_FLOAT_LANES 16

/* The highest level of instructions that this processor has: 0 those of every one, on x86-64 1 AVX2, 2 AVX-512. */
int embq_float_level(void);

/* y = x w' + b with one order of sums: y[r][o] = ((b[o] + x[r][0] w[o][0]) + x[r][1] w[o][1]) + ... in fp32, each
 * product and each sum rounded. Every level gives the same bits.
 *
 * level    0 to embq_float_level()
 * x        [rows][inputs]
 * panels   [panels][inputs][EMBQ_FLOAT_LANES], panels = outputs / EMBQ_FLOAT_LANES rounded up; outputs beyond the last
 *          are read and not used
 * bias     [panels][EMBQ_FLOAT_LANES]
 * y        [rows][outputs], written; overlaps none of the others */
void embq_float_linear(int level, const float *x, size_t rows, size_t inputs, const float *panels, const float *bias,
                       size_t outputs, float *y);

#endif
