/* SPDX-License-Identifier: Apache-2.0 */
/* Which of an Arm core's extensions the kernels use: chosen when they are compiled, by what the compiler is told of the
 * core (-mcpu=...). A build without optimization has too few registers for them. Define EMBQ_NO_SIMD to have the
 * portable kernels everywhere. */
#ifndef EMBQ_KERNELS_ARM_H
#define EMBQ_KERNELS_ARM_H

#include "embq_kernels.h"

#if defined(__ARM_FEATURE_SIMD32) && defined(__thumb2__) && !defined(__ARM_BIG_ENDIAN) && defined(__GNUC__) && \
    defined(__OPTIMIZE__) && !defined(EMBQ_NO_SIMD)
#define EMBQ_ARM_DSP 1
#else
#define EMBQ_ARM_DSP 0
#endif

/* Helium: integer vectors suffice. Every core that has it has the DSP extension. */
#if EMBQ_ARM_DSP && defined(__ARM_FEATURE_MVE)
#define EMBQ_ARM_MVE 1
#else
#define EMBQ_ARM_MVE 0
#endif

#endif
