/* Legal programs with extreme numbers: every operation, arrays at their limits, any shift, lengths from 1 to the most.
 * embq_open takes each of them. Four runtimes give the same logits: portable kernels one row at a time, and the three
 * levels of vectors; so does a run in steps. One program in four has a single fault: it is refused, or runs likewise.
 *
 * Input: the bytes that the generator's choices are made of; random numbers follow when they are used up. */
#include <assert.h>

#include "bases.h"
#include "programs/generator.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The other runtimes, compiled under other names by run.sh. */
#define RUNTIME(name)                                                                                             \
    embq_status name##_embq_open(embq_model *model, const void *blob, size_t size);                               \
    size_t name##_embq_arena_size(const embq_model *model, uint32_t tokens);                                      \
    embq_status name##_embq_run_tokens(const embq_model *model, const uint16_t *ids, uint32_t count, void *arena, \
                                       size_t arena_size, int32_t *logits);
RUNTIME(portable)
RUNTIME(level1)
RUNTIME(level2)

typedef struct runtime {
    embq_status (*open)(embq_model *model, const void *blob, size_t size);
    size_t (*arena_size)(const embq_model *model, uint32_t tokens);
    embq_status (*run)(const embq_model *model, const uint16_t *ids, uint32_t count, void *arena, size_t arena_size,
                       int32_t *logits);
} runtime;

enum { RUNTIMES = 4 };

static const runtime runtimes[RUNTIMES] = {
    {embq_open, embq_arena_size, embq_run_tokens},
    {level1_embq_open, level1_embq_arena_size, level1_embq_run_tokens},
    {level2_embq_open, level2_embq_arena_size, level2_embq_run_tokens},
    {portable_embq_open, portable_embq_arena_size, portable_embq_run_tokens},
};

/* ---- Counting ------------------------------------------------------------------------------------------------ */

static uint64_t legal, faulty, refused, operations[EMBQ_OPERATION_LIMIT];

static void report(void)
{
    fprintf(stderr, "programs: %llu legal, %llu with a fault of which %llu were refused; operations by kind:",
            (unsigned long long)legal, (unsigned long long)faulty, (unsigned long long)refused);
    for (int i = 1; i < EMBQ_OPERATION_LIMIT; i++) fprintf(stderr, " %llu", (unsigned long long)operations[i]);
    fprintf(stderr, "\n");
}

/* ---- Running ------------------------------------------------------------------------------------------------- */

static void run(generator *g, const embq_model *models, uint32_t count)
{
    const uint32_t outputs = embq_output_count(&models[0]), vocabulary = models[0].record->vocabulary;
    uint16_t *ids = malloc(count * sizeof(uint16_t));
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t special[] = {models[0].record->pad, models[0].record->separator, models[0].record->mask};
        const uint32_t id = choose(g, 4) == 0 ? special[choose(g, 3)] : choose(g, vocabulary);
        ids[i] = (uint16_t)(id < vocabulary ? id : 0);
    }
    int32_t *logits = malloc(outputs * sizeof(int32_t)), *expected = malloc(outputs * sizeof(int32_t));
    embq_status status = EMBQ_OK;
    for (int r = 0; r < RUNTIMES; r++) {
        const size_t size = runtimes[r].arena_size(&models[r], count);
        void *arena = malloc(size);
        const embq_status found = runtimes[r].run(&models[r], ids, count, arena, size, r == 0 ? expected : logits);
        if (r == 0) status = found;
        assert(found == status && (status == EMBQ_OK || status == EMBQ_ERROR_LENGTH));
        if (r > 0 && status == EMBQ_OK) assert(memcmp(logits, expected, outputs * sizeof(int32_t)) == 0);
        free(arena);
    }
    if (status == EMBQ_OK) {
        const size_t size = embq_arena_size(&models[0], count);
        void *arena = malloc(size);
        embq_run steps;
        assert(embq_begin(&models[0], ids, count, arena, size, logits, &steps) == EMBQ_OK);
        while (embq_step(&steps)) {}
        assert(memcmp(logits, expected, outputs * sizeof(int32_t)) == 0);
        free(arena);
    }
    free(expected);
    free(logits);
    free(ids);
}

static void count_operations(const embq_model_record *record)
{
    const embq_pass *passes = embq_passes(record);
    const uint32_t *words = (const uint32_t *)(const void *)(passes + record->passes);
    for (uint32_t i = 0; i < record->passes; words += passes[i++].words)
        for (uint32_t at = 0; at < passes[i].words; at += words[at] >> 16) operations[words[at] & 0xFFFFu]++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static generator g;
    if (base_count == 0) {
        read_bases();
        atexit(report);
    }
    begin_program(&g, data, size, bases[0].bytes);
    const int fault = choose(&g, 4) == 0;
    size_t blob_size;
    uint8_t *blob = finish_program(&g, fault, &blob_size);

    embq_model models[RUNTIMES];
    embq_status status = EMBQ_OK;
    for (int r = 0; r < RUNTIMES; r++) {
        const embq_status found = runtimes[r].open(&models[r], blob, blob_size);
        if (r == 0) status = found;
        /* One row at a time asks for less of a window. */
        else assert(found == status || (r == RUNTIMES - 1 && status == EMBQ_ERROR_MODEL));
    }
    assert(fault || status == EMBQ_OK);
    if (fault) faulty++, refused += status != EMBQ_OK;
    else legal++, count_operations(models[0].record);
    if (status == EMBQ_OK && embq_arena_size(&models[0], models[0].record->max_length) < (size_t)1 << 24) {
        const uint32_t longest = embq_max_length(&models[0]);
        run(&g, models, 1);
        run(&g, models, longest);
        run(&g, models, 1 + choose(&g, longest));
    }
    free(blob);
    return 0;
}
