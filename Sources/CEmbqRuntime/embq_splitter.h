/* What makes ids of a word. Each kind of tokenizer has such functions. */
#ifndef EMBQ_SPLITTER_H
#define EMBQ_SPLITTER_H

#include "embq_symbols.h"

struct embq_tokenizer_kind {
    /* The counts of its tables, from a header of `size` bytes in all; false when it has none. */
    int (*measure)(const embq_tokenizer *t, const uint8_t *header, uint32_t size, embq_model_tables *tables);
    /* Points t->model into the tables and checks them; false when they do not fit together. */
    int (*open)(embq_tokenizer *t, const uint8_t *header, const embq_model_tables *tables);
    /* Turns a word into ids, in place; returns how many, at most `length` and at least 1. `spans`: null, or where each
     * symbol comes from, which becomes where each id does. */
    size_t (*split)(const embq_tokenizer *t, embq_symbol *word, size_t length, embq_span *spans);
    uint32_t header_size;
};

#endif
