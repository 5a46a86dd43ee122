/* #embed (C23) is taken by clang in C11 too; the build sees to it that a changed source is embedded anew. */
#include "runtime_sources.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char embq_h[] = {
#embed "../../CEmbqRuntime/include/embq.h"
};
static const unsigned char embq_added_c[] = {
#embed "../../CEmbqRuntime/embq_added.c"
};
static const unsigned char embq_added_h[] = {
#embed "../../CEmbqRuntime/embq_added.h"
};
static const unsigned char embq_attend_c[] = {
#embed "../../CEmbqRuntime/embq_attend.c"
};
static const unsigned char embq_bpe_c[] = {
#embed "../../CEmbqRuntime/embq_bpe.c"
};
static const unsigned char embq_canonical_c[] = {
#embed "../../CEmbqRuntime/embq_canonical.c"
};
static const unsigned char embq_charsmap_c[] = {
#embed "../../CEmbqRuntime/embq_charsmap.c"
};
static const unsigned char embq_check_c[] = {
#embed "../../CEmbqRuntime/embq_check.c"
};
static const unsigned char embq_checksum_c[] = {
#embed "../../CEmbqRuntime/embq_checksum.c"
};
static const unsigned char embq_combine_c[] = {
#embed "../../CEmbqRuntime/embq_combine.c"
};
static const unsigned char embq_convolve_c[] = {
#embed "../../CEmbqRuntime/embq_convolve.c"
};
static const unsigned char embq_embed_c[] = {
#embed "../../CEmbqRuntime/embq_embed.c"
};
static const unsigned char embq_extension_c[] = {
#embed "../../CEmbqRuntime/embq_extension.c"
};
static const unsigned char embq_extension_h[] = {
#embed "../../CEmbqRuntime/embq_extension.h"
};
static const unsigned char embq_flow_h[] = {
#embed "../../CEmbqRuntime/embq_flow.h"
};
static const unsigned char embq_format_h[] = {
#embed "../../CEmbqRuntime/embq_format.h"
};
static const unsigned char embq_internal_h[] = {
#embed "../../CEmbqRuntime/embq_internal.h"
};
static const unsigned char embq_kernels_c[] = {
#embed "../../CEmbqRuntime/embq_kernels.c"
};
static const unsigned char embq_kernels_h[] = {
#embed "../../CEmbqRuntime/embq_kernels.h"
};
static const unsigned char embq_kernels_arm_h[] = {
#embed "../../CEmbqRuntime/embq_kernels_arm.h"
};
static const unsigned char embq_kernels_dsp_c[] = {
#embed "../../CEmbqRuntime/embq_kernels_dsp.c"
};
static const unsigned char embq_kernels_dsp_h[] = {
#embed "../../CEmbqRuntime/embq_kernels_dsp.h"
};
static const unsigned char embq_kernels_mve_c[] = {
#embed "../../CEmbqRuntime/embq_kernels_mve.c"
};
static const unsigned char embq_kernels_packed_dsp_c[] = {
#embed "../../CEmbqRuntime/embq_kernels_packed_dsp.c"
};
static const unsigned char embq_kernels_packed_mve_c[] = {
#embed "../../CEmbqRuntime/embq_kernels_packed_mve.c"
};
static const unsigned char embq_kernels_portable_h[] = {
#embed "../../CEmbqRuntime/embq_kernels_portable.h"
};
static const unsigned char embq_kernels_wide_dsp_c[] = {
#embed "../../CEmbqRuntime/embq_kernels_wide_dsp.c"
};
static const unsigned char embq_limits_h[] = {
#embed "../../CEmbqRuntime/include/embq_limits.h"
};
static const unsigned char embq_look_up_c[] = {
#embed "../../CEmbqRuntime/embq_look_up.c"
};
static const unsigned char embq_linear_c[] = {
#embed "../../CEmbqRuntime/embq_linear.c"
};
static const unsigned char embq_map_c[] = {
#embed "../../CEmbqRuntime/embq_map.c"
};
static const unsigned char embq_math_h[] = {
#embed "../../CEmbqRuntime/embq_math.h"
};
static const unsigned char embq_merges_c[] = {
#embed "../../CEmbqRuntime/embq_merges.c"
};
static const unsigned char embq_merges_h[] = {
#embed "../../CEmbqRuntime/embq_merges.h"
};
static const unsigned char embq_norm_c[] = {
#embed "../../CEmbqRuntime/embq_norm.c"
};
static const unsigned char embq_open_c[] = {
#embed "../../CEmbqRuntime/embq_open.c"
};
static const unsigned char embq_packed_rows_c[] = {
#embed "../../CEmbqRuntime/embq_packed_rows.c"
};
static const unsigned char embq_packed_table_c[] = {
#embed "../../CEmbqRuntime/embq_packed_table.c"
};
static const unsigned char embq_parts_c[] = {
#embed "../../CEmbqRuntime/embq_parts.c"
};
static const unsigned char embq_pipeline_c[] = {
#embed "../../CEmbqRuntime/embq_pipeline.c"
};
static const unsigned char embq_pipeline_h[] = {
#embed "../../CEmbqRuntime/embq_pipeline.h"
};
static const unsigned char embq_pipeline_open_c[] = {
#embed "../../CEmbqRuntime/embq_pipeline_open.c"
};
static const unsigned char embq_pipeline_spans_c[] = {
#embed "../../CEmbqRuntime/embq_pipeline_spans.c"
};
static const unsigned char embq_platform_h[] = {
#embed "../../CEmbqRuntime/embq_platform.h"
};
static const unsigned char embq_pool_c[] = {
#embed "../../CEmbqRuntime/embq_pool.c"
};
static const unsigned char embq_program_c[] = {
#embed "../../CEmbqRuntime/embq_program.c"
};
static const unsigned char embq_program_h[] = {
#embed "../../CEmbqRuntime/embq_program.h"
};
static const unsigned char embq_reading_h[] = {
#embed "../../CEmbqRuntime/embq_reading.h"
};
static const unsigned char embq_rows_c[] = {
#embed "../../CEmbqRuntime/embq_rows.c"
};
static const unsigned char embq_run_c[] = {
#embed "../../CEmbqRuntime/embq_run.c"
};
static const unsigned char embq_scan_c[] = {
#embed "../../CEmbqRuntime/embq_scan.c"
};
static const unsigned char embq_serial_c[] = {
#embed "../../CEmbqRuntime/embq_serial.c"
};
static const unsigned char embq_sha256_c[] = {
#embed "../../CEmbqRuntime/embq_sha256.c"
};
static const unsigned char embq_spans_c[] = {
#embed "../../CEmbqRuntime/embq_spans.c"
};
static const unsigned char embq_split_c[] = {
#embed "../../CEmbqRuntime/embq_split.c"
};
static const unsigned char embq_splitter_h[] = {
#embed "../../CEmbqRuntime/embq_splitter.h"
};
static const unsigned char embq_status_c[] = {
#embed "../../CEmbqRuntime/embq_status.c"
};
static const unsigned char embq_steps_c[] = {
#embed "../../CEmbqRuntime/embq_steps.c"
};
static const unsigned char embq_symbols_c[] = {
#embed "../../CEmbqRuntime/embq_symbols.c"
};
static const unsigned char embq_symbols_h[] = {
#embed "../../CEmbqRuntime/embq_symbols.h"
};
static const unsigned char embq_table_norm_c[] = {
#embed "../../CEmbqRuntime/embq_table_norm.c"
};
static const unsigned char embq_tables_c[] = {
#embed "../../CEmbqRuntime/embq_tables.c"
};
static const unsigned char embq_tags_c[] = {
#embed "../../CEmbqRuntime/embq_tags.c"
};
static const unsigned char embq_tokenizer_c[] = {
#embed "../../CEmbqRuntime/embq_tokenizer.c"
};
static const unsigned char embq_trie_c[] = {
#embed "../../CEmbqRuntime/embq_trie.c"
};
static const unsigned char embq_trie_h[] = {
#embed "../../CEmbqRuntime/embq_trie.h"
};
static const unsigned char embq_unigram_c[] = {
#embed "../../CEmbqRuntime/embq_unigram.c"
};
static const unsigned char embq_wide_c[] = {
#embed "../../CEmbqRuntime/embq_wide.c"
};
static const unsigned char embq_window_h[] = {
#embed "../../CEmbqRuntime/embq_window.h"
};
static const unsigned char embq_wordpiece_c[] = {
#embed "../../CEmbqRuntime/embq_wordpiece.c"
};
static const unsigned char boards_json[] = {
#embed "../../../Schemas/boards.json"
};
static const unsigned char license[] = {
#embed "../../../LICENSE"
};

