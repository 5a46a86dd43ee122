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

static int32_t between(int32_t low, int32_t high) { return (int32_t)(low + next() % ((int64_t)high - low + 1)); }

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
    const size_t count = (size_t)outputs * inputs,
                 size = (size_t)(outputs - 1) * stride + embq_part_words(inputs, bits);
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

/* Rows of a sentence whose sum of weights is at most 2^24, as softmax's. */
static void test_mixed_codes(uint32_t bits, uint32_t width, uint32_t count, int pattern, int weight_pattern)
{
    const uint32_t row = embq_part_words(width, bits), stride = row + count % 3, shift = count % 3;
    int32_t *codes = malloc((size_t)count * width * sizeof *codes), *acc = malloc(width * sizeof *acc);
    int32_t *weights = malloc(count * sizeof *weights);
    uint32_t *words = malloc(((size_t)(count - 1) * stride + row) * sizeof *words);
    for (size_t i = 0; i < (size_t)count * width; i++) codes[i] = number(pattern, 0, (1 << bits) - 1);
    for (uint32_t j = 0; j < count; j++) {
        write_row(codes + (size_t)j * width, width, bits, words + (size_t)j * stride);
        weights[j] = number(weight_pattern, 0, 32767);
    }
    for (uint32_t i = 0; i < width; i++) acc[i] = (int32_t)i - 7;
    embq_mix_codes(weights, words, stride, bits, shift, count, width, acc);
    for (uint32_t i = 0; i < width; i++) {
        int64_t sum = 0;
        for (uint32_t j = 0; j < count; j++) sum += (int64_t)weights[j] * codes[(size_t)j * width + i];
        same(acc[i], sum * (1 << shift) + i - 7, "mixed codes", width, count);
    }
    free(codes), free(acc), free(weights), free(words);
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

static void fill16(int16_t *to, size_t count, int pattern)
{
    for (size_t i = 0; i < count; i++) to[i] = (int16_t)number(pattern, -32767, 32767);
}

static void test_linear(uint32_t inputs, uint32_t outputs, uint32_t rows, int pattern, int input_pattern)
{
    const size_t count = (size_t)outputs * inputs;
    int8_t *weight = malloc(count), *input = malloc(rows * inputs);
    int32_t *acc = malloc(rows * outputs * sizeof *acc);
    for (size_t i = 0; i < count; i++) weight[i] = (int8_t)number(pattern, -128, 127);
    for (uint32_t i = 0; i < rows * inputs; i++) input[i] = (int8_t)number(input_pattern, -127, 127);
    embq_linear(weight, outputs, inputs, input, rows, acc);
    for (uint32_t r = 0; r < rows; r++) {
        for (uint32_t o = 0; o < outputs; o++) {
            int32_t sum = 0;
            for (uint32_t i = 0; i < inputs; i++) sum += weight[(size_t)o * inputs + i] * input[r * inputs + i];
            same(acc[r * outputs + o], sum, "a product", inputs, outputs);
        }
    }
    free(weight), free(input), free(acc);
}

static void test_linear16(uint32_t inputs, uint32_t outputs, uint32_t shift, int pattern, int input_pattern)
{
    const size_t count = (size_t)outputs * inputs;
    const int32_t limit = next() % 2 == 0 ? EMBQ_ROW_LIMIT : INT32_MAX;
    int16_t *x = malloc(inputs * sizeof *x);
    int8_t *weight = malloc(count);
    int32_t *multiplier = malloc(outputs * sizeof *multiplier), *bias = malloc(outputs * sizeof *bias);
    int32_t *out = malloc(outputs * sizeof *out);
    fill16(x, inputs, input_pattern);
    for (size_t i = 0; i < count; i++) weight[i] = (int8_t)number(pattern, -128, 127);
    for (uint32_t o = 0; o < outputs; o++) {
        multiplier[o] = number((int)(next() % PATTERNS), 0, (1 << 18) - 1);
        bias[o] = number((int)(next() % PATTERNS), -(1 << 30), 1 << 30);
    }
    embq_linear16(weight, outputs, inputs, x, multiplier, shift, bias, limit, out);
    for (uint32_t o = 0; o < outputs; o++) {
        int64_t sum = 0;
        for (uint32_t i = 0; i < inputs; i++) sum += (int64_t)weight[(size_t)o * inputs + i] * x[i];
        const int64_t y = embq_requantize(sum, multiplier[o], shift) + bias[o];
        same(out[o], embq_clip(y, -limit, limit), "a product of 16 bits", inputs, outputs);
    }
    free(x), free(weight), free(multiplier), free(bias), free(out);
}

static void test_scores16(uint32_t width, uint32_t count, uint32_t spared, int pattern, int query_pattern)
{
    const size_t numbers = (size_t)count * width;
    int16_t *keys = malloc(numbers * sizeof *keys), *query = malloc(width * sizeof *query);
    int32_t *scores = malloc(count * sizeof *scores);
    uint32_t shift = spared;
    while (((uint64_t)width << 30) >> shift > 1u << 29) shift++;
    fill16(keys, numbers, pattern), fill16(query, width, query_pattern);
    embq_scores16(keys, count, width, query, shift, scores);
    for (uint32_t j = 0; j < count; j++) {
        int64_t sum = 0;
        for (uint32_t i = 0; i < width; i++) sum += (int64_t)keys[(size_t)j * width + i] * query[i];
        same(scores[j], sum >> shift, "a score of 16 bits", width, count);
    }
    free(keys), free(query), free(scores);
}

static void test_mix16(uint32_t width, uint32_t count, uint32_t shift, int pattern, int weight_pattern)
{
    const size_t numbers = (size_t)count * width;
    const int32_t highest = count <= 512 ? 32767 : (1 << 24) / (int32_t)count;
    int16_t *values = malloc(numbers * sizeof *values), *out = malloc(width * sizeof *out);
    int32_t *weights = malloc(count * sizeof *weights);
    const embq_factor factor = {number((int)(next() % PATTERNS), 0, INT32_MAX), shift};
    fill16(values, numbers, pattern);
    for (uint32_t j = 0; j < count; j++) weights[j] = number(weight_pattern, 0, highest);
    embq_mix16(weights, values, count, width, factor, out);
    for (uint32_t i = 0; i < width; i++) {
        int64_t sum = 128;
        for (uint32_t j = 0; j < count; j++) sum += (int64_t)weights[j] * values[(size_t)j * width + i];
        const int64_t y = embq_requantize(sum >> 8, factor.multiplier, shift);
        same(out[i], embq_clip(y, -32767, 32767), "a mix of 16 bits", width, count);
    }
    free(values), free(out), free(weights);
}

static void test_scale_row16(uint32_t width, uint32_t shift, int pattern)
{
    int32_t *x = malloc(width * sizeof *x);
    int16_t *out = malloc(width * sizeof *out);
    const embq_factor factor = {number((int)(next() % PATTERNS), 0, INT32_MAX), shift};
    for (uint32_t i = 0; i < width; i++) x[i] = number(pattern, -EMBQ_ROW_LIMIT, EMBQ_ROW_LIMIT);
    embq_scale_row16(x, factor, width, out);
    for (uint32_t i = 0; i < width; i++)
        same(out[i], embq_clip(embq_requantize(x[i], factor.multiplier, shift), -32767, 32767), "a row of 16 bits",
             width, shift);
    free(x), free(out);
}

/* Rows of 16 bits, of widths around each kernel's limits; counts fill and do not fill what it takes at a time. */
static void test_wide(int pattern, int other)
{
    static const uint32_t widths[] = {1,  2,  3,  4,  7,  8,  9,  15, 16,  17,  18,  31,  32,
                                      33, 35, 40, 47, 48, 49, 64, 90, 128, 511, 512, 513, 1024};
    static const uint32_t counts[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 33, 255, 256, 257, 511, 512, 515, 1031};
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
        const uint32_t width = widths[w];
        for (size_t c = 0; c < sizeof counts / sizeof *counts && (width < 100 || counts[c] < 100); c++) {
            test_scores16(width, counts[c], 0, pattern, other);
            test_scores16(width, counts[c], next() % 32, pattern, other);
            test_mix16(width, counts[c], 1 + next() % 62, pattern, other);
            test_mix16(width, counts[c], 31 + next() % 12, pattern, other);
        }
        for (uint32_t shift = 1; shift <= 62; shift++) {
            test_linear16(width, 1 + shift % 11, shift, pattern, other);
            test_scale_row16(width, shift, pattern);
        }
    }
}

