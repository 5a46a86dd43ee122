/* The kernels with the DSP extension of Cortex-M4, M7, M33 and their like: two products of 16 bits an instruction. Each
 * gives the portable kernel's bits, for a sum of 32 bits is the same in whatever order it is made. */
#include "embq_kernels_arm.h"

#if EMBQ_ARM_DSP

#include <arm_acle.h>

#include "embq_format.h"
#include "embq_kernels_portable.h"

#define INLINE static inline __attribute__((always_inline))

/* GCC's macro __ssat hides a change of sign. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
INLINE int32_t saturate8(int32_t value) { return __ssat(value, 8); }
INLINE int32_t saturate27(int32_t value) { return __ssat(value, 27); }
#pragma GCC diagnostic pop

/* ---- Linear -------------------------------------------------------------------------------------------------- */

#if !EMBQ_ARM_MVE

/* Four bytes from anywhere: one instruction, also in a freestanding build. */
INLINE uint32_t load4(const void *bytes)
{
    uint32_t word;
    __builtin_memcpy(&word, bytes, sizeof word);
    return word;
}

/* Bytes 0 and 2, or 1 and 3, as int16. ACLE does not name the rotation that the instruction includes, and GCC does not
 * find it. */
INLINE int16x2_t even_bytes(uint32_t word) { return __sxtb16((int8x4_t)word); }
INLINE int16x2_t odd_bytes(uint32_t word)
{
    int16x2_t pair;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(word));
    return pair;
}

/* Inputs are spread to 16 bits once for all outputs, as many columns at a time as the stack should hold. */
enum { SPREAD = 128 };

/* For each four columns the even bytes of each row, then the odd ones of each row. count is a multiple of 4. */
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

/* The products of four columns for the outputs u and v of two rows. Sixteen instructions for sixteen products; from
 * intrinsics GCC makes twenty, for it loads ahead of need and runs out of registers. */
#define FOUR_COLUMNS                                                                                                \
    "ldr    %[u], [%[first]], #4\n\t"                                                                               \
    "ldr    %[v], [%[second]], #4\n\t"                                                                              \
    "ldrd   %[p], %[q], [%[x]], #8\n\t"                                                                             \
    "sxtb16 %[t], %[u]\n\t"                                                                                         \
    "smlad  %[a], %[t], %[p], %[a]\n\t"                                                                             \
    "smlad  %[b], %[t], %[q], %[b]\n\t"                                                                             \
    "sxtb16 %[t], %[v]\n\t"                                                                                         \
    "smlad  %[c], %[t], %[p], %[c]\n\t"                                                                             \
    "smlad  %[d], %[t], %[q], %[d]\n\t"                                                                             \
    "ldrd   %[p], %[q], [%[x]], #8\n\t"                                                                             \
    "sxtb16 %[t], %[u], ror #8\n\t"                                                                                 \
    "smlad  %[a], %[t], %[p], %[a]\n\t"                                                                             \
    "smlad  %[b], %[t], %[q], %[b]\n\t"                                                                             \
    "sxtb16 %[t], %[v], ror #8\n\t"                                                                                 \
    "smlad  %[c], %[t], %[p], %[c]\n\t"                                                                             \
    "smlad  %[d], %[t], %[q], %[d]\n\t"
#define RUN(text)                                                                                                   \
    __asm__(text : [a] "+r"(s.a), [b] "+r"(s.b), [c] "+r"(s.c), [d] "+r"(s.d), [first] "+r"(first),                 \
            [second] "+r"(second), [x] "+r"(x), [u] "=&r"(u), [v] "=&r"(v), [p] "=&r"(p), [q] "=&r"(q),             \
            [t] "=&r"(t) : : "memory")

/* Adds the products of `count` columns, a multiple of 4. */
INLINE sums add_two_rows(sums s, const int8_t *first, const int8_t *second, uint32_t count, const int16x2_t *x)
{
    uint32_t u, v, p, q, t;
    for (const int8_t *const end = first + (count & ~7u); first != end;) RUN(FOUR_COLUMNS FOUR_COLUMNS);
    if (count % 8 != 0) RUN(FOUR_COLUMNS);
    return s;
}

#undef RUN
#undef FOUR_COLUMNS

