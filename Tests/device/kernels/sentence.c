/* Runs one sentence of 32 tokens and prints its logits. */
#include "board.h"
#include "embq.h"
#include "model.h"

enum { TOKENS = 32 };

static _Alignas(EMBQ_ALIGNMENT) uint8_t arena[EMBQ_MODEL_ARENA_SIZE];

int main(void)
{
    embq_model model;
    uint16_t ids[TOKENS];
    int32_t logits[EMBQ_MODEL_OUTPUTS];
    /* [CLS], then words from all over the vocabulary. */
    for (uint32_t i = 0; i < TOKENS; i++) ids[i] = (uint16_t)(i == 0 ? 2 : 5 + i * 197 % 1000);
    if (embq_model_open(&model) != EMBQ_OK) return 1;
    count_begin();
    const embq_status status = embq_run_tokens(&model, ids, TOKENS, arena, sizeof arena, logits);
    count_end();
    if (status != EMBQ_OK) return 1;
    for (uint32_t i = 0; i < EMBQ_MODEL_OUTPUTS; i++) {
        if (i > 0) print(" ");
        print_number(logits[i]);
    }
    print("\n");
    return 0;
}
