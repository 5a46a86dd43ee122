/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels with AVX2 and, where the processor has it, VNNI: for the host, whose accuracy checks run thousands
 * of sentences. Each gives the portable kernel's bits; what a vector does not cover, the portable kernel computes.
 * Not exported to devices. */
#if defined(EMBQ_HOST_SIMD) && defined(__x86_64__)

#include "embq_kernels_x86.h"

/* ---- Linear -------------------------------------------------------------------------------------------------- */

/* sum + |w| * (input with w's sign): both factors within +-127, so a pair of products stays below 2^15. */
AVX2 INLINE __m256i add_products(__m256i sum, __m256i w, __m256i input)
{
    const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(input, w));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

AVX_VNNI INLINE __m256i add_products_avx_vnni(__m256i sum, __m256i w, __m256i input)
{
    return _mm256_dpbusd_avx_epi32(sum, _mm256_abs_epi8(w), _mm256_sign_epi8(input, w));
}

AVX512_VNNI INLINE __m256i add_products_avx512_vnni(__m256i sum, __m256i w, __m256i input)
{
    return _mm256_dpbusd_epi32(sum, _mm256_abs_epi8(w), _mm256_sign_epi8(input, w));
}

/* As many of sixteen bytes as are set in `mask`. */
AVX2 INLINE __m256i add_sixteen(__m256i sum, const int8_t *w, const int8_t *input, __m128i mask)
{
    return _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_cvtepi8_epi16(_mm_and_si128(load_half(w), mask)),
                                                   _mm256_cvtepi8_epi16(load_half(input))));
}

/* The last `count` of sixteen bytes. */
AVX2 INLINE __m128i last_bytes(uint32_t count)
{
    const __m128i index = _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    return _mm_cmpgt_epi8(index, _mm_set1_epi8((char)(15 - (int)count)));
}

/* Four outputs for one or two rows of at least 16 inputs; `stride` sums lie between the rows of acc. The last blocks of
 * sixteen begin where a whole one still fits, and leave out what was added before. The step is a parameter so that one
 * text serves every instruction set; `rows` is a constant where it is inlined, so that the sums stay in registers. */
#define FOUR_OUTPUTS(NAME, TARGET, STEP)                                                                        \
    TARGET INLINE void NAME##_rows(const int8_t *weight, uint32_t stride, uint32_t inputs, const int8_t *input, \
                                   uint32_t rows, int32_t *acc)                                                 \
    {                                                                                                           \
        const uint32_t whole = inputs & ~31u;                                                                   \
        __m256i sum[2][4];                                                                                      \
        for (uint32_t r = 0; r < rows; r++)                                                                     \
            for (int o = 0; o < 4; o++) sum[r][o] = _mm256_setzero_si256();                                     \
        for (uint32_t i = 0; i < whole; i += 32) {                                                              \
            for (int o = 0; o < 4; o++) {                                                                       \
                const __m256i w = load(weight + (size_t)o * inputs + i);                                        \
                for (uint32_t r = 0; r < rows; r++)                                                             \
                    sum[r][o] = STEP(sum[r][o], w, load(input + (size_t)r * inputs + i));                       \
            }                                                                                                   \
        }                                                                                                       \
        for (uint32_t done = whole; done < inputs;) {                                                           \
            const uint32_t left = inputs - done < 16 ? inputs - done : 16;                                      \
            const uint32_t at = done + left - 16;                                                               \
            const __m128i mask = last_bytes(left);                                                              \
            for (int o = 0; o < 4; o++)                                                                         \
                for (uint32_t r = 0; r < rows; r++)                                                             \
                    sum[r][o] = add_sixteen(sum[r][o], weight + (size_t)o * inputs + at,                        \
                                            input + (size_t)r * inputs + at, mask);                             \
            done += left;                                                                                       \
        }                                                                                                       \
        for (uint32_t r = 0; r < rows; r++)                                                                     \
            _mm_storeu_si128((__m128i *)(void *)(acc + (size_t)r * stride),                                     \
                             sums_of_four(sum[r][0], sum[r][1], sum[r][2], sum[r][3]));                         \
    }                                                                                                           \
    TARGET static void NAME(const int8_t *weight, uint32_t outputs, uint32_t inputs, const int8_t *input,       \
                            uint32_t rows, int32_t *acc)                                                        \
    {                                                                                                           \
        for (uint32_t o = 0; o < outputs; o += 4) {                                                             \
            const uint32_t at = o + 4 <= outputs ? o : outputs - 4;                                             \
            const int8_t *w = weight + (size_t)at * inputs;                                                     \
            if (rows == 1) NAME##_rows(w, outputs, inputs, input, 1, acc + at);                                 \
            else NAME##_rows(w, outputs, inputs, input, 2, acc + at);                                           \
        }                                                                                                       \
    }

