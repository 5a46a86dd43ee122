/* EmbBERT: per layer n = RMSNorm(x), x = attention(n) - convolution(n), no residual. A row of x lives only until the
 * next norm makes int8 of it, so a layer goes from the int8 rows of one buffer to the int8 rows of another. */
#include "embq_embbert.h"
#include "embq_kernels.h"

typedef struct embq_plan {
    const embq_model *model;
    const embq_model_record *record;
    uint32_t tokens;
    const uint16_t *ids;    /* uint16 [tokens] */
    int8_t *rows[2];        /* int8 [tokens, D]: normed rows read, normed rows written */
    int32_t *x;             /* int32 [EMBQ_ROWS, D] */
    int32_t *acc;           /* int32 [EMBQ_ROWS, max(D, E)] */
    int8_t *query;          /* int8 [EMBQ_ROWS, D] */
    int8_t *context;        /* int8 [EMBQ_ROWS, D] */
    int8_t *hidden;         /* int8 [EMBQ_ROWS, E] */
    int32_t *scores;        /* int32 [tokens], then the softmax's weights */
} embq_plan;

static const int8_t *weights8(const embq_plan *plan, uint32_t offset)
{
    return (const int8_t *)(plan->model->weights + offset);
}

static const int32_t *weights32(const embq_plan *plan, uint32_t offset)
{
    return (const int32_t *)(const void *)(plan->model->weights + offset);
}

static const int32_t *tables32(const embq_plan *plan, uint32_t offset)
{
    return (const int32_t *)(const void *)(plan->model->tables + offset);
}

/* ---- Memory -------------------------------------------------------------------------------------------------- */

static size_t align(size_t offset) { return (offset + 15u) & ~(size_t)15u; }

/* Lays the buffers out from `arena` on (null: only the size is wanted); the sum is the arena's exact size. */
static size_t lay_out(embq_plan *plan, uint8_t *arena)
{
    const embq_model_record *record = plan->record;
    const size_t tokens = plan->tokens, width = record->hidden, inner = record->inner;
    const size_t widest = width > inner ? width : inner;
    size_t at = align(tokens * sizeof(uint16_t));
    size_t offsets[8];
    const size_t sizes[8] = {tokens * width, record->layers > 1 ? tokens * width : 0,
                             EMBQ_ROWS * width * sizeof(int32_t), EMBQ_ROWS * widest * sizeof(int32_t),
                             EMBQ_ROWS * width, EMBQ_ROWS * width, EMBQ_ROWS * inner, tokens * sizeof(int32_t)};
    for (int i = 0; i < 8; i++) {
        offsets[i] = at = align(at);
        at += sizes[i];
    }
    if (arena != NULL) {
        plan->ids = (const uint16_t *)(void *)arena;
        plan->rows[0] = (int8_t *)(arena + offsets[0]);
        plan->rows[1] = (int8_t *)(arena + offsets[1]);
        plan->x = (int32_t *)(void *)(arena + offsets[2]);
        plan->acc = (int32_t *)(void *)(arena + offsets[3]);
        plan->query = (int8_t *)(arena + offsets[4]);
        plan->context = (int8_t *)(arena + offsets[5]);
        plan->hidden = (int8_t *)(arena + offsets[6]);
        plan->scores = (int32_t *)(void *)(arena + offsets[7]);
    }
    return at;
}

size_t embq_embbert_arena_size(const embq_model_record *record, uint32_t tokens)
{
    embq_plan plan = {.record = record, .tokens = tokens};
    return lay_out(&plan, NULL);
}

/* ---- Rows ---------------------------------------------------------------------------------------------------- */

static void normalize(const embq_norm_record *norm, const int32_t *x, uint32_t width, int8_t *out)
{
    const uint64_t epsilon = (uint64_t)norm->epsilon_high << 32 | norm->epsilon_low;
    const uint64_t square = embq_sum_of_squares(x, width) + epsilon;
    const embq_factor factor = embq_divide_by_root(norm->multiplier, norm->shift, square);
    embq_scale_row(x, factor, width, out);
}

/* The embedder's sum for one position, int32 [D]. */
static void embed(const embq_plan *plan, uint32_t position, uint32_t segment, int32_t *x)
{
    const embq_nano_embedder_record *e = &plan->record->embedder;
    const uint32_t width = plan->record->hidden, r = e->reduced;
    embq_linear(weights8(plan, e->token_expander), width, r,
                weights8(plan, e->token) + (size_t)plan->ids[position] * r, 1, x);
    embq_linear(weights8(plan, e->position_expander), width, r, weights8(plan, e->position) + (size_t)position * r,
                1, plan->acc);
    embq_combine_rows(x, tables32(plan, e->token_multiplier), plan->acc, tables32(plan, e->position_multiplier),
                      e->shift, weights32(plan, e->segment) + (size_t)segment * width, width, x);
}

/* Scores become the softmax's weights, in place, int32 [tokens] in 0...32767; [PAD] gets 0. Gives their sum, which is
 * at most 2^24. */
static uint32_t soften(const embq_plan *plan, const embq_differential_layer_record *layer)
{
    int32_t *scores = plan->scores;
    int32_t top = INT32_MIN;
    for (uint32_t j = 0; j < plan->tokens; j++)
        if (plan->ids[j] != plan->record->pad && scores[j] > top) top = scores[j];
    embq_exponentials(scores, plan->tokens, top, (int32_t)layer->softmax_multiplier, layer->softmax_shift);
    uint32_t sum = 0;
    for (uint32_t j = 0; j < plan->tokens; j++) {
        if (plan->ids[j] == plan->record->pad) scores[j] = 0;
        sum += (uint32_t)scores[j];
    }
    uint32_t excess = 0;
    while ((sum >> excess) > (1u << 24) - plan->tokens) excess++;
    if (excess == 0) return sum;
    sum = 0;
    for (uint32_t j = 0; j < plan->tokens; j++) {
        const uint32_t weight = ((uint32_t)scores[j] + (1u << (excess - 1))) >> excess;
        scores[j] = (int32_t)weight;
        sum += weight;
    }
    return sum;
}

