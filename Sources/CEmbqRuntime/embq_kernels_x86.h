/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernels for x86-64 share: instruction sets, and steps on vectors. Not exported to devices. */
#ifndef EMBQ_KERNELS_X86_H
#define EMBQ_KERNELS_X86_H

#include "embq_kernels_portable.h"

#include <immintrin.h>

#include "embq_format.h"

#define AVX2 __attribute__((target("avx2")))
#define AVX_VNNI __attribute__((target("avx2,avxvnni")))
#define AVX512_VNNI __attribute__((target("avx2,avx512f,avx512vl,avx512vnni")))
#define INLINE static inline __attribute__((always_inline))

/* The most that may be used: 1 AVX2, 2 AVX-VNNI too, 3 VNNI through AVX-512 too. Lower it to test what a newer
 * processor passes over. */
#ifndef EMBQ_HOST_SIMD_LEVEL
#define EMBQ_HOST_SIMD_LEVEL 3
#endif

INLINE int has_avx2(void) { return __builtin_cpu_supports("avx2") != 0; }
INLINE int has_avx_vnni(void) { return EMBQ_HOST_SIMD_LEVEL >= 2 && __builtin_cpu_supports("avxvnni") != 0; }

INLINE int has_avx512_vnni(void)
{
    return EMBQ_HOST_SIMD_LEVEL >= 3 && __builtin_cpu_supports("avx512vl") != 0 &&
           __builtin_cpu_supports("avx512vnni") != 0;
}

AVX2 INLINE __m256i load(const void *p) { return _mm256_loadu_si256((const __m256i *)p); }
AVX2 INLINE __m128i load_half(const void *p) { return _mm_loadu_si128((const __m128i *)p); }

/* (values * multipliers + half) >> shift for eight values, shift 32 ... 62: the upper halves of the 64-bit products,
 * shifted on. The portable kernel's result fits int32 there. */
AVX2 INLINE __m256i requantize_eight(__m256i values, __m256i multipliers, uint32_t shift)
{
    const __m256i half = _mm256_set1_epi64x((int64_t)1 << (shift - 1));
    const __m256i even = _mm256_add_epi64(_mm256_mul_epi32(values, multipliers), half);
    const __m256i odd =
        _mm256_add_epi64(_mm256_mul_epi32(_mm256_srli_epi64(values, 32), _mm256_srli_epi64(multipliers, 32)), half);
    const __m256i upper = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xAA);
    return _mm256_sra_epi32(upper, _mm_cvtsi32_si128((int)shift - 32));
}

/* (sum + half) >> shift in four 64-bit lanes. The sum's magnitude is below 2^60: adding 2^62 makes it positive, where
 * the missing arithmetic shift is the logical one. */
AVX2 INLINE __m256i shift_four(__m256i sum, uint32_t shift)
{
    const __m256i raised = _mm256_add_epi64(sum, _mm256_set1_epi64x(((int64_t)1 << 62) + ((int64_t)1 << (shift - 1))));
    return _mm256_sub_epi64(_mm256_srl_epi64(raised, _mm_cvtsi32_si128((int)shift)),
                            _mm256_set1_epi64x(((int64_t)1 << 62) >> shift));
}

/* clip(x + bias, +-limit) in four 64-bit lanes. */
AVX2 INLINE __m256i clip_four(__m256i x, __m256i bias, int32_t limit)
{
    const __m256i low = _mm256_set1_epi64x(-(int64_t)limit), high = _mm256_set1_epi64x(limit);
    x = _mm256_add_epi64(x, bias);
    x = _mm256_blendv_epi8(x, high, _mm256_cmpgt_epi64(x, high));
    return _mm256_blendv_epi8(x, low, _mm256_cmpgt_epi64(low, x));
}

/* The sums of four accumulators. */
AVX2 INLINE __m128i sums_of_four(__m256i a, __m256i b, __m256i c, __m256i d)
{
    const __m256i t = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
    return _mm_add_epi32(_mm256_castsi256_si128(t), _mm256_extracti128_si256(t, 1));
}

#endif
