#include "celementary.h"

#include <float.h>
#include <stdint.h>

#include "elementary_tables.h"

/* A fused product rounds once where others round twice. gcc obeys -std=c11 alone. */
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#endif
#if defined(__FAST_MATH__) || FLT_EVAL_METHOD != 0
#error "needs IEEE arithmetic in double precision, without excess precision"
#endif

/* No header of the C library, whose functions this file is here to replace. */
#define INFINITE __builtin_inf()
#define NOT_A_NUMBER __builtin_nan("")

/* A number as the unevaluated sum of two doubles. */
typedef struct pair {
    double high, low;
} pair;

/* A double and its bits. */
typedef union word {
    double number;
    uint64_t bits;
} word;

static inline uint64_t bits_of(double x) { return (word){.number = x}.bits; }

static inline double from_bits(uint64_t bits) { return (word){.bits = bits}.number; }

/* 2^n, -1022 <= n <= 1023. */
static inline double power_of_two(int n) { return from_bits((uint64_t)(n + 1023) << 52); }

/* x without its lower 27 bits: products of what is left are exact. */
static inline double upper(double x) { return from_bits(bits_of(x) & ~(((uint64_t)1 << 27) - 1)); }

static inline pair two_sum(double a, double b)
{
    const double sum = a + b, other = sum - a;
    return (pair){sum, (a - (sum - other)) + (b - other)};
}

static inline pair two_product(double a, double b)
{
    const double product = a * b, a1 = upper(a), b1 = upper(b), a2 = a - a1, b2 = b - b1;
    return (pair){product, ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2};
}

/* ---- e^x ----------------------------------------------------------------------------------------------------- */

/* (head + tail) 2^exponent */
typedef struct scaled {
    double head, tail;
    int exponent;
} scaled;

/* e^(x + low), |x| < 800, |low| < 2^-43: x = k ln 2 / 128 + r with |r| < 2^-8.5, and a table has 2^(k / 128). */
static inline scaled exponential(double x, double low)
{
    const double shifter = 0x1.8p52;
    const double k = (x * STEPS + shifter) - shifter;
    const int n = (int)k, j = n & 127;
    const double near = x - k * STEP; /* exact */
    const double r = near - k * STEP_LOW, rest = ((near - r) - k * STEP_LOW) + low;
    const double series = 0.5 + r * (1.0 / 6 + r * (1.0 / 24 + r * (1.0 / 120 + r * (1.0 / 720))));
    const double head = powers[j][0];
    return (scaled){head, head * (r + (rest + r * (rest + r * series))) + powers[j][1], (n - j) / 128};
}

static double value(scaled x)
{
    const double sum = x.head + x.tail;
    if (x.exponent > 1023) return sum * 2 * power_of_two(x.exponent - 1);
    if (x.exponent < -1021) return sum * power_of_two(x.exponent + 200) * 0x1p-200;
    return sum * power_of_two(x.exponent);
}

static double exp_of_pair(double x, double low)
{
    if (x > 710) return INFINITE;
    if (x < -746) return 0;
    return value(exponential(x, low));
}

double embq_exp(double x) { return x != x ? x : exp_of_pair(x, 0); }

/* e^x within 2 units in the last place, without a table or a branch: x = k ln 2 + r, and a series for r. */
static inline double exp_plain(double x)
{
    const double shifter = 0x1.8p52, shifted = x * INVERSE_LN2 + shifter, k = shifted - shifter;
    const double r = (x - k * LN2) - k * LN2_LOW;
    /* Even and odd powers apart, two chains that a processor works on at once. */
    const double square = r * r;
    double even = 1.0 / 479001600, odd = 1.0 / 6227020800;
    even = even * square + 1.0 / 3628800;
    odd = odd * square + 1.0 / 39916800;
    even = even * square + 1.0 / 40320;
    odd = odd * square + 1.0 / 362880;
    even = even * square + 1.0 / 720;
    odd = odd * square + 1.0 / 5040;
    even = even * square + 1.0 / 24;
    odd = odd * square + 1.0 / 120;
    even = even * square + 0.5;
    odd = odd * square + 1.0 / 6;
    const double series = r + square * (even + odd * r);
    /* The lowest bits of `shifted` are k: they become the exponent of 2^k. */
    return (series + 1) * from_bits((bits_of(shifted) + 1023) << 52);
}

