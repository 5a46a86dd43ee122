/* Firmware that is a board under test: it takes the commands of `embq verify --serial` from the serial port. An end of
 * transmission (Ctrl-D) ends it; then it tells how much stack a command used. */
#include "board.h"
#include "embq.h"
#include "model.h"
#include "stack.h"

enum { END_OF_TRANSMISSION = 4 };

static _Alignas(EMBQ_ALIGNMENT) uint8_t arena[EMBQ_MODEL_ARENA_SIZE];
static int32_t logits[EMBQ_MODEL_OUTPUTS];
static char text[1024];
static embq_model model;
static embq_serial serial;

static void put(void *context, const char *bytes, size_t count)
{
    (void)context;
    board_write(bytes, count);
}

static void write_number(uint32_t number)
{
    const char digit = (char)('0' + number % 10);
    if (number >= 10) write_number(number / 10);
    board_write(&digit, 1);
}

static __attribute__((noinline)) uint32_t take(char byte)
{
    uint8_t *limit = board_stack_limit(), *top = paint_stack(limit);
    embq_serial_take(&serial, byte);
    return used_stack(limit, top);
}

int main(void)
{
    static const uint8_t digest[EMBQ_SHA256_SIZE] = EMBQ_MODEL_SHA256;
    const embq_status status = embq_model_open(&model);
    if (status != EMBQ_OK) return (int)status;
    serial.model = &model;
    serial.name = "model";
    serial.sha256 = digest;
    serial.arena = arena;
    serial.arena_size = sizeof arena;
    serial.logits = logits;
    serial.text = text;
    serial.text_size = sizeof text;
    serial.put = put;
    embq_serial_begin(&serial);
    uint32_t most = 0;
    for (;;) {
        const int byte = board_read();
        if (byte < 0 || byte == END_OF_TRANSMISSION) break;
        const uint32_t used = take((char)byte);
        if (used > most) most = used;
    }
    board_write("# stack ", 8);
    write_number(most);
    board_write("\n", 1);
    return 0;
}
