/* The elementary functions' bits: one line per function, an FNV-1a hash over 2^20 arguments, extreme ones among them.
 * Compiled with SHOWN, it prints that many arguments and results of each function for compare.py instead. Needs no C
 * library: Tests/device/linux.c runs it as a bare process. */
#include "board.h"
#include "celementary.h"

/* The same arguments everywhere. */
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#endif

#ifndef SHOWN
#define SHOWN 0
#endif

enum { ARGUMENTS = 1 << 20 };

typedef union word {
    double number;
    uint64_t bits;
} word;

typedef union half_word {
    float number;
    uint32_t bits;
} half_word;

static uint64_t state;

/* SplitMix64. */
static uint64_t next(void)
{
    uint64_t z = (state += 0x9E3779B97F4A7C15u);
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

/* -1 to 1, with 53 bits. */
static double unit(void) { return (double)(int64_t)(next() >> 10) * 0x1p-53 - 1; }

/* Sizes of all kinds: any bits, near 0, near 1, and up to 800. */
static double argument(uint64_t index)
{
    static const double special[] = {
        0, -0.0, 1, -1, 6, -6, 0.125, 0x1p-1074, 0x1p-1022, __builtin_inf(), -__builtin_inf(), 0x1.fp1023};
    if (index < sizeof special / sizeof *special) return special[index];
    const uint64_t bits = next();
    const double any = (word){.bits = bits}.number;
    switch (index % 4) {
    case 0:
        /* Not a NaN, which has many forms. */
        return any == any ? any : unit();
    case 1: return unit() * 0x1p-60 * (double)((uint64_t)1 << (bits & 63));
    case 2: return 1 + unit() * 0x1p-30 * (double)((uint64_t)1 << (bits & 31));
    default: return unit() * 800;
    }
}

static double exponent;
static double power(double x) { return embq_pow(x, exponent); }

typedef struct function {
    const char *name;
    double (*wide)(double);
    float (*narrow)(float);
} function;

static const function functions[] = {
    {"exp", embq_exp, 0},   {"log", embq_log, 0},       {"log10", embq_log10, 0}, {"log1p", embq_log1p, 0},
    {"tanh", embq_tanh, 0}, {"erf", embq_erf, 0},       {"pow", power, 0},        {"expf", 0, embq_expf},
    {"logf", 0, embq_logf}, {"log1pf", 0, embq_log1pf}, {"tanhf", 0, embq_tanhf}, {"erff", 0, embq_erff},
};

static double result(const function *f, double x)
{
    const double y = f->wide != 0 ? f->wide(x) : (double)f->narrow((float)x);
    return y == y ? y : 7; /* NaNs have a sign that IEEE leaves open. */
}

static uint64_t hashed(uint64_t hash, double y)
{
    const uint64_t bits = (word){.number = y}.bits;
    for (int i = 0; i < 64; i += 8) hash = (hash ^ (bits >> i & 255)) * 0x100000001B3u;
    return hash;
}

static void put(const char *text, uint64_t number)
{
    char digits[17] = " ";
    for (int i = 0; i < 16; i++) digits[16 - i] = "0123456789abcdef"[number >> 4 * i & 15];
    size_t length = 0;
    while (text[length] != 0) length++;
    board_write(text, length);
    board_write(digits, sizeof digits);
}

/* Every level of this processor gives the scalar function's bits, at each place of a vector. */
static void check_rows(void)
{
    const int highest = embq_elementary_level();
    float x[67], y[67];
    for (int level = 0; level <= highest; level++) {
        for (int row = 0; row < 4000; row++) {
            const size_t count = (size_t)(row % 68);
            for (size_t i = 0; i < count; i++) y[i] = x[i] = (float)argument((uint64_t)(row + 100) * 67 + i);
            embq_expf_row(level, y, count);
            for (size_t i = 0; i < count; i++) {
                const half_word expected = {.number = embq_expf(x[i])}, found = {.number = y[i]};
                if (expected.bits == found.bits) continue;
                put("another result, at level ", (uint64_t)level);
                board_exit(1);
            }
        }
    }
}

static void show(const char *name, double x, double y)
{
    put(name, (word){.number = x}.bits);
    put(" ", (word){.number = exponent}.bits);
    put(" ", (word){.number = y}.bits);
    board_write("\n", 1);
}

int main(void)
{
    for (uint64_t f = 0; f < sizeof functions / sizeof *functions; f++) {
        uint64_t hash = 0xCBF29CE484222325u;
        state = f;
        for (uint64_t i = 0; i < (SHOWN > 0 ? SHOWN : ARGUMENTS); i++) {
            exponent = i % 3 == 0 ? (double)(int64_t)(next() % 40) - 20 : unit() * 4;
            double x = argument(i);
            if (functions[f].wide == power) x = __builtin_fabs(x);
            if (functions[f].narrow != 0) x = (double)(float)x;
            const double y = result(&functions[f], x);
            if (SHOWN > 0) show(functions[f].name, x, y);
            hash = hashed(hash, y);
        }
        if (SHOWN == 0) {
            put(functions[f].name, hash);
            board_write("\n", 1);
        }
    }
    check_rows();
    return 0;
}
