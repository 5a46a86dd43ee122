/* WordPiece as the tokenizer calls it: the same three functions as in embq_bpe.h. */
#ifndef EMBQ_WORDPIECE_H
#define EMBQ_WORDPIECE_H

#include "embq_symbols.h"

int embq_wordpiece_measure(const embq_tokenizer *t, const uint8_t *header, uint32_t size, embq_model_tables *tables);
int embq_wordpiece_open(embq_tokenizer *t, const uint8_t *header, const embq_model_tables *tables);
size_t embq_wordpiece_split(const embq_tokenizer *t, embq_symbol *word, size_t length);

#endif
