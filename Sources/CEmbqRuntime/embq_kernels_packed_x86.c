/* SPDX-License-Identifier: Apache-2.0 */
/* Products of packed weights with AVX2 and, where the processor has it, VNNI. Each gives the portable kernel's bits,
 * for a sum of 32 bits is the same in whatever order it is made. Not exported to devices. */
#if defined(EMBQ_HOST_SIMD) && defined(__x86_64__)

#include <string.h>

#include "embq_format.h"
#include "embq_kernels_portable.h"
#include "embq_kernels_x86.h"

/* Eight words of a row are worked on at a time. A step takes the next two pairs of codes of each word: in a word's
 * bytes lie the first code of the one pair, of the other, the second code of the one, of the other. Inputs are brought
 * into that order once for all outputs; those that there are no codes for are 0. */
enum { WORDS = 8, STEP = 4 * WORDS };

static inline uint32_t blocks_of(uint32_t inputs, uint32_t bits)
{
    return (embq_part_words(inputs, bits) + WORDS - 1) / WORDS;
}
static inline uint32_t steps_of(uint32_t bits) { return (16 / bits + 1) / 2; }

/* The most that inputs take in that order: with 5 bits a word has 6 codes and 2 steps of 4. */
enum { MOST_WORDS = (EMBQ_MAX_INNER + 5) / 6 + WORDS - 1, MOST_BYTES = MOST_WORDS * 8 };

AVX2 static void spread(const int8_t *input, uint32_t inputs, uint32_t bits, int8_t *out)
{
    const uint32_t codes = embq_codes_of_word(bits), blocks = blocks_of(inputs, bits), steps = steps_of(bits);
    int8_t filled[MOST_BYTES + 4];
    memcpy(filled, input, inputs);
    memset(filled + inputs, 0, (size_t)blocks * WORDS * codes + 4 - inputs);
    const __m256i places = _mm256_mullo_epi32(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), _mm256_set1_epi32((int)codes));
    const __m256i order =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15));
    for (uint32_t b = 0; b < blocks; b++)
        for (uint32_t s = 0; s < steps; s++, out += STEP) {
            const void *from = filled + (size_t)b * WORDS * codes + 4 * s;
            __m256i columns = _mm256_i32gather_epi32((const int *)from, places, 1);
            /* The last step of an odd number of pairs has one. */
            if (4 * s + 4 > codes) columns = _mm256_and_si256(columns, _mm256_set1_epi32(0xFFFF));
            _mm256_storeu_si256((__m256i *)(void *)out, _mm256_shuffle_epi8(columns, order));
        }
}

/* Codes are below 32: a pair of products stays below 2^13. */
AVX2 INLINE __m256i add_step(__m256i sum, __m256i codes, __m256i input)
{
    return _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(codes, input), _mm256_set1_epi16(1)));
}
AVX_VNNI INLINE __m256i add_step_avx_vnni(__m256i sum, __m256i codes, __m256i input)
{
    return _mm256_dpbusd_avx_epi32(sum, codes, input);
}
AVX512_VNNI INLINE __m256i add_step_avx512_vnni(__m256i sum, __m256i codes, __m256i input)
{
    return _mm256_dpbusd_epi32(sum, codes, input);
}

/* A packed matrix's part, and inputs [rows, block] in the order of its codes. */
typedef struct codes {
    const uint32_t *words;
    uint32_t stride, count, bits, shift; /* of words to the next row, in a row; of a code; what sums are shifted by */
    const int8_t *input;
    size_t size; /* of a row of inputs */
} codes;

