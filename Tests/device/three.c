/* Firmware with three models that share the runtime and one arena: it prints the raw logits of all three for each text
 * that is typed, a text a line. An end of transmission (Ctrl-D) ends it. Before, each replays its check vectors. */
#include "board.h"
#include "echo.h"
#include "embq.h"
#include "mood.h"
#include "wake.h"

enum { END_OF_TRANSMISSION = 4, LINE_SIZE = 4096 };

#define LARGER(a, b) ((a) > (b) ? (a) : (b))

__attribute__((section(".arena"))) static _Alignas(
    EMBQ_ALIGNMENT) uint8_t arena[LARGER(LARGER(EMBQ_WAKE_ARENA_SIZE, EMBQ_MOOD_ARENA_SIZE), EMBQ_ECHO_ARENA_SIZE)];
static int32_t logits[LARGER(LARGER(EMBQ_WAKE_OUTPUTS, EMBQ_MOOD_OUTPUTS), EMBQ_ECHO_OUTPUTS)];
static embq_model models[3];
static char line[LINE_SIZE];

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

static void require(embq_status status)
{
    if (status != EMBQ_OK) board_exit((int)status);
}

static void open_all(void)
{
    require(embq_wake_open(&models[0]));
    require(embq_mood_open(&models[1]));
    require(embq_echo_open(&models[2]));
    for (int i = 0; i < 3; i++) {
        const uint32_t count = embq_check_count(&models[i]);
        for (uint32_t j = 0; j < count; j++) require(embq_check(&models[i], j, arena, sizeof arena, logits));
    }
}

static void answer(size_t length)
{
    for (int i = 0; i < 3; i++) {
        require(embq_run_text(&models[i], line, length, arena, sizeof arena, logits));
        const uint32_t outputs = embq_output_count(&models[i]);
        for (uint32_t j = 0; j < outputs; j++) {
            if (i > 0 || j > 0) board_write(" ", 1);
            write_number(logits[j]);
        }
    }
    board_write("\n", 1);
}

int main(void)
{
    size_t length = 0;
    open_all();
    for (;;) {
        const int byte = board_read();
        if (byte < 0 || byte == END_OF_TRANSMISSION) return 0;
        if (byte == '\n') {
            answer(length);
            length = 0;
        } else if (length < LINE_SIZE) {
            line[length++] = (char)byte;
        }
    }
}
