/* #embed (C23) is taken by clang in C11 too; the build sees to it that a changed source is embedded anew. */
#include "runtime_sources.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char embq_h[] = {
#embed "../CEmbqRuntime/include/embq.h"
};
static const unsigned char embq_format_h[] = {
#embed "../CEmbqRuntime/embq_format.h"
};
static const unsigned char embq_internal_h[] = {
#embed "../CEmbqRuntime/embq_internal.h"
};
static const unsigned char embq_math_h[] = {
#embed "../CEmbqRuntime/embq_math.h"
};
static const unsigned char embq_kernels_h[] = {
#embed "../CEmbqRuntime/embq_kernels.h"
};
static const unsigned char embq_embbert_h[] = {
#embed "../CEmbqRuntime/embq_embbert.h"
};
static const unsigned char embq_tokenizer_h[] = {
#embed "../CEmbqRuntime/embq_tokenizer.h"
};
static const unsigned char embq_bpe_c[] = {
#embed "../CEmbqRuntime/embq_bpe.c"
};
static const unsigned char embq_checksum_c[] = {
#embed "../CEmbqRuntime/embq_checksum.c"
};
static const unsigned char embq_embbert_c[] = {
#embed "../CEmbqRuntime/embq_embbert.c"
};
static const unsigned char embq_embbert_check_c[] = {
#embed "../CEmbqRuntime/embq_embbert_check.c"
};
static const unsigned char embq_kernels_c[] = {
#embed "../CEmbqRuntime/embq_kernels.c"
};
static const unsigned char embq_open_c[] = {
#embed "../CEmbqRuntime/embq_open.c"
};
static const unsigned char embq_run_c[] = {
#embed "../CEmbqRuntime/embq_run.c"
};
static const unsigned char embq_status_c[] = {
#embed "../CEmbqRuntime/embq_status.c"
};
static const unsigned char embq_tokenizer_c[] = {
#embed "../CEmbqRuntime/embq_tokenizer.c"
};
static const unsigned char embq_wordpiece_c[] = {
#embed "../CEmbqRuntime/embq_wordpiece.c"
};

#define SOURCE(name, bytes) {name, bytes, sizeof bytes}

static const runtime_source sources[] = {
    SOURCE("embq.h", embq_h),
    SOURCE("embq_bpe.c", embq_bpe_c),
    SOURCE("embq_checksum.c", embq_checksum_c),
    SOURCE("embq_embbert.c", embq_embbert_c),
    SOURCE("embq_embbert.h", embq_embbert_h),
    SOURCE("embq_embbert_check.c", embq_embbert_check_c),
    SOURCE("embq_format.h", embq_format_h),
    SOURCE("embq_internal.h", embq_internal_h),
    SOURCE("embq_kernels.c", embq_kernels_c),
    SOURCE("embq_kernels.h", embq_kernels_h),
    SOURCE("embq_math.h", embq_math_h),
    SOURCE("embq_open.c", embq_open_c),
    SOURCE("embq_run.c", embq_run_c),
    SOURCE("embq_status.c", embq_status_c),
    SOURCE("embq_tokenizer.c", embq_tokenizer_c),
    SOURCE("embq_tokenizer.h", embq_tokenizer_h),
    SOURCE("embq_wordpiece.c", embq_wordpiece_c),
};

size_t runtime_source_count(void) { return sizeof sources / sizeof sources[0]; }

runtime_source runtime_source_at(size_t index) { return sources[index]; }
