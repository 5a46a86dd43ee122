/* SPDX-License-Identifier: Apache-2.0 */
/* Every part of the runtime: for the host, and for firmware that takes any model. */
#include "embq_program.h"
#include "embq_pipeline.h"

static const embq_operation *const operations[EMBQ_OPERATION_LIMIT] = {
    [EMBQ_EMBED] = &embq_operation_embed,
    [EMBQ_NORM] = &embq_operation_norm,
    [EMBQ_LINEAR] = &embq_operation_linear,
    [EMBQ_REQUANTIZE] = &embq_operation_requantize,
    [EMBQ_ACTIVATE] = &embq_operation_activate,
    [EMBQ_COMBINE] = &embq_operation_combine,
    [EMBQ_RESCALE] = &embq_operation_rescale,
    [EMBQ_LOAD] = &embq_operation_load,
    [EMBQ_STORE] = &embq_operation_store,
    [EMBQ_ATTEND] = &embq_operation_attend,
    [EMBQ_CONVOLVE] = &embq_operation_convolve,
    [EMBQ_WIDE_LINEAR] = &embq_operation_wide_linear,
    [EMBQ_CURVE] = &embq_operation_curve,
    [EMBQ_GATE] = &embq_operation_gate,
    [EMBQ_SCAN] = &embq_operation_scan,
    [EMBQ_POOL] = &embq_operation_pool,
    [EMBQ_POOLED] = &embq_operation_pooled,
    [EMBQ_UNIT] = &embq_operation_unit,
    [EMBQ_PACKED_EMBED] = &embq_operation_packed_embed,
    [EMBQ_PACKED_LINEAR] = &embq_operation_packed_linear,
    [EMBQ_UNIT_ROW] = &embq_operation_unit_row,
    [EMBQ_JOIN] = &embq_operation_join,
    [EMBQ_OUTPUT] = &embq_operation_output,
    [EMBQ_LOOK_UP] = &embq_operation_look_up,
    [EMBQ_WIDE_ATTEND] = &embq_operation_wide_attend,
    [EMBQ_TAG] = &embq_operation_tag,
    [EMBQ_TABLE_NORM] = &embq_operation_table_norm,
    [EMBQ_PACKED_TABLE_NORM] = &embq_operation_packed_table_norm,
    [EMBQ_PACK] = &embq_operation_pack,
    [EMBQ_UNPACK] = &embq_operation_unpack,
    [EMBQ_PACKED_ATTEND] = &embq_operation_packed_attend,
    [EMBQ_PACKED_CONVOLVE] = &embq_operation_packed_convolve,
};

static const embq_tokenizer_kind *const tokenizers[EMBQ_TOKENIZER_MERGES + 1] = {
    [EMBQ_TOKENIZER_BPE] = &embq_tokenizer_bpe,
    [EMBQ_TOKENIZER_WORDPIECE] = &embq_tokenizer_wordpiece,
    [EMBQ_TOKENIZER_UNIGRAM] = &embq_tokenizer_unigram,
    [EMBQ_TOKENIZER_MERGES] = &embq_tokenizer_merges,
};

static const embq_text_step *const steps[EMBQ_STEP_LIMIT] = {
    [EMBQ_STEP_MAP] = &embq_text_map,           [EMBQ_STEP_CANONICAL] = &embq_text_canonical,
    [EMBQ_STEP_REPLACE] = &embq_text_replace,   [EMBQ_STEP_SQUEEZE] = &embq_text_squeeze,
    [EMBQ_STEP_STRIP] = &embq_text_strip,       [EMBQ_STEP_PREPEND] = &embq_text_prepend,
    [EMBQ_STEP_CHARSMAP] = &embq_text_charsmap,
};

const embq_parts embq_all_parts = {operations,
                                   tokenizers,
                                   &embq_tokenizer_conditions,
                                   EMBQ_OPERATION_LIMIT,
                                   EMBQ_TOKENIZER_MERGES + 1,
                                   &embq_tokenizer_places,
                                   steps,
                                   EMBQ_STEP_LIMIT};

embq_status embq_open(embq_model *model, const void *blob, size_t size)
{
    return embq_open_with(model, blob, size, &embq_all_parts);
}

embq_status embq_tokenizer_open(embq_tokenizer *t, const void *tables, uint32_t size)
{
    return embq_tokenizer_open_with(t, tables, size, &embq_all_parts);
}
