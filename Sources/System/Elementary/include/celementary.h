/* Elementary functions that give the same bits on every processor. Each is a fixed sequence of IEEE additions,
 * products and divisions in double precision, none of them fused; the C library's depend on the instructions that a
 * processor has. Tests/processors compares them with exact values. */
#ifndef EMBQ_CELEMENTARY_H
#define EMBQ_CELEMENTARY_H

#include <stddef.h>

/* Within 0.52 units in the last place; exp within 1 where the result is subnormal. */
double embq_exp(double x);
double embq_log(double x);
double embq_log10(double x);

/* Within 0.7 units in the last place. */
double embq_log1p(double x);

/* base^exponent within 0.52 units in the last place, exact where a double holds the result; base >= 0, exponent
 * finite. NaN for a negative base. */
double embq_pow(double base, double exponent);

/* Within 3.2 units in the last place. */
double embq_tanh(double x);

/* Within 1.6 units in the last place. */
double embq_erf(double x);

/* Correctly rounded. */
float embq_expf(float x);
float embq_logf(float x);
float embq_tanhf(float x);
float embq_erff(float x);

/* Correctly rounded but for four arguments of all, which are within 2^-57 of the middle of two floats. */
float embq_log1pf(float x);

/* The highest level of instructions that embq_expf_row has for this processor. */
int embq_elementary_level(void);

/* x[i] = embq_expf(x[i]), with the instructions of a level: 0 of every processor, on x86-64 1 AVX2, 2 AVX-512F and
 * AVX-512DQ. Every level gives the same bits. */
void embq_expf_row(int level, float *x, size_t count);

#endif
