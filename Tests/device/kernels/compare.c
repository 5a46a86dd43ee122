/* Compares the kernels that the core's build chose with the portable ones, on the board: widths that do and do not fill
 * blocks, one row and two, rows at any address, the largest numbers of either sign, and what lies behind the results.
 * Prints how many numbers were compared; 1: one differs. */
#include <stddef.h>

#include "board.h"
#include "embq_format.h"
#include "reference.h"

enum { WIDEST = 4096, GUARD = 8 };

static uint32_t state = 1;
static int32_t compared, failed;

static uint32_t next(void)
{
    state = state * 1664525u + 1013904223u;
    return state >> 8 | state << 24;
}

/* Numbers that are random, or the largest of either sign. */
enum { RANDOM, HIGHEST, LOWEST, ENDS, PATTERNS };

static int32_t number(int pattern, int32_t low, int32_t high)
{
    const uint32_t steps = (uint32_t)high - (uint32_t)low;
    switch (pattern) {
    case HIGHEST: return high;
    case LOWEST: return low;
    case ENDS: return next() % 2 == 0 ? low : high;
    default: return (int32_t)((uint32_t)low + (steps == UINT32_MAX ? next() : next() % (steps + 1)));
    }
}

static _Alignas(4) int8_t weights[16 * WIDEST + 16];
static int8_t inputs[2 * WIDEST + 16];
static int32_t words[5][WIDEST + GUARD], found[2 * WIDEST + GUARD], expected[2 * WIDEST + GUARD];

/* Fills with what stays where nothing is written. */
static void prepare(void)
{
    for (uint32_t i = 0; i < 2 * WIDEST + GUARD; i++) found[i] = expected[i] = (int32_t)next();
}

static void same(const void *a, const void *b, uint32_t bytes, const char *what, uint32_t width, uint32_t height)
{
    const uint8_t *x = a, *y = b;
    compared++;
    for (uint32_t i = 0; i < bytes; i++) {
        if (x[i] == y[i]) continue;
        print(what), print(": differs at byte "), print_number((int32_t)i);
        print(", width "), print_number((int32_t)width), print(", height "), print_number((int32_t)height), print("\n");
        failed = 1;
        return;
    }
}

static void fill8(int8_t *to, uint32_t count, int pattern, int32_t low)
{
    for (uint32_t i = 0; i < count; i++) to[i] = (int8_t)number(pattern, low, 127);
}

static void fill32(int32_t *to, uint32_t count, int pattern, int32_t low, int32_t high)
{
    for (uint32_t i = 0; i < count; i++) to[i] = number(pattern, low, high);
}

static void test_products(uint32_t width, uint32_t height, int pattern, int input_pattern)
{
    const uint32_t offset = next() % 4, input_offset = next() % 4;
    fill8(weights, height * width + offset + 4, pattern, -128);
    fill8(inputs, 2 * width + input_offset + 4, input_pattern, -127);
    for (uint32_t rows = 1; rows <= EMBQ_ROWS; rows++) {
        prepare();
        embq_linear(weights + offset, height, width, inputs + input_offset, rows, found);
        reference_linear(weights + offset, height, width, inputs + input_offset, rows, expected);
        same(found, expected, (rows * height + GUARD) * 4, "linear", width, height);
    }
    for (uint32_t bits = 1; bits < EMBQ_MAX_PACKED && height <= 3; bits++) {
        /* Rows may lie further apart than they are long. */
        const uint32_t stride = embq_part_words(width, bits) + next() % 2, shift = next() % 3;
        const uint32_t *codes = (const uint32_t *)(const void *)weights;
        for (uint32_t rows = 1; rows <= EMBQ_ROWS; rows++) {
            prepare();
            embq_add_codes(codes, stride, bits, shift, height, width, inputs + input_offset, rows, found);
            reference_add_codes(codes, stride, bits, shift, height, width, inputs + input_offset, rows, expected);
            same(found, expected, (rows * height + GUARD) * 4, "codes", width, height);
        }
    }
}

static void test_dot16(uint32_t width, int pattern, int input_pattern)
{
    int16_t *x = (int16_t *)words[0] + next() % 2;
    fill8(weights, width + 4, pattern, -128);
    for (uint32_t i = 0; i < width; i++) x[i] = (int16_t)number(input_pattern, -32767, 32767);
    const int8_t *weight = weights + next() % 4;
    const int64_t a = embq_dot16(x, weight, width), b = reference_dot16(x, weight, width);
    same(&a, &b, sizeof a, "dot16", width, 1);
}

