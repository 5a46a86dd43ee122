/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels with the DSP extension of Cortex-M4, M7, M33 and their like: two products of 16 bits an instruction. Each
 * gives the portable kernel's bits, for a sum of 32 bits is the same in whatever order it is made. */
#include "embq_kernels_arm.h"

#if EMBQ_ARM_DSP

#include "embq_format.h"
#include "embq_kernels_dsp.h"
#include "embq_kernels_portable.h"

/* GCC's macro __ssat hides a change of sign. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
INLINE int32_t saturate8(int32_t value) { return __ssat(value, 8); }
INLINE int32_t saturate27(int32_t value) { return __ssat(value, 27); }
#pragma GCC diagnostic pop

/* ---- Linear -------------------------------------------------------------------------------------------------- */

#if !EMBQ_ARM_MVE

/* Inputs are spread to 16 bits once for all outputs: as many columns at a time as the stack should hold, always a
 * multiple of a block. */
enum { SPREAD = 128, BLOCK = 8 };

/* For each four columns the even bytes of each row, then the odd ones of each row. */
INLINE void spread(const int8_t *input, size_t stride, uint32_t rows, uint32_t count, int16x2_t *out)
{
    for (const int8_t *const end = input + count; input != end; input += 4, out += 2 * rows) {
        for (uint32_t r = 0; r < rows; r++) {
            const uint32_t word = load4(input + r * stride);
            out[r] = even_bytes(word);
            out[rows + r] = odd_bytes(word);
        }
    }
}

/* Four sums that stay in registers. */
typedef struct sums {
    int32_t a, b, c, d;
} sums;

/* The inner loops are in assembler: from intrinsics GCC makes half as many instructions again, for it loads ahead of
 * need and runs out of registers. Each names what it reads through pointers by "memory". */

#define REPEAT(text, pointer)                      \
    "1:\n\t" text "cmp    " pointer ", %[end]\n\t" \
    "bne    1b\n\t"

/* Four columns of the outputs at `first` and `second` for two rows: 16 instructions for 16 products. */
#define TWO_ROWS                        \
    "ldr    %[u], [%[first]], #4\n\t"   \
    "ldr    %[v], [%[second]], #4\n\t"  \
    "ldrd   %[p], %[q], [%[x]], #8\n\t" \
    "sxtb16 %[t], %[u]\n\t"             \
    "smlad  %[a], %[t], %[p], %[a]\n\t" \
    "smlad  %[b], %[t], %[q], %[b]\n\t" \
    "sxtb16 %[t], %[v]\n\t"             \
    "smlad  %[c], %[t], %[p], %[c]\n\t" \
    "smlad  %[d], %[t], %[q], %[d]\n\t" \
    "ldrd   %[p], %[q], [%[x]], #8\n\t" \
    "sxtb16 %[t], %[u], ror #8\n\t"     \
    "smlad  %[a], %[t], %[p], %[a]\n\t" \
    "smlad  %[b], %[t], %[q], %[b]\n\t" \
    "sxtb16 %[t], %[v], ror #8\n\t"     \
    "smlad  %[c], %[t], %[p], %[c]\n\t" \
    "smlad  %[d], %[t], %[q], %[d]\n\t"
#define RUN_TWO_ROWS                                                                                                  \
    __asm__(REPEAT(TWO_ROWS TWO_ROWS, "%[first]")                                                                     \
            : [a] "+r"(s.a), [b] "+r"(s.b), [c] "+r"(s.c), [d] "+r"(s.d), [first] "+r"(first), [second] "+r"(second), \
              [x] "+r"(x), [u] "=&r"(u), [v] "=&r"(v), [p] "=&r"(p), [q] "=&r"(q), [t] "=&r"(t)                       \
            : [end] "r"(end)                                                                                          \
            : "memory")

