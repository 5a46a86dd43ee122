/* Firmware that classifies what is typed on the serial port, a text a line, and answers with the label and the raw
 * logits. An end of transmission (Ctrl-D) ends it. Before, it replays the artifact's check vectors, sees that damaged
 * input is refused, and measures how much of the arena each length uses; at the end it tells how much stack was used.
 * Lines of the report begin with "# ". */
#include "board.h"
#include "embq.h"
#include "model.h"
#include "stack.h"

enum {
    END_OF_TRANSMISSION = 4,
    LINE_SIZE = 4096,
    GUARD = 64 /* bytes behind the arena that nobody may touch */
};

/* Not cleared at the start: it is painted. */
__attribute__((section(".arena"))) static _Alignas(EMBQ_ALIGNMENT) uint8_t arena[EMBQ_MODEL_ARENA_SIZE + GUARD];
static embq_model model;
static int32_t logits[EMBQ_MODEL_OUTPUTS];
static uint16_t ids[EMBQ_MODEL_MAX_LENGTH];
static char line[LINE_SIZE];
static uint32_t stack_of_open, stack_of_run;
#ifdef EMBQ_MODEL_TAGS
static const embq_token *tokens;
static uint32_t token_count;
#endif

/* ---- Output -------------------------------------------------------------------------------------------------- */

static void write_text(const char *text)
{
    size_t length = 0;
    while (text[length] != 0) length++;
    board_write(text, length);
}

static void write_number(int32_t number)
{
    char digits[12];
    size_t at = sizeof digits;
    uint32_t rest = number < 0 ? 0u - (uint32_t)number : (uint32_t)number;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0) digits[--at] = '-';
    board_write(digits + at, sizeof digits - at);
}

static void write_field(const char *text, uint32_t number)
{
    write_text(text);
    write_number((int32_t)number);
}

/* ---- Stack --------------------------------------------------------------------------------------------------- */

static void note_stack(uint32_t *most, const uint8_t *limit, const uint8_t *top)
{
    const uint32_t used = used_stack(limit, top);
    if (used > *most) *most = used;
}

/* ---- Calls of the runtime, with the stack they use ----------------------------------------------------------- */

static __attribute__((noinline)) embq_status open_model(void)
{
    uint8_t *limit = board_stack_limit(), *top = paint_stack(limit);
    const embq_status status = embq_model_open(&model);
    note_stack(&stack_of_open, limit, top);
    return status;
}

static __attribute__((noinline)) embq_status run_text(size_t length)
{
    uint8_t *limit = board_stack_limit(), *top = paint_stack(limit);
#ifdef EMBQ_MODEL_TAGS
    const embq_status status =
        embq_run_tags(&model, line, length, arena, EMBQ_MODEL_ARENA_SIZE, logits, 0, &tokens, NULL, &token_count);
#else
    const embq_status status = embq_run_text(&model, line, length, arena, EMBQ_MODEL_ARENA_SIZE, logits);
#endif
    note_stack(&stack_of_run, limit, top);
    return status;
}

static __attribute__((noinline)) embq_status replay(uint32_t index)
{
    uint8_t *limit = board_stack_limit(), *top = paint_stack(limit);
    const embq_status status = embq_check(&model, index, arena, EMBQ_MODEL_ARENA_SIZE, logits);
    note_stack(&stack_of_run, limit, top);
    return status;
}

/* ---- Before the first text ----------------------------------------------------------------------------------- */

/* Replays every check vector; ends with the first that differs. */
static void replay_all(void)
{
    const uint32_t count = embq_check_count(&model);
    for (uint32_t i = 0; i < count; i++) {
        const embq_status status = replay(i);
        if (status != EMBQ_OK) {
            write_field("# check vector ", i);
            write_field(" status ", status);
            write_text("\n");
            board_exit((int)status);
        }
    }
    write_field("# checks ", count);
    write_text("\n");
}

static void expect(const char *what, embq_status expected, embq_status status)
{
    if (status == expected) return;
    write_text("# not refused: ");
    write_text(what);
    write_field(" status ", status);
    write_text("\n");
    board_exit(97);
}