static void fill16(int16_t *to, uint32_t count, int pattern)
{
    for (uint32_t i = 0; i < count; i++) to[i] = (int16_t)number(pattern, -32767, 32767);
}

static void test_linear16(uint32_t width, uint32_t height, uint32_t shift, int pattern, int input_pattern)
{
    int16_t *x = (int16_t *)words[0] + next() % 2;
    const int8_t *weight = weights + next() % 4;
    fill8(weights, height * width + 4, pattern, -128);
    fill16(x, width, input_pattern);
    fill32(words[1], height, RANDOM, 0, (1 << 18) - 1);
    fill32(words[2], height, pattern, -(1 << 30), 1 << 30);
    prepare();
    embq_linear16(weight, height, width, x, words[1], shift, words[2], INT32_MAX, found);
    reference_linear16(weight, height, width, x, words[1], shift, words[2], INT32_MAX, expected);
    same(found, expected, (height + GUARD) * 4, "linear16", width, height);
}

/* Scores and mixes of rows of 16 bits. */
static void test_rows16(uint32_t width, uint32_t count, int pattern, int other)
{
    int16_t *rows = (int16_t *)(void *)weights + next() % 2, *query = (int16_t *)words[0] + next() % 2;
    uint32_t shift = next() % 2 == 0 ? 0 : next() % 32;
    while (((uint64_t)width << 30) >> shift > 1u << 29) shift++;
    fill16(rows, width * count, pattern);
    fill16(query, width, other);
    prepare();
    embq_scores16(rows, count, width, query, shift, found);
    reference_scores16(rows, count, width, query, shift, expected);
    same(found, expected, (count + GUARD) * 4, "scores16", width, count);

    const embq_factor factor = {number((int)(next() % PATTERNS), 0, INT32_MAX), 1 + next() % 62};
    fill32(words[0], count, other, 0, 32767);
    prepare();
    embq_mix16(words[0], rows, count, width, factor, (int16_t *)found);
    reference_mix16(words[0], rows, count, width, factor, (int16_t *)expected);
    same(found, expected, (width + GUARD) * 2, "mix16", width, count);
}

static void test_mix(uint32_t width, uint32_t count, int pattern, int weight_pattern)
{
    int8_t *values = weights + next() % 4;
    fill8(values, width * count, pattern, -127);
    fill32(words[0], count, weight_pattern, 0, 32767);
    prepare();
    embq_mix(words[0], values, count, width, found);
    reference_mix(words[0], values, count, width, expected);
    same(found, expected, (width + GUARD) * 4, "mix", width, count);
    for (uint32_t bits = 1; bits < EMBQ_MAX_PACKED; bits++) {
        const uint32_t stride = embq_part_words(width, bits) + next() % 2, shift = next() % 3;
        const uint32_t *codes = (const uint32_t *)(const void *)weights;
        if ((size_t)stride * count * 4 > sizeof weights) continue;
        prepare();
        embq_mix_codes(words[0], codes, stride, bits, shift, count, width, found);
        reference_mix_codes(words[0], codes, stride, bits, shift, count, width, expected);
        same(found, expected, (width + GUARD) * 4, "mixed codes", width, count);
    }
}

static void test_convolve(uint32_t width, uint32_t count, uint32_t expansion, int pattern, int input_pattern)
{
    int8_t *taps = weights + next() % 4, *window = inputs + next() % 4;
    fill8(taps, width * expansion * count, pattern, -128);
    fill8(window, width * count, input_pattern, -127);
    prepare();
    embq_convolve(taps, window, count, width * expansion, width, found);
    reference_convolve(taps, window, count, width * expansion, width, expected);
    same(found, expected, (width * expansion + GUARD) * 4, "convolve", width, count);
}