/* clang-format off */
#define SOURCE(name, bytes) {name, bytes, sizeof bytes}
/* clang-format on */

static const runtime_source sources[] = {
    SOURCE("embq.h", embq_h),
    SOURCE("embq_added.c", embq_added_c),
    SOURCE("embq_added.h", embq_added_h),
    SOURCE("embq_attend.c", embq_attend_c),
    SOURCE("embq_bpe.c", embq_bpe_c),
    SOURCE("embq_canonical.c", embq_canonical_c),
    SOURCE("embq_charsmap.c", embq_charsmap_c),
    SOURCE("embq_check.c", embq_check_c),
    SOURCE("embq_checksum.c", embq_checksum_c),
    SOURCE("embq_combine.c", embq_combine_c),
    SOURCE("embq_convolve.c", embq_convolve_c),
    SOURCE("embq_embed.c", embq_embed_c),
    SOURCE("embq_extension.c", embq_extension_c),
    SOURCE("embq_extension.h", embq_extension_h),
    SOURCE("embq_flow.h", embq_flow_h),
    SOURCE("embq_format.h", embq_format_h),
    SOURCE("embq_internal.h", embq_internal_h),
    SOURCE("embq_kernels.c", embq_kernels_c),
    SOURCE("embq_kernels.h", embq_kernels_h),
    SOURCE("embq_kernels_arm.h", embq_kernels_arm_h),
    SOURCE("embq_kernels_dsp.c", embq_kernels_dsp_c),
    SOURCE("embq_kernels_dsp.h", embq_kernels_dsp_h),
    SOURCE("embq_kernels_mve.c", embq_kernels_mve_c),
    SOURCE("embq_kernels_packed_dsp.c", embq_kernels_packed_dsp_c),
    SOURCE("embq_kernels_packed_mve.c", embq_kernels_packed_mve_c),
    SOURCE("embq_kernels_portable.h", embq_kernels_portable_h),
    SOURCE("embq_kernels_wide_dsp.c", embq_kernels_wide_dsp_c),
    SOURCE("embq_limits.h", embq_limits_h),
    SOURCE("embq_linear.c", embq_linear_c),
    SOURCE("embq_look_up.c", embq_look_up_c),
    SOURCE("embq_map.c", embq_map_c),
    SOURCE("embq_math.h", embq_math_h),
    SOURCE("embq_merges.c", embq_merges_c),
    SOURCE("embq_merges.h", embq_merges_h),
    SOURCE("embq_norm.c", embq_norm_c),
    SOURCE("embq_open.c", embq_open_c),
    SOURCE("embq_packed_rows.c", embq_packed_rows_c),
    SOURCE("embq_packed_table.c", embq_packed_table_c),
    SOURCE("embq_parts.c", embq_parts_c),
    SOURCE("embq_pipeline.c", embq_pipeline_c),
    SOURCE("embq_pipeline.h", embq_pipeline_h),
    SOURCE("embq_pipeline_open.c", embq_pipeline_open_c),
    SOURCE("embq_pipeline_spans.c", embq_pipeline_spans_c),
    SOURCE("embq_platform.h", embq_platform_h),
    SOURCE("embq_pool.c", embq_pool_c),
    SOURCE("embq_program.c", embq_program_c),
    SOURCE("embq_program.h", embq_program_h),
    SOURCE("embq_reading.h", embq_reading_h),
    SOURCE("embq_rows.c", embq_rows_c),
    SOURCE("embq_run.c", embq_run_c),
    SOURCE("embq_scan.c", embq_scan_c),
    SOURCE("embq_serial.c", embq_serial_c),
    SOURCE("embq_sha256.c", embq_sha256_c),
    SOURCE("embq_spans.c", embq_spans_c),
    SOURCE("embq_split.c", embq_split_c),
    SOURCE("embq_splitter.h", embq_splitter_h),
    SOURCE("embq_status.c", embq_status_c),
    SOURCE("embq_steps.c", embq_steps_c),
    SOURCE("embq_symbols.c", embq_symbols_c),
    SOURCE("embq_symbols.h", embq_symbols_h),
    SOURCE("embq_table_norm.c", embq_table_norm_c),
    SOURCE("embq_tables.c", embq_tables_c),
    SOURCE("embq_tags.c", embq_tags_c),
    SOURCE("embq_tokenizer.c", embq_tokenizer_c),
    SOURCE("embq_trie.c", embq_trie_c),
    SOURCE("embq_trie.h", embq_trie_h),
    SOURCE("embq_unigram.c", embq_unigram_c),
    SOURCE("embq_wide.c", embq_wide_c),
    SOURCE("embq_window.h", embq_window_h),
    SOURCE("embq_wordpiece.c", embq_wordpiece_c),
};

size_t runtime_source_count(void) { return sizeof sources / sizeof sources[0]; }

runtime_source runtime_source_at(size_t index) { return sources[index]; }

runtime_source runtime_license(void) { return (runtime_source)SOURCE("LICENSE", license); }

runtime_source board_table(void) { return (runtime_source)SOURCE("boards.json", boards_json); }
