/* Runs a sentence of TOKENS tokens and counts its steps one by one: first what begins the run, then for each a line
 * with its operation's place among the words of section MODL, and how many positions it takes. With WHOLE all steps are
 * counted together. */
#include "board.h"
#include "embq.h"
#include "model.h"

static _Alignas(EMBQ_ALIGNMENT) uint8_t arena[EMBQ_MODEL_ARENA_SIZE];
static int32_t logits[EMBQ_MODEL_OUTPUTS];
static uint16_t ids[TOKENS];

#ifdef WHOLE
static int run_all(const embq_model *model)
{
    count_begin();
    const embq_status status = embq_run_tokens(model, ids, TOKENS, arena, sizeof arena, logits);
    count_end();
    return status != EMBQ_OK;
}
#else
static int run_all(const embq_model *model)
{
    embq_run run;
    const uint32_t *words = (const uint32_t *)(const void *)model->record;
    count_begin();
    const embq_status status = embq_begin(model, ids, TOKENS, arena, sizeof arena, logits, &run);
    count_end();
    for (int goes_on = status == EMBQ_OK; goes_on;) {
        print_number((int32_t)(run.words + run.at - words));
        print(" ");
        print_number((int32_t)run.count);
        print("\n");
        count_begin();
        goes_on = embq_step(&run);
        count_end();
    }
    return status != EMBQ_OK;
}
#endif

int main(void)
{
    embq_model model;
    /* Ids that every tokenizer has; 3 is [MASK]. */
    for (uint32_t i = 0; i < TOKENS; i++) ids[i] = (uint16_t)(i == 0 ? 2 : i == 1 ? 3 : 5 + i * 7 % 40);
    const int failed = embq_model_open(&model) != EMBQ_OK || run_all(&model);
    print("end\n");
    return failed;
}
