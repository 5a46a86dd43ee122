/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels of rows of 16 bits with AVX2 and, where the processor has it, VNNI: see embq_kernels_x86.c. Not exported
 * to devices.
 *
 * Two products of 16 bits may need 32 bits, so that sums of them need 64. One factor is therefore taken as 256 * high +
 * low: the products with either half have 24 bits or less, and add up in 32. */
#if defined(EMBQ_HOST_SIMD) && defined(__x86_64__)

#include "embq_kernels_x86.h"

/* sum + the products of sixteen pairs, the two of a lane added up. */
AVX2 INLINE __m256i add_pairs(__m256i sum, __m256i a, __m256i b)
{
    return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
}

AVX_VNNI INLINE __m256i add_pairs_avx_vnni(__m256i sum, __m256i a, __m256i b)
{
    return _mm256_dpwssd_avx_epi32(sum, a, b);
}

AVX512_VNNI INLINE __m256i add_pairs_avx512_vnni(__m256i sum, __m256i a, __m256i b)
{
    return _mm256_dpwssd_epi32(sum, a, b);
}

/* ---- Linear -------------------------------------------------------------------------------------------------- */

/* A lane adds up at most 256 pairs of products; a file may hold weights of -128. */
_Static_assert((int64_t)EMBQ_MAX_INNER / 16 * 2 * 32767 * 128 <= INT32_MAX, "a lane's sum fits");

AVX2 static int64_t dot16_avx2(const int16_t *x, const int8_t *weight, uint32_t count)
{
    __m256i sum = _mm256_setzero_si256();
    for (uint32_t i = 0; i < count; i += 16)
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_cvtepi8_epi16(load_half(weight + i)), load(x + i)));
    int32_t lanes[8];
    _mm256_storeu_si256((__m256i *)(void *)lanes, sum);
    int64_t total = 0;
    for (int i = 0; i < 8; i++) total += lanes[i];
    return total;
}

int64_t embq_dot16(const int16_t *x, const int8_t *weight, uint32_t count)
{
    const uint32_t whole = has_avx2() && count <= EMBQ_MAX_INNER ? count & ~15u : 0;
    return (whole > 0 ? dot16_avx2(x, weight, whole) : 0) +
           embq_dot16_portable(x + whole, weight + whole, count - whole);
}

enum { SUMMED_INPUTS = 512, COLUMNS = 16 };
_Static_assert((int64_t)SUMMED_INPUTS * 32767 * 128 <= INT32_MAX, "a whole sum fits");

/* Sums of four outputs of 16 to SUMMED_INPUTS inputs; `last` has those of the last sixteen that no other block has. */
AVX2 INLINE __m128i four_sums(const int8_t *weight, uint32_t inputs, const int16_t *x, __m256i last)
{
    __m256i sum[4];
    for (int o = 0; o < 4; o++) {
        const int8_t *end = weight + (size_t)(o + 1) * inputs;
        sum[o] = inputs % COLUMNS == 0 ? _mm256_setzero_si256()
                                       : _mm256_madd_epi16(_mm256_cvtepi8_epi16(load_half(end - COLUMNS)), last);
    }
    for (uint32_t i = 0; i + COLUMNS <= inputs; i += COLUMNS) {
        const __m256i row = load(x + i);
        for (int o = 0; o < 4; o++)
            sum[o] = add_pairs(sum[o], _mm256_cvtepi8_epi16(load_half(weight + (size_t)o * inputs + i)), row);
    }
    return sums_of_four(sum[0], sum[1], sum[2], sum[3]);
}

/* The last sixteen of `count` numbers, with zeros for those that whole blocks of sixteen have. */
AVX2 INLINE __m256i last_columns(const int16_t *x, uint32_t count)
{
    const __m256i index = _mm256_setr_epi16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m256i before = _mm256_set1_epi16((short)(COLUMNS - 1 - (int)(count % COLUMNS)));
    return _mm256_and_si256(load(x + count - COLUMNS), _mm256_cmpgt_epi16(index, before));
}