INLINE int32_t add_pairs(int32_t sum, const int8_t *weight, int16x2_t even, int16x2_t odd)
{
    const uint32_t word = load4(weight);
    return __smlad(odd_bytes(word), odd, __smlad(even_bytes(word), even, sum));
}

/* The same for one row, and outputs that begin at w, w + second, w + third, w + fourth. */
INLINE sums add_one_row(sums s, const int8_t *w, size_t second, size_t third, size_t fourth, uint32_t count,
                        const int16x2_t *x)
{
    for (const int8_t *const end = w + count; w != end; w += 4) {
        const int16x2_t even = *x++, odd = *x++;
        s.a = add_pairs(s.a, w, even, odd);
        s.b = add_pairs(s.b, w + second, even, odd);
        s.c = add_pairs(s.c, w + third, even, odd);
        s.d = add_pairs(s.d, w + fourth, even, odd);
    }
    return s;
}

/* acc[r][o] = the products of the last columns, fewer than four. */
static void begin_sums(const int8_t *weight, uint32_t outputs, uint32_t inputs, const int8_t *input, uint32_t rows,
                       int32_t *acc)
{
    for (uint32_t r = 0; r < rows; r++, input += inputs) {
        const int8_t *row = weight;
        for (uint32_t o = 0; o < outputs; o++, row += inputs) {
            int32_t sum = 0;
            for (uint32_t i = inputs & ~3u; i < inputs; i++) sum += row[i] * input[i];
            *acc++ = sum;
        }
    }
}

static void two_rows(const int8_t *weight, uint32_t outputs, size_t inputs, uint32_t count, const int16x2_t *x,
                     int32_t *acc)
{
    int32_t *other = acc + outputs;
    uint32_t o = 0;
    for (; o + 2 <= outputs; o += 2, weight += 2 * inputs) {
        sums s = {acc[o], other[o], acc[o + 1], other[o + 1]};
        s = add_two_rows(s, weight, weight + inputs, count, x);
        acc[o] = s.a, other[o] = s.b, acc[o + 1] = s.c, other[o + 1] = s.d;
    }
    if (o == outputs) return;
    const sums s = add_two_rows((sums){acc[o], other[o], 0, 0}, weight, weight, count, x);
    acc[o] = s.a, other[o] = s.b;
}

static void one_row(const int8_t *weight, uint32_t outputs, size_t inputs, uint32_t count, const int16x2_t *x,
                    int32_t *acc)
{
    uint32_t o = 0;
    for (; o + 4 <= outputs; o += 4, weight += 4 * inputs, acc += 4) {
        sums s = {acc[0], acc[1], acc[2], acc[3]};
        s = add_one_row(s, weight, inputs, 2 * inputs, 3 * inputs, count, x);
        acc[0] = s.a, acc[1] = s.b, acc[2] = s.c, acc[3] = s.d;
    }
    for (; o < outputs; o++, weight += inputs, acc++) {
        const int16x2_t *pairs = x;
        for (uint32_t i = 0; i < count; i += 4, pairs += 2) *acc = add_pairs(*acc, weight + i, pairs[0], pairs[1]);
    }
}

void embq_linear(const int8_t *weight, uint32_t outputs, uint32_t inputs, const int8_t *input, uint32_t rows,
                 int32_t *acc)
{
    int16x2_t x[SPREAD / 2 * EMBQ_ROWS];
    const uint32_t whole = inputs & ~3u;
    begin_sums(weight, outputs, inputs, input, rows, acc);
    for (uint32_t first = 0; first < whole; first += SPREAD) {
        const uint32_t count = whole - first < SPREAD ? whole - first : SPREAD;
        if (rows == 1) {
            spread(input + first, inputs, 1, count, x);
            one_row(weight + first, outputs, inputs, count, x, acc);
        } else {
            spread(input + first, inputs, 2, count, x);
            two_rows(weight + first, outputs, inputs, count, x, acc);
        }
    }
}

/* ---- Products of more bits ----------------------------------------------------------------------------------- */

