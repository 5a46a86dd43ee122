/* SPDX-License-Identifier: Apache-2.0 */
/* Byte-pair encoding: merges the symbols of a word, always the leftmost pair of the lowest rank. A pass over the word
 * for each rank is fast for words of everyday texts; embq_merges.c has another way for long ones. */
#include "embq_extension.h"
#include "embq_merges.h"
#include "embq_pipeline.h"

int embq_merges_measure(const embq_tokenizer *t, const uint8_t *header, uint32_t size, embq_model_tables *tables)
{
    uint32_t lefts = embq_read16(header + 20), merges = embq_read16(header + 22);
    (void)size;
    if ((t->flags & ~(uint32_t)(EMBQ_FUSES_UNKNOWN | EMBQ_HAS_RESULTS | EMBQ_FLAG_EXTENDED | EMBQ_FLAG_PIPELINE |
                                EMBQ_FLAG_STEPS)) != 0 ||
        embq_read32(header + 36) != 0)
        return 0;
    tables->wide_count = 0;
    tables->narrow_count = 2 * lefts + 1 + 2 * merges + ((t->flags & EMBQ_HAS_RESULTS) != 0 ? merges : 0);
    tables->byte_count = 0;
    tables->symbols = t->vocabulary;
    return 1;
}

int embq_merges_open(embq_tokenizer *t, const uint8_t *header, const embq_model_tables *tables)
{
    embq_bpe *bpe = &t->model.bpe;
    uint32_t merges = embq_read16(header + 22), i, j;
    bpe->left_count = (uint16_t)embq_read16(header + 20);
    bpe->first_result = (uint16_t)embq_read16(header + 24);
    bpe->lefts = tables->narrow;
    bpe->left_starts = bpe->lefts + bpe->left_count;
    bpe->rights = bpe->left_starts + bpe->left_count + 1;
    bpe->ranks = bpe->rights + merges;
    bpe->results = (t->flags & EMBQ_HAS_RESULTS) != 0 ? bpe->ranks + merges : NULL;

    if (bpe->left_starts[0] != 0 || bpe->left_starts[bpe->left_count] != merges) return 0;
    for (i = 0; i < bpe->left_count; i++) {
        uint32_t first = bpe->left_starts[i], last = bpe->left_starts[i + 1];
        if (first >= last || last > merges || bpe->lefts[i] >= t->vocabulary) return 0;
        if (i > 0 && bpe->lefts[i] <= bpe->lefts[i - 1]) return 0;
        for (j = first; j < last; j++) {
            if (bpe->rights[j] >= t->vocabulary || bpe->ranks[j] >= merges) return 0;
            if (j > first && bpe->rights[j] <= bpe->rights[j - 1]) return 0;
        }
    }
    return bpe->results != NULL ? embq_ids_fit(bpe->results, merges, t->vocabulary)
                                : (uint32_t)bpe->first_result + merges <= t->vocabulary;
}

uint16_t embq_merge_rank(const embq_bpe *bpe, uint32_t left, uint32_t right)
{
    const uint16_t *starts;
    uint32_t i;
    if (bpe->left_count == 0) return EMBQ_NO_ID;
    i = embq_find(bpe->lefts, 0, bpe->left_count, left);
    if (bpe->lefts[i] != left) return EMBQ_NO_ID;
    starts = bpe->left_starts + i;
    i = embq_find(bpe->rights, starts[0], starts[1], right);
    return bpe->rights[i] == right ? bpe->ranks[i] : (uint16_t)EMBQ_NO_ID;
}

/* One pass merges all pairs of the lowest rank from left to right. Should a merge bring forth a pair of a lower rank,
 * that one comes next: the pass then only copies, and another one begins.
 * From here on `attributes` holds the rank of the pair that a symbol forms with the next one. */
EMBQ_ALWAYS_INLINE size_t merge_all(const embq_tokenizer *t, embq_symbol *word, size_t length, embq_span *spans)
{
    const embq_bpe *bpe = &t->model.bpe;
    size_t from, to;
    if ((t->flags & EMBQ_FUSES_UNKNOWN) != 0) length = embq_fuse_unknown(word, length, spans);
    for (from = 0; from < length; from++)
        word[from].attributes =
            from + 1 < length ? embq_merge_rank(bpe, word[from].id, word[from + 1].id) : (uint16_t)EMBQ_NO_ID;
    for (;;) {
        uint32_t rank = EMBQ_NO_ID, wanted;
        uint16_t result;
        for (from = 0; from < length; from++) {
            if (word[from].attributes < rank) rank = word[from].attributes;
        }
        if (rank == EMBQ_NO_ID) return length;
        result = embq_merge_result(bpe, rank);
        wanted = rank;
        for (from = 0, to = 0; from < length; from++) {
            embq_symbol s = word[from];
            if (spans != NULL) spans[to] = spans[from];
            if (s.attributes == wanted) { /* only a symbol with a right neighbour has a rank */
                from++;
                if (spans != NULL) spans[to].end = spans[from].end;
                s.id = result;
                s.attributes =
                    from + 1 < length ? embq_merge_rank(bpe, result, word[from + 1].id) : (uint16_t)EMBQ_NO_ID;
                if (s.attributes < rank) wanted = UINT32_MAX;
                if (to > 0) {
                    word[to - 1].attributes = embq_merge_rank(bpe, word[to - 1].id, result);
                    if (word[to - 1].attributes < rank) wanted = UINT32_MAX;
                }
            }
            word[to++] = s;
        }
        length = to;
    }
}

size_t embq_split_bpe(const embq_tokenizer *t, embq_symbol *word, size_t length)
{
    return merge_all(t, word, length, NULL);
}

size_t embq_split_bpe_spans(const embq_tokenizer *t, embq_symbol *word, size_t length, embq_span *spans)
{
    return merge_all(t, word, length, spans);
}

const embq_tokenizer_kind embq_tokenizer_bpe = {embq_merges_measure, embq_merges_open, embq_split_bpe,
                                                EMBQ_MERGES_HEADER};
