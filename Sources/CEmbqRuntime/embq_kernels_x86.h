/* What the kernels of the host have in common: the instruction sets that they use, and whether the processor has them. */
#ifndef EMBQ_KERNELS_X86_H
#define EMBQ_KERNELS_X86_H

#include <immintrin.h>
#include <stdint.h>

#define AVX2 __attribute__((target("avx2")))
#define AVX_VNNI __attribute__((target("avx2,avxvnni")))
#define AVX512_VNNI __attribute__((target("avx2,avx512f,avx512vl,avx512vnni")))
#define INLINE static inline __attribute__((always_inline))

/* The most that may be used: 1 AVX2, 2 AVX-VNNI too, 3 VNNI through AVX-512 too. Lower it to test what a newer
 * processor passes over. */
#ifndef EMBQ_HOST_SIMD_LEVEL
#define EMBQ_HOST_SIMD_LEVEL 3
#endif

static inline int has_avx2(void) { return __builtin_cpu_supports("avx2") != 0; }
static inline int has_avx_vnni(void) { return EMBQ_HOST_SIMD_LEVEL >= 2 && __builtin_cpu_supports("avxvnni") != 0; }

static inline int has_avx512_vnni(void)
{
    return EMBQ_HOST_SIMD_LEVEL >= 3 && __builtin_cpu_supports("avx512vl") != 0 &&
           __builtin_cpu_supports("avx512vnni") != 0;
}

AVX2 INLINE __m256i load(const void *p) { return _mm256_loadu_si256((const __m256i *)p); }
AVX2 INLINE __m128i load_half(const void *p) { return _mm_loadu_si128((const __m128i *)p); }

/* The sums of four accumulators. */
AVX2 INLINE __m128i sums_of_four(__m256i a, __m256i b, __m256i c, __m256i d)
{
    const __m256i t = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
    return _mm_add_epi32(_mm256_castsi256_si128(t), _mm256_extracti128_si256(t, 1));
}

#endif