FOUR_OUTPUTS(linear_avx2, AVX2, add_products)
FOUR_OUTPUTS(linear_avx_vnni, AVX_VNNI, add_products_avx_vnni)
FOUR_OUTPUTS(linear_avx512_vnni, AVX512_VNNI, add_products_avx512_vnni)

/* Of outputs that are not a multiple of four, the last ones are taken a second time. */
void embq_linear(const int8_t *weight, uint32_t outputs, uint32_t inputs, const int8_t *input, uint32_t rows,
                 int32_t *acc)
{
    if (!has_avx2() || inputs < 16 || outputs < 4) embq_linear_portable(weight, outputs, inputs, input, rows, acc);
    else if (has_avx512_vnni()) linear_avx512_vnni(weight, outputs, inputs, input, rows, acc);
    else if (has_avx_vnni()) linear_avx_vnni(weight, outputs, inputs, input, rows, acc);
    else linear_avx2(weight, outputs, inputs, input, rows, acc);
}

/* ---- Requantization ------------------------------------------------------------------------------------------ */

/* Eight int32 as int8 within +-127. */
AVX2 INLINE void store_eight(__m256i values, int8_t *out)
{
    const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(values), _mm256_extracti128_si256(values, 1));
    const __m128i bytes = _mm_max_epi8(_mm_packs_epi16(words, words), _mm_set1_epi8(-127));
    _mm_storel_epi64((__m128i *)(void *)out, bytes);
}

AVX2 static uint32_t requantize_row(const int32_t *acc, const int32_t *bias, const int32_t *multiplier, uint32_t shift,
                                    uint32_t count, int8_t *out)
{
    uint32_t i = 0;
    for (; i + 8 <= count; i += 8)
        store_eight(requantize_eight(_mm256_add_epi32(load(acc + i), load(bias + i)), load(multiplier + i), shift),
                    out + i);
    return i;
}

void embq_requantize_row(const int32_t *acc, const int32_t *bias, const int32_t *multiplier, uint32_t shift,
                         uint32_t count, int8_t *out)
{
    const uint32_t i = has_avx2() && shift >= 32 ? requantize_row(acc, bias, multiplier, shift, count, out) : 0;
    embq_requantize_row_portable(acc + i, bias + i, multiplier + i, shift, count - i, out + i);
}

AVX2 static uint32_t activate_row(const int32_t *acc, const int32_t *bias, const int32_t *multiplier, uint32_t shift,
                                  const int8_t *table, uint32_t bits, uint32_t zero, uint32_t count, int8_t *out)
{
    const __m256i last = _mm256_set1_epi32((int)((1u << bits) - 1));
    uint32_t i = 0;
    for (; i + 8 <= count; i += 8) {
        /* Saturating to 16 bits first keeps the sum with `zero` in range and changes nothing: the table ends at 12. */
        __m256i index = requantize_eight(_mm256_add_epi32(load(acc + i), load(bias + i)), load(multiplier + i), shift);
        index = _mm256_max_epi32(_mm256_min_epi32(index, _mm256_set1_epi32(32767)), _mm256_set1_epi32(-32768));
        index = _mm256_add_epi32(index, _mm256_set1_epi32((int)zero));
        index = _mm256_max_epi32(_mm256_min_epi32(index, last), _mm256_setzero_si256());
        int32_t at[8];
        _mm256_storeu_si256((__m256i *)(void *)at, index);
        for (uint32_t j = 0; j < 8; j++) out[i + j] = table[at[j]];
    }
    return i;
}