/* Adds the products of `count` columns of an even number of outputs, `stride` apart, to the sums of either row. */
ALONE void two_rows(const int8_t *weight, uint32_t outputs, size_t stride, uint32_t count, const int16x2_t *inputs,
                    int32_t *acc, int32_t *other)
{
    for (const int32_t *const last = acc + outputs; acc != last; acc += 2, other += 2, weight += 2 * stride) {
        const int8_t *first = weight, *second = weight + stride, *const end = weight + count;
        const int16x2_t *x = inputs;
        sums s = {acc[0], other[0], acc[1], other[1]};
        uint32_t u, v, p, q, t;
        RUN_TWO_ROWS;
        acc[0] = s.a, other[0] = s.b, acc[1] = s.c, other[1] = s.d;
    }
}

/* Four columns of an output for one row, `word` being where its weights are. */
#define ONE_OUTPUT(word, sum)                 \
    "ldr    %[u], " word "\n\t"               \
    "sxtb16 %[t], %[u]\n\t"                   \
    "smlad  " sum ", %[t], %[p], " sum "\n\t" \
    "sxtb16 %[t], %[u], ror #8\n\t"           \
    "smlad  " sum ", %[t], %[q], " sum "\n\t"
/* The same of four outputs, `stride` apart: 21 instructions for 16 products. */
/* clang-format off */
#define ONE_ROW                                                                                                     \
    "ldrd   %[p], %[q], [%[x]], #8\n\t"                                                                             \
    ONE_OUTPUT("[%[w], %[stride]]", "%[b]")                                                                         \
    ONE_OUTPUT("[%[w], %[stride], lsl #1]", "%[c]")                                                                 \
    ONE_OUTPUT("[%[w], %[thrice]]", "%[d]")                                                                         \
    ONE_OUTPUT("[%[w]], #4", "%[a]")
/* clang-format on */
#define RUN_ONE_ROW                                                                                               \
    __asm__(REPEAT(ONE_ROW ONE_ROW, "%[w]")                                                                       \
            : [a] "+r"(s.a), [b] "+r"(s.b), [c] "+r"(s.c), [d] "+r"(s.d), [w] "+r"(w), [x] "+r"(x), [u] "=&r"(u), \
              [p] "=&r"(p), [q] "=&r"(q), [t] "=&r"(t)                                                            \
            : [stride] "r"(stride), [thrice] "r"(3 * stride), [end] "r"(end)                                      \
            : "memory")

/* The same of one row, for a multiple of four outputs. */
ALONE void one_row(const int8_t *weight, uint32_t outputs, size_t stride, uint32_t count, const int16x2_t *inputs,
                   int32_t *acc)
{
    for (const int32_t *const last = acc + outputs; acc != last; acc += 4, weight += 4 * stride) {
        const int8_t *w = weight, *const end = weight + count;
        const int16x2_t *x = inputs;
        sums s = {acc[0], acc[1], acc[2], acc[3]};
        uint32_t u, p, q, t;
        RUN_ONE_ROW;
        acc[0] = s.a, acc[1] = s.b, acc[2] = s.c, acc[3] = s.d;
    }
}

/* Adds the products of `count` columns to acc [rows][outputs]. Outputs that are left over are taken as if they were as
 * many as the loop asks for, and kept once. */
static void add_columns(const int8_t *weight, uint32_t outputs, uint32_t stride, uint32_t count, const int16x2_t *x,
                        uint32_t rows, int32_t *acc)
{
    uint32_t o = outputs & ~(rows == 1 ? 3u : 1u);
    if (rows == 1) one_row(weight, o, stride, count, x, acc);
    else two_rows(weight, o, stride, count, x, acc, acc + outputs);
    for (weight += (size_t)o * stride; o < outputs; o++, weight += stride) {
        int32_t s[4] = {acc[o], 0, 0, 0};
        if (rows == 1) {
            one_row(weight, 4, 0, count, x, s);
        } else {
            s[2] = acc[outputs + o];
            two_rows(weight, 2, 0, count, x, s, s + 2);
            acc[outputs + o] = s[2];
        }
        acc[o] = s[0];
    }
}

