/* SPDX-License-Identifier: Apache-2.0 */
/* Checks the tables of a pipeline: see embq_pipeline.h. */
#include "embq_internal.h"
#include "embq_pipeline.h"
#include "embq_splitter.h"

static uint32_t classes_words(const uint16_t *classes, uint32_t left)
{
    if (left <= 128 || !embq_ranges_fit(classes + 128, left - 128, 1)) return 0;
    return 128 + EMBQ_RANGES_STARTS + 2 * (uint32_t)classes[128];
}

/* Words that are one token, rising by their symbols: the number of symbols, the id, the symbols. */
static uint32_t whole_words(const embq_tokenizer *t, const uint16_t *whole, uint32_t left)
{
    uint32_t at = 1, i, k;
    if (left == 0) return 0;
    for (i = 0; i < whole[0]; i++) {
        if (left - at < 2 || whole[at] > left - at - 2 || whole[at + 1] >= t->vocabulary) return 0;
        for (k = 0; k < whole[at]; k++) {
            if (whole[at + 2 + k] >= t->vocabulary) return 0;
        }
        at += 2 + (uint32_t)whole[at];
    }
    return at;
}

uint32_t embq_pipeline_open(embq_tokenizer *t, const uint16_t *p, uint32_t left, const embq_parts *parts,
                            embq_status *status)
{
    uint32_t words, at = EMBQ_PIPELINE_HEADER, i, part, kinds = 0;
    *status = EMBQ_ERROR_TOKENIZER;
    if (left < EMBQ_PIPELINE_HEADER) return 0;
    words = embq_pair(p);
    if (words > left || words < EMBQ_PIPELINE_HEADER || p[2] > 127 || (p[2] & EMBQ_SYMBOLS) > EMBQ_SYMBOLS_BYTES ||
        p[3] == 0 || p[4] > EMBQ_MAX_STEPS || p[5] > EMBQ_MAX_SPLITTERS)
        return 0;
    if ((t->kind == EMBQ_TOKENIZER_UNIGRAM) != ((p[2] & EMBQ_SYMBOLS) == EMBQ_SYMBOLS_BYTES)) return 0;
    if ((p[2] & EMBQ_SYMBOLS) == EMBQ_SYMBOLS_IDS && (p[2] & EMBQ_HAS_BYTES) == 0) return 0;
    if (t->kind == EMBQ_TOKENIZER_WORDPIECE && (p[2] & (EMBQ_HAS_BYTES | EMBQ_HAS_WHOLE)) != 0) return 0;
    if ((p[2] & EMBQ_HAS_BYTES) != 0) {
        if (words - at < 256) return 0;
        for (i = 0; i < 256; i++) {
            if (p[at + i] >= t->vocabulary && (p[at + i] != EMBQ_NO_ID || (p[2] & EMBQ_SYMBOLS) != EMBQ_SYMBOLS_IDS))
                return 0;
        }
        at += 256;
    }
    if (p[6] != 0) {
        if (p[6] > words - at || classes_words(p + at, p[6]) != p[6]) return 0;
        at += p[6];
    }
    for (i = 0; i < p[4]; i++) {
        const embq_text_step *step;
        if (words - at < 3) return 0;
        part = embq_pair(p + at + 1);
        if (part < 3 || part > words - at || p[at] == 0 || p[at] >= EMBQ_STEP_LIMIT) return 0;
        step = p[at] < parts->step_count ? parts->steps[p[at]] : NULL;
        if (step == NULL) {
            *status = EMBQ_ERROR_OPERATION;
            return 0;
        }
        if (!step->check(p + at + 3, part - 3, p[6] != 0)) return 0;
        kinds |= 1u << p[at] >> 1;
        at += part;
    }
    for (i = 0; i < p[5]; i++) {
        part = embq_splitter_words(p + at, words - at, p[6] != 0);
        if (part == 0) return 0;
        at += part;
    }
    if ((p[2] & EMBQ_HAS_WHOLE) != 0) {
        part = whole_words(t, p + at, words - at);
        if (part == 0) return 0;
        at += part;
    }
    if (at != words || (t->flags & EMBQ_FLAG_STEPS) >> EMBQ_STEPS_SHIFT != kinds || p[9] != 0) return 0;
    t->steps = p;
    t->step_kinds = parts->steps;
    /* Parts for any tokenizer have both. */
    if (t->kind == EMBQ_TOKENIZER_BPE && parts->tokenizer_count > EMBQ_TOKENIZER_MERGES)
        t->splitter = parts->tokenizers[EMBQ_TOKENIZER_MERGES];
    return words;
}