void embq_activate_row(const int32_t *acc, const int32_t *bias, const int32_t *multiplier, uint32_t shift,
                       const int8_t *table, uint32_t bits, uint32_t zero, uint32_t count, int8_t *out)
{
    const uint32_t i =
        has_avx2() && shift >= 32 ? activate_row(acc, bias, multiplier, shift, table, bits, zero, count, out) : 0;
    embq_activate_row_portable(acc + i, bias + i, multiplier + i, shift, table, bits, zero, count - i, out + i);
}

/* ---- Rows of 32 bits ----------------------------------------------------------------------------------------- */

/* clip((sum + half) >> shift + bias) in four 64-bit lanes; bias in the lanes' lower halves. */
AVX2 INLINE __m256i combine_four(__m256i sum, __m256i bias, uint32_t shift)
{
    /* sign-extends the bias: its lane holds it in the lower half, as mul_epi32 reads it */
    return clip_four(shift_four(sum, shift), _mm256_mul_epi32(bias, _mm256_set1_epi64x(1)), EMBQ_ROW_LIMIT);
}

AVX2 static uint32_t combine_rows(const int32_t *a, const int32_t *a_multiplier, const int32_t *b,
                                  const int32_t *b_multiplier, uint32_t shift, const int32_t *bias, uint32_t count,
                                  int32_t *x)
{
    uint32_t i = 0;
    for (; i + 8 <= count; i += 8) {
        const __m256i va = load(a + i), ma = load(a_multiplier + i), vb = load(b + i), mb = load(b_multiplier + i);
        const __m256i vbias = load(bias + i);
        const __m256i even = _mm256_add_epi64(_mm256_mul_epi32(va, ma), _mm256_mul_epi32(vb, mb));
        const __m256i odd = _mm256_add_epi64(_mm256_mul_epi32(_mm256_srli_epi64(va, 32), _mm256_srli_epi64(ma, 32)),
                                             _mm256_mul_epi32(_mm256_srli_epi64(vb, 32), _mm256_srli_epi64(mb, 32)));
        const __m256i low = combine_four(even, vbias, shift);
        const __m256i high = combine_four(odd, _mm256_srli_epi64(vbias, 32), shift);
        _mm256_storeu_si256((__m256i *)(void *)(x + i), _mm256_blend_epi32(low, _mm256_slli_epi64(high, 32), 0xAA));
    }
    return i;
}

void embq_combine_rows(const int32_t *a, const int32_t *a_multiplier, const int32_t *b, const int32_t *b_multiplier,
                       uint32_t shift, const int32_t *bias, uint32_t count, int32_t *x)
{
    const uint32_t i = has_avx2() ? combine_rows(a, a_multiplier, b, b_multiplier, shift, bias, count, x) : 0;
    embq_combine_rows_portable(a + i, a_multiplier + i, b + i, b_multiplier + i, shift, bias + i, count - i, x + i);
}

AVX2 static uint32_t sum_of_squares(const int32_t *x, uint32_t count, uint64_t *result)
{
    __m256i sum = _mm256_setzero_si256();
    uint32_t i = 0;
    for (; i + 8 <= count; i += 8) {
        const __m256i v = load(x + i), odd = _mm256_srli_epi64(v, 32);
        sum = _mm256_add_epi64(sum, _mm256_add_epi64(_mm256_mul_epi32(v, v), _mm256_mul_epi32(odd, odd)));
    }
    uint64_t lanes[4];
    _mm256_storeu_si256((__m256i *)(void *)lanes, sum);
    *result = lanes[0] + lanes[1] + lanes[2] + lanes[3];
    return i;
}

uint64_t embq_sum_of_squares(const int32_t *x, uint32_t count)
{
    uint64_t sum = 0;
    const uint32_t i = has_avx2() ? sum_of_squares(x, count, &sum) : 0;
    return sum + embq_sum_of_squares_portable(x + i, count - i);
}

