/* The product of a matrix [128, 128] with rows of int8 by itself: the runtime's kernels for 8 bits and for packed
 * weights of 1 to 5, the portable one, and the sequence that CMSIS-NN documents for its DSP kernel. Prints 0 when all
 * agree. */
#include "board.h"
#include "embq_format.h"
#include "reference.h"

enum { SIZE = 128 };

static _Alignas(4) int8_t weights[SIZE * SIZE];
static int8_t inputs[2 * SIZE];
static int32_t found[2 * SIZE], expected[2 * SIZE];

#if defined(__ARM_FEATURE_SIMD32) && !defined(__ARM_FEATURE_MVE)
#include <arm_acle.h>

static inline int16x2_t even_bytes(uint32_t word) { return __sxtb16((int8x4_t)word); }
static inline int16x2_t odd_bytes(uint32_t word)
{
    int16x2_t pair;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(word));
    return pair;
}

/* Written anew after the published source of arm_nn_mat_mult_nt_t_s8: two outputs of two rows, four columns a step,
 * both factors spread to 16 bits in the loop. Its requantization is left out. */
#define STEP(i)                                                                                   \
    do {                                                                                          \
        uint32_t u, v, x, y;                                                                      \
        __builtin_memcpy(&u, w + (i), 4), __builtin_memcpy(&v, w + SIZE + (i), 4);                \
        __builtin_memcpy(&x, in + (i), 4), __builtin_memcpy(&y, in + SIZE + (i), 4);              \
        a = __smlad(even_bytes(x), even_bytes(u), a), a = __smlad(odd_bytes(x), odd_bytes(u), a); \
        b = __smlad(even_bytes(x), even_bytes(v), b), b = __smlad(odd_bytes(x), odd_bytes(v), b); \
        c = __smlad(even_bytes(y), even_bytes(u), c), c = __smlad(odd_bytes(y), odd_bytes(u), c); \
        d = __smlad(even_bytes(y), even_bytes(v), d), d = __smlad(odd_bytes(y), odd_bytes(v), d); \
    } while (0)

__attribute__((noinline)) static void documented(const int8_t *weight, const int8_t *input, int32_t *acc)
{
    for (uint32_t o = 0; o < SIZE; o += 2, weight += 2 * SIZE) {
        const int8_t *w = weight, *in = input;
        int32_t a = 0, b = 0, c = 0, d = 0;
        for (uint32_t i = 0; i < SIZE; i += 16, w += 16, in += 16) {
            STEP(0);
            STEP(4);
            STEP(8);
            STEP(12);
        }
        acc[o] = a, acc[o + 1] = b, acc[SIZE + o] = c, acc[SIZE + o + 1] = d;
    }
}
#elif defined(__ARM_FEATURE_MVE)
#include <arm_mve.h>

/* Written anew after the published source of arm_nn_vec_mat_mult_t_s8 for Helium: four outputs of a row, every block
 * under a predicate. Its requantization is left out. */
__attribute__((noinline)) static void documented(const int8_t *weight, const int8_t *input, int32_t *acc)
{
    for (uint32_t r = 0; r < 2; r++, input += SIZE) {
        const int8_t *w = weight;
        for (uint32_t o = 0; o < SIZE; o += 4, w += 4 * SIZE) {
            int32_t s[4] = {0, 0, 0, 0};
            uint32_t left = SIZE;
            for (uint32_t i = 0; i < SIZE; i += 16, left -= 16) {
                const mve_pred16_t p = vctp8q(left);
                const int8x16_t x = vldrbq_z_s8(input + i, p);
                for (uint32_t k = 0; k < 4; k++) s[k] = vmladavaq_s8(s[k], vldrbq_z_s8(w + k * SIZE + i, p), x);
            }
            for (uint32_t k = 0; k < 4; k++) *acc++ = s[k];
        }
    }
}
#else
#define documented(weight, input, acc) reference_linear(weight, SIZE, SIZE, input, 2, acc)
#endif

static uint32_t differences(void)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < 2 * SIZE; i++) count += found[i] != expected[i];
    return count;
}

int main(void)
{
    uint32_t state = 1, wrong = 0;
    for (uint32_t i = 0; i < SIZE * SIZE; i++) weights[i] = (int8_t)((state = state * 1664525u + 1013904223u) >> 24);
    for (uint32_t i = 0; i < 2 * SIZE; i++) inputs[i] = (int8_t)((state = state * 1664525u + 1013904223u) % 255);
    for (uint32_t i = 0; i < 2 * SIZE; i++)
        if (inputs[i] == -128) inputs[i] = -127;

    count_begin();
    reference_linear(weights, SIZE, SIZE, inputs, 2, expected);
    count_end();
    count_begin();
    documented(weights, inputs, found);
    count_end();
    wrong += differences();
    count_begin();
    embq_linear(weights, SIZE, SIZE, inputs, 2, found);
    count_end();
    wrong += differences();
    count_begin();
    embq_linear(weights, SIZE, SIZE, inputs, 1, found);
    count_end();
    wrong += differences();
    const uint32_t *words = (const uint32_t *)(const void *)weights;
    for (uint32_t bits = 1; bits < EMBQ_MAX_PACKED; bits++) {
        const uint32_t stride = embq_part_words(SIZE, bits);
        for (uint32_t i = 0; i < 2 * SIZE; i++) found[i] = expected[i] = 0;
        reference_add_codes(words, stride, bits, 0, SIZE, SIZE, inputs, 2, expected);
        count_begin();
        embq_add_codes(words, stride, bits, 0, SIZE, SIZE, inputs, 2, found);
        count_end();
        wrong += differences();
    }
    print_number((int32_t)wrong), print("\n");
    return wrong > 0;
}