/* The last block of each row, without the columns that were added before: [rows][BLOCK]. */
static void last_block(const int8_t *input, uint32_t inputs, uint32_t rows, uint32_t left, int8_t *out)
{
    for (uint32_t r = 0; r < rows; r++, input += inputs)
        for (uint32_t i = 0; i < BLOCK; i++) *out++ = i < BLOCK - left ? 0 : input[inputs - BLOCK + i];
}

void embq_linear(const int8_t *weight, uint32_t outputs, uint32_t inputs, const int8_t *input, uint32_t rows,
                 int32_t *acc)
{
    int16x2_t x[SPREAD / 2 * EMBQ_ROWS];
    if (inputs < BLOCK) {
        embq_linear_portable(weight, outputs, inputs, input, rows, acc);
        return;
    }
    for (uint32_t i = 0; i < rows * outputs; i++) acc[i] = 0;
    for (uint32_t first = 0; first < inputs;) {
        const uint32_t left = inputs - first;
        uint32_t count = left < SPREAD ? left & ~(BLOCK - 1u) : SPREAD;
        const int8_t *from = input + first;
        size_t stride = inputs;
        int8_t block[EMBQ_ROWS * BLOCK];
        if (count == 0) {
            last_block(input, inputs, rows, left, block);
            first = inputs - BLOCK;
            count = BLOCK;
            from = block;
            stride = BLOCK;
        }
        if (rows == 1) spread(from, stride, 1, count, x);
        else spread(from, stride, 2, count, x);
        add_columns(weight + first, outputs, inputs, count, x, rows, acc);
        first += count;
    }
}

/* ---- Sums over rows ------------------------------------------------------------------------------------------ */

/* Loads the same four columns of two rows, then makes the pairs (first row, second row) of columns 0 and 1 in `u`, of
 * columns 2 and 3 in `p`, as bytes 0 and 2, 1 and 3. */
#define LOAD_COLUMNS(at, p, q, u)                 \
    "ldr    " p ", [" at "]\n\t"                  \
    "ldr    " q ", [" at ", %[width]]\n\t"        \
    "add    " at ", " at ", %[width], lsl #1\n\t" \
    "pkhbt  " u ", " p ", " q ", lsl #16\n\t"     \
    "pkhtb  " p ", " q ", " p ", asr #16\n\t"

/* Four columns of two rows times a pair of weights: 15 instructions for 8 products. */
/* clang-format off */
#define MIX_TWO                                                                                                     \
    "ldrd   %[s], %[t], [%[weight]], #8\n\t"                                                                        \
    "pkhbt  %[s], %[s], %[t], lsl #16\n\t"                                                                          \
    LOAD_COLUMNS("%[x]", "%[p]", "%[q]", "%[u]")                                                                    \
    "sxtb16 %[t], %[u]\n\t"                                                                                         \
    "smlad  %[a], %[t], %[s], %[a]\n\t"                                                                             \
    "sxtb16 %[t], %[u], ror #8\n\t"                                                                                 \
    "smlad  %[b], %[t], %[s], %[b]\n\t"                                                                             \
    "sxtb16 %[t], %[p]\n\t"                                                                                         \
    "smlad  %[c], %[t], %[s], %[c]\n\t"                                                                             \
    "sxtb16 %[t], %[p], ror #8\n\t"                                                                                 \
    "smlad  %[d], %[t], %[s], %[d]\n\t"
/* clang-format on */

/* acc[0 ... 3] = sums of weights[j] * x[j][0 ... 3] over an even number of rows `width` apart. */
ALONE void mix_columns(const int32_t *weight, const int8_t *x, uint32_t count, size_t width, int32_t *acc)
{
    sums r = {0, 0, 0, 0};
    uint32_t p, q, s, t, u;
    const int32_t *const end = weight + count;
    __asm__(REPEAT(MIX_TWO, "%[weight]")
            : [a] "+r"(r.a), [b] "+r"(r.b), [c] "+r"(r.c), [d] "+r"(r.d), [weight] "+r"(weight), [x] "+r"(x),
              [p] "=&r"(p), [q] "=&r"(q), [s] "=&r"(s), [t] "=&r"(t), [u] "=&r"(u)
            : [width] "r"(width), [end] "r"(end)
            : "memory");
    acc[0] = r.a, acc[1] = r.b, acc[2] = r.c, acc[3] = r.d;
}