AVX2 static uint32_t scale_row(const int32_t *x, embq_factor factor, uint32_t count, int8_t *out)
{
    const __m256i multiplier = _mm256_set1_epi32(factor.multiplier);
    uint32_t i = 0;
    for (; i + 8 <= count; i += 8) store_eight(requantize_eight(load(x + i), multiplier, factor.shift), out + i);
    return i;
}

void embq_scale_row(const int32_t *x, embq_factor factor, uint32_t count, int8_t *out)
{
    const uint32_t i = has_avx2() && factor.shift >= 32 ? scale_row(x, factor, count, out) : 0;
    embq_scale_row_portable(x + i, factor, count - i, out + i);
}

/* ---- Attention and convolution --------------------------------------------------------------------------------- */

/* Sixteen columns of two rows, side by side as 16-bit pairs: columns 0-7 in *low, 8-15 in *high. */
AVX2 INLINE void pair_up(const int8_t *first, const int8_t *second, __m256i *low, __m256i *high)
{
    const __m128i a = load_half(first), b = second != NULL ? load_half(second) : _mm_setzero_si128();
    *low = _mm256_cvtepi8_epi16(_mm_unpacklo_epi8(a, b));
    *high = _mm256_cvtepi8_epi16(_mm_unpackhi_epi8(a, b));
}

/* `blocks` times sixteen columns; a constant where it is inlined. */
AVX2 INLINE void mix_blocks(const int32_t *weights, const int8_t *values, uint32_t count, uint32_t width, int blocks,
                            int32_t *acc)
{
    __m256i sum[8], low, high;
    for (int i = 0; i < 2 * blocks; i++) sum[i] = _mm256_setzero_si256();
    for (uint32_t j = 0; j < count; j += 2, values += (size_t)2 * width) {
        const int has_second = j + 1 < count;
        const uint32_t second = has_second ? (uint32_t)weights[j + 1] : 0;
        const __m256i pair = _mm256_set1_epi32((int)((uint32_t)weights[j] | second << 16));
        for (int i = 0; i < blocks; i++) {
            pair_up(values + 16 * i, has_second ? values + width + 16 * i : NULL, &low, &high);
            sum[2 * i] = _mm256_add_epi32(sum[2 * i], _mm256_madd_epi16(low, pair));
            sum[2 * i + 1] = _mm256_add_epi32(sum[2 * i + 1], _mm256_madd_epi16(high, pair));
        }
    }
    for (int i = 0; i < 2 * blocks; i++) _mm256_storeu_si256((__m256i *)(void *)(acc + 8 * i), sum[i]);
}

AVX2 static void mix(const int32_t *weights, const int8_t *values, uint32_t count, uint32_t width, int32_t *acc)
{
    uint32_t i = 0;
    for (; i + 64 <= width; i += 64) mix_blocks(weights, values + i, count, width, 4, acc + i);
    for (; i + 16 <= width; i += 16) mix_blocks(weights, values + i, count, width, 1, acc + i);
    /* The last sixteen columns, some of them a second time. */
    if (i < width) mix_blocks(weights, values + width - 16, count, width, 1, acc + width - 16);
}

void embq_mix(const int32_t *weights, const int8_t *values, uint32_t count, uint32_t width, int32_t *acc)
{
    if (has_avx2() && width >= 16) mix(weights, values, count, width, acc);
    else embq_mix_portable(weights, values, count, width, acc);
}

/* min(distance * multiplier / 2^shift, 2^20) in the lanes' lower halves; distances there are not negative. */
AVX2 INLINE __m256i exponents(__m256i distance, __m256i multiplier, uint32_t shift)
{
    const __m256i limit = _mm256_set1_epi64x(0x100000);
    const __m256i product =
        _mm256_add_epi64(_mm256_mul_epu32(distance, multiplier), _mm256_set1_epi64x((int64_t)1 << (shift - 1)));
    const __m256i exponent = _mm256_srl_epi64(product, _mm_cvtsi32_si128((int)shift));
    return _mm256_blendv_epi8(exponent, limit, _mm256_cmpgt_epi64(exponent, limit));
}