static inline float exp_float(float x)
{
    /* Beyond these every result is 0 or infinite; a NaN stays. */
    const float low = x < -104 ? -104 : x;
    return (float)exp_plain((double)(low > 89 ? 89 : low));
}

float embq_expf(float x) { return exp_float(x); }

static inline __attribute__((always_inline)) void row(float *x, size_t count)
{
    for (size_t i = 0; i < count; i++) x[i] = exp_float(x[i]);
}

static void portable(float *x, size_t count) { row(x, count); }

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void avx2(float *x, size_t count) { row(x, count); }
__attribute__((target("avx512f,avx512dq"))) static void avx512(float *x, size_t count) { row(x, count); }
#endif

int embq_elementary_level(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")) return 2;
    return __builtin_cpu_supports("avx2") != 0;
#else
    return 0;
#endif
}

void embq_expf_row(int level, float *x, size_t count)
{
    switch (level) {
#if defined(__x86_64__)
    case 2: avx512(x, count); break;
    case 1: avx2(x, count); break;
#endif
    default: portable(x, count); break;
    }
}

/* ---- ln x ---------------------------------------------------------------------------------------------------- */

/* x = 2^e m with m about 1, and m c = 1 + r exactly with |r| <= 2^-7; a table has 1 / c, ln c and its rest. */
typedef struct reduced {
    double e;
    const double *row;
    pair r;
} reduced;

static inline reduced reduce(double x)
{
    const double normal = x < DBL_MIN ? x * 0x1p54 : x;
    const uint64_t bits = bits_of(normal), fraction = bits & (((uint64_t)1 << 52) - 1);
    const int i = (int)(fraction >> 45), above = i >= 53;
    const double e = (double)((int)(bits >> 52) - 1023 + above - (x < DBL_MIN ? 54 : 0));
    const double m = from_bits(fraction | (uint64_t)(1023 - above) << 52), m1 = upper(m);
    /* Both products are exact: the table's factors have 10 bits. */
    return (reduced){e, logarithms[i], two_sum(m1 * logarithms[i][0] - 1, (m - m1) * logarithms[i][0])};
}

/* (ln(1 + r) - r + r^2 / 2) / r^3 */
static inline double logarithmic_series(double r)
{
    return 1.0 / 3 - r * (1.0 / 4 - r * (1.0 / 5 - r * (1.0 / 6 - r * (1.0 / 7 - r * (1.0 / 8 - r * (1.0 / 9))))));
}

/* ln x of a positive finite x, with some 70 bits. */
static pair logarithm(double x)
{
    const reduced parts = reduce(x);
    const double r = parts.r.high;
    const pair square = two_product(r, r);
    const double rest = r * square.high * logarithmic_series(r) + (parts.r.low - 0.5 * square.low - r * parts.r.low);
    const pair first = two_sum(parts.e * LN2 + parts.row[1], r), second = two_sum(first.high, -0.5 * square.high);
    const double low = first.low + second.low + (rest + (parts.e * LN2_LOW + parts.row[2]));
    const double high = second.high + low;
    return (pair){high, low - (high - second.high)};
}

/* What a logarithm gives where it has no finite value, or NaN. */
static double beyond(double x) { return x == 0 ? -INFINITE : x > 0 ? x : NOT_A_NUMBER; }

static int is_ordinary(double x) { return x > 0 && x <= DBL_MAX; }

double embq_log(double x) { return is_ordinary(x) ? logarithm(x).high : beyond(x); }

/* Rounds to odd before, so that the rounding to single precision sees on which side of a middle the value is. */
static float to_float(pair x)
{
    uint64_t bits = bits_of(x.high);
    if (x.low != 0 && (bits & 1) == 0) bits += (x.low > 0) == (x.high > 0) ? 1 : (uint64_t)-1;
    return (float)from_bits(bits);
}

