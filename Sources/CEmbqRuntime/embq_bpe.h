/* Byte-pair encoding as the tokenizer calls it. Either model has three such functions.
 * _measure  the counts of its tables, from a header of `size` bytes in all; false when it has none.
 * _open     points t->model into the tables and checks them; false when they do not fit together.
 * _split    turns a word into ids, in place; answers how many, at most `length` and at least 1. */
#ifndef EMBQ_BPE_H
#define EMBQ_BPE_H

#include "embq_symbols.h"

int embq_bpe_measure(const embq_tokenizer *t, const uint8_t *header, uint32_t size, embq_model_tables *tables);
int embq_bpe_open(embq_tokenizer *t, const uint8_t *header, const embq_model_tables *tables);
size_t embq_bpe_split(const embq_tokenizer *t, embq_symbol *word, size_t length);

#endif