/* c - (r * f >> 16), one step of embq_exp2_negative's quartic. */
AVX2 INLINE __m256i quartic_step(int32_t c, __m256i r, __m256i f)
{
    return _mm256_sub_epi32(_mm256_set1_epi32(c), _mm256_srli_epi32(_mm256_mullo_epi32(r, f), 16));
}

AVX2 static uint32_t exponentials(int32_t *scores, uint32_t count, int32_t top, int32_t multiplier, uint32_t shift)
{
    const __m256i m = _mm256_set1_epi32(multiplier), zero = _mm256_setzero_si256();
    uint32_t j = 0;
    for (; j + 8 <= count; j += 8) {
        const __m256i distance = _mm256_max_epi32(_mm256_sub_epi32(_mm256_set1_epi32(top), load(scores + j)), zero);
        const __m256i even = exponents(distance, m, shift);
        const __m256i odd = exponents(_mm256_srli_epi64(distance, 32), m, shift);
        const __m256i exponent = _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xAA);
        const __m256i f = _mm256_and_si256(exponent, _mm256_set1_epi32(0xFFFF));
        __m256i r = _mm256_set1_epi32(453);
        r = quartic_step(3498, r, f);
        r = quartic_step(15699, r, f);
        r = quartic_step(45422, r, f);
        r = quartic_step(65536, r, f);
        r = _mm256_srlv_epi32(r, _mm256_srli_epi32(exponent, 16));
        r = _mm256_srli_epi32(_mm256_add_epi32(r, _mm256_set1_epi32(1)), 1);
        r = _mm256_min_epi32(r, _mm256_set1_epi32(32767));
        r = _mm256_andnot_si256(_mm256_cmpgt_epi32(exponent, _mm256_set1_epi32(0xFFFFF)), r);
        _mm256_storeu_si256((__m256i *)(void *)(scores + j), r);
    }
    return j;
}

void embq_exponentials(int32_t *scores, uint32_t count, int32_t top, int32_t multiplier, uint32_t shift)
{
    const uint32_t j = has_avx2() ? exponentials(scores, count, top, multiplier, shift) : 0;
    embq_exponentials_portable(scores + j, count - j, top, multiplier, shift);
}

AVX2 static void convolve_sixteen(const int8_t *taps, const int8_t *window, uint32_t count, uint32_t width,
                                  int32_t *acc)
{
    __m256i sum0 = _mm256_setzero_si256(), sum1 = sum0, tap_low, tap_high, low, high;
    for (uint32_t t = 0; t < count; t += 2, taps += (size_t)2 * width, window += (size_t)2 * width) {
        const int has_second = t + 1 < count;
        pair_up(taps, has_second ? taps + width : NULL, &tap_low, &tap_high);
        pair_up(window, has_second ? window + width : NULL, &low, &high);
        sum0 = _mm256_add_epi32(sum0, _mm256_madd_epi16(low, tap_low));
        sum1 = _mm256_add_epi32(sum1, _mm256_madd_epi16(high, tap_high));
    }
    _mm256_storeu_si256((__m256i *)(void *)acc, sum0);
    _mm256_storeu_si256((__m256i *)(void *)(acc + 8), sum1);
}

void embq_convolve(const int8_t *taps, const int8_t *window, uint32_t count, uint32_t channels, uint32_t width,
                   int32_t *acc)
{
    if (!has_avx2() || channels != width || width < 16) {
        embq_convolve_portable(taps, window, count, channels, width, acc);
        return;
    }
    for (uint32_t c = 0; c < width; c += 16) {
        const uint32_t at = c + 16 <= width ? c : width - 16; /* the last ones a second time */
        convolve_sixteen(taps + at, window + at, count, width, acc + at);
    }
}

#else
typedef int embq_kernels_x86_unused; /* C wants at least one declaration */
#endif