void embq_mix(const int32_t *weights, const int8_t *values, uint32_t count, uint32_t width, int32_t *acc)
{
    const uint32_t even = count & ~1u, whole = width & ~3u;
    for (uint32_t i = 0; i < whole && even > 0; i += 4) mix_columns(weights, values + i, even, width, acc + i);
    for (uint32_t i = even > 0 ? whole : 0; i < width; i++) acc[i] = 0;
    /* What does not fill a block: the last row, the last columns. */
    for (uint32_t j = whole == width ? even : 0; j < count; j++)
        for (uint32_t i = j < even ? whole : 0; i < width; i++) acc[i] += weights[j] * values[(size_t)j * width + i];
}

/* Four columns of two taps times two rows: 22 instructions for 8 products. */
/* clang-format off */
#define CONVOLVE_TWO                                                                                                \
    LOAD_COLUMNS("%[tap]", "%[p]", "%[q]", "%[u]")                                                                  \
    LOAD_COLUMNS("%[x]", "%[s]", "%[q]", "%[v]")                                                                    \
    "sxtb16 %[q], %[u]\n\t"                                                                                         \
    "sxtb16 %[t], %[v]\n\t"                                                                                         \
    "smlad  %[a], %[q], %[t], %[a]\n\t"                                                                             \
    "sxtb16 %[q], %[u], ror #8\n\t"                                                                                 \
    "sxtb16 %[t], %[v], ror #8\n\t"                                                                                 \
    "smlad  %[b], %[q], %[t], %[b]\n\t"                                                                             \
    "sxtb16 %[q], %[p]\n\t"                                                                                         \
    "sxtb16 %[t], %[s]\n\t"                                                                                         \
    "smlad  %[c], %[q], %[t], %[c]\n\t"                                                                             \
    "sxtb16 %[q], %[p], ror #8\n\t"                                                                                 \
    "sxtb16 %[t], %[s], ror #8\n\t"                                                                                 \
    "smlad  %[d], %[q], %[t], %[d]\n\t"
/* clang-format on */

/* acc[0 ... 3] = sums of tap[j][0 ... 3] * x[j][0 ... 3] over an even number of rows `width` apart. */
ALONE void convolve_columns(const int8_t *tap, const int8_t *x, uint32_t count, size_t width, int32_t *acc)
{
    sums r = {0, 0, 0, 0};
    uint32_t p, q, s, t, u, v;
    const int8_t *const end = tap + count * width;
    do
        __asm__(CONVOLVE_TWO
                : [a] "+r"(r.a), [b] "+r"(r.b), [c] "+r"(r.c), [d] "+r"(r.d), [tap] "+r"(tap), [x] "+r"(x),
                  [p] "=&r"(p), [q] "=&r"(q), [s] "=&r"(s), [t] "=&r"(t), [u] "=&r"(u), [v] "=&r"(v)
                : [width] "r"(width)
                : "memory");
    while (tap != end);
    acc[0] = r.a, acc[1] = r.b, acc[2] = r.c, acc[3] = r.d;
}

void embq_convolve(const int8_t *taps, const int8_t *window, uint32_t count, uint32_t channels, uint32_t width,
                   int32_t *acc)
{
    if (channels != width) {
        embq_convolve_portable(taps, window, count, channels, width, acc);
        return;
    }
    const uint32_t even = count & ~1u, whole = width & ~3u;
    for (uint32_t i = 0; i < whole && even > 0; i += 4) convolve_columns(taps + i, window + i, even, width, acc + i);
    for (uint32_t i = even > 0 ? whole : 0; i < width; i++) acc[i] = 0;
    for (uint32_t j = whole == width ? even : 0; j < count; j++)
        for (uint32_t i = j < even ? whole : 0; i < width; i++)
            acc[i] += taps[(size_t)j * width + i] * window[(size_t)j * width + i];
}

