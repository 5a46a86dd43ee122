/* The EmbBERT family. */
#ifndef EMBQ_EMBBERT_H
#define EMBQ_EMBBERT_H

#include "embq_format.h"

/* Checks every field of the model record and of its layers against the sizes of the sections. */
embq_status embq_embbert_check(const embq_model_record *record, uint32_t record_size, const uint8_t *weights,
                               uint32_t weights_size, const uint8_t *tables, uint32_t tables_size);

/* Bytes of arena for `tokens` tokens, ids included. */
size_t embq_embbert_arena_size(const embq_model_record *record, uint32_t tokens);

/* Runs the ids that lie at the arena's start, uint16 [tokens]; tokens >= 1 and the arena is large enough. */
void embq_embbert_run(const embq_model *model, uint32_t tokens, uint8_t *arena, int32_t *logits);

#endif