float embq_logf(float x)
{
    const double z = (double)x;
    return is_ordinary(z) ? to_float(logarithm(z)) : (float)beyond(z);
}

double embq_log10(double x)
{
    if (!is_ordinary(x)) return beyond(x);
    const pair l = logarithm(x), product = two_product(l.high, INVERSE_LN10);
    return product.high + (product.low + (l.high * INVERSE_LN10_LOW + l.low * INVERSE_LN10));
}

double embq_log1p(double x)
{
    if (!(x > -1 && x <= DBL_MAX)) return beyond(1 + x);
    if (__builtin_fabs(x) < 0x1p-60) return x;
    const pair sum = two_sum(1, x), l = logarithm(sum.high);
    return l.high + (l.low + sum.low / sum.high);
}

float embq_log1pf(float x)
{
    const double z = (double)x;
    if (!(x > -1 && x <= FLT_MAX)) return (float)beyond(1 + z);
    if (z > 0x1p20) return to_float(logarithm(1 + z));
    /* 1 + z = 2^e (1 + f) with 1 + f about 1, and ln(1 + f) = 2 artanh(f / (2 + f)). */
    const uint64_t bits = bits_of(1 + z), upper_bits = bits - bits_of(0x1.6a09e667f3bcdp-1);
    const double e = (double)((int64_t)upper_bits >> 52);
    const double f = e == 0 ? z : from_bits(bits - ((uint64_t)((int64_t)upper_bits >> 52) << 52)) - 1;
    const double s = f / (2 + f), square = s * s;
    double series = 2.0 / 21;
    for (int n = 19; n >= 3; n -= 2) series = series * square + 2.0 / n;
    return (float)(e * LN2 + (e * LN2_LOW + (2 * s + s * square * series)));
}

double embq_pow(double base, double exponent)
{
    if (exponent == 0) return 1;
    if (!is_ordinary(base)) {
        if (!(base >= 0)) return NOT_A_NUMBER;
        return (base == 0) == (exponent > 0) ? 0 : INFINITE;
    }
    const pair l = logarithm(base);
    /* Products beyond this overflow the exponential; those of two_product must not overflow before. */
    const double rough = l.high * exponent;
    if (__builtin_fabs(rough) > 800) return rough > 0 ? INFINITE : 0;
    const pair product = two_product(l.high, exponent);
    return exp_of_pair(product.high, product.low + l.low * exponent);
}

/* ---- tanh x, erf x ------------------------------------------------------------------------------------------- */

double embq_tanh(double x)
{
    const double size = __builtin_fabs(x);
    if (!(size >= 0x1p-28)) return x;
    double result = 1;
    if (size < 20) {
        /* e^(2 size) - 1, from a head that cancels exactly. */
        const scaled up = exponential(2 * size, 0);
        const double scale = power_of_two(up.exponent), one_less = (scale * up.head - 1) + scale * up.tail;
        result = one_less / (one_less + 2);
    }
    return x < 0 ? -result : result;
}

float embq_tanhf(float x) { return (float)embq_tanh((double)x); }

double embq_erf(double x)
{
    const double size = __builtin_fabs(x);
    if (x != x) return x;
    double result = 1;
    if (size < 0.125) {
        const double *c = erf_near_zero[0], z = x * x;
        const double series =
            z * (c[1] + z * (c[2] + z * (c[3] + z * (c[4] + z * (c[5] + z * (c[6] + z * (c[7] + z * c[8])))))));
        return x * c[0] + x * (series + c[9]);
    }
    if (size < 6) {
        const int i = (int)(size * 8);
        const double *c = erf_pieces[i], h = size - (2 * i + 1) * 0.0625;
        double series = c[13];
        for (int n = 12; n >= 1; n--) series = series * h + c[n];
        result = c[0] + (series * h + c[14]);
    }
    return x < 0 ? -result : result;
}

float embq_erff(float x) { return (float)embq_erf((double)x); }
