#include "cfloatkernels.h"

#include <string.h>

/* A fused product would round once where the others round twice. */
#pragma STDC FP_CONTRACT OFF

#define LANES EMBQ_FLOAT_LANES
#define INLINE static inline __attribute__((always_inline))

/* An output a lane; clang splits it into the registers that a level has. */
typedef float lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(sizeof(float))));

/* `count` rows of a panel's outputs. The count is a constant where it is inlined, so that the sums stay in
 * registers. */
INLINE void tile(const float *x, size_t inputs, const lanes *panel, const lanes *bias, size_t width, size_t outputs,
                 float *y, size_t count)
{
    lanes sums[8];
    for (size_t r = 0; r < count; r++) sums[r] = *bias;
    for (size_t i = 0; i < inputs; i++) {
        const lanes w = panel[i];
        for (size_t r = 0; r < count; r++) sums[r] += w * x[r * inputs + i];
    }
    for (size_t r = 0; r < count; r++) {
        if (width == LANES) memcpy(y + r * outputs, &sums[r], sizeof(lanes));
        else memcpy(y + r * outputs, &sums[r], width * sizeof(float));
    }
}

/* Panel by panel, so that one is read from the nearest cache by all rows; `tall` rows at a time. */
INLINE void linear(const float *x, size_t rows, size_t inputs, const lanes *panels, const lanes *bias, size_t outputs,
                   float *y, size_t tall)
{
    for (size_t o = 0; o < outputs; o += LANES) {
        const lanes *panel = panels + o / LANES * inputs, *start = bias + o / LANES;
        const size_t width = outputs - o < LANES ? outputs - o : LANES;
        size_t row = 0;
        for (; row + tall <= rows; row += tall)
            tile(x + row * inputs, inputs, panel, start, width, outputs, y + row * outputs + o, tall);
        for (; row < rows; row++)
            tile(x + row * inputs, inputs, panel, start, width, outputs, y + row * outputs + o, 1);
    }
}

static void portable(const float *x, size_t rows, size_t inputs, const lanes *panels, const lanes *bias, size_t outputs,
                     float *y)
{
    linear(x, rows, inputs, panels, bias, outputs, y, 2);
}

#if defined(__x86_64__)

__attribute__((target("avx2"))) static void avx2(const float *x, size_t rows, size_t inputs, const lanes *panels,
                                                 const lanes *bias, size_t outputs, float *y)
{
    linear(x, rows, inputs, panels, bias, outputs, y, 4);
}

__attribute__((target("avx512f"))) static void avx512(const float *x, size_t rows, size_t inputs, const lanes *panels,
                                                      const lanes *bias, size_t outputs, float *y)
{
    linear(x, rows, inputs, panels, bias, outputs, y, 8);
}

int embq_float_level(void)
{
    if (__builtin_cpu_supports("avx512f")) return 2;
    return __builtin_cpu_supports("avx2") != 0;
}

#else

int embq_float_level(void) { return 0; }

#endif

void embq_float_linear(int level, const float *x, size_t rows, size_t inputs, const float *panels, const float *bias,
                       size_t outputs, float *y)
{
    const lanes *weights = (const lanes *)(const void *)panels, *start = (const lanes *)(const void *)bias;
    switch (level) {
#if defined(__x86_64__)
    case 2: avx512(x, rows, inputs, weights, start, outputs, y); break;
    case 1: avx2(x, rows, inputs, weights, start, outputs, y); break;
#endif
    default: portable(x, rows, inputs, weights, start, outputs, y); break;
    }
}