/* The words that a last block has of its eight. */
AVX2 INLINE __m256i words_left(uint32_t count)
{
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

/* Four outputs, as in embq_kernels_x86.c: `rows` is a constant where it is inlined. */
#define FOUR_OUTPUTS(NAME, TARGET, ADD)                                                                              \
    TARGET INLINE void NAME##_rows(const codes *c, const uint32_t *words, uint32_t rows, uint32_t outputs,           \
                                   int32_t *acc)                                                                     \
    {                                                                                                                \
        const __m128i bits = _mm_cvtsi32_si128((int)c->bits);                                                        \
        const __m256i mask = _mm256_set1_epi8((char)((1 << c->bits) - 1)), low = _mm256_set1_epi16(0xFF);            \
        const uint32_t steps = steps_of(c->bits);                                                                    \
        const int8_t *x = c->input;                                                                                  \
        __m256i sum[2][4];                                                                                           \
        for (uint32_t r = 0; r < rows; r++)                                                                          \
            for (int o = 0; o < 4; o++) sum[r][o] = _mm256_setzero_si256();                                          \
        for (uint32_t at = 0; at < c->count; at += WORDS) {                                                          \
            const __m256i left = words_left(c->count - at);                                                          \
            __m256i w[4];                                                                                            \
            for (int o = 0; o < 4; o++)                                                                              \
                w[o] = _mm256_maskload_epi32((const int *)(const void *)(words + (size_t)o * c->stride + at), left); \
            for (uint32_t s = 0; s < steps; s++, x += STEP)                                                          \
                for (int o = 0; o < 4; o++) {                                                                        \
                    const __m256i next = _mm256_srl_epi32(w[o], bits);                                               \
                    const __m256i both = _mm256_or_si256(_mm256_and_si256(w[o], low), _mm256_slli_epi16(next, 8));   \
                    w[o] = _mm256_srl_epi32(next, bits);                                                             \
                    for (uint32_t r = 0; r < rows; r++)                                                              \
                        sum[r][o] = ADD(sum[r][o], _mm256_and_si256(both, mask), load(x + r * c->size));             \
                }                                                                                                    \
        }                                                                                                            \
        for (uint32_t r = 0; r < rows; r++) {                                                                        \
            __m128i *to = (__m128i *)(void *)(acc + (size_t)r * outputs);                                            \
            const __m128i sums = sums_of_four(sum[r][0], sum[r][1], sum[r][2], sum[r][3]);                           \
            _mm_storeu_si128(to, _mm_add_epi32(_mm_loadu_si128(to), _mm_slli_epi32(sums, (int)c->shift)));           \
        }                                                                                                            \
    }                                                                                                                \
    TARGET static void NAME(const codes *c, uint32_t whole, uint32_t rows, uint32_t outputs, int32_t *acc)           \
    {                                                                                                                \
        if (rows == 1)                                                                                               \
            for (uint32_t o = 0; o < whole; o += 4)                                                                  \
                NAME##_rows(c, c->words + (size_t)o * c->stride, 1, outputs, acc + o);                               \
        else                                                                                                         \
            for (uint32_t o = 0; o < whole; o += 4)                                                                  \
                NAME##_rows(c, c->words + (size_t)o * c->stride, 2, outputs, acc + o);                               \
    }

FOUR_OUTPUTS(codes_avx2, AVX2, add_step)
FOUR_OUTPUTS(codes_avx_vnni, AVX_VNNI, add_step_avx_vnni)
FOUR_OUTPUTS(codes_avx512_vnni, AVX512_VNNI, add_step_avx512_vnni)

void embq_add_codes(const uint32_t *words, uint32_t stride, uint32_t bits, uint32_t shift, uint32_t outputs,
                    uint32_t inputs, const int8_t *input, uint32_t rows, int32_t *acc)
{
    const uint32_t whole = has_avx2() && inputs <= EMBQ_MAX_INNER ? outputs & ~3u : 0;
    if (whole > 0) {
        int8_t x[EMBQ_ROWS * MOST_BYTES];
        const size_t size = (size_t)blocks_of(inputs, bits) * steps_of(bits) * STEP;
        for (uint32_t r = 0; r < rows; r++) spread(input + (size_t)r * inputs, inputs, bits, x + r * size);
        const codes c = {words, stride, embq_part_words(inputs, bits), bits, shift, x, size};
        if (has_avx512_vnni()) codes_avx512_vnni(&c, whole, rows, outputs, acc);
        else if (has_avx_vnni()) codes_avx_vnni(&c, whole, rows, outputs, acc);
        else codes_avx2(&c, whole, rows, outputs, acc);
    }
    for (uint32_t r = 0; r < rows && whole < outputs; r++)
        embq_add_codes_portable(words + (size_t)whole * stride, stride, bits, shift, outputs - whole, inputs,
                                input + (size_t)r * inputs, 1, acc + (size_t)r * outputs + whole);
}