/* Four outputs at a time, `outputs` being four at least: the last ones a second time where they are not a multiple. */
AVX2 static void linear16_avx2(const int8_t *weight, uint32_t outputs, uint32_t inputs, const int16_t *x,
                               const int32_t *multiplier, uint32_t shift, const int32_t *bias, int32_t limit,
                               int32_t *out)
{
    const __m256i last = last_columns(x, inputs), lower = _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6);
    for (uint32_t o = 0; o < outputs; o += 4) {
        const uint32_t at = o + 4 <= outputs ? o : outputs - 4;
        const __m256i sums = _mm256_cvtepi32_epi64(four_sums(weight + (size_t)at * inputs, inputs, x, last));
        const __m256i products = _mm256_mul_epi32(sums, _mm256_cvtepi32_epi64(load_half(multiplier + at)));
        const __m256i y = clip_four(shift_four(products, shift), _mm256_cvtepi32_epi64(load_half(bias + at)), limit);
        _mm_storeu_si128((__m128i *)(void *)(out + at), _mm256_castsi256_si128(_mm256_permutevar8x32_epi32(y, lower)));
    }
}

void embq_linear16(const int8_t *weight, uint32_t outputs, uint32_t inputs, const int16_t *x, const int32_t *multiplier,
                   uint32_t shift, const int32_t *bias, int32_t limit, int32_t *out)
{
    if (has_avx2() && outputs >= 4 && inputs >= COLUMNS && inputs <= SUMMED_INPUTS)
        linear16_avx2(weight, outputs, inputs, x, multiplier, shift, bias, limit, out);
    else embq_linear16_portable(weight, outputs, inputs, x, multiplier, shift, bias, limit, out);
}

/* ---- Scaling ------------------------------------------------------------------------------------------------- */

AVX2 static uint32_t scale_row16(const int32_t *x, embq_factor factor, uint32_t count, int16_t *out)
{
    const __m256i multiplier = _mm256_set1_epi32(factor.multiplier);
    uint32_t i = 0;
    for (; i + 8 <= count; i += 8) {
        const __m256i y = requantize_eight(load(x + i), multiplier, factor.shift);
        const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(y), _mm256_extracti128_si256(y, 1));
        _mm_storeu_si128((__m128i *)(void *)(out + i), _mm_max_epi16(words, _mm_set1_epi16(-32767)));
    }
    return i;
}

void embq_scale_row16(const int32_t *x, embq_factor factor, uint32_t count, int16_t *out)
{
    const uint32_t i = has_avx2() && factor.shift >= 32 ? scale_row16(x, factor, count, out) : 0;
    embq_scale_row16_portable(x + i, factor, count - i, out + i);
}

/* ---- Scores -------------------------------------------------------------------------------------------------- */

enum { SCORED_WIDTH = 512 };

/* A query's halves, high -128...128 and low -128...127, in blocks of sixteen columns. The last block of a
 * width that is not a multiple ends where the query does, with zeros for what the block before it has. */
typedef struct halves {
    int16_t high[SCORED_WIDTH], low[SCORED_WIDTH];
} halves;

_Static_assert((int64_t)SCORED_WIDTH * 32767 * 128 <= INT32_MAX, "the sum of a half's products fits");
_Static_assert((int64_t)SCORED_WIDTH * 32767 * 32767 / 256 < INT32_MAX, "the whole sum without 8 bits fits");

AVX2 INLINE void halve(__m256i x, int16_t *high, int16_t *low)
{
    const __m256i lower = _mm256_srai_epi16(_mm256_slli_epi16(x, 8), 8);
    const __m256i upper = _mm256_sub_epi16(_mm256_srai_epi16(x, 8), _mm256_srai_epi16(lower, 15));
    _mm256_storeu_si256((__m256i *)(void *)high, upper);
    _mm256_storeu_si256((__m256i *)(void *)low, lower);
}

AVX2 INLINE void halve_query(const int16_t *query, uint32_t width, halves *out)
{
    uint32_t i = 0;
    for (; i + COLUMNS <= width; i += COLUMNS) halve(load(query + i), out->high + i, out->low + i);
    if (i == width) return;
    halve(last_columns(query, width), out->high + i, out->low + i);
}

/* (256 * high + low) >> shift in the lanes where it fits 31 bits. */
AVX2 INLINE __m128i joined(__m128i high, __m128i low, uint32_t shift)
{
    if (shift < 8)
        return _mm_add_epi32(_mm_sll_epi32(high, _mm_cvtsi32_si128(8 - (int)shift)),
                             _mm_sra_epi32(low, _mm_cvtsi32_si128((int)shift)));
    return _mm_sra_epi32(_mm_add_epi32(high, _mm_srai_epi32(low, 8)), _mm_cvtsi32_si128((int)shift - 8));
}