/* The lower halves of two words, the upper halves of two words; the first becomes the lower. */
INLINE uint32_t lower_halves(uint32_t first, uint32_t second) { return (first & 0xFFFFu) | second << 16; }
INLINE uint32_t upper_halves(uint32_t first, uint32_t second) { return first >> 16 | (second & 0xFFFF0000u); }

int64_t embq_dot16(const int16_t *x, const int8_t *weight, uint32_t count)
{
    int64_t sum = 0;
    for (const int16_t *const end = x + (count & ~3u); x != end; x += 4, weight += 4) {
        const uint32_t word = load4(weight), first = load4(x), second = load4(x + 2);
        sum = __smlald((int16x2_t)lower_halves(first, second), even_bytes(word), sum);
        sum = __smlald((int16x2_t)upper_halves(first, second), odd_bytes(word), sum);
    }
    for (uint32_t i = 0; i < count % 4; i++) sum += x[i] * weight[i];
    return sum;
}

/* ---- Sums over rows ------------------------------------------------------------------------------------------ */

/* Four columns of two rows, as the pairs (row 0, row 1) of columns 0, 1, 2, 3. */
typedef struct columns {
    int16x2_t a, b, c, d;
} columns;

INLINE columns columns_of(uint32_t first, uint32_t second)
{
    const uint32_t lower = lower_halves(first, second), upper = upper_halves(first, second);
    return (columns){even_bytes(lower), odd_bytes(lower), even_bytes(upper), odd_bytes(upper)};
}

/* acc[i] += the weights times two rows of int8, weights being a pair. */
void embq_mix(const int32_t *weights, const int8_t *values, uint32_t count, uint32_t width, int32_t *acc)
{
    uint32_t i = 0;
    for (; i + 4 <= width; i += 4, acc += 4) {
        const int8_t *v = values + i;
        const int32_t *w = weights;
        sums s = {0, 0, 0, 0};
        for (uint32_t j = count / 2; j > 0; j--, v += 2 * width, w += 2) {
            const int16x2_t pair = (int16x2_t)lower_halves((uint32_t)w[0], (uint32_t)w[1]);
            const columns x = columns_of(load4(v), load4(v + width));
            s.a = __smlad(x.a, pair, s.a);
            s.b = __smlad(x.b, pair, s.b);
            s.c = __smlad(x.c, pair, s.c);
            s.d = __smlad(x.d, pair, s.d);
        }
        if (count % 2 != 0) {
            s.a += *w * v[0];
            s.b += *w * v[1];
            s.c += *w * v[2];
            s.d += *w * v[3];
        }
        acc[0] = s.a, acc[1] = s.b, acc[2] = s.c, acc[3] = s.d;
    }
    for (; i < width; i++) {
        int32_t sum = 0;
        for (uint32_t j = 0; j < count; j++) sum += weights[j] * values[(size_t)j * width + i];
        *acc++ = sum;
    }
}

void embq_convolve(const int8_t *taps, const int8_t *window, uint32_t count, uint32_t channels, uint32_t width,
                   int32_t *acc)
{
    if (channels != width) {
        embq_convolve_portable(taps, window, count, channels, width, acc);
        return;
    }
    uint32_t i = 0;
    for (; i + 4 <= width; i += 4, acc += 4) {
        const int8_t *t = taps + i, *x = window + i;
        sums s = {0, 0, 0, 0};
        for (uint32_t j = count / 2; j > 0; j--, t += 2 * width, x += 2 * width) {
            const columns a = columns_of(load4(t), load4(t + width)), b = columns_of(load4(x), load4(x + width));
            s.a = __smlad(a.a, b.a, s.a);
            s.b = __smlad(a.b, b.b, s.b);
            s.c = __smlad(a.c, b.c, s.c);
            s.d = __smlad(a.d, b.d, s.d);
        }
        if (count % 2 != 0) {
            s.a += t[0] * x[0];
            s.b += t[1] * x[1];
            s.c += t[2] * x[2];
            s.d += t[3] * x[3];
        }
        acc[0] = s.a, acc[1] = s.b, acc[2] = s.c, acc[3] = s.d;
    }
    for (; i < width; i++) {
        int32_t sum = 0;
        for (uint32_t j = 0; j < count; j++) sum += taps[(size_t)j * width + i] * window[(size_t)j * width + i];
        *acc++ = sum;
    }
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
