/* What embq_open asks of an EmbBERT model, so that running it needs no further check. */
#include "embq_embbert.h"

typedef struct embq_bounds {
    const uint8_t *weights, *tables;
    uint32_t weights_size, tables_size;
} embq_bounds;

/* `count` elements of `size` bytes at `offset` lie inside a section of `limit` bytes, aligned. */
static int inside(uint32_t offset, uint64_t count, uint32_t size, uint32_t limit)
{
    const uint32_t alignment = size == 1 ? 16u : size;
    return offset % alignment == 0 && offset <= limit && count <= (uint64_t)(limit - offset) / size;
}

static int bytes_inside(const embq_bounds *b, uint32_t offset, uint64_t count)
{
    return inside(offset, count, 1, b->weights_size);
}

/* int8 [count], each within +-127: what embq_linear takes as input. */
static int is_symmetric(const uint8_t *bytes, uint64_t count)
{
    const int8_t *values = (const int8_t *)bytes;
    for (uint64_t i = 0; i < count; i++)
        if (values[i] < -127) return 0;
    return 1;
}

/* int8 [count] in WGHT that are inputs of a linear layer. */
static int rows_fit(const embq_bounds *b, uint32_t offset, uint64_t count)
{
    return bytes_inside(b, offset, count) && is_symmetric(b->weights + offset, count);
}

/* int32 [count] in WGHT, each within +-EMBQ_MAX_BIAS. */
static int biases_fit(const embq_bounds *b, uint32_t offset, uint64_t count)
{
    if (!inside(offset, count, 4, b->weights_size)) return 0;
    const int32_t *values = (const int32_t *)(const void *)(b->weights + offset);
    for (uint64_t i = 0; i < count; i++)
        if (values[i] > EMBQ_MAX_BIAS || values[i] < -EMBQ_MAX_BIAS) return 0;
    return 1;
}

/* int32 [count] in TABL, each in 0...limit. */
static int multipliers_fit(const embq_bounds *b, uint32_t offset, uint64_t count, int32_t limit)
{
    if (!inside(offset, count, 4, b->tables_size)) return 0;
    const int32_t *values = (const int32_t *)(const void *)(b->tables + offset);
    for (uint64_t i = 0; i < count; i++)
        if (values[i] < 0 || values[i] > limit) return 0;
    return 1;
}

static int shift_fits(uint32_t shift, uint32_t low, uint32_t high) { return shift >= low && shift <= high; }

static int norm_fits(const embq_norm_record *norm)
{
    const int zero = norm->epsilon_low == 0 && norm->epsilon_high == 0;
    return !zero && norm->epsilon_high < 0x40000000u && norm->multiplier <= INT32_MAX &&
           shift_fits(norm->shift, 1, 31);
}

static int dimensions_fit(const embq_model_record *r, uint32_t record_size)
{
    return r->vocabulary >= 1 && r->vocabulary <= 0xFFFFu && r->max_length >= 1 && r->max_length <= EMBQ_MAX_LENGTH &&
           r->hidden >= 1 && r->hidden <= EMBQ_MAX_HIDDEN && r->inner >= r->hidden && r->inner <= EMBQ_MAX_INNER &&
           r->inner % r->hidden == 0 && r->kernel >= 1 && r->kernel <= EMBQ_MAX_KERNEL && r->outputs >= 1 &&
           r->outputs <= EMBQ_MAX_OUTPUTS && r->layers >= 1 && r->layers <= EMBQ_MAX_LAYERS &&
           (uint64_t)record_size ==
               sizeof(embq_model_record) + (uint64_t)r->layers * sizeof(embq_differential_layer_record);
}

static int embedder_fits(const embq_model_record *r, const embq_bounds *b)
{
    const embq_nano_embedder_record *e = &r->embedder;
    const uint64_t expander = (uint64_t)r->hidden * e->reduced;
    return e->reduced >= 1 && e->reduced <= EMBQ_MAX_HIDDEN && shift_fits(e->shift, 1, 62) &&
           rows_fit(b, e->token, (uint64_t)r->vocabulary * e->reduced) &&
           rows_fit(b, e->position, (uint64_t)r->max_length * e->reduced) &&
           bytes_inside(b, e->token_expander, expander) && bytes_inside(b, e->position_expander, expander) &&
           biases_fit(b, e->segment, 3u * (uint64_t)r->hidden) &&
           multipliers_fit(b, e->token_multiplier, r->hidden, INT32_MAX) &&
           multipliers_fit(b, e->position_multiplier, r->hidden, INT32_MAX);
}

static int layer_fits(const embq_model_record *r, const embq_differential_layer_record *l, const embq_bounds *b)
{
    const uint64_t width = r->hidden, inner = r->inner;
    if (!(norm_fits(&l->norm) && bytes_inside(b, l->query, width * width) && biases_fit(b, l->query_bias, width) &&
          multipliers_fit(b, l->query_multiplier, width, INT32_MAX) && shift_fits(l->query_shift, 31, 62)))
        return 0;
    if (!(l->softmax_multiplier <= INT32_MAX && shift_fits(l->softmax_shift, 1, 62) &&
          l->context_multiplier <= INT32_MAX && shift_fits(l->context_shift, 1, 31)))
        return 0;
    if (!(bytes_inside(b, l->convolution, inner * r->kernel) && biases_fit(b, l->convolution_bias, inner) &&
          multipliers_fit(b, l->convolution_multiplier, inner, INT32_MAX) &&
          shift_fits(l->convolution_shift, 31, 62) && shift_fits(l->activation_bits, 1, 12) &&
          l->activation_zero < 1u << l->activation_bits &&
          inside(l->activation, (uint64_t)1 << l->activation_bits, 1, b->tables_size) &&
          is_symmetric(b->tables + l->activation, (uint64_t)1 << l->activation_bits)))
        return 0;
    return bytes_inside(b, l->attention, width * width) && bytes_inside(b, l->contract, width * inner) &&
           multipliers_fit(b, l->attention_multiplier, width, INT32_MAX) &&
           multipliers_fit(b, l->contract_multiplier, width, INT32_MAX) && shift_fits(l->output_shift, 1, 62) &&
           biases_fit(b, l->output_bias, width);
}

embq_status embq_embbert_check(const embq_model_record *record, uint32_t record_size, const uint8_t *weights,
                               uint32_t weights_size, const uint8_t *tables, uint32_t tables_size)
{
    const embq_bounds bounds = {weights, tables, weights_size, tables_size};
    const embq_classifier_record *c = &record->classifier;
    if (!dimensions_fit(record, record_size) || !embedder_fits(record, &bounds)) return EMBQ_ERROR_MODEL;
    for (uint32_t i = 0; i < record->layers; i++)
        if (!layer_fits(record, embq_differential_layers(record) + i, &bounds)) return EMBQ_ERROR_MODEL;
    if (!(bytes_inside(&bounds, c->weight, (uint64_t)record->outputs * record->hidden) &&
          biases_fit(&bounds, c->bias, record->outputs) &&
          multipliers_fit(&bounds, c->multiplier, record->outputs, (1 << 18) - 1) && shift_fits(c->shift, 1, 62)))
        return EMBQ_ERROR_MODEL;
    return EMBQ_OK;
}