/* Inputs that must give their status and nothing else. */
static void refuse_all(void)
{
    static const embq_operation *const no_operations[1] = {NULL};
    static const embq_tokenizer_kind *const no_tokenizers[1] = {NULL};
    static const embq_parts none = {
        .operations = no_operations, .tokenizers = no_tokenizers, .operation_count = 1, .tokenizer_count = 1};
    static embq_model other;
    enum { HEAD = 32 };
    for (size_t i = 0; i < HEAD; i++) arena[i] = embq_model_data[i ^ 3u];
    expect("swapped bytes", EMBQ_ERROR_MAGIC, embq_open_with(&other, arena, HEAD, &none));
    expect("an unaligned artifact", EMBQ_ERROR_ALIGNMENT,
           embq_open_with(&other, embq_model_data + 1, EMBQ_MODEL_SIZE - 1, &none));
    expect("a byte short", EMBQ_ERROR_TRUNCATED, embq_open_with(&other, embq_model_data, EMBQ_MODEL_SIZE - 1, &none));
    expect("no operations", EMBQ_ERROR_OPERATION, embq_open_with(&other, embq_model_data, EMBQ_MODEL_SIZE, &none));
    expect("an unaligned arena", EMBQ_ERROR_ALIGNMENT,
           embq_run_text(&model, "a", 1, arena + 4, EMBQ_MODEL_ARENA_SIZE - 4, logits));
    expect("an arena too small", EMBQ_ERROR_ARENA,
           embq_run_tokens(&model, ids, 1, arena, embq_arena_size(&model, 1) - 1, logits));
    write_text("# refused 6\n");
}

/* How many bytes of the arena a sentence of `count` tokens touches. */
static uint32_t touched(uint32_t count, uint8_t paint)
{
    for (size_t i = 0; i < sizeof arena; i++) arena[i] = paint;
    const embq_status status = embq_run_tokens(&model, ids, count, arena, EMBQ_MODEL_ARENA_SIZE, logits);
    if (status != EMBQ_OK) board_exit((int)status);
    uint32_t end = sizeof arena;
    while (end > 0 && arena[end - 1] == paint) end--;
    return end;
}

/* Each power of two of tokens from 16 on, and the longest sentence. The ids are in every tokenizer; 3 is [MASK]. */
static void measure_arena(void)
{
    for (uint32_t i = 0; i < EMBQ_MODEL_MAX_LENGTH; i++) ids[i] = (uint16_t)(i == 1 ? 3 : 5 + i * 7 % 40);
    for (uint32_t count = 16;; count *= 2) {
        if (count > EMBQ_MODEL_MAX_LENGTH) count = EMBQ_MODEL_MAX_LENGTH;
        uint32_t used = touched(count, PAINT);
        /* The last byte may happen to be the paint. */
        if (used < embq_arena_size(&model, count)) {
            const uint32_t again = touched(count, (uint8_t)~PAINT);
            used = again > used ? again : used;
        }
        write_field("# arena ", count);
        write_field(" ", used);
        write_text("\n");
        if (count == EMBQ_MODEL_MAX_LENGTH) return;
    }
}

/* ---- Texts --------------------------------------------------------------------------------------------------- */

static void answer(embq_status status)
{
    if (status != EMBQ_OK) {
        write_field("status ", status);
    } else {
        if (embq_task_of(&model) == EMBQ_TASK_LABELS)
            write_text(embq_label(&model, embq_best(logits, EMBQ_MODEL_OUTPUTS)));
#ifdef EMBQ_MODEL_TAGS
        for (uint32_t i = 0; i < token_count; i++) {
            write_text(i == 0 ? "" : ",");
            write_number((int32_t)tokens[i].start);
            write_text(":");
            write_number((int32_t)tokens[i].end);
            write_text(":");
            write_text(embq_label(&model, tokens[i].label));
        }
#endif
        for (uint32_t i = 0; i < EMBQ_MODEL_OUTPUTS; i++) {
            write_text(i == 0 ? "\t" : " ");
            write_number(logits[i]);
        }
    }
    write_text("\n");
}

static void serve(void)
{
    size_t length = 0;
    for (;;) {
        const int byte = board_read();
        if (byte < 0 || byte == END_OF_TRANSMISSION) return;
        if (byte == '\n') {
            answer(run_text(length));
            length = 0;
        } else if (length < LINE_SIZE) {
            line[length++] = (char)byte;
        }
    }
}

int main(void)
{
    const embq_status status = open_model();
    write_field("# open ", status);
    write_field("\n# model ", sizeof model);
    write_text("\n");
    if (status != EMBQ_OK) return (int)status;
    replay_all();
    refuse_all();
    measure_arena();
    serve();
    write_field("# stack ", stack_of_open);
    write_field(" ", stack_of_run);
    write_text("\n");
    return 0;
}
