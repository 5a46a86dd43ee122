/* Compares kernels with plain arithmetic: widths that do and do not fill vectors and words, one row and two, the
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

/* The codes of a row in words; what fills a word up is random: nobody reads it. */
static void write_row(const int32_t *codes, uint32_t inputs, uint32_t bits, uint32_t *words)
{
    const uint32_t count = embq_codes_of_word(bits);
    for (uint32_t w = 0; w < embq_part_words(inputs, bits); w++) words[w] = next() << 16 ^ next();
    for (uint32_t i = 0; i < inputs; i++) {
        const uint32_t at = i % count / 2 * bits + i % 2 * 16;
        uint32_t *word = &words[i / count];
        *word = (*word & ~(((1u << bits) - 1) << at)) | (uint32_t)codes[i] << at;
    }
}

static void test_codes(uint32_t bits, uint32_t inputs, uint32_t outputs, uint32_t rows, int pattern, int input_pattern)
{
    /* Rows may lie further apart than they are long. */
    const uint32_t stride = embq_part_words(inputs, bits) + (outputs % 2 != 0 ? 3 : 0), shift = outputs % 3;
    const size_t count = (size_t)outputs * inputs, size = (size_t)(outputs - 1) * stride + embq_part_words(inputs, bits);
    int32_t *codes = malloc(count * sizeof *codes), *acc = malloc(rows * outputs * sizeof *acc);
    uint32_t *words = malloc(size * sizeof *words);
    int8_t *input = malloc(rows * inputs);
    for (size_t i = 0; i < count; i++) codes[i] = number(pattern, 0, (1 << bits) - 1);
    for (uint32_t o = 0; o < outputs; o++)
        write_row(codes + (size_t)o * inputs, inputs, bits, words + (size_t)o * stride);
    for (uint32_t i = 0; i < rows * inputs; i++) input[i] = (int8_t)number(input_pattern, -127, 127);
    for (uint32_t i = 0; i < rows * outputs; i++) acc[i] = (int32_t)i - 7;
    embq_add_codes(words, stride, bits, shift, outputs, inputs, input, rows, acc);
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t o = 0; o < outputs; o++) {
            int64_t sum = 0;
            for (uint32_t i = 0; i < inputs; i++) sum += (int64_t)codes[o * inputs + i] * input[r * inputs + i];
            same(acc[r * outputs + o], sum * (1 << shift) + r * outputs + o - 7, "a sum of codes", inputs, outputs);
        }
    free(codes), free(acc), free(words), free(input);
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
                        for (uint32_t bits = 1; bits < EMBQ_MAX_PACKED; bits++)
                            test_codes(bits, widths[w], outputs[o], rows, pattern, input);
            }
    printf("%zu\n", compared);
    return 0;
}