static void test_requantizing(uint32_t width, uint32_t shift, int pattern, int multiplier_pattern)
{
    int8_t *table = inputs;
    fill8(table, 512, RANDOM, -127);
    fill32(words[0], width, pattern, -EMBQ_ROW_LIMIT, EMBQ_ROW_LIMIT);
    fill32(words[1], width, pattern, -(1 << 30), 1 << 30);
    fill32(words[2], width, multiplier_pattern, 0, INT32_MAX);
    if (shift >= 31) {
        prepare();
        embq_requantize_row(words[0], words[1], words[2], shift, width, (int8_t *)found);
        reference_requantize_row(words[0], words[1], words[2], shift, width, (int8_t *)expected);
        same(found, expected, width + GUARD, "requantize", width, shift);
        prepare();
        embq_activate_row(words[0], words[1], words[2], shift, table, 9, 250, width, (int8_t *)found);
        reference_activate_row(words[0], words[1], words[2], shift, table, 9, 250, width, (int8_t *)expected);
        same(found, expected, width + GUARD, "activate", width, shift);
    }
    prepare();
    const embq_factor factor = {words[2][0], shift};
    embq_scale_row(words[0], factor, width, (int8_t *)found);
    reference_scale_row(words[0], factor, width, (int8_t *)expected);
    same(found, expected, width + GUARD, "scale", width, shift);

    fill32(words[3], width, pattern, -EMBQ_ROW_LIMIT, EMBQ_ROW_LIMIT);
    fill32(words[4], width, RANDOM, -INT32_MAX, INT32_MAX);
    fill32(words[2], width, multiplier_pattern, -INT32_MAX, INT32_MAX);
    prepare();
    embq_combine_rows(words[0], words[2], words[3], words[4], shift, words[1], width, found);
    reference_combine_rows(words[0], words[2], words[3], words[4], shift, words[1], width, expected);
    same(found, expected, (width + GUARD) * 4, "combine", width, shift);
}

static void test_exponentials(uint32_t width, uint32_t shift, int pattern)
{
    prepare();
    for (uint32_t i = 0; i < width; i++) found[i] = expected[i] = number(pattern, -(1 << 25), 1 << 25) >> next() % 20;
    const int32_t multiplier = number(RANDOM, 0, INT32_MAX), top = number(RANDOM, -(1 << 24), 1 << 25);
    embq_exponentials(found, width, top, multiplier, shift);
    reference_exponentials(expected, width, top, multiplier, shift);
    same(found, expected, (width + GUARD) * 4, "exponentials", width, shift);
}

static void test_squares(uint32_t width, int pattern)
{
    fill32(words[0], width, pattern, -EMBQ_ROW_LIMIT, EMBQ_ROW_LIMIT);
    const uint64_t a = embq_sum_of_squares(words[0], width), b = reference_sum_of_squares(words[0], width);
    same(&a, &b, sizeof a, "sum of squares", width, 1);
}

int main(void)
{
    static const uint32_t widths[] = {1,  2,  3,  4,  5,  7,  8,   9,   12,  15,  16,
                                      17, 31, 40, 45, 84, 90, 127, 128, 129, 136, 259};
    static const uint32_t heights[] = {1, 2, 3, 4, 5, 6, 7, 8, 16};
    for (uint32_t w = 0; w < sizeof widths / sizeof *widths; w++) {
        const uint32_t width = widths[w];
        for (int pattern = 0; pattern < PATTERNS; pattern++) {
            for (int turn = 0; turn < 2; turn++) {
                const int input = (pattern + turn) % PATTERNS;
                test_dot16(width, pattern, input);
                for (uint32_t shift = 1; shift <= 62; shift += 6)
                    test_linear16(width, 1 + shift % 5, shift, pattern, input);
                for (uint32_t count = 1; count <= 9; count++) test_rows16(width, count, pattern, input);
                test_rows16(width, 17, pattern, input);
                for (uint32_t h = 0; h < sizeof heights / sizeof *heights; h++)
                    test_products(width, heights[h], pattern, input);
                for (uint32_t count = 1; count <= 9; count++) {
                    test_mix(width, count, pattern, input);
                    for (uint32_t expansion = 1; expansion <= 3; expansion++)
                        test_convolve(width, count, expansion, pattern, input);
                }
            }
            for (uint32_t shift = 1; shift <= 62; shift++) {
                test_requantizing(width, shift, pattern, (int)(next() % PATTERNS));
                test_exponentials(width, shift, pattern);
            }
            test_squares(width, pattern);
        }
    }
    for (int pattern = 0; pattern < PATTERNS; pattern++) {
        for (uint32_t h = 1; h <= 5; h++) test_products(WIDEST, h, pattern, pattern);
        test_dot16(WIDEST, pattern, pattern);
        test_squares(EMBQ_MAX_WIDTH, pattern);
        test_mix(16, 512, pattern, RANDOM);
        for (int other = 0; other < PATTERNS; other++) {
            test_rows16(EMBQ_MAX_WIDTH, 31, pattern, other);
            test_rows16(35, 512, pattern, other);
        }
    }
    print_number(compared), print(" results are the portable kernels'\n");
    return failed;
}