/* The sums of each of two times four accumulators. */
AVX2 INLINE void sums_of_eight(const __m256i *a, const __m256i *b, __m128i *of_a, __m128i *of_b)
{
    const __m256i x = _mm256_hadd_epi32(_mm256_hadd_epi32(a[0], a[1]), _mm256_hadd_epi32(a[2], a[3]));
    const __m256i y = _mm256_hadd_epi32(_mm256_hadd_epi32(b[0], b[1]), _mm256_hadd_epi32(b[2], b[3]));
    const __m256i sums = _mm256_add_epi32(_mm256_permute2x128_si256(x, y, 0x20), _mm256_permute2x128_si256(x, y, 0x31));
    *of_a = _mm256_castsi256_si128(sums);
    *of_b = _mm256_extracti128_si256(sums, 1);
}

/* Four keys at a time, `count` being four at least: the last ones a second time where they are not a multiple. */
#define SCORES(NAME, TARGET, STEP)                                                                                     \
    TARGET static void NAME(const int16_t *keys, uint32_t count, uint32_t width, const int16_t *query, uint32_t shift, \
                            int32_t *scores)                                                                           \
    {                                                                                                                  \
        halves q;                                                                                                      \
        halve_query(query, width, &q);                                                                                 \
        for (uint32_t j = 0; j < count; j += 4) {                                                                      \
            const uint32_t first = j + 4 <= count ? j : count - 4;                                                     \
            const int16_t *key = keys + (size_t)first * width;                                                         \
            __m256i high[4], low[4];                                                                                   \
            for (int o = 0; o < 4; o++) high[o] = low[o] = _mm256_setzero_si256();                                     \
            for (uint32_t i = 0; i < width; i += COLUMNS) {                                                            \
                const uint32_t at = i + COLUMNS <= width ? i : width - COLUMNS;                                        \
                const __m256i upper = load(q.high + i), lower = load(q.low + i);                                       \
                for (int o = 0; o < 4; o++) {                                                                          \
                    const __m256i x = load(key + (size_t)o * width + at);                                              \
                    high[o] = STEP(high[o], x, upper);                                                                 \
                    low[o] = STEP(low[o], x, lower);                                                                   \
                }                                                                                                      \
            }                                                                                                          \
            __m128i of_high, of_low;                                                                                   \
            sums_of_eight(high, low, &of_high, &of_low);                                                               \
            _mm_storeu_si128((__m128i *)(void *)(scores + first), joined(of_high, of_low, shift));                     \
        }                                                                                                              \
    }

SCORES(scores_avx2, AVX2, add_pairs)
SCORES(scores_avx_vnni, AVX_VNNI, add_pairs_avx_vnni)
SCORES(scores_avx512_vnni, AVX512_VNNI, add_pairs_avx512_vnni)

void embq_scores16(const int16_t *keys, uint32_t count, uint32_t width, const int16_t *query, uint32_t shift,
                   int32_t *scores)
{
    if (!has_avx2() || count < 4 || width < COLUMNS || width > SCORED_WIDTH)
        embq_scores16_portable(keys, count, width, query, shift, scores);
    else if (has_avx512_vnni()) scores_avx512_vnni(keys, count, width, query, shift, scores);
    else if (has_avx_vnni()) scores_avx_vnni(keys, count, width, query, shift, scores);
    else scores_avx2(keys, count, width, query, shift, scores);
}

/* ---- Mix ----------------------------------------------------------------------------------------------------- */

/* Weights are 256 * high + low with low 0...255. Low sums are of at most MIXED_ROWS products and what the rows before
 * left over; high ones, of weights that add up to 2^24, and what the low ones hand over, stay below 2^31 as a whole sum
 * does without its last 8 bits. */
enum { MIXED_ROWS = 256 };
_Static_assert((int64_t)MIXED_ROWS * 255 * 32767 + 255 + 128 <= INT32_MAX, "the sum of the lower halves fits");

/* The halves of two weights as pairs of 16 bits, in every lane. `pair` has the weights as its lower 64 bits. */
AVX2 INLINE __m256i low_bytes(__m256i pair) { return _mm256_shuffle_epi8(pair, _mm256_set1_epi32((int)0x80048000u)); }
AVX2 INLINE __m256i second_bytes(__m256i pair)
{
    return _mm256_shuffle_epi8(pair, _mm256_set1_epi32((int)0x80058001u));
}

