/* SPDX-License-Identifier: Apache-2.0 */
/* Taggers: a label for each token of a text. */
#include "embq_program.h"

/* ---- TAG ----------------------------------------------------------------------------------------------------- */

static int check_tag(embq_checker *c, const void *record)
{
    const embq_tag *t = record;
    /* Two would have their checksum in the order of blocks of rows. */
    if (c->has_tag) return 0;
    c->has_tag = 1;
    return c->record->task == EMBQ_TASK_TAGS && c->positions == EMBQ_ALL &&
           embq_takes(c, t->in, 1u << EMBQ_I32) == c->record->outputs;
}

static embq_token *tokens_of(const embq_run *run)
{
    void *place = run->arena + embq_tokens_begin(run->tokens);
    return place;
}

static void run_tag(const embq_run *run, const void *record)
{
    const embq_tag *t = record;
    const uint32_t width = embq_width(run, t->in);
    const int32_t *x = embq_i32(run, t->in);
    embq_token *token = tokens_of(run) + run->first;
    for (uint32_t r = 0; r < run->count; r++, x += width, token++) {
        token->label = embq_best(x, width);
        if (run->rows == 0) {
            for (uint32_t i = 0; i < width; i++)
                run->logits[i] = (int32_t)((uint32_t)run->logits[i] * 31u + (uint32_t)x[i]);
        } else if (run->first + r < run->rows) {
            int32_t *row = run->logits + (size_t)(run->first + r) * width;
            memcpy(row, x, width * sizeof *x);
        }
    }
}

const embq_operation embq_operation_tag = {sizeof(embq_tag) / 4, check_tag, run_tag};

/* ---- Running ------------------------------------------------------------------------------------------------- */

/* The longest sentence that an arena of this size can run. */
static uint32_t tokens_that_fit(const embq_model *model, size_t arena_size)
{
    uint32_t low = 0, high = embq_max_length(model);
    while (low < high) {
        const uint32_t middle = low + (high - low + 1) / 2;
        if (embq_arena_size(model, middle) <= arena_size) low = middle;
        else high = middle - 1;
    }
    return low;
}

static int is_tagger(const embq_model *model) { return model != NULL && model->record->task == EMBQ_TASK_TAGS; }

embq_status embq_begin_tag_tokens(const embq_model *model, const uint16_t *ids, uint32_t count, void *arena,
                                  size_t arena_size, int32_t *logits, uint32_t rows, embq_run *run)
{
    if (run == NULL) return EMBQ_ERROR_ARGUMENT;
    run->passes_left = 0;
    if (!is_tagger(model)) return EMBQ_ERROR_ARGUMENT;
    const embq_status status = embq_begin(model, ids, count, arena, arena_size, logits, run);
    if (status != EMBQ_OK) return status;
    memset(tokens_of(run), 0, run->tokens * sizeof(embq_token));
    run->rows = rows;
    return EMBQ_OK;
}

embq_status embq_begin_tags(const embq_model *model, const char *text, size_t length, void *arena, size_t arena_size,
                            int32_t *logits, uint32_t rows, embq_run *run)
{
    if (run == NULL) return EMBQ_ERROR_ARGUMENT;
    run->passes_left = 0;
    if (!is_tagger(model) || (text == NULL && length > 0) || arena == NULL || logits == NULL)
        return EMBQ_ERROR_ARGUMENT;
    if (!embq_is_aligned(arena)) return EMBQ_ERROR_ALIGNMENT;
    uint8_t *bytes = arena;
    const uint32_t capacity = tokens_that_fit(model, arena_size);
    if (capacity == 0) return EMBQ_ERROR_ARENA;
    uint32_t count = 0;
    embq_token *from = (embq_token *)(void *)(bytes + embq_tokens_begin(capacity));
    const size_t scratch = (size_t)capacity * EMBQ_TAGGED_SIZE;
    embq_status status = embq_tokenize_spans(&model->tokenizer, text, length, arena, from, capacity, &count,
                                             bytes + scratch, arena_size - scratch);
    if (status != EMBQ_OK) return status;
    const uint16_t *ids = arena;
    while (count > 0 && ids[count - 1] == model->record->pad) count--;
    /* To where a sentence of this length has them: never behind where they are. */
    embq_token *to = (embq_token *)(void *)(bytes + embq_tokens_begin(count));
    for (uint32_t i = 0; i < count; i++) to[i] = from[i];
    status = embq_begin(model, ids, count, arena, arena_size, logits, run);
    if (status == EMBQ_OK) run->rows = rows;
    return status;
}

const embq_token *embq_tags(const embq_run *run, uint32_t *first, uint32_t *count)
{
    const uint32_t prefix = run->model->tokenizer.prefix_count;
    const uint32_t start = prefix < run->tokens ? prefix : run->tokens, left = run->tokens - start;
    if (first != NULL) *first = start;
    *count = run->texts.first < left ? run->texts.first : left;
    return tokens_of(run) + start;
}

embq_status embq_run_tags(const embq_model *model, const char *text, size_t length, void *arena, size_t arena_size,
                          int32_t *logits, uint32_t rows, const embq_token **tokens, uint32_t *first, uint32_t *count)
{
    embq_run run;
    if (tokens == NULL || count == NULL) return EMBQ_ERROR_ARGUMENT;
    const embq_status status = embq_begin_tags(model, text, length, arena, arena_size, logits, rows, &run);
    if (status != EMBQ_OK) return status;
    while (embq_step(&run)) {}
    *tokens = embq_tags(&run, first, count);
    return EMBQ_OK;
}