int main(void)
{
    static const uint32_t widths[] = {1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 90, 128, 1023, 4095, 4096};
    static const uint32_t outputs[] = {1, 3, 4, 5, 63, 64, 65, 130};
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++)
        for (int pattern = 0; pattern < PATTERNS; pattern++)
            for (int input = 0; input < PATTERNS; input++) {
                test_dot16(widths[w], pattern, input);
                test_linear16(widths[w], 6, 20, pattern, input);
                /* Long rows at fewer heights: a block holds four of them. */
                const size_t heights = widths[w] > 200 ? 4 : sizeof outputs / sizeof *outputs;
                for (size_t o = 0; o < heights; o++)
                    for (uint32_t rows = 1; rows <= EMBQ_ROWS; rows++) {
                        for (uint32_t bits = 1; bits < EMBQ_MAX_PACKED; bits++) {
                            test_codes(bits, widths[w], outputs[o], rows, pattern, input);
                            if (rows == 1 && (widths[w] <= 200 || outputs[o] <= 5))
                                test_mixed_codes(bits, widths[w], outputs[o], pattern, input);
                        }
                        test_linear(widths[w], outputs[o], rows, pattern, input);
                    }
            }
    for (int pattern = 0; pattern < PATTERNS; pattern++)
        for (int other = 0; other < PATTERNS; other++) test_wide(pattern, other);
    printf("%zu\n", compared);
    return 0;
}