/* (sum + 128) >> 8 of `blocks` times sixteen columns, a constant where it is inlined. */
#define MIX(NAME, TARGET, STEP)                                                                                        \
    TARGET INLINE void NAME##_blocks(const int32_t *weights, const int16_t *values, uint32_t count, uint32_t width,    \
                                     int blocks, int32_t *out)                                                         \
    {                                                                                                                  \
        const __m256i byte = _mm256_set1_epi32(255);                                                                   \
        __m256i high[4], low[4];                                                                                       \
        for (int i = 0; i < 2 * blocks; i++) high[i] = low[i] = _mm256_setzero_si256();                                \
        for (uint32_t j = 0; j < count;) {                                                                             \
            const uint32_t end = count - j < MIXED_ROWS ? count : j + MIXED_ROWS;                                      \
            for (; j < end; j += 2, values += (size_t)2 * width) {                                                     \
                const int has_second = j + 1 < end;                                                                    \
                const int16_t *second = has_second ? values + width : values; /* with a weight of 0 */                 \
                const __m256i pair =                                                                                   \
                    _mm256_broadcastq_epi64(has_second ? _mm_loadl_epi64((const __m128i *)(const void *)(weights + j)) \
                                                       : _mm_cvtsi32_si128(weights[j]));                               \
                const __m256i upper = second_bytes(pair), lower = low_bytes(pair);                                     \
                for (int i = 0; i < blocks; i++) {                                                                     \
                    const __m256i a = load(values + COLUMNS * i), b = load(second + COLUMNS * i);                      \
                    const __m256i x = _mm256_unpacklo_epi16(a, b), y = _mm256_unpackhi_epi16(a, b);                    \
                    high[2 * i] = STEP(high[2 * i], x, upper);                                                         \
                    low[2 * i] = STEP(low[2 * i], x, lower);                                                           \
                    high[2 * i + 1] = STEP(high[2 * i + 1], y, upper);                                                 \
                    low[2 * i + 1] = STEP(low[2 * i + 1], y, lower);                                                   \
                }                                                                                                      \
            }                                                                                                          \
            for (int i = 0; i < 2 * blocks; i++) {                                                                     \
                high[i] = _mm256_add_epi32(high[i], _mm256_srai_epi32(low[i], 8));                                     \
                low[i] = _mm256_and_si256(low[i], byte);                                                               \
            }                                                                                                          \
        }                                                                                                              \
        for (int i = 0; i < 2 * blocks; i++) high[i] = _mm256_add_epi32(high[i], _mm256_srli_epi32(low[i], 7));        \
        for (int i = 0; i < blocks; i++) {                                                                             \
            const __m256i x = high[2 * i], y = high[2 * i + 1];                                                        \
            _mm256_storeu_si256((__m256i *)(void *)(out + COLUMNS * i), _mm256_permute2x128_si256(x, y, 0x20));        \
            _mm256_storeu_si256((__m256i *)(void *)(out + COLUMNS * i + 8), _mm256_permute2x128_si256(x, y, 0x31));    \
        }                                                                                                              \
    }                                                                                                                  \
    TARGET static void NAME(const int32_t *weights, const int16_t *values, uint32_t count, uint32_t width,             \
                            embq_factor factor, int16_t *out)                                                          \
    {                                                                                                                  \
        int32_t sums[2 * COLUMNS];                                                                                     \
        uint32_t i = 0;                                                                                                \
        for (; i + 2 * COLUMNS <= width; i += 2 * COLUMNS) {                                                           \
            NAME##_blocks(weights, values + i, count, width, 2, sums);                                                 \
            embq_scale_row16(sums, factor, 2 * COLUMNS, out + i);                                                      \
        }                                                                                                              \
        for (; i < width; i += COLUMNS) {                                                                              \
            const uint32_t at = i + COLUMNS <= width ? i : width - COLUMNS; /* the last ones a second time */          \
            NAME##_blocks(weights, values + at, count, width, 1, sums);                                                \
            embq_scale_row16(sums, factor, COLUMNS, out + at);                                                         \
        }                                                                                                              \
    }

MIX(mix_avx2, AVX2, add_pairs)
MIX(mix_avx_vnni, AVX_VNNI, add_pairs_avx_vnni)
MIX(mix_avx512_vnni, AVX512_VNNI, add_pairs_avx512_vnni)

void embq_mix16(const int32_t *weights, const int16_t *values, uint32_t count, uint32_t width, embq_factor factor,
                int16_t *out)
{
    if (!has_avx2() || width < COLUMNS) embq_mix16_portable(weights, values, count, width, factor, out);
    else if (has_avx512_vnni()) mix_avx512_vnni(weights, values, count, width, factor, out);
    else if (has_avx_vnni()) mix_avx_vnni(weights, values, count, width, factor, out);
    else mix_avx2(weights, values, count, width, factor, out);
}

#else
typedef int embq_kernels_wide_x86_unused; /* C wants at least one declaration */
#endif
