/* Compares kernels with plain arithmetic: widths that do and do not fill vectors and groups, one row and two, the
 * largest numbers of either sign. Arrays have their own exact sizes, so that a sanitizer sees what lies beyond. Prints
 * how many results were compared; 1: one differs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "embq_format.h"
#include "embq_kernels.h"

static uint64_t state = 1;
static size_t compared;

static uint32_t next(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33);
}

static int32_t between(int32_t low, int32_t high) { return low + (int32_t)(next() % (uint32_t)(high - low + 1)); }

static void same(int64_t found, int64_t expected, const char *what, uint32_t inputs, uint32_t outputs)
{
    compared++;
    if (found == expected) return;
    printf("%s of %u inputs and %u outputs: %lld, not %lld\n", what, inputs, outputs, (long long)found,
           (long long)expected);
    exit(1);
}

/* Numbers that are random, or the largest of either sign. */
enum { RANDOM, HIGHEST, LOWEST, ENDS, PATTERNS };

static int32_t number(int pattern, int32_t low, int32_t high)
{
    switch (pattern) {
    case HIGHEST: return high;
    case LOWEST: return low;
    case ENDS: return next() % 2 == 0 ? low : high;
    default: return between(low, high);
    }
}

static void test_packed(uint32_t inputs, uint32_t outputs, uint32_t rows, int pattern, int input_pattern)
{
    const size_t count = (size_t)outputs * inputs, groups = (size_t)outputs * ((inputs + 15) / 16);
    int32_t *expected = malloc(count * sizeof *expected), *acc = malloc(rows * outputs * sizeof *acc);
    uint8_t *weight = malloc(groups * 8), *factor = malloc((groups + 1) / 2);
    int8_t *input = malloc(rows * inputs), *row = malloc(inputs);
    /* What fills up a row and a byte is random: nobody reads it. */
    for (size_t i = 0; i < groups * 8; i++) weight[i] = (uint8_t)next();
    for (size_t i = 0; i < (groups + 1) / 2; i++) factor[i] = (uint8_t)next();
    for (size_t g = 0; g < groups; g++) {
        const uint32_t first = (uint32_t)(g % ((inputs + 15) / 16)) * 16;
        const uint32_t scale = (uint32_t)(pattern == RANDOM ? between(0, 15) : 15);
        factor[g / 2] = (uint8_t)(g % 2 == 0 ? (factor[g / 2] & 0xF0) | scale : (factor[g / 2] & 0x0F) | scale << 4);
        for (uint32_t j = 0; j < 16 && first + j < inputs; j++) {
            const int32_t code = number(pattern, -8, 7);
            uint8_t *byte = &weight[g * 8 + j % 8];
            const uint32_t half = (uint32_t)code & 15;
            *byte = (uint8_t)(j < 8 ? (*byte & 0xF0) | half : (*byte & 0x0F) | half << 4);
            expected[g / ((inputs + 15) / 16) * inputs + first + j] = code * (int32_t)scale;
        }
    }
    for (uint32_t i = 0; i < rows * inputs; i++) input[i] = (int8_t)number(input_pattern, -127, 127);
    embq_packed_product(weight, factor, outputs, inputs, input, rows, acc);
    for (uint32_t o = 0; o < outputs; o++) {
        embq_unpack_row(weight, factor, o, inputs, row);
        for (uint32_t i = 0; i < inputs; i++)
            same(row[i], expected[o * inputs + i], "an unpacked row", inputs, outputs);
        for (uint32_t r = 0; r < rows; r++) {
            int64_t sum = 0;
            for (uint32_t i = 0; i < inputs; i++) sum += (int64_t)expected[o * inputs + i] * input[r * inputs + i];
            same(acc[r * outputs + o], sum, "a packed product", inputs, outputs);
        }
    }
    free(expected), free(acc), free(weight), free(factor), free(input), free(row);
}

static void test_dot16(uint32_t inputs, int pattern, int input_pattern)
{
    int16_t *x = malloc(inputs * sizeof *x);
    int8_t *weight = malloc(inputs);
    int64_t sum = 0;
    for (uint32_t i = 0; i < inputs; i++) {
        x[i] = (int16_t)number(input_pattern, -32767, 32767);
        weight[i] = (int8_t)number(pattern, -128, 127);
        sum += (int64_t)x[i] * weight[i];
    }
    same(embq_dot16(x, weight, inputs), sum, "a sum of 16-bit products", inputs, 1);
    free(x), free(weight);
}

int main(void)
{
    static const uint32_t widths[] = {1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 90, 128, 1023, 4095, 4096};
    static const uint32_t outputs[] = {1, 3, 4, 5, 63, 64, 65, 130};
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++)
        for (int pattern = 0; pattern < PATTERNS; pattern++)
            for (int input = 0; input < PATTERNS; input++) {
                test_dot16(widths[w], pattern, input);
                /* Long rows at fewer heights: a block holds four of them. */
                const size_t heights = widths[w] > 200 ? 4 : sizeof outputs / sizeof *outputs;
                for (size_t o = 0; o < heights; o++)
                    for (uint32_t rows = 1; rows <= EMBQ_ROWS; rows++)
                        test_packed(widths[w], outputs[o], rows, pattern, input);
            }
    printf("%zu\n", compared);
    return 0;
}