/* The next pair of codes of eight words, of two rows at a time: the sums of the words' first codes and of their second
 * ones. Weights are below 2^15. */
AVX2 static void mix_pair(const int32_t *weights, const uint32_t *words, uint32_t stride, uint32_t count, __m256i left,
                          __m128i from, __m256i mask, __m256i *sums)
{
    __m256i sum0 = _mm256_setzero_si256(), sum1 = sum0;
    for (uint32_t j = 0; j < count; j += 2, words += (size_t)2 * stride) {
        const int has_second = j + 1 < count;
        const uint32_t both = (uint32_t)weights[j] | (has_second ? (uint32_t)weights[j + 1] << 16 : 0);
        if (both == 0) continue;
        const __m256i w = _mm256_set1_epi32((int)both);
        const int *row = (const int *)(const void *)words;
        __m256i a = _mm256_maskload_epi32(row, left), b = _mm256_setzero_si256();
        if (has_second) b = _mm256_maskload_epi32(row + stride, left);
        a = _mm256_and_si256(_mm256_srl_epi32(a, from), mask);
        b = _mm256_and_si256(_mm256_srl_epi32(b, from), mask);
        const __m256i first = _mm256_blend_epi16(a, _mm256_slli_epi32(b, 16), 0xAA);
        const __m256i second = _mm256_blend_epi16(_mm256_srli_epi32(a, 16), b, 0xAA);
        sum0 = _mm256_add_epi32(sum0, _mm256_madd_epi16(first, w));
        sum1 = _mm256_add_epi32(sum1, _mm256_madd_epi16(second, w));
    }
    sums[0] = sum0;
    sums[1] = sum1;
}

AVX2 static void mix_codes(const int32_t *weights, const uint32_t *words, uint32_t stride, uint32_t bits,
                           uint32_t shift, uint32_t count, uint32_t width, int32_t *acc)
{
    const uint32_t codes = embq_codes_of_word(bits), row = embq_part_words(width, bits);
    const __m256i mask = _mm256_set1_epi32((int)(((1u << bits) - 1) * 0x10001u));
    for (uint32_t at = 0; at < row; at += WORDS)
        for (uint32_t place = 0; place < codes; place += 2) {
            __m256i sums[2];
            int32_t found[2][WORDS];
            mix_pair(weights, words + at, stride, count, words_left(row - at),
                     _mm_cvtsi32_si128((int)(place / 2 * bits)), mask, sums);
            _mm256_storeu_si256((__m256i *)(void *)found[0], sums[0]);
            _mm256_storeu_si256((__m256i *)(void *)found[1], sums[1]);
            for (uint32_t i = 0; i < 2 * WORDS; i++) {
                const uint32_t column = (at + i / 2) * codes + place + i % 2;
                if (column < width) acc[column] += found[i % 2][i / 2] * (1 << shift);
            }
        }
}

void embq_mix_codes(const int32_t *weights, const uint32_t *words, uint32_t stride, uint32_t bits, uint32_t shift,
                    uint32_t count, uint32_t width, int32_t *acc)
{
    if (has_avx2()) mix_codes(weights, words, stride, bits, shift, count, width, acc);
    else embq_mix_codes_portable(weights, words, stride, bits, shift, count, width, acc);
}

#else
typedef int embq_kernels_packed_x86_unused; /* C wants at least one declaration */
#endif