/* ---- Requantizing -------------------------------------------------------------------------------------------- */

/* From a shift of 33 on, half a step has no bits in the lower word of the product: the upper one alone decides. */
enum { UPPER_SHIFT = 33 };

INLINE int32_t requantize_upper(int32_t value, int32_t multiplier, uint32_t shift)
{
    return ((int32_t)((int64_t)value * multiplier >> 32) + (1 << (shift - UPPER_SHIFT))) >> (shift - 32);
}

INLINE int32_t clip8(int32_t value)
{
    value = saturate8(value);
    return value < -127 ? -127 : value;
}

void embq_requantize_row(const int32_t *acc, const int32_t *bias, const int32_t *multiplier, uint32_t shift,
                         uint32_t count, int8_t *out)
{
    if (shift < UPPER_SHIFT) {
        embq_requantize_row_portable(acc, bias, multiplier, shift, count, out);
        return;
    }
    for (const int8_t *const end = out + count; out != end;)
        *out++ = (int8_t)clip8(requantize_upper(*acc++ + *bias++, *multiplier++, shift));
}

void embq_activate_row(const int32_t *acc, const int32_t *bias, const int32_t *multiplier, uint32_t shift,
                       const int8_t *table, uint32_t bits, uint32_t zero, uint32_t count, int8_t *out)
{
    if (shift < UPPER_SHIFT) {
        embq_activate_row_portable(acc, bias, multiplier, shift, table, bits, zero, count, out);
        return;
    }
    const int32_t last = (int32_t)((1u << bits) - 1);
    for (const int8_t *const end = out + count; out != end;) {
        const int32_t index = requantize_upper(*acc++ + *bias++, *multiplier++, shift) + (int32_t)zero;
        *out++ = table[index < 0 ? 0 : index > last ? last : index];
    }
}

void embq_scale_row(const int32_t *x, embq_factor factor, uint32_t count, int8_t *out)
{
    if (factor.shift < UPPER_SHIFT) {
        embq_scale_row_portable(x, factor, count, out);
        return;
    }
    for (const int8_t *const end = out + count; out != end;)
        *out++ = (int8_t)clip8(requantize_upper(*x++, factor.multiplier, factor.shift));
}

#endif

/* ---- Sums of products of 32 bits ----------------------------------------------------------------------------- */

/* The portable kernel's clip of 64 bits, in words of 32: what does not fit into one is beyond the limit, whatever the
 * bias. shift 1 ... 31. */
INLINE int32_t combined(int64_t sum, uint32_t shift, int32_t bias)
{
    const int32_t upper = (int32_t)(sum >> 32);
    const int32_t x = (int32_t)((uint32_t)sum >> shift | (uint32_t)upper << (32 - shift));
    if (upper >> shift != x >> 31) return upper < 0 ? -EMBQ_ROW_LIMIT : EMBQ_ROW_LIMIT;
    const int32_t y = saturate27(__qadd(x, bias));
    return y < -EMBQ_ROW_LIMIT ? -EMBQ_ROW_LIMIT : y;
}

void embq_combine_rows(const int32_t *a, const int32_t *a_multiplier, const int32_t *b, const int32_t *b_multiplier,
                       uint32_t shift, const int32_t *bias, uint32_t count, int32_t *x)
{
    if (shift > 31) {
        embq_combine_rows_portable(a, a_multiplier, b, b_multiplier, shift, bias, count, x);
        return;
    }
    const int64_t half = (int64_t)1 << (shift - 1);
    for (const int32_t *const end = x + count; x != end;) {
        const int64_t sum = half + (int64_t)*a++ * *a_multiplier++ + (int64_t)*b++ * *b_multiplier++;
        *x++ = combined(sum, shift, *bias++);
    }
}

#endif