/* The attention's mean of the rows for one query, int8 [D]. */
static void attend(const embq_plan *plan, const embq_differential_layer_record *layer, const int8_t *rows,
                   const int8_t *query, int8_t *context)
{
    const uint32_t width = plan->record->hidden;
    embq_linear(rows, plan->tokens, width, query, 1, plan->scores);    /* the rows are keys and values as they are */
    const uint32_t sum = soften(plan, layer);
    embq_mix(plan->scores, rows, plan->tokens, width, plan->acc);
    embq_scale_row(plan->acc, embq_divide(layer->context_multiplier, layer->context_shift, sum), width, context);
}

/* One layer for the positions first ... first + count - 1 (count 1 or 2): x becomes int32 [count, D]. */
static void run_layer(const embq_plan *plan, const embq_differential_layer_record *layer, const int8_t *rows,
                      uint32_t first, uint32_t count)
{
    const embq_model_record *record = plan->record;
    const uint32_t width = record->hidden, inner = record->inner;

    embq_linear(weights8(plan, layer->query), width, width, rows + (size_t)first * width, count, plan->acc);
    for (uint32_t r = 0; r < count; r++)
        embq_requantize_row(plan->acc + r * width, weights32(plan, layer->query_bias),
                            tables32(plan, layer->query_multiplier), layer->query_shift, width,
                            plan->query + r * width);
    for (uint32_t r = 0; r < count; r++) {
        int8_t *context = plan->context + r * width;
        if (plan->ids[first + r] == record->pad) {
            for (uint32_t i = 0; i < width; i++) context[i] = 0;    /* as released: a [PAD] attends to nothing */
        } else {
            attend(plan, layer, rows, plan->query + r * width, context);
        }
    }
    for (uint32_t r = 0; r < count; r++) {
        const uint32_t position = first + r;
        const uint32_t taps = position + 1 < record->kernel ? position + 1 : record->kernel;
        embq_convolve(weights8(plan, layer->convolution) + (size_t)(record->kernel - taps) * inner,
                      rows + (size_t)(position + 1 - taps) * width, taps, inner, width, plan->acc);
        embq_activate_row(plan->acc, weights32(plan, layer->convolution_bias),
                          tables32(plan, layer->convolution_multiplier), layer->convolution_shift,
                          (const int8_t *)(plan->model->tables + layer->activation), layer->activation_bits,
                          layer->activation_zero, inner, plan->hidden + r * inner);
    }
    embq_linear(weights8(plan, layer->attention), width, width, plan->context, count, plan->x);
    embq_linear(weights8(plan, layer->contract), width, inner, plan->hidden, count, plan->acc);
    for (uint32_t r = 0; r < count; r++)
        embq_combine_rows(plan->x + r * width, tables32(plan, layer->attention_multiplier), plan->acc + r * width,
                          tables32(plan, layer->contract_multiplier), layer->output_shift,
                          weights32(plan, layer->output_bias), width, plan->x + r * width);
}

static void classify(const embq_plan *plan, const int32_t *x, int32_t *logits)
{
    const embq_classifier_record *c = &plan->record->classifier;
    const uint32_t width = plan->record->hidden;
    const int8_t *weight = weights8(plan, c->weight);
    for (uint32_t o = 0; o < plan->record->outputs; o++, weight += width) {
        int64_t sum = 0;
        for (uint32_t i = 0; i < width; i++) sum += (int64_t)x[i] * weight[i];
        const int64_t logit = embq_requantize(sum, tables32(plan, c->multiplier)[o], c->shift);
        logits[o] = embq_clip(logit + weights32(plan, c->bias)[o], -INT32_MAX, INT32_MAX);
    }
}

void embq_embbert_run(const embq_model *model, uint32_t tokens, uint8_t *arena, int32_t *logits)
{
    const embq_model_record *record = model->record;
    const embq_differential_layer_record *layers = embq_differential_layers(record);
    const uint32_t width = record->hidden;
    embq_plan plan = {.model = model, .record = record, .tokens = tokens};
    (void)lay_out(&plan, arena);

    uint32_t segment = 1;
    for (uint32_t p = 0; p < tokens; p++) {
        if (plan.ids[p] == record->separator) segment = 2;
        embed(&plan, p, plan.ids[p] == record->pad ? 0 : segment, plan.x);
        normalize(&layers[0].norm, plan.x, width, plan.rows[0] + (size_t)p * width);
    }
    const uint32_t last = record->layers - 1;
    for (uint32_t i = 0; i < last; i++) {
        const int8_t *from = plan.rows[i & 1];
        int8_t *to = plan.rows[(i & 1) ^ 1];
        for (uint32_t p = 0; p < tokens; p += EMBQ_ROWS) {
            const uint32_t count = tokens - p < EMBQ_ROWS ? tokens - p : EMBQ_ROWS;
            run_layer(&plan, &layers[i], from, p, count);
            for (uint32_t r = 0; r < count; r++)
                normalize(&layers[i + 1].norm, plan.x + r * width, width, to + (size_t)(p + r) * width);
        }
    }
    run_layer(&plan, &layers[last], plan.rows[last & 1], 0, 1);     /* the head reads position 0 alone */
    classify(&plan, plan.x, logits);
}
